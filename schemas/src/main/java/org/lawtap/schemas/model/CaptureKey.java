package org.lawtap.schemas.model;

/** What one capture is for: this warrant in this generation, this pod. */
public record CaptureKey(WarrantId warrant, long generation, PodUid pod) {}
