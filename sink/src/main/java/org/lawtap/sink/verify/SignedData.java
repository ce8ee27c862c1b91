package org.lawtap.sink.verify;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Set;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.cms.CMSObjectIdentifiers;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.cms.IssuerAndSerialNumber;
import org.bouncycastle.asn1.cms.SignerIdentifier;
import org.bouncycastle.asn1.cms.SignerInfo;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateHolder;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.SignerInformation;

/**
 * A CMS structure in the one form that its signature determines. What a signature does not cover (versions, the list of
 * digests, certificates that are sent along, parameters) has only one value here, so that no byte of the file can be another one:
 *
 * <pre>
 *   one signer, named by a trusted certificate; the digest it uses, and no other; certificates only if they are trusted ones;
 *   no revocation lists, no unsigned attributes; DER throughout
 * </pre>
 *
 * Source: RFC 5652, sections 5.1 to 5.3.
 */
final class SignedData {
    /** The signature algorithms of a key say either which digest they use, or leave it to the digest's own field. */
    private static final Set<String> ALGORITHMS = Set.of(
            "1.3.101.112", // Ed25519
            "1.2.840.10045.4.3.2", // ecdsa-with-SHA256
            "1.2.840.10045.4.3.3", // ecdsa-with-SHA384
            "1.2.840.10045.4.3.4", // ecdsa-with-SHA512
            "1.2.840.113549.1.1.1", // rsaEncryption
            "1.2.840.113549.1.1.11", // sha256WithRSAEncryption
            "1.2.840.113549.1.1.12", // sha384WithRSAEncryption
            "1.2.840.113549.1.1.13"); // sha512WithRSAEncryption

    private static final java.util.Map<String, String> DIGEST_OF = java.util.Map.of(
            "1.3.101.112", "2.16.840.1.101.3.4.2.3",
            "1.2.840.10045.4.3.2", "2.16.840.1.101.3.4.2.1",
            "1.2.840.10045.4.3.3", "2.16.840.1.101.3.4.2.2",
            "1.2.840.10045.4.3.4", "2.16.840.1.101.3.4.2.3",
            "1.2.840.113549.1.1.11", "2.16.840.1.101.3.4.2.1",
            "1.2.840.113549.1.1.12", "2.16.840.1.101.3.4.2.2",
            "1.2.840.113549.1.1.13", "2.16.840.1.101.3.4.2.3");

    private final SignerInformation signer;
    private final X509CertificateHolder certificate;
    private final ContentInfo form;

    private SignedData(SignerInformation signer, X509CertificateHolder certificate, ContentInfo form) {
        this.signer = signer;
        this.certificate = certificate;
        this.form = form;
    }

    SignerInformation signer() {
        return signer;
    }

    X509CertificateHolder certificate() {
        return certificate;
    }

    /** The one form that the structure may have. */
    ContentInfo form() {
        return form;
    }

    /** @param content what the structure holds or signs @throws FormException if it has more than that form allows */
    static SignedData of(CMSSignedData cms, ASN1ObjectIdentifier content, List<X509Certificate> trusted)
            throws FormException, GeneralSecurityException, IOException {
        Collection<SignerInformation> signers = cms.getSignerInfos().getSigners();
        if (signers.size() != 1) {
            throw new FormException("it has " + signers.size() + " signers, not one");
        }
        SignerInformation signer = signers.iterator().next();
        X509CertificateHolder certificate = certificate(signer, trusted);
        SignerInfo read = signer.toASN1Structure();
        plain(read.getDigestAlgorithm());
        plain(read.getDigestEncryptionAlgorithm());
        String algorithm = read.getDigestEncryptionAlgorithm().getAlgorithm().getId();
        String digest = read.getDigestAlgorithm().getAlgorithm().getId();
        if (!ALGORITHMS.contains(algorithm)
                || !DIGEST_OF.getOrDefault(algorithm, digest).equals(digest)) {
            throw new FormException("its algorithms are none of those that are allowed, or do not fit each other");
        }
        org.bouncycastle.asn1.cms.SignedData data = org.bouncycastle.asn1.cms.SignedData.getInstance(
                cms.toASN1Structure().getContent());
        if (!data.getEncapContentInfo().getContentType().equals(content)) {
            throw new FormException("it signs another kind of content");
        }
        SignerInfo only = new SignerInfo(
                named(read, certificate),
                read.getDigestAlgorithm(),
                read.getAuthenticatedAttributes(),
                read.getDigestEncryptionAlgorithm(),
                read.getEncryptedDigest(),
                null);
        ContentInfo form = new ContentInfo(
                CMSObjectIdentifiers.signedData,
                new org.bouncycastle.asn1.cms.SignedData(
                        new DERSet(read.getDigestAlgorithm()),
                        encapsulated(cms, content),
                        sentAlong(data.getCertificates(), trusted),
                        null,
                        new DERSet(only)));
        return new SignedData(signer, certificate, form);
    }

    private static ContentInfo encapsulated(CMSSignedData cms, ASN1ObjectIdentifier content) throws FormException {
        if (cms.isDetachedSignature()) {
            return new ContentInfo(content, null);
        }
        if (!(cms.getSignedContent().getContent() instanceof byte[] bytes)) {
            throw new FormException("its content is no octets");
        }
        return new ContentInfo(content, new DEROctetString(bytes));
    }

    private static X509CertificateHolder certificate(SignerInformation signer, List<X509Certificate> trusted)
            throws FormException, GeneralSecurityException {
        for (X509Certificate one : trusted) {
            X509CertificateHolder holder = new JcaX509CertificateHolder(one);
            if (signer.getSID().match(holder)) {
                return holder;
            }
        }
        throw new FormException("its signer is not the trusted certificate");
    }

    private static SignerIdentifier named(SignerInfo read, X509CertificateHolder certificate) throws FormException {
        if (!read.getSID().isTagged()) {
            return new SignerIdentifier(
                    new IssuerAndSerialNumber(certificate.getIssuer(), certificate.getSerialNumber()));
        }
        Extension extension = certificate.getExtension(Extension.subjectKeyIdentifier);
        if (extension == null) {
            throw new FormException("its signer is not the trusted certificate");
        }
        byte[] id = SubjectKeyIdentifier.getInstance(extension.getParsedValue()).getKeyIdentifier();
        return new SignerIdentifier(new DEROctetString(id));
    }

    private static void plain(AlgorithmIdentifier algorithm) throws FormException {
        ASN1Encodable parameters = algorithm.getParameters();
        if (parameters != null && !parameters.toASN1Primitive().equals(DERNull.INSTANCE)) {
            throw new FormException("its algorithms have parameters");
        }
    }

    private static @org.jspecify.annotations.Nullable ASN1Set sentAlong(
            @org.jspecify.annotations.Nullable ASN1Set certificates, List<X509Certificate> trusted)
            throws FormException, GeneralSecurityException, IOException {
        if (certificates == null) {
            return null;
        }
        List<byte[]> known = new ArrayList<>();
        for (X509Certificate one : trusted) {
            known.add(one.getEncoded());
        }
        ASN1EncodableVector sent = new ASN1EncodableVector();
        for (ASN1Encodable one : certificates) {
            byte[] encoded = one.toASN1Primitive().getEncoded("DER");
            if (!known.removeIf(each -> java.util.Arrays.equals(each, encoded))) {
                throw new FormException("it brings a certificate that is not a trusted one");
            }
            sent.add(one);
        }
        return new DERSet(sent);
    }
}
