package org.lawtap.deploy.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class CgroupsTest {
    private static final String V2 = "cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0";
    private static final String V2_READ_ONLY = "cgroup2 /sys/fs/cgroup cgroup2 ro,nosuid 0 0";
    private static final String CPU = "cgroup /sys/fs/cgroup/cpu cgroup rw,relatime,cpu 0 0";
    private static final String PIDS = "cgroup /sys/fs/cgroup/pids cgroup rw,relatime,pids 0 0";
    private static final String SYSTEMD = "cgroup /sys/fs/cgroup/systemd cgroup rw,relatime,name=systemd 0 0";

    @Test
    void prefersVersion2() {
        assertThat(Cgroups.choose(List.of(CPU, PIDS, V2), any -> true)).contains(Path.of("/sys/fs/cgroup/unified"));
    }

    @Test
    void takesVersion1WhenVersion2IsReadOnly() {
        assertThat(Cgroups.choose(List.of(V2_READ_ONLY, CPU, SYSTEMD), any -> true))
                .contains(Path.of("/sys/fs/cgroup/systemd"));
        assertThat(Cgroups.choose(List.of(V2, CPU, PIDS), path -> path.endsWith("pids")))
                .contains(Path.of("/sys/fs/cgroup/pids"));
    }

    @Test
    void findsNothingWhereNothingIsWritable() {
        assertThat(Cgroups.choose(List.of(V2, PIDS), any -> false)).isEmpty();
        assertThat(Cgroups.choose(List.of("tmpfs /sys/fs/cgroup tmpfs rw 0 0", CPU), any -> true))
                .isEmpty();
    }
}
