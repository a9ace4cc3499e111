# SPDX-License-Identifier: Apache-2.0
"""Flips bits in copies of a store, or cuts them short, starts a node on each,
and sees what it serves, what a scrub finds, and what is served then.

    damage.py ROUNDS SEED REFERENCE

In the folder of a node (heluod.conf, store/, journal.mark), with a copy of its
good store and mark in REFERENCE/. What a flip hits is told from the file's
layout: the values of our tables, their keys, the library's own structure, pages
that are not in use.
"""
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter

from layout import Layout, flip

HELUO, HELUOD = os.environ['HELUO'], os.environ['HELUOD']
PATIENCE_S = 20
ROUNDS, SEED, REFERENCE = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
DATA = 'store/data.mdb'


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
    yield 'scrub', ('scrub', '--json')
    yield 'again', ('unit', 'list', '--retired', '--json')
    yield 'put', ('unit', 'put', '--id', '91410300MA4103003F', '--name-zh',
                  '丁', '--kind', 'enterprise', '--division', '410300')


def scrubbed(answers):
    """How many damages the scrub found; None: it did not come to its end."""
    code, out, _ = answers.get('scrub', (1, b'', ''))
    if not out.startswith(b'{'):
        return None
    said = json.loads(out)
    assert (code == 0) == (said['found'] == said['repaired']), said
    return said['found']


def ask(codes, good):
    """The outcome of a round: a word, what led to it, and what was found."""
    answers = {}
    outcome, why = ask_node(codes, good, answers)
    return outcome, why, scrubbed(answers)


def ask_node(codes, good, answers):
    node = Node()
    try:
        for name, arguments in questions() if node.ready else ():
            if node.process.poll() is not None:
                break # nobody is there to wait for
            # What was right before the scrub is so after it.
            right = name == 'again' and answers['list'][1] == good['list']
            answers[name] = answers['list'] if right else heluo(*arguments)
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
    if len(answers) < len(list(questions())):
        return 'crashed', f'exit {status}'
    for name in ('list', 'verify', 'again'):
        code, out, _ = answers[name]
        # What a scrub has put right is served again.
        if name == 'again' and code != 0 and answers['scrub'][0] == 0:
            return 'wrong', 'after a scrub that found all good'
        older = answers['put'][0] != 0 and 'HL_EMARK' in node.log()
        if code == 0 and out != good[name] and not older:
            return 'wrong', name
    return ('refused', ', '.join(named)) if named else ('right', '')


def restore():
    shutil.copyfile(f'{REFERENCE}/data.mdb', DATA)
    shutil.copyfile(f'{REFERENCE}/journal.mark', 'journal.mark')


# --- The rounds.

def cut_short(layout, rng, codes, good):
    """What went wrong, or None."""
    end = rng.randrange(1, layout.pages * layout.page_bytes + 65536)
    restore()
    os.truncate(DATA, end)
    outcome, why, _ = ask(codes, good)
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
    good = {'list': b'', 'verify': b'', 'again': b''}
    keys = [range(row.key[0], sum(row.key)) for row in layout.rows]
    restore()
    node = Node()
    for name, arguments in questions():
        if name in good:
            code, good[name], text = heluo(*arguments)
            assert code == 0, text
        elif name == 'scrub':
            code, out, text = heluo(*arguments)
            assert code == 0 and json.loads(out)['found'] == 0, (out, text)
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
        flip(DATA, at, bit)
        outcome, why, found = ask(codes, good)
        tally[place, outcome] += 1
        tally[place, 'found'] += bool(found)
        # A value that changed, or a key: its row is not what was written. And
        # what was not served as it should be is seen in any case.
        changed = place == 'value' or any(at in key for key in keys)
        if found == 0 and (changed or outcome == 'wrong'):
            bad.append(f'not found by the scrub: bit {bit} of byte {at}, '
                       f'a {place}; {outcome} {why}')
        causes[place, outcome, why] += 1
        # A key that changed hides its row until a scrub; nothing else may be
        # other than right or refused.
        hidden = outcome == 'wrong' and place in ('key', 'structure')
        if outcome not in ('right', 'refused') and not hidden:
            bad.append(f'{outcome} ({why}): bit {bit} of byte {at}, a {place}')
    bad += filter(None, (cut_short(layout, rng, codes, good)
                         for _ in range(ROUNDS // 5)))
    report(layout, tally, causes)
    if bad:
        sys.exit('damage: ' + '\ndamage: '.join(bad))


def report(layout, tally, causes):
    outcomes = ('right', 'refused', 'wrong', 'crashed', 'hung', 'found')
    print(f'{"a bit of":12}{"bytes":>10}', *(f'{o:>8}' for o in outcomes))
    for place in ('value', 'key', 'structure', 'meta', 'unused'):
        print(f'{place:12}{layout.size(place):10}',
              *(f'{tally[place, o]:8}' for o in outcomes))
    for (place, outcome, why), count in sorted(causes.items()):
        if outcome != 'right':
            print(f'  {place}: {outcome} {count} x: {why}')


main()
