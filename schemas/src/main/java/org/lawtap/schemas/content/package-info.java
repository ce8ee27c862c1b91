/** The content of packets on its way: keys of sessions, envelopes, and who reads them. docs/decisions/0013 */
@NullMarked
package org.lawtap.schemas.content;

import org.jspecify.annotations.NullMarked;
