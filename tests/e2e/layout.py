# SPDX-License-Identifier: Apache-2.0
"""What lies where in a store's file (LMDB 0.9, 64-bit words): the values of our
tables, their keys, the library's own structure, pages that are not in use."""
import struct
from collections import namedtuple

LEAF, OVERFLOW, BIG_VALUE = 2, 4, 1

# Places of a key and of its value as stored: (start, size).
Row = namedtuple('Row', 'table key value')


class Layout:
    """Byte ranges of the pages that the newest state reaches."""

    def __init__(self, data):
        self.data = data
        self.rows = []
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
        """value: called with each key's and value's place; None: all is
        structure."""
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
            named = (node + 8, key)
            if not bits & BIG_VALUE:
                (value or self.structure)(named, start, size, reached)
                continue
            self.mark('structure', start, 8)
            big = struct.unpack_from('<Q', self.data, start)[0]
            count = struct.unpack_from('<I', self.data,
                                       big * self.page_bytes + 12)[0]
            reached.update(range(big, big + count))
            self.mark('structure', big * self.page_bytes, 16)
            (value or self.structure)(named, big * self.page_bytes + 16, size,
                                      reached)

    def structure(self, _, start, size, reached):
        self.mark('structure', start, size)

    def walk_table(self, named, start, size, reached):
        table = self.data[named[0]:named[0] + named[1]].decode()

        def row(key, at, length, _):
            self.mark('value', at, length)
            self.rows.append(Row(table, key, (at, length)))

        self.mark('structure', start, size)
        self.walk(struct.unpack_from('<Q', self.data, start + 40)[0], reached,
                  row)

    def size(self, place):
        return sum(end - start for start, end in self.places[place])

    def pick(self, place, rng):
        at = rng.randrange(self.size(place))
        for start, end in self.places[place]:
            if at < end - start:
                return start + at
            at -= end - start


def flip(path, offset, bit):
    with open(path, 'r+b') as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 1 << bit]))
