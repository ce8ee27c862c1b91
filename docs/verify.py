#!/usr/bin/env python3
"""Checks what lawtap's sink left of a warrant: whether anything was changed, added or removed since it was captured.

    python3 verify.py DIR [--keys KEYS] [--json]

DIR is the directory of one warrant, or holds such a few levels deep. KEYS holds the public keys that the check rests on; without
--keys it is a directory named keys in, beside or above DIR. The exit code is 0 when nothing was found, 1 when something was, and 2
when the question was wrong. What is checked, and what each finding means, is said in evidence.md, which lies beside this file.

This is the second of two verifiers. It was written from evidence.md alone and shares nothing with the first one; it needs Python
3.11 and nothing else, reads only, and asks no network. It can be read from top to bottom:

    1  hashes and trees             RFC 9162
    2  Ed25519                      RFC 8032
    3  signatures of certificates   X.509, CMS (RFC 5652), RFC 3161; ECDSA P-256, RSA
    4  records of the log           Avro
    5  capture files                pcapng; headers of frames
    6  ledgers, statements, seals   JSON
    7  keys and orders
    8  the sessions' chains
    9  one warrant
    10 the command
"""

import argparse
import base64
import binascii
import calendar
import functools
import hashlib
import json
import mmap
import re
import struct
import sys
from array import array
from pathlib import Path

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
HASH = re.compile(r"[0-9a-f]{64}")
TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?Z")
FINDINGS_OF_A_KIND_MAX = 50
LEVELS_DEEP = 3
LEVELS_UP = 4


class Bad(Exception):
    """Something is not as it must be; the message is a clause for a reader."""


def require(condition, text):
    if not condition:
        raise Bad(text)


def nanoseconds(text):
    """A UTC time of ISO 8601 in nanoseconds since 1970."""
    match = TIME.fullmatch(text)
    require(match, f"{text[:40]!r} is not a time in UTC")
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    require(1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 60, f"{text} is no time")
    return calendar.timegm((year, month, day, hour, minute, second)) * 10**9 + int((match[7] or "").ljust(9, "0"))


# --- 1 Hashes and trees --------------------------------------------------------------------------------------------------------------


def sha256(*parts):
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()


def sha256_of_file(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def leaf_of(value):
    return sha256(b"\x00", value)


def node_of(left, right):
    return sha256(b"\x01", left, right)


def tree_root(leaves):
    """RFC 9162, 2.1.1: the left part is the largest power of two that is smaller than the whole."""
    if not leaves:
        return sha256()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node_of(tree_root(leaves[:split]), tree_root(leaves[split:]))


def root_of_path(leaf, index, size, path):
    """RFC 9162, 2.1.3.2: the root that a leaf and its siblings, from below, lead to."""
    require(0 <= index < size, f"leaf {index} of a tree of {size}")
    place, last, root = index, size - 1, leaf
    for sibling in path:
        require(last > 0, "the path is too long for its tree")
        if place % 2 == 1 or place == last:
            root = node_of(sibling, root)
            while place % 2 == 0 and place != 0:
                place, last = place >> 1, last >> 1
        else:
            root = node_of(root, sibling)
        place, last = place >> 1, last >> 1
    require(last == 0, "the path is too short for its tree")
    return root


# --- 2 Ed25519 -----------------------------------------------------------------------------------------------------------------------
# A point is (X, Y, Z, T) with x = X/Z, y = Y/Z, x*y = T/Z, as in RFC 8032, 5.1.4.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
IDENTITY = (0, 1, 1, 0)


def add(a, b):
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * D * a[3] * b[3] % P
    h = 2 * a[2] * b[2] % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def point(encoded):
    """RFC 8032, 5.1.3. Only the one canonical form of a point is read."""
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    require(y < P, "a point that is not in its canonical form")
    u, v = y * y - 1, D * y * y + 1
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x + u) % P == 0:
        x = x * pow(2, (P - 1) // 4, P) % P
    require((v * x * x - u) % P == 0, "no point of the curve")
    require(x != 0 or sign == 0, "a point that is not in its canonical form")
    if x % 2 != sign:
        x = P - x
    return x, y, 1, x * y % P


def encoding(a):
    inverse = pow(a[2], -1, P)
    return ((a[1] * inverse % P) | ((a[0] * inverse % P) % 2) << 255).to_bytes(32, "little")


def multiples(base):
    """For each of the 64 digits to base 16, the 16 multiples of the point: a product then takes 64 additions."""
    table = []
    for _ in range(64):
        row = [IDENTITY]
        for _ in range(15):
            row.append(add(row[-1], base))
        table.append(row)
        base = add(row[15], base)
    return table


@functools.cache
def base_multiples():
    return multiples(point((4 * pow(5, -1, P) % P).to_bytes(32, "little")))


@functools.lru_cache(maxsize=256)
def negated_multiples(key):
    x, y, z, t = point(key)
    return multiples((P - x, y, z, P - t))


def product(scalar, table):
    result = IDENTITY
    for row in table:
        result = add(result, row[scalar & 15])
        scalar >>= 4
    return result


def ed25519_verifies(key, message, signature):
    """RFC 8032, 5.1.7, strictly: S below the order, and R exactly the encoding of [S]B - [k]A."""
    if len(key) != 32 or len(signature) != 64:
        return False
    s = int.from_bytes(signature[32:], "little")
    if s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    try:
        return encoding(add(product(s, base_multiples()), product(k, negated_multiples(key)))) == signature[:32]
    except Bad:
        return False


ED25519_KEY_HEAD = bytes.fromhex("302a300506032b6570032100")


def ed25519_key(info):
    """The 32 bytes in a SubjectPublicKeyInfo (RFC 8410)."""
    require(len(info) == 44 and info.startswith(ED25519_KEY_HEAD), "not an Ed25519 public key")
    point(info[12:])
    return info[12:]


# --- 3 Signatures of certificates ----------------------------------------------------------------------------------------------------

SEQUENCE, SET, INTEGER, BIT_STRING, OCTET_STRING, OID, UTC_TIME, GENERALIZED_TIME = 0x30, 0x31, 2, 3, 4, 6, 23, 24
DATA, SIGNED_DATA, TST_INFO = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"
DIGESTS = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
RSA, EC, P256 = "1.2.840.113549.1.1.1", "1.2.840.10045.2.1", "1.2.840.10045.3.1.7"
RSA_WITH = {"1.2.840.113549.1.1.11": "sha256", "1.2.840.113549.1.1.12": "sha384", "1.2.840.113549.1.1.13": "sha512"}
ECDSA_WITH = {"1.2.840.10045.4.3.2": "sha256", "1.2.840.10045.4.3.3": "sha384", "1.2.840.10045.4.3.4": "sha512"}
KEY_IDENTIFIER, KEY_PURPOSES, TIME_STAMPING = "2.5.29.14", "2.5.29.37", "1.3.6.1.5.5.7.3.8"


class Unsupported(Exception):
    """A kind of signature that this file leaves to openssl."""


class Der:
    """One element of DER: its tag, its content, and all its bytes."""

    def __init__(self, data, start=0):
        require(start + 2 <= len(data), "the DER ends too early")
        self.tag = data[start]
        length, head = data[start + 1], 2
        require(self.tag & 0x1F != 0x1F, "a DER tag of several bytes")
        if length >= 0x80:
            count = length & 0x7F
            require(1 <= count <= 4 and start + 2 + count <= len(data), "a DER length that is none")
            length, head = int.from_bytes(data[start + 2 : start + 2 + count], "big"), 2 + count
            require(length >= 0x80 and length >> 8 * (count - 1), "a DER length longer than need be")
        require(start + head + length <= len(data), "the DER ends too early")
        self.content = data[start + head : start + head + length]
        self.all = data[start : start + head + length]

    @staticmethod
    def whole(data, tag=SEQUENCE):
        element = Der(data).of(tag)
        require(len(element.all) == len(data), "bytes after the end of the DER")
        return element

    def of(self, tag):
        require(self.tag == tag, f"DER tag {self.tag} where {tag} belongs")
        return self

    def children(self):
        elements, at = [], 0
        while at < len(self.content):
            elements.append(Der(self.content, at))
            at += len(elements[-1].all)
        return elements

    def integer(self):
        self.of(INTEGER)
        require(self.content, "a DER number without a byte")
        return int.from_bytes(self.content, "big", signed=True)

    def oid(self):
        self.of(OID)
        require(self.content and self.content[-1] < 0x80, "a DER object identifier that is none")
        numbers, number = [], 0
        for byte in self.content:
            number = number << 7 | byte & 0x7F
            if byte < 0x80:
                numbers.append(number)
                number = 0
        first = min(numbers[0] // 40, 2)
        return ".".join(map(str, [first, numbers[0] - 40 * first, *numbers[1:]]))

    def time(self):
        text = self.content.decode("ascii", "replace")
        if self.tag == UTC_TIME:
            text = ("20" if text < "50" else "19") + text
        else:
            self.of(GENERALIZED_TIME)
        match = re.fullmatch(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,9}))?Z", text)
        require(match, "a time in another form than DER's")
        return nanoseconds("{}-{}-{}T{}:{}:{}.{}Z".format(*match.groups()[:6], match[7] or "0"))


def take(elements, what):
    require(elements, f"{what} is missing")
    return elements.pop(0)


class Certificate:
    """What a signature's check needs of an X.509 certificate: it is trusted because it lies in KEYS, not by its issuer."""

    def __init__(self, der):
        self.der = der
        fields = take(Der.whole(der).children(), "the certificate").of(SEQUENCE).children()
        if fields and fields[0].tag == 0xA0:
            fields.pop(0)
        require(len(fields) >= 6, "a certificate without all its fields")
        self.serial, self.issuer = fields[0].integer(), fields[2].all
        self.not_before, self.not_after = (time.time() for time in fields[3].children())
        algorithm, bits = fields[5].children()
        self.algorithm, parameters = algorithm.children()[0].oid(), algorithm.children()[1:]
        require(bits.of(BIT_STRING).content[:1] == b"\x00", "a public key that is no whole number of bytes")
        self.key = bits.content[1:]
        self.curve = parameters[0].oid() if self.algorithm == EC else None
        self.extensions = {}
        for field in fields[6:]:
            if field.tag == 0xA3:
                for extension in field.children()[0].children():
                    parts = extension.children()
                    self.extensions[parts[0].oid()] = parts[-1].of(OCTET_STRING).content

    def signed(self, digest_name, message, signature):
        """Whether this certificate's key signed the message."""
        if self.algorithm == RSA:
            modulus, exponent = (number.integer() for number in Der.whole(self.key).children())
            return rsa_verifies(modulus, exponent, digest_name, message, signature)
        if self.curve == P256:
            return p256_verifies(self.key, hashlib.new(digest_name, message).digest(), signature)
        raise Unsupported(f"its certificate has a key of the kind {self.curve or self.algorithm}")


def rsa_verifies(modulus, exponent, digest_name, message, signature):
    """RFC 8017, 8.2.2: the padded digest is made anew and compared whole."""
    size = (modulus.bit_length() + 7) // 8
    number = int.from_bytes(signature, "big")
    if len(signature) != size or number >= modulus or modulus.bit_length() < 2048:
        return False
    heads = {"sha256": (1, 32), "sha384": (2, 48), "sha512": (3, 64)}
    arc, length = heads[digest_name]
    info = bytes([0x30, 17 + length, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, arc, 5, 0, 4, length])
    info += hashlib.new(digest_name, message).digest()
    expected = b"\x00\x01" + b"\xff" * (size - 3 - len(info)) + b"\x00" + info
    return pow(number, exponent, modulus).to_bytes(size, "big") == expected


P256_PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P256_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
P256_BASE = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def p256_add(a, b):
    """The sum of two points; None is the point at infinity."""
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P256_PRIME == 0:
            return None
        slope = 3 * (a[0] * a[0] - 1) * pow(2 * a[1], -1, P256_PRIME)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P256_PRIME)
    x = (slope * slope - a[0] - b[0]) % P256_PRIME
    return x, (slope * (a[0] - x) - a[1]) % P256_PRIME


def p256_times(scalar, a):
    result = None
    for bit in bin(scalar)[2:]:
        result = p256_add(result, result)
        if bit == "1":
            result = p256_add(result, a)
    return result


def p256_verifies(key, digest, signature):
    """ECDSA (FIPS 186-5, 6.4.2) with an uncompressed P-256 key."""
    if len(key) != 65 or key[0] != 4:
        raise Unsupported("its certificate has a compressed key")
    x, y = int.from_bytes(key[1:33], "big"), int.from_bytes(key[33:], "big")
    parts = Der.whole(signature).children()
    require(len(parts) == 2, "an ECDSA signature without two numbers")
    r, s = (part.integer() for part in parts)
    on_curve = (y * y - x * x * x + 3 * x - P256_B) % P256_PRIME == 0 and max(x, y) < P256_PRIME
    if not on_curve or not 0 < r < P256_ORDER or not 0 < s < P256_ORDER:
        return False
    inverse = pow(s, -1, P256_ORDER)
    number = int.from_bytes(digest[:32], "big")
    total = p256_add(p256_times(number * inverse % P256_ORDER, P256_BASE), p256_times(r * inverse % P256_ORDER, (x, y)))
    return total is not None and total[0] % P256_ORDER == r


def digest_named(algorithm):
    oid = algorithm.of(SEQUENCE).children()[0].oid()
    if oid not in DIGESTS:
        raise Unsupported(f"it uses the digest {oid}")
    return DIGESTS[oid]


def signed_content(content_info, detached, certificate):
    """Checks a CMS SignedData (RFC 5652, 5.4 and 5.6) with one signer, and gives its content's kind, content and attributes.

    The content is in the structure, or is given as detached.
    """
    kind, wrapped = content_info.children()
    require(kind.oid() == SIGNED_DATA, "it is no CMS SignedData")
    fields = wrapped.of(0xA0).children()[0].of(SEQUENCE).children()
    take(fields, "its version").integer()
    take(fields, "its digests").of(SET)
    encapsulated = take(fields, "its content").of(SEQUENCE).children()
    content_kind = take(encapsulated, "its content's kind").oid()
    content = detached
    if encapsulated:
        require(detached is None, "it holds a content of its own")
        content = encapsulated[0].of(0xA0).children()[0].of(OCTET_STRING).content
    require(content is not None, "it holds no content")
    signers = fields[-1].of(SET).children() if fields else []
    require(len(signers) == 1, f"it has {len(signers)} signers and must have one")

    parts = signers[0].of(SEQUENCE).children()
    take(parts, "its signer's version").integer()
    check_signer(take(parts, "its signer"), certificate)
    digest_name = digest_named(take(parts, "its digest"))
    attributes_set = take(parts, "its signed attributes")
    require(attributes_set.tag == 0xA0, "it has no signed attributes")
    attributes = {}
    for attribute in attributes_set.children():
        name, values = attribute.children()
        require(name.oid() not in attributes and len(values.children()) == 1, "a signed attribute with several values")
        attributes[name.oid()] = values.of(SET).children()[0]
    require(CONTENT_TYPE in attributes and MESSAGE_DIGEST in attributes, "its signed attributes lack kind or digest")
    require(attributes[CONTENT_TYPE].oid() == content_kind, "its signed attributes name another kind of content")
    require(
        attributes[MESSAGE_DIGEST].of(OCTET_STRING).content == hashlib.new(digest_name, content).digest(),
        "what was signed are other bytes",
    )
    signature_kind = take(parts, "its signature's kind").of(SEQUENCE).children()[0].oid()
    known = {RSA: digest_name, **(RSA_WITH if certificate.algorithm == RSA else ECDSA_WITH)}
    if signature_kind not in known:
        raise Unsupported(f"it has a signature of the kind {signature_kind}")
    require(known[signature_kind] == digest_name, "its signature and its digest are of two kinds")
    # What is signed is the set of the attributes with its own tag, not with the one it has here.
    message = bytes([SET]) + attributes_set.all[1:]
    signature = take(parts, "its signature").of(OCTET_STRING).content
    require(certificate.signed(digest_name, message, signature), "its signature is not by the certificate in KEYS")
    return content_kind, content, attributes


def check_signer(signer, certificate):
    if signer.tag == SEQUENCE:
        issuer, serial = signer.children()
        same = issuer.all == certificate.issuer and serial.integer() == certificate.serial
    else:
        identifier = certificate.extensions.get(KEY_IDENTIFIER)
        same = signer.tag == 0x80 and identifier is not None and Der.whole(identifier, OCTET_STRING).content == signer.content
    require(same, "it names another certificate than the one in KEYS")


def check_cms(data, content, certificate):
    """seal.p7s: a detached CMS signature over the content."""
    kind, _, _ = signed_content(Der.whole(data), content, certificate)
    require(kind == DATA, "what it signed is not called data")


def check_timestamp(data, content, certificate):
    """seal.tsr: a TimeStampResp (RFC 3161, 2.4.2) for the content. Returns its time in nanoseconds."""
    parts = Der.whole(data).children()
    status = take(parts, "its status").of(SEQUENCE).children()[0].integer()
    require(status in (0, 1), f"its status is {status}: the timestamp was not granted")
    kind, token, attributes = signed_content(take(parts, "its token"), None, certificate)
    require(kind == TST_INFO, "it holds no timestamp")
    fields = Der.whole(token).children()
    require(len(fields) >= 5 and fields[0].integer() == 1, "a timestamp of an unknown version")
    algorithm, imprint = fields[2].children()
    require(
        digest_named(algorithm) == "sha256" and imprint.of(OCTET_STRING).content == sha256(content),
        "it is the timestamp of other bytes",
    )
    at = fields[4].time()
    require(certificate.not_before <= at <= certificate.not_after, "its time lies outside its certificate's")
    purposes = certificate.extensions.get(KEY_PURPOSES)
    require(
        purposes is not None and [purpose.oid() for purpose in Der.whole(purposes).children()] == [TIME_STAMPING],
        "the certificate in KEYS is not one for timestamps alone",
    )
    check_named_certificate(attributes, certificate)
    return at


def check_named_certificate(attributes, certificate):
    """RFC 5035: the signed attributes must name the hash of the signer's certificate."""
    named = attributes.get(SIGNING_CERTIFICATE_2) or attributes.get(SIGNING_CERTIFICATE)
    require(named is not None, "it doesn't say which certificate signed it")
    first = named.children()[0].children()[0].children()
    name = "sha256" if SIGNING_CERTIFICATE_2 in attributes else "sha1"
    if first[0].tag == SEQUENCE:
        name = digest_named(first.pop(0))
    require(
        first[0].of(OCTET_STRING).content == hashlib.new(name, certificate.der).digest(),
        "it names another certificate than the one in KEYS",
    )


# --- 4 Records of the log ------------------------------------------------------------------------------------------------------------
# The fields of schemas/src/main/avro/PacketRecord.avsc. A tuple is a union, a list a record, a set an array, a number so
# many bytes.

FRAME = bytes([0, 0, 0, 0, 10])

COUNTERS = [
    ("receivedPackets", "long"),
    ("sentPackets", "long"),
    ("receivedBytes", "long"),
    ("sentBytes", "long"),
    ("receiveDropped", "long"),
    ("sendDropped", "long"),
]
CLOCK = [("source", "string"), ("synchronised", "boolean"), ("maxErrorNs", "long")]
WRAPPED_KEY = [("deliveryKeyId", 32), ("ephemeralKey", "bytes"), ("wrappedKey", "bytes")]
OPENING = [
    ("warrantId", "string"),
    ("generation", "long"),
    ("previousSession", ("null", "string")),
    ("cluster", "string"),
    ("namespace", "string"),
    ("pod", "string"),
    ("podUid", "string"),
    ("node", "string"),
    ("interfaceName", "string"),
    ("interfaceIndex", "long"),
    ("podInterfaceName", "string"),
    ("podHardwareAddress", "bytes"),
    ("networkNamespace", "long"),
    ("bootId", "string"),
    ("kernel", "string"),
    ("engine", "string"),
    ("linkType", "long"),
    ("snapLength", "long"),
    ("filter", ("null", "string")),
    ("headersOnly", "boolean"),
    ("openedAt", "long"),
    ("missedBeforeArm", "long"),
    ("signingKey", "bytes"),
    ("interfaceAtArm", COUNTERS),
    ("contentKey", ("null", WRAPPED_KEY)),
]
CHECKPOINT = [
    ("number", "long"),
    ("at", "long"),
    ("delivered", "long"),
    ("deliveredBytes", "long"),
    ("kernelDrop", "long"),
    ("userDrop", "long"),
    ("outOfScopeDiscarded", "long"),
    ("unseenByTap", "long"),
    ("unseenByInterface", "long"),
    ("truncated", "long"),
    ("truncatedBytes", "long"),
    ("cutByScopeBytes", "long"),
    ("kernelReceived", "long"),
    ("interfaceAtArm", COUNTERS),
    ("interfaceNow", COUNTERS),
    ("interfaceExact", "boolean"),
    ("endReason", ("null", "string")),
    ("clock", CLOCK),
    ("addresses", {"bytes"}),
    ("records", "long"),
    ("root", 32),
    ("previous", ("null", 32)),
]
SEAL_HEAD = [("keyId", 32), ("covers", "long"), ("treeSize", "long"), ("index", "long")]


class Avro:
    """Reads Avro binary from front to back."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def raw(self, count):
        require(0 <= count <= len(self.data) - self.at, "a record that ends too early")
        self.at += count
        return self.data[self.at - count : self.at]

    def long(self):
        number = shift = 0
        while True:
            byte = self.raw(1)[0]
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                require(number < 2**64, "a number of more than 64 bits")
                return (number >> 1) ^ -(number & 1)
            require(shift < 70, "a number of more than 64 bits")

    def read(self, kind):
        if isinstance(kind, int):
            return self.raw(kind)
        if isinstance(kind, list):
            return {name: self.read(field) for name, field in kind}
        if isinstance(kind, tuple):
            branch = self.long()
            require(0 <= branch < len(kind), "a union without such a branch")
            return self.read(kind[branch])
        if isinstance(kind, set):
            (items,) = kind
            return self.array(items)
        if kind == "null":
            return None
        if kind == "long":
            return self.long()
        if kind == "boolean":
            byte = self.raw(1)
            require(byte in (b"\x00", b"\x01"), "a truth value that is neither")
            return byte == b"\x01"
        value = self.raw(self.long())
        if kind == "bytes":
            return value
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError as e:
            raise Bad("a text that is not UTF-8") from e

    def array(self, kind):
        items = []
        while count := self.long():
            if count < 0:
                count = -count
                self.long()
            require(count <= len(self.data), "a list longer than its record")
            items += [self.read(kind) for _ in range(count)]
        return items

    def end(self):
        require(self.at == len(self.data), "bytes after the end of a record")


def begun(value, session):
    avro = Avro(value)
    require(avro.raw(5) == FRAME, "a value that is not framed as schema 10")
    require(avro.read("string") == session, "a value of another session")
    return avro


def read_opening(value, session):
    """The opening in a record's value, which holds nothing else."""
    avro = begun(value, session)
    opening = avro.read(("null", OPENING))
    require(opening is not None, "a value without an opening")
    require(avro.raw(3) == bytes(3), "an opening with packets, a checkpoint or a seal")
    avro.end()
    return opening


def read_checkpoint(value, session):
    """The checkpoint in a record's value, its seal or None, and how many bytes stand before the seal."""
    avro = begun(value, session)
    require(avro.raw(2) == bytes(2), "a checkpoint with an opening or packets")
    checkpoint = avro.read(("null", CHECKPOINT))
    require(checkpoint is not None, "a value without a checkpoint")
    require(all(len(address) in (4, 16) for address in checkpoint["addresses"]), "an IP address of another length")
    before = avro.at
    seal = avro.read(("null", SEAL_HEAD))
    if seal is not None:
        seal["path"] = avro.array(32)
        seal["signature"] = avro.raw(64)
    avro.end()
    return checkpoint, seal, before


def number_bytes(number):
    """A number as Avro writes it: zig-zag, seven bits a byte, the lowest first."""
    number = number << 1 if number >= 0 else (-number << 1) - 1
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return written


def packets_value(session, packets):
    """The value of a record of packets, each (sequence, time, direction, flags, original length, bytes)."""
    value = bytearray(FRAME) + number_bytes(len(session)) + session.encode() + b"\x00" + number_bytes(len(packets))
    for *numbers, data in packets:
        for number in numbers:
            value += number_bytes(number)
        value += number_bytes(len(data)) + data
    return value + bytes(3)


def tapped(counters):
    return counters["receivedPackets"] + counters["sentPackets"] + counters["sendDropped"]


def by_interface(checkpoint):
    return tapped(checkpoint["interfaceNow"]) - tapped(checkpoint["interfaceAtArm"])


def unaccounted(checkpoint):
    classes = ("delivered", "kernelDrop", "userDrop", "outOfScopeDiscarded", "unseenByTap")
    return by_interface(checkpoint) - sum(checkpoint[name] for name in classes)


def behind_filter(checkpoint):
    """How many packets a filter kept away, and how many of those that passed it are in no class."""
    passed, classes = checkpoint["kernelReceived"], ("delivered", "kernelDrop", "userDrop", "outOfScopeDiscarded")
    return by_interface(checkpoint) - passed, passed - sum(checkpoint[name] for name in classes)


# --- 5 Capture files -----------------------------------------------------------------------------------------------------------------
# The blocks of draft-ietf-opsawg-pcapng that our files hold. Each has one form only: every option at its place, every padding zero.

SECTION, INTERFACE, NAMES, STATISTICS, PACKET = 0x0A0D0D0A, 1, 4, 5, 6
BLOCK_BYTES_MAX = 16 * 1024 * 1024
FLAGS_KNOWN = 0b1110_0000_0011
DESCRIPTION = re.compile(r"session=(" + UUID.pattern + r") ")


class CaptureFile:
    """A capture file, read whole and strictly. What leaves the form is a Bad that names the byte; up to there it was read."""

    def __init__(self, data, warrant):
        self.data, self.warrant = data, warrant
        self.interfaces = []  # (byte, session, link type, snap length, options)
        self.statistics = []  # (byte, interface, time, options)
        self.names = []  # (byte, packets before it, interfaces before it, [(address, name)])
        self.at, self.sequence, self.interface = array("Q"), array("q"), array("I")
        self.trouble = None
        offset = 0
        try:
            while offset < len(data):
                offset = self.block(offset)
            require(offset > 0, "an empty file")
        except (Bad, struct.error) as e:
            self.trouble = f"byte {offset}: {e if isinstance(e, Bad) else 'a block whose lengths do not fit'}"

    def block(self, start):
        require(len(self.data) - start >= 12, "the file ends inside a block")
        kind, length = struct.unpack_from("<II", self.data, start)
        require((kind == SECTION) == (start == 0), "a section header that does not stand at the beginning, or none there")
        require(12 <= length <= BLOCK_BYTES_MAX and length % 4 == 0, f"a block of {length} bytes")
        end = start + length - 4
        require(end + 4 <= len(self.data), "the file ends inside a block")
        require(struct.unpack_from("<I", self.data, end)[0] == length, "a block whose two lengths differ")
        if kind == PACKET:
            self.packet_block(start, end)
        elif kind == INTERFACE:
            link, reserved, snap = struct.unpack_from("<HHI", self.data, start + 8)
            require(reserved == 0, "reserved bytes that are not zero")
            options = self.options(start + 16, end, (2, 3, 6, 9, 11, 12), {6: 6, 9: 1})
            require(options.get(9) == b"\x09", "an interface whose times are no nanoseconds")
            found = DESCRIPTION.search(options.get(3, b"").decode("utf-8", "replace"))
            require(found, "an interface whose description names no session")
            self.interfaces.append((start, found[1], link, snap, options))
        elif kind == NAMES:
            self.names.append((start, len(self.at), len(self.interfaces), self.named(start + 8, end)))
        elif kind == STATISTICS:
            interface, high, low = struct.unpack_from("<III", self.data, start + 8)
            require(interface < len(self.interfaces), f"statistics of interface {interface}, which is not described")
            codes = (2, 3, 4, 6, 7, 8)
            options = self.options(start + 20, end, codes, dict.fromkeys(codes, 8))
            require(tuple(options) == codes, "statistics that lack a number")
            self.statistics.append((start, interface, high << 32 | low, options))
        elif kind == SECTION:
            magic, major, minor, section = struct.unpack_from("<IHHq", self.data, start + 8)
            require((magic, major, minor, section) == (0x1A2B3C4D, 1, 0, -1), "no little-endian section of version 1.0")
            name = self.options(start + 24, end, (4,), {}).get(4, b"")
            require(name == b"lawtap evidence format 3", "a file of another application, or of another form")
        else:
            raise Bad(f"a block of the type {kind}, which our files don't have")
        return end + 4

    def packet_block(self, start, end):
        interface, _, _, length, original = struct.unpack_from("<IIIII", self.data, start + 8)
        require(interface < len(self.interfaces), f"a packet of interface {interface}, which is not described")
        require(length <= original, "a packet of more bytes than it had")
        require(length <= self.interfaces[interface][3], "a packet longer than its interface's snap length")
        after = start + 28 + (length + 3) // 4 * 4
        require(after <= end, "a packet longer than its block")
        require(not any(self.data[start + 28 + length : after]), "padding that is not zero")
        options = self.options(after, end, (2, 4, 5), {2: 4, 4: 8, 5: 8})
        require(2 in options and 5 in options, "a packet without flags or number")
        flags = int.from_bytes(options[2], "little")
        require(flags & ~FLAGS_KNOWN == 0 and flags & 3 != 3, f"flags {flags:#x}, which our packets don't have")
        require(4 not in options or any(options[4]), "a count of dropped packets that is zero")
        number = int.from_bytes(options[5], "little")
        require(number < 2**63, f"a packet of the number {number}")
        self.at.append(start)
        self.sequence.append(number)
        self.interface.append(interface)

    def named(self, start, end):
        """The records of a block of names: type, length, address, one name that a zero ends, padding."""
        names = []
        while True:
            require(start + 4 <= end, "names without an end")
            kind, length = struct.unpack_from("<HH", self.data, start)
            if kind == 0:
                require(length == 0 and start + 4 == end and names, "names that end before or after their block")
                return names
            require(kind in (1, 2), f"a name of the type {kind}")
            split, last = start + 4 + (4 if kind == 1 else 16), start + 4 + length
            start = start + 4 + (length + 3) // 4 * 4
            require(split < last <= start <= end and self.data[last - 1] == 0, "a name that does not end")
            require(not any(self.data[last:start]), "padding that is not zero")
            names.append((self.data[split - (4 if kind == 1 else 16) : split], self.data[split : last - 1]))

    def options(self, start, end, codes, lengths):
        """Options by code, which stand in this order and end where the block does."""
        options, left = {}, list(codes)
        while True:
            require(start + 4 <= end, "options without an end")
            code, length = struct.unpack_from("<HH", self.data, start)
            value_end = start + 4 + length
            start = start + 4 + (length + 3) // 4 * 4
            if code == 0:
                require(length == 0 and start == end, "options that end before or after their block")
                return options
            require(code in left, f"option {code} where it has no place")
            del left[: left.index(code) + 1]
            require(start <= end and length == lengths.get(code, length), f"option {code} of {length} bytes")
            require(not any(self.data[value_end:start]), "padding that is not zero")
            options[code] = self.data[value_end - length : value_end]

    def session(self, index):
        """Whose packet this is."""
        return self.interfaces[self.interface[index]][1]

    def packet(self, index):
        """Time, epb_flags, packets dropped before it, original length and bytes of a packet."""
        start = self.at[index]
        _, high, low, length, original = struct.unpack_from("<IIIII", self.data, start + 8)
        options = start + 28 + (length + 3) // 4 * 4
        flags, code = struct.unpack_from("<IH", self.data, options + 4)
        dropped = struct.unpack_from("<Q", self.data, options + 12)[0] if code == 4 else 0
        time = high << 32 | low
        time -= time >> 63 << 64
        return time, flags, dropped, original, self.data[start + 28 : start + 28 + length]


# What of a frame is header: docs/decisions/0019. A header counts whole or not at all, and no frame has more than 256 bytes of them.

HEADERS_MAX = 256
CUT_BY_SCOPE = 16
VLAN_TAGS = (0x8100, 0x88A8)
ARP_OF_IPV4 = bytes.fromhex("000108000604")
TRANSPORTS = {17: 8, 136: 8, 132: 12, 50: 8}  # UDP, UDP-Lite, SCTP, ESP
ICMP = {(4, 1): (0, 3, 5, 8, 11, 12), (6, 58): (1, 2, 3, 4, 128, 129)}  # the types whose second four bytes are header, too


def short(data, at):
    return data[at] << 8 | data[at + 1]


def header_length(frame):
    frame = frame[:HEADERS_MAX]
    if len(frame) < 14:
        return 0
    at, kind = 14, short(frame, 12)
    while kind in VLAN_TAGS and at < 22 and len(frame) >= at + 4:
        kind, at = short(frame, at + 2), at + 4
    packet = frame[at:]
    if kind == 0x0806:
        return at + (28 if len(packet) >= 28 and packet[:6] == ARP_OF_IPV4 else 0)
    if kind == 0x0800:
        return at + ipv4_headers(packet)
    if kind == 0x86DD:
        return at + ipv6_headers(packet)
    return at


def ipv4_headers(packet):
    if len(packet) < 20:
        return 0
    length, total = (packet[0] & 15) * 4, short(packet, 2)
    if packet[0] >> 4 != 4 or not 20 <= length <= len(packet) or 0 < total < length:
        return 0
    if short(packet, 6) & 0x1FFF:  # a later fragment
        return length
    return length + upper_headers(4, packet[9], packet[length : total or None])


def ipv6_headers(packet):
    if len(packet) < 40 or packet[0] >> 4 != 6:
        return 0
    payload = short(packet, 4)
    return 40 + upper_headers(6, packet[6], packet[40 : 40 + payload if payload else None])


def upper_headers(version, protocol, data):
    """Eight extension headers at most, then the transport header."""
    at = 0
    for _ in range(8):
        if protocol != 51 and (version == 4 or protocol not in (0, 43, 44, 60)):
            break
        if len(data) < at + 8:
            return at
        told = data[at + 1]
        length = {51: (told + 2) * 4, 44: 8}.get(protocol, (told + 1) * 8)
        if len(data) < at + length or (protocol == 51 and length < 12):
            return at
        if protocol == 44 and short(data, at + 2) & 0xFFF8:  # a later fragment
            return at + length
        protocol, at = data[at], at + length
    rest = data[at:]
    length = TRANSPORTS.get(protocol, 0)
    if protocol == 6 and len(rest) >= 20:
        length = (rest[12] >> 4) * 4
        length = length if length >= 20 else 0
    elif (version, protocol) in ICMP and len(rest) >= 4:
        length = 8 if rest[0] in ICMP[version, protocol] else 4
    return at + (length if length <= len(rest) else 0)


# --- 6 Ledgers, statements, seals ----------------------------------------------------------------------------------------------------


def parse_json(data, what):
    """Strict JSON: UTF-8, no name twice, no numbers but whole ones."""

    def once(pairs):
        names = [name for name, _ in pairs]
        require(len(names) == len(set(names)), f"{what} has a field twice")
        return dict(pairs)

    def whole_only(text):
        raise Bad(f"{what} has the number {text[:40]}, which is none of ours")

    try:
        text = data.decode("utf-8")
        return json.loads(text, object_pairs_hook=once, parse_float=whole_only, parse_constant=whole_only)
    except (ValueError, RecursionError) as e:
        raise Bad(f"{what} is no JSON") from e


BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


def fits(value, form, where):
    """Holds a JSON value to a form: types, constants, tuples of choices, lists and objects with exactly these fields."""
    if isinstance(form, dict):
        require(isinstance(value, dict), f"{where} is no object")
        for name in form.keys() ^ value.keys():
            raise Bad(f"{where} {'lacks' if name in form else 'has an unknown field'} {name!r}")
        for name, inner in form.items():
            fits(value[name], inner, f"{where}.{name}")
    elif isinstance(form, list):
        require(isinstance(value, list), f"{where} is no list")
        for index, item in enumerate(value):
            fits(item, form[0], f"{where}[{index}]")
    elif isinstance(form, tuple):
        for choice in form:
            try:
                return fits(value, choice, where)
            except Bad:
                pass
        raise Bad(f"{where} has another form")
    elif isinstance(form, re.Pattern):
        require(isinstance(value, str) and form.fullmatch(value), f"{where} has another form")
        if form is BASE64:
            unbase64(value)
    elif form is None or isinstance(form, (str, bool)):
        require(type(value) is type(form) and value == form, f"{where} is not {form!r}")
    else:
        require(type(value) is form, f"{where} is no {form.__name__}")


def unbase64(text):
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as e:
        raise Bad("a text that is no Base64") from e
    require(base64.b64encode(data).decode() == text, "a text that is no Base64")
    return data


WHY = re.compile("UNREADABLE|FOREIGN_WARRANT|UNKNOWN_SESSION|AFTER_END|DISORDERED|TOO_LONG")
LEDGER_HEAD = {"form": "lawtap ledger 1", "warrant": UUID, "topic": str, "number": int, "from": int}
LEDGER_LINES = {
    "opened": {"o": int, "t": str, "s": UUID, "v": BASE64},
    "packets": {"o": int, "t": str, "s": UUID, "n": int, "c": int, "l": HASH},
    "partial": {"o": int, "t": str, "s": UUID, "n": int, "c": int, "l": HASH},
    "checkpoint": {"o": int, "t": str, "s": UUID, "v": BASE64},
    "again": {"o": int, "t": str, "s": UUID, "l": HASH},
    "refused": {"o": int, "t": str, "l": HASH, "why": WHY},
}
FILE = {"name": re.compile(r"[^/\x00]{1,255}"), "bytes": int, "sha256": HASH}
STATEMENT = {
    "form": "lawtap statement 1",
    "warrant": UUID,
    "number": int,
    "files": [FILE],
    "log": {"topic": str, "from": int, "next": int},
    "sessions": [{"session": UUID, "packets": int, "first": int, "last": int}],
    "previous": (HASH, None),
    "signer": HASH,
}
SUMMED = [
    "packets",
    "missing",
    "delivered",
    "deliveredBytes",
    "kernelDrop",
    "userDrop",
    "outOfScopeDiscarded",
    "unseenByTap",
    "unseenByInterface",
    "truncated",
    "truncatedBytes",
    "cutByScopeBytes",
    "missedBeforeArm",
    "unaccounted",
]
SESSION = {
    "session": UUID,
    "generation": int,
    "pod": str,
    "podUid": str,
    "node": str,
    "interface": str,
    "podInterface": str,
    "previousSession": (UUID, None),
    "openedAt": TIME,
    "endedAt": (TIME, None),
    "endReason": (str, None),
    "interfaceExact": bool,
    **dict.fromkeys(SUMMED, int),
}
ORDER_SIGNATURE = {"keyId": HASH, "signature": BASE64}
SEAL = {
    "form": "lawtap seal 1",
    "warrant": UUID,
    "sealedAt": TIME,
    "end": {"at": TIME, "why": re.compile("NOT_AFTER|REVOKED")},
    "orders": [{"payloadType": str, "payload": BASE64, "signatures": [ORDER_SIGNATURE], "offset": int}],
    "files": [FILE],
    "log": {"topic": str, "next": int},
    "totals": dict.fromkeys(["files", "records", "refused", "repeated", "sessions", "cutOff", *SUMMED], int),
    "sessions": [SESSION],
    "tools": dict,
    "signer": HASH,
    "timestampAuthority": (str, None),
}

DESTRUCTION = {
    "form": "lawtap destruction 1",
    "warrant": UUID,
    "at": TIME,
    "order": {"payloadType": str, "payload": BASE64, "signatures": [ORDER_SIGNATURE], "offset": int},
    "why": {"end": TIME, "retentionDays": int, "keptUntil": TIME, "orderedAt": TIME, "held": bool},
    "encrypted": bool,
    "deliveryKeys": [{"name": str, "keyId": str}],
    "files": [FILE],
    "seal": FILE,
    "log": {"topic": str},
    "signer": HASH,
}
DAY = 86400 * 10**9


def ledger_line(text, number):
    """One line of a ledger, which must be written in the one form there is."""
    where = f"line {number}"
    line = parse_json(text, where)
    if number == 1:
        form = LEDGER_HEAD
    else:
        require(isinstance(line, dict) and line.get("t") in LEDGER_LINES, f"{where} is none of a ledger's lines")
        form = LEDGER_LINES[line["t"]]
        if line["t"] in ("packets", "partial") and "f" in line:
            form = {**form, "f": [[int]]}
    fits(line, form, where)
    require(list(line) == list(form), f"{where} has its fields in another order")
    require(json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode() == text, f"{where} is written in another way")
    if "c" in line:
        require(0 <= line["n"] and 1 <= line["c"] and line["n"] + line["c"] < 2**63, f"{where} has no such packets")
        after = line["n"]
        for entry in line.get("f", []):
            require(len(entry) == 3, f"{where} has flags in another form")
            first, last, flags = entry
            require(after <= first <= last < line["n"] + line["c"] and 0 <= flags < 2**31, f"{where} has flags of no packet")
            after = last + 1
    return line


# --- 7 Keys and orders ---------------------------------------------------------------------------------------------------------------

WARRANT_TYPE, REVOCATION_TYPE = "application/vnd.lawtap.warrant+json", "application/vnd.lawtap.revocation+json"
DESTRUCTION_TYPE = "application/vnd.lawtap.destruction+json"
TRUST = {"approvers": [{"name": str, "publicKey": BASE64, "notBefore": TIME, "notAfter": TIME, "demo": bool}]}
WINDOW_MAX = 366 * 86_400 * 10**9
ROLES = {WARRANT_TYPE: "WARRANT", REVOCATION_TYPE: "REVOCATION", DESTRUCTION_TYPE: "RETENTION"}


def pem(path, label):
    text = path.read_text(encoding="ascii", errors="replace")
    match = re.search(f"-----BEGIN {label}-----([A-Za-z0-9+/=\\s]*)-----END {label}-----", text)
    require(match, f"{path.name} holds no {label}")
    return unbase64("".join(match[1].split()))


class Keys:
    """The public keys of those who answer for them. None of it comes from the evidence."""

    def __init__(self, directory):
        trust = parse_json((directory / "trust.json").read_bytes(), "trust.json")
        # Two fields may be left out: a key then may sign every order, and was not revoked.
        approvers = trust.get("approvers") if isinstance(trust, dict) else None
        extras = [{name: entry.pop(name) for name in ("roles", "revokedAt") if name in entry} if isinstance(entry, dict) else {}
                  for entry in (approvers if isinstance(approvers, list) else [])]
        fits(trust, TRUST, "trust.json")
        for approver, extra in zip(trust["approvers"], extras):
            approver["roles"] = extra.get("roles", list(ROLES.values()))
            fits(approver["roles"], [("WARRANT", "REVOCATION", "RETENTION")], "trust.json: roles")
            approver["revokedAt"] = extra.get("revokedAt")
            fits(approver["revokedAt"], (TIME, None), "trust.json: revokedAt")
        self.approvers = {}
        for approver in trust["approvers"]:
            info = unbase64(approver["publicKey"])
            key_id = sha256(info).hex()
            require(key_id not in self.approvers, "trust.json lists a key twice")
            self.approvers[key_id] = (approver, ed25519_key(info))
        self.nodes = {}
        for path in sorted((directory / "nodes").glob("*.pem")):
            self.nodes[pem(path, "PUBLIC KEY")] = path.stem
        self.sink = pem(directory / "sink.pub.pem", "PUBLIC KEY")
        self.sink_certificate = self.certificate(directory / "sink.crt.pem")
        self.timestamp_certificate = self.certificate(directory / "tsa.crt.pem")

    @staticmethod
    def certificate(path):
        return Certificate(pem(path, "CERTIFICATE")) if path.is_file() else None

    def sink_signed(self, message, signature):
        return ed25519_verifies(ed25519_key(self.sink), message, signature)


def check_order(order, keys, warrant):
    """An order's content, once its signatures were found to be enough; and the approvers whose keys are demo keys.

    A key counts when it is valid at the beginning of the warrant's window, or at the revocation: the log's own times are no proof.
    """
    payload = unbase64(order["payload"])
    content = parse_json(payload, "the order")
    require(isinstance(content, dict), "the order is no object")
    revocation = order["payloadType"] == REVOCATION_TYPE
    require(revocation or order["payloadType"] == WARRANT_TYPE, f"the order is of the unknown type {order['payloadType']!r}")
    fields = {"revokedAt": str} if revocation else {"notBefore": str, "notAfter": str, "target": dict, "retentionDays": int}
    for name, kind in {"id": str, "generation": int, **fields}.items():
        fits(content.get(name), kind, f"the order's {name}")
    require(content["id"] == warrant, f"the order is about another warrant, {content['id'][:40]}")
    decisive = nanoseconds(content["revokedAt" if revocation else "notBefore"])
    require(revocation or nanoseconds(content["notAfter"]) - decisive <= WINDOW_MAX, "the order lasts more than 366 days")
    names, demo = approvers_of(order, keys, decisive)
    needed = 1 if revocation else 2
    require(len(names) >= needed, f"the order has valid signatures of {len(names)} trusted approvers and needs {needed}")
    return content, demo


def approvers_of(order, keys, decisive):
    """The approvers who signed it with keys valid at that moment, and those of them whose keys are demo keys."""
    kind, payload = order["payloadType"].encode(), unbase64(order["payload"])
    message = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    names, demo = set(), set()
    for signature in order["signatures"]:
        approver, key = keys.approvers.get(signature["keyId"], (None, None))
        if approver is None or not nanoseconds(approver["notBefore"]) <= decisive < nanoseconds(approver["notAfter"]):
            continue
        if approver["revokedAt"] is not None and nanoseconds(approver["revokedAt"]) <= decisive:
            continue
        if ROLES[order["payloadType"]] not in approver["roles"]:
            continue
        if ed25519_verifies(key, message, unbase64(signature["signature"])):
            names.add(approver["name"])
            if approver["demo"]:
                demo.add(approver["name"])
    return names, demo


# --- 8 The sessions' chains ----------------------------------------------------------------------------------------------------------


class Session:
    """One session as its records tell it, in the order of the log."""

    def __init__(self, session, offset, opening):
        self.id, self.offset, self.opening = session, offset, opening
        self.key = None
        self.leaves, self.records = [], 0
        self.since = offset  # the first record that no checkpoint vouches for yet
        self.last, self.last_leaf = None, None
        self.next, self.filed, self.gaps = 0, 0, []
        self.dropped_told, self.dropped_to_tell = 0, 0
        self.checkpoints = {}
        self.addresses = []
        self.account_told = False
        self.cut, self.cut_known = 0, True

    @property
    def ended(self):
        return self.last is not None and self.last["endReason"] is not None

    def gap(self, first, after):
        """Packets come that are not the next ones: what lies before them is missing, and what was missing may be among them."""
        gaps = [(start, min(end, first)) for start, end in self.gaps] + [(max(start, after), end) for start, end in self.gaps]
        self.gaps = sorted((start, end) for start, end in [*gaps, (self.next, first)] if start < end)

    def named(self, addresses):
        """What a block of names says of these."""
        name = f"{self.opening['pod']}.{self.opening['namespace']}".encode()
        return [(address, name) for address in addresses]

    def missing(self):
        """Packets that the last checkpoint says were delivered and the log lacks."""
        delivered = self.last["delivered"] if self.last else 0
        lacking = sum(max(0, min(end, delivered) - start) for start, end in self.gaps)
        return lacking + max(0, delivered - self.next)

    def numbers(self):
        """What the seal must say of this session."""
        opening, last = self.opening, self.last
        said = {name: last[name] if last and name in last else 0 for name in SUMMED}
        said |= {
            "session": self.id,
            "generation": opening["generation"],
            "pod": f"{opening['namespace']}/{opening['pod']}",
            "podUid": opening["podUid"],
            "node": opening["node"],
            "interface": opening["interfaceName"],
            "podInterface": opening["podInterfaceName"],
            "previousSession": opening["previousSession"],
            "openedAt": opening["openedAt"],
            "endedAt": last["at"] if self.ended else None,
            "endReason": last["endReason"] if last else None,
            "packets": self.filed,
            "missing": self.missing(),
            "missedBeforeArm": opening["missedBeforeArm"],
            "interfaceExact": bool(last and last["interfaceExact"]),
            "unaccounted": unaccounted(last) if last else 0,
        }
        return said


# --- 9 One warrant -------------------------------------------------------------------------------------------------------------------

NUMBERED = re.compile(r"(.+)-(\d{6})\.(pcapng|ledger|statement\.json|statement\.sig)")
PARTS = ("pcapng", "ledger", "statement.json", "statement.sig")
CLOSING = ("custody.jsonl", "case.jsonld", "SHA256SUMS")
SEALS = ("seal.json", "seal.sig", "seal.p7s", "seal.tsr")
PROOF, PROOF_SIGNATURE, DESTROYING = "destruction.json", "destruction.sig", ".destroying"
NOT_EVIDENCE = (".lock", "keys")


class Check:
    """The check of one warrant's directory: everything is computed anew and held against what the files say."""

    def __init__(self, directory, keys):
        self.directory, self.keys = directory, keys
        self.findings, self.notes, self.told = [], [], {}
        self.entries = {path.name: path for path in sorted(directory.iterdir())}
        self.hashes = {}
        self.seal = None
        self.sessions, self.leaves = {}, set()
        self.totals = dict.fromkeys(["records", "refused", "repeated"], 0)
        self.windows, self.retention_days = None, 0
        self.destroyed = set()  # capture files that are missing rightly
        self.warrant = self.name_of_warrant()
        self.numbers = self.numbered(self.entries)

    def found(self, code, text, file=None, session=None, first=None, last=None):
        kind = (code, file)
        self.told[kind] = self.told.get(kind, 0) + 1
        if self.told[kind] <= FINDINGS_OF_A_KIND_MAX:
            last = first if last is None else last
            finding = {"code": code, "file": file, "session": session, "firstRecord": first, "lastRecord": last, "text": text}
            self.findings.append(finding)

    def note(self, text):
        self.notes.append(text)

    def name_of_warrant(self):
        """The directory's name, or where it was renamed what the seal or the files say."""
        if UUID.fullmatch(self.directory.name):
            return self.directory.name
        try:
            named = parse_json(self.bytes_of("seal.json"), "seal.json")["warrant"]
            if UUID.fullmatch(named):
                return named
        except (Bad, KeyError, TypeError):
            pass
        named = [match[1] for name in self.entries if (match := NUMBERED.fullmatch(name)) and UUID.fullmatch(match[1])]
        return named[0] if named else self.directory.name

    def numbered(self, names):
        """From 1 to as many as there are; a number that is left out shows as a missing file, and one beyond as an added one."""
        numbers = {match[2] for name in names if (match := NUMBERED.fullmatch(name)) and match[1] == self.warrant}
        return range(1, len(numbers) + 1)

    def is_file(self, name):
        return name in self.entries and self.entries[name].is_file()

    def bytes_of(self, name):
        require(self.is_file(name), f"{name} is missing")
        return self.entries[name].read_bytes()

    def hash_of(self, name):
        if name not in self.hashes:
            self.hashes[name] = sha256_of_file(self.entries[name])
        return self.hashes[name]

    def file(self, number, part):
        return f"{self.warrant}-{number:06d}.{part}"

    def run(self):
        self.check_seal()
        self.check_orders()
        self.check_destruction()
        self.check_files()
        before = None
        for number in self.numbers:
            before = self.check_number(number, before)
        self.check_ends()
        self.check_totals(before)
        for (code, file), count in self.told.items():
            if count > FINDINGS_OF_A_KIND_MAX:
                text = f"and {count - FINDINGS_OF_A_KIND_MAX} more of this kind"
                self.findings.append(
                    {"code": code, "file": file, "session": None, "firstRecord": None, "lastRecord": None, "text": text}
                )
        return {
            "warrant": self.warrant,
            "verdict": "FAILED" if self.findings else "OK",
            "findings": self.findings,
            "notes": self.notes,
        }

    # The seal and its three signatures.

    def check_seal(self):
        if not self.is_file("seal.json"):
            self.found("SEAL_MISSING", "there is no seal: the warrant still runs, or its seal was removed", "seal.json")
            return
        sealed = self.bytes_of("seal.json")
        self.signature("SEAL_INVALID", "seal.sig", lambda data: require(
            self.keys.sink_signed(sealed, data), "it is no signature of the sink's key over seal.json"))
        try:
            seal = parse_json(sealed, "seal.json")
            fits(seal, SEAL, "seal.json")
            require(seal["warrant"] == self.warrant, "seal.json is about another warrant")
            require(seal["signer"] == sha256(self.keys.sink).hex(), "seal.json names another key than the sink's")
            times = [seal["sealedAt"], seal["end"]["at"]]
            for session in seal["sessions"]:
                times += [session["openedAt"], session["endedAt"]]
            for time in times:
                nanoseconds(time) if time else None
            self.seal = seal
        except Bad as e:
            self.found("SEAL_INVALID", str(e), "seal.json")
        certificate = self.keys.sink_certificate
        self.signature("CMS_INVALID", "seal.p7s", lambda data: self.check_cms(data, sealed, certificate))
        if self.seal and self.seal["timestampAuthority"] is None and not self.is_file("seal.tsr"):
            self.note("no timestamp authority was asked: when it was sealed, the sink alone says")
        else:
            self.signature("TIMESTAMP_INVALID", "seal.tsr", lambda data: self.check_timestamp(data, sealed))

    def signature(self, code, name, check):
        try:
            check(self.bytes_of(name))
        except Unsupported as e:
            self.note(f"{name} is not checked here: {e}. Check it with openssl, see verify-by-hand.md.")
        except (Bad, ValueError, IndexError) as e:
            self.found(code, str(e) if isinstance(e, Bad) else "it has another form", name)

    def check_cms(self, data, sealed, certificate):
        require(certificate, "KEYS has no sink.crt.pem to check it with")
        check_cms(data, sealed, certificate)
        if self.seal:
            at = nanoseconds(self.seal["sealedAt"])
            if not certificate.not_before <= at <= certificate.not_after:
                self.note("seal.p7s: the seal's time lies outside that of the certificate it is signed with")

    def check_timestamp(self, data, sealed):
        require(self.keys.timestamp_certificate, "KEYS has no tsa.crt.pem to check it with")
        check_timestamp(data, sealed, self.keys.timestamp_certificate)

    # The destruction.

    def check_destruction(self):
        """Whether capture files are missing rightly: destroyed on an order that counts, after their time."""
        if self.is_file(DESTROYING):
            self.found("DESTRUCTION_INVALID", "a destruction was begun and is not done; a sink that starts goes on with it", DESTROYING)
        if not self.is_file(PROOF) and not self.is_file(PROOF_SIGNATURE):
            return
        try:
            self.destroyed = self.proven_destroyed()
        except Bad as e:
            self.found("DESTRUCTION_INVALID", str(e), PROOF)

    def proven_destroyed(self):
        require(self.is_file(PROOF) and self.is_file(PROOF_SIGNATURE), "there must be a proof and its signature, and one is missing")
        data = self.bytes_of(PROOF)
        require(self.keys.sink_signed(data, self.bytes_of(PROOF_SIGNATURE)), "it has no valid signature of the sink's key")
        proof = parse_json(data, PROOF)
        fits(proof, DESTRUCTION, PROOF)
        require(proof["warrant"] == self.warrant, "it is about another warrant")
        require(proof["signer"] == sha256(self.keys.sink).hex(), "it names another key than the sink's")
        require(proof["log"]["topic"] == f"lawtap.packets.{self.warrant}", "it names another topic")
        why, order = proof["why"], proof["order"]
        times = {name: nanoseconds(why[name]) for name in ("end", "keptUntil", "orderedAt")}
        content = parse_json(unbase64(order["payload"]), "its order")
        of_this = isinstance(content, dict) and content.get("id") == self.warrant
        require(order["payloadType"] == DESTRUCTION_TYPE and of_this, "its order is none to destroy this warrant's content")
        names, _ = approvers_of(order, self.keys, times["orderedAt"])
        require(len(names) >= 2, f"its order has valid signatures of {len(names)} trusted approvers and needs 2")
        require(self.seal is not None, "without a seal that can be read nothing says until when the content had to be kept")
        require(not why["held"], "the content was held")
        least = nanoseconds(self.seal["end"]["at"]) + self.retention_days * DAY
        late = max(times["keptUntil"], least) <= times["orderedAt"] <= nanoseconds(proof["at"])
        require(late and times["keptUntil"] == times["end"] + why["retentionDays"] * DAY, "it was ordered before its time")
        require(proof["seal"]["name"] == "seal.json" and proof["seal"]["sha256"] == self.hash_of("seal.json"), "it names another seal")
        captures = [file for file in self.seal["files"] if file["name"].endswith(".pcapng")]
        require(proof["files"] == captures, "its files are not the capture files of the seal")
        for file in captures:
            require(not self.is_file(file["name"]), f"{file['name']} was destroyed, it says, and is there")
        self.note(f"the content was destroyed on {proof['at']}: its records are vouched for by the chain alone")
        if not proof["encrypted"]:
            self.note("what the log holds of it was not encrypted, and is not destroyed")
        return {file["name"] for file in captures}

    # The files, against the seal's list and SHA256SUMS.

    def check_files(self):
        expected = {self.file(number, part) for number in self.numbers for part in PARTS} | set(CLOSING)
        if self.seal:
            listed = {file["name"]: file for file in self.seal["files"]}
            if len(listed) != len(self.seal["files"]):
                self.found("SEAL_INVALID", "seal.json lists a file twice", "seal.json")
            self.numbers = self.numbered(listed)
            sealed = {self.file(number, part) for number in self.numbers for part in PARTS} | set(CLOSING)
            for name in sorted(sealed ^ set(listed)):
                self.found("SEAL_INVALID", f"seal.json {'lacks' if name in sealed else 'lists'} {name}", "seal.json")
            for name, file in listed.items():
                self.check_file(file)
            expected = set(listed)
        for name, path in self.entries.items():
            known = name in expected or name in (*SEALS, PROOF, PROOF_SIGNATURE, DESTROYING)
            if name not in NOT_EVIDENCE and not (known and path.is_file()):
                self.found("FILE_ADDED", "a file that is not of this evidence", name)
        if self.seal or self.is_file("SHA256SUMS"):
            self.check_sums(expected - {"SHA256SUMS"})

    def check_file(self, file):
        """Holds a file to what a list says of it. What was found once is not said again."""
        name = file["name"]
        if ("FILE_CHANGED", name) in self.told or ("FILE_MISSING", name) in self.told:
            return
        if not self.is_file(name):
            if name not in self.destroyed:
                self.found("FILE_MISSING", "the file is missing", name)
            return
        size = self.entries[name].stat().st_size
        if size != file["bytes"]:
            self.found("FILE_CHANGED", f"it has {size} bytes and had {file['bytes']}", name)
        elif self.hash_of(name) != file["sha256"]:
            self.found("FILE_CHANGED", f"its SHA-256 is {self.hash_of(name)} and was {file['sha256']}", name)

    def check_sums(self, expected):
        if not self.is_file("SHA256SUMS"):
            return
        sums = {}
        for line in self.bytes_of("SHA256SUMS").decode("utf-8", "replace").splitlines():
            hashed, _, name = line.partition("  ")
            sums[name] = hashed
        for name in sorted(expected ^ set(sums)):
            text = f"it {'lacks' if name in expected else 'lists'} {name}"
            self.found("FILE_CHANGED", text, "SHA256SUMS")
        for name, hashed in sums.items():
            changed = ("FILE_CHANGED", name) in self.told
            if name in expected and self.is_file(name) and not changed and self.hash_of(name) != hashed:
                self.found("FILE_CHANGED", f"it has another SHA-256 for {name}", "SHA256SUMS")

    # The orders.

    def check_orders(self):
        if not self.seal:
            return
        self.windows, ends, demo = {}, [], set()
        for order in self.seal["orders"]:
            try:
                content, demo_names = check_order(order, self.keys, self.warrant)
                demo |= demo_names
                if order["payloadType"] == REVOCATION_TYPE:
                    ends.append((content["generation"], "REVOKED", None))
                else:
                    window = nanoseconds(content["notBefore"]), nanoseconds(content["notAfter"])
                    if content["generation"] > max(self.windows, default=0):
                        self.retention_days = content["retentionDays"]
                    self.windows[content["generation"]] = (*window, content)
                    ends.append((content["generation"], "NOT_AFTER", window[1]))
            except Bad as e:
                self.found("ORDER_INVALID", f"order {order['offset']} of lawtap.warrants: {e}", "seal.json")
        if demo:
            self.note(f"approved with demo keys, which prove nothing: {', '.join(sorted(demo))}")
        if not self.windows and ("ORDER_INVALID", "seal.json") not in self.told:
            self.found("ORDER_INVALID", "the seal holds no warrant", "seal.json")
        if ends:
            # A revocation has the generation of the warrant that it ends: of two orders of one generation the later one counts.
            _, why, at = max(reversed(ends), key=lambda end: end[0])
            said = self.seal["end"]
            if said["why"] != why or (at is not None and nanoseconds(said["at"]) != at):
                self.found("SEAL_INVALID", "the end it tells is not the one of its last order", "seal.json")

    # One capture file with its ledger and statement.

    def check_number(self, number, before):
        """Gives (hash of the statement file, next offset) for the one after it."""
        statement = self.check_statement(number, before)
        start = before[1] if before else 0
        capture = self.open_capture(number)
        lines = self.read_ledger(number, statement, start)
        filed = self.check_records(number, lines, capture)
        if statement:
            told = [(said["session"], said["packets"], said["first"], said["last"]) for said in statement["sessions"]]
            if told != filed and lines is not None and capture is not None and not capture.trouble:
                text = "its sessions and their packets are not those of the files"
                self.found("STATEMENT_INVALID", text, self.file(number, "statement.json"))
        name = self.file(number, "statement.json")
        last = lines[-1]["o"] + 1 if lines else start
        hashed = self.hash_of(name) if self.is_file(name) else None
        return hashed, statement["log"]["next"] if statement else last

    def check_statement(self, number, before):
        name, signature = self.file(number, "statement.json"), self.file(number, "statement.sig")
        for part in (name, signature):
            if not self.is_file(part) and ("FILE_MISSING", part) not in self.told:
                self.found("FILE_MISSING", "the statement, or its signature, is missing", part)
        if not self.is_file(name):
            return None
        data = self.bytes_of(name)
        try:
            signed = self.is_file(signature) and self.keys.sink_signed(data, self.bytes_of(signature))
            require(signed, "it has no valid signature of the sink's key")
            statement = parse_json(data, "the statement")
            fits(statement, STATEMENT, "the statement")
            require(statement["warrant"] == self.warrant, "it is about another warrant")
            require(statement["number"] == number, f"it is number {statement['number']}")
            require(statement["signer"] == sha256(self.keys.sink).hex(), "it names another key than the sink's")
            require(statement["log"]["topic"] == f"lawtap.packets.{self.warrant}", "it names another topic")
            names = [file["name"] for file in statement["files"]]
            require(names == [self.file(number, part) for part in PARTS[:2]], "it is about other files")
            require(before is None or before[0] is None or statement["previous"] == before[0], "previous is not the statement before it")
            require(before is not None or statement["previous"] is None, "it is the first and has a previous one")
            start, end = statement["log"]["from"], statement["log"]["next"]
            require(start <= end and (before is None or start == before[1]), "its part of the log does not begin where the one before ended")
        except Bad as e:
            self.found("STATEMENT_INVALID", str(e), name)
            return None
        for file in statement["files"]:
            self.check_file(file)
        if before is None and start:
            self.note(f"the files begin at record {start} of the log: what was before is not known here")
        return statement

    def open_capture(self, number):
        name = self.file(number, "pcapng")
        if not self.is_file(name):
            if not self.seal and ("FILE_MISSING", name) not in self.told:
                self.found("FILE_MISSING", "the capture file is missing", name)
            return None
        with open(self.entries[name], "rb") as file:
            empty = self.entries[name].stat().st_size == 0
            capture = CaptureFile(b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), self.warrant)
        if capture.trouble:
            self.found("FORM", capture.trouble, name)
        return capture

    def read_ledger(self, number, statement, start):
        name = self.file(number, "ledger")
        if not self.is_file(name):
            if not self.seal and ("FILE_MISSING", name) not in self.told:
                self.found("FILE_MISSING", "the ledger is missing", name)
            return None
        lines, offset, end = [], -1, statement["log"]["next"] if statement else 2**63
        data = self.bytes_of(name)
        texts = data.split(b"\n")
        if texts.pop():
            self.found("FORM", f"line {len(texts) + 1} does not end", name)
        if not texts:
            self.found("FORM", "an empty ledger", name)
        for index, text in enumerate(texts, 1):
            try:
                line = ledger_line(text, index)
                if index == 1:
                    offset = line["from"] - 1
                    topic = f"lawtap.packets.{self.warrant}"
                    same = (line["warrant"], line["topic"], line["number"]) == (self.warrant, topic, number)
                    begins = statement["log"]["from"] if statement else start
                    require(same and line["from"] == begins, "line 1 is of another ledger")
                else:
                    require(offset < line["o"] < end, f"line {index}: offset {line['o']} is out of order")
                    offset = line["o"]
                    lines.append(line)
            except Bad as e:
                self.found("FORM", str(e), name)
        return lines

    def check_records(self, number, lines, capture):
        """Holds the ledger's lines and the capture file to each other, and each session's records to its chain."""
        lines = lines or []
        self.totals["records"] += len(lines)
        name = self.file(number, "ledger")
        cursor = Cursor(self, self.file(number, "pcapng"), capture)
        interfaces, names = 0, []  # what is described in the file until now, and (packets before, interfaces before, names)
        for state in self.sessions.values():
            if not state.ended:
                interfaces += 1
                if state.addresses:
                    names.append((0, interfaces, state.named(state.addresses)))
        for line in lines:
            offset, kind = line["o"], line["t"]
            if kind == "refused":
                self.totals["refused"] += 1
                if line["why"] == "UNKNOWN_SESSION":
                    self.found("SEQUENCE", "a record of a session whose opening is not in the log", name, None, offset)
                continue
            if kind == "again":
                self.totals["repeated"] += 1
                if line["l"] not in self.leaves:
                    text = "said to be filed before, and nothing with this leaf was"
                    self.found("RECORD_REPEATED", text, name, line["s"], offset)
                continue
            if kind == "opened":
                self.open_session(line, name)
                interfaces += 1
            elif line["s"] not in self.sessions:
                self.found("FORM", "a record of a session that was not opened", name, line["s"], offset)
                cursor.skip(line)
            elif kind == "checkpoint":
                state = self.sessions[line["s"]]
                known = len(state.addresses)
                self.checkpoint(state, line, name)
                if len(state.addresses) > known:
                    names.append((cursor.place, interfaces, state.named(state.addresses[known:])))
            else:
                self.packets(self.sessions[line["s"]], line, cursor)
            self.leaves.add(line["l"] if "l" in line else leaf_of(unbase64(line["v"])).hex())
        cursor.end()
        if capture is not None:
            self.check_interfaces(capture, cursor)
            self.check_names(capture, names, cursor.name)
        return cursor.filed()

    def open_session(self, line, name):
        session, offset = line["s"], line["o"]
        value = unbase64(line["v"])
        if session in self.sessions:
            self.found("FORM", "a session that is opened twice", name, session, offset)
            return
        try:
            opening = read_opening(value, session)
        except Bad as e:
            self.found("RECORD_CHANGED", str(e), name, session, offset)
            return
        state = self.sessions[session] = Session(session, offset, opening)
        state.leaves.append(leaf_of(value))
        state.records = 1
        try:
            state.key = ed25519_key(opening["signingKey"])
        except Bad:
            pass
        if state.key is None or opening["signingKey"] not in self.keys.nodes:
            text = f"the key {sha256(opening['signingKey']).hex()} of node {opening['node']} is not among the trusted ones"
            self.found("KEY_UNKNOWN", text, name, session, offset)
        if opening["warrantId"] != self.warrant:
            self.found("OUTSIDE_WARRANT", "a session of another warrant", name, session, offset)
        if self.windows is not None:
            window = self.windows.get(opening["generation"])
            order = window[2] if window else {}
            target = order.get("target", {})
            if window is None:
                text = f"a session of generation {opening['generation']}, for which there is no order"
                self.found("OUTSIDE_WARRANT", text, name, session, offset)
            elif (target.get("cluster"), target.get("namespace")) != (opening["cluster"], opening["namespace"]):
                self.found("OUTSIDE_WARRANT", "a session of a pod outside the order's namespace", name, session, offset)
            elif order.get("filter") != opening["filter"]:
                self.found("OUTSIDE_WARRANT", "a session with another filter than its order's", name, session, offset)
            elif order.get("scope") != ("HEADERS" if opening["headersOnly"] else "CONTENT"):
                self.found("OUTSIDE_WARRANT", "a session of another scope than its order's", name, session, offset)

    def packets(self, state, line, cursor):
        offset, first, count = line["o"], line["n"], line["c"]
        if line["t"] == "packets":
            state.leaves.append(bytes.fromhex(line["l"]))
            state.records += 1
        else:
            self.note(f"record {offset}: packets {first} to {first + count - 1} of session {state.id} are vouched for by nothing")
        if first != state.next:
            text = f"packets {state.next} to {first - 1} are missing" if first > state.next else f"packet {first} comes after {state.next - 1}"
            self.found("SEQUENCE", text, cursor.name, state.id, offset)
            state.gap(first, first + count)
        dropped = max(0, first - state.next) + state.dropped_to_tell
        state.next = max(state.next, first + count)
        state.filed += count
        state.dropped_to_tell = 0
        blocks = cursor.blocks(line)
        state.cut_known &= blocks is not None and len(blocks) == count and line["t"] == "packets"
        if blocks is not None:
            self.check_packets(state, line, cursor, blocks, dropped)

    def check_packets(self, state, line, cursor, blocks, dropped):
        offset, capture = line["o"], cursor.capture
        flags_of = {number: flags for first, last, flags in line.get("f", []) for number in range(first, last + 1)}
        window = self.windows.get(state.opening["generation"]) if self.windows else None
        headers_only = state.opening["headersOnly"]
        packets, outside, beyond, misflagged = [], 0, 0, 0
        for index in blocks:
            time, shown, told, original, data = capture.packet(index)
            sequence = capture.sequence[index]
            derived = (shown >> 9 & 1) | (shown >> 10 & 1) << 2 | (shown >> 11 & 1) << 3
            cut = len(data) < original
            flags = flags_of.get(sequence, derived | (CUT_BY_SCOPE if cut and len(data) <= HEADERS_MAX else 0))
            if flags & 13 != derived:
                text = f"byte {capture.at[index]}: epb_flags and the ledger contradict each other"
                self.found("FORM", text, cursor.name, state.id, offset)
            if told != dropped:
                text = f"byte {capture.at[index]}: {told} packets dropped before it, and the records say {dropped}"
                self.found("FILE_CHANGED", text, cursor.name, state.id, offset)
            dropped = 0
            packets.append((sequence, time, shown & 3, flags, original, data))
            outside += bool(window) and not window[0] <= time < window[1]
            beyond += headers_only and len(data) > header_length(data)
            misflagged += (headers_only and cut) != bool(flags & CUT_BY_SCOPE)
            state.cut += original - len(data) if headers_only else 0
        if outside:
            self.found("OUTSIDE_WARRANT", f"{outside} packets from outside the window", cursor.name, state.id, offset)
        if beyond:
            self.found("OUTSIDE_WARRANT", f"{beyond} packets hold more than their headers", cursor.name, state.id, offset)
        if misflagged:
            self.found("OUTSIDE_WARRANT", f"{misflagged} packets do not say rightly whether they were cut", cursor.name, state.id, offset)
        if [packet[0] for packet in packets] != list(range(line["n"], line["n"] + line["c"])):
            text = f"{len(packets)} of its {line['c']} packets are in the file, or in another order"
            self.found("RECORD_CHANGED", text, cursor.name, state.id, offset)
        elif line["t"] == "packets" and leaf_of(packets_value(state.id, packets)).hex() != line["l"]:
            text = f"packets {line['n']} to {line['n'] + line['c'] - 1} are not as they were captured"
            self.found("RECORD_CHANGED", text, cursor.name, state.id, offset)

    def checkpoint(self, state, line, name):
        offset, value = line["o"], unbase64(line["v"])
        try:
            checkpoint, seal, before = read_checkpoint(value, state.id)
        except Bad as e:
            self.found("RECORD_CHANGED", str(e), name, state.id, offset)
            return
        wrong = []
        if checkpoint["root"] != tree_root(state.leaves):
            wrong.append("its root is not that of the records since the checkpoint before")
        if checkpoint["previous"] != state.last_leaf:
            wrong.append("its previous is not the checkpoint before")
        if checkpoint["records"] != state.records:
            wrong.append(f"{state.records} records stand before it, and it says {checkpoint['records']}")
        if state.ended:
            wrong.append("it stands after the last checkpoint")
        if wrong:
            self.found("CHAIN_BROKEN", "; ".join(wrong), name, state.id, state.since, offset)
        try:
            self.check_checkpoint_seal(state, seal, value, before)
        except Bad as e:
            self.found("CHECKPOINT_INVALID", str(e), name, state.id, offset)
        difference = unaccounted(checkpoint)
        if checkpoint["interfaceExact"] and state.opening["filter"] is None and difference and not state.account_told:
            state.account_told = True
            text = f"{difference} packets of the interface are in no class of the account"
            self.found("ACCOUNT_WRONG", text, name, state.id, offset)
        if checkpoint["interfaceExact"] and state.opening["filter"] is not None:
            refused, passed = behind_filter(checkpoint)
            if refused < 0 or passed:
                text = f"{refused} packets did not pass the filter, and {passed} that did are in no class of the account"
                self.found("ACCOUNT_WRONG", text, name, state.id, offset)
        # Only with all packets before it at hand can their bytes be added up.
        whole = state.cut_known and not state.gaps and state.next == checkpoint["delivered"]
        if whole and state.cut != checkpoint["cutByScopeBytes"]:
            text = f"its packets lack {state.cut} bytes that the scope left out, and it says {checkpoint['cutByScopeBytes']}"
            self.found("ACCOUNT_WRONG", text, name, state.id, offset)
        state.leaves, state.records, state.since = [], checkpoint["records"] + 1, offset + 1
        state.last, state.last_leaf = checkpoint, leaf_of(value)
        state.checkpoints[checkpoint["at"]] = checkpoint
        state.addresses += checkpoint["addresses"]
        state.dropped_to_tell += checkpoint["kernelDrop"] - state.dropped_told
        state.dropped_told = checkpoint["kernelDrop"]

    @staticmethod
    def check_checkpoint_seal(state, seal, value, before):
        require(seal is not None, "it has no seal")
        require(seal["keyId"] == sha256(state.opening["signingKey"]), "it is sealed by another key than its session's")
        require(seal["covers"] == before, "its seal covers other bytes than those before it")
        root = root_of_path(leaf_of(value[:before]), seal["index"], seal["treeSize"], seal["path"])
        message = f"lawtap seal 1\n{seal['treeSize']}\n{root.hex()}\n".encode()
        require(state.key is not None and seal_verifies(state.key, message, seal["signature"]), "its seal's signature is wrong")

    def check_interfaces(self, capture, cursor):
        """Interface descriptions and statistics say what openings and checkpoints do."""
        described = set()
        for start, session, link, snap, options in capture.interfaces:
            state = self.sessions.get(session)
            if state is None or session in described:
                self.found("FILE_CHANGED", f"byte {start}: an interface of no session, or a second one of it", cursor.name, session)
                continue
            described.add(session)
            opening = state.opening
            text = f"{opening['namespace']}/{opening['pod']} uid={opening['podUid']} node={opening['node']} session={session} warrant={opening['warrantId']}"
            text += " scope=HEADERS, content left out" if opening["headersOnly"] else ""
            expected = {2: opening["interfaceName"].encode(), 3: text.encode()}
            if len(opening["podHardwareAddress"]) == 6:
                expected[6] = opening["podHardwareAddress"]
            expected[9] = b"\x09"
            if opening["filter"] is not None:
                expected[11] = b"\x00" + opening["filter"].encode()
            expected[12] = opening["kernel"].encode()
            if (link, snap, options) != (opening["linkType"], opening["snapLength"], expected):
                self.found("FILE_CHANGED", f"byte {start}: an interface that is not as its session's opening says", cursor.name, session)
        for start, interface, time, options in capture.statistics:
            session = capture.interfaces[interface][1]
            state = self.sessions.get(session)
            checkpoint = state.checkpoints.get(time) if state else None
            if checkpoint is None or options != statistics(state.opening, checkpoint):
                self.found("FILE_CHANGED", f"byte {start}: statistics that are not those of a checkpoint", cursor.name, session)

    def check_names(self, capture, expected, name):
        """Blocks of names stand where their checkpoints do, and say what those say."""
        if capture.trouble or [tuple(told) for _, *told in capture.names] == expected:
            return
        differ = [told for told, said in zip(capture.names, expected) if tuple(told[1:]) != said]
        start = (differ or capture.names[len(expected) :] or [(len(capture.data),)])[0][0]
        self.found("FILE_CHANGED", f"byte {start}: names of addresses that are not as the checkpoints say", name)

    # What can be said only at the end.

    def check_ends(self):
        for state in self.sessions.values():
            adrift = sum(not checkpoint["clock"]["synchronised"] for checkpoint in state.checkpoints.values())
            if adrift:
                text = f"session {state.id}: nothing kept its node's clock to UTC at {adrift} of {len(state.checkpoints)} checkpoints"
                self.note(text)
            if not state.ended:
                after = f"after record {state.since - 1}" if state.last else "at all"
                text = f"session {state.id} was cut off: nothing vouches for its packets {after}, and how much is missing is unknown"
                self.note(text)
            elif state.leaves:
                text = "records after the last checkpoint of their session"
                self.found("CHAIN_BROKEN", text, None, state.id, state.since)
            if state.last and state.opening["headersOnly"]:
                self.note(f"session {state.id} holds headers only: {state.last['cutByScopeBytes']} bytes were left out where it was captured")
            if state.last and state.opening["filter"] is not None:
                self.note(f"session {state.id}: {behind_filter(state.last)[0]} packets did not pass its filter, and none of them was kept")
            delivered = state.last["delivered"] if state.last else 0
            if state.next < delivered:
                self.found("SEQUENCE", f"packets {state.next} to {delivered - 1} are missing at its end", None, state.id, state.since - 1)
            elif state.ended and state.next > delivered:
                self.found("SEQUENCE", f"packets {delivered} to {state.next - 1} are more than were delivered", None, state.id, state.since - 1)

    def check_totals(self, before):
        if not self.seal:
            return
        sessions = {session: state.numbers() for session, state in self.sessions.items()}
        told = {said["session"]: said for said in self.seal["sessions"]}
        if len(told) != len(self.seal["sessions"]) or told.keys() != sessions.keys():
            self.found("ACCOUNT_WRONG", "the seal's sessions are not those of the files", "seal.json")
        for session, numbers in sessions.items():
            said = dict(told.get(session, numbers))
            for name in ("openedAt", "endedAt"):
                if isinstance(said[name], str):
                    said[name] = nanoseconds(said[name])
            for name in numbers:
                if said[name] != numbers[name]:
                    text = f"the seal says {name} {said[name]}, the files {numbers[name]}"
                    self.found("ACCOUNT_WRONG", text, "seal.json", session)
        totals = {
            "files": len(self.numbers),
            "sessions": len(sessions),
            "cutOff": sum(not state.ended for state in self.sessions.values()),
            **self.totals,
            **{name: sum(numbers[name] for numbers in sessions.values()) for name in SUMMED},
        }
        for name, number in totals.items():
            if self.seal["totals"][name] != number:
                text = f"the seal says {name} {self.seal['totals'][name]} in all, the files {number}"
                self.found("ACCOUNT_WRONG", text, "seal.json")
        log = self.seal["log"]
        if log["topic"] != f"lawtap.packets.{self.warrant}" or (before is not None and log["next"] != before[1]):
            self.found("ACCOUNT_WRONG", "the seal's end of the log is not that of the statements", "seal.json")
        self.note("{files} files, {records} records, {sessions} sessions, {packets} packets, {missing} missing".format(**totals))


@functools.lru_cache(maxsize=4096)
def seal_verifies(key, message, signature):
    """The checkpoints of a moment have one signature among them, which is checked once."""
    return ed25519_verifies(key, message, signature)


def statistics(opening, checkpoint):
    """The options of the statistics block that a checkpoint becomes."""

    def time(ns):
        return struct.pack("<II", ns >> 32 & 0xFFFFFFFF, ns & 0xFFFFFFFF)

    received = tapped(checkpoint["interfaceNow"]) - tapped(checkpoint["interfaceAtArm"])
    counts = {4: received, 6: checkpoint["kernelReceived"], 7: checkpoint["kernelDrop"], 8: checkpoint["delivered"]}
    times = {2: time(opening["openedAt"]), 3: time(checkpoint["at"])}
    return times | {code: struct.pack("<q", count) for code, count in counts.items()}


class Cursor:
    """Walks through a capture file's packets as the lines of its ledger account for them."""

    def __init__(self, check, name, capture):
        self.check, self.name, self.capture = check, name, capture
        self.place = 0
        self.count = len(capture.at) if capture is not None else 0
        self.places = None
        self.per_session = {}

    def blocks(self, line):
        """The places of the line's packets; None where the file could not be read that far."""
        session, first, after = line["s"], line["n"], line["n"] + line["c"]
        said = self.per_session.get(session, (0, first, first))
        self.per_session[session] = said[0] + line["c"], said[1], after - 1
        if self.capture is None or (self.place >= self.count and self.capture.trouble):
            return None
        if not self.belongs(session, first, after):
            self.find(session, first, after, line["o"])
        start = self.place
        while self.place - start < line["c"] and self.belongs(session, first, after):
            self.place += 1
        if self.place == self.count and self.capture.trouble and self.place - start < line["c"]:
            return None
        return range(start, self.place)

    def skip(self, line):
        if "c" in line:
            self.place = min(self.place + line["c"], self.count)

    def belongs(self, session, first, after):
        return (
            self.place < self.count
            and first <= self.capture.sequence[self.place] < after
            and self.capture.session(self.place) == session
        )

    def find(self, session, first, after, offset):
        """After a packet that no line accounts for, goes on where this line's packets are."""
        if self.places is None:
            self.places = {}
            for index in range(self.count):
                self.places.setdefault((self.capture.session(index), self.capture.sequence[index]), index)
        for sequence in range(first, after):
            place = self.places.get((session, sequence), -1)
            if place >= self.place:
                self.unaccounted(place, offset)
                return

    def unaccounted(self, place, offset=None):
        if place > self.place:
            text = f"byte {self.capture.at[self.place]}: {place - self.place} packets that no line of the ledger accounts for"
            self.check.found("FORM", text, self.name, None, offset)
        self.place = place

    def end(self):
        self.unaccounted(self.count)

    def filed(self):
        """(session, packets, first, last) of each session with packets, in the order of their descriptions."""
        order = [interface[1] for interface in self.capture.interfaces] if self.capture is not None else []
        return [(session, *self.per_session[session]) for session in dict.fromkeys(order) if session in self.per_session]


# --- 10 The command ------------------------------------------------------------------------------------------------------------------


def holds_evidence(directory):
    return any(path.name == "seal.json" or NUMBERED.fullmatch(path.name) for path in directory.iterdir() if path.is_file())


def warrants_in(directory, levels=LEVELS_DEEP):
    if holds_evidence(directory):
        return [directory]
    if levels == 0:
        return []
    below = (path for path in sorted(directory.iterdir()) if path.is_dir() and not path.is_symlink())
    return [found for path in below for found in warrants_in(path, levels - 1)]


def keys_near(directory):
    for place in [directory, *list(directory.parents)[:LEVELS_UP]]:
        if (place / "keys" / "trust.json").is_file():
            return place / "keys"
    raise Bad(f"no directory named keys was found in, beside or above {directory}; name one with --keys")


def verify(directory, keys):
    """The verdicts of all warrants in a directory, as a value of JSON."""
    warrants = [Check(found, keys).run() for found in warrants_in(directory)]
    require(warrants, f"no evidence was found in {directory}")
    return {"verdict": "OK" if all(one["verdict"] == "OK" for one in warrants) else "FAILED", "warrants": warrants}


def show(result):
    for warrant in result["warrants"]:
        print(f"warrant {warrant['warrant']}: {warrant['verdict']}")
        for finding in warrant["findings"]:
            records = [finding["firstRecord"], finding["lastRecord"]]
            if records[0] is None:
                where = ""
            else:
                where = f" record {records[0]}" if records[0] == records[1] else f" records {records[0]} to {records[1]}"
            session = f" session {finding['session']}" if finding["session"] else ""
            print(f"  {finding['code']} {finding['file'] or '-'}{session}{where}: {finding['text']}")
        for note in warrant["notes"]:
            print(f"  note: {note}")
    print(f"verdict: {result['verdict']}")


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="verify.py", description="Checks the evidence of one or more warrants.")
    parser.add_argument("directory", metavar="DIR", type=Path, help="a warrant's directory, or one that holds such")
    parser.add_argument("--keys", metavar="KEYS", type=Path, help="the public keys that the check rests on")
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")
    asked = parser.parse_args(arguments)
    try:
        directory = asked.directory.resolve()
        require(directory.is_dir(), f"{asked.directory} is no directory")
        result = verify(directory, Keys(asked.keys or keys_near(directory)))
    except (Bad, OSError) as e:
        print(f"verify.py: {e}", file=sys.stderr)
        return 2
    if asked.json:
        json.dump(result, sys.stdout, indent=2)
        print()
    else:
        show(result)
    return 0 if result["verdict"] == "OK" else 1


if __name__ == "__main__":
    sys.exit(main())
