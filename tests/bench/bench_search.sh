#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Ranked questions with two facets, and what the index costs, beside SQLite FTS5
# and PostgreSQL with pg_trgm: bench_search.sh PROGRAMS [INSTRUMENTS...].
# Everything lies in a new folder below TMPDIR, which should be on a disk, and
# is gone when it ends.
PROGRAMS=$(realpath "$1")
shift
[ $# -gt 0 ] || set -- 46000 200000 1000000
HELUO=$PROGRAMS/heluo
HELUOD=$PROGRAMS/heluod
. "$(dirname "$0")/../e2e/world.sh"
. "$HERE/alliance.sh"
. "$HERE/../bench/bench_postgres.sh"
. "$HERE/../bench/bench_figures.sh"
GENERATE=$HERE/../../scripts/generate
trap 'pg_clean_up; clean_up' EXIT
trap 'exit 1' INT TERM HUP

QUESTIONS=1000
OTHERS_SECONDS=30 # then no more of the questions are asked of the others

other() { /usr/bin/python3 -B "$HERE/../bench/bench_search.py" "$@"; }

size_mb() { du -sm "$1" | cut -f 1; }

# --- What is measured. -------------------------------------------------------

generate() { # instruments
    say "making $1 instruments"
    # As many as its real units have.
    quietly "$GENERATE" --city yangtze --instruments "$1" \
        --units $(($1 / 66)) --out data --quiet
    other questions data/instruments.csv $QUESTIONS >questions ||
        fail 'no questions'
}

ours() { # instruments
    say "ours, $1"
    mkdir index
    "$PROGRAMS/bench_search" index data/units.csv data/instruments.csv \
        <questions >told 2>err || fail bench_search
    take "ours_$1_" told put_s fill_s p50_ms p90_ms p99_ms asked online_us
    note "ours_$1_size_mb" "$(size_mb index)"
    rm -r index
}

fts5() { # instruments
    say "FTS5, $1"
    other fts5 base data/instruments.csv $OTHERS_SECONDS <questions >told \
        2>err || fail fts5
    take "fts5_$1_" told put_s p50_ms p90_ms p99_ms asked
    note "fts5_$1_size_mb" "$(size_mb base)"
    rm base
}

pg_psql() {
    pg_as $PG_BIN/psql -qXAt -v ON_ERROR_STOP=1 -d "$(pg_target one)" "$@"
}

postgres() { # instruments
    local start
    say "PostgreSQL, $1"
    other texts data/instruments.csv >texts || fail texts
    pg_run one 'CREATE TABLE items
        (number text, class text, city text, name text, text text)'
    start=$(date +%s%N)
    pg_psql -c 'COPY items FROM STDIN' <texts 2>err || fail COPY
    pg_run one 'CREATE INDEX ON items USING gin (text gin_trgm_ops)'
    note "pg_$1_put_s" "$(calc "($(date +%s%N) - $start) / 1e9" 3)"
    pg_run one 'VACUUM ANALYZE items'
    note "pg_$1_size_mb" "$(pg_run one \
        "SELECT pg_total_relation_size('items') / 1048576")"
    other statements <questions >statements
    # psql reads on until it is ended.
    timeout $OTHERS_SECONDS "$BASH" -c "$(declare -f pg_as pg_psql pg_target)
        PG_BIN=$PG_BIN PG_FOLDER=$PG_FOLDER
        declare -A PG_PORT=([one]=${PG_PORT[one]})
        pg_psql -f -" <statements >timed 2>err
    other times <timed >told || fail "PostgreSQL did not answer"
    take "pg_$1_" told p50_ms p90_ms p99_ms asked
    pg_run one 'DROP TABLE items'
    rm texts timed
}

# --- What is printed. --------------------------------------------------------

row() { # text, name, size
    local put
    put=$(figure "$2_put_s")
    [ "$2" != "ours_$3" ] || put=$(calc "$put + $(figure "$2_fill_s")" 3)
    printf '%-24s %9s %9s %9s %7s %9s %8s\n' "$1" "$(figure "$2_p50_ms")" \
        "$(figure "$2_p90_ms")" "$(figure "$2_p99_ms")" \
        "$(figure "$2_asked")" "$put" "$(figure "$2_size_mb")"
}

print_one() { # instruments
    echo
    printf '%-24s %9s %9s %9s %7s %9s %8s\n' "$1 instruments" 'p50 ms' \
        'p90 ms' 'p99 ms' asked 'index s' MiB
    row Heluo "ours_$1" "$1"
    row 'SQLite FTS5, bigrams' "fts5_$1" "$1"
    row 'PostgreSQL, pg_trgm' "pg_$1" "$1"
    echo "one more record: $(figure "ours_$1_online_us") us"
}

# at_most INSTRUMENTS PART MS
at_most() {
    case " $SIZES " in
    *" $1 "*)
        aim "$3 ms : $2 at $1" \
            "$(ratio "$3" "$(figure "ours_$1_$2_ms")")" 1
        ;;
    esac
}

SIZES=$*
: >figures
pg_alone "work_mem = '256MB'" "maintenance_work_mem = '1GB'" \
    "effective_cache_size = '4GB'"
pg_run one 'CREATE EXTENSION pg_trgm'
echo "questions of two to six characters from the records, 20 hits and two" \
    "facets; $(nproc) cores, $(df --output=fstype . | tail -1)"
for size in $SIZES; do
    generate "$size"
    ours "$size"
    fts5 "$size"
    postgres "$size"
    rm -r data
    print_one "$size"
done
echo
at_most 46000 p99 15
at_most 1000000 p50 8
at_most 1000000 p99 250
