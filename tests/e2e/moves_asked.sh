#!/usr/bin/env bash
# Moves and other writes as a platform asks for them, by gRPC: takes with
# attributes, who answers the phone, complete lists, batches, and bounds.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"

UNIT=12410000415800018L
found_federation
for city in luoyang zhengzhou; do
    start_city "$city"
done
protoc_python "$PROTO" heluo/v1/{common,unit,instrument,service_item,demand,record_kind,catalogue}.proto
program moves_asked.py

for city in luoyang zhengzhou; do
    check "$city computes the same" at "$city" rebuild --check
    grep -q ' 0 different' out || fail "$city: rebuild differs"
    check "$city: nothing is found" at "$city" status
    refuse 'findings' grep -q 'findings' out
done

# --- who has the new home's journal alone cannot tell whose a record is

at zhengzhou journal list --json | /usr/bin/python3 -c '
import json, sys
said = json.load(sys.stdin)
said["journals"] = [j for j in said["journals"] if not j["own"]]
print(json.dumps(said))' >beyond.json
check 'all' at zhengzhou journal export --out all.archive
check 'without its first home' at zhengzhou journal export --out some.archive \
    --beyond beyond.json
for city in luoyang zhengzhou; do
    end_city TERM "$city"
done
start_city shandong
check 'import' at shandong journal import some.archive
check 'list' at shandong instrument list
grep -q "$UNIT 1 .*$ALLIANCE/zhengzhou  *claimed" out || fail 'it is claimed'
MOVED=(instrument get --home luoyang --unit-id "$UNIT" --inner-id 1)
check 'one' at shandong "${MOVED[@]}"
grep -q '^owner  *not known here$' out || fail 'whose it is'
check 'as JSON' at shandong "${MOVED[@]}" --json
grep -q '"owner": null' out || fail 'whose it is, as JSON'
check 'the rest' at shandong journal import all.archive
check 'one' at shandong "${MOVED[@]}" --json
refuse 'it is known now' grep -q '"owner"' out
end_city TERM shandong

done_testing
