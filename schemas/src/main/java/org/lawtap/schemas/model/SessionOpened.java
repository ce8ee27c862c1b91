package org.lawtap.schemas.model;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The first statement of a capture session: what is captured, where, and on what proof.
 *
 * @param previousSession the session this one continues: same warrant and pod UID, earlier interface or worker
 * @param podHardwareAddress 6 bytes, or none when it could not be read
 * @param networkNamespace inode of the pod's network namespace
 * @param engine {@code ring} or {@code pcap4j}
 * @param linkType LINKTYPE_ value; 1 is Ethernet
 * @param filter pcap-filter expression that narrowed the capture
 * @param headersOnly whether the warrant grants no more than headers, and no more was kept
 * @param openedAtNs nanoseconds since 1970
 * @param missedBeforeArm packets of the interface's life before this session, by its counters
 * @param signingKey SubjectPublicKeyInfo of the key that seals the session's checkpoints
 * @param contentKey the key under which the session's packets travel; null if they travel as they are
 */
public record SessionOpened(
        WarrantId warrant,
        long generation,
        @Nullable SessionId previousSession,
        PodRef pod,
        NodeName node,
        String interfaceName,
        int interfaceIndex,
        String podInterfaceName,
        ByteBuffer podHardwareAddress,
        long networkNamespace,
        String bootId,
        String kernel,
        String engine,
        int linkType,
        int snapLength,
        @Nullable String filter,
        boolean headersOnly,
        long openedAtNs,
        long missedBeforeArm,
        ByteBuffer signingKey,
        InterfaceCounters interfaceAtArm,
        @Nullable WrappedKey contentKey) {
    /** A session whose packets travel as they are. */
    public SessionOpened(
            WarrantId warrant,
            long generation,
            @Nullable SessionId previousSession,
            PodRef pod,
            NodeName node,
            String interfaceName,
            int interfaceIndex,
            String podInterfaceName,
            ByteBuffer podHardwareAddress,
            long networkNamespace,
            String bootId,
            String kernel,
            String engine,
            int linkType,
            int snapLength,
            @Nullable String filter,
            boolean headersOnly,
            long openedAtNs,
            long missedBeforeArm,
            ByteBuffer signingKey,
            InterfaceCounters interfaceAtArm) {
        this(
                warrant,
                generation,
                previousSession,
                pod,
                node,
                interfaceName,
                interfaceIndex,
                podInterfaceName,
                podHardwareAddress,
                networkNamespace,
                bootId,
                kernel,
                engine,
                linkType,
                snapLength,
                filter,
                headersOnly,
                openedAtNs,
                missedBeforeArm,
                signingKey,
                interfaceAtArm,
                null);
    }
}
