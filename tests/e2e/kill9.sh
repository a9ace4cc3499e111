#!/usr/bin/env bash
# The node is killed at any moment under load, ROUNDS times: nothing
# acknowledged is missing, nothing is there twice, the journal verifies, and
# what is rebuilt from it equals what lives.
. "$(dirname "$0")/world.sh"
ROUNDS=${ROUNDS:-10}
WRITERS=16
SEED=${HELUO_SEED:-1}
echo "kill9: $ROUNDS rounds, HELUO_SEED=$SEED"
RANDOM=$((SEED % 32768))

is_writable() { "$HELUO" status --json | grep -q '"writable": true'; }

found_alliance
write_config
start_node
"$HAMMER" run "unix:$HELUO_SOCKET" records "$SEED" $WRITERS 0 >hammered &
HAMMER_PID=$!
for ((round = 0; round < ROUNDS; round++)); do
    # Early in a round the writers come back, later all of them are at work.
    sleep "0.$(printf '%03d' $((RANDOM % 600)))"
    kill_node
    if ((RANDOM % 3 == 0)); then
        # And again before it serves, if it is that late.
        "$HELUOD" --config heluod.conf 2>>log &
        NODE_PID=$!
        sleep "0.0$((10 + RANDOM % 40))"
        kill_node
    fi
    start_node
    eventually 10 is_writable
done
kill -TERM $HAMMER_PID
wait $HAMMER_PID || fail 'the writers met an answer that no retry mends'

check 'acknowledged, and once' "$HAMMER" verify "unix:$HELUO_SOCKET" records
sed 's/^/kill9: /' hammered out
read -r _ entries _ acknowledged _ <out
# Each id was asked for until it was acknowledged, so nothing else is there.
[ "$entries" = "$acknowledged" ] || fail 'entries that were not acknowledged'
[ "$entries" -gt $((ROUNDS * WRITERS)) ] || fail 'hardly any load'
expect HL_OK 'verified' journal verify --charter v1.charter
expect HL_OK ' 0 different' rebuild --check
stop_node
done_testing
