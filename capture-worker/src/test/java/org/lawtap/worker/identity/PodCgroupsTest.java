package org.lawtap.worker.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.schemas.model.PodUid;

/** The kernel tells of changes in plain directories as it does of those in cgroups. */
class PodCgroupsTest {
    private static final PodUid POD = new PodUid("0a1b2c3d-1111-2222-3333-444455556666");
    private static final PodUid OTHER = new PodUid("0a1b2c3d-1111-2222-3333-444455556667");
    private static final long SURVEY_NS = 10_000_000_000L;

    @TempDir
    private Path root = Path.of("");

    private final AtomicLong nanoTime = new AtomicLong();

    @Test
    void tellsOfAnAwaitedPodsCgroupItsContainersAndItsProcesses() throws Exception {
        Path pods = cgroup("kubepods/besteffort");
        try (PodCgroups cgroups = open()) {
            cgroups.await(POD);
            assertThat(cgroups.takeChanges()).isEmpty();
            Path pod = cgroup("kubepods/besteffort/pod" + POD);
            assertThat(cgroups.takeChanges()).containsExactly(POD);
            Path container = cgroup("kubepods/besteffort/pod" + POD + "/c1");
            assertThat(cgroups.takeChanges()).containsExactly(POD);
            Files.writeString(container.resolve("cgroup.procs"), "42\n0\n43\n");
            assertThat(cgroups.takeChanges()).containsExactly(POD);
            assertThat(cgroups.processes(POD)).containsExactlyInAnyOrder(42, 43);
            assertThat(cgroups.takeChanges()).isEmpty();
            assertThat(pods.resolve("pod" + POD)).isEqualTo(pod);
        }
    }

    @Test
    void saysNothingOfPodsThatNobodyAwaitsButKnowsThem() throws Exception {
        cgroup("kubepods");
        try (PodCgroups cgroups = open()) {
            cgroups.await(POD);
            Path other = cgroup("kubepods/pod" + OTHER + "/c1");
            Files.writeString(other.resolve("cgroup.procs"), "42\n");
            assertThat(cgroups.takeChanges()).isEmpty();
            assertThat(cgroups.processes(OTHER)).containsExactly(42);
            cgroups.await(OTHER);
            Files.writeString(other.resolve("cgroup.procs"), "42\n43\n");
            assertThat(cgroups.takeChanges()).containsExactly(OTHER);
            cgroups.forget(OTHER);
            Files.writeString(other.resolve("cgroup.procs"), "43\n");
            assertThat(cgroups.takeChanges()).isEmpty();
        }
    }

    @Test
    void knowsTheSlicesOfSystemd() throws Exception {
        cgroup("kubelet.slice/kubelet-kubepods.slice");
        try (PodCgroups cgroups = open()) {
            cgroups.await(POD);
            String slice =
                    "kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod"
                            + POD.value().replace('-', '_') + ".slice";
            Path scope = cgroup(slice + "/cri-containerd-abc.scope");
            Path monitor = cgroup(slice + "/crio-conmon-abc.scope");
            Files.writeString(scope.resolve("cgroup.procs"), "42\n");
            Files.writeString(monitor.resolve("cgroup.procs"), "41\n");
            assertThat(cgroups.takeChanges()).containsExactly(POD);
            assertThat(cgroups.processes(POD)).containsExactly(42);
        }
    }

    @Test
    void looksAtOneHierarchyOfVersion1AndAtEveryKubeletThere() throws Exception {
        for (String hierarchy : List.of("cpu", "pids")) {
            Files.writeString(cgroup(hierarchy + "/rc-node1/kubepods/pod" + POD).resolve("cgroup.procs"), "42\n");
            Files.writeString(
                    cgroup(hierarchy + "/rc-node2/kubepods/pod" + OTHER).resolve("cgroup.procs"), "43\n");
        }
        try (PodCgroups cgroups = open()) {
            assertThat(cgroups.processes(POD)).containsExactly(42);
            assertThat(cgroups.processes(OTHER)).containsExactly(43);
        }
    }

    @Test
    void takesNoDirectoryInsideAPodForAnotherPod() throws Exception {
        cgroup("kubepods/pod" + OTHER + "/c1/kubepods/pod" + POD);
        try (PodCgroups cgroups = open()) {
            assertThat(cgroups.directoryOf(POD)).isNull();
        }
    }

    @Test
    void findsAKubeletThatComesLater() throws Exception {
        cgroup("system.slice");
        try (PodCgroups cgroups = open()) {
            assertThat(cgroups.seesPods()).isFalse();
            cgroups.await(POD);
            cgroup("kubepods/burstable/pod" + POD);
            assertThat(cgroups.takeChanges()).isEmpty();
            nanoTime.addAndGet(SURVEY_NS);
            assertThat(cgroups.takeChanges()).containsExactly(POD);
            assertThat(cgroups.seesPods()).isTrue();
        }
    }

    @Test
    void findsAPodAgainThatCameBackWithItsUid() throws Exception {
        Path pod = cgroup("kubepods/pod" + POD);
        try (PodCgroups cgroups = open()) {
            cgroups.await(POD);
            Files.delete(pod.resolve("cgroup.procs"));
            Files.delete(pod);
            assertThat(cgroups.takeChanges()).containsExactly(POD);
            assertThat(cgroups.directoryOf(POD)).isNull();
            cgroup("kubepods/pod" + POD + "/c2");
            assertThat(cgroups.takeChanges()).containsExactly(POD);
            assertThat(cgroups.directoryOf(POD)).isEqualTo(pod);
            cgroup("kubepods/pod" + POD + "/c3");
            assertThat(cgroups.takeChanges()).containsExactly(POD);
        }
    }

    /** As the file system of cgroups does: a directory that is held open has no event of its own end. */
    @Test
    void watchesACgroupThatTookTheNameOfOneWhoseEndIsNotTold() throws Exception {
        Path pod = cgroup("kubepods/pod" + POD);
        Path first = cgroup("kubepods/pod" + POD + "/c1");
        try (PodCgroups cgroups = open();
                DirectoryStream<Path> _ = Files.newDirectoryStream(pod);
                DirectoryStream<Path> _ = Files.newDirectoryStream(first)) {
            cgroups.await(POD);
            assertThat(cgroups.processes(POD)).isEmpty();
            for (Path directory : List.of(first, pod)) {
                Files.delete(directory.resolve("cgroup.procs"));
                Files.delete(directory);
            }
            Path again = cgroup("kubepods/pod" + POD + "/c1");
            assertThat(cgroups.takeChanges()).containsExactly(POD);
            assertThat(cgroups.processes(POD)).isEmpty();
            Files.writeString(again.resolve("cgroup.procs"), "42\n");
            assertThat(cgroups.takeChanges()).containsExactly(POD);
            assertThat(cgroups.processes(POD)).containsExactly(42);
            Path second = cgroup("kubepods/pod" + POD + "/c2");
            Files.writeString(second.resolve("cgroup.procs"), "43\n");
            assertThat(cgroups.takeChanges()).containsExactly(POD);
            assertThat(cgroups.processes(POD)).containsExactlyInAnyOrder(42, 43);
        }
    }

    @Test
    void watchesACgroupThatWasAwayJustWhenItWasAwaited() throws Exception {
        Path pod = cgroup("kubepods/pod" + POD);
        try (PodCgroups cgroups = open()) {
            Files.delete(pod.resolve("cgroup.procs"));
            Files.delete(pod);
            cgroups.await(POD);
            assertThat(cgroups.processes(POD)).isEmpty();
            cgroup("kubepods/pod" + POD);
            assertThat(cgroups.takeChanges()).containsExactly(POD);
            assertThat(cgroups.processes(POD)).isEmpty();
            Path container = cgroup("kubepods/pod" + POD + "/c1");
            Files.writeString(container.resolve("cgroup.procs"), "42\n");
            assertThat(cgroups.takeChanges()).containsExactly(POD);
            assertThat(cgroups.processes(POD)).containsExactly(42);
        }
    }

    @Test
    void knowsAContainerThatComesAfterTheOthersWereListedAndOneInsideIt() throws Exception {
        Path first = cgroup("kubepods/pod" + POD + "/c1");
        Files.writeString(first.resolve("cgroup.procs"), "42\n");
        try (PodCgroups cgroups = open()) {
            cgroups.await(POD);
            assertThat(cgroups.processes(POD)).containsExactly(42);
            Files.writeString(first.resolve("cgroup.procs"), "42\n43\n");
            assertThat(cgroups.processes(POD)).containsExactlyInAnyOrder(42, 43);

            Path second = cgroup("kubepods/pod" + POD + "/c2");
            Files.writeString(second.resolve("cgroup.procs"), "44\n");
            assertThat(cgroups.takeChanges()).containsExactly(POD);
            assertThat(cgroups.processes(POD)).containsExactlyInAnyOrder(42, 43, 44);

            Path inside = cgroup("kubepods/pod" + POD + "/c2/inner");
            Files.writeString(inside.resolve("cgroup.procs"), "45\n");
            assertThat(cgroups.takeChanges()).containsExactly(POD);
            assertThat(cgroups.processes(POD)).containsExactlyInAnyOrder(42, 43, 44, 45);

            Files.delete(inside.resolve("cgroup.procs"));
            Files.delete(inside);
            assertThat(cgroups.takeChanges()).containsExactly(POD);
            assertThat(cgroups.processes(POD)).containsExactlyInAnyOrder(42, 43, 44);
        }
    }

    private PodCgroups open() throws IOException {
        if (!Files.exists(root.resolve("cpu"))) {
            Files.createDirectories(root);
            if (!Files.exists(root.resolve("cgroup.procs"))) {
                Files.createFile(root.resolve("cgroup.procs"));
            }
        }
        return PodCgroups.open(root, nanoTime::get);
    }

    private Path cgroup(String path) throws IOException {
        Path directory = root;
        for (Path part : Path.of(path)) {
            directory = directory.resolve(part);
            Files.createDirectories(directory);
            if (!Files.exists(directory.resolve("cgroup.procs"))) {
                Files.createFile(directory.resolve("cgroup.procs"));
            }
        }
        return directory;
    }
}
