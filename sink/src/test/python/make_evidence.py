"""Writes the evidence of one warrant as docs/evidence.md describes it, for tests: OUT/evidence/WARRANT and OUT/keys.

    python3 make_evidence.py OUT [--change NAME] [--rsa] [--revoked] [--destroy]

With --change the log, a ledger, a capture file or the seal is changed in one way, and everything above it is signed anew: as somebody
could who has all keys but the nodes'. All signatures are made by openssl, so that nothing is checked here with what made it.
"""

import argparse
import atexit
import base64
import hashlib
import json
import shutil
import struct
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

WARRANT = "0b5a9a52-7a2e-4d0c-9a3e-111111111111"
A, B = "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"
T0 = 1_795_521_600 * 10**9
BEGIN, END = "2026-11-24T12:00:00Z", "2026-11-24T13:00:00Z"
TOPIC = f"lawtap.packets.{WARRANT}"
TOTALLED = (
    "packets missing delivered deliveredBytes kernelDrop userDrop outOfScopeDiscarded unseenByTap unseenByInterface "
    "truncated truncatedBytes cutByScopeBytes missedBeforeArm unaccounted"
).split()


def sha(data):
    return hashlib.sha256(data).digest()


def now():
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def leaf(value):
    return sha(b"\0" + value)


def tree(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else sha(b"")
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return sha(b"\1" + tree(leaves[:half]) + tree(leaves[half:]))


# Keys and signatures, all by openssl.


class Signer:
    def __init__(self, directory, name):
        self.directory, self.key = directory, directory / f"{name}.key"
        openssl("genpkey", "-algorithm", "ed25519", "-out", self.key)
        self.public = openssl("pkey", "-in", self.key, "-pubout")
        self.info = openssl("pkey", "-in", self.key, "-pubout", "-outform", "DER")
        self.id = sha(self.info)

    def sign(self, message):
        (self.directory / "message").write_bytes(message)
        return openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.key, "-in", self.directory / "message")


def openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True)
    if done.returncode:
        raise SystemExit(f"openssl {arguments}: {done.stderr.decode()}")
    return done.stdout


def certificate(directory, name, rsa, extensions=()):
    kind = ("rsa:2048",) if rsa else ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    added = [part for extension in extensions for part in ("-addext", extension)]
    paths = directory / f"{name}.key", directory / f"{name}.crt.pem"
    subject = ("-subj", f"/CN={name}", "-days", "3650", "-nodes", *added)
    openssl("req", "-x509", "-newkey", *kind, "-keyout", paths[0], "-out", paths[1], *subject)
    return paths


# Avro.


def number(value):
    value = value * 2 if value >= 0 else -value * 2 - 1
    out = b""
    while value >= 128:
        out, value = out + bytes([value % 128 + 128]), value // 128
    return out + bytes([value])


def text(value):
    value = value.encode() if isinstance(value, str) else value
    return number(len(value)) + value


def maybe(value):
    return b"\0" if value is None else b"\2" + (value if isinstance(value, bytes) else text(value))


def counters(received, sent):
    return b"".join(map(number, (received, sent, received * 100, sent * 100, 0, 0)))


def head(session):
    return b"\0\0\0\0\x0a" + text(session)


def opening(session, pod, node_key, previous=None, filter=None):
    fields = text(WARRANT) + number(1) + maybe(previous) + b"".join(map(text, ("c1", "shop", pod, f"uid-{pod}", "n1", f"veth-{pod}")))
    fields += number(7) + text("eth0") + text(b"\2\0\0\0\0\1") + number(4026531840)
    fields += b"".join(map(text, ("boot", "Linux 6.1", "ring"))) + number(1) + number(262144) + maybe(filter)
    fields += b"\0" + number(T0) + number(3) + text(node_key.info) + counters(3, 0)
    # A session of which the packets were encrypted on their way, and one of which they were not.
    fields += b"\2" + bytes(32) + text(bytes(44)) + text(bytes(48)) if previous is None else b"\0"
    return head(session) + b"\2" + fields + b"\0\0\0"


def addresses(session, checkpoint):
    """What a session's checkpoints say of its pod's network: an address at first, one more at last."""
    told = {0: [bytes([10, 0, 0, 1])], 2: [bytes.fromhex("fd00") + bytes(13) + b"\1"]}
    if session == B:
        told = {0: [bytes([10, 0, 0, 2]), bytes.fromhex("fd00") + bytes(13) + b"\2"]}
    return told.get(checkpoint, [])


def array(items):
    return (number(len(items)) + b"".join(map(text, items)) if items else b"") + b"\0"


def packets(session, batch):
    body = b"".join(b"".join(map(number, packet[:5])) + text(packet[5]) for packet in batch)
    return head(session) + b"\0" + number(len(batch)) + body + b"\0\0\0"


def packet(sequence, at=None, flags=1):
    data = bytes((sequence * 7 + i) % 256 for i in range(60 + sequence))
    return (sequence, T0 + sequence * 1000 if at is None else at, 1 + sequence % 2, flags, len(data) + sequence % 3, data)


# The log: what the worker wrote. A record is (kind, session, value, what it holds).


class Worker:
    def __init__(self, node, change):
        self.node, self.change, self.log, self.sessions, self.pending = node, change, [], {}, []

    def open(self, session, pod):
        value = opening(session, pod, self.node, filter="udp" if self.change == "filter" else None)
        self.sessions[session] = {"pod": pod, "leaves": [leaf(value)], "records": 1, "previous": None, "count": 0, "number": 0, "bytes": 0}
        self.log.append(["opened", session, value, pod])

    def capture(self, session, batch):
        state = self.sessions[session]
        value = packets(session, batch)
        state["leaves"].append(leaf(value))
        state["records"] += 1
        state["count"] += len(batch)
        state["bytes"] += sum(len(one[5]) for one in batch)
        self.log.append(["packets", session, value, batch])

    def checkpoint(self, at, ends=None, drop=0):
        """One for each session, sealed together."""
        covered = []
        for session, state in self.sessions.items():
            lie = 1 if self.change == "account" else 0
            counts = [state["number"], at, state["count"], state["bytes"], drop, 0, 2, 0, 0, 0, 0, 0, state["count"] + drop + 2]
            fields = b"".join(map(number, counts)) + counters(3, 0) + counters(3 + state["count"] + drop + 2 + lie, 0) + b"\1"
            named = addresses(session, state["number"])
            fields += maybe(ends) + text("tsc") + b"\1" + number(125_000) + array(named) + number(state["records"]) + tree(state["leaves"])
            fields += b"\0" if state["previous"] is None else b"\2" + state["previous"]
            told = dict(zip(NAMES, counts), end=ends, received=state["count"] + drop + 2 + lie, addresses=named)
            covered.append((session, head(session) + b"\0\0\2" + fields, told))
        leaves = [leaf(value) for _, value, _ in covered]
        signed = f"lawtap seal 1\n{len(leaves)}\n{tree(leaves).hex()}\n".encode()
        signature = self.node.sign(signed)
        for index, (session, value, told) in enumerate(covered):
            path = [leaves[1 - index]] if len(leaves) == 2 else []
            seal = b"\2" + self.node.id + b"".join(map(number, (len(value), len(leaves), index)))
            seal += (number(len(path)) + b"".join(path) if path else b"") + b"\0" + signature
            if self.change == "checkpoint-not-sealed":
                seal = b"\0"
            state = self.sessions[session]
            state.update(leaves=[], records=state["records"] + 1, previous=leaf(value + seal), number=state["number"] + 1)
            self.log.append(["checkpoint", session, value + seal, told])


NAMES = "number at delivered deliveredBytes kernelDrop userDrop outOfScopeDiscarded unseenByTap unseenByInterface truncated truncatedBytes cutByScopeBytes kernelReceived".split()


def the_log(node, change):
    worker = Worker(node, change)
    worker.open(A, "web-a")
    worker.open(B, "web-b")
    worker.capture(A, [packet(i) for i in range(3)])
    worker.capture(B, [packet(i, flags=4) for i in range(2)])
    worker.capture(A, [packet(3), packet(4, flags=3), packet(5, flags=10)])
    worker.checkpoint(T0 + 10**9)
    worker.log.append(["again", A, worker.log[2][2], None])
    worker.capture(A, [packet(6), packet(7)])
    worker.capture(B, [packet(2)])
    worker.checkpoint(T0 + 2 * 10**9, drop=4)
    worker.log.append(["refused", None, b"unreadable", "UNREADABLE"])
    worker.capture(A, [packet(8)])
    worker.capture(B, [packet(3, at=T0 + 3601 * 10**9 if change == "packet-after-the-end" else None)])
    worker.checkpoint(T0 + 3 * 10**9, ends="WARRANT_ENDED", drop=4)
    return worker.log


ROTATE_AT = 8  # the record with which the second file begins


def changed_log(log, change):
    if change == "record-removed":
        del log[4]
    elif change == "records-swapped":
        log[2], log[4] = log[4], log[2]
    elif change == "checkpoint-removed":
        del log[5]
    elif change == "packet-and-leaf":
        batch = [(*one[:5], b"x" + one[5][1:]) for one in log[2][3]]
        log[2] = ["packets", A, packets(A, batch), batch]
    elif change == "opening":
        log[0][2] = log[0][2].replace(b"web-a", b"web-x")
        log[0][3] = "web-x"
    elif change == "repeated-of-nothing":
        log[7] = ["again", A, b"never filed", None]
    elif change == "end-removed":
        del log[-2:]
    return log


# The capture file.


def block(kind, body):
    size = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + size + body + size


def option(code, value):
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def pair(ns):
    return struct.pack("<II", ns >> 32, ns & 0xFFFFFFFF)


def section():
    return block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + option(4, b"lawtap evidence format 3") + bytes(4))


def interface(session, pod, filter):
    described = f"shop/{pod} uid=uid-{pod} node=n1 session={session} warrant={WARRANT}"
    options = option(2, f"veth-{pod}".encode()) + option(3, described.encode()) + option(6, b"\2\0\0\0\0\1") + option(9, b"\x09")
    options += b"" if filter is None else option(11, b"\0" + filter.encode())
    return block(1, struct.pack("<HHI", 1, 0, 262144) + options + option(12, b"Linux 6.1") + bytes(4))


def names(pod, known):
    """Names of addresses; a block of them, or nothing."""
    body = b""
    for address in known:
        record = address + f"{pod}.shop".encode() + b"\0"
        body += struct.pack("<HH", 1 if len(address) == 4 else 2, len(record)) + record + bytes(-len(record) % 4)
    return block(4, body + bytes(4)) if known else b""


def enhanced(index, one, dropped):
    sequence, at, direction, flags, original, data = one
    shown = direction | (flags & 1) << 9 | (flags >> 2 & 1) << 10 | (flags >> 3 & 1) << 11
    options = option(2, struct.pack("<I", shown)) + (option(4, struct.pack("<Q", dropped)) if dropped else b"")
    body = struct.pack("<I", index) + pair(at) + struct.pack("<II", len(data), original) + data + bytes(-len(data) % 4)
    return block(6, body + options + option(5, struct.pack("<Q", sequence)) + bytes(4))


def statistics(index, told):
    options = option(2, pair(T0)) + option(3, pair(told["at"]))
    for code, count in ((4, told["received"]), (6, told["kernelReceived"]), (7, told["kernelDrop"]), (8, told["delivered"])):
        options += option(code, struct.pack("<Q", count))
    return block(5, struct.pack("<I", index) + pair(told["at"]) + options + bytes(4))


def line(**fields):
    return json.dumps(fields, separators=(",", ":")).encode() + b"\n"


class Sink:
    def __init__(self, directory, key, change):
        self.directory, self.key, self.change = directory, key, change
        self.number, self.previous, self.start = 0, None, 0
        self.pods, self.last, self.told_drop = {}, {}, {}
        self.next, self.names, self.filed, self.known = {}, [], {}, {}
        self.unaccounted = 1 if change == "account" else 0

    def begin(self, offset):
        self.number += 1
        self.start, self.order, self.here = offset, [], {}
        self.capture, self.ledger = section(), line(form="lawtap ledger 1", warrant=WARRANT, topic=TOPIC, number=self.number, **{"from": offset})
        for session in self.pods:
            if self.last.get(session, {}).get("end") is None:
                self.describe(session)

    def describe(self, session):
        self.order.append(session)
        self.capture += interface(session, self.pods[session], "udp" if self.change == "filter" else None) + names(self.pods[session], self.known.get(session, []))

    def accept(self, offset, kind, session, value, held):
        told, value64 = {"o": offset, "t": kind, "s": session}, base64.b64encode(value).decode()
        if kind == "refused":
            self.ledger += line(o=offset, t=kind, l=leaf(value).hex(), why=held)
        elif kind == "again":
            self.ledger += line(**told, l=leaf(value).hex())
        elif kind == "opened":
            self.pods[session] = held
            self.ledger += line(**told, v=value64)
            self.describe(session)
        elif kind == "checkpoint":
            self.last[session] = held
            self.ledger += line(**told, v=value64)
            self.capture += names(self.pods[session], held["addresses"])
            self.known[session] = self.known.get(session, []) + held["addresses"]
            if held["end"]:
                self.capture += statistics(self.order.index(session), held)
        else:
            named = [[one[0], one[0], one[3]] for one in held if one[3] & ~13 or len(one[5]) < one[4]]
            self.ledger += line(**told, n=held[0][0], c=len(held), l=leaf(value).hex(), **({"f": named} if named else {}))
            for one in held:
                if self.change == "packet-changed" and (session, one[0]) == (A, 1):
                    one = (*one[:5], one[5][:-1] + b"\xff")
                drop = self.last.get(session, {}).get("kernelDrop", 0)
                gap = max(0, one[0] - self.next.get(session, 0))
                self.next[session] = max(self.next.get(session, 0), one[0] + 1)
                dropped, self.told_drop[session] = gap + drop - self.told_drop.get(session, 0), drop
                if self.change == "block-removed" and (session, one[0]) == (A, 1):
                    continue
                self.capture += enhanced(self.order.index(session), one, dropped)
            before = self.here.get(session, (0, held[0][0], 0))
            self.here[session] = before[0] + len(held), before[1], held[-1][0]
            self.filed[session] = self.filed.get(session, 0) + len(held)

    def finish(self, offset, goes_on):
        for session in self.order if goes_on else ():
            if session in self.last and self.last[session]["end"] is None:
                self.capture += statistics(self.order.index(session), self.last[session])
        base = f"{WARRANT}-{self.number:06d}"
        files = [self.write(f"{base}.pcapng", self.capture), self.write(f"{base}.ledger", self.ledger)]
        here = [dict(zip(("session", "packets", "first", "last"), (s, *self.here[s]))) for s in self.order if s in self.here]
        statement = {"form": "lawtap statement 1", "warrant": WARRANT, "number": self.number, "files": files}
        statement |= {"log": {"topic": TOPIC, "from": self.start, "next": offset}, "sessions": here}
        statement |= {"previous": self.previous, "signer": self.key.id.hex()}
        data = json.dumps(statement, indent=1).encode() + b"\n"
        if self.change == "statement-not-chained":
            self.previous = "0" * 64
        else:
            self.previous = sha(data).hex()
        self.write(f"{base}.statement.json", data)
        self.write(f"{base}.statement.sig", self.key.sign(data))

    def write(self, name, data):
        (self.directory / name).write_bytes(data)
        told = {"name": name, "bytes": len(data), "sha256": sha(data).hex()}
        self.names.append(told)
        return told


def session_numbers(sink, session, node_of="n1"):
    last, pod = sink.last.get(session), sink.pods[session]
    told = {"session": session, "generation": 1, "pod": f"shop/{pod}", "podUid": f"uid-{pod}", "node": node_of}
    told |= {"interface": f"veth-{pod}", "podInterface": "eth0", "previousSession": None, "openedAt": BEGIN}
    ended = bool(last and last["end"])
    told |= {"endedAt": f"2026-11-24T12:00:{(last['at'] - T0) // 10**9:02d}Z" if ended else None}
    told |= {"endReason": last["end"] if ended else None}
    counted = {name: last[name] for name in TOTALLED if name in last}
    counted |= {"packets": sink.filed[session], "missing": max(0, last["delivered"] - sink.filed[session])}
    counted |= {"missedBeforeArm": 3, "unaccounted": sink.unaccounted}
    exact = {"interfaceExact": True, "unaccounted": counted.pop("unaccounted")}
    return told | {name: counted[name] for name in TOTALLED if name in counted} | exact


def order(approvers, names):
    warrant = {"version": 1, "id": WARRANT, "generation": 1, "authority": "Court of Sample", "caseReference": "7 Gs 12/26"}
    warrant |= {"target": {"cluster": "c1", "namespace": "shop", "labels": {"app": "web"}}, "notBefore": BEGIN, "notAfter": END}
    warrant |= {"scope": "CONTENT", "deliveryAgency": "State Police", "retentionDays": 30}
    return signed_order(approvers, names, warrant, "warrant", 5)


def signed_order(approvers, names, content, kind, offset):
    payload, kind = json.dumps(content, indent=2).encode(), b"application/vnd.lawtap.%s+json" % kind.encode()
    message = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    signed = [{"keyId": approvers[n].id.hex(), "signature": base64.b64encode(approvers[n].sign(message)).decode()} for n in names]
    return {"payloadType": kind.decode(), "payload": base64.b64encode(payload).decode(), "signatures": signed, "offset": offset}


def destroy(directory, sink, sink_key, approvers, change):
    """Removes the capture files on an order of 25 December: the warrant ended on 24 November and is kept for 30 days."""
    ordered = "2026-12-23T00:00:00Z" if change == "destruction-too-early" else "2026-12-25T00:00:00Z"
    content = {"version": 1, "id": WARRANT, "generation": 2, "order": "DESTRUCTION", "authority": "Court of Sample"}
    content |= {"orderedAt": ordered, "reason": "the time is over"}
    names = ["judge"] if change == "destruction-by-one" else ["judge", "prosecutor"]
    kind = "hold" if change == "destruction-by-hold" else "destruction"
    sealed = (directory / "seal.json").read_bytes()
    captures = [told for told in sink.names if told["name"].endswith(".pcapng")]
    proof = {"form": "lawtap destruction 1", "warrant": WARRANT, "at": "2026-12-25T00:00:01Z"}
    proof |= {"order": signed_order(approvers, names, content, kind, 9)}
    kept = "2026-12-01T13:00:00Z" if change == "destruction-kept-shorter" else "2026-12-24T13:00:00Z"
    proof |= {"why": {"end": END, "retentionDays": 30, "keptUntil": kept, "orderedAt": ordered, "held": change == "destruction-under-hold"}}
    proof |= {"encrypted": True, "deliveryKeys": [{"name": f"{WARRANT}.key.pem", "keyId": sha(b"key").hex()}]}
    proof |= {"files": captures[:1] if change == "destruction-of-less" else captures}
    proof |= {"seal": {"name": "seal.json", "bytes": len(sealed), "sha256": sha(sealed + b" " if change == "destruction-of-another-seal" else sealed).hex()}}
    proof |= {"log": {"topic": TOPIC}, "signer": sink_key.id.hex()}
    data = json.dumps(proof, indent=1).encode() + b"\n"
    (directory / "destruction.json").write_bytes(data)
    (directory / "destruction.sig").write_bytes(sink_key.sign(data + b" " if change == "destruction-not-signed" else data))
    for told in captures[1:] if change == "destruction-not-done" else captures:
        (directory / told["name"]).unlink()


TSA = """
[tsa]
serial = {0}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


def make(out, change, rsa, destroyed, revoked):
    private = Path(tempfile.mkdtemp(prefix="evidence-keys"))
    atexit.register(shutil.rmtree, private, ignore_errors=True)
    keys, directory = out / "keys", out / "evidence" / WARRANT
    (keys / "nodes").mkdir(parents=True)
    directory.mkdir(parents=True)
    node, sink_key = Signer(private, "node"), Signer(private, "sink")
    approvers = {name: Signer(private, name) for name in ("judge", "prosecutor")}
    trusted = [
        {
            "name": "judge" if change == "one-approver-twice" else name,
            "publicKey": base64.b64encode(one.info).decode(),
            "notBefore": "2026-01-01T00:00:00Z",
            "notAfter": "2027-01-01T00:00:00Z",
            "demo": False,
        }
        for name, one in approvers.items()
    ]
    (keys / "trust.json").write_text(json.dumps({"approvers": trusted}))
    (keys / "nodes" / "n1.pem").write_bytes((sink_key if change == "node-not-trusted" else node).public)
    (keys / "sink.pub.pem").write_bytes(sink_key.public)
    sink_certificate = certificate(private, "sink-certificate", False)
    (keys / "sink.crt.pem").write_bytes(sink_certificate[1].read_bytes())
    tsa = certificate(private, "tsa", rsa, ["extendedKeyUsage=critical,timeStamping", "keyUsage=critical,digitalSignature"])
    (keys / "tsa.crt.pem").write_bytes(tsa[1].read_bytes())

    sink = Sink(directory, sink_key, change)
    log = changed_log(the_log(node, change), change)
    offset = 0
    for offset, record in enumerate(log):
        if offset in (0, ROTATE_AT):
            if offset:
                sink.finish(offset, goes_on=True)
            sink.begin(offset)
        sink.accept(offset, *record)
    sink.finish(offset + 1, goes_on=False)
    sink.write("custody.jsonl", b'{"action":"WARRANT_ACCEPTED"}\n')
    sink.write("case.jsonld", b"{}\n")
    sums = "".join(f"{told['sha256']}  {told['name']}\n" for told in sink.names)
    sink.write("SHA256SUMS", sums.encode())

    sessions = [session_numbers(sink, session) for session in sink.pods]
    totals = {"files": sink.number, "records": len(log), "refused": 1 if change != "end-removed" else sum(r[0] == "refused" for r in log)}
    totals |= {"repeated": 1, "sessions": len(sessions), "cutOff": sum(s["endReason"] is None for s in sessions)}
    totals |= {name: sum(session[name] for session in sessions) for name in TOTALLED}
    if change == "seal-numbers":
        totals["packets"] += 1
    seal = {"form": "lawtap seal 1", "warrant": WARRANT, "sealedAt": now(), "end": {"at": END, "why": "NOT_AFTER"}}
    seal |= {"orders": [order(approvers, ["judge"] if change == "one-approver" else ["judge", "prosecutor"])]}
    if revoked:
        # Of the generation that it ends, as the command line writes it.
        content = {"version": 1, "id": WARRANT, "generation": 1, "authority": "Court of Sample", "revokedAt": END, "reason": "closed"}
        seal["end"]["why"] = "REVOKED"
        seal["orders"].append(signed_order(approvers, ["judge"], content, "revocation", 6))
    seal |= {"files": sink.names, "log": {"topic": TOPIC, "next": len(log)}, "totals": totals, "sessions": sessions}
    seal |= {"tools": {"sink": "test"}, "signer": sink_key.id.hex()}
    seal |= {"timestampAuthority": "http://tsa.example"}
    sealed = directory / "seal.json"
    sealed.write_bytes(json.dumps(seal, indent=1).encode() + b"\n")
    (directory / "seal.sig").write_bytes(sink_key.sign(sealed.read_bytes()))
    cms = ("cms", "-sign", "-binary", "-in", sealed, "-signer", sink_certificate[1], "-inkey", sink_certificate[0])
    openssl(*cms, "-outform", "DER", "-md", "sha256", "-nosmimecap", "-out", directory / "seal.p7s")
    (private / "tsa.cnf").write_text(TSA.format(private))
    openssl("ts", "-query", "-data", sealed, "-sha256", "-cert", "-out", private / "query")
    reply = ("ts", "-reply", "-config", private / "tsa.cnf", "-section", "tsa", "-queryfile", private / "query")
    openssl(*reply, "-inkey", tsa[0], "-signer", tsa[1], "-out", directory / "seal.tsr")
    if destroyed:
        destroy(directory, sink, sink_key, approvers, change)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--change")
    parser.add_argument("--rsa", action="store_true")
    parser.add_argument("--revoked", action="store_true")
    parser.add_argument("--destroy", action="store_true")
    asked = parser.parse_args()
    make(asked.out, asked.change, asked.rsa, asked.destroy, asked.revoked)
