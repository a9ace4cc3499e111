#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two nodes over mutual TLS, beside the raw limits and beside PostgreSQL:
# bench_sync.sh PROGRAMS [ENTRIES [ROUNDS]]. Everything lies in new folders below
# TMPDIR, which should be on a disk, and is gone when it ends.
PROGRAMS=$(realpath "$1")
ENTRIES=${2:-100000}
ROUNDS=${3:-3}
HELUO=$PROGRAMS/heluo
HELUOD=$PROGRAMS/heluod
. "$(dirname "$0")/../e2e/world.sh"
. "$HERE/alliance.sh"
. "$HERE/../bench/bench_postgres.sh"
. "$HERE/../bench/bench_figures.sh"
trap 'pg_clean_up; clean_up' EXIT
trap 'exit 1' INT TERM HUP

A=zhengzhou # writes
B=luoyang   # follows
NODES=("$B" "$A")
QUORUM=1
RATES=(1 100 1000)
SECONDS_OF=([1]=20 [100]=10 [1000]=10)
LIVE_SECONDS=5
OUTAGE_SECONDS=5
PG_CLIENTS=16

# --- What is measured. -------------------------------------------------------

fill() {
    local size
    say "filling a journal with $ENTRIES entries"
    as_reader never
    restart $A
    sync fill "$(socket_of $A)" "$ENTRIES" >filled
    take fill_ filled per_s
    size=$(from filled size)
    note size "$size"
    end_city TERM $A
}

raw_limits() {
    local round
    for ((round = 1; round <= ROUNDS; round++)); do
        say "raw limits, round $round"
        mkdir raw
        sync raw_store $A/store $ALLIANCE/$A raw >limits
        take '' limits raw_hashing raw_puts raw_zlib zlib_ratio receiver \
            bytes_of_entry puts_of_entry put_bytes_of_entry entries_of_commit
        rm -rf raw
        sync raw_wire $A/store $ALLIANCE/$A . >limits
        take '' limits raw_wire
    done
}

backlog() {
    local round zlib start
    for ((round = 1; round <= ROUNDS; round++)); do
        for zlib in never always; do
            say "backlog, zlib $zlib, round $round"
            as_reader $zlib
            restart $A
            rm -f $B/store/*
            start=$(date +%s%N)
            start_city $B
            await "$(figure size)" "$start" "backlog_${zlib}_"
            end_city TERM $B
        done
    done
}

# live PREFIX KIND: A takes writes as fast as it can; B follows.
live() {
    say "live, $2, $1"
    sync "$2" "$(socket_of $A)" $LIVE_SECONDS >lived
    take "$1" lived per_s written
    [ -n "${PID[$B]:-}" ] || return 0
    await "$(from lived size)" "$(from lived start_ns)" "$1"
    note "$1lag_ms" "$(calc \
        "($(from awaited durable_ns) - $(from lived end_ns)) / 1e6" 1)"
}

live_all() {
    local zlib kind
    as_keepers never
    restart $A
    for kind in puts batches; do
        live "alone_${kind}_" $kind
    done
    for zlib in never always; do
        as_keepers $zlib
        restart $A
        restart $B
        await "$(from lived size)" 0 ready_
        for kind in puts batches; do
            live "live_${zlib}_${kind}_" $kind
        done
    done
    as_keepers auto
    restart $A
    restart $B
    await "$(from lived size)" 0 ready_
}

latencies() {
    local rate
    for rate in "${RATES[@]}"; do
        say "latency at $rate writes a second"
        sync latency "$(socket_of $A)" "$(socket_of $B)" "$rate" \
            "${SECONDS_OF[$rate]}" >latency
        take "latency_${rate}_" latency visible_p50_us visible_p99_us \
            acknowledged_p50_us acknowledged_p99_us rate
    done
}

# B is away while A takes writes, and comes back while A still does.
outage() {
    local writing before start size
    say "an outage of $OUTAGE_SECONDS s under load"
    before=$(sync size "$(socket_of $A)" $ALLIANCE/$A | awk '{ print $2 }')
    end_city TERM $B
    sync puts "$(socket_of $A)" $((3 * OUTAGE_SECONDS)) >lived &
    writing=$!
    sleep $OUTAGE_SECONDS
    size=$(sync size "$(socket_of $A)" $ALLIANCE/$A | awk '{ print $2 }')
    start=$(date +%s%N)
    start_city $B
    await "$size" "$start" outage_
    note outage_missed $((size - before))
    wait $writing || fail 'the writes of the outage'
}

postgres() {
    local rate round start publisher subscriber
    local program=$PROGRAMS/bench_postgres
    say 'PostgreSQL: two clusters'
    pg_found
    publisher=$(pg_target publisher)
    subscriber=$(pg_target subscriber)
    check 'warm up' "$program" fill "$publisher" 2000 $PG_CLIENTS
    check 'warm up' "$program" await "$subscriber" 2000
    for ((round = 1; round <= ROUNDS; round++)); do
        say "PostgreSQL: catch-up, round $round"
        pg_run publisher 'TRUNCATE units'
        eventually 30 pg_is_empty
        pg_stop subscriber fast
        check 'fill' "$program" fill "$publisher" "$ENTRIES" $PG_CLIENTS
        take pg_fill_ out per_s
        start=$(date +%s%N)
        pg_start subscriber
        check 'await' "$program" await "$subscriber" "$ENTRIES"
        note pg_applied_s "$(calc "($(from out applied_ns) - $start) / 1e9" 3)"
        note pg_first_s "$(calc "($(from out first_ns) - $start) / 1e9" 3)"
    done
    for rate in "${RATES[@]}"; do
        say "PostgreSQL: latency at $rate commits a second"
        check 'latency' "$program" latency "$publisher" "$subscriber" "$rate" \
            "${SECONDS_OF[$rate]}"
        take "pg_${rate}_" out visible_p50_us visible_p99_us \
            acknowledged_p50_us acknowledged_p99_us
    done
}

pg_is_empty() {
    [ "$(pg_run subscriber 'SELECT count(*) FROM units')" = 0 ]
}

# --- What is printed. --------------------------------------------------------

# since_first PREFIX WHAT: seconds, without the start and the dialling.
since_first() { calc "$(figure "$1$2_s") - $(figure "$1first_s")" 3; }

backlog_line() { # text, zlib
    line "$1" "$(per_s "$(figure size)" "$(figure "backlog_$2_durable_s")")" \
        "$(per_s "$(figure size)" "$(figure "backlog_$2_applied_s")")" ''
}

live_line() { # text, prefix, prefix alone
    local written
    written=$(figure "$2written")
    line "$1" "$(per_s "$written" "$(figure "$2durable_s")")" \
        "$(per_s "$written" "$(figure "$2applied_s")")" \
        "$(figure "$2lag_ms") ms behind at the end; alone $(figure "$3per_s")"
}

print_rates() {
    echo "$(figure size) units, $(figure bytes_of_entry) bytes each on the" \
        "wire; medians of $ROUNDS; $(nproc) cores," \
        "$(df --output=fstype . | tail -1)"
    echo
    line 'entries a second' durable applied ''
    backlog_line "backlog, from heluod's start" never
    backlog_line "backlog, from heluod's start, zlib" always
    line 'backlog, from its first entry on' \
        "$(per_s "$(figure size)" "$(since_first backlog_never_ durable)")" \
        "$(per_s "$(figure size)" "$(since_first backlog_never_ applied)")" ''
    live_line 'live, single writes' live_never_puts_ alone_puts_
    live_line 'live, single writes, zlib' live_always_puts_ alone_puts_
    live_line 'live, batches' live_never_batches_ alone_batches_
    live_line 'live, batches, zlib' live_always_batches_ alone_batches_
    line "PostgreSQL, from its start" - \
        "$(per_s "$ENTRIES" "$(figure pg_applied_s)")" \
        'visible; its apply does not wait for the disk'
    line 'PostgreSQL, from its first row on' - \
        "$(per_s "$ENTRIES" "$(since_first pg_ applied)")" ''
    echo
    line 'raw limits' entries/s '' ''
    line 'hashing leaves and nodes' "$(figure raw_hashing)" '' ''
    line 'the same bytes and puts, LMDB' "$(figure raw_puts)" '' \
        "$(figure puts_of_entry) puts, $(figure put_bytes_of_entry) bytes an \
entry; $(figure entries_of_commit) entries a commit"
    line 'the same bytes, gRPC and TLS' "$(figure raw_wire)" '' ''
    line 'zlib level 1' "$(figure raw_zlib)" '' \
        "$(figure zlib_ratio) times shorter"
    line "the receiver's code, one thread" "$(figure receiver)" '' \
        'without engine, calls and threads'
    echo
    echo "outage: $(figure outage_missed) entries missed; durable" \
        "$(figure outage_durable_s) s and applied $(figure outage_applied_s) s" \
        "after heluod's start, under load"
}

print_latencies() {
    local rate
    echo
    printf '%-34s %10s %10s %10s %10s\n' 'visible at the partner, us' p50 p99 \
        'PG p50' 'PG p99'
    for rate in "${RATES[@]}"; do
        printf '%-34s %10s %10s %10s %10s\n' "at $rate writes a second" \
            "$(figure "latency_${rate}_visible_p50_us")" \
            "$(figure "latency_${rate}_visible_p99_us")" \
            "$(figure "pg_${rate}_visible_p50_us")" \
            "$(figure "pg_${rate}_visible_p99_us")"
        printf '%-34s %10s %10s %10s %10s\n' '  its acknowledgement' \
            "$(figure "latency_${rate}_acknowledged_p50_us")" \
            "$(figure "latency_${rate}_acknowledged_p99_us")" \
            "$(figure "pg_${rate}_acknowledged_p50_us")" \
            "$(figure "pg_${rate}_acknowledged_p99_us")"
    done
    echo 'from the acknowledgement on; at PostgreSQL by polling each 0.1 ms'
}

print_aims() {
    local slowest durable applied pg rate
    slowest=$(for rate in hashing puts wire; do
        figure raw_$rate
    done | sort -g | head -1)
    durable=$(per_s "$(figure size)" "$(figure backlog_never_durable_s)")
    applied=$(per_s "$(figure size)" "$(figure backlog_never_applied_s)")
    pg=$(per_s "$ENTRIES" "$(figure pg_applied_s)")
    echo
    # What is applied has the puts of the projection in it, as the limit has.
    aim 'backlog, applied : slowest raw limit' "$(ratio "$applied" "$slowest")" \
        0.5
    aim "backlog, durable : PostgreSQL's catch-up" \
        "$(ratio "$durable" "$pg")" 5
    aim "backlog, applied : PostgreSQL's catch-up" \
        "$(ratio "$applied" "$pg")" 5
    for rate in "${RATES[@]}"; do
        aim "PostgreSQL's p50 : visible p50, at $rate a second" \
            "$(ratio "$(figure "pg_${rate}_visible_p50_us")" \
                "$(figure "latency_${rate}_visible_p50_us")")" 1
    done
}

found_federation
: >figures
fill
raw_limits
backlog
live_all
latencies
outage
end_city TERM $A
end_city TERM $B
postgres
print_rates
print_latencies
print_aims
