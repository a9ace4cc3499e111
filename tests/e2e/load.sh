#!/usr/bin/env bash
# Reload and end under load (load.py): it ends in order and in time, and what
# was acknowledged is there afterwards.
. "$(dirname "$0")/world.sh"

DRAIN_S=3

found_alliance
protoc_python "$PROTO" heluo/v1/{common,unit,instrument,service_item,demand,record_kind,catalogue}.proto
write_config "drain_s = $DRAIN_S"
start_node
program load.py put
UNTIL=$((SECONDS + DRAIN_S + 3))
wait "$NODE_PID" || fail "heluod ended with $?"
NODE_PID=
[ $SECONDS -le $UNTIL ] || fail 'it did not end in time'
check 'it says that it ended' grep -q 'event=stopped error=HL_OK' log

start_node
program load.py verify
expect HL_OK 'verified' journal verify --charter v1.charter
expect HL_OK ' 0 different' rebuild --check
stop_node
done_testing
