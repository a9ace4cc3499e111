# SPDX-License-Identifier: Apache-2.0
"""What bench_search.sh asks, and what SQLite FTS5 says.

questions INSTRUMENTS COUNT    words of two to six characters, from the records
fts5 FILE INSTRUMENTS SECONDS <QUESTIONS
texts INSTRUMENTS              a row of each instrument for COPY
statements <QUESTIONS          SQL of them
times <OUTPUT                  the figures of psql's timings
"""

import csv
import random
import re
import sqlite3
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "search"))
import quality  # noqa: E402

HAN = re.compile("[\u3400-\u9fff]{2,}")
HITS = 20
FACETS = 10


def instruments(path):
    with open(path, encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def texts(path):
    names = quality.class_names()
    for row in instruments(path):
        row["classes"] = names[row["分类编码"]]
        yield row, [
            " ".join(row[name] for name in columns)
            for columns in quality.COLUMNS
        ]


# --- Questions. --------------------------------------------------------------

# Where a word is taken from, and how often of a hundred.
FIELDS = (("仪器名称", 60), ("主要功能", 20), ("生产制造商", 10), ("管理单位", 10))


def questions(path, count):
    """As often as records have it is a word asked: common ones are."""
    draws = random.Random(1)
    rows = []
    for at, row in enumerate(instruments(path)):
        if at < count:
            rows.append(row)
        elif (place := draws.randrange(at + 1)) < count:
            rows[place] = row
    names, weights = zip(*FIELDS)
    for row in rows:
        field = draws.choices(names, weights)[0]
        runs = HAN.findall(row[field]) or HAN.findall(row["管理单位"])
        run = draws.choice(runs)
        size = min(draws.randint(2, 6), len(run))
        at = draws.randrange(len(run) - size + 1)
        print(run[at : at + size])


# --- Figures. ----------------------------------------------------------------


def tell(took_ms):
    took_ms.sort()
    print("asked", len(took_ms))
    for part in (50, 90, 99):
        print(f"p{part}_ms {took_ms[len(took_ms) * part // 100]:.3f}")


def lines():
    return [line.rstrip("\n") for line in sys.stdin]


# --- FTS5. -------------------------------------------------------------------

SCHEMA = """
CREATE TABLE items (id INTEGER PRIMARY KEY, number, class, city);
CREATE VIRTUAL TABLE texts USING fts5
    (name, alias, maker, prose, about, content='', columnsize=1);
"""
BEST = f"""
SELECT items.number FROM texts JOIN items ON items.id = texts.rowid
WHERE texts MATCH ? ORDER BY bm25(texts, {quality.WEIGHTS}) LIMIT {HITS}
"""
FACET = """
SELECT {0}, count(*) FROM texts JOIN items ON items.id = texts.rowid
WHERE texts MATCH ? GROUP BY {0} ORDER BY 2 DESC LIMIT {1}
"""


def fts5(file, path, seconds):
    base = sqlite3.connect(file, isolation_level=None)
    base.executescript("PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF;")
    base.execute("PRAGMA cache_size=-500000")
    base.executescript(SCHEMA)
    took = 0.0
    base.execute("BEGIN")
    batch = []

    def put():
        start = time.monotonic()
        base.executemany(
            "INSERT INTO items VALUES (?, ?, ?, ?)", [one[:4] for one in batch]
        )
        base.executemany(
            "INSERT INTO texts (rowid, name, alias, maker, prose, about) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            [(one[0], *one[4:]) for one in batch],
        )
        batch.clear()
        return time.monotonic() - start

    for at, (row, columns) in enumerate(texts(path), 1):
        split = [quality.split(text) for text in columns]
        batch.append(
            (at, row["仪器编号"], row["分类编码"], row["安放市"], *split)
        )
        if len(batch) == 10000:
            took += put()
    took += put()
    start = time.monotonic()
    base.execute("COMMIT")
    base.execute("INSERT INTO texts(texts) VALUES ('optimize')")
    print(f"put_s {took + time.monotonic() - start:.3f}")
    ask_fts5(base, lines(), seconds)


def ask_fts5(base, asked, seconds):
    statements = [BEST] + [
        FACET.format(column, FACETS) for column in ("city", "class")
    ]
    for _ in range(2):  # the first round brings it into memory
        took = []
        until = time.monotonic() + seconds
        for text in asked:
            phrase = f'"{" ".join(quality.tokens(text))}"'
            start = time.monotonic()
            for statement in statements:
                base.execute(statement, (phrase,)).fetchall()
            took.append((time.monotonic() - start) * 1000)
            if time.monotonic() > until:
                break
    tell(took)


# --- PostgreSQL. -------------------------------------------------------------

STATEMENT = r"""
WITH hits AS MATERIALIZED (
    SELECT number, class, city, name FROM items WHERE text LIKE '%{0}%')
(SELECT number, 0 FROM hits
 ORDER BY name LIKE '%{0}%' DESC, similarity(name, '{0}') DESC LIMIT {1})
UNION ALL
(SELECT city, count(*) FROM hits GROUP BY 1 ORDER BY 2 DESC LIMIT {2})
UNION ALL
(SELECT class, count(*) FROM hits GROUP BY 1 ORDER BY 2 DESC LIMIT {2});
"""


def copy_texts(path):
    clean = str.maketrans("\t\n\r\\", "    ")
    for row, columns in texts(path):
        print(
            row["仪器编号"],
            row["分类编码"],
            row["安放市"],
            columns[0].lower().translate(clean),
            " ".join(columns).lower().translate(clean),
            sep="\t",
        )


def statements():
    print("\\timing on")
    for text in lines():
        print(" ".join(STATEMENT.format(text, HITS, FACETS).split()))


def times():
    tell([float(line.split()[1]) for line in lines() if "Time:" in line])


def main():
    sys.stdin.reconfigure(encoding="utf-8")
    sys.stdout.reconfigure(encoding="utf-8")
    what, *rest = sys.argv[1:]
    if what == "questions":
        questions(rest[0], int(rest[1]))
    elif what == "fts5":
        fts5(rest[0], rest[1], float(rest[2]))
    elif what == "texts":
        copy_texts(rest[0])
    elif what == "statements":
        statements()
    else:
        times()


if __name__ == "__main__":
    main()
