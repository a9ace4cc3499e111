#!/usr/bin/env bash
# Four nodes under load, and what a bad month brings, one after the other and on
# top of each other: kill -9, a process that stands still, lines that are down
# or lose one direction, a full disk, certificates that are renewed and revoked,
# clocks that are set wrong and right again. ROUNDS of it; meanwhile outside.py
# holds what nodes publish against their journals, and at the end all have the
# same, nothing acknowledged is missing, nothing is there twice, what is rebuilt
# equals what lives, and nobody is found fault with.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"
. "$HERE/network.sh"
ROUNDS=${ROUNDS:-10}
WRITERS=2
SEED=${HELUO_SEED:-1}
echo "bad days: $ROUNDS rounds, HELUO_SEED=$SEED"
RANDOM=$((SEED % 32768))
declare -A HAMMERS TALLY
export HELUO QUORUM
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0

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
    long_ago "$HELUO" ca renew --dir ca --cert "$1/node.crt" --out "$1/new"
    put_certificate "$1"
}

revoke() {
    long_ago "$HELUO" ca revoke --dir ca --cert "$1/node.crt"
    pause 5
    long_ago "$HELUO" ca issue --dir ca --node "$1" --out "$1/new"
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

# --- what happens to a clock

# The alliance began three days ago, and who certifies works by that clock: so
# certificates have begun, and their list has not ended, while a clock is a day
# or two off.
long_ago() { LD_PRELOAD=$FAULT CLOCK_FILE=$WORK/long_ago quietly "$@"; }

set_clock() { # NODE SECONDS: it is that far ahead
    echo "$2" >"$1/clock.new"
    mv "$1/clock.new" "$1/clock"
}

set_right() { rm "$1/clock"; }

# off FROM TO UNIT: a number of seconds between, of that many each; ahead, or
# behind.
off() {
    pick 1 -1
    OFF=$((PICKED * ($1 + RANDOM % ($2 - $1 + 1)) * $3))
}

# A coordinator's node writes nothing; it keeps.
put_there() {
    [ "$1" = alliance ] || put_at "$1" 1 '钟' --timeout 5
}
refuses() {
    at "$1" status 2>&1 | grep -q '^WRITES REFUSED: HL_ECLOCK' || return
    [ "$1" != alliance ] || return 0
    put_there "$1"
    [ $? = "$CLOCK_CODE" ]
}
reaches_all() { at "$1" status | grep -q '^partners  *3 of 3 reached'; }
reaches_nobody() { at "$1" status | grep -q '^partners  *0 of 3 reached'; }

says() { at "$1" status 2>&1 | grep -q "$2" || fail "$1 does not say: $2"; }

clock_seconds() { # what is no jump: writes go on
    off 1 250 1
    set_clock "$1" "$OFF"
    eventually 30 put_there "$1"
    pause 3
    set_right "$1"
    eventually 30 put_there "$1"
}

clock_jumps() { # all else goes on meanwhile
    set_clock "$1" "$OFF"
    eventually 20 refuses "$1"
    eventually 30 reaches_all "$1"
    pause 3
    set_right "$1"
    eventually 30 put_there "$1"
}

clock_hours() { off 1 20 3600 && clock_jumps "$1"; }
clock_days() { off 25 60 3600 && clock_jumps "$1"; }

# Nobody sees it jump, and it is within a day: writes go on, and also when it
# jumps to where partners say that it is right.
started_hours_off() {
    off 1 20 3600
    set_clock "$1" "$OFF"
    kill_9 "$1"
    eventually 30 put_there "$1"
    pause 6
    set_right "$1"
    eventually 60 put_there "$1"
}

# Whether they are refused depends on who was heard first.
started_days_off() {
    off 25 60 3600
    set_clock "$1" "$OFF"
    kill_9 "$1"
    pause 8
    set_right "$1"
    eventually 60 put_there "$1"
}

# gRPC's own timers stand still for as long as a clock was set back.
cut_off_set_back() {
    set_clock "$1" -$(((1 + RANDOM % 20) * 3600))
    eventually 20 refuses "$1"
    line "$1" down
    pause 8
    line "$1" up
    eventually 60 reaches_all "$1"
    set_right "$1"
    eventually 30 put_there "$1"
}

# Certificates have not begun yet, or all has ended.
clock_beyond() {
    off 40 80 86400
    set_clock "$1" "$OFF"
    eventually 30 reaches_nobody "$1"
    eventually 20 refuses "$1"
    [ "$OFF" -lt 0 ] || says "$1" 'the revocation list has ended'
    set_right "$1"
    eventually 60 reaches_all "$1"
    eventually 30 put_there "$1"
}

CLOCKS=(clock_seconds clock_hours clock_days started_hours_off started_days_off
    cut_off_set_back clock_beyond)
HAPPENINGS=(kill_9 kill_9 stand_still line_down one_direction full_disk renew
    revoke killed_while_cut_off "${CLOCKS[@]}")

# --- what is seen

# It ends where it sees a rule broken.
look() {
    kill -0 "$WATCH" 2>/dev/null || watched_enough
    CHECKS=$((CHECKS + 1))
}

watched_enough() {
    kill -TERM "$WATCH" 2>/dev/null
    wait "$WATCH" || {
        cp watched out
        fail 'what is seen from outside breaks a rule'
    }
}

all_same() { python outside.py same seen "${NODES[@]}"; }

count_of() {
    at "$1" journal list | awk -v o="$ALLIANCE/$2" '$1 == o { print $2 }'
}

# --- the storm

make_network
CLOCK_CODE=$(code HL_ECLOCK) || exit 1
echo -$((3 * 86400)) >long_ago
LD_PRELOAD=$FAULT CLOCK_FILE=$WORK/long_ago found_federation
for node in "${NODES[@]}"; do
    printf '%s\n' 'keepalive_ms = 1000' 'reload_interval_s = 1' \
        'admission_interval_s = 1' >>"$node/heluod.conf"
    BEHIND[$node]+=" env LD_PRELOAD=$FAULT FAULT_FILE=$WORK/$node/fault"
    BEHIND[$node]+=" CLOCK_FILE=$WORK/$node/clock"
    start_city "$node"
done
for city in "${CITIES[@]}"; do
    "$HAMMER" run "unix:$WORK/$city/heluo.sock" "$city/records" \
        "$SEED" $WRITERS 0 >"$city/hammered" &
    HAMMERS[$city]=$!
done
mkdir seen
watching outside.py watch seen "${NODES[@]}" >watched 2>&1 &
WATCH=$!
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
watched_enough
cat watched
program outside.py check seen "${NODES[@]}"
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
