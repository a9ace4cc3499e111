#!/usr/bin/env bash
# One node is away for ten thousand changes, and has them when it is back; so
# has one that knows their author only through another node.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"

COUNT=10000
batches() { HELUO_SOCKET=$WORK/$1/heluo.sock program outage.py put "${@:2}"; }

found_federation
protoc_python "$PROTO" heluo/v1/{common,unit,instrument,service_item,demand,record_kind,catalogue}.proto
for city in "${CITIES[@]}"; do
    start_city "$city"
done
batches zhengzhou 2000 2
hold_all zhengzhou 2000
end_city KILL luoyang
batches zhengzhou $COUNT 1 # 8,000 of them are new ones, 2,000 other names
eventually 60 holds shandong zhengzhou 12000
start_city luoyang
eventually 60 holds luoyang zhengzhou 12000
check 'verified' at luoyang journal verify --origin $ALLIANCE/zhengzhou \
    --charter v1.charter

# --- stopped in the middle of it, again and again

end_city KILL shandong
rm -r shandong/store && mkdir shandong/store
for i in 1 2 3 4; do
    start_city shandong
    sleep 0.$i
    end_city KILL shandong
done
start_city shandong
eventually 60 holds shandong zhengzhou 12000
check 'verified' at shandong journal verify --origin $ALLIANCE/zhengzhou \
    --charter v1.charter

# --- A knows C only through B

check 'luoyang leaves zhengzhou alone' at luoyang peer pause zhengzhou
batches zhengzhou 2000 1
eventually 60 holds luoyang zhengzhou 14000
check 'verified' at luoyang journal verify --origin $ALLIANCE/zhengzhou \
    --charter v1.charter
at luoyang peer list >out 2>err
grep -q '^zhengzhou  *paused' out || fail 'not from zhengzhou itself'
refuse 'nobody is found fault with' grep -l 'event=peer.fault' ./*/log*

for city in "${CITIES[@]}"; do
    end_city TERM "$city"
done
done_testing
