#!/usr/bin/env bash
# One author, two histories, neither of which met the other on a line: what
# audits and imports say of them.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"

audit() { "$HELUO" journal audit --charter v1.charter "$@"; }

found_federation
cp -r luoyang before
start_city luoyang
for i in $(seq 20); do
    quietly put_at luoyang "$i" "甲 $i"
done
check 'the one' at luoyang journal export --out one.archive
end_city KILL luoyang
rm -r luoyang && mv before luoyang # as if it never was
for city in alliance luoyang zhengzhou; do
    start_city "$city"
done
for i in $(seq 10); do
    quietly put_at luoyang "$i" "乙 $i" --durability sealed --wait 30000
done
hold_all luoyang 10
check 'the other' at luoyang journal export --out other.archive
check 'each is sound by itself' audit one.archive
check 'each is sound by itself' audit other.archive
grep -q "^$ALLIANCE/luoyang  *10  *10 " out || fail 'the other one is sealed'

# The seal of the other one over the entries of this one.
quietly python archive.py splice one.archive other.archive forged.archive
expect HL_EDIFFERS 'another history' journal audit --charter v1.charter \
    forged.archive
refuse 'who has the other one' at zhengzhou journal import one.archive
grep -q 'do not continue' err || fail 'it says so'
holds zhengzhou luoyang 10 || fail 'what it has stands'
for city in alliance luoyang zhengzhou; do
    end_city TERM "$city"
done

# Who has neither takes the one, and meets the other on a line: evidence.
start_city shandong
check 'the one is new there' at shandong journal import one.archive
at shandong unit watch >watched 2>watched.err &
WATCH=$!
eventually 30 grep -q '甲 20' watched
for city in alliance luoyang zhengzhou; do
    start_city "$city"
done
eventually 60 grep -q 'event=evidence.stored' alliance/log
check 'what is sealed stands' holds zhengzhou luoyang 10
eventually 60 holds shandong luoyang 10
wait $WATCH
[ $? = "$(code HL_EAHEAD)" ] || fail "the watch of what was dropped went on"
grep -q 'was cut back' watched.err || fail 'it says why'
at alliance status >out 2>err
grep -q 'contradicting histories were signed in the journal of: luoyang' out ||
    fail 'status says so'
grep -q 'luoyang  *QUARANTINED' out || fail 'and where it stands'
refuse 'it writes no more' put_at luoyang 30 '三十'
for city in "${NODES[@]}"; do
    end_city TERM "$city"
done
done_testing
