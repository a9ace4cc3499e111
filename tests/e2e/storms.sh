#!/usr/bin/env bash
# Storms of calls (storms.py). HELUO_CALLS is how many vanish at once.
. "$(dirname "$0")/world.sh"

found_alliance
issue coordinator henan henan
protoc_python "$PROTO" heluo/v1/{common,unit,instrument,service_item,demand,record_kind,catalogue}.proto
"$HELUOD" --methods >methods || fail 'heluod --methods'

# A map that a sanitizer finds room for.
write_config 'queue_commands = 8190' 'max_store_bytes = 1GiB' 'map_bytes = 4GiB'
start_node
program storms.py malformed
program storms.py too_large
program storms.py watchers 1024
program storms.py vanish "${HELUO_CALLS:-3000}"
program storms.py slow_readers 64
program storms.py batches 6 2
expect HL_OK 'verified' journal verify --charter v1.charter
stop_node

start_node
program storms.py long_watch
stop_node

write_config 'rate_per_s = 20' 'rate_burst = 100' 'max_store_bytes = 1GiB' \
    'map_bytes = 4GiB'
start_node
program storms.py rate 20 100
stop_node
done_testing
