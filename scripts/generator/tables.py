# SPDX-License-Identifier: Apache-2.0
"""The code tables of the catalogue and the generator's own data."""

import csv
import re
from pathlib import Path

HERE = Path(__file__).resolve().parent / "data"
CODES = Path(__file__).resolve().parents[2] / "node" / "catalogue" / "data"


def rows(path, delimiter="\t"):
    with open(path, encoding="utf-8", newline="") as file:
        quoting = csv.QUOTE_MINIMAL if delimiter == "," else csv.QUOTE_NONE
        yield from csv.DictReader(file, delimiter=delimiter, quoting=quoting)


class Divisions:
    """As division_table.cmake has them: a county's city is never taken from
    its digits alone."""

    MUNICIPALITIES = ("11", "12", "31", "50")

    def __init__(self):
        self.names = {}
        self.city_of = {}
        for row in rows(CODES / "division_2023_cities.tsv"):
            province = row["code6"][:2] + "0000"
            self.names[province] = row["province_zh"]
            self.names[row["code6"]] = row["name_zh"]
        self.counties = []
        for row in rows(CODES / "division_2023_areas.csv", ","):
            code = row["code"]
            self.names[code] = row["name"]
            self.city_of[code] = self._city(code)
            # 71 to 79 are zones of the statistical list, not of GB/T 2260.
            if code[4] != "7" and re.search("[县区市旗]$", row["name"]):
                self.counties.append(code)
        self.withdrawn = {}  # by city, the first of it
        for row in rows(CODES / "division_withdrawn.tsv"):
            now = {self.city_of.get(code) for code in row["now"].split(",")}
            if int(row["year"]) >= 1990 and len(now) == 1:
                self.withdrawn.setdefault(now.pop(), row["code6"])

    def _city(self, code):
        if code[:2] in self.MUNICIPALITIES:
            return code[:2] + "0000"
        return code if code[2:4] == "90" else code[:4] + "00"

    def province_of(self, code):
        return code[:2] + "0000"

    def inside(self, code):
        """The counties of a province or a city."""
        found = [
            county
            for county in self.counties
            if code in (county, self.city_of[county], county[:2] + "0000")
        ]
        if not found:
            raise ValueError(f"no division of 2023 has the code {code}")
        return found

    def names_of(self, county):
        """Names of province, city and county, as an export has them."""
        city = self.city_of[county]
        return (
            self.names[self.province_of(county)],
            self.names[city],
            self.names[county],
        )

    def withdrawn_in(self, county):
        """A withdrawn code whose place is now in the county's city."""
        return self.withdrawn.get(self.city_of[county], "371200")


class Template:
    """A text with {low-high} in it, which become numbers."""

    RANGE = re.compile(r"\{([0-9.]+)-([0-9.]+)\}")

    def __init__(self, text):
        self.parts = []
        at = 0
        for match in self.RANGE.finditer(text):
            decimals = max(
                len(number.partition(".")[2]) for number in match.groups()
            )
            low, high = (
                int(whole + part.ljust(decimals, "0"))
                for whole, _, part in (n.partition(".") for n in match.groups())
            )
            self.parts.append((text[at : match.start()], low, high, decimals))
            at = match.end()
        self.end = text[at:]

    def fill(self, draws):
        out = []
        for text, low, high, decimals in self.parts:
            number = str(draws.between(low, high))
            if decimals:
                number = number.rjust(decimals + 1, "0")
                number = f"{number[:-decimals]}.{number[-decimals:]}"
            out.append(text + number)
        out.append(self.end)
        return "".join(out)


# Kinds of organic mass spectrometer by what their model's name says.
ORGANIC = (
    (
        re.compile(r"MALDI|M@LDI|flex|AXIMA|TOF/TOF|Voyager|Proteomics", re.I),
        "基质辅助激光解吸电离飞行时间质谱仪",
    ),
    (
        re.compile(r"GC|DSQ|597\d|SCION|Pegasus|ITQ|PolarisQ|DFS"),
        "气相色谱-质谱联用仪",
    ),
    (
        re.compile(
            r"Orbitrap|Exactive|Q-?TOF|TripleTOF|tims|impact|maXis|Synapt|FT",
            re.I,
        ),
        "高分辨质谱仪",
    ),
    (
        re.compile(r"Triple Quad|TSQ|QTRAP|Q TRAP|TQ|Quattro|LCMS-80", re.I),
        "三重四极杆液质联用仪",
    ),
)

PSI_NATIONS = {
    "Agilent": "美国",
    "Applied Biosystems": "美国",
    "Bruker Daltonics": "德国",
    "IONTOF": "德国",
    "Ionicon Analytik": "奥地利",
    "Ionoptika": "英国",
    "JEOL": "日本",
    "LECO": "美国",
    "PerkinElmer": "美国",
    "SCIEX": "新加坡",
    "Shimadzu": "日本",
    "Thermo Fisher Scientific": "美国",
    "Varian": "美国",
    "Waters": "英国",
}
NOT_A_SPECTROMETER = re.compile(
    r"instrument model|PDA|FLR|proteomics solution|SymBiot|IsoLink|Detector$"
)


def psi_models():
    """Real mass spectrometers by class: (vendor, nation, model, name)."""
    out = {}
    for row in rows(HERE / "psi_ms_instrument_models.tsv"):
        model, vendor = row["model"], row["vendor"]
        if vendor not in PSI_NATIONS or NOT_A_SPECTROMETER.search(model):
            continue
        name = ""
        if re.search(r"ICP|^Element", model):
            code = "010202"
        elif re.search(
            r"IRMS|^DELTA|MAT253|TRITON|neptune|^Iso(Prime|Probe$)", model
        ):
            code = "010203"
        elif vendor in ("IONTOF", "Ionoptika"):
            code = "010204"
        else:
            code = "010201"
            name = next(
                (name for form, name in ORGANIC if form.search(model)),
                "液相色谱-质谱联用仪",
            )
        out.setdefault(code, []).append(
            (vendor, PSI_NATIONS[vendor], model, name)
        )
    return out


class Profile:
    """What instruments of one minor class look like."""

    def __init__(self, code, class_name, row, models):
        self.code = code
        self.class_name = class_name
        self.weight = int(row["weight"])
        self.price = int(row["price"])
        self.names = row["names_zh"].split("/")
        self.name_en = row["name_en"]
        self.models = models
        self.domestic = [one for one in models if one[1] == "中国"] or models
        self.technical = Template(row["technical"])
        self.function = row["function"]
        self.service = row["service"]
        self.subjects = row["subjects"].split(",")


def parse_models(text, code, psi):
    out = []
    for group in text.split(";"):
        if group == "@psi":
            out += psi[code]
            continue
        vendor, nation, models = group.split("~")
        out += [(vendor, nation, model, "") for model in models.split(",")]
    return out


# Made-up makers for classes without a profile of their own.
MADE_UP = (
    ("示例精密仪器", "中国", "SL-"),
    ("示例科学仪器", "中国", "KY"),
    ("示例测控技术", "中国", "CK-"),
    ("Example Instruments", "美国", "EI-"),
    ("Beispiel Messtechnik", "德国", "BM "),
    ("見本計測", "日本", "MK-"),
    ("Sample Scientific", "英国", "SS"),
)


def profiles():
    """Of all minor classes, ascending by code; those that real catalogues are
    full of from profiles.tsv, the rest by their major class."""
    psi = psi_models()
    own = {row["code"]: row for row in rows(HERE / "profiles.tsv")}
    majors = {row["code"]: row for row in rows(HERE / "majors.tsv")}
    names = {}
    out = []
    for row in rows(CODES / "nrii_instrument_class_codes.tsv"):
        code, name = row["code"], row["name_zh"]
        names[code] = name
        if row["level"] != "3":
            continue
        if code in own:
            models = parse_models(own[code]["models"], code, psi)
            out.append(Profile(code, name, own[code], models))
            continue
        general = dict(majors[code[:2]])
        title = name if name != "其他" else names[row["parent"]] + "附属装置"
        general.update(weight="1", names_zh=title.replace("/", "／"), name_en="")
        models = [
            (vendor, nation, f"{series}{int(code) % 97 + 10}{step}0", "")
            for vendor, nation, series in MADE_UP
            for step in (1, 3, 5, 8)
        ]
        out.append(Profile(code, name, general, models))
    return out


def subjects():
    return {
        row["code"]: row["name_zh"]
        for row in rows(CODES / "nrii_subject_codes.tsv")
    }


def universities(divisions, provinces):
    """Real names with the city each stands in: as listed, else by the city in
    its name, else the capital of its province."""
    places = {
        row["name_zh"]: row["code6"]
        for row in rows(HERE / "university_cities.tsv")
    }
    out = []
    for row in rows(HERE / "universities_henan_shandong_hebei.tsv"):
        name = row["name_zh"]
        if "部队" in name or "警察" in name:
            continue
        code = next(
            (
                province
                for province in provinces
                if divisions.names[province] == row["province"] + "省"
            ),
            None,
        )
        if code is None:
            continue
        cities = sorted(
            city
            for city in set(divisions.city_of.values())
            if city[:2] == code[:2]
        )
        by_name = next(
            (
                city
                for city in cities
                if name.startswith(divisions.names[city].rstrip("市"))
            ),
            code[:2] + "0100",
        )
        out.append((name, places.get(name, by_name)))
    return out
