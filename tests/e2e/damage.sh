#!/usr/bin/env bash
# Bits of the store change on the disk, or its end is missing. What a value
# says is never served changed, and never ends the process; a scrub finds it, and
# keys that are gone. What happens where the library's own pages are hit is told
# in figures.
DAMAGE=$(realpath "$(dirname "$0")/damage.py")
# Nothing here has to survive, and a disk would be flushed for every round.
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "$(dirname "$0")/world.sh"
# A sanitizer makes each start slow.
ROUNDS=${ROUNDS:-$([ -n "${SANITIZED:-}" ] && echo 40 || echo 100)}
SEED=${HELUO_SEED:-1}
echo "damage: $ROUNDS rounds, HELUO_SEED=$SEED"

found_alliance
write_config 'reserve_bytes = 4194304'
start_node
check '2048 units' "$HAMMER" run "unix:$HELUO_SOCKET" records "$SEED" 32 2048
stop_node
mkdir good
cp store/data.mdb journal.mark good/

export HELUO HELUOD
check 'no changed value is served' /usr/bin/python3 -B "$DAMAGE" "$ROUNDS" \
    "$SEED" good
cat out
done_testing
