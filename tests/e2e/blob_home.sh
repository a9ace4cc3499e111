#!/usr/bin/env bash
# Documents at one node: sealed, opened, listed, erased; after a kill, over their
# bounds, damaged on the disk, with another key.
. "$(dirname "$0")/world.sh"

found_alliance
for n in 1 2; do
    quietly "$HELUO" key new encryption --alliance $ALLIANCE --node $NODE \
        --no-passphrase --out encryption$n.key
done
KEY1='encryption_keys = {"encryption1.key"}'
write_config "$KEY1" 'max_blob_bytes = 4MiB' 'max_blobs_bytes = 9MiB'
start_node

put() { "$HELUO" blob put "$@" --json >put.json 2>err && ID=$(sed -n \
    's/.*"blob": "\([0-9a-f]*\)".*/\1/p' put.json); }
get() { rm -f got && "$HELUO" blob get "$1" --out got "${@:2}"; }
file_of() { echo "store/blobs/$NODE.$1"; }

# --- sealed and opened

SECRET='河南测试有限公司 invoice INV-2026-004711'
printf '%s\n' "$SECRET" >'发票 4711.pdf'
check 'put' put '发票 4711.pdf' --kind invoice
check 'get' get "$ID"
cmp -s got '发票 4711.pdf' || fail 'it is what it was'
grep -q '发票 4711.pdf' out || fail 'and has its name'
grep -q 'application/pdf' out || fail 'and its type'
[ "$(stat -c %a got)" = 600 ] || fail 'for its owner alone'
refuse 'over a file' "$HELUO" blob get "$ID" --out got
check 'list' "$HELUO" blob list
grep -q "^$ID .*invoice .*yes .*$NODE" out || fail 'it is listed'
check 'show' "$HELUO" blob show "$ID" --json
grep -q '"whole": *true' out || fail 'all of it is here'
check 'the entry' "$HELUO" journal show
grep -q blob_put out || grep -qi readers out || fail 'it is shown'
expect HL_ENOTFOUND 'says nothing' blob get "$(printf '%064d' 7)" --out no
expect HL_EUSAGE '64 hex digits' blob get abc --out no
expect HL_EUSAGE 'is no file' blob get "$ID" --out -
expect HL_ENOTFOUND 'no journal of nobody' blob list --origin nobody
expect HL_ENOTFOUND 'called ALLIANCE/NODE' blob get "$ID" --origin "${NODE##*/}" --out no
expect HL_ENOTFOUND "(heluo journal list shows" journal show --origin nobody

: >empty
check 'an empty one' put empty --kind other
check 'get it' get "$ID"
[ ! -s got ] || fail 'it is empty'
head -c 3000000 /dev/urandom >large.bin
check 'one of many pieces' put large.bin --kind report --media-type x/y
LARGE=$ID
check 'get it' get "$LARGE"
cmp -s got large.bin || fail 'it is what it was'
for line in 'name large.bin' 'type x/y' 'size 3000000'; do
    grep -qx "$line" out || fail "it says $line"
done

# --- the same command has one effect; another document under its id none

CMD=$(printf '%032x' 99)
check 'put' put large.bin --kind contract --command-id "$CMD"
ONCE=$ID
check 'again' put large.bin --kind contract --command-id "$CMD"
[ "$ID" = "$ONCE" ] || fail 'the same id'
grep -q '"repeated": true' put.json || fail 'it says so'
check 'get it' get "$ONCE"
cmp -s got large.bin || fail 'and its bytes are those of its entry'
expect HL_EEXISTS document blob put empty --kind contract --command-id "$CMD"
expect HL_EEXISTS kind blob put large.bin --kind other --command-id "$CMD"
[ -z "$(find store/blobs -name 'draft-*')" ] || fail 'no draft is left'

# --- bounds

head -c 4200000 /dev/zero >over.bin
expect HL_ELIMIT max_blob_bytes blob put over.bin --kind other
check 'the last that fits' put large.bin --kind other
expect HL_EFULL max_blobs_bytes blob put large.bin --kind other
check 'what fits goes on' put empty --kind other
expect HL_EUNKNOWNNODE nobody blob put empty --kind other --reader nobody
[ -z "$(find store/blobs -name 'draft-*')" ] || fail 'no draft is left'

# --- nothing of it is in the store, but sealed

stop_node
for text in 河南测试有限公司 INV-2026-004711 '发票 4711.pdf'; do
    ! grep -rqaF "$text" store || fail "the store has '$text' in the clear"
done
CHECKS=$((CHECKS + 1))
start_node
check 'after a restart' get "$LARGE"

# --- erased

check 'erase' "$HELUO" blob erase "$LARGE"
[ ! -e "$(file_of "$LARGE")" ] || fail 'its bytes are gone'
expect HL_ENOTFOUND 'was erased' blob get "$LARGE" --out no
expect HL_ENOTFOUND 'erased before' blob erase "$LARGE"
check 'there is room again' put large.bin --kind other
OTHER=$ID
check 'list' "$HELUO" blob list
grep -q "^$LARGE .*erased" out || fail 'it is listed as erased'

# --- killed between the commit and the rest, or before it

cp "$(file_of "$OTHER")" kept
check 'erase' "$HELUO" blob erase "$OTHER"
kill_node
cp kept "$(file_of "$OTHER")"
cp kept "$(file_of "$(printf '%064d' 5)")"
cp kept store/blobs/draft-0000000000000001
start_node
eventually 20 test ! -e "$(file_of "$OTHER")"
eventually 20 test ! -e "$(file_of "$(printf '%064d' 5)")"
[ ! -e store/blobs/draft-0000000000000001 ] || fail 'nor is the draft'
check 'journal' "$HELUO" journal verify --charter v1.charter

# --- a changed byte is never given

/usr/bin/python3 - "$(file_of "$ONCE")" <<'END'
import sys
with open(sys.argv[1], 'r+b') as f:
    f.seek(1500000)
    byte = f.read(1)
    f.seek(1500000)
    f.write(bytes([byte[0] ^ 1]))
END
expect HL_EPROOF changed blob get "$ONCE" --out no
[ ! -e no ] || fail 'nothing of it is left'

# --- keys: what was sealed to the former one opens with it alone

check 'put' put '发票 4711.pdf' --kind invoice
FORMER=$ID
stop_node
write_config 'encryption_keys = {"encryption2.key", "encryption1.key"}'
start_node
check 'with both' get "$FORMER"
check 'a new one' put empty --kind other
stop_node
write_config 'encryption_keys = {"encryption2.key"}'
start_node
expect HL_EDENIED 'no encryption key' blob get "$FORMER" --out no
stop_node
write_config
start_node
expect HL_EUNSUPPORTED encryption blob put empty --kind other
stop_node
done_testing
