package org.lawtap.schemas.content;

/**
 * What is encrypted of a value: the value, made smaller where that helps.
 *
 * <pre>
 *   0      1           5
 *   +------+-----------+----------------------------+
 *   | form | length    | the value, or its lz4 block|
 *   +------+-----------+----------------------------+
 *     0, 1   of the value, big-endian
 * </pre>
 *
 * The block is LZ4's block format, without a frame. Encrypted bytes can't be made smaller afterwards.
 */
final class ContentForm {
    static final int HEAD_BYTES = 5;
    static final byte STORED = 0;
    static final byte LZ4 = 1;

    private ContentForm() {}
}
