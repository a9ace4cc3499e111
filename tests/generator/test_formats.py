# SPDX-License-Identifier: Apache-2.0
"""All formats and encodings say the same, any size and place is made, and what
cannot be is refused."""

import json
import subprocess
import unittest

import support

SMALL = ("--instruments", "300", "--units", "20", "--seed", "3")


def refused(*options):
    try:
        support.generate(*options)
    except subprocess.CalledProcessError as error:
        return error.stderr
    return None


class Formats(unittest.TestCase):
    def test_encodings_say_the_same(self):
        tables = []
        for encoding in ("utf-8", "utf-8-sig", "gb18030"):
            out, _ = support.generate(*SMALL, "--encoding", encoding)
            tables.append(support.table(out / "instruments.csv", encoding))
        self.assertEqual(len(tables[0]), 300)
        self.assertEqual(tables[0], tables[1])
        self.assertEqual(tables[0], tables[2])
        out, _ = support.generate(*SMALL, "--encoding", "utf-8-sig")
        start = (out / "instruments.csv").read_bytes()[:6]
        self.assertEqual(start, "\ufeff管".encode())

    def test_formats_say_the_same_but_for_lines_in_a_field(self):
        def flat(row):
            return {k: " ".join(v.split()) for k, v in row.items() if v}

        out, _ = support.generate(*SMALL)
        rows = support.table(out / "instruments.csv")
        self.assertTrue(any("\n" in row["参考收费标准"] for row in rows))
        out, _ = support.generate(*SMALL, "--format", "tsv")
        text = (out / "instruments.tsv").read_text(encoding="utf-8")
        heading, *lines = [line.split("\t") for line in text.splitlines()]
        flattened = [flat(row) for row in rows]
        self.assertEqual(
            [flat(dict(zip(heading, line, strict=True))) for line in lines],
            flattened,
        )
        out, _ = support.generate(*SMALL, "--format", "jsonl")
        with open(out / "instruments.jsonl", encoding="utf-8") as file:
            objects = [json.loads(line) for line in file]
        self.assertEqual(
            objects, [{k: v for k, v in row.items() if v} for row in rows]
        )

    def test_cities_have_their_sizes(self):
        for city, units, count, mean, place in (
            ("luoyang", 48, 1180, 720_000, "洛阳市"),
            ("shandong", 90, 2400, 850_000, "山东省"),
        ):
            out, _ = support.generate("--city", city)
            rows = support.table(out / "instruments.csv")
            self.assertEqual(len(rows), count)
            self.assertEqual(len(support.table(out / "units.csv")), units)
            worth = sum(int(r["原值(万元)"].replace(".", "")) for r in rows)
            self.assertEqual(worth * 100, count * mean)
            for row in rows:
                self.assertIn(place, (row["安放省"], row["安放市"]))

    def test_any_place_and_size_is_made(self):
        for division, units, count in (
            ("419001", 1, 1),  # a city without counties
            ("110000", 2, 5),  # a municipality
            ("411000", 30, 30),
            ("410000,370000,130000", 60, 100),
        ):
            out, _ = support.generate(
                "--division",
                division,
                "--units",
                str(units),
                "--instruments",
                str(count),
                "--mean-worth",
                "300000",
            )
            rows = support.table(out / "instruments.csv")
            self.assertEqual(len(rows), count)
            self.assertEqual(len({r["管理单位"] for r in rows}), units)
            self.assertEqual({r["原值(万元)"] for r in rows}, {"30.00"})

    def test_what_cannot_be_is_refused(self):
        for options, why in (
            (("--division", "371200"), "no division of 2023"),
            (("--units", "9", "--instruments", "8"), "a unit has an instrument"),
            (("--mean-worth", "299900"), "from 300,000"),
            (("--dirt", "mud"), "no kind of dirt is named mud"),
            (("--city", "atlantis"), "invalid choice"),
            (("--services", "9999"), "no more than instruments"),
        ):
            self.assertIn(why, refused(*options) or "")


if __name__ == "__main__":
    unittest.main()
