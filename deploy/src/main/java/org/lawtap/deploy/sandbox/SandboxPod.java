package org.lawtap.deploy.sandbox;

import java.nio.file.Path;
import org.lawtap.deploy.pod.PodProcess;

/**
 * One life of a pod's sandbox: what a restart gives anew.
 *
 * @param netNamespace name below /run/netns
 * @param netInode identity of that namespace
 * @param hostVeth the pod's interface as its node sees it
 * @param containerId 64 hex digits, the last part of the cgroup's path
 */
public record SandboxPod(
        PodSpec spec,
        String address,
        String mac,
        String hostVeth,
        String netNamespace,
        long netInode,
        String containerId,
        Path cgroup,
        PodProcess process) {}
