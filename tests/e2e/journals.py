# SPDX-License-Identifier: Apache-2.0
"""Reads what a node hands to anybody, with nothing of ours: archives, entries,
signed notes, receipts (protobuf, C2SP signed-note and tlog-proof), and the
Merkle tree of RFC 6962 over them. Signatures are `heluo verify`'s affair.
"""

import base64
import hashlib
import struct
import zlib

ARCHIVE_MAGIC = b"heluo-archive/v1\n"
PROOF_MAGIC = "c2sp.org/tlog-proof@v1"


# --- The tree.


def leaf_hash(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """levels[k][i] is over the leaves from i * 2**k on, 2**k of them."""

    def __init__(self):
        self.levels = [[]]

    def __len__(self):
        return len(self.levels[0])

    def append(self, leaf):
        self.levels[0].append(leaf)
        level = 0
        while len(self.levels[level]) % 2 == 0:
            if level + 1 == len(self.levels):
                self.levels.append([])
            pair = self.levels[level][-2:]
            self.levels[level + 1].append(node_hash(*pair))
            level += 1

    def root(self, size):
        if size == 0:
            return hashlib.sha256(b"").digest()
        parts, start = [], 0
        for level in reversed(range(size.bit_length())):
            if size >> level & 1:
                parts.append(self.levels[level][start >> level])
                start += 1 << level
        root = parts.pop()
        while parts:
            root = node_hash(parts.pop(), root)
        return root


def root_of_inclusion(leaf, index, size, proof):
    """RFC 9162 section 2.1.3.2; None: the proof has another length."""
    node, last, root = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return None
        if node & 1 or node == last:
            root = node_hash(sibling, root)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        node, last = node >> 1, last >> 1
    return root if last == 0 else None


# --- Entries.


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def fields(data):
    """Number and value of each; of groups and fixed widths we have none."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        value, at = varint(data, at)
        if tag & 7 == 2:
            value, at = data[at : at + value], at + value
        elif tag & 7 != 0:
            raise ValueError(f"wire type {tag & 7}")
        yield tag >> 3, value


class Entry:
    def __init__(self, raw):
        of = dict(fields(raw))  # the repeated one is of no interest here
        command = dict(fields(of[6])) if 6 in of else {}
        self.raw = raw
        self.leaf = leaf_hash(raw)
        self.origin = of.get(1, b"").decode()
        self.index = of.get(2, 0)
        self.recorded_at_ms = of.get(3, 0)
        # An id is the caller's who made it.
        self.command = (
            (command.get(1, b""), command.get(2, b"")) if command else None
        )


# --- Notes and receipts.


class Checkpoint:
    """Of a signed note: its size and root, and whose lines are under it."""

    def __init__(self, note):
        text, lines = note.rsplit("\n\n", 1)
        self.note = note
        self.origin, size, root = text.split("\n")[:3]
        self.size = int(size)
        self.root = base64.b64decode(root, validate=True)
        self.signers = {line.split(" ")[1] for line in lines.splitlines()}

    def sealed_by(self, quorum):
        """Whether so many others are under it; whether they are the right
        ones, `heluo verify` says."""
        mirrors = {name for name in self.signers if name.endswith("/mirror")}
        return len(mirrors - {self.origin + "/mirror"}) >= quorum


class Receipt:
    def __init__(self, text):
        head, note = text.split("\n\n", 1)
        lines = head.split("\n")
        if lines[0] != PROOF_MAGIC:
            raise ValueError(lines[0])
        of = dict(line.split(" ", 1) for line in lines[1:] if " " in line)
        proof = [line for line in lines[1:] if " " not in line]
        self.text = text
        self.entry = Entry(base64.b64decode(of["extra"], validate=True))
        self.index = int(of["index"])
        self.proof = [base64.b64decode(line, validate=True) for line in proof]
        self.checkpoint = Checkpoint(note)

    def root(self):
        return root_of_inclusion(
            self.entry.leaf, self.index, self.checkpoint.size, self.proof
        )


# --- Archives.


def frames(path):
    with open(path, "rb") as file:
        data = file.read()
    if not data.startswith(ARCHIVE_MAGIC):
        raise ValueError(f"{path} is no archive")
    at = len(ARCHIVE_MAGIC)
    while True:
        (size,) = struct.unpack_from(">I", data, at)
        at += 4
        if size == 0:
            return
        yield data[at : at + size]
        at += size


def unbundle(bundle):
    at = 0
    while at < len(bundle):
        (size,) = struct.unpack_from(">H", bundle, at)
        yield bundle[at + 2 : at + 2 + size]
        at += 2 + size


HAVE, SEGMENT = 2, 5  # of SyncMessage


def read_archive(path):
    """Runs of entries as (origin, first, [bytes]), and the notes beside
    them."""
    runs, notes = [], []
    for frame in frames(path):
        for kind, message in fields(frame):
            of = dict(fields(message)) if kind in (HAVE, SEGMENT) else {}
            if kind == SEGMENT:
                bundle = of[4]
                if of.get(5, 0) != 0:
                    bundle = zlib.decompress(bundle, wbits=-15)
                runs.append(
                    (of[1].decode(), of.get(2, 0), list(unbundle(bundle)))
                )
                notes.append(of[6].decode())
            elif kind == HAVE:
                notes += [of[i].decode() for i in (2, 3, 4) if i in of]
    return runs, notes
