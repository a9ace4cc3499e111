#!/usr/bin/env bash
# Four nodes under load, and what a bad month brings, one after the other and on
# top of each other: kill -9, a process that stands still, lines that are down
# or lose one direction, a full disk, certificates that are renewed and revoked.
# ROUNDS of it; meanwhile bad_days.py looks at the journals from outside, and at
# the end all have the same, nothing acknowledged is missing, nothing is there
# twice, what is rebuilt equals what lives, and nobody is found fault with.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"
. "$HERE/network.sh"
ROUNDS=${ROUNDS:-10}
WRITERS=2
SEED=${HELUO_SEED:-1}
echo "bad days: $ROUNDS rounds, HELUO_SEED=$SEED"
RANDOM=$((SEED % 32768))
declare -A HAMMERS TALLY

# In this shell: a subshell's RANDOM would be the same each time.
pick() { PICKED=${*:$((RANDOM % $# + 1)):1}; }
pause() { sleep "$((RANDOM % $1)).$((RANDOM % 10))"; }

# --- what happens to a node

kill_9() {
    end_city KILL "$1"
    pause 3
    start_city "$1"
}

stand_still() { # longer than a keepalive, or not
    kill -STOP "${PID[$1]}"
    pause 6
    kill -CONT "${PID[$1]}"
}

line_down() {
    line "$1" down
    pause 8
    line "$1" up
}

one_direction() {
    PICKED=$1
    while [ "$PICKED" = "$1" ]; do pick "${NODES[@]}"; done
    lose "$1" "$PICKED"
    pause 8
    find_again "$1" "$PICKED"
}

full_disk() {
    echo 'fallocate ENOSPC data.mdb' >"$1/fault"
    pause 5
    rm "$1/fault"
}

put_certificate() { # NODE: what was made as NODE/new is taken over in a second
    mv "$1/new.key" "$1/node.key"
    mv "$1/new.crt" "$1/node.crt"
}

renew() {
    quietly "$HELUO" ca renew --dir ca --cert "$1/node.crt" --out "$1/new"
    put_certificate "$1"
}

revoke() {
    quietly "$HELUO" ca revoke --dir ca --cert "$1/node.crt"
    pause 5
    quietly "$HELUO" ca issue --dir ca --node "$1" --out "$1/new"
    put_certificate "$1"
}

# While it is cut off, it is killed as well.
killed_while_cut_off() {
    line "$1" down
    pause 3
    kill_9 "$1"
    pause 3
    line "$1" up
}

HAPPENINGS=(kill_9 kill_9 stand_still line_down one_direction full_disk renew
    revoke killed_while_cut_off)

# --- what is seen

look() { check 'nothing shrinks' python bad_days.py "$WORK/seen" "${NODES[@]}"; }
all_same() { python bad_days.py "$WORK/seen" --same "${NODES[@]}"; }

count_of() {
    at "$1" journal list | awk -v o="$ALLIANCE/$2" '$1 == o { print $2 }'
}

# --- the storm

make_network
found_federation
for node in "${NODES[@]}"; do
    printf '%s\n' 'keepalive_ms = 1000' 'reload_interval_s = 1' \
        'admission_interval_s = 1' >>"$node/heluod.conf"
    BEHIND[$node]+=" env LD_PRELOAD=$FAULT FAULT_FILE=$WORK/$node/fault"
    BEHIND[$node]+=" ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0"
    start_city "$node"
done
for city in "${CITIES[@]}"; do
    "$HAMMER" run "unix:$WORK/$city/heluo.sock" "$city/records" \
        "$SEED" $WRITERS 0 >"$city/hammered" &
    HAMMERS[$city]=$!
done
for ((round = 0; round < ROUNDS; round++)); do
    pick "${HAPPENINGS[@]}"
    happening=$PICKED
    pick "${NODES[@]}"
    echo "$((round + 1)): $happening at $PICKED"
    TALLY[$happening]=$((${TALLY[$happening]:-0} + 1))
    "$happening" "$PICKED"
    look
done
for city in "${CITIES[@]}"; do
    kill -TERM "${HAMMERS[$city]}"
    wait "${HAMMERS[$city]}" || {
        cp "$city/hammered" out
        fail "$city: the writers met an answer that no retry mends"
    }
done

# --- the calm

for city in "${CITIES[@]}"; do
    size=$(count_of "$city" "$city")
    [ "$size" -gt "$ROUNDS" ] || fail "$city: hardly any load"
    hold_all "$city" "$size"
    check "$city: acknowledged, and once" "$HAMMER" verify \
        "unix:$WORK/$city/heluo.sock" "$city/records"
    echo "bad days: $city: $(head -1 out)"
done
eventually 60 all_same
for node in "${NODES[@]}"; do
    for city in "${CITIES[@]}"; do
        check "$node verifies $city" at "$node" journal verify \
            --origin "$ALLIANCE/$city" --charter v1.charter
    done
    check "$node: what is rebuilt equals what lives" at "$node" rebuild --check
    grep -q ' 0 different' out || fail "$node: $(cat out)"
    refuse 'nobody is accused, or computes otherwise' \
        grep -E 'event=(peer\.fault|evidence|digest)' "$node/log" \
        "$node/log.before"
    end_city TERM "$node"
done
for happening in "${!TALLY[@]}"; do
    echo "bad days: $happening ${TALLY[$happening]}"
done
done_testing
