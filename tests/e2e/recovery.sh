#!/usr/bin/env bash
# A node gets its journal back: from a backup, from nothing, without its mark,
# and after its machine was set back.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"

field() { at "$1" status --json 2>/dev/null | /usr/bin/python3 -c \
    "import json,sys; s=json.load(sys.stdin); print($2)" 2>/dev/null; }
state_is() { [ "$(field "$1" 's["own_state"]')" = "$2" ]; }
size_of() { field "$1" 's["journal_size"]'; }
root_of() { field "$1" '__import__("base64").b64encode(bytes.fromhex(s["journal_root"])).decode()'; }
all_up() { [ "$(field "$1" 'sum(p["link"]=="up" for p in s["peers"])')" = 3 ]; }
puts() { # CITY FIRST LAST
    local i
    for i in $(seq "$2" "$3"); do
        quietly put_at "$1" "$i" "第 $i 号"
    done
}
verified_everywhere() { # CITY CHARTER...
    local size city charter=$2
    size=$(size_of "$1")
    hold_all "$1" "$size"
    for city in "${CITIES[@]}"; do
        check "$city verifies $1" at "$city" journal verify \
            --origin "$ALLIANCE/$1" --charter "$charter"
    done
    refuse 'nobody forked' grep -h 'event=evidence' ./*/log*
}

found_federation
for city in "${NODES[@]}"; do
    start_city "$city"
done

# --- a backup, while the node runs

check 'luoyang cosigns' put_at shandong 99 '九九' --durability 2
puts luoyang 1 20
check 'backup' "$HELUO" backup --config luoyang/heluod.conf --out backup
grep -q 'as of .*: 20 entries' out || fail 'it says what it has'
expect HL_EEXISTS backup backup --config luoyang/heluod.conf --out backup
puts luoyang 21 40
hold_all luoyang 40
expect HL_EEXISTS 'there is a store' restore backup --config luoyang/heluod.conf
end_city KILL luoyang

# --- no node starts from a backup by mistake

rm -r luoyang/store && cp -r backup luoyang/store
"$HELUOD" --config luoyang/heluod.conf 2>err && fail 'it started'
grep -q 'heluo restore' err || fail 'it says what to do'
expect HL_EBACKUP 'is a backup itself' backup --config luoyang/heluod.conf \
    --out backup2
[ ! -e backup2 ] || fail 'nothing is left of it'

# --- restored: the tail comes back before anything is written

rm -r luoyang/store && mkdir luoyang/store
mkdir -p other/store
sed 's/^node = .*/node = "anyang"/' luoyang/heluod.conf >other/heluod.conf
expect HL_EBACKUP "a backup of $ALLIANCE/luoyang" restore backup \
    --config other/heluod.conf
# Also where a process does not get as many addresses as the node was given;
# sanitizers need more.
few_addresses() {
    [ -n "${SANITIZED:-}" ] || ulimit -v 8388608
    exec "$@"
}
check 'restore' eval '(few_addresses "$HELUO" restore backup \
    --config luoyang/heluod.conf)'
grep -q '20 entries were signed since' out || fail 'the mark says what is gone'
[ ! -e luoyang/store/restoring ] || fail 'nothing is left of it'
start_city luoyang
check 'recover' timeout 60 "$HELUO" recover --socket luoyang/heluo.sock
grep -q 'goes on: 40 entries' out || fail 'all is back'
puts luoyang 41 45
verified_everywhere luoyang v1.charter
end_city TERM luoyang

# --- a changed byte in a backup

cp -r backup broken
/usr/bin/python3 - <<'END'
import os
with open('broken/data.mdb', 'r+b') as f:
    data = f.read()
    at = data.index('第 7 号'.encode()) # in the entry or in its row
    f.seek(at); f.write(b'X')
END
mv luoyang/store keep && mkdir luoyang/store
expect HL_EDAMAGED '' restore broken --config luoyang/heluod.conf
[ -z "$(ls luoyang/store)" ] || fail 'nothing of it is in the store'
rmdir luoyang/store

# --- an empty disk, and the mark is there: the same key goes on

mkdir luoyang/store
start_city luoyang
check 'recover' timeout 60 "$HELUO" recover --socket luoyang/heluo.sock
grep -q 'goes on: 45 entries' out || fail 'all is back'
puts luoyang 46 50
verified_everywhere luoyang v1.charter
eventually 60 grep -q 'event=mirror' luoyang/log # its words are forgotten
check 'status says so' at luoyang status
grep -q 'this node cosigns nothing' out || fail 'status says so'

# --- a keeper that forgot its words gets a new mirror key

next_charter() { # OPTION...: of set-key
    local last=v$VERSION.charter
    VERSION=$((VERSION + 1))
    check 'a new key' "$HELUO" charter set-key "$last" "$@" \
        --out v$VERSION.charter
    check 'signed' "$HELUO" charter sign v$VERSION.charter \
        --previous "$last" --key li.key --yes
}
VERSION=1
quietly "$HELUO" key new mirror --alliance $ALLIANCE --node luoyang \
    --no-passphrase --out luoyang/mirror2.key --mark luoyang/mirror2.mark
next_charter --id luoyang \
    --mirror-key "$("$HELUO" key show luoyang/mirror2.key --public)"
check 'submit' at zhengzhou charter submit v2.charter
sed -i 's/"mirror\./"mirror2./' luoyang/heluod.conf
end_city TERM luoyang
start_city luoyang
# One node's key at a time: the next has to hear this one.
check 'luoyang cosigns again' put_at shandong 98 '九八' --durability 3 \
    --wait 60000
check 'of every journal' put_at zhengzhou 97 '九七' --durability 3 --wait 60000

# --- one that was lost with its mark: a new key, where the charter says

end_city KILL shandong
rm -r shandong/store shandong/journal.mark && mkdir shandong/store
start_city shandong
refuse 'recover' timeout 60 "$HELUO" recover --socket shandong/heluo.sock
grep -q 'Make a new one with its mark' out || fail 'it says what to do'
[ "$(size_of shandong)" = 2 ] || fail 'all is back'
check 'and gives what it has' timeout 30 "$HELUO" journal export \
    --socket shandong/heluo.sock --out shandong.archive
refuse 'no write meanwhile' put_at shandong 1 '一'
quietly "$HELUO" key new journal --alliance $ALLIANCE --node shandong \
    --no-passphrase --out shandong/new.key --mark shandong/new.mark
quietly "$HELUO" key new mirror --alliance $ALLIANCE --node shandong \
    --no-passphrase --out shandong/mirror2.key --mark shandong/mirror2.mark
next_charter --id shandong --stolen --size "$(size_of shandong)" \
    --mirror-key "$("$HELUO" key show shandong/mirror2.key --public)" \
    --root "$(root_of shandong)" \
    --journal-key "$("$HELUO" key show shandong/new.key --public)"
check 'submit' at zhengzhou charter submit v3.charter
sed -i 's/"journal\.\(key\|mark\)"/"new.\1"/; s/"mirror\./"mirror2./' \
    shandong/heluod.conf
end_city TERM shandong
start_city shandong
check 'recover' timeout 60 "$HELUO" recover --socket shandong/heluo.sock
check 'it writes again' put_at shandong 1 '一'
verified_everywhere shandong v3.charter

# --- a machine that was set back, mark and all

puts zhengzhou 1 9
check 'all its keepers know what they cosigned' put_at zhengzhou 10 '十' \
    --durability 3 --wait 60000
end_city TERM zhengzhou
cp -r zhengzhou snapshot
start_city zhengzhou
puts zhengzhou 11 20
hold_all zhengzhou 21
end_city KILL zhengzhou
rm -r zhengzhou && cp -r snapshot zhengzhou
start_city zhengzhou
eventually 60 state_is zhengzhou set-back
refuse 'nothing is written' put_at zhengzhou 30 '三十'
grep -q 'heluo recover' err || fail 'it says what to do'
refuse 'recover' timeout 60 "$HELUO" recover --socket zhengzhou/heluo.sock
grep -q 'Make a new one with its mark' out || fail 'it says what to do'
[ "$(size_of zhengzhou)" = 21 ] || fail 'all is back'

# Nor by a restart: the mark was put aside.
end_city KILL zhengzhou
start_city zhengzhou
refuse 'recover' timeout 60 "$HELUO" recover --socket zhengzhou/heluo.sock
state_is zhengzhou needs-key || fail 'the old key signs no more'
refuse 'nothing is written' put_at zhengzhou 30 '三十'

# --- found out, and then alone: nothing is written

end_city TERM zhengzhou
rm -r zhengzhou && cp -r snapshot zhengzhou
start_city zhengzhou
eventually 60 state_is zhengzhou set-back
end_city KILL zhengzhou
for city in alliance luoyang shandong; do
    end_city TERM "$city"
done
start_city zhengzhou
refuse 'nothing is written' put_at zhengzhou 30 '三十'
state_is zhengzhou unsure || fail 'it waits for its keepers'
for city in alliance luoyang shandong; do
    start_city "$city"
done

# --- the same, said before the start

end_city TERM zhengzhou
rm -r zhengzhou && cp -r snapshot zhengzhou
refuse 'unasked' "$HELUO" recover --set-back --config zhengzhou/heluod.conf
expect HL_OK 'set-back-1' recover --set-back --yes \
    --config zhengzhou/heluod.conf
start_city zhengzhou
refuse 'recover' timeout 60 "$HELUO" recover --socket zhengzhou/heluo.sock
[ "$(size_of zhengzhou)" = 21 ] || fail 'all is back'
quietly "$HELUO" key new journal --alliance $ALLIANCE --node zhengzhou \
    --no-passphrase --out zhengzhou/new.key --mark zhengzhou/new.mark
next_charter --id zhengzhou --stolen --size 21 \
    --root "$(root_of zhengzhou)" \
    --journal-key "$("$HELUO" key show zhengzhou/new.key --public)"
check 'submit' at luoyang charter submit v4.charter
sed -i 's/"journal\.\(key\|mark\)"/"new.\1"/' zhengzhou/heluod.conf
end_city TERM zhengzhou
start_city zhengzhou
check 'recover' timeout 60 "$HELUO" recover --socket zhengzhou/heluo.sock
puts zhengzhou 31 33
verified_everywhere zhengzhou v4.charter

for city in "${NODES[@]}"; do
    end_city TERM "$city"
done
done_testing
