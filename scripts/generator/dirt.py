# SPDX-License-Identifier: Apache-2.0
"""What real exports have wrong, put into known rows: each row has one kind at
most, so that a test can ask whether each was named."""

from .instruments import AT

# Stands for the byte 0xCA, which no encoding here allows where it is put.
BAD_BYTE = "\ue0ca"

# The second list of classes has 天文 as 04 and 电子测量 as 08.
OTHER_MAJORS = {"04": "08", "08": "04"}


def wide(text):
    return "".join(
        chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text
    )


def zero_lost(row, _):
    return "分类编码", row[AT["分类编码"]].removeprefix("0")


def yuan(row, _):
    whole, part = row[AT["原值(万元)"]].split(".")
    return "原值(万元)", str(int(whole + part) * 100)


def full_width(row, draws):
    column = draws.pick(("统一社会信用代码", "分类编码", "规格型号", "启用日期"))
    return column, wide(row[AT[column]])


def null_word(row, draws):
    columns = ("英文名称", "典型成果", "预约服务网址", "图片")
    return draws.pick([c for c in columns if row[AT[c]] == ""]), "无"


def slash_date(row, _):
    year, month, day = row[AT["启用日期"]].split("-")
    return "启用日期", f"{year}/{int(month)}/{int(day)}"


def other_scheme(row, _):
    code = row[AT["分类编码"]]
    return "分类编码", OTHER_MAJORS[code[:2]] + code[2:]


def bad_bytes(row, draws):
    column = draws.pick(("仪器名称", "生产制造商"))
    text = row[AT[column]]
    at = draws.between(1, len(text) - 1) if len(text) > 1 else 1
    return column, f"{text[:at]}{BAD_BYTE} {text[at:]}"


def cut_20(row, _):
    return "主要技术指标", row[AT["主要技术指标"]][:20]


class Dirt:
    """Which rows get which kind."""

    KINDS = (
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
    )

    def __init__(self, kinds, per_mille, instruments, divisions, draws):
        self.draws = draws
        self.divisions = divisions
        self.kind_of = {}
        count = max(1, len(instruments) * per_mille // 1000)
        # What only few rows can have takes them first.
        for kind in sorted(kinds, key=lambda kind: kind != "other_scheme"):
            able = [
                number
                for number, profile in enumerate(instruments.profile_of)
                if number not in self.kind_of and self._fits(kind, profile)
            ]
            for number in draws.some(able, min(count, len(able))):
                self.kind_of[number] = kind

    @staticmethod
    def _fits(kind, profile):
        if kind == "zero_lost":
            return profile.code.startswith("0")
        if kind == "other_scheme":
            # 其他 is a name in every list, and would agree.
            return (
                profile.code[:2] in OTHER_MAJORS
                and profile.class_name != "其他"
            )
        return True

    def apply(self, kind, row):
        """(column, value) to be put in; None for a duplicate."""
        if kind == "duplicate":
            return None
        if kind == "withdrawn_code":
            county = row[AT["行政区划代码"]]
            return "行政区划代码", self.divisions.withdrawn_in(county)
        return MAKERS[kind](row, self.draws)


MAKERS = {
    "zero_lost": zero_lost,
    "yuan": yuan,
    "full_width": full_width,
    "null_word": null_word,
    "slash_date": slash_date,
    "other_scheme": other_scheme,
    "bad_bytes": bad_bytes,
    "cut_20": cut_20,
}

COLUMNS = ["行", "问题", "列", "统一社会信用代码", "仪器编号", "原值", "改为"]
