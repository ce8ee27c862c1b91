package org.lawtap.worker.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lawtap.schemas.model.PodUid;

class PodProcessesTest {
    private static final PodUid POD = new PodUid("0a1b2c3d-1111-2222-3333-444455556666");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0::/kubepods/besteffort/pod0a1b2c3d-1111-2222-3333-444455556666/abc\n",
                "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0a1b2c3d_1111_2222_3333_444455556666.slice/cri-containerd-abc.scope\n",
                "0::/kubepods.slice/kubepods-pod0a1b2c3d_1111_2222_3333_444455556666.slice/crio-abc.scope\n",
                "12:pids:/rc-node1/kubepods/pod0a1b2c3d-1111-2222-3333-444455556666/abc\n0::/\n",
                "0::/kubepods/pod0a1b2c3d-1111-2222-3333-444455556666/pod0a1b2c3d-1111-2222-3333-444455556667/abc\n",
                "4:memory:/\n3:cpu:/kubepods/pod0a1b2c3d-1111-2222-3333-444455556666/abc\n0::/\n",
                "0::/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-pod0a1b2c3d_1111_2222_3333_444455556666.slice/cri-containerd-abc.scope\n",
                "0::/../../kubepods/besteffort/pod0a1b2c3d-1111-2222-3333-444455556666/abc"
            })
    void knowsThePodByItsCgroup(String cgroups) {
        assertThat(CgroupName.owner(cgroups)).isEqualTo(POD);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "0::/\n",
                "0::/kubepods/besteffort/pod0a1b2c3d-1111-2222-3333-444455556667/abc\n",
                "0::/kubepods/besteffort/xpod0a1b2c3d-1111-2222-3333-444455556666/abc\n",
                "0::/kubepods/besteffort/pod0a1b2c3d-1111-2222-3333-4444555566660/abc\n",
                "0::/user.slice/evil-pod0a1b2c3d_1111_2222_3333_444455556666.slice/abc\n",
                "0::/kubepods/pod0a1b2c3d-1111-2222-3333-444455556667/abc/pod0a1b2c3d-1111-2222-3333-444455556666/d\n",
                "4:memory:/kubepods/pod0a1b2c3d-1111-2222-3333-444455556666/a\n3:cpu:/kubepods/pod0a1b2c3d-1111-2222-3333-444455556667/a\n",
                "0::/kubepods.slice/kubepods-pod0a1b2c3d_1111_2222_3333_444455556666.slice/crio-conmon-abc.scope\n",
                "0::/kubepods/pod0a1b2c3d_1111_2222_3333_444455556666/abc\n"
            })
    void takesNoNearMiss(String cgroups) {
        assertThat(CgroupName.owner(cgroups)).isNotEqualTo(POD);
    }

    @Test
    void findsTheProcessesOfEachPod(@TempDir Path proc) throws IOException {
        process(proc, 10, "0::/kubepods/pod" + POD + "/a\n");
        process(proc, 11, "0::/kubepods/pod" + POD + "/b\n");
        process(proc, 12, "0::/system.slice\n");
        Files.createDirectories(proc.resolve("13"));
        assertThat(new PodProcesses(proc).find(List.of(POD)).get(POD)).containsExactlyInAnyOrder(10, 11);
    }

    private static void process(Path proc, int pid, String cgroups) throws IOException {
        Files.createDirectories(proc.resolve(String.valueOf(pid)));
        Files.writeString(proc.resolve(pid + "/cgroup"), cgroups);
    }
}
