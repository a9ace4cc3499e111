# SPDX-License-Identifier: Apache-2.0
"""Looks at the journals of nodes from outside, by `heluo journal list`.

  bad_days.py SEEN [--same] NODE...

SEEN is a file of what was seen before. Of each node that answers: no journal is
shorter than it was there, nor sealed to less; no two nodes have computed
otherwise, or have another digest, at one size, ever. --same: and all have the
same now, sealed to the end.
"""

import json
import os
import subprocess
import sys

arguments = sys.argv[1:]
seen_file, arguments = arguments[0], arguments[1:]
same = arguments[0] == "--same"
nodes = arguments[1:] if same else arguments
checks = 0


def must(holds, text):
    global checks
    checks += 1
    if not holds:
        sys.exit(text)


def journals(node):
    done = subprocess.run(
        [os.environ["HELUO"], "journal", "list", "--json", "--timeout", "5",
         "--socket", f"{node}/heluo.sock"], capture_output=True, text=True)
    if done.returncode != 0:
        must(not same, f"{node} does not answer: {done.stderr}")
        return []
    return json.loads(done.stdout)["journals"]


seen = {"size": {}, "sealed_size": {}, "digest": {}}
if os.path.exists(seen_file):
    with open(seen_file, encoding="utf-8") as file:
        seen = json.load(file)
now = {node: journals(node) for node in nodes}
for node, rows in now.items():
    for row in rows:
        at = f"{node} {row['origin']}"
        for what in ("size", "sealed_size"):
            before = seen[what].get(at, 0)
            value = int(row[what])
            must(value >= before,
                 f"{at}: {what} was {before} and is {value}")
            seen[what][at] = value
        if row.get("digest"):
            key = f"{row['origin']} {row['digest_size']}"
            before = seen["digest"].setdefault(key, row["digest"])
            must(before == row["digest"],
                 f"{at}: digest {row['digest']} at {row['digest_size']}, "
                 f"elsewhere {before}")
if same:
    for node, rows in now.items():
        for row in rows:
            must(row["size"] == row["sealed_size"] or int(row["size"]) == 0,
                 f"{row['origin']} at {node} is sealed to {row['sealed_size']} of "
                 f"{row['size']}")
            others = {other["size"] for theirs in now.values()
                      for other in theirs
                      if other["origin"] == row["origin"]}
            must(len(others) == 1, f"{row['origin']}: {others}")
with open(seen_file, "w", encoding="utf-8") as file:
    json.dump(seen, file)
print("checks", checks)
