#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Writes of a node: bench_write.sh PROGRAMS [ROUNDS [ENTRIES]]. Stores lie in a
# new folder below TMPDIR, which should be on a disk.
PROGRAMS=$(realpath "$1")
ROUNDS=${2:-5}
ENTRIES=${3:-1000000}
HELUO=$PROGRAMS/heluo
HELUOD=$PROGRAMS/heluod
. "$(dirname "$0")/../e2e/world.sh"

# Milliseconds from the start of the program to event=ready.
timed_start() {
    local begin end
    begin=$(date +%s%N)
    : >log
    "$HELUOD" --config heluod.conf 2>>log &
    NODE_PID=$!
    until is_ready; do
        kill -0 $NODE_PID 2>/dev/null || fail "heluod ended"
        sleep 0.002
    done
    end=$(date +%s%N)
    PORT=$(sed -n 's/.*event=listening .*port=\([0-9]*\).*/\1/p' log | head -1)
    STARTED=$(((end - begin) / 1000000))
}

memory() {
    awk -v what="$1" '/^RssAnon/ { anon = $2 } /^RssFile/ { file = $2 }
        END { printf "%-34s %8.1f MiB own, %8.1f MiB of files mapped\n",
              what, anon / 1024, file / 1024 }' "/proc/$NODE_PID/status"
}

found_alliance
write_config 'rate_per_s = 0'
timed_start
empty_start=$STARTED
memory 'memory, idle, empty store' >figures

mkdir raw
echo "disk: $(df --output=fstype . | tail -1), $(nproc) cores"
"$PROGRAMS/bench_write" measure raw "$ROUNDS" "$PORT" || fail 'bench_write'
memory 'memory, after that load' >>figures
rm -rf raw

if [ "$ENTRIES" -gt 0 ]; then
    "$PROGRAMS/bench_write" fill "$ENTRIES" "$PORT" || fail 'bench_write fill'
    memory "memory, after $ENTRIES more" >>figures
    stop_node
    timed_start
    memory "memory, started with these" >>figures
    echo "start to event=ready: $empty_start ms with an empty store," \
        "$STARTED ms with over $ENTRIES entries"
    ls -s --block-size=M store/data.mdb | awk '{ print "store: " $1 "iB" }'
fi
cat figures
stop_node
