#!/usr/bin/env bash
# Nodes that are never online together: a stick carries their journals. And the
# same files as archives, checked without any node.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"

audit() { "$HELUO" journal audit --charter v1.charter "$@"; }

found_federation
for city in alliance luoyang zhengzhou; do
    start_city "$city"
done
for i in $(seq 1 30); do
    quietly put_at luoyang "$i" "洛阳 $i"
    quietly put_at zhengzhou $((100 + i)) "郑州 $i"
done
check 'sealed' put_at luoyang 31 '洛阳 31' --durability sealed --wait 30000
hold_all luoyang 31
hold_all zhengzhou 30
check 'export' at zhengzhou journal export --out first.archive
refuse 'over a file' at zhengzhou journal export --out first.archive
for city in alliance luoyang zhengzhou; do
    end_city TERM "$city"
done

# --- an audit, with no node running

check 'audit' audit first.archive
grep -q "^$ALLIANCE/luoyang  *31  *31 " out || fail 'all of luoyang is sealed'
grep -q "^$ALLIANCE/zhengzhou  *30 " out || fail 'and zhengzhou is whole'
for at in 100 3000 -20; do
    /usr/bin/python3 - "$at" <<'END'
import sys
data = bytearray(open('first.archive', 'rb').read())
data[int(sys.argv[1])] ^= 1
open('changed.archive', 'wb').write(data)
END
    refuse "a changed byte at $at" audit changed.archive
done
head -c -100 first.archive >short.archive
refuse 'cut short' audit short.archive
grep -q 'ends early' err || fail 'it says so'
refuse 'what is no archive' audit v1.charter

# A changed bit under a hash that fits: it is refused, or changes nothing that
# is said but of seals (a keeper's line that nobody knows any more).
said() { awk '{ print $1, $2, $4 }' "$1"; }
REFUSED=0
check 'audit' audit first.archive
cp out good
for seed in $(seq 40); do
    quietly python archive.py flip first.archive flipped.archive "$seed"
    if ! audit flipped.archive >out 2>err; then
        REFUSED=$((REFUSED + 1))
    elif [ "$(said out)" != "$(said good)" ]; then
        fail "flipped by seed $seed: another answer"
    fi
done
[ $REFUSED -ge 30 ] || fail "only $REFUSED of 40 were refused"
# And not by the file's hash alone at the node that takes it over.
quietly python archive.py flip first.archive flipped.archive 1

# --- carried to a node that nobody reaches

start_city shandong
check 'shandong puts' put_at shandong 1 '山东 1'
refuse 'a changed one' at shandong journal import changed.archive
refuse 'one that was cut short' at shandong journal import short.archive
refuse 'one with a changed bit' at shandong journal import flipped.archive
check 'import' at shandong journal import first.archive
check 'again' at shandong journal import first.archive
for city in luoyang zhengzhou; do
    check "$city verifies there" at shandong journal verify \
        --origin $ALLIANCE/$city --charter v1.charter
done
at shandong unit list >out 2>err
[ "$(grep -c -e 洛阳 -e 郑州 out)" = 61 ] || fail 'its catalogue has them'
at shandong journal list >out 2>err
grep -q "^$ALLIANCE/luoyang  *31  *31 " out || fail 'what is sealed is sealed'
at shandong journal list --json >there.json 2>err

# --- and back: only what is new

check 'back' at shandong journal export --out back.archive
end_city TERM shandong
start_city luoyang
start_city zhengzhou
check 'import' at luoyang journal import back.archive
grep -q 'own journal left out' out || fail 'its own journal is not taken'
check 'shandong verifies' at luoyang journal verify \
    --origin $ALLIANCE/shandong --charter v1.charter
hold_all shandong 1 # luoyang passes it on
quietly put_at luoyang 40 '洛阳 40'
hold_all luoyang 32
check 'the next trip' at zhengzhou journal export --beyond there.json \
    --out second.archive
[ "$(stat -c %s second.archive)" -lt "$(stat -c %s first.archive)" ] ||
    fail 'it is smaller'
refuse 'the second without the first' audit second.archive
grep -q 'give the archive before it first' err || fail 'it says so'
check 'one behind the other' audit first.archive second.archive
grep -q "^$ALLIANCE/luoyang  *32 " out || fail 'they continue'
end_city TERM luoyang
end_city TERM zhengzhou
start_city alliance
check 'what goes on from there' at alliance journal import second.archive
holds alliance luoyang 32 || fail 'it has all'
end_city TERM alliance
rm -r alliance/store && mkdir alliance/store
start_city alliance
refuse 'the second alone' at alliance journal import second.archive
grep -q 'earlier archive is needed' err || fail 'it says so'
check 'both' at alliance journal import first.archive
check 'both' at alliance journal import second.archive
holds alliance luoyang 32 || fail 'it has all'
end_city TERM alliance

done_testing
