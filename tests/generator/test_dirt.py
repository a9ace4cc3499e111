# SPDX-License-Identifier: Apache-2.0
"""Every row that dirt.tsv names has the dirt that it says; no other has any."""

import collections
import re
import unicodedata
import unittest
from decimal import Decimal

import support

KINDS = {
    "zero_lost",
    "yuan",
    "full_width",
    "null_word",
    "slash_date",
    "withdrawn_code",
    "other_scheme",
    "duplicate",
    "bad_bytes",
    "cut_20",
}


class DirtTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.out, _ = support.generate("--dirt", "all")
        clean, _ = support.generate()
        cls.clean = support.table(clean / "instruments.csv")
        cls.rows = support.table(
            cls.out / "instruments.csv", errors="backslashreplace"
        )
        cls.log = support.table(
            cls.out / "dirt.tsv", delimiter="\t", quoting=3
        )

    def of(self, kind):
        return [entry for entry in self.log if entry["问题"] == kind]

    def test_every_kind_is_there_and_a_row_has_one_at_most(self):
        kinds = collections.Counter(entry["问题"] for entry in self.log)
        self.assertEqual(set(kinds), KINDS)
        self.assertEqual(set(kinds.values()), {50})
        numbers = [entry["行"] for entry in self.log]
        self.assertEqual(len(set(numbers)), len(numbers))

    def test_what_is_listed_is_all_that_was_changed(self):
        named = {int(entry["行"]): entry for entry in self.log}
        clean = iter(self.clean)
        before = None
        for number, row in enumerate(self.rows, 1):
            entry = named.get(number)
            if entry is not None and entry["问题"] == "duplicate":
                self.assertEqual(row, before)
                continue
            before = dict(next(clean))
            if entry is not None:
                column = entry["列"]
                self.assertEqual(before[column], entry["原值"])
                self.assertEqual(row[column], entry["改为"])
                self.assertNotEqual(row[column], before[column])
                before[column] = row[column]
            self.assertEqual(row, before)
        self.assertIsNone(next(clean, None))
        self.assertEqual(len(self.rows), 5033 + 50)

    def test_each_kind_is_what_its_name_says(self):
        def check(kind, form):
            for entry in self.of(kind):
                self.assertTrue(form(entry["原值"], entry["改为"]), entry)

        check("zero_lost", lambda was, now: was == "0" + now)
        check("yuan", lambda was, now: Decimal(was) * 10000 == int(now))
        check(
            "full_width",
            lambda was, now: unicodedata.normalize("NFKC", now) == was,
        )
        check("null_word", lambda was, now: (was, now) == ("", "无"))
        check(
            "slash_date",
            lambda was, now: "%04d-%02d-%02d" % tuple(map(int, now.split("/")))
            == was,
        )
        check("cut_20", lambda was, now: now == was[:20] and len(was) > 20)
        check("bad_bytes", lambda was, now: now.replace("\\xca ", "") == was)

    def test_withdrawn_codes_are_withdrawn(self):
        withdrawn = {
            row["code6"] for row in support.codes("division_withdrawn.tsv")
        }
        for entry in self.of("withdrawn_code"):
            self.assertIn(entry["改为"], withdrawn)

    def test_codes_of_the_other_scheme_do_not_have_their_names(self):
        names = {
            r["code"]: r["name_zh"]
            for r in support.codes("nrii_instrument_class_codes.tsv")
        }
        rows = {int(n): r for n, r in enumerate(self.rows, 1)}
        for entry in self.of("other_scheme"):
            row = rows[int(entry["行"])]
            self.assertRegex(row["分类编码"], "^0[48]")
            self.assertNotEqual(names.get(row["分类编码"]), row["分类名称"])

    def test_bad_bytes_are_no_characters_of_either_encoding(self):
        for encoding in ("utf-8", "gb18030"):
            out, _ = support.generate(
                "--dirt", "bad_bytes", "--encoding", encoding
            )
            data = (out / "instruments.csv").read_bytes()
            with self.assertRaises(UnicodeDecodeError):
                data.decode(encoding)
            bad = 0
            for line in data.split(b"\r\n"):
                try:
                    line.decode(encoding)
                except UnicodeDecodeError:
                    bad += 1
            self.assertEqual(bad, 50)

    def test_one_kind_alone_and_its_share(self):
        out, _ = support.generate(
            "--dirt", "yuan", "--dirt-share", "0", "--instruments", "300"
        )
        log = support.table(out / "dirt.tsv", delimiter="\t", quoting=3)
        self.assertEqual([entry["问题"] for entry in log], ["yuan"])
        self.assertTrue(re.fullmatch("[0-9]+", log[0]["改为"]))


if __name__ == "__main__":
    unittest.main()
