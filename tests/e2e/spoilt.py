# SPDX-License-Identifier: Apache-2.0
"""Evidence that is spoilt, each time in another way, and what must be said of
it: that seen.py would find it.
"""

from journals import Checkpoint, Entry, Receipt, Tree
from seen import Broken, Seen, check_all, must


class Cut:
    """A short part of what was seen, to be spoilt."""

    def __init__(self, seen, copies, records):
        self.seen = Seen(None)
        self.origin = next(iter(records))
        smallest = min(
            size for origin, size in seen.roots if origin == self.origin
        )
        size = max(smallest, 64)
        self.copies = {
            node: {self.origin: copy[self.origin][:size]}
            for node, copy in copies.items()
        }
        self.records = {
            self.origin: [
                record for record in records[self.origin] if record[1] < size
            ]
        }
        for (origin, at), checkpoint in seen.roots.items():
            if origin == self.origin and at <= size:
                self.seen.roots[origin, at] = checkpoint
        self.seen.receipts = [
            receipt
            for receipt in seen.receipts
            if receipt.checkpoint.origin == self.origin
            and receipt.checkpoint.size <= size
        ]
        self.seen.sizes[None, self.origin, "sealed_size"] = (
            self.seen.sealed_size(self.origin)
        )

    def check(self):
        check_all(self.seen, self.copies, self.records)

    def at_each(self, change):
        for copy in self.copies.values():
            change(copy[self.origin])

    def checkpoint(self):
        return next(iter(self.seen.roots.values()))


def forge(note, size):
    """The same note, over something else."""
    lines = note.split("\n")
    lines[1:3] = [str(size), lines[2][::-1].lstrip("=") + "="]
    return Checkpoint("\n".join(lines))


def forged_checkpoint(cut):
    at = cut.checkpoint()
    cut.seen.roots[cut.origin, at.size] = forge(at.note, at.size)


def second_checkpoint(cut):
    at = cut.checkpoint()
    cut.seen.take_checkpoint("somebody", forge(at.note, at.size))


def checkpoint_of_more(cut):
    more = len(next(iter(cut.copies.values()))[cut.origin]) + 1
    cut.seen.take_checkpoint("somebody", forge(cut.checkpoint().note, more))


def dropped_entry(cut):
    cut.at_each(lambda entries: entries.pop(len(entries) // 2))


def dropped_at_one(cut):
    list(cut.copies.values())[-1][cut.origin].pop()


def dropped_at_the_end(cut):
    cut.at_each(lambda entries: entries.pop())


def lost_journal(cut):
    list(cut.copies.values())[-1].clear()


def changed_entry(cut):
    def change(entries):
        entries[5] = entries[5][:-1] + bytes([entries[5][-1] ^ 1])

    cut.at_each(change)


def tag(number, value):
    def number_bytes(value):
        out = b""
        while value > 127:
            out, value = out + bytes([value & 127 | 128]), value >> 7
        return out + bytes([value])

    return number_bytes(number << 3) + number_bytes(value)


def doubled_command(cut):
    """Entry 2 once more, at another place."""

    def change(entries):
        of, at = entries[2], tag(2, 2)
        place = of.index(at, 2 + len(cut.origin))
        entries.insert(3, of[:place] + tag(2, 3) + of[place + len(at) :])

    cut.at_each(change)


def clock_gone_back(cut):
    def change(entries):
        before = Entry(entries[5]).recorded_at_ms
        entries[5] = entries[5].replace(tag(3, before), tag(3, before >> 1), 1)

    cut.at_each(change)


def lost_write(cut):
    command, index, leaf = cut.records[cut.origin][-1]
    cut.records[cut.origin].append((command, index - 1, leaf))


def write_elsewhere(cut):
    command, index, leaf = cut.records[cut.origin][-1]
    cut.records[cut.origin].append((command, index, leaf))


def receipt_of_another(cut):
    """A true receipt, of an entry that no copy has there."""
    tree, entries = Tree(), list(cut.copies.values())[0][cut.origin][:1]
    tree.append(Entry(entries[0]).leaf)
    receipt = Receipt.__new__(Receipt)
    receipt.entry, receipt.index, receipt.proof = Entry(entries[0]), 1, []
    receipt.checkpoint = cut.checkpoint()
    cut.seen.receipts.append(receipt)


def shorter_seal(cut):
    row = {"origin": cut.origin, "size": 9, "digest": ""}
    cut.seen.take_row("somebody", {**row, "sealed_size": 8})
    cut.seen.take_row("somebody", {**row, "sealed_size": 7})


def seal_of_nobody(cut):
    cut.seen.sizes[None, cut.origin, "sealed_size"] = 1 << 40


def other_digest(cut):
    row = {"origin": cut.origin, "size": 9, "sealed_size": 8, "digest_size": 9}
    cut.seen.take_row("somebody", {**row, "digest": "aa"})
    cut.seen.take_row("nobody", {**row, "digest": "bb"})


SPOILT = {
    forged_checkpoint: "is not over these entries",
    second_checkpoint: "two checkpoints of",
    checkpoint_of_more: "and has fewer",
    dropped_entry: "says it is",
    dropped_at_one: "is another one at",
    dropped_at_the_end: "",  # by a checkpoint, or by an acknowledged write
    lost_journal: "lacks a journal",
    changed_entry: "is not over these entries",
    doubled_command: "command twice",
    clock_gone_back: "and the one before at",
    lost_write: "acknowledged, and not there",
    write_elsewhere: "acknowledged at two places",
    receipt_of_another: "proves nothing",
    shorter_seal: "sealed_size was 8 and is 7",
    seal_of_nobody: "said to be sealed to",
    other_digest: "digest bb at 9",
}


def spoil_all(seen, copies, records):
    Cut(seen, copies, records).check()
    for spoil, words in SPOILT.items():
        cut = Cut(seen, copies, records)
        try:
            spoil(cut)
            cut.check()
        except Broken as why:
            must(words in str(why), f"{spoil.__name__} was found as: {why}")
        else:
            raise Broken(f"{spoil.__name__} was not found")
    print(f"spoilt in {len(SPOILT)} ways, and found")
