#!/usr/bin/env bash
# Moves and other writes as a platform asks for them, by gRPC: takes with
# attributes, who answers the phone, complete lists, batches, and bounds.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"

found_federation
for city in "${CITIES[@]}"; do
    start_city "$city"
done
protoc_python "$PROTO" heluo/v1/{common,unit,instrument,service_item,demand,record_kind,catalogue}.proto
program moves_asked.py
for city in "${CITIES[@]}"; do
    check "$city computes the same" at "$city" rebuild --check
    grep -q ' 0 different' out || fail "$city: rebuild differs"
    check "$city: nothing is found" at "$city" status
    refuse 'findings' grep -q 'findings' out
    end_city TERM "$city"
done

done_testing
