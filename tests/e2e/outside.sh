#!/usr/bin/env bash
# What outside.py sees of four nodes under load whom nothing happens to, and
# that it would see it if something were wrong: the checker of the long storms
# (bad_days.sh), in its short form.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"
export HELUO QUORUM
WRITERS=2

found_federation
for node in "${NODES[@]}"; do
    start_city "$node"
done
mkdir seen
watching outside.py watch seen "${NODES[@]}" >watched 2>&1 &
WATCH=$!
for city in "${CITIES[@]}"; do
    check "$city: writes" "$HAMMER" run "unix:$WORK/$city/heluo.sock" \
        "$city/records" "${HELUO_SEED:-1}" $WRITERS 400
    hold_all "$city" 400
done
has_seen() { [ "$(grep -c "\"$1\"" seen/seen)" -ge "$2" ]; }
eventually 60 has_seen receipt 3
eventually 60 python outside.py same seen "${NODES[@]}"
kill -TERM $WATCH
wait $WATCH || { cp watched out && fail 'what is seen breaks a rule'; }
program outside.py check seen "${NODES[@]}"
done_testing
