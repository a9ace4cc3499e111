#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""compare.py PROTO ROUNDS EXPECTED COMMAND...: federations at random, of which
the node and recompute.py say the same. The command writes one of them into
FOLDER, from SEED, words that stand in it; seeds are counted from HELUO_SEED
(1). EXPECTED, words with commas between: what a few dozen have all of; or, behind
"no ", none."""

import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import recompute

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


def export(command, seed, folder):
    words = {"SEED": str(seed), "FOLDER": folder}
    done = subprocess.run([words.get(word, word) for word in command],
                          stdout=subprocess.PIPE, encoding="utf-8", check=False)
    if done.returncode:
        sys.exit(f"{done.stdout}\n{command} failed with seed {seed}")


def compare(command, seed, seen):
    """What is wrong with that federation."""
    with tempfile.TemporaryDirectory() as folder:
        export(command, seed, folder)
        path = pathlib.Path(folder)
        world = recompute.journals.read(
            [*path.glob("*.bundle"), path / "charter"])
        verdicts = [json.loads(line)
                    for line in (path / "verdicts").read_text().splitlines()]
    lines, wrong, doubts = recompute.judge_all(world)
    for line in lines:
        seen.update([line["stands"], *line["differs"], *line["counts"]])
        seen["wrong"] += line["differs"] != []
    seen["doubt"] += len(doubts)
    return [*wrong, *differences(lines, verdicts)]


def main():
    proto, rounds, expected, *command = sys.argv[1:]
    rounds = int(rounds)
    first = int(os.environ.get("HELUO_SEED", "1"))
    print(f"compare.py: {rounds} seeds from {first} on")
    with tempfile.TemporaryDirectory() as folder:
        generate(proto, folder)
        recompute.load()
        seen = collections.Counter()
        for seed in range(first, first + rounds):
            found = compare(command, seed, seen)
            if found:
                print(*found, sep="\n")
                sys.exit(f"seed {seed} failed")
    print("all the same:",
          *(f"{count} {what}," for what, count in seen.items()))
    for what in expected.split(","):
        if what.startswith("no "):
            if seen[what[3:]]:
                sys.exit(f"there is {seen[what[3:]]} {what[3:]}")
        elif rounds >= EXPECTED_FROM and not seen[what]:
            sys.exit(f"nothing was {what} in any of them")


if __name__ == "__main__":
    main()
