#!/usr/bin/env bash
# A call on a file fails while a node starts, or while a backup is made or
# restored: the program goes on, or ends with an error that is in the table and
# says what and where, never of a signal; and without the fault nothing that was
# acknowledged is missing. Each EVERY-th call is tried, with each error that it
# can answer, from one that HELUO_SEED gives.
. "$(dirname "$0")/world.sh"
SEED=${HELUO_SEED:-1}
EVERY=${EVERY:-$([ -n "${SANITIZED:-}" ] && echo 24 || echo 8)}
UNITS=3
TRIED=0
ENDED=0
echo "errors: every call of $EVERY, HELUO_SEED=$SEED"

# What is not of the node lies elsewhere: calls on it do not fail.
ASIDE=$(mktemp -d)
trap 'rm -rf "$ASIDE"; clean_up' EXIT

WITH_FAULT=(env LD_PRELOAD="$FAULT" FAULT_FILE="$ASIDE/fault"
    ASAN_OPTIONS="${ASAN_OPTIONS:-}:verify_asan_link_order=0")

# judge STATUS: of a program that ended, whose words are in $ASIDE/said.
judge() {
    [ "$1" -lt 126 ] || fail "$RULE ($MET): ended with $1: $(cat "$ASIDE/said")"
    ! grep -q 'AddressSanitizer\|LeakSanitizer\|runtime error' "$ASIDE/said" ||
        fail "$RULE ($MET): $(cat "$ASIDE/said")"
    [ "$1" != 0 ] || return 0
    ENDED=$((ENDED + 1))
    "$HELUO" errors | awk -v code="$1" '$1 == code { found = 1 }
        END { exit !found }' || fail "$RULE ($MET): no error has the code $1"
    grep -qE '^heluod?( [a-z]+)?: .+: .+: .+' "$ASIDE/said" ||
        fail "$RULE ($MET): does not say what and where: $(cat "$ASIDE/said")"
}

met() { MET=$(cat "$ASIDE/fault.hit" 2>/dev/null); }

# Puts the node's files back as they were when its units were written.
as_before() {
    rm -rf store backup
    cp -r "$ASIDE/store" store
    cp "$ASIDE/journal.mark" journal.mark
}

# Without a fault: all units are there, and one more can be written.
goes_on() {
    rm -f "$ASIDE/fault" "$ASIDE/fault.hit"
    start_node
    "$HELUO" unit list >out 2>err || fail "$RULE ($MET): the list"
    [ "$(grep -c '^nrii:' out)" = $UNITS ] || fail "$RULE ($MET): units"
    check "$RULE ($MET): one more" put_unit 99 '九十九'
    stop_node
}

# The node with a fault: until it serves, or ends. It may need to be stopped.
start_up() {
    local status=0 until=$((SECONDS + 20))
    as_before
    : >"$ASIDE/said"
    "${WITH_FAULT[@]}" "$HELUOD" --config heluod.conf >"$ASIDE/said" 2>&1 &
    NODE_PID=$!
    until grep -q 'event=ready' "$ASIDE/said"; do
        kill -0 $NODE_PID 2>/dev/null || break
        [ $SECONDS -lt $until ] || fail "$RULE: neither ready nor ended"
        sleep 0.01
    done
    kill -TERM $NODE_PID 2>/dev/null
    while kill -0 $NODE_PID 2>/dev/null; do
        [ $SECONDS -lt $until ] || fail "$RULE: it does not end"
        sleep 0.01
    done
    wait $NODE_PID
    status=$?
    NODE_PID=
    met
    judge $status
}

back_up() {
    as_before
    "${WITH_FAULT[@]}" "$HELUO" backup --config heluod.conf --out backup >out \
        2>"$ASIDE/said"
    local status=$?
    met
    judge $status
    [ $status != 0 ] || [ -f backup/data.mdb ] || fail "$RULE: no backup"
}

restore() {
    as_before
    rm -rf store/*
    "${WITH_FAULT[@]}" "$HELUO" restore --config heluod.conf "$ASIDE/backup" >out \
        2>"$ASIDE/said"
    local status=$?
    met
    judge $status
    # Once more, as its operator does: it is there, or it comes.
    rm -f "$ASIDE/fault"
    [ -f store/data.mdb ] ||
        check "$RULE ($MET): again" "$HELUO" restore --config heluod.conf \
            "$ASIDE/backup"
}

# at_each WORK WHAT: until WORK does not come to the call any more.
at_each() {
    local call=any place=$WORK/ at=$((SEED % EVERY))
    MET=
    [ "$2" != sockets ] || { call=socket place='*'; }
    while :; do
        RULE="$call ${2/sockets/EMFILE} $place $at 1"
        echo "$RULE" >"$ASIDE/fault"
        rm -f "$ASIDE/fault.hit"
        "$1"
        [ -n "$MET" ] || break
        goes_on
        TRIED=$((TRIED + 1))
        at=$((at + EVERY))
    done
    echo "errors: $1, $2: $at calls"
}

found_alliance
write_config 'reserve_bytes = 1048576'
start_node
for ((i = 0; i < UNITS; i++)); do
    check 'a unit' put_unit $i "第$i"
done
stop_node
cp -r store "$ASIDE/store"
cp journal.mark "$ASIDE/journal.mark"
check 'a backup' "$HELUO" backup --config heluod.conf --out "$ASIDE/backup"

for work in start_up back_up restore; do
    for what in EIO ENOSPC EMFILE short; do
        at_each $work $what
    done
done
at_each start_up sockets
echo "errors: $TRIED calls failed, $ENDED times the program ended with an error"
CHECKS=$((CHECKS + TRIED))
done_testing
