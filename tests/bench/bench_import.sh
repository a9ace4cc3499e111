#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Files into a node, and a partner's first copy of it beside PostgreSQL's:
# bench_import.sh PROGRAMS [ROWS [ROUNDS [LARGE]]]. Everything lies in new
# folders below TMPDIR, which should be on a disk, and is gone when it ends.
PROGRAMS=$(realpath "$1")
ROWS=${2:-46000}
ROUNDS=${3:-3}
LARGE=${4:-200000}
HELUO=$PROGRAMS/heluo
HELUOD=$PROGRAMS/heluod
GENERATE=$(realpath "$(dirname "$0")/../../scripts/generate")
. "$(dirname "$0")/../e2e/world.sh"
. "$HERE/alliance.sh"
. "$HERE/../bench/bench_postgres.sh"
. "$HERE/../bench/bench_figures.sh"
trap 'pg_clean_up; clean_up' EXIT
trap 'exit 1' INT TERM HUP

A=zhengzhou # imports
B=luoyang   # follows
NODES=("$B" "$A")
QUORUM=1
# The last is what is synchronized; of the others a fifth is imported.
FORMATS=(tsv jsonl json xlsx csv)
FEW=$((ROWS / 5))

program() { "$PROGRAMS/bench_import" "$@" 2>err || fail "bench_import $*"; }

# --- What is measured. -------------------------------------------------------

generate() { # folder, rows
    say "making $2 rows"
    quietly "$GENERATE" --city yangtze --instruments "$2" --out "$1" --quiet
}

# As one that has never run.
fresh() { # city
    [ -z "${PID[$1]:-}" ] || end_city TERM "$1"
    rm -f "$1"/store/* "$1"/journal.mark
    quietly cp "$1/first.mark" "$1/journal.mark"
    start_city "$1"
}

import() { # prefix, file
    HELUO_SOCKET=$WORK/$A/heluo.sock program run "$HELUO" import "$2" >imported
    take "$1" imported seconds cpu memory_mb
}

node_mb() { # city
    awk '/^VmHWM/ { print $2 / 1024 }' "/proc/${PID[$1]}/status"
}

file_of() { # format
    local folder=few
    [ "$1" != csv ] || folder=rows
    echo $folder/instruments."$1"
}

rows_of() { # format
    if [ "$1" = csv ]; then echo "$ROWS"; else echo $FEW; fi
}

formats() {
    local round format file
    generate rows "$ROWS"
    generate few $FEW
    for format in "${FORMATS[@]:0:4}"; do
        program convert few/instruments.csv "$(file_of "$format")"
    done
    for ((round = 1; round <= ROUNDS; round++)); do
        for format in "${FORMATS[@]}"; do
            say "$format, round $round"
            file=$(file_of "$format")
            program read "$file" >alone
            take "${format}_read_" alone seconds rows
            fresh $A
            import "${format}_" "$file"
            import "${format}_again_" "$file"
        done
    done
}

# The same puts, of what the last import wrote.
raw_puts() {
    local round
    end_city TERM $A
    for ((round = 1; round <= ROUNDS; round++)); do
        say "raw puts, round $round"
        mkdir raw
        sync raw_store $A/store $ALLIANCE/$A raw >limits
        take '' limits raw_hashing raw_puts receiver puts_of_entry \
            bytes_of_entry
        rm -rf raw
    done
}

# The partner has nothing, and so no mirror key (as in bench_sync.sh).
first_sync() {
    local round start size
    as_reader auto
    start_city $A
    size=$(sync size "$(socket_of $A)" $ALLIANCE/$A | awk '{ print $2 }')
    note size "$size"
    for ((round = 1; round <= ROUNDS; round++)); do
        say "first sync, round $round"
        [ -z "${PID[$B]:-}" ] || end_city TERM $B
        rm -f $B/store/*
        start=$(date +%s%N)
        start_city $B
        await "$size" "$start" sync_
    done
    end_city TERM $B
}

finds_all() { [ "$(at $B search --size 1 --json 2>err |
    sed -n 's/^ *"total": \([0-9]*\).*/\1/p')" = "$ROWS" ]; }

# The same until a search there finds them all.
first_search() {
    local round start
    SEARCH=run as_reader auto
    for ((round = 1; round <= ROUNDS; round++)); do
        say "first sync until searchable, round $round"
        rm -rf $B/store
        quietly mkdir -m 700 $B/store
        start=$(date +%s%N)
        start_city $B
        until finds_all; do
            sleep 0.01
        done
        note search_s "$(calc "($(date +%s%N) - $start) / 1e9" 3)"
        end_city TERM $B
    done
    as_reader auto
}

large() {
    local file=large/instruments.csv
    generate large "$LARGE"
    say "memory at $LARGE rows"
    fresh $A
    note idle_mb "$(node_mb $A)"
    import large_ "$file"
    note large_node_mb "$(node_mb $A)"
    end_city TERM $A
    rm -r large
}

# --- PostgreSQL: the same file, all columns text. ----------------------------

pg_columns() {
    head -1 rows/instruments.csv | sed 's/^\xef\xbb\xbf//; s/\r$//' |
        sed 's/,/" text, "/g; s/^/"/; s/$/" text/'
}

pg_has_all() {
    [ "$(pg_run subscriber 'SELECT count(*) FROM instruments')" = "$ROWS" ]
}

postgres() {
    local columns
    say 'PostgreSQL: two clusters'
    pg_found
    columns="$(pg_columns), PRIMARY KEY (\"统一社会信用代码\", \"仪器编号\")"
    pg_run publisher "CREATE TABLE instruments ($columns)"
    pg_run subscriber "CREATE TABLE instruments ($columns)"
    pg_run publisher 'COPY instruments FROM STDIN CSV HEADER' \
        <rows/instruments.csv
    pg_run publisher 'CREATE PUBLICATION instruments FOR TABLE instruments'
    pg_run publisher 'CHECKPOINT'
    pg_copies pg_s
    pg_run subscriber 'CREATE EXTENSION pg_trgm'
    pg_run subscriber "CREATE INDEX ON instruments USING gin
        (($(pg_text)) gin_trgm_ops)"
    pg_copies pg_text_s
}

# What a search goes over, as far as these columns have it.
pg_text() {
    printf "coalesce(\"%s\", '') || ' ' || " 仪器名称 英文名称 规格型号 生产制造商 \
        分类名称 主要技术指标 主要功能 主要学科领域 服务内容 典型成果 管理单位
    echo "coalesce(\"仪器编号\", '')"
}

pg_copies() { # figure
    local round start
    for ((round = 1; round <= ROUNDS; round++)); do
        say "PostgreSQL: first copy, $1, round $round"
        start=$(date +%s%N)
        pg_subscribe instruments
        until pg_has_all; do
            sleep 0.01
        done
        note "$1" "$(calc "($(date +%s%N) - $start) / 1e9" 3)"
        pg_run subscriber 'DROP SUBSCRIPTION instruments'
        pg_run subscriber 'TRUNCATE instruments'
    done
}

# --- What is printed. --------------------------------------------------------

format_line() { # format
    local own read again rows
    rows=$(rows_of "$1")
    own=$(per_s "$rows" "$(figure "$1_seconds")")
    read=$(per_s "$rows" "$(figure "$1_read_seconds")")
    again=$(per_s "$rows" "$(figure "$1_again_seconds")")
    printf '%-8s %9s %9s %8s %9s %8s %8s %8s\n' "$1" "$own" "$read" \
        "1:$(ratio "$read" "$own")" "$again" \
        "1:$(ratio "$(figure raw_puts)" "$own")" \
        "$(calc "$(figure "$1_cpu") / $(figure "$1_seconds")" 2)" \
        "$(figure "$1_memory_mb")"
}

print_import() {
    local format
    echo "$ROWS instruments as csv, $FEW else; $(figure bytes_of_entry) bytes" \
        "each on the wire; medians of $ROUNDS; $(nproc) cores," \
        "$(df --output=fstype . | tail -1)"
    echo
    printf '%-8s %9s %9s %8s %9s %8s %8s %8s\n' 'rows/s' imported 'file read' \
        '' unchanged 'to raw' cores MiB
    for format in "${FORMATS[@]}"; do
        format_line "$format"
    done
    echo
    line 'raw puts of the same entries, /s' "$(figure raw_puts)" '' \
        "$(figure puts_of_entry) puts an entry"
    line 'their hashing, /s' "$(figure raw_hashing)" '' ''
    echo 'cores and MiB are the command'"'"'s'
    [ "$LARGE" = 0 ] || line "memory at $LARGE rows, MiB" "$(figure large_memory_mb)" \
        "$(calc "$(figure large_node_mb)" 1)" \
        "command, node (idle $(calc "$(figure idle_mb)" 1)); with the \
store's pages"
}

print_sync() {
    local durable applied pg
    durable=$(figure sync_durable_s)
    applied=$(figure sync_applied_s)
    pg=$(figure pg_s)
    echo
    line 'first sync, s' durable applied ''
    line "from heluod's start" "$durable" "$applied" 'verified, too'
    line 'from its first entry on' \
        "$(calc "$durable - $(figure sync_first_s)" 3)" \
        "$(calc "$applied - $(figure sync_first_s)" 3)" ''
    line "PostgreSQL's initial copy" "$pg" "$pg" 'no index but the key'
    line "the receiver's code alone" \
        "$(calc "$(figure size) / $(figure receiver)" 3)" '' \
        'one thread, no calls'
    line 'until a search finds them all' "$(figure search_s)" '' \
        'from the start, with heluo-search'
    line "PostgreSQL's, with pg_trgm" "$(figure pg_text_s)" '' \
        'over the same texts'
    echo
    aim '4 s : until all are found' "$(ratio 4 "$(figure search_s)")" 1
    aim "PostgreSQL's with pg_trgm : until all are found" \
        "$(ratio "$(figure pg_text_s)" "$(figure search_s)")" 1
    aim "PostgreSQL's copy : durable" "$(ratio "$pg" "$durable")" 1
    aim "PostgreSQL's copy : applied" "$(ratio "$pg" "$applied")" 1
    aim '1.5 s : durable' "$(ratio 1.5 "$durable")" 1
    aim '1.5 s : applied' "$(ratio 1.5 "$applied")" 1
}

found_federation
: >figures
as_reader auto
for city in $A $B; do
    cp $city/journal.mark $city/first.mark
done
formats
raw_puts
first_sync
first_search
postgres
[ "$LARGE" = 0 ] || large
print_import
print_sync
