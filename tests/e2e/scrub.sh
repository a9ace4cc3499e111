#!/usr/bin/env bash
# Disks change bytes. A node of an alliance has them back from its partners; a
# node alone says what it cannot have.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"
SEED=${HELUO_SEED:-1}
echo "scrub: HELUO_SEED=$SEED"

# start_spoilt CITY WHAT...: flips bits in its store, which is not open (see
# spoil.py), and starts it. Where it reads at once what was hit, it says so and
# does not start: then others are hit.
start_spoilt() {
    local city=$1 try
    cp "$city/store/data.mdb" whole.mdb
    cat "$city/log" >>"$city/log.before"
    for try in 1 2 3 4 5 6 7 8; do
        cp whole.mdb "$city/store/data.mdb"
        python spoil.py "$city/store/data.mdb" "$((SEED * 8 + try))" \
            "${@:2}" >>spoilt || fail "spoil $*"
        : >"$city/log"
        "$HELUOD" --config "$city/heluod.conf" 2>>"$city/log" &
        PID[$city]=$!
        until grep -q 'event=ready' "$city/log"; do
            kill -0 "${PID[$city]}" 2>/dev/null || break
            sleep 0.02
        done
        ! grep -q 'event=ready' "$city/log" || return
        grep -q 'stored data is damaged' "$city/log" || fail_city "$city" "$*"
    done
    fail_city "$city" "it never starts: $*"
}

# scrubbed CITY ERROR TEXT: how a scrub of that node ends, and what it says.
scrubbed() {
    local wanted
    wanted=$(code "$2") || exit 1
    at "$1" scrub "${@:4}" >out 2>err
    local status=$?
    cp "$1/log" log
    [ $status = "$wanted" ] || fail "scrub of $1: exit $status, not $wanted"
    cat out err | grep -qF -- "$3" || fail "scrub of $1 does not say '$3'"
    CHECKS=$((CHECKS + 1))
}

listed() { at "$1" unit list --retired --json; }

found_federation
for city in "${NODES[@]}"; do
    start_city "$city"
done
for city in zhengzhou luoyang; do
    check "units of $city" "$HAMMER" run "unix:$WORK/$city/heluo.sock" \
        records "$SEED" 8 600
done
for city in zhengzhou luoyang; do
    hold_all "$city" 600
done
listed zhengzhou >good || fail 'list'
scrubbed zhengzhou HL_OK ' 0 damages found'

# --- Partners have what the disk lost: of their journals, and of ours.

for what in 'value entries 2' 'key entries 1' 'value tiles 2' 'key tiles 1' \
    'value rows 3' 'key rows 1' 'value commands 1' 'value digests 1' \
    'value entries 1 value tiles 1 value rows 1'; do
    end_city TERM zhengzhou
    # shellcheck disable=SC2086
    start_spoilt zhengzhou $what
    eventually 60 at zhengzhou status
    # A partner that is not reached yet has nothing to give.
    eventually 60 sh -c "HELUO_SOCKET=$WORK/zhengzhou/heluo.sock '$HELUO' \
        peer list | grep -c ' up' | grep -qx 3"
    scrubbed zhengzhou HL_OK '(repaired)'
    scrubbed zhengzhou HL_OK ' 0 damages found'
    listed zhengzhou >again || fail "list after $what"
    cmp -s good again || fail "another list after $what"
    check "verify after $what" at zhengzhou journal verify \
        --charter v1.charter
    check "rebuild after $what" at zhengzhou rebuild --check
done
check 'it is in the log' grep -q 'event=scrub.repaired' zhengzhou/log
check 'it writes on' put_at zhengzhou 77 '郑州第七中学'
hold_all zhengzhou 601

# --- Two at once; one that ends with the process.

at zhengzhou scrub >first 2>&1 &
first=$!
scrubbed zhengzhou HL_OK ' 0 damages found'
wait "$first" || fail 'the first of two'
check 'both end' grep -q ' 0 damages found' first
end_city TERM zhengzhou
start_city zhengzhou
for _ in 1 2; do
    at zhengzhou scrub >/dev/null 2>&1 &
    until grep -q 'event=scrub.begun' zhengzhou/log; do
        sleep 0.005
    done
    end_city KILL zhengzhou
    check 'it was not done' sh -c '! grep -q event=scrub.ended zhengzhou/log'
    start_city zhengzhou
done
cp zhengzhou/log log
check 'two of them are told' grep -q 'event=scrub.off' zhengzhou/log
at zhengzhou status --lang en >said 2>&1
check 'status too' grep -q 'none begins by itself' said
scrubbed zhengzhou HL_OK ' 0 damages found'
refuse 'until one ends' sh -c "HELUO_SOCKET=$WORK/zhengzhou/heluo.sock \
    '$HELUO' status --lang en | grep -q 'by itself'"

# --- A node alone.

for city in "${NODES[@]}"; do
    end_city TERM "$city"
done
start_spoilt zhengzhou value entries 1 value rows 2
scrubbed zhengzhou HL_EDAMAGED 'are missing or changed; connect a node'
scrubbed zhengzhou HL_EDAMAGED '请连通持有该日志的节点' --lang zh
scrubbed zhengzhou HL_EDAMAGED '"repaired": false' --json
check 'status says so' sh -c "HELUO_SOCKET=$WORK/zhengzhou/heluo.sock \
    '$HELUO' status --lang en >said; grep -q 'could not be repaired' said"
check 'and the log' grep -q 'event=scrub.damaged' zhengzhou/log
# What it has left of partners' and its own journals is whole when they are
# back.
for city in alliance luoyang; do
    start_city "$city"
done
eventually 60 sh -c "HELUO_SOCKET=$WORK/zhengzhou/heluo.sock '$HELUO' \
    peer list | grep -c ' up' | grep -qx 2"
scrubbed zhengzhou HL_OK '(repaired)'
scrubbed zhengzhou HL_OK ' 0 damages found'
done_testing
