# SPDX-License-Identifier: Apache-2.0
"""What a report has to say of a generated catalogue, computed apart from the
program, out of the files that were imported.

  prepare IN OUT        units get the platform's ids; some rows get gaps
  codes IN FILE         a table of what the platform calls the units of IN
  nrii IN FILE          FILE is the form of those rows of IN that are complete
  missing IN FILE       FILE lists the others, and those that were cut
  counts IN             rows, complete rows, texts cut, rows that come back
  quality DIVISOR NAME=IN... <answer
                        the answer has these cities' figures; 0: the quotas
"""

import csv
import hashlib
import json
import sys
from pathlib import Path

KEYS = """insCode innerId cname ename instrBelongsType instrBelongsName
resourceName insideDepart instrCategory instrSource instrSupervise worth nation
manufacturer beginDate type instrVersion technical function subject
serviceContent achievement requirement fee serviceUrl funds runMachine
serviceMachine status shareMode province city county street contact phone email
address postalcode image auditStatus""".split()

# Where the form's text stands in the catalogue, and how much of it is taken.
TEXTS = {
    "innerId": ("仪器编号", 150),
    "cname": ("仪器名称", 100),
    "ename": ("英文名称", 100),
    "insideDepart": ("所属单位内部门", 100),
    "instrCategory": ("分类编码", 6),
    "instrSource": ("仪器来源", 0),
    "instrSupervise": ("是否海关监管", 0),
    "nation": ("产地国别", 0),
    "manufacturer": ("生产制造商", 50),
    "beginDate": ("启用日期", 10),
    "type": ("仪器类别", 0),
    "instrVersion": ("规格型号", 100),
    "technical": ("主要技术指标", 500),
    "function": ("主要功能", 300),
    "subject": ("主要学科领域", 0),
    "serviceContent": ("服务内容", 200),
    "achievement": ("典型成果", 500),
    "requirement": ("对外开放共享规定", 500),
    "fee": ("参考收费标准", 500),
    "serviceUrl": ("预约服务网址", 100),
    "funds": ("主要购置经费来源", 0),
    "status": ("运行状态", 0),
    "shareMode": ("共享模式", 0),
    "province": ("安放省", 0),
    "city": ("安放市", 0),
    "county": ("安放区县", 0),
    "street": ("安放街道", 100),
    "contact": ("联系人", 20),
    "phone": ("电话", 20),
    "email": ("邮箱", 50),
    "address": ("通讯地址", 100),
    "postalcode": ("邮政编码", 6),
    "image": ("图片", 0),
}
OPTIONAL = ("serviceUrl", "status", "shareMode", "image")
CARRIERS = {
    "科学仪器中心": 1,
    "重大科研基础设施": 2,
    "国家重点实验室": 6,
    "国家工程技术研究中心": 7,
    "生物种质资源库馆": 8,
}
COUNTED = [
    key
    for key in KEYS
    if key not in OPTIONAL
    and key not in ("insCode", "instrBelongsName", "resourceName", "auditStatus")
]


def platform_id(unit):
    return hashlib.md5(unit.encode()).hexdigest()


def read(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, list(rows[0]))
        out.writeheader()
        out.writerows(rows)


def prepare(source, target):
    for name in ("units", "instruments"):
        rows = read(Path(source) / f"{name}.csv")
        for at, row in enumerate(rows):
            row["单位代码类型"] = "nrii"
            row["统一社会信用代码"] = platform_id(row["统一社会信用代码"])
            if name == "instruments":
                spoil(at, row)
        write(Path(target) / f"{name}.csv", rows)


def spoil(at, row):
    row["科技资源标识"] = ""  # the form has no place for it
    if row["隶属资源载体编号"]:
        row["隶属资源载体名称"] = ""  # so here
    if at % 11 == 3:
        row["参考收费标准"] = row["服务内容"] = ""
    if at % 13 == 5:
        row["机时年度"] = row["年总运行机时"] = row["年对外服务机时"] = ""
    if at % 17 == 7:
        row["联系人"] = row["电话"] = ""
    if at % 9 == 4:
        row["主要技术指标"] = f"{row['主要技术指标']}；" + "可扩展" * 180
    if at % 19 == 2:
        row["主要功能"] = "说\"明\"\\" + row["主要功能"]


def codes(source, target):
    units = read(Path(source) / "units.csv")
    write(
        Path(target),
        [
            {
                "unit_id": unit["统一社会信用代码"],
                "ins_code": platform_id(unit["统一社会信用代码"]),
            }
            for unit in units
        ],
    )


# --- the form


def form(row):
    """The row as the form has it; what it lacks; what was cut."""
    out, lacks, cut = {}, [], []
    for key, (column, limit) in TEXTS.items():
        text = row[column]
        if not text and key not in OPTIONAL:
            lacks.append(key)
        if limit and len(text) > limit:
            text = text[:limit]
            cut.append(key)
        out[key] = text
    for key in ("ename", "achievement"):
        if not out[key]:
            out[key] = "无"
            lacks.remove(key)
    if out["status"] in ("待机", "远程服务中"):
        out["status"] = "正常"
    unit = row["统一社会信用代码"]
    nrii = row.get("单位代码类型") == "nrii"
    out["insCode"] = unit if nrii else platform_id(unit)
    carrier = CARRIERS.get(row["隶属资源载体类型"], 0)
    out["instrBelongsType"] = carrier or "无"
    out["instrBelongsName"] = (
        row["隶属资源载体编号"] if carrier in (1, 2) else "无"
    )
    out["resourceName"] = row["隶属资源载体名称"] if carrier > 2 else "无"
    out["worth"] = float(row["原值(万元)"])
    stated = row["年总运行机时"] != ""
    for key, column in (("runMachine", "年总运行机时"), ("serviceMachine", "年对外服务机时")):
        out[key] = float(row[column]) if stated else None
        if not stated:
            lacks.append(key)
    out["auditStatus"] = -1
    return {key: out[key] for key in KEYS}, lacks, cut


def forms(source):
    rows = [form(row) for row in read(Path(source) / "instruments.csv")]
    return sorted(rows, key=lambda one: (one[0]["insCode"], one[0]["innerId"]))


def same(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: {found!r}, not {expected!r}")


def nrii(source, path):
    expected = [row for row, lacks, _ in forms(source) if not lacks]
    text = Path(path).read_text(encoding="utf-8")
    found = json.loads(text)
    found.sort(key=lambda one: (one["insCode"], one["innerId"]))
    same("rows", len(found), len(expected))
    for one, other in zip(found, expected):
        same("keys", list(one), KEYS)
        for key in KEYS:
            same(f"{one['innerId']} {key}", one[key], other[key])
            same(key, type(one[key]), type(other[key]))
    print("checks", len(found))


def missing(source, path):
    expected = {
        (row["insCode"], row["innerId"]): (sorted(lacks), sorted(cut))
        for row, lacks, cut in forms(source)
        if lacks or cut
    }
    found = {
        (row["unit_id"], row["inner_id"]): (
            sorted(filter(None, row["missing"].split(","))),
            sorted(filter(None, row["cut"].split(","))),
        )
        for row in read(path)
    }
    same("listed", found, expected)
    for row in read(path):
        if "fee" in row["missing"].split(","):
            assert "参考收费标准" in row["缺少项"].split("、"), row
    print("checks", len(found))


def counts(source):
    rows = forms(source)
    raw = {row["仪器编号"]: row for row in read(Path(source) / "instruments.csv")}
    whole = [row for row in rows if not row[1]]
    back = [
        row
        for row, _, cut in whole
        if not cut and row["status"] == raw[row["innerId"]]["运行状态"]
    ]
    print(len(rows), len(whole), sum(len(cut) for *_, cut in rows), len(back))


# --- quality


def basis_points(part, whole):
    return 10000 * part // whole if whole else 0


def tenths(text):
    return round(float(text) * 10)


def figures(source, divisor):
    rows = read(Path(source) / "instruments.csv")
    units = {row["统一社会信用代码"] for row in read(Path(source) / "units.csv")}
    ran = [row for row in rows if row["机时年度"]]
    quota = [
        10 * (divisor or (800 if row["仪器类别"] == "专用" else 1400)) for row in ran
    ]
    run = [tenths(row["年总运行机时"]) for row in ran]
    lacks = [key for row in rows for key in form(row)[1] if key in COUNTED]
    return {
        "instruments": len(rows),
        "units": len(units),
        "worth_fen": sum(round(float(row["原值(万元)"]) * 1000000) for row in rows),
        "unit_known": sum(row["统一社会信用代码"] in units for row in rows),
        "of": len(rows) * len(COUNTED),
        "missing": {key: lacks.count(key) for key in set(lacks)},
        "codes": [
            sum(bool(row[column]) for row in rows)
            for column in ("分类编码", "行政区划代码", "产地国别", "主要学科领域")
        ],
        "stated": len(ran),
        "run_tenths": sum(run),
        "divisor_tenths": sum(quota),
        "service_tenths": sum(tenths(row["年对外服务机时"]) for row in ran),
        "above_50": sum(2 * one > of for one, of in zip(run, quota)),
        "above_80": sum(5 * one > 4 * of for one, of in zip(run, quota)),
        "idle": run.count(0),
    }


def together(cities):
    out = {}
    for city in cities:
        for key, value in city.items():
            if isinstance(value, dict):
                total = out.setdefault(key, {})
                for one, count in value.items():
                    total[one] = total.get(one, 0) + count
            elif isinstance(value, list):
                former = out.get(key, [0] * len(value))
                out[key] = [a + b for a, b in zip(former, value)]
            else:
                out[key] = out.get(key, 0) + value
    return out


def compare(name, found, expected):
    use, fields = found["use"], found["fields"]
    for key in ("instruments", "units", "worth_fen", "unit_known"):
        same(f"{name} {key}", found[key], expected[key])
    same(f"{name} of", fields["of"], expected["of"])
    same(f"{name} missing", fields["missing"], expected["missing"])
    filled = expected["of"] - sum(expected["missing"].values())
    same(f"{name} filled", fields["filled"], filled)
    same(
        f"{name} filled_bp",
        fields["filled_bp"],
        basis_points(filled, expected["of"]),
    )
    most = max(expected["missing"].values(), default=0)
    if most:
        same(f"{name} worst", fields["missing"][fields["worst"]], most)
    for at, code in enumerate(("class", "division", "nation", "subjects")):
        wanted = expected["codes"][at]
        same(f"{name} {code}", found["codes"][code], {"stated": wanted, "valid": wanted})
    for key in (
        "stated run_tenths divisor_tenths service_tenths above_50 above_80 idle"
    ).split():
        same(f"{name} {key}", use[key], expected[key])
    for key, part, whole in (
        ("use_bp", "run_tenths", "divisor_tenths"),
        ("sharing_bp", "service_tenths", "run_tenths"),
        ("above_50_bp", "above_50", "stated"),
        ("above_80_bp", "above_80", "stated"),
    ):
        same(
            f"{name} {key}",
            use[key],
            basis_points(expected[part], expected[whole]),
        )
    same(f"{name} changed", found["freshness"]["changed_bp"], 10000)
    assert found["freshness"]["newest"] <= found["freshness"]["as_of"]


def quality(divisor, *cities):
    answer = json.load(sys.stdin)
    expected = {}
    for city in cities:
        name, source = city.split("=")
        expected[name] = figures(source, int(divisor))
    found = {city["origin"]: city for city in answer["cities"]}
    same("cities", sorted(found), sorted(expected))
    for name, of in expected.items():
        compare(name, found[name], of)
    compare("all", answer["all"], together(expected.values()))
    print("checks", 20 * (len(expected) + 1))


globals()[sys.argv[1]](*sys.argv[2:])
