#!/usr/bin/env bash
# Storms of connections (connections.py). HELUO_CONNECTIONS is how many come
# at once; a tenth of them is too many.
. "$(dirname "$0")/world.sh"

COUNT=${HELUO_CONNECTIONS:-500}
LIMIT=$((COUNT * 9 / 10))
HANDSHAKE_MS=2000

found_alliance
issue platform $NODE/gone gone

write_config "connections = $LIMIT" "handshake_ms = $HANDSHAKE_MS"
start_node
program connections.py silence $HANDSHAKE_MS
program connections.py connections "$COUNT" $LIMIT
stop_node

write_config "handshake_ms = $HANDSHAKE_MS" 'reload_interval_s = 1'
few_descriptors() { ulimit -n 100; exec "$@"; }
start_node few_descriptors
program connections.py descriptors
stop_node
done_testing
