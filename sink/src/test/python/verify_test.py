"""Tests of docs/verify.py in itself: python3 -B verify_test.py EVIDENCE, which make_evidence.py made."""

import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "docs"))
import verify

made = Path(sys.argv.pop(1))


class Ed25519(unittest.TestCase):
    # RFC 8032, 7.1: public key, message, signature.
    vectors = [
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ]

    def test_verifies_the_vectors(self):
        for vector in self.vectors:
            self.assertTrue(verify.ed25519_verifies(*map(bytes.fromhex, vector)))

    def test_refuses_every_changed_bit(self):
        key, message, signature = map(bytes.fromhex, self.vectors[2])
        for bit in range(len(signature) * 8):
            changed = bytearray(signature)
            changed[bit // 8] ^= 1 << bit % 8
            self.assertFalse(verify.ed25519_verifies(key, message, bytes(changed)), bit)
        self.assertFalse(verify.ed25519_verifies(key, message + b"\0", signature))

    def test_refuses_a_second_form_of_the_same_signature(self):
        key, message, signature = map(bytes.fromhex, self.vectors[1])
        larger = int.from_bytes(signature[32:], "little") + verify.ORDER
        self.assertFalse(verify.ed25519_verifies(key, message, signature[:32] + larger.to_bytes(32, "little")))

    def test_refuses_points_in_another_form(self):
        for number in (verify.P, verify.P + 1, 2**255 - 1, 1 | 1 << 255, (verify.P - 1) | 1 << 255):
            with self.assertRaises(verify.Bad):
                verify.point(number.to_bytes(32, "little"))


class Trees(unittest.TestCase):
    # Leaves and roots that implementations of RFC 6962 share.
    leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    roots = {
        0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    }

    def hashed(self, count):
        return [verify.leaf_of(bytes.fromhex(leaf)) for leaf in self.leaves[:count]]

    def test_roots(self):
        for count, root in self.roots.items():
            self.assertEqual(verify.tree_root(self.hashed(count)).hex(), root)

    def path(self, index, leaves):
        if len(leaves) == 1:
            return []
        split = 1 << ((len(leaves) - 1).bit_length() - 1)
        if index < split:
            return self.path(index, leaves[:split]) + [verify.tree_root(leaves[split:])]
        return self.path(index - split, leaves[split:]) + [verify.tree_root(leaves[:split])]

    def test_paths_lead_to_the_root(self):
        for count in range(1, 9):
            leaves = self.hashed(count)
            for index in range(count):
                path = self.path(index, leaves)
                self.assertEqual(verify.root_of_path(leaves[index], index, count, path), verify.tree_root(leaves))
                with self.assertRaises(verify.Bad):
                    verify.root_of_path(leaves[index], index, count, path + [bytes(32)])
                if path:
                    with self.assertRaises(verify.Bad):
                        verify.root_of_path(leaves[index], index, count, path[:-1])


class Numbers(unittest.TestCase):
    def test_are_read_as_they_were_written(self):
        for number in (0, -1, 1, 63, 64, -64, -65, 2**31, 2**63 - 1, -(2**63)):
            self.assertEqual(verify.Avro(bytes(verify.number_bytes(number))).long(), number)


class Headers(unittest.TestCase):
    LINK = bytes(12)
    TCP = bytes(12) + b"\x50" + bytes(7)

    def ipv4(self, protocol, fragment=0, total=0):
        return b"\x45\0" + total.to_bytes(2) + bytes(2) + fragment.to_bytes(2) + b"\x40" + bytes([protocol]) + bytes(10)

    def ipv6(self, protocol):
        return b"\x60" + bytes(5) + bytes([protocol]) + bytes(33)

    def test_end_where_content_begins(self):
        for expected, *parts in (
            (14, b"\x88\xb5"),
            (18, b"\x81\0\0\1\x88\xb5"),
            (42, b"\x08\x06\0\1\x08\0\6\4\0\1" + bytes(20)),
            (54, b"\x08\0", self.ipv4(6), self.TCP),
            (34, b"\x08\0", self.ipv4(6, total=20), self.TCP),
            (34, b"\x08\0", self.ipv4(6, fragment=1), self.TCP),
            (34, b"\x08\0", self.ipv4(4), self.ipv4(6), self.TCP),
            (42, b"\x08\0", self.ipv4(17), bytes(8)),
            (42, b"\x08\0", self.ipv4(1), b"\x08" + bytes(7)),
            (38, b"\x08\0", self.ipv4(1), b"\x0d" + bytes(3)),
            (70, b"\x86\xdd", self.ipv6(60), b"\x11" + bytes(7), bytes(8)),
        ):
            frame = self.LINK + b"".join(parts) + b"content" * 20
            self.assertEqual(verify.header_length(frame), expected, parts)
            self.assertEqual(verify.header_length(frame[:expected]), expected, parts)

    def test_are_whole_or_none(self):
        frame = self.LINK + b"\x08\0" + self.ipv4(6) + self.TCP
        for length in range(len(frame)):
            expected = 0 if length < 14 else 14 if length < 34 else 34
            self.assertEqual(verify.header_length(frame[:length]), expected, length)


class Changes(unittest.TestCase):
    """One bit of any file changed, or its end cut off: always found, and never by falling over."""

    STRIDE = 97

    def setUp(self):
        self.root = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root)
        source = next((made / "evidence").iterdir())
        self.directory = Path(shutil.copytree(source, self.root / source.name))
        self.keys = verify.Keys(made / "keys")

    def verdict(self):
        return verify.Check(self.directory, self.keys).run()["verdict"]

    def test_are_found(self):
        self.assertEqual(self.verdict(), "OK")
        for number, path in enumerate(sorted(self.directory.iterdir())):
            whole = path.read_bytes()
            # What a CMS structure carries beside the signature, as a certificate, is not used and may be anything.
            places = () if path.name in ("seal.p7s", "seal.tsr") else range(number, len(whole), self.STRIDE)
            for place in places:
                changed = bytearray(whole)
                changed[place] ^= 1 << place % 8
                path.write_bytes(changed)
                self.assertEqual(self.verdict(), "FAILED", (path.name, place))
            for length in (0, 1, len(whole) // 2, len(whole) - 1):
                path.write_bytes(whole[:length])
                self.assertEqual(self.verdict(), "FAILED", (path.name, length))
            path.unlink()
            self.assertEqual(self.verdict(), "FAILED", path.name)
            path.write_bytes(whole)
        self.assertEqual(self.verdict(), "OK")

    def test_of_certificates_never_fall_over(self):
        for name in ("seal.p7s", "seal.tsr"):
            path = self.directory / name
            whole = path.read_bytes()
            for place in range(0, len(whole), 13):
                changed = bytearray(whole)
                changed[place] ^= 1 << place % 8
                path.write_bytes(changed)
                self.assertIn(self.verdict(), ("OK", "FAILED"))
            path.write_bytes(whole)


if __name__ == "__main__":
    unittest.main()
