# SPDX-License-Identifier: Apache-2.0
"""The rules that outside.py checks, over what was read and what was seen."""

import json
import os
import subprocess
import tempfile

from journals import Checkpoint, Entry, Receipt, Tree

CHARTER = "v1.charter"
QUORUM = int(os.environ.get("QUORUM", "2"))


class Broken(Exception):
    """A rule is."""


class Silent(Exception):
    """A node does not answer, or not now."""


checks = 0  # so far


def must(holds, text):
    global checks
    checks += 1
    if not holds:
        raise Broken(text)


# --- What nodes say.


def heluo(*arguments):
    done = subprocess.run(
        [os.environ["HELUO"], *arguments], capture_output=True, text=True
    )
    if done.returncode != 0:
        raise Silent(f"heluo {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def ask(node, *arguments):
    socket = f"{node}/heluo.sock"
    return heluo("journal", *arguments, "--timeout", "5", "--socket", socket)


def verify(kind, text, checkpoint):
    """By the charter, and that who is under it by name is it by key."""
    with tempfile.NamedTemporaryFile("w", suffix=kind) as file:
        file.write(text)
        file.flush()
        try:
            said = heluo("verify", "--charter", CHARTER, "--json", file.name)
        except Silent as why:
            raise Broken(f"does not verify: {why}") from why
    must(
        json.loads(said)["sealed"] == checkpoint.sealed_by(QUORUM),
        f"as to its seal, {said} of {text}",
    )


# --- A journal, entry by entry.


class Journal:
    def __init__(self, origin):
        self.origin, self.tree, self.at_ms = origin, Tree(), 0
        self.entries, self.commands = [], set()

    def append(self, raw):
        entry, index = Entry(raw), len(self.entries)
        where = f"entry {index} of {self.origin}"
        must(
            (entry.origin, entry.index) == (self.origin, index),
            f"{where} says it is {entry.index} of {entry.origin}",
        )
        must(
            entry.recorded_at_ms >= self.at_ms,
            f"{where} was recorded at {entry.recorded_at_ms}, and the one "
            f"before at {self.at_ms}",
        )
        if entry.command is not None:
            must(entry.command not in self.commands, f"{where}: command twice")
            self.commands.add(entry.command)
        self.at_ms = entry.recorded_at_ms
        self.tree.append(entry.leaf)
        self.entries.append(entry)

    def check_checkpoint(self, checkpoint):
        must(
            self.tree.root(checkpoint.size) == checkpoint.root,
            f"the checkpoint at {checkpoint.size} of {self.origin} is not over "
            "these entries",
        )

    def check_record(self, record):
        command, index, leaf = record
        entry = self.entries[index] if index < len(self.entries) else None
        must(
            entry is not None
            and entry.leaf == leaf
            and entry.command[0] == command,
            f"acknowledged, and not there: {command.hex()} at {index} of "
            f"{self.origin}",
        )


def take_runs(journals, runs):
    for origin, first, entries in runs:
        journal = journals.setdefault(origin, Journal(origin))
        must(
            first <= len(journal.entries),
            f"{origin}: entries from {first}, after {len(journal.entries)}",
        )
        for raw in entries[len(journal.entries) - first :]:
            journal.append(raw)


# --- What was seen.


class Seen:
    """What nodes said and published; all lines of it are kept in a file."""

    def __init__(self, path):
        self.roots = {}  # (origin, size): checkpoint
        self.receipts = []
        self.sizes, self.digests = {}, {}
        self.path = path
        self.file = None
        if path is not None and os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                for line in file:
                    self.take(*json.loads(line))

    def take(self, kind, node, what):
        """False: known already."""
        if kind == "row":
            return self.take_row(node, what)
        if kind == "note":
            return self.take_checkpoint(node, Checkpoint(what))
        receipt = Receipt(what)
        self.receipts.append(receipt)
        return self.take_checkpoint(node, receipt.checkpoint) or True

    def note(self, kind, node, what):
        if not self.take(kind, node, what):
            return
        if kind == "note":
            verify(".note", what, Checkpoint(what))
        elif kind == "receipt":
            verify(".tlog-proof", what, Receipt(what).checkpoint)
        if self.file is None:
            self.file = open(self.path, "a", encoding="utf-8")
        self.file.write(json.dumps([kind, node, what]) + "\n")
        self.file.flush()

    def take_row(self, node, row):
        at, changed = f"{row['origin']} at {node}", False
        for what in ("size", "sealed_size"):
            before = self.sizes.get((node, row["origin"], what), 0)
            must(
                row[what] >= before,
                f"{at}: {what} was {before} and is {row[what]}",
            )
            changed = changed or row[what] > before
            self.sizes[node, row["origin"], what] = row[what]
        digest = row["digest"]
        if digest:
            key = row["origin"], row["digest_size"]
            before = self.digests.setdefault(key, digest)
            must(
                before == digest,
                f"{at}: digest {digest} at {key[1]}, elsewhere {before}",
            )
        return changed

    def take_checkpoint(self, node, checkpoint):
        key = checkpoint.origin, checkpoint.size
        before = self.roots.get(key)
        must(
            before is None or before.root == checkpoint.root,
            f"two checkpoints of {key[0]} at {key[1]}, the second at {node}",
        )
        # Its lines change; those that seal it are new to us once.
        if before is None or (
            checkpoint.sealed_by(QUORUM) and not before.sealed_by(QUORUM)
        ):
            self.roots[key] = checkpoint
            return True
        return False

    def sealed_size(self, origin):
        return max(
            [
                checkpoint.size
                for (of, _), checkpoint in self.roots.items()
                if of == origin and checkpoint.sealed_by(QUORUM)
            ],
            default=0,
        )


# --- All together.


def check_receipt(receipt):
    must(
        receipt.root() == receipt.checkpoint.root,
        f"the receipt of {receipt.index} of {receipt.checkpoint.origin} proves "
        "nothing",
    )


def check_all(seen, copies, records):
    """copies: node, origin: [raw entry]. records: origin: [record]."""
    first = {}
    for node, copy in copies.items():
        for origin, entries in copy.items():
            known = first.get(origin)
            if known is None:
                known = first[origin] = Journal(origin)
                for raw in entries:
                    known.append(raw)
            must(
                [entry.raw for entry in known.entries] == entries,
                f"{origin} is another one at {node}",
            )
        must(copy.keys() == first.keys(), f"{node} lacks a journal")
    for (origin, size), checkpoint in seen.roots.items():
        must(
            origin in first and size <= len(first[origin].entries),
            f"{origin} had {size} entries, and has fewer",
        )
        first[origin].check_checkpoint(checkpoint)
    for receipt in seen.receipts:
        origin = receipt.checkpoint.origin
        check_receipt(receipt)
        must(
            first[origin].entries[receipt.index].raw == receipt.entry.raw,
            f"{origin} had another entry {receipt.index}",
        )
    for origin, of in records.items():
        for record in of:
            first[origin].check_record(record)
        must(
            len({record[0] for record in of}) == len(of),
            f"{origin}: a command was acknowledged at two places",
        )
    for origin, journal in first.items():
        sealed = max(
            of
            for (_, o, what), of in list(seen.sizes.items())
            + [((None, origin, "sealed_size"), 0)]
            if (o, what) == (origin, "sealed_size")
        )
        must(
            sealed <= seen.sealed_size(origin) <= len(journal.entries),
            f"{origin}: said to be sealed to {sealed}, by what is published to "
            f"{seen.sealed_size(origin)}",
        )
