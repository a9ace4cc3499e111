#!/usr/bin/env bash
# What no command asks (silly.py); the node answers, goes on, and ends in time.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"

found_federation
protoc_python "$PROTO" heluo/v1/common.proto heluo/v1/node.proto \
    heluo/v1/blob.proto
start_city luoyang
quietly put_at luoyang 1 '一'
HELUO_SOCKET=$WORK/luoyang/heluo.sock program silly.py
check 'it goes on' put_at luoyang 2 '二'
check 'status' timeout 5 "$HELUO" status --socket luoyang/heluo.sock
SECONDS=0
end_city TERM luoyang
[ $SECONDS -lt 10 ] || fail 'it ends in time'
# A journal of which nothing is there: its store and its mark are gone.
rm -r luoyang/store luoyang/journal.mark && mkdir luoyang/store
start_city luoyang
check 'export' timeout 20 "$HELUO" journal export --out none.archive \
    --socket luoyang/heluo.sock
end_city TERM luoyang
done_testing
