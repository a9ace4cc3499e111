#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""recompute.py PB FILE...: counts every clearing cycle again, from journals.

The files are archives, as `heluo journal export` writes them, or bundles
(protocol/README.md, section 3) with a file `charter`; PB is the folder of what
protoc made for python. Says of each proposal, in a line of JSON, whether it is
right, and in what it is not, and how it stands; then what is doubtful. Ends
with 1 where a final cycle is wrong, or two of them have one obligation.

Written from the design, not from the node: tests/clearing/ shares no code with
what it judges. Signatures are left to `heluo journal audit`."""

import importlib
import json
import pathlib
import sys


counting = half = journals = None


def load():
    """The modules that need what protoc made, once that is found."""
    global counting, half, journals
    counting, half, journals = (importlib.import_module(name)
                                for name in ("count", "half", "journals"))


def judge(world, halves, proposer, proposal):
    """The line of a proposal, and what it counts."""
    line = {"proposer": proposer, "index": proposal.index, "differs": [],
            "counts": [],
            "stands": counting.standing_of(world, halves, proposer, proposal)}
    try:
        count = counting.Count(world, halves, proposal.body)
    except counting.Unable as why:
        return {**line, "outcome": str(why)}, []
    ours, theirs = count.result(), counting.theirs(proposal.body)
    line["differs"] = [name for name in counting.FIELDS
                       if ours[name] != theirs[name]]
    return {**line, "outcome": counting.DONE, "counts": count.kinds(),
            "count": ours["count"],
            "gross_fen": ours["gross_fen"]}, list(count.identities())


def beyond_seals(world, proposal):
    """Whose journals a cut goes further into than keepers sealed."""
    return [place.node for place in proposal.body.places
            if place.size > world.sealed_size(place.node)]


def judge_all(world):
    """All lines, what is wrong, and what is doubtful."""
    halves = {node: half.Half(journal)
              for node, journal in sorted(world.journals.items())}
    lines, wrong, cleared = [], [], {}
    for proposer, by in halves.items():
        for _, proposal in sorted(by.proposals.items()):
            line, counted = judge(world, halves, proposer, proposal)
            lines.append(line)
            name = f"{proposer}/{proposal.index}"
            if line["stands"] != "final":
                continue
            if line["outcome"] != counting.DONE or line["differs"]:
                wrong.append(f"{name} is final, and is not right: {line}")
            for node in beyond_seals(world, proposal):
                wrong.append(f"{name} is final, and cuts {node} beyond its seal")
            for claim in counted:
                former = cleared.setdefault(claim, name)
                if former != name:
                    wrong.append(f"{claim} is in {former} and in {name}")
    doubts = [doubt for by in halves.values() for doubt in by.doubts]
    return lines, wrong, doubts


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__.splitlines()[0])
    sys.path.insert(0, sys.argv[1])
    load()
    world = journals.read([pathlib.Path(path) for path in sys.argv[2:]])
    lines, wrong, doubts = judge_all(world)
    for line in lines:
        print(json.dumps(line))
    for doubt in doubts:
        print(f"left out, and in doubt: {doubt}", file=sys.stderr)
    for text in wrong:
        print(f"wrong: {text}", file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
