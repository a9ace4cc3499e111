# SPDX-License-Identifier: Apache-2.0
"""How well the search answers what people ask, beside SQLite FTS5: README.md.

quality.py PROGRAM [--each]   PROGRAM is search_ask
"""

import csv
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CODES = ROOT / "node" / "catalogue" / "data"
HITS = 10

# What is never to be fallen below: recall at 10 and mean reciprocal rank.
FLOORS = {
    "late": (0.80, 0.82),
    "misspelt": (0.95, 0.95),
    "mixed": (0.96, 0.98),
    "model": (0.97, 0.97),
    "name": (0.99, 0.99),
    "nearly": (0.95, 0.95),
    "order": (0.98, 0.98),
    "synonym": (0.95, 0.95),
    "written": (0.98, 0.98),
    "all": (0.96, 0.96),
}

# What a judgement may speak of.
FIELDS = {
    "class": "分类编码",
    "name": "仪器名称",
    "english": "英文名称",
    "model": "规格型号",
    "maker": "生产制造商",
    "unit": "管理单位",
    "county": "安放区县",
}
COMPARE = {
    "=": lambda value, wanted: value == wanted,
    "^": lambda value, wanted: value.startswith(wanted),
    "~": lambda value, wanted: wanted in value,
}


def judge(text):
    """The judgement as a function of a row."""
    either = [
        [
            re.fullmatch("([a-z]+)([=^~])(.+)", term.strip()).groups()
            for term in both.split(" & ")
        ]
        for both in text.split(" | ")
    ]

    def fits(row):
        return any(
            all(
                COMPARE[how](row[FIELDS[field]].lower(), wanted.lower())
                for field, how, wanted in both
            )
            for both in either
        )

    return fits


# --- FTS5. -------------------------------------------------------------------

# The same texts as node/search/document.c and referred.c have them.
COLUMNS = (
    ("仪器名称",),
    ("英文名称", "规格型号", "仪器编号", "科技资源标识"),
    ("生产制造商",),
    (
        "主要功能",
        "主要技术指标",
        "服务内容",
        "主要学科领域",
        "所属单位内部门",
        "隶属资源载体名称",
        "典型成果",
    ),
    ("管理单位", "安放省", "安放市", "安放区县", "classes"),
)
WEIGHTS = "10, 10, 4, 1, 4"
RUN = re.compile(r"[\u3400-\u9fff]+|[0-9]+|[^\W\d_\u3400-\u9fff]+")


def is_han(run):
    return "\u3400" <= run[0] <= "\u9fff"


def tokens(run):
    if not is_han(run) or len(run) == 1:
        return [run]
    return [run[at : at + 2] for at in range(len(run) - 1)]


def split(text):
    """Neighbouring characters as words, and the last one of a run alone, so
    that one character is found as the beginning of a word."""
    words = []
    for run in RUN.findall(text.lower()):
        words += tokens(run)
        if is_han(run) and len(run) > 1:
            words.append(run[-1])
    return " ".join(words)


def class_names():
    names = {}
    with open(
        CODES / "nrii_instrument_class_codes.tsv", encoding="utf-8", newline=""
    ) as file:
        for row in csv.DictReader(file, delimiter="\t"):
            above = names.get(row["parent"], "")
            names[row["code"]] = f"{row['name_zh']} {above}"
    return names


class Fts5:
    def __init__(self, rows):
        self.base = sqlite3.connect(":memory:")
        self.base.execute(
            "CREATE VIRTUAL TABLE texts USING fts5"
            "(name, alias, maker, prose, about)"
        )
        names = class_names()
        self.ids = [row["仪器编号"] for row in rows]
        for row in rows:
            row["classes"] = names[row["分类编码"]]
        self.base.executemany(
            "INSERT INTO texts VALUES (?, ?, ?, ?, ?)",
            (
                [
                    split(" ".join(row[name] for name in names))
                    for names in COLUMNS
                ]
                for row in rows
            ),
        )

    def _match(self, expression):
        found = self.base.execute(
            "SELECT rowid FROM texts WHERE texts MATCH ? "
            f"ORDER BY bm25(texts, {WEIGHTS}) LIMIT {HITS}",
            (expression,),
        )
        return [self.ids[row[0] - 1] for row in found]

    def ask(self, text):
        """All runs as phrases; then, below a page, any part, Latin words and
        numbers also as the beginning of one."""
        runs = RUN.findall(text.lower())
        phrases, parts = [], []
        for run in runs:
            star = "*" if is_han(run) and len(run) == 1 else ""
            phrases.append(f'"{" ".join(tokens(run))}"{star}')
            for token in tokens(run):
                star = "" if is_han(run) and len(run) > 1 else "*"
                parts.append(f'"{token}"{star}')
        if not runs:
            return []
        found = self._match(" AND ".join(phrases))
        if len(found) < HITS:
            # Hits that are there already make room for others.
            more = self._match(" OR ".join(parts))
            found += [one for one in more if one not in found]
        return found[:HITS]


# --- Figures. ----------------------------------------------------------------


def figures(found, relevant):
    """Recall at 10, and the reciprocal rank."""
    ranks = [at for at, one in enumerate(found, 1) if one in relevant]
    recall = len(ranks) / min(HITS, len(relevant))
    return recall, (1 / ranks[0] if ranks else 0.0)


class Sums:
    def __init__(self):
        self.of = {}

    def add(self, kind, values):
        for name in (kind, "all"):
            count, sums = self.of.get(name, (0, [0.0] * len(values)))
            self.of[name] = (
                count + 1,
                [a + b for a, b in zip(sums, values)],
            )

    def means(self):
        for name, (count, sums) in self.of.items():
            yield name, count, [one / count for one in sums]


def generate(folder):
    subprocess.run(
        [
            "/usr/bin/python3",
            ROOT / "scripts" / "generate",
            "--seed",
            "1",
            "--quiet",
            "--out",
            folder,
        ],
        check=True,
    )
    with open(
        folder / "instruments.csv", encoding="utf-8", newline=""
    ) as file:
        return list(csv.DictReader(file))


def ours(program, folder, texts):
    done = subprocess.run(
        [program, folder / "units.csv", folder / "instruments.csv"],
        input="".join(text + "\n" for text in texts).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    lines = done.stdout.decode().split("\n")
    return [line.split("\t") if line else [] for line in lines]


def questions():
    with open(HERE / "queries.tsv", encoding="utf-8", newline="") as file:
        return list(
            csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        )


def measure(program, each):
    sums = Sums()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = generate(folder)
        asked = questions()
        answers = ours(program, folder, [one["query"] for one in asked])
    other = Fts5(rows)
    for one, found in zip(asked, answers):
        fits = judge(one["relevant"])
        relevant = {row["仪器编号"] for row in rows if fits(row)}
        if not relevant:
            raise ValueError(f"nothing is judged to answer {one['query']}")
        values = [
            *figures(found, relevant),
            *figures(other.ask(one["query"]), relevant),
        ]
        sums.add(one["kind"], values)
        if each:
            print(
                one["kind"],
                " ".join(f"{value:.2f}" for value in values),
                f"{one['query']} ({len(relevant)})",
                sep="\t",
            )
    return {name: (count, means) for name, count, means in sums.means()}


def print_table(of):
    print("            queries   recall at 10    reciprocal rank")
    print("                     Heluo    FTS5     Heluo    FTS5")
    for name in sorted(of, key=lambda name: (name == "all", name)):
        count, (recall, rank, other_recall, other_rank) = of[name]
        print(
            f"{name:12}{count:7d}{recall:10.3f}{other_recall:8.3f}"
            f"{rank:10.3f}{other_rank:8.3f}"
        )


def misses(of):
    for name, floors in FLOORS.items():
        _, means = of[name]
        for what, value, floor in zip(("recall", "rank"), means, floors):
            if value < floor:
                yield f"{name}: {what} {value:.3f} is below {floor}"
    _, (recall, rank, other_recall, other_rank) = of["all"]
    if recall <= other_recall or rank <= other_rank:
        yield "FTS5 is as good"


def main():
    os.environ["LC_ALL"] = "C"
    sys.stdout.reconfigure(encoding="utf-8")
    of = measure(sys.argv[1], "--each" in sys.argv)
    print_table(of)
    bad = list(misses(of))
    for one in bad:
        print("not met:", one)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
