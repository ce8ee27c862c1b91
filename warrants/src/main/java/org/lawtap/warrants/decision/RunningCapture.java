package org.lawtap.warrants.decision;

import org.lawtap.schemas.model.CaptureKey;
import org.lawtap.schemas.model.NodeName;

/** A capture that was commanded and not stopped. */
public record RunningCapture(CaptureKey key, NodeName node) {}
