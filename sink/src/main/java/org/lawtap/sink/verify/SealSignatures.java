package org.lawtap.sink.verify;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.bouncycastle.asn1.cmp.PKIStatus;
import org.bouncycastle.asn1.cmp.PKIStatusInfo;
import org.bouncycastle.asn1.cms.CMSObjectIdentifiers;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.tsp.TimeStampResp;
import org.bouncycastle.cms.CMSException;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.tsp.TSPException;
import org.bouncycastle.tsp.TimeStampResponse;
import org.bouncycastle.tsp.TimeStampToken;
import org.lawtap.schemas.chain.MerkleTree;

/** The two signatures over seal.json in forms that other programs know: CMS (RFC 5652) and a timestamp response (RFC 3161). */
final class SealSignatures {
    private static final String DER = "DER";

    private SealSignatures() {}

    /** Checks seal.p7s. @throws FormException saying what does not fit */
    static void checkCms(byte[] seal, byte[] signature, List<X509Certificate> trusted) throws FormException {
        try {
            CMSSignedData cms = new CMSSignedData(new CMSProcessableByteArray(seal), signature);
            if (!cms.isDetachedSignature()) {
                throw new FormException("it brings its own content instead of signing seal.json");
            }
            SignedData data = SignedData.of(cms, CMSObjectIdentifiers.data, trusted);
            if (!data.signer().verify(new JcaSimpleSignerInfoVerifierBuilder().build(data.certificate()))) {
                throw new FormException("its signature does not fit seal.json");
            }
            if (!Arrays.equals(data.form().getEncoded(DER), signature)) {
                throw new FormException("it has bytes that its signature does not determine");
            }
        } catch (CMSException | OperatorCreationException | GeneralSecurityException | IOException e) {
            throw new FormException("it can't be checked: " + e.getMessage());
        } catch (RuntimeException e) {
            // The decoder throws what it likes at malformed input.
            throw new FormException("it is no CMS signature");
        }
    }

    /** Checks seal.tsr; returns when the timestamp authority saw the seal. @throws FormException saying what does not fit */
    static Instant checkTimestamp(byte[] seal, byte[] response, List<X509Certificate> trusted) throws FormException {
        try {
            TimeStampResponse read = new TimeStampResponse(response);
            TimeStampToken token = read.getTimeStampToken();
            if (read.getStatus() != PKIStatus.GRANTED || token == null) {
                throw new FormException("the authority did not grant it");
            }
            SignedData data = SignedData.of(token.toCMSSignedData(), PKCSObjectIdentifiers.id_ct_TSTInfo, trusted);
            token.validate(new JcaSimpleSignerInfoVerifierBuilder().build(data.certificate()));
            MessageDigest digest = MerkleTree.sha256();
            if (!token.getTimeStampInfo().getMessageImprintAlgOID().equals(NISTObjectIdentifiers.id_sha256)
                    || !Arrays.equals(token.getTimeStampInfo().getMessageImprintDigest(), digest.digest(seal))) {
                throw new FormException("it is of another text than seal.json");
            }
            byte[] form = new TimeStampResp(new PKIStatusInfo(PKIStatus.granted), data.form()).getEncoded(DER);
            if (!Arrays.equals(form, response)) {
                throw new FormException("it has bytes that its signature does not determine");
            }
            return token.getTimeStampInfo().getGenTime().toInstant();
        } catch (TSPException | OperatorCreationException | GeneralSecurityException | IOException e) {
            throw new FormException("it can't be checked: " + e.getMessage());
        } catch (RuntimeException e) {
            throw new FormException("it is no timestamp response");
        }
    }
}
