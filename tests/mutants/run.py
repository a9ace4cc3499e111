#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Breaks the node on purpose, in each of the ways of table.py, and expects the
suite to notice.

  tests/mutants/run.py [--build FOLDER] [--seeds N] [--all | --fast] [--wide]
                      [--list] [NAME ...]

Which: those of which the named check is no end-to-end test, unless named, or
--all is given; so the daemon need not be built. --fast: nor the simulator.

All ways are in one build, in a copy of the tree, where HELUO_MUTANT chooses
one: the sources stay as they are. A text of the table that stands in its file
no more is an error, so the table follows the code. First every check must pass
where nothing is broken; then each must fail where its mutant is at work.

  --build   where the copy stands and is built (build/mutants)
  --seeds   of the simulator, at most, for a mutant (240)
  --all     all of them
  --wide    not the named check alone: every unit test and story, and the
            simulator, and says which of them notice
  --list    the table, and ends

Ends with 1 where a mutant survives.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from table import MUTANTS  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIM_BATCH = 20
SIM_MINUTES = "5"
CHECK_SECONDS = 300


def die(text):
    print(f"mutants: {text}", file=sys.stderr)
    sys.exit(1)


def pairs(mutant):
    """(before, after), each to be changed in the file."""
    rest = mutant[3:5] + mutant[6:]
    return [(rest[i], rest[i + 1]) for i in range(0, len(rest), 2)]


def copy_tree(to):
    """What git has; files that are the same keep their time, so that only what
    changed is built again."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others",
                             "--exclude-standard"], cwd=ROOT,
                            check=True, capture_output=True).stdout
    texts = {name: (ROOT / name).read_bytes()
             for name in listed.decode().split("\0")
             if name and (ROOT / name).is_file()}
    for mutant in MUTANTS:
        name, _, file = mutant[:3]
        text = texts[file].decode()
        for before, after in pairs(mutant):
            if text.count(before) != 1:
                die(f"{name}: its text stands {text.count(before)} times in "
                    f"{file}, not once: {before.strip().splitlines()[0]}")
            text = text.replace(before, after)
        texts[file] = text.encode()
    for name, text in texts.items():
        path = to / name
        if path.is_file() and path.read_bytes() == text:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
        shutil.copymode(ROOT / name, path)


def is_end_to_end(mutant):
    return mutant[5].startswith("e2e_")


def build(source, target, programs):
    """Those programs; all, where there are none."""
    flags = f"-include {source}/tests/mutants/mutant.h"
    commands = [["cmake", "-S", source, "-B", target, "-G", "Ninja",
                 "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_C_COMPILER=gcc",
                 f"-DCMAKE_C_FLAGS={flags}"],
                ["cmake", "--build", target]
                + (["--target", *programs] if programs else [])]
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            die(f"does not build:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")


def broken(name, scratch):
    env = dict(os.environ, TMPDIR=scratch)
    env.pop("HELUO_MUTANT", None)
    if name:
        env["HELUO_MUTANT"] = name
    return env


def run(command, name, cwd=None):
    """None: it passed; else what it said last. What it left behind is
    removed: many end in the middle."""
    with tempfile.TemporaryDirectory(prefix="heluo-",
                                     ignore_cleanup_errors=True) as scratch:
        try:
            done = subprocess.run(command, env=broken(name, scratch), cwd=cwd,
                                  text=True, errors="replace",
                                  stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT,
                                  timeout=CHECK_SECONDS)
        except subprocess.TimeoutExpired:
            return f"did not end in {CHECK_SECONDS} s"
    if done.returncode == 0:
        return None
    said = [line.strip() for line in done.stdout.splitlines()
            if re.search(r"^seed |ssertion|error:|ERROR|not ok|violation", line)]
    return (said or [f"ended with {done.returncode}"])[0]


def simulate(target, name, seeds):
    """None: nothing was found; else what, and by which seed."""
    for first in range(1, seeds + 1, SIM_BATCH):
        found = run([target / "bin/sim", "--seed", str(first), "--seeds",
                     str(min(SIM_BATCH, seeds + 1 - first)), "--minutes",
                     SIM_MINUTES, "--quiet"], name)
        if found:
            return found
    return None


def check(target, name, what, seeds):
    if what == "sim":
        return simulate(target, name, seeds)
    program = target / "bin" / what
    if program.is_file():
        return run([program], name)
    return run(["ctest", "--test-dir", target, "-R", f"^{what}$",
                "--no-tests=error", "--output-on-failure"], name)


def unit_tests(target):
    return sorted(path.name for path in (target / "bin").glob("test_*"))


def try_one(target, mutant, arguments):
    """The line that is printed, and whether it was noticed."""
    name, promise, expected = mutant[0], mutant[1], mutant[5]
    began = time.monotonic()
    whats = [expected]
    if arguments.wide:
        whats += [what for what in unit_tests(target) + ["sim"]
                  if what != expected]
    found = [(what, check(target, name, what, arguments.seeds))
             for what in whats]
    by = [what for what, said in found if said]
    seconds = time.monotonic() - began
    if not by:
        return f"{name} (promise {promise}): SURVIVED {', '.join(whats)}", False
    said = next(said for _, said in found if said)
    return (f"{name} (promise {promise}): caught in {seconds:.0f} s by "
            f"{', '.join(by)}: {said[:120]}"), True


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--build", default=ROOT / "build/mutants")
    parser.add_argument("--seeds", type=int, default=240)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--wide", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - {mutant[0] for mutant in MUTANTS}
    if unknown:
        die(f"no such mutant: {', '.join(sorted(unknown))}; --list has them")
    chosen = [mutant for mutant in MUTANTS
              if mutant[0] in arguments.names or
              (not arguments.names and
               (arguments.all or not is_end_to_end(mutant)) and
               not (arguments.fast and mutant[5] == "sim"))]
    if arguments.list:
        for mutant in chosen:
            print(f"{mutant[0]:28} promise {mutant[1]}  {mutant[5]:22} "
                  f"{mutant[2]}")
        return 0
    folder = pathlib.Path(arguments.build).resolve()
    source, target = folder / "source", folder / "build"
    source.mkdir(parents=True, exist_ok=True)
    copy_tree(source)
    whole = arguments.wide or any(map(is_end_to_end, chosen))
    build(source, target,
          [] if whole else sorted({mutant[5] for mutant in chosen}))
    workers = os.cpu_count() or 1
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        checks = sorted({mutant[5] for mutant in chosen})
        said = pool.map(lambda what: (what, check(target, None, what,
                                                  SIM_BATCH)), checks)
        for what, problem in said:
            if problem:
                die(f"{what} fails where nothing is broken: {problem}")
        print(f"mutants: {', '.join(checks)} pass where nothing is broken",
              flush=True)
        survived = 0
        for line, noticed in pool.map(
                lambda mutant: try_one(target, mutant, arguments), chosen):
            print(f"mutants: {line}", flush=True)
            survived += not noticed
    print(f"mutants: {len(chosen) - survived} of {len(chosen)} caught")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
