# SPDX-License-Identifier: Apache-2.0
"""Flips bits in a store's file, one in each row, as said:

    spoil.py DATA.MDB SEED (value|key) TABLE COUNT [...]
"""
import random
import sys

from layout import Layout, flip

PATH, SEED, WHAT = sys.argv[1], int(sys.argv[2]), sys.argv[3:]


def main():
    with open(PATH, 'rb') as file:
        layout = Layout(file.read())
    rng = random.Random(SEED)
    while WHAT:
        place, table, count = WHAT.pop(0), WHAT.pop(0), int(WHAT.pop(0))
        # The second generation's table may be the one that lives.
        rows = [r for r in layout.rows if r.table in (table, table + '-1')]
        for row in rng.sample(rows, count):
            start, size = getattr(row, place)
            at, bit = start + rng.randrange(size), rng.randrange(8)
            flip(PATH, at, bit)
            print(f'{row.table}: bit {bit} of byte {at}, a {place}')


main()
