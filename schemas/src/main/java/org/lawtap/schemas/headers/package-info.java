/** What of a frame is header, as a warrant of the scope HEADERS grants it. */
@NullMarked
package org.lawtap.schemas.headers;

import org.jspecify.annotations.NullMarked;
