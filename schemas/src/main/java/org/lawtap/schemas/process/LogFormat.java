package org.lawtap.schemas.process;

/** How a service's log looks. The logging library reads the same variable when it starts, before anything else does. */
enum LogFormat {
    /** A line for a reader. */
    TEXT,
    /** A JSON object on a line, with the names of the Elastic Common Schema. */
    ECS;

    /** Declares {@code LAWTAP_LOG_FORMAT}, so that a wrong value stops the start. */
    static void declare(Settings settings) {
        settings.choice(
                "LAWTAP_LOG_FORMAT",
                TEXT,
                LogFormat.class,
                "text, or ecs: a JSON object on a line with the names of the Elastic Common Schema");
    }
}
