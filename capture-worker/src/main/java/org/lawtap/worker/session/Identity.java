package org.lawtap.worker.session;

import org.lawtap.schemas.model.NodeName;

/** Where the worker runs. @param bootId changes with each boot of the node; @param kernel name and release */
public record Identity(NodeName node, String bootId, String kernel) {}
