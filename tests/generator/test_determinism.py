# SPDX-License-Identifier: Apache-2.0
"""The same options make the same bytes, whatever the machine's settings."""

import hashlib
import unittest

import support

SMALL = "--city luoyang --instruments 400 --seed 7 --dirt all".split()
# Of all files in the order of their names. A change here means that everybody's
# catalogues of one seed are other ones from now on.
DIGEST = "8099c51ac5a9a297f623900ad71488d6259605c2ad7f001f6ece30b79967e2cd"


def digest(folder):
    whole = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        whole.update(path.name.encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()


class Determinism(unittest.TestCase):
    def test_the_bytes_of_a_seed_are_known(self):
        out, _ = support.generate(*SMALL)
        self.assertEqual(digest(out), DIGEST)

    def test_neither_locale_nor_hash_seed_nor_zone_changes_them(self):
        out, _ = support.generate(
            *SMALL,
            LC_ALL="C",
            LANG="C",
            PYTHONHASHSEED="99",
            PYTHONIOENCODING="utf-8",
            TZ="Asia/Shanghai",
        )
        self.assertEqual(digest(out), DIGEST)

    def test_another_seed_makes_others(self):
        out, _ = support.generate(*SMALL, "--seed", "8")
        self.assertNotEqual(digest(out), DIGEST)

    def test_services_and_demands_do_not_change_instruments(self):
        plain, _ = support.generate(*SMALL)
        more, _ = support.generate(*SMALL, "--services", "0", "--demands", "9")
        self.assertEqual(
            (plain / "instruments.csv").read_bytes(),
            (more / "instruments.csv").read_bytes(),
        )


if __name__ == "__main__":
    unittest.main()
