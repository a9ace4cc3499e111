# SPDX-License-Identifier: Apache-2.0
"""The default catalogue is as large, as dear and as uneven as Zhengzhou's, its
codes are codes, and nobody in it exists."""

import collections
import datetime
import re
import unittest

import support

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def uscc_valid(text):
    """GB 32100-2015 and, of characters 9 to 17, GB 11714-1997."""
    if not re.fullmatch(f"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}", text):
        return False
    whole = sum(ALPHABET.index(c) * 3**i for i, c in enumerate(text[:17]))
    inner = sum(
        int(c, 36) * w for c, w in zip(text[8:16], (3, 7, 9, 10, 5, 8, 4, 2))
    )
    return (
        ALPHABET[(31 - whole % 31) % 31] == text[17]
        and "0X987654321"[inner % 11] == text[16]
    )


class Calibration(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.out, cls.printed = support.generate()
        cls.rows = support.table(cls.out / "instruments.csv")
        cls.units = support.table(cls.out / "units.csv")
        cls.firms = support.table(cls.out / "firms.csv")
        cls.services = support.table(cls.out / "services.csv")
        cls.demands = support.table(cls.out / "demands.csv")
        cls.worths = [
            int(row["原值(万元)"].replace(".", "")) * 100 for row in cls.rows
        ]

    def test_counts_are_the_published_ones(self):
        kind = {u["统一社会信用代码"]: u["单位类型"] for u in self.units}
        of = collections.Counter(kind[r["统一社会信用代码"]] for r in self.rows)
        self.assertEqual(len(self.rows), 5033)
        self.assertEqual(len(self.units), 144)
        self.assertEqual(len(kind), 144)
        self.assertEqual(of["高等院校"], 2579)
        self.assertEqual(of["科研院所"], 1570)
        self.assertEqual(len(self.services), 5033 // 4)
        self.assertEqual(len(self.demands), 5033 // 20)
        self.assertFalse((self.out / "dirt.tsv").exists())

    def test_worth_is_the_published_one(self):
        self.assertEqual(sum(self.worths), 5033 * 795_000)
        self.assertGreaterEqual(min(self.worths), 300_000)
        # Half of them are cheaper than two thirds of the mean.
        self.assertLess(sorted(self.worths)[len(self.worths) // 2], 530_000)
        self.assertGreater(max(self.worths), 5_000_000)

    def test_few_units_have_most_instruments(self):
        of = collections.Counter(r["统一社会信用代码"] for r in self.rows)
        sizes = sorted(of.values(), reverse=True)
        self.assertEqual(len(sizes), 144)
        self.assertGreater(sum(sizes[:14]), 0.4 * 5033)
        self.assertGreaterEqual(sizes[-1], 1)

    def test_figures_are_printed(self):
        self.assertIn("5033 of 144 units", self.printed)
        self.assertIn("40.0123 亿元; mean 79.50", self.printed)
        self.assertIn("高等院校 2579 (51.2 %)", self.printed)

    def test_hours_are_as_they_are_used(self):
        used = []
        for row in self.rows:
            run = float(row["年总运行机时"])
            self.assertLessEqual(float(row["年对外服务机时"]), run)
            self.assertLessEqual(run, 8784)
            quota = {"通用": 1400, "专用": 800}[row["仪器类别"]]
            used.append(run / quota)
            self.assertEqual(row["机时年度"], "2024")
            outside = row["共享模式"] == "外部共享"
            self.assertEqual(outside, float(row["年对外服务机时"]) > 0)
        count = len(used)
        for share, expected in ((0, 0.92), (0.5, 0.85), (0.8, 0.61)):
            above = sum(use > share for use in used) / count
            self.assertAlmostEqual(above, expected, delta=0.02)

    def test_class_codes_are_minor_classes_with_their_names(self):
        minor = {
            r["code"]: r["name_zh"]
            for r in support.codes("nrii_instrument_class_codes.tsv")
            if r["level"] == "3"
        }
        for row in self.rows:
            self.assertEqual(row["分类方案"], "nrii")
            self.assertEqual(minor[row["分类编码"]], row["分类名称"])
        self.assertGreater(len({r["分类编码"] for r in self.rows}), 200)
        for row in self.services:
            self.assertIn(row["分类编码"], minor)
        for row in self.demands:
            self.assertIn(row["分类编码"], ["", *minor])

    def test_models_of_mass_spectrometers_are_real_ones(self):
        psi = support.table(
            support.ROOT
            / "scripts/generator/data/psi_ms_instrument_models.tsv",
            delimiter="\t",
            quoting=3,
        )
        models = {(r["vendor"], r["model"]) for r in psi}
        organic = [r for r in self.rows if r["分类编码"] == "010201"]
        self.assertGreater(len(organic), 100)
        for row in organic:
            self.assertIn((row["生产制造商"], row["规格型号"]), models)
        notice = (self.out / "NOTICE.txt").read_text(encoding="utf-8")
        self.assertIn("HUPO-PSI", notice)
        self.assertIn("CC BY 4.0", notice)

    def test_nations_subjects_and_divisions_are_of_their_lists(self):
        nations = {r["name_zh"] for r in support.codes("nrii_nation_names.tsv")}
        subjects = {
            r["name_zh"] for r in support.codes("nrii_subject_codes.tsv")
        }
        areas = {
            r["code"]: r["name"]
            for r in support.codes("division_2023_areas.csv", ",")
        }
        for row in self.rows:
            self.assertIn(row["产地国别"], nations)
            named = row["主要学科领域"].split(",")
            self.assertTrue(1 <= len(named) <= 4 and subjects.issuperset(named))
            self.assertEqual(areas[row["行政区划代码"]], row["安放区县"])
            self.assertEqual(row["安放市"], "郑州市")
            self.assertRegex(row["邮政编码"], "^[0-9]{6}$")

    def test_every_field_is_of_its_form(self):
        allowed = {
            "仪器来源": "购置 研制 赠送 其他",
            "是否海关监管": "是 否",
            "运行状态": "正常 偶有故障 故障频繁 待修 待报废 待机 远程服务中",
            "共享模式": "内部共享 外部共享 不共享",
            "隶属资源载体类型": "无 科学仪器中心 重大科研基础设施 国家重点实验室 "
            "国家工程技术研究中心 生物种质资源库馆",
        }
        funds = {"中央财政资金", "地方财政资金", "单位自有资金", "其他资金"}
        supervised = 0
        for row in self.rows:
            for column, values in allowed.items():
                self.assertIn(row[column], values.split())
            self.assertTrue(funds.issuperset(row["主要购置经费来源"].split(",")))
            datetime.date.fromisoformat(row["启用日期"])
            for column, limit in (("仪器名称", 300), ("主要技术指标", 2000)):
                self.assertTrue(0 < len(row[column].encode()) <= limit)
            if row["是否海关监管"] == "是":
                supervised += 1
                self.assertNotEqual(row["产地国别"], "中国")
        self.assertTrue(100 < supervised < 1000)
        keys = {(r["统一社会信用代码"], r["仪器编号"]) for r in self.rows}
        self.assertEqual(len(keys), 5033)

    def test_every_uscc_is_valid_and_none_was_ever_given_out(self):
        for good in ("91350100M000100Y43", "9144030071526726XG"):
            self.assertTrue(uscc_valid(good))
        self.assertFalse(uscc_valid("91350100M000100Y44"))
        self.assertFalse(uscc_valid("91350100M000101Y43"))
        texts = [u["统一社会信用代码"] for u in self.units + self.firms]
        self.assertEqual(len(set(texts)), len(texts))
        for text in texts:
            self.assertTrue(uscc_valid(text), text)
            self.assertEqual(text[8:10], "HL")
        known = set(texts)
        for row in self.rows + self.services + self.demands:
            self.assertIn(row["统一社会信用代码"], known)

    def test_services_use_instruments_of_their_unit(self):
        keys = {(r["统一社会信用代码"], r["仪器编号"]) for r in self.rows}
        for row in self.services:
            self.assertIn((row["统一社会信用代码"], row["所用仪器编号"]), keys)

    def test_units_are_real_universities_or_say_that_they_are_made_up(self):
        real = {
            r["name_zh"]
            for r in support.table(
                support.ROOT
                / "scripts/generator/data"
                / "universities_henan_shandong_hebei.tsv",
                delimiter="\t",
            )
        }
        for unit in self.units + self.firms:
            self.assertTrue(unit["单位名称"] in real or "示例" in unit["单位名称"])
            self.assertEqual(
                unit["单位类型"] == "高等院校", unit["单位名称"] in real
            )

    def test_no_person_and_no_number_can_be_somebodys(self):
        nobody = re.compile("[^ ]{1,2}(示例|样例|范例|试样|虚构|模拟|测试)")
        # Mobile numbers begin with 13 to 19, a landline's own with 2 to 8.
        number = re.compile("129[0-9]{8}|0[0-9]{2,3}-0[0-9]{7}")
        for row in self.rows + self.services + self.demands:
            self.assertRegex(row["联系人"], nobody)
            self.assertIsNotNone(number.fullmatch(row["电话"]), row["电话"])
            self.assertRegex(row["邮箱"], r"^[a-z0-9]+@[a-z0-9]+\.example$")
        for unit in self.units + self.firms:
            self.assertIsNotNone(number.fullmatch(unit["总机"]), unit["总机"])
            self.assertRegex(unit["单位邮箱"], r"^[a-z]+@[a-z0-9]+\.example$")
        for row in self.rows:
            self.assertRegex(row["预约服务网址"], r"^$|^https://[a-z0-9]+\.example/")


if __name__ == "__main__":
    unittest.main()
