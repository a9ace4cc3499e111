#!/usr/bin/env bash
# Three nodes over real mutual TLS: each sees what the others put; one is killed
# and changed around; one is away while the others go on.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"

found_federation
for city in "${CITIES[@]}"; do
    start_city "$city"
done
for city in "${CITIES[@]}"; do
    check "$city puts" put_at "$city" 1 "$city 大学"
done
for city in "${CITIES[@]}"; do
    hold_all "$city" 1
done
for round in 1 2 3; do
    for city in "${CITIES[@]}"; do
        end_city KILL "$city"
        for other in "${CITIES[@]}"; do
            [ "$other" = "$city" ] ||
                check "$other goes on" put_at "$other" "$((10 + round))" "$city 不在"
        done
        start_city "$city"
    done
done
for city in "${CITIES[@]}"; do
    size=$(at "$city" journal list | awk -v o="$ALLIANCE/$city" '$1 == o { print $2 }')
    hold_all "$city" "$size"
done
for city in "${CITIES[@]}"; do
    for origin in "${CITIES[@]}"; do
        check "$city verifies $origin" at "$city" journal verify \
            --origin "$ALLIANCE/$origin" --charter v1.charter
    done
done
# --- durability: as asked for, and what is known when the time is over

sealed() { put_at "$@" --durability sealed; }
check 'sealed' sealed luoyang 100 封
grep -q 'it is sealed' out || fail 'it says so'
check 'with two keepers' put_at luoyang 101 二 --durability 2
grep -q '^2 keepers have it' out || fail 'it says how many'
refuse 'with four' put_at luoyang 102 四 --durability 4
grep -q 'nothing was written' err || fail 'it says that'
protoc_python "$PROTO" heluo/v1/{common,unit,instrument,service_item,demand,record_kind,catalogue}.proto
HELUO_SOCKET=$WORK/luoyang/heluo.sock program import_waits.py
size=$(at luoyang journal list | awk -v o="$ALLIANCE/luoyang" '$1 == o { print $2 }')
end_city KILL shandong
refuse 'with two of whom one is away' put_at luoyang 103 等 --durability 2 --wait 1500
grep -q "at index $size, and 1 keepers" err || fail 'it says what is known'
again=$(sed -n 's/.*--command-id \([0-9a-f]*\).*/\1/p' err)
refuse 'the caller waits as long as the node' put_at luoyang 104 长 \
    --durability 2 --wait 2500 --timeout 1
grep -q 'keepers are known to have it' err || fail 'and hears what is known'
start_city shandong
check 'when it is back' put_at luoyang 103 等 --durability 2 --command-id "$again"
grep -q 'had been made before' out || fail 'it was written once'

refuse 'nobody is found fault with' grep -l 'event=peer.fault' ./*/log*
for city in "${CITIES[@]}"; do
    end_city TERM "$city"
done

done_testing
