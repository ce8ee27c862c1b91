package org.lawtap.deploy.faults;

import java.util.Locale;

/** What became of a packet that passed a target's interface; each is of exactly one class. */
enum PacketClass {
    /** In the evidence. */
    KEPT,
    /** In the log and in no file, because it came when the warrant was sealed; custody tells of it. */
    LATE,
    /** Before the pod's first session; its opening states the number. */
    BEFORE_ARM,
    /** Between two sessions; custody states the number. */
    BETWEEN,
    /** The ring was full; checkpoints state the number. */
    KERNEL_DROP,
    /** In the ring when a session ended that could hand nothing over any more. */
    USER_DROP,
    /** Outside window or lease; not kept, by law. */
    OUT_OF_SCOPE,
    /** The interface counted it and the tap did not see it. */
    UNSEEN,
    /** After the last session, which says why it ended. */
    AFTER_END,
    /** After the last packet of a session that was cut off for good; the seal says that it was, and can't know the number. */
    CUT_OFF,
    /** Of a pod of which no session tells; custody says what was commanded and how that ended. */
    NEVER_CAPTURED,
    /** Of a pod that came and went while watcher or deciding service were away: no capture stood. */
    UNHEARD;

    String words() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
