# SPDX-License-Identifier: Apache-2.0
"""Flips bits in copies of a store, or cuts them short, starts a node on each,
and sees what it serves.

    damage.py ROUNDS SEED REFERENCE

In the folder of a node (heluod.conf, store/, journal.mark), with a copy of its
good store and mark in REFERENCE/. What a flip hits is told from the file's
layout (LMDB 0.9, 64-bit words): the values of our tables, their keys, the
library's own structure, pages that are not in use.
"""
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections import Counter

HELUO, HELUOD = os.environ['HELUO'], os.environ['HELUOD']
PATIENCE_S = 20
ROUNDS, SEED, REFERENCE = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
DATA = 'store/data.mdb'
LEAF, OVERFLOW, BIG_VALUE = 2, 4, 1


# --- What lies where.

class Layout:
    """Byte ranges of the pages that the newest state reaches."""

    def __init__(self, data):
        self.data = data
        self.page_bytes = struct.unpack_from('<I', data, 40)[0]
        metas = [struct.unpack_from('<QQ', data, n * self.page_bytes + 136)
                 for n in range(2)]
        newest = max(range(2), key=lambda n: metas[n][1])
        self.pages = metas[newest][0] + 1
        self.places = {'meta': [(0, 152), (self.page_bytes,
                                          self.page_bytes + 152)],
                       'structure': [], 'key': [], 'value': []}
        reached = {0, 1}
        at = newest * self.page_bytes + 16 + 24
        self.walk(struct.unpack_from('<Q', data, at + 40)[0], reached, None)
        self.walk(struct.unpack_from('<Q', data, at + 48 + 40)[0], reached,
                  self.walk_table)
        self.places['unused'] = [
            (n * self.page_bytes, (n + 1) * self.page_bytes)
            for n in range(self.pages) if n not in reached]

    def mark(self, place, start, size):
        if size > 0:
            self.places[place].append((start, start + size))

    def walk(self, page, reached, value):
        """value: called with each value's place; None: all is structure."""
        if page == 2**64 - 1:
            return
        base = page * self.page_bytes
        reached.add(page)
        flags, lower = struct.unpack_from('<HH', self.data, base + 10)
        self.mark('structure', base, lower)
        for slot in range((lower - 16) // 2):
            node = base + struct.unpack_from('<H', self.data,
                                             base + 16 + 2 * slot)[0]
            low, high, bits, key = struct.unpack_from('<4H', self.data, node)
            self.mark('structure', node, 8)
            self.mark('structure' if value is None else 'key', node + 8, key)
            if not flags & LEAF:
                self.walk(low | high << 16 | bits << 32, reached, value)
                continue
            start, size = node + 8 + key, low | high << 16
            if not bits & BIG_VALUE:
                (value or self.structure)(start, size, reached)
                continue
            self.mark('structure', start, 8)
            big = struct.unpack_from('<Q', self.data, start)[0]
            count = struct.unpack_from('<I', self.data,
                                       big * self.page_bytes + 12)[0]
            reached.update(range(big, big + count))
            self.mark('structure', big * self.page_bytes, 16)
            (value or self.structure)(big * self.page_bytes + 16, size,
                                      reached)

    def structure(self, start, size, reached):
        self.mark('structure', start, size)

    def walk_table(self, start, size, reached):
        self.mark('structure', start, size)
        self.walk(struct.unpack_from('<Q', self.data, start + 40)[0], reached,
                  lambda at, length, _: self.mark('value', at, length))

    def size(self, place):
        return sum(end - start for start, end in self.places[place])

    def pick(self, place, rng):
        at = rng.randrange(self.size(place))
        for start, end in self.places[place]:
            if at < end - start:
                return start + at
            at -= end - start


# --- A node, and what it says.

class Node:
    def __init__(self):
        with open('log', 'wb') as log:
            self.process = subprocess.Popen(
                [HELUOD, '--config', 'heluod.conf'], stderr=log)
        until = time.monotonic() + PATIENCE_S
        self.ready = False
        while not self.ready and self.process.poll() is None:
            if time.monotonic() > until:
                break
            time.sleep(0.005)
            self.ready = 'event=ready' in self.log()

    def log(self):
        with open('log', encoding='utf-8', errors='replace') as log:
            return log.read()

    def end(self):
        """Its exit status; None: it was alive, as it should be."""
        time.sleep(0.01)
        status = self.process.poll()
        self.process.kill()
        self.process.wait()
        return status


def heluo(*arguments):
    done = subprocess.run([HELUO, *arguments], capture_output=True,
                          timeout=PATIENCE_S)
    return done.returncode, done.stdout, done.stderr.decode()


def error_codes():
    rows = heluo('errors')[1].decode().splitlines()
    return {int(r.split()[0]): r.split()[1] for r in rows
            if re.match(r'\s*\d+ +HL_', r)}


def questions():
    """What a node with the store is asked, in this order."""
    yield 'list', ('unit', 'list', '--retired', '--json')
    yield 'verify', ('journal', 'verify', '--charter', 'v1.charter')
    yield 'put', ('unit', 'put', '--id', '91410300MA4103003F', '--name-zh',
                  '丁', '--kind', 'enterprise', '--division', '410300')


def ask(codes, good):
    """The outcome of a round: a word, and what led to it."""
    node = Node()
    answers = {}
    try:
        for name, arguments in questions() if node.ready else ():
            answers[name] = heluo(*arguments)
        alive = node.process.poll() is None
    except subprocess.TimeoutExpired:
        return 'hung', name
    finally:
        status = node.end()
    if status is not None and status < 0:
        return 'crashed', signal.Signals(-status).name
    if re.search('AddressSanitizer|runtime error:', node.log()):
        return 'crashed', node.log()[-300:]
    if not node.ready:
        if alive:
            return 'hung', 'never ready'
        return 'refused', 'start ' + codes.get(status, str(status))
    named = [f'{name} {codes.get(answer[0], answer[0])}'
             for name, answer in answers.items() if answer[0] != 0]
    for name in ('list', 'verify'):
        code, out, _ = answers[name]
        older = answers['put'][0] != 0 and 'HL_EMARK' in node.log()
        if code == 0 and out != good[name] and not older:
            return 'wrong', name
    return ('refused', ', '.join(named)) if named else ('right', '')


def restore():
    shutil.copyfile(f'{REFERENCE}/data.mdb', DATA)
    shutil.copyfile(f'{REFERENCE}/journal.mark', 'journal.mark')


def flip(offset, bit):
    with open(DATA, 'r+b') as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 1 << bit]))


# --- The rounds.

def cut_short(layout, rng, codes, good):
    """What went wrong, or None."""
    end = rng.randrange(1, layout.pages * layout.page_bytes + 65536)
    restore()
    os.truncate(DATA, end)
    outcome, why = ask(codes, good)
    whole = end >= layout.pages * layout.page_bytes
    if (outcome, why) != (('right', '') if whole
                          else ('refused', 'start HL_EDAMAGED')):
        return f'{outcome} ({why}): cut to {end} bytes'
    return None


def main():
    rng = random.Random(SEED)
    codes = error_codes()
    with open(f'{REFERENCE}/data.mdb', 'rb') as file:
        layout = Layout(file.read())
    good = {'list': b'', 'verify': b''}
    restore()
    node = Node()
    for name, arguments in questions():
        if name in good:
            code, good[name], text = heluo(*arguments)
            assert code == 0, text
    node.end()

    tally, causes, bad = Counter(), Counter(), []
    places = ['value', 'value', 'key', 'structure', 'any']
    for number in range(ROUNDS):
        place = places[number % len(places)]
        if place == 'any':
            # As a failing disk would: anywhere.
            at = rng.randrange(layout.pages * layout.page_bytes)
            place = next((p for p, ranges in layout.places.items() for s, e in
                          ranges if s <= at < e), 'unused')
        else:
            at = layout.pick(place, rng)
        restore()
        bit = rng.randrange(8)
        flip(at, bit)
        outcome, why = ask(codes, good)
        tally[place, outcome] += 1
        causes[place, outcome, why] += 1
        if outcome not in ('right', 'refused') and \
                place in ('value', 'unused'):
            bad.append(f'{outcome} ({why}): bit {bit} of byte {at}, a {place}')
    bad += filter(None, (cut_short(layout, rng, codes, good)
                         for _ in range(ROUNDS // 5)))
    report(layout, tally, causes)
    if bad:
        sys.exit('damage: ' + '\ndamage: '.join(bad))


def report(layout, tally, causes):
    outcomes = ('right', 'refused', 'wrong', 'crashed', 'hung')
    print(f'{"a bit of":12}{"bytes":>10}', *(f'{o:>8}' for o in outcomes))
    for place in ('value', 'key', 'structure', 'meta', 'unused'):
        print(f'{place:12}{layout.size(place):10}',
              *(f'{tally[place, o]:8}' for o in outcomes))
    for (place, outcome, why), count in sorted(causes.items()):
        if outcome != 'right':
            print(f'  {place}: {outcome} {count} x: {why}')


main()
