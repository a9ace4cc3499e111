#!/usr/bin/env bash
# No room: writes are refused with the cause, reads go on, and writes resume by
# themselves when there is room again. Nothing acknowledged is lost, and the
# log says each of it once. Whether the disk is full, read-only or over a
# quota, the store at its own limit, or a small real disk filled by others.
. "$(dirname "$0")/world.sh"
SEED=${HELUO_SEED:-1}
RESERVE=1048576

# The health service's word for the node: 1 serves, 2 does not.
health_is() {
    /usr/bin/python3 - "unix:$HELUO_SOCKET" "$1" <<'PY'
import sys, grpc
channel = grpc.insecure_channel(sys.argv[1])
check = channel.unary_unary('/grpc.health.v1.Health/Check')
sys.exit(check(b'', timeout=10) != bytes([8, int(sys.argv[2])]))
PY
}

begin_hammer() {
    rm -f records
    "$HAMMER" run "unix:$HELUO_SOCKET" records "$SEED" 8 0 >hammered &
    HAMMER_PID=$!
    SEED=$((SEED + 1))
}

end_hammer() {
    kill -TERM $HAMMER_PID
    wait $HAMMER_PID || fail 'the writers met an answer that no retry mends'
    grep -q 'HL_EFULL' hammered || fail 'no writer was refused'
    ! grep -qE 'HL_E(FLUSH|IO|DEADLINE)' hammered || fail 'another error'
    check 'acknowledged, and once' "$HAMMER" verify "unix:$HELUO_SOCKET" records
    sed "s/^/disk_full, $1: /" hammered out
}

# Lines of the log that name the event.
logged() { [ "$(grep -c "event=$1 " log)" = "$2" ] || fail "$1: not $2 times"; }

acknowledged() { [ -f records ] && wc -l <records || echo 0; }
has_more_than() { [ "$(acknowledged)" -gt "$1" ]; }
is_refused() { ! "$HELUO" status && grep -q 'REFUSED' out; }

# While there is no room: TEXT is the cause.
refused_with() {
    local text=$1
    expect HL_EFULL "$text" unit put --id 91410300MA4103003F --name-zh 丁 \
        --kind enterprise --division 410300
    "$HELUO" status --lang en >out 2>err
    [ $? = "$(code HL_EFULL)" ] || fail 'status ends otherwise'
    head -1 out | grep -q "^WRITES REFUSED: HL_EFULL" || fail 'first line'
    grep -q "^urgent .*$text" out || fail 'status names the cause'
    eventually 5 health_is 2
    expect HL_OK '单位 ' unit list
    expect HL_OK 'verified' journal verify --charter v1.charter
    local refused
    refused=$(wc -l <records)
    sleep 0.3
    [ "$refused" = "$(wc -l <records)" ] || fail 'written without room'
    logged writes.refused "$2"
}

resumed() {
    local before
    before=$(acknowledged)
    eventually 5 has_more_than "$before"
    eventually 5 health_is 1
    expect HL_OK '' status
    logged writes.resumed "$1"
}

# A store without entries, and what belongs to it.
fresh_store() {
    rm -rf store
    cp fresh.mark journal.mark
    write_config "reserve_bytes = $RESERVE" "$@"
}

# --- what the system says

each_cause() {
    local error text times=0
    fresh_store
    start_node env LD_PRELOAD="$FAULT" FAULT_FILE="$WORK/fault" \
        ASAN_OPTIONS="${ASAN_OPTIONS:-}:verify_asan_link_order=0"
    begin_hammer
    eventually 10 has_more_than 100
    while read -r error text; do
        times=$((times + 1))
        echo "fallocate $error data.mdb" >fault
        eventually 60 is_refused
        refused_with "$text" $times
        rm fault
        resumed $times
    done <<'TXT'
ENOSPC is full:
EROFS is read-only:
EDQUOT the quota on the disk
TXT
    end_hammer 'as the system says'
    ! grep -q 'HL_ECONNECT' hammered || fail 'a connection was lost'
    stop_node
}

# --- the store's own limit

own_limit() {
    fresh_store "max_store_bytes = $((8 * RESERVE))"
    start_node
    begin_hammer
    eventually 60 is_refused
    refused_with 'max_store_bytes' 1
    stop_node
    write_config "reserve_bytes = $RESERVE" "max_store_bytes = $((64 * RESERVE))"
    start_node
    resumed 0
    end_hammer 'as max_store_bytes says'
    stop_node
}

# --- a disk of 30 MB, which another program fills

small_disk() {
    fresh_store
    # In namespaces of its own: nobody else sees the disk, and it goes with
    # the node.
    start_node "${APART[@]}" sh -c \
        "mount -t tmpfs -o size=30M heluo '$WORK/store' && exec \"\$0\" \"\$@\""
    local disk=/proc/$NODE_PID/root$WORK/store
    begin_hammer
    eventually 10 has_more_than 100
    [ "$(stat -f -c %T "$disk")" = tmpfs ] || fail 'it is another disk'
    # No more than it has, wherever that may go.
    ! dd if=/dev/zero of="$disk/filler" bs=64k count=480 2>err ||
        fail 'not filled'
    eventually 60 is_refused
    refused_with 'is full:' 1
    rm "$disk/filler"
    resumed 1
    end_hammer 'on a small disk'
    stop_node
}

APART=(unshare -m)
[ "$(id -u)" = 0 ] || APART=(unshare -rm)
found_alliance
cp journal.mark fresh.mark
each_cause
own_limit
if "${APART[@]}" mount -t tmpfs heluo /mnt 2>err; then
    small_disk
else
    echo "disk_full: no disk can be mounted here ($(head -1 err)):" \
        'what a real full one does is not tried, only the system calls'"'" \
        'answers and our own limit'
fi
done_testing
