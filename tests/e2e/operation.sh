#!/usr/bin/env bash
# What an operator sees of partners, and does about them: status, peer, charter
# submit.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"

# link_is CITY PARTNER WORD: so CITY reaches it.
link_is() { at "$1" peer list | grep -q "^$2  *$3\\b"; }
says() { at "$1" status --lang "${3:-en}" | grep -q -- "$2"; }
field() { at "$1" status --json 2>/dev/null | /usr/bin/python3 -c \
    "import json,sys; s=json.load(sys.stdin); print($2)"; }
field_is() { [ "$(field "$1" "$2")" = "$3" ]; }

found_federation
for city in "${NODES[@]}"; do
    start_city "$city"
done
check 'a unit' put_at luoyang 1 '洛阳 大学' --durability sealed
eventually 60 says luoyang 'partners  *3 of 3 reached'
eventually 60 says luoyang 'sealed  *all of them; it takes 2 of 3'
eventually 60 says luoyang '伙伴节点  *已连通 3 / 3' zh

# --- the coordinator's node has all journals and no catalogue of its own

hold_all luoyang 1
refuse 'a unit there' put_at alliance 1 '没有'
grep -q 'owns no catalogue' err || fail 'it says why'
check 'it verifies what it keeps' at alliance journal verify \
    --origin $ALLIANCE/luoyang --charter v1.charter

# --- pause and retry

refuse 'of nobody' at luoyang peer pause nobody
refuse 'of itself' at luoyang peer pause luoyang
check 'pause' at luoyang peer pause zhengzhou
eventually 60 link_is luoyang zhengzhou paused
eventually 60 link_is zhengzhou luoyang down
eventually 60 says luoyang 'paused by an operator: zhengzhou'
check 'zhengzhou goes on' put_at zhengzhou 1 '郑州 大学'
hold_all zhengzhou 1 # through shandong
check 'retry' at luoyang peer retry zhengzhou
eventually 60 link_is luoyang zhengzhou up
refuse 'what is not there' at luoyang peer lost nobody

# --- the mark of a node that runs is not taken away

sed 's/heluo.sock/none.sock/' luoyang/heluod.conf >luoyang/other.conf
expect HL_ELOCKED 'heluod is running' recover --set-back --yes \
    --config luoyang/other.conf
[ -f luoyang/journal.mark ] || fail 'it stands'

# --- a keeper away

end_city KILL shandong
end_city KILL alliance
eventually 60 link_is luoyang shandong down
eventually 60 link_is luoyang alliance down
check 'at home all goes on' put_at luoyang 2 '二'
eventually 60 says luoyang 'not reached: alliance, shandong'
eventually 60 says luoyang 'sealed  *1 of them; 1 not yet'
start_city shandong
start_city alliance
eventually 60 says luoyang 'sealed  *all of them'

# --- a charter, given to one node, holds at all

check 'the charter that holds' at luoyang charter fetch --out now.charter
check 'is the signed one' cmp now.charter v1.charter
refuse 'over a file' at luoyang charter fetch --out now.charter
check 'a new version' "$HELUO" charter set-policy now.charter \
    clearing-period-days=7 --out v2.charter
refuse 'unsigned' at shandong charter submit v2.charter
check 'signed' "$HELUO" charter sign v2.charter --previous now.charter \
    --key li.key --yes
check 'submit' at shandong charter submit v2.charter
for city in "${NODES[@]}"; do
    eventually 60 field_is "$city" 's["charter_version"]' 2
done
check 'again' at zhengzhou charter submit v2.charter
refuse 'what is no charter' at zhengzhou charter submit li.key
end_city KILL luoyang
start_city luoyang
eventually 60 field_is luoyang 's["charter_version"]' 2

for city in "${NODES[@]}"; do
    end_city TERM "$city"
done
done_testing
