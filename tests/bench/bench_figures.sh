# SPDX-License-Identifier: Apache-2.0
# Sourced by the benchmarks of two nodes, A and B, after world.sh and
# alliance.sh: their figures, and the nodes. PROGRAMS is where programs are.

# --- Figures: lines of a name and a number; a name may come again. -----------

say() { echo "$*" >&2; }
note() { echo "$1 $2" >>figures; }

# from FILE NAME: of what a program printed.
from() { awk -v n="$2" '$1 == n { print $2 }' "$1"; }

# figure NAME: the median.
figure() {
    awk -v n="$1" '$1 == n { print $2 }' figures | sort -g |
        awk '{ v[NR] = $1 } END { print NR ? v[int((NR + 1) / 2)] : "-" }'
}

# take PREFIX FILE NAME...: notes what a program printed.
take() {
    local name
    for name in "${@:3}"; do
        note "$1$name" "$(from "$2" "$name")"
    done
}

calc() { awk "BEGIN { printf \"%.${2:-0}f\", $1 }"; }

# --- Nodes. ------------------------------------------------------------------

socket_of() { echo "unix:$WORK/$1/heluo.sock"; }

sync() { "$PROGRAMS/bench_sync" "$@" 2>err || fail "bench_sync $*"; }

# as_keepers ZLIB: as a node is. Of a backlog B has nothing, each time anew, and
# so no mirror key: a keeper's store must not be set back.
as_keepers() {
    configure $A 'rate_per_s = 0' "segment_zlib = $1"
    configure $B 'rate_per_s = 0' "segment_zlib = $1"
}
as_reader() {
    as_keepers "$1"
    sed -i '/^mirror/d' $B/heluod.conf
}

# restart CITY: with the configuration of the moment.
restart() {
    [ -z "${PID[$1]:-}" ] || end_city TERM "$1"
    start_city "$1"
}

# await SIZE START_NS PREFIX: B has so many entries of A's on its disk, and
# applied; notes the seconds since START_NS.
await() {
    sync await "$(socket_of $B)" $ALLIANCE/$A "$1" >awaited
    note "$3durable_s" "$(calc "($(from awaited durable_ns) - $2) / 1e9" 3)"
    note "$3applied_s" "$(calc "($(from awaited applied_ns) - $2) / 1e9" 3)"
    note "$3first_s" "$(calc "($(from awaited first_ns) - $2) / 1e9" 3)"
}

# --- Printing. -------------------------------------------------------------

# per_s COUNT SECONDS
per_s() { calc "$1 / $2"; }

# ratio OVER UNDER
ratio() { calc "$1 / $2" 2; }

line() { printf '%-34s %10s %10s  %s\n' "$@"; }

# aim TEXT RATIO WANTED
aim() {
    printf '%-58s %8s  %s\n' "$1" "$2" "$(awk -v r="$2" -v w="$3" \
        'BEGIN { print (r >= w) ? "met" : "not met" }') (aim $3)"
}
