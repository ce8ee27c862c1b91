package org.lawtap.sink.seal;

import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.SecureRandom;
import java.time.Duration;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.cmp.PKIStatus;
import org.bouncycastle.asn1.cmp.PKIStatusInfo;
import org.bouncycastle.asn1.tsp.TimeStampResp;
import org.bouncycastle.tsp.TSPAlgorithms;
import org.bouncycastle.tsp.TSPException;
import org.bouncycastle.tsp.TimeStampRequest;
import org.bouncycastle.tsp.TimeStampRequestGenerator;
import org.bouncycastle.tsp.TimeStampResponse;
import org.lawtap.schemas.chain.MerkleTree;

/** Asks a timestamp authority (RFC 3161, by HTTP) to say that it has seen something by now. It learns a hash and nothing else. */
public final class TimestampClient {
    private static final Duration TIMEOUT = Duration.ofSeconds(15);
    private static final int NONCE_BITS = 64;
    private static final int HTTP_OK = 200;

    private final URI authority;
    private final SecureRandom random = new SecureRandom();

    public TimestampClient(URI authority) {
        this.authority = authority;
    }

    /** The authority's response (DER) over the SHA-256 of these bytes. @throws IOException that says what it answered instead */
    public byte[] stamp(byte[] bytes) throws IOException {
        TimeStampRequestGenerator generator = new TimeStampRequestGenerator();
        generator.setCertReq(true);
        try (HttpClient client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build()) {
            TimeStampRequest request = generator.generate(
                    TSPAlgorithms.SHA256, MerkleTree.sha256().digest(bytes), new BigInteger(NONCE_BITS, random));
            HttpResponse<byte[]> answer = ask(client, request.getEncoded());
            if (answer.statusCode() != HTTP_OK) {
                throw new IOException(authority + " answered with HTTP " + answer.statusCode());
            }
            TimeStampResponse response = new TimeStampResponse(answer.body());
            response.validate(request);
            if (response.getTimeStampToken() == null) {
                throw new IOException(authority + " refused: " + response.getStatusString());
            }
            return plain(response);
        } catch (TSPException e) {
            throw new IOException(authority + " answered with something else: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while " + authority + " was asked", e);
        }
    }

    private HttpResponse<byte[]> ask(HttpClient client, byte[] request) throws IOException, InterruptedException {
        try {
            return client.send(
                    HttpRequest.newBuilder(authority)
                            .timeout(TIMEOUT)
                            .header("Content-Type", "application/timestamp-query")
                            .POST(HttpRequest.BodyPublishers.ofByteArray(request))
                            .build(),
                    HttpResponse.BodyHandlers.ofByteArray());
        } catch (IOException e) {
            String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            throw new IOException(authority + " can't be reached: " + why, e);
        }
    }

    /**
     * A granted response as it is kept: in DER and without the authority's free text, so that no byte of the file can be another one
     * unnoticed. What the authority signed stays as it is.
     */
    public static byte[] plain(TimeStampResponse response) throws IOException {
        if (response.getStatus() != PKIStatus.GRANTED) {
            throw new IOException("the timestamp is not granted: " + response.getStatusString());
        }
        return new TimeStampResp(
                        new PKIStatusInfo(PKIStatus.granted),
                        response.getTimeStampToken().toCMSSignedData().toASN1Structure())
                .getEncoded(ASN1Encoding.DER);
    }
}
