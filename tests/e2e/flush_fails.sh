#!/usr/bin/env bash
# The disk fails in the middle of a commit: callers hear that the outcome is
# unknown (never that it was refused, never OK), the process ends, and after a
# restart what they repeat has one effect.
. "$(dirname "$0")/world.sh"
SEED=${HELUO_SEED:-1}
echo "flush_fails: HELUO_SEED=$SEED"
RANDOM=$((SEED % 32768))

start_on_that_disk() {
    start_node env LD_PRELOAD="$FAULT" FAULT_FILE="$WORK/fault" \
        ASAN_OPTIONS="${ASAN_OPTIONS:-}:verify_asan_link_order=0"
}

has_more_than() { [ "$(wc -l <records)" -gt "$1" ]; }
is_gone() { ! kill -0 "$NODE_PID" 2>err; }

found_alliance
write_config
: >records
start_on_that_disk
"$HAMMER" run "unix:$HELUO_SOCKET" records "$SEED" 8 0 >hammered &
HAMMER_PID=$!

while read -r fault; do
    eventually 10 has_more_than $(($(wc -l <records) + 100))
    echo "$fault $((RANDOM % 20))" >fault
    eventually 10 is_gone
    wait "$NODE_PID"
    status=$?
    NODE_PID=
    [ $status = "$(code HL_EFLUSH)" ] || fail "$fault: ended with $status"
    grep -q 'event=stopping error=HL_EFLUSH' log || fail "$fault: the log"
    ! grep -q 'ERROR: AddressSanitizer\|runtime error' log || fail "$fault"
    rm fault
    start_on_that_disk
done <<'TXT'
fsync EIO data.mdb
fsync EIO journal.mark
write EIO data.mdb
write ENOSPC data.mdb
write short data.mdb
write EIO journal.mark
write short journal.mark
TXT

eventually 10 has_more_than $(($(wc -l <records) + 100))
kill -TERM $HAMMER_PID
wait $HAMMER_PID || fail 'the writers met an answer that no retry mends'
check 'acknowledged, and once' "$HAMMER" verify "unix:$HELUO_SOCKET" records
sed 's/^/flush_fails: /' hammered out
read -r _ entries _ acknowledged _ <out
[ "$entries" = "$acknowledged" ] || fail 'entries that were not acknowledged'
grep -q 'HL_EFLUSH' hammered || fail 'nobody heard that the outcome is unknown'
sed 's/HL_E\(FLUSH\|CONNECT\|STOPPING\) //g' hammered | grep -q 'HL_E' &&
    fail 'a refusal'
expect HL_OK 'verified' journal verify --charter v1.charter
expect HL_OK ' 0 different' rebuild --check
stop_node
done_testing
