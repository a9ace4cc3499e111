#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""compare.py EXPORTER PROTO ROUNDS: federations at random, of which the node
and recompute.py say the same. Seeds are counted from HELUO_SEED (1)."""

import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import recompute

# What a few dozen federations have all of.
EXPECTED = ("final", "aborted", "wrong", "stopped", "overdue", "repaid",
            "spent")
EXPECTED_FROM = 20  # rounds


def generate(proto, folder):
    files = map(str, pathlib.Path(proto, "heluo/v1").glob("*.proto"))
    subprocess.run(["protoc", "-I", proto, f"--python_out={folder}", *files],
                   check=True)
    sys.path.insert(0, folder)


def differences(lines, verdicts):
    """What one says and the other does not."""
    if len(lines) != len(verdicts):
        yield f"{len(lines)} proposals here, {len(verdicts)} there"
    for line, verdict in zip(lines, verdicts):
        field = line["differs"][0] if line["differs"] else ""
        ours = {"proposer": line["proposer"], "index": line["index"],
                "outcome": line["outcome"], "field": field,
                "stands": line["stands"]}
        if ours != verdict:
            yield f"{line}, and by the node {verdict}"


def compare(exporter, seed, seen):
    """What is wrong with that federation."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([exporter, str(seed), folder], check=True)
        path = pathlib.Path(folder)
        world = recompute.journals.read(
            [*path.glob("*.bundle"), path / "charter"])
        verdicts = [json.loads(line)
                    for line in (path / "verdicts").read_text().splitlines()]
    lines, wrong, doubts = recompute.judge_all(world)
    for line in lines:
        seen.update([line["stands"], *line["differs"], *line["counts"]])
        seen["wrong"] += line["differs"] != []
    seen["left out"] += len(doubts)
    return [*wrong, *differences(lines, verdicts)]


def main():
    exporter, proto, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    first = int(os.environ.get("HELUO_SEED", "1"))
    print(f"compare.py: {rounds} seeds from {first} on")
    with tempfile.TemporaryDirectory() as folder:
        generate(proto, folder)
        recompute.load()
        seen = collections.Counter()
        for seed in range(first, first + rounds):
            found = compare(exporter, seed, seen)
            if found:
                print(*found, sep="\n")
                sys.exit(f"seed {seed} failed; again with HELUO_SEED={seed} "
                         "scripts/soak clearing 1")
    print("all the same:",
          *(f"{count} {what}," for what, count in seen.items()))
    for what in EXPECTED:
        if rounds >= EXPECTED_FROM and not seen[what]:
            sys.exit(f"nothing was {what} in any of them")


if __name__ == "__main__":
    main()
