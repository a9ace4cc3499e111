# SPDX-License-Identifier: Apache-2.0
"""Journals as files have them: archives (protocol/README.md, section 12), or
bundles (section 3). What is signed is not verified here: `heluo journal audit`
does that. Hashes are."""

import base64
import hashlib
import struct
import zlib

from heluo.v1 import entry_pb2, sync_pb2

MAGIC = b"heluo-archive/v1\n"


class Damaged(Exception):
    """A file, or a journal, is not what it should be."""


def leaf_hash(raw):
    return hashlib.sha256(b"\0" + raw).digest()


class Journal:
    """One node's entries from the first on, each as its author's bytes."""

    def __init__(self, origin):
        self.origin = origin
        self.node = origin.rsplit("/", 1)[1]
        self.entries = []
        self.leaves = []
        self.trees = {}  # roots of whole subtrees, by first leaf and size

    def add(self, index, raw):
        """Once more is the same, or another history."""
        if index < len(self.entries):
            if self.leaves[index] != leaf_hash(raw):
                raise Damaged(f"{self.origin}: two entries {index}")
            return
        if index > len(self.entries):
            raise Damaged(f"{self.origin}: no entry {len(self.entries)}")
        entry = entry_pb2.Entry.FromString(raw)
        if entry.origin != self.origin or entry.index != index:
            raise Damaged(f"{self.origin}: entry {index} is another one")
        self.entries.append(entry)
        self.leaves.append(leaf_hash(raw))

    def root(self, size):
        """RFC 9162, section 2.1.1."""
        return self._tree(0, size) if size else hashlib.sha256(b"").digest()

    def _tree(self, first, size):
        if size == 1:
            return self.leaves[first]
        if (first, size) not in self.trees:
            left = 1 << (size - 1).bit_length() - 1
            self.trees[first, size] = hashlib.sha256(
                b"\1" + self._tree(first, left)
                + self._tree(first + left, size - left)).digest()
        return self.trees[first, size]


class Charter:
    """Who has keepers, and where roles and nodes ended, by a charter's text."""

    def __init__(self, text=""):
        self.version = 0
        self.kept = set()
        self.role_ends = {}
        self.ends = {}
        for line in text.splitlines():
            self._read(line.split(" "))

    def _read(self, words):
        if words[0] == "version":
            self.version = int(words[1])
        elif words[0] == "keepers":
            self.kept.add(words[1])
        elif words[0] == "role-ended" and words[2] == "clearing":
            self.role_ends[words[1]] = int(words[3])
        elif words[0] == "ended":
            self.ends[words[1]] = int(words[2])



def read_note(note):
    """Size and root of a checkpoint."""
    lines = note.decode().split("\n")
    return int(lines[1]), base64.b64decode(lines[2])


def unbundle(bundle):
    at = 0
    while at < len(bundle):
        size, = struct.unpack_from(">H", bundle, at)
        yield bundle[at + 2:at + 2 + size]
        at += 2 + size


class World:
    """All that files say."""

    def __init__(self):
        self.journals = {}  # by node
        self.charter = Charter()
        self.sealed = {}  # by node; none: as the charter has it

    def _journal(self, origin):
        journal = Journal(origin)
        return self.journals.setdefault(journal.node, journal)

    def sealed_size(self, node):
        """Of what is here: all of it, where nobody seals."""
        journal = self.journals.get(node)
        size = len(journal.entries) if journal else 0
        if node not in self.charter.kept or self.charter.ends.get(node) == size:
            return size
        return min(size, self.sealed.get(node, 0))

    # --- Bundles. ---

    def add_bundle(self, bundle):
        for raw in unbundle(bundle):
            entry = entry_pb2.Entry.FromString(raw)
            self._journal(entry.origin).add(entry.index, raw)

    def add_members(self, text):
        """Lines of a charter, and `sealed NODE SIZE`."""
        self.charter = Charter(text)
        for line in text.splitlines():
            if line.startswith("sealed "):
                _, node, size = line.split(" ")
                self.sealed[node] = int(size)

    # --- Archives. ---

    def add_archive(self, raw):
        for message in messages_of(raw):
            kind = message.WhichOneof("kind")
            if kind == "charter":
                self._add_charter(message.charter.raw)
            elif kind == "segment":
                self._add_segment(message.segment)
            elif kind == "have" and message.have.sealed:
                self._add_seal(message.have)

    def _add_charter(self, raw):
        charter = Charter(raw.decode().rsplit("\n\n", 1)[0])
        if charter.version >= self.charter.version:
            self.charter = charter

    def _add_segment(self, segment):
        bundle = segment.entries
        if segment.inflated_size:
            bundle = zlib.decompress(bundle, -15)
        journal = self._journal(segment.origin)
        index = segment.first
        for raw in unbundle(bundle):
            journal.add(index, raw)
            index += 1
        size, root = read_note(segment.checkpoint)
        if size == index and journal.root(size) != root:
            raise Damaged(f"{segment.origin}: its checkpoint has another root")

    def _add_seal(self, have):
        size, root = read_note(have.sealed)
        journal = self._journal(have.origin)
        if size <= len(journal.entries) and journal.root(size) != root:
            raise Damaged(f"{have.origin}: it is sealed with another root")
        self.sealed[journal.node] = max(size, self.sealed.get(journal.node, 0))


def messages_of(raw):
    if not raw.startswith(MAGIC):
        raise Damaged("no archive")
    at = len(MAGIC)
    while True:
        size, = struct.unpack_from(">I", raw, at)
        at += 4
        if size == 0:
            break
        yield sync_pb2.SyncMessage.FromString(raw[at:at + size])
        at += size
    if raw[at:] != hashlib.sha256(raw[:at]).digest():
        raise Damaged("the archive's sum is another")


def read(paths):
    world = World()
    for path in paths:
        raw = path.read_bytes()
        if path.suffix == ".bundle":
            world.add_bundle(raw)
        elif path.name == "charter":
            world.add_members(raw.decode())
        else:
            world.add_archive(raw)
    return world
