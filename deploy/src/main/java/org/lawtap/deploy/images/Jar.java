package org.lawtap.deploy.images;

import java.nio.file.Path;
import tools.jackson.databind.node.ObjectNode;

/** A jar and what the build's bill of materials says of it. */
record Jar(Path file, ObjectNode component) {
    String fileName() {
        return file.getFileName().toString();
    }

    /** Whether it is one of ours, which change more often than the others. */
    boolean own() {
        return component.path("group").asString("").equals("org.lawtap");
    }
}
