# SPDX-License-Identifier: Apache-2.0
"""Random draws that are the same on every machine.

Only random.Random(int).random() is used, whose sequence Python promises to
keep; what it promises not to keep (choice, shuffle, sample), and functions
whose last bit a C library decides (exp, log, pow), are not.
"""

import hashlib
import random


class Draws:
    """One stream for each purpose, so that more of one changes no other."""

    def __init__(self, seed, purpose):
        digest = hashlib.sha256(f"{seed}/{purpose}".encode()).digest()
        self.unit = random.Random(int.from_bytes(digest, "big")).random

    def below(self, bound):
        return int(self.unit() * bound)

    def between(self, low, high):
        return low + int(self.unit() * (high - low + 1))

    def pick(self, items):
        return items[int(self.unit() * len(items))]

    def chance(self, per_mille):
        return self.unit() * 1000 < per_mille

    def some(self, items, count):
        """`count` different ones of them, in their order."""
        left = len(items)
        chosen = []
        for item in items:
            if self.unit() * left < count - len(chosen):
                chosen.append(item)
            left -= 1
        return chosen


class Weighted:
    """Picks by integer weights."""

    def __init__(self, items, weights):
        self.items = list(items)
        self.sums = []
        total = 0
        for weight in weights:
            total += weight
            self.sums.append(total)
        self.total = total

    def pick(self, draws):
        at = int(draws.unit() * self.total)
        low, high = 0, len(self.sums) - 1
        while low < high:
            middle = (low + high) // 2
            if self.sums[middle] > at:
                high = middle
            else:
                low = middle + 1
        return self.items[low]


def quantile(points, share):
    """The value at `share` (0 to 1) of a piecewise linear distribution, given
    as ascending (share, value)."""
    for (x0, y0), (x1, y1) in zip(points, points[1:]):
        if share <= x1:
            return y0 + (y1 - y0) * (share - x0) / (x1 - x0)
    return points[-1][1]


def shared_out(total, weights, least=0):
    """Integers near the weights' proportions that sum up to `total`, each at
    least `least`."""
    left = total - least * len(weights)
    if left < 0:
        raise ValueError(f"{total} is too few for {len(weights)}")
    whole = sum(weights)
    shares = [left * weight // whole for weight in weights]
    rest = sorted(
        range(len(weights)), key=lambda i: (-(left * weights[i] % whole), i)
    )
    for i in rest[: left - sum(shares)]:
        shares[i] += 1
    return [share + least for share in shares]
