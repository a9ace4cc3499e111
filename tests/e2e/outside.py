# SPDX-License-Identifier: Apache-2.0
"""The journals of running nodes, held against what was ever seen of them.

  outside.py watch FOLDER NODE...   until SIGTERM
  outside.py same FOLDER NODE...    whether all hold the same, sealed to its end
  outside.py check FOLDER NODE...   when all hold the same

Each NODE is a folder with heluo.sock in it and, if somebody writes there, with
records: what was acknowledged, a line each (hammer.c). All is read by `heluo
journal` as anybody may; what it means is computed in journals.py, with nothing
of the nodes' code.

watch goes from node to node, writes into FOLDER/seen what they say and publish
(sizes, seals, digests, checkpoints, receipts of acknowledged writes), follows
the journals by archives, now of one node and now of another, and ends at once
where it sees a rule broken. check reads each journal anew from every node, and
holds all of it against all that watch saw. The rules are the simulator's
(tests/sim), as far as they show outside:

  - entries stand where their index says, in their own journal, and recorded_at
    does not go back;
  - of one journal and size there is one root, whoever says so and whenever, and
    it is the one that its entries hash to;
  - a receipt proves its entry, then and later;
  - what was acknowledged stands in its journal, once, in every copy;
  - no copy gets shorter, nor what of it is sealed, and what is sealed stands;
  - who has the same entries has computed the same.

check then spoils what it has (spoilt.py), and sees that it is found.
"""

import json
import os
import random
import signal
import sys
import tempfile
import time

import seen as rules
from journals import read_archive
from seen import (
    Broken,
    Seen,
    Silent,
    ask,
    check_all,
    check_receipt,
    must,
    take_runs,
    verify,
)
from spoilt import spoil_all

ALLIANCE = os.environ["ALLIANCE"]


# --- Asking.


def ask_archive(node, beyond):
    """{origin: size} is left out."""
    with tempfile.TemporaryDirectory() as folder:
        out, there = f"{folder}/archive", f"{folder}/beyond"
        rows = [{"origin": o, "size": size} for o, size in beyond.items()]
        with open(there, "w", encoding="utf-8") as file:
            json.dump({"journals": rows}, file)
        ask(node, "export", "--out", out, "--beyond", there)
        return read_archive(out)


def read_records(node):
    """What was acknowledged there: (command id, index, leaf)."""
    if not os.path.exists(f"{node}/records"):
        return []
    with open(f"{node}/records", encoding="utf-8") as file:
        whole = file.read().rpartition("\n")[0]  # the last one may be half
    split = (line.split(" ") for line in whole.splitlines())
    return [(bytes.fromhex(i), int(at), bytes.fromhex(h)) for i, at, h in split]


# --- Watching.


class Watch:
    def __init__(self, seen, nodes):
        self.seen, self.nodes = seen, nodes
        self.journals, self.checked = {}, set()

    def publishes(self, node):
        for row in json.loads(ask(node, "list", "--json"))["journals"]:
            self.seen.note("row", node, row)
            if row["newest_size"] > 0:
                note = ask(node, "checkpoint", "--origin", row["origin"])
                self.seen.note("note", node, note)

    def proves(self, node):
        """A write that somebody acknowledged lately, or long ago."""
        city = random.choice(self.nodes)
        records = read_records(city)
        if not records:
            return
        record = random.choice(records[random.choice((0, -200)) :])
        with tempfile.TemporaryDirectory() as folder:
            out = f"{folder}/receipt"
            origin = f"{ALLIANCE}/{city}"
            index = str(record[1])
            ask(node, "receipt", "--origin", origin, "--out", out, index)
            with open(out, encoding="utf-8") as file:
                self.seen.note("receipt", node, file.read())
        check_receipt(self.seen.receipts[-1])
        must(
            self.seen.receipts[-1].entry.leaf == record[2],
            f"{node} has another entry {record[1]} of {city} than acknowledged",
        )

    def follow(self, node):
        have = {o: len(j.entries) for o, j in self.journals.items()}
        runs, notes = ask_archive(node, have)
        take_runs(self.journals, runs)
        for note in notes:
            self.seen.note("note", node, note)
        for key, checkpoint in self.seen.roots.items():
            journal = self.journals.get(key[0])
            if (
                key not in self.checked
                and journal is not None
                and key[1] <= len(journal.entries)
            ):
                journal.check_checkpoint(checkpoint)
                self.checked.add(key)

    def run(self, stopped):
        while not stopped:
            for turn in (self.publishes, self.proves, self.follow):
                try:
                    turn(random.choice(self.nodes))
                except Silent:  # it is down, or has that entry not yet
                    pass
            time.sleep(0.2)  # nothing is waited for: not to eat the machine


def watch(folder, nodes):
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    random.seed(os.environ.get("HELUO_SEED", "1"))
    seen = Seen(f"{folder}/seen")
    now = Watch(seen, nodes)
    now.run(stopped)
    sizes = [len(journal.entries) for journal in now.journals.values()]
    print(
        f"watched: {len(seen.roots)} checkpoints, {len(now.checked)} of them "
        f"held against {sum(sizes)} entries meanwhile, "
        f"{len(seen.receipts)} receipts"
    )


# --- In the end.


def check_same(folder, nodes):
    seen = Seen(f"{folder}/seen")
    rows = {}
    for node in nodes:
        for row in json.loads(ask(node, "list", "--json"))["journals"]:
            seen.take_row(node, row)
            rows.setdefault(row["origin"], {})[node] = row
    for origin, of in rows.items():
        sizes = {node: (row["size"], row["root"]) for node, row in of.items()}
        must(len(set(sizes.values())) == 1, f"{origin}: {sizes}")
        for node, row in of.items():
            must(
                row["size"] == row["sealed_size"],
                f"{origin} at {node} is sealed to {row['sealed_size']} of "
                f"{row['size']}",
            )


def check(folder, nodes):
    watched = Seen(f"{folder}/seen")
    copies = {}
    for node in nodes:
        runs, notes = ask_archive(node, {})
        copies[node] = {}
        for origin, first, entries in runs:
            of = copies[node].setdefault(origin, [])
            must(first == len(of), f"{node}: {origin} from {first}")
            of += entries
        for note in notes:
            watched.note("note", node, note)
    records = {f"{ALLIANCE}/{node}": read_records(node) for node in nodes}
    records = {origin: of for origin, of in records.items() if of}
    check_all(watched, copies, records)
    for receipt in watched.receipts:
        verify(".tlog-proof", receipt.text, receipt.checkpoint)
    print(
        f"held against each other: {len(watched.roots)} checkpoints, "
        f"{len(watched.receipts)} receipts, "
        f"{sum(len(of) for of in records.values())} acknowledged writes, "
        f"{sum(len(of) for copy in copies.values() for of in copy.values())} "
        f"entries at {len(nodes)} nodes"
    )
    spoil_all(watched, copies, records)


def main():
    what = {"watch": watch, "same": check_same, "check": check}[sys.argv[1]]
    try:
        what(sys.argv[2], sys.argv[3:])
    except (Broken, Silent) as why:
        sys.exit(str(why))
    print("checks", rules.checks)


main()
