# SPDX-License-Identifier: Apache-2.0
"""Managing units: universities by their real names, everything else made up,
and all of it with made-up numbers that nobody can have."""

from .draws import shared_out
from .tables import universities

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = [pow(3, i, 31) for i in range(17)]
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

# (kind, first two characters of its USCC)
UNIVERSITY = ("高等院校", "12")
INSTITUTE = ("科研院所", "12")
ENTERPRISE = ("企业", "91")
HOSPITAL = ("医疗机构", "12")
PLATFORM = ("公共服务平台", "52")
GOVERNMENT = ("政府机构", "11")
OTHER = ("其他", "53")
# Of units that are neither universities nor institutes, in turn.
ELSEWHERE = (
    ENTERPRISE,
    HOSPITAL,
    ENTERPRISE,
    PLATFORM,
    ENTERPRISE,
    HOSPITAL,
    ENTERPRISE,
    GOVERNMENT,
    ENTERPRISE,
    OTHER,
)

FIELDS = (
    "新材料 生物医药 食品科学 电子信息 智能装备 环境科学 农业科学 化学工程 "
    "能源技术 计量测试 地质矿产 水利工程 交通工程 航空航天 公共卫生 机械工程"
).split()
BRANDS = (
    "嵩岳 洛川 汴梁 伊水 黄河 中岱 鲁岳 泉城 海岱 沂蒙 云台 太行 大别 王屋 "
    "龙门 白沙 青屏 金水 惠济 鹿鸣"
).split()
FORMS = {
    "科研院所": ("研究院", "研究所", "科学院", "研究中心"),
    "企业": ("科技有限公司", "仪器有限公司", "技术股份有限公司", "检测有限公司"),
    "医疗机构": ("医院",),
    "公共服务平台": ("公共技术服务平台",),
    "政府机构": ("质量监督检验站",),
    "其他": ("学会",),
}

# A telephone's subscriber number never begins with 0, which leads out of the
# area, and a mobile number begins with 13 to 19: these are nobody's.
AREA_CODES = {"4101": "0371", "4103": "0379", "3701": "0531", "3702": "0532"}


def landline(city, number):
    return f"{AREA_CODES.get(city[:4], '0300')}-0{number % 10**7:07d}"


def mobile(number):
    return f"129{number % 10**8:08d}"


def organisation_code(body):
    value = sum(
        w * int(c, 36) for w, c in zip(ORGANISATION_WEIGHTS, body, strict=True)
    )
    check = 11 - value % 11
    return body + ("X" if check == 10 else "0" if check == 11 else str(check))


def uscc(first, division, number):
    """A valid one (GB 32100-2015). The body "HL......" is none that was ever
    given out: those have digits, or begin with M or N."""
    body = ""
    for _ in range(6):
        number, digit = divmod(number, 31)
        body = ALPHABET[digit] + body
    text = first + division + organisation_code("HL" + body)
    total = sum(ALPHABET.index(c) * w for c, w in zip(text, USCC_WEIGHTS))
    return text + ALPHABET[-total % 31]


class Unit:
    def __init__(self, number, kind, name, county, divisions):
        self.kind = kind[0]
        self.name = name
        self.county = county
        self.city = divisions.city_of[county]
        self.places = divisions.names_of(county)
        serial = int(self.city[:4]) * 100000 + number
        self.uscc = uscc(kind[1], self.city, serial)
        self.host = f"u{serial}.example"
        self.switchboard = landline(self.city, serial)
        self.mailbox = f"office@{self.host}"

    def row(self):
        return [
            self.name,
            "",
            self.uscc,
            self.kind,
            self.county,
            *self.places,
            self.switchboard,
            self.mailbox,
        ]


UNIT_COLUMNS = [
    "单位名称",
    "英文名称",
    "统一社会信用代码",
    "单位类型",
    "行政区划代码",
    "所在省",
    "所在市",
    "所在区县",
    "总机",
    "单位邮箱",
]


class Made:
    """Makes units in the counties of some divisions, numbered as they come."""

    def __init__(self, divisions, codes, draws):
        self.divisions = divisions
        self.counties = [c for code in codes for c in divisions.inside(code)]
        self.draws = draws
        self.names = set()
        self.number = 0

    def unit(self, kind, name, county):
        self.number += 1
        self.names.add(name)
        return Unit(self.number, kind, name, county, self.divisions)

    def made_up(self, kind):
        county = self.draws.pick(self.counties)
        place = self.divisions.names[self.divisions.city_of[county]]
        place = place.removesuffix("市")
        for turn in range(10000):
            name = f"{place}示例{self.draws.pick(BRANDS)}"
            if kind is UNIVERSITY:
                name = f"{place}示例{self.draws.pick(BRANDS)}大学"
            elif kind is HOSPITAL:
                name += "医院"
            else:
                name += self.draws.pick(FIELDS)
                name += self.draws.pick(FORMS[kind[0]])
            if turn >= 50:
                name += f"（{turn}）"
            if name not in self.names:
                return self.unit(kind, name, county)
        raise ValueError("no name is left")

    def universities(self, count):
        out = []
        provinces = sorted({code[:2] + "0000" for code in self.counties})
        for name, city in universities(self.divisions, provinces):
            inside = [
                code
                for code in self.counties
                if self.divisions.city_of[code] == city
            ]
            # Districts rather than the counties around them.
            inside = [
                code
                for code in inside
                if self.divisions.names[code].endswith("区")
            ] or inside
            if len(out) < count and inside:
                out.append(
                    self.unit(UNIVERSITY, name, self.draws.pick(inside))
                )
        while len(out) < count:
            out.append(self.made_up(UNIVERSITY))
        return out


def spread(count, total, per_unit, draws):
    """How many instruments each unit has: few have most of them."""
    weights = [
        10**6 * (60 + draws.below(81)) // (100 * (rank + 1))
        for rank in range(count)
    ]
    return shared_out(total, weights, per_unit)


def make_units(divisions, codes, kinds, totals, draws):
    """Units with how many instruments each has. `kinds`: how many units of
    universities, institutes and elsewhere; `totals`: their instruments."""
    made = Made(divisions, codes, draws)
    units = made.universities(kinds[0])
    # The comprehensive university of a province has most of what it has.
    units.sort(key=lambda unit: unit.name not in ("郑州大学", "山东大学"))
    units += [made.made_up(INSTITUTE) for _ in range(kinds[1])]
    units += [
        made.made_up(ELSEWHERE[i % len(ELSEWHERE)]) for i in range(kinds[2])
    ]
    sizes = []
    for count, total in zip(kinds, totals, strict=True):
        if count:
            sizes += spread(count, total, 1, draws)
    return units, sizes


def make_firms(divisions, codes, count, draws):
    """Firms that have demands and no instruments."""
    made = Made(divisions, codes, draws)
    made.number = 50000
    return [made.made_up(ENTERPRISE) for _ in range(count)]
