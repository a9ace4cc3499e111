# SPDX-License-Identifier: Apache-2.0
"""report_orders.py YEAR FILE ORDER...: the file has the rows of these orders of
report_orders.sh in that year, and no others, as the national interface has
them."""

import json
import sys
from pathlib import Path

KEYS = """recordInnerId insCode innerId amounts endTime serviceAmount
serviceContent serviceWay serviceType serviceDirection subjectName subjectIncome
subjectArea subjectContent applicant applicantPhone applicantEmail applicantUnit
comment adressType moveAddress signAgreement serviceCode record
auditStatus""".split()

SAME = {
    "insCode": "7025826f8aef4c88a27e21d9103c5dc2",
    "serviceWay": "委托共享",
    "serviceType": 130,
    "serviceDirection": 138,
    "adressType": 0,
    "moveAddress": "",
    "serviceCode": "",
    "auditStatus": -1,
}
NOTHING = """subjectName subjectIncome subjectContent applicant applicantPhone
applicantEmail applicantUnit""".split()

YEAR = int(sys.argv[1])

# By price: innerId, endTime, hours, content, area, comment, signAgreement,
# record.
ROWS = {
    3900.01: ("SEM-1", f"{YEAR}-01-01 00", 8.5, "检测检验", "材料科学,化学", "非常满意", 0, "无"),
    900: ("SEM-1", f"{YEAR}-06-01 12", 4.3, "断口分析", "材料科学,化学", "", 1, "无"),
    600: ("SEM-2", f"{YEAR}-12-01 10", 1.0, "检测检验", "材料科学", "", 1, ""),
    700: ("SEM-1", f"{YEAR - 1}-12-31 23", 2.0, "检测检验", "材料科学,化学", "", 1, "无"),
}
TOLD = """innerId endTime serviceAmount serviceContent subjectArea comment
signAgreement record""".split()


def same(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: {found!r}, not {expected!r}")


def check(row):
    same("keys", list(row), KEYS)
    for key, value in SAME.items():
        same(key, row[key], value)
    for key in NOTHING:
        same(key, row[key], "无")
    for key, value in zip(TOLD, ROWS[row["amounts"]]):
        same(f"{row['innerId']} {key}", row[key], value)


rows = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
same("orders", sorted(row["recordInnerId"] for row in rows), sorted(sys.argv[3:]))
for row in rows:
    check(row)
print("checks", len(rows))
