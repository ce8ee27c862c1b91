package org.lawtap.deploy.demo;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The comparison of files, accounts and truth, session by session.
 *
 * @param packetsInFiles by session id
 * @param foreign frames in the files that neither come from nor go to the session's pod
 * @param problems each a sentence; none means every packet of the target is there and none of a bystander
 */
record Verdict(
        List<SessionAccount> accounts,
        Map<String, Long> packetsInFiles,
        List<Life> lives,
        List<EvidenceFile> files,
        long foreign,
        List<String> problems) {

    /** Compares. @param checkAddresses false when the pod sends other people's frames, as in a replay */
    static Verdict of(List<SessionAccount> accounts, List<Life> lives, List<EvidenceFile> files, boolean checkAddresses)
            throws DemoException {
        Map<String, Long> inFiles = new HashMap<>();
        Map<String, SessionAccount> byId = new HashMap<>();
        accounts.forEach(account -> byId.put(account.id().toString(), account));
        long[] foreign = {0};
        List<String> problems = new ArrayList<>();
        for (EvidenceFile file : files) {
            file.read((session, frame) -> {
                long position = inFiles.merge(session, 1L, Long::sum) - 1;
                SessionAccount account = byId.get(session);
                if (account == null) {
                    problems.add(file.path().getFileName() + " holds a packet of an unknown session");
                } else if (frame.id() != position) {
                    problems.add(
                            "session " + session + ": packet " + frame.id() + " stands where " + position + " belongs");
                } else if (checkAddresses && !EvidenceFile.concerns(frame.data(), account.podAddress())) {
                    foreign[0]++;
                }
            });
        }
        if (foreign[0] > 0) {
            problems.add(foreign[0] + " frames in the files neither come from nor go to their session's pod");
        }
        for (SessionAccount account : accounts) {
            checkAccount(account, inFiles.getOrDefault(account.id().toString(), 0L), problems);
        }
        for (Life life : lives) {
            checkLife(life, find(accounts, life), inFiles, problems);
        }
        if (accounts.size() != lives.size()) {
            problems.add("there are " + accounts.size() + " sessions for " + lives.size() + " lives of target pods");
        }
        return new Verdict(
                accounts,
                inFiles,
                lives,
                files,
                foreign[0],
                problems.stream().limit(20).toList());
    }

    /** The session of a pod's life: the one at its veth, whose name is random. A namespace's inode can come back. */
    static @Nullable SessionAccount find(List<SessionAccount> accounts, Life life) {
        for (SessionAccount account : accounts) {
            if (account.opened().interfaceName().equals(life.pod().hostVeth())
                    && account.opened().node().equals(life.pod().spec().node())) {
                return account;
            }
        }
        return null;
    }

    private static void checkAccount(SessionAccount account, long inFiles, List<String> problems) {
        String session = "session " + account.id() + ": ";
        if (inFiles != account.last().delivered()) {
            problems.add(session + "the files hold " + inFiles + " packets, the log "
                    + account.last().delivered());
        }
        if (account.last().kernelDrop() + account.last().userDrop() > 0) {
            problems.add(session + (account.last().kernelDrop() + account.last().userDrop()) + " packets were lost");
        }
        if (account.unaccounted() != 0) {
            problems.add(session + account.unaccounted() + " packets of the interface are not accounted for");
        }
    }

    private static void checkLife(
            Life life, @Nullable SessionAccount account, Map<String, Long> inFiles, List<String> problems) {
        String pod = "pod " + life.pod().spec().name() + " (" + life.pod().address() + "): ";
        if (account == null) {
            problems.add(pod + "was never captured");
            return;
        }
        long missed = account.opened().missedBeforeArm();
        if (missed < life.beginPacketsLeast() || missed > life.beginPacketsMost()) {
            problems.add(pod + "the session began after packet " + missed
                    + " of the interface, but the warrant took effect between " + life.beginPacketsLeast() + " and "
                    + life.beginPacketsMost());
        }
        long files = inFiles.getOrDefault(account.id().toString(), 0L);
        long end = missed + files + account.last().outOfScopeDiscarded();
        // What the tap saw on its way to the pod and the pod never got is in the files, but not in the pod's counters.
        long neverArrived = account.last().interfaceNow().sendDropped()
                - account.last().interfaceAtArm().sendDropped();
        long counted = end - neverArrived;
        if (counted < life.endLeast().packets() || counted > life.endMost().packets()) {
            problems.add(
                    pod + "its kernel counted " + range(life) + " packets under the warrant, the files hold " + files);
        }
    }

    private static String range(Life life) {
        long least = life.endLeast().packets() - life.beginPacketsMost();
        long most = life.endMost().packets() - life.beginPacketsLeast();
        return least == most ? String.valueOf(least) : least + " to " + most;
    }
}
