# SPDX-License-Identifier: Apache-2.0
"""Runs scripts/generate and reads what it wrote, by other code than its own."""

import csv
import os
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODES = ROOT / "node" / "catalogue" / "data"


def folder():
    return Path(tempfile.mkdtemp(dir=os.environ.get("TMPDIR")))


def generate(*options, **environment):
    """The folder that it wrote, and what it printed."""
    out = folder()
    done = subprocess.run(
        [
            "/usr/bin/python3",
            ROOT / "scripts" / "generate",
            *options,
            "--out",
            out,
        ],
        env={**os.environ, **environment},
        capture_output=True,
        check=True,
        text=True,
    )
    return out, done.stdout


def table(path, encoding="utf-8", errors="strict", **how):
    with open(path, encoding=encoding, errors=errors, newline="") as file:
        return list(csv.DictReader(file, **how))


def codes(name, delimiter="\t"):
    return table(CODES / name, delimiter=delimiter)
