# SPDX-License-Identifier: Apache-2.0
"""200,000 instruments are made, and how long that took is printed."""

import csv
import time
import unittest

import support


class Large(unittest.TestCase):
    def test_two_hundred_thousand(self):
        began = time.monotonic()
        out, printed = support.generate(
            "--instruments", "200000", "--units", "3000"
        )
        print(f"200,000 instruments in {time.monotonic() - began:.1f} s")
        self.assertIn("200000 of 3000 units", printed)
        self.assertIn("1590.0000 亿元", printed)
        with open(
            out / "instruments.csv", encoding="utf-8", newline=""
        ) as file:
            keys = {tuple(row[1:3]) for row in csv.reader(file)}
        self.assertEqual(len(keys), 200001)  # with the heading's


if __name__ == "__main__":
    unittest.main()
