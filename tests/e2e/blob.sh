#!/usr/bin/env bash
# Documents between cities: a reader, a carrier that cannot open what it carries,
# lost authors, kills in the middle, erasing, a stick; and in the whole store of
# whoever is no reader not a word of what is within.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"

found_federation
cp v1.charter signed.charter
for city in "${NODES[@]}"; do
    quietly "$HELUO" key new encryption --alliance $ALLIANCE --node "$city" \
        --no-passphrase --out "$city/encryption.key"
    quietly "$HELUO" charter set-key "$([ -e v2.charter ] && echo v2.charter ||
        echo v1.charter)" --id "$city" --encryption-key \
        "$("$HELUO" key show "$city/encryption.key" --public)" --out next.charter
    mv next.charter v2.charter
done
quietly "$HELUO" charter sign v2.charter --previous v1.charter --key li.key --yes
KEYS='encryption_keys = {"encryption.key"}'
for city in "${NODES[@]}"; do
    configure "$city" "$KEYS"
    sed -i 's,^charters = .*,charters = {"../v1.charter"\, "../v2.charter"},' \
        "$city/heluod.conf"
done

put() { # CITY FILE OPTION...
    at "$1" blob put "${@:2}" --json >put.json 2>err || fail "put at $1"
    ID=$(sed -n 's/.*"blob": "\([0-9a-f]*\)".*/\1/p' put.json)
    CHECKS=$((CHECKS + 1))
}
get() { # CITY ORIGIN ID
    rm -f got && at "$1" blob get "$3" --origin $ALLIANCE/"$2" --out got
}
here() { # CITY ORIGIN ID WORD
    at "$1" blob show "$3" --origin $ALLIANCE/"$2" >shown 2>err &&
        grep -q "^$3  *$ALLIANCE/$2 .*  $4  " shown
}
file_of() { echo "$1/store/blobs/$2.$3"; } # CITY ORIGIN ID
start_all() { for city in "$@"; do start_city "$city"; done; }
end_all() { for city in "$@"; do end_city TERM "$city"; done; }

# --- luoyang seals to zhengzhou; shandong carries, and cannot open

HOLDER='郑州某某生物科技有限公司'
FIRM=91410100MA41010086
INVOICE='INV-41010520260077'
NUMBER=4410105202600771
FOUND='扫描电镜结论:合格 7731'
printf '%s %s\n%s\n' "$HOLDER" "$INVOICE" "$FOUND" >"检测报告 $INVOICE.txt"
head -c 600000 /dev/urandom >>"检测报告 $INVOICE.txt"
start_all "${NODES[@]}"
put luoyang "检测报告 $INVOICE.txt" --kind report --reader zhengzhou
REPORT=$ID
eventually 60 here zhengzhou luoyang "$REPORT" yes
eventually 60 here shandong luoyang "$REPORT" carried
check 'the reader opens it' get zhengzhou luoyang "$REPORT"
cmp -s got "检测报告 $INVOICE.txt" || fail 'it is what it was'
refuse 'the carrier does not' get shandong luoyang "$REPORT"
grep -q 'sealed to others' err || fail 'it says why'
# As if its table of readers said so.
quietly cmp "$(file_of shandong luoyang "$REPORT")" \
    "$(file_of zhengzhou luoyang "$REPORT")"
for city in zhengzhou luoyang; do
    ! at $city status | grep -q encryption-key || fail "$city: its key is good"
done

# --- the author is gone: the carrier hands it over

end_city TERM zhengzhou
put luoyang "检测报告 $INVOICE.txt" --kind invoice --reader zhengzhou
LATER=$ID
eventually 60 here shandong luoyang "$LATER" carried
end_all luoyang alliance
start_city zhengzhou
eventually 60 here zhengzhou luoyang "$LATER" yes
check 'opened' get zhengzhou luoyang "$LATER"
cmp -s got "检测报告 $INVOICE.txt" || fail 'it is what it was'
start_all luoyang alliance

# --- killed in the middle, it goes on where it stood

head -c 48000000 /dev/urandom >large.bin
RESUMED=
for attempt in $(seq 12); do
    kill -STOP "${PID[zhengzhou]}"
    put luoyang large.bin --kind contract --reader zhengzhou
    PART=$(file_of zhengzhou luoyang "$ID").part
    kill -CONT "${PID[zhengzhou]}"
    until=$((SECONDS + 60))
    until [ -s "$PART" ] || here zhengzhou luoyang "$ID" yes; do
        [ $SECONDS -lt $until ] || fail 'it does not come'
    done
    kill -KILL "${PID[zhengzhou]}"
    wait "${PID[zhengzhou]}" 2>/dev/null
    [ ! -e "$PART" ] || RESUMED=$(stat -c %i "$PART")
    start_city zhengzhou
    eventually 60 here zhengzhou luoyang "$ID" yes
    [ -z "$RESUMED" ] || break
    quietly at luoyang blob erase "$ID"
done
[ -n "$RESUMED" ] || fail 'it was never killed in the middle'
[ "$(stat -c %i "$(file_of zhengzhou luoyang "$ID")")" = "$RESUMED" ] ||
    fail 'it began again'
check 'opened' get zhengzhou luoyang "$ID"
cmp -s got large.bin || fail 'it is what it was'

# --- a damaged copy is not handed on; nobody is accused

quietly /usr/bin/python3 - "$(file_of shandong luoyang "$REPORT")" <<'END'
import sys
with open(sys.argv[1], 'r+b') as f:
    f.seek(70000)
    byte = f.read(1)
    f.seek(70000)
    f.write(bytes([byte[0] ^ 1]))
END
end_all zhengzhou luoyang alliance
rm -f "$(file_of zhengzhou luoyang "$REPORT")"
start_city zhengzhou
sleep 2
! here zhengzhou luoyang "$REPORT" yes || fail 'it took what was changed'
! at zhengzhou peer list | grep -q 'broke' || fail 'nobody is at fault'
start_all luoyang alliance
eventually 60 here zhengzhou luoyang "$REPORT" yes
check 'opened' get zhengzhou luoyang "$REPORT"
cmp -s got "检测报告 $INVOICE.txt" || fail 'it is what it was'

# --- the scrub finds it, and it comes back

SPOILT=$(file_of shandong luoyang "$REPORT")
expect_at() { HELUO_SOCKET=$WORK/$1/heluo.sock expect "${@:2}"; }
expect_at shandong HL_OK 'sealed document' scrub --timeout 60
cmp -s "$SPOILT" "$(file_of luoyang luoyang "$REPORT")" || fail 'as it was'
expect_at shandong HL_OK '' scrub --timeout 60
! grep -q 'sealed document' out || fail 'it is whole'

# --- erased: here at once, there as soon as it is heard

end_city TERM zhengzhou
check 'erase' at luoyang blob erase "$REPORT"
[ ! -e "$(file_of luoyang luoyang "$REPORT")" ] || fail 'gone at its author'
eventually 60 test ! -e "$(file_of shandong luoyang "$REPORT")"
[ -e "$(file_of zhengzhou luoyang "$REPORT")" ] || fail 'zhengzhou is away'
cp "$(file_of zhengzhou luoyang "$REPORT")" kept
start_city zhengzhou
eventually 60 test ! -e "$(file_of zhengzhou luoyang "$REPORT")"
refuse 'opened no more' get zhengzhou luoyang "$REPORT"
# Brought back behind its back, it is neither kept nor served.
end_city TERM zhengzhou
cp kept "$(file_of zhengzhou luoyang "$REPORT")"
start_city zhengzhou
eventually 60 test ! -e "$(file_of zhengzhou luoyang "$REPORT")"
eventually 60 here zhengzhou luoyang "$REPORT" erased
for city in "${NODES[@]}"; do
    check "$city verifies" at "$city" journal verify \
        --origin $ALLIANCE/luoyang --charter v2.charter
done

# --- one that carries nothing

end_city TERM shandong
configure shandong "$KEYS" 'carry_blobs_bytes = 0'
sed -i 's,^charters = .*,charters = {"../v1.charter"\, "../v2.charter"},' \
    shandong/heluod.conf
start_city shandong
put luoyang large.bin --kind other --reader zhengzhou
eventually 60 here zhengzhou luoyang "$ID" yes
here shandong luoyang "$ID" no || fail 'it carries none'

# --- a stick: to a node that no line leads to, by way of one that cannot open it

end_all "${NODES[@]}"
start_city luoyang
put luoyang "检测报告 $INVOICE.txt" --kind report --reader zhengzhou
STICK=$ID
check 'export' at luoyang journal export --out without.archive
check 'export' at luoyang journal export --blobs --out with.archive
end_city TERM luoyang
[ "$(stat -c %s with.archive)" -gt "$(($(stat -c %s without.archive) + \
    48000000))" ] || fail 'the blobs are in it'
start_city alliance # whoever carries
check 'import' at alliance journal import with.archive
here alliance luoyang "$STICK" carried || fail 'it carries it'
check 'export' at alliance journal export --blobs --out further.archive
end_city TERM alliance
start_city zhengzhou
check 'import' at zhengzhou journal import without.archive
here zhengzhou luoyang "$STICK" no || fail 'it knows of it'
head -c 30000000 further.archive >cut.archive
refuse 'one cut short' at zhengzhou journal import cut.archive
check 'import' at zhengzhou journal import further.archive
check 'again' at zhengzhou journal import further.archive
check 'opened' get zhengzhou luoyang "$STICK"
cmp -s got "检测报告 $INVOICE.txt" || fail 'it is what it was'
[ ! -e "$(file_of zhengzhou luoyang "$REPORT")" ] || fail 'none that is erased'
check 'audit' "$HELUO" journal audit --charter v2.charter further.archive
quietly mv "$(file_of zhengzhou luoyang "$STICK")" gone # only to see it refused
/usr/bin/python3 - "$HERE" <<'END'
import sys
sys.path.insert(0, sys.argv[1])
import hashlib, struct
data = open('further.archive', 'rb').read()
at, out = len(b'heluo-archive/v1\n'), [b'heluo-archive/v1\n']
while True:
    size = struct.unpack('>I', data[at:at + 4])[0]
    at += 4
    if size == 0:
        break
    message = bytearray(data[at:at + size])
    at += size
    if message[0] == 0x7a and len(message) > 1000:
        message[500] ^= 1
    out += [struct.pack('>I', len(message)), bytes(message)]
out.append(struct.pack('>I', 0))
body = b''.join(out)
open('changed.archive', 'wb').write(body + hashlib.sha256(body).digest())
END
refuse 'a changed part' at zhengzhou journal import changed.archive
grep -q 'part of a blob' err || fail 'it says why'
[ ! -e "$(file_of zhengzhou luoyang "$STICK")" ] || fail 'nothing is kept'
quietly mv gone "$(file_of zhengzhou luoyang "$STICK")"

# --- a backup has them, and status says of which it has not

check 'status' at zhengzhou status
grep -q 'documents are in no backup' out || fail 'status: none was made'
check 'backup' "$HELUO" backup --config zhengzhou/heluod.conf --out copy
grep -q 'sealed documents' out || fail 'it says how many'
check 'status' at zhengzhou status
grep -q ' 0 documents came since' out || fail 'status: all are in it'
end_city TERM zhengzhou
start_all luoyang zhengzhou
put luoyang "检测报告 $INVOICE.txt" --kind contract --reader zhengzhou
eventually 60 here zhengzhou luoyang "$ID" yes
check 'status' at zhengzhou status
grep -q ' 1 documents came since' out || fail 'status: one is not'
check 'erased after the backup' at luoyang blob erase "$STICK"
eventually 60 test ! -e "$(file_of zhengzhou luoyang "$STICK")"
end_all luoyang zhengzhou
mv zhengzhou/store lost && mkdir zhengzhou/store
check 'restore' "$HELUO" restore --config zhengzhou/heluod.conf copy
[ -e "$(file_of zhengzhou luoyang "$STICK")" ] || fail 'the backup has it'
start_city zhengzhou
check 'a document of its backup' get zhengzhou luoyang "$LATER"
start_all luoyang shandong alliance
eventually 60 here zhengzhou luoyang "$ID" yes
eventually 60 test ! -e "$(file_of zhengzhou luoyang "$STICK")"

# --- an order's documents, and who holds the voucher

# Carried again, so that what is searched below has the sealed forms.
end_city TERM shandong
sed -i '/^carry_blobs_bytes/d' shandong/heluod.conf
start_city shandong
# has TEXT...: a reader was shown it, in `got`.
declare -A SHOWN
has() {
    for text in "$@"; do
        grep -qaF "$text" got || fail "the reader finds no '$text'"
        SHOWN[$text]=yes
    done
}
carried() { # ORIGIN ID
    for city in shandong alliance; do
        eventually 60 here $city "$1" "$2" carried
        [ -s "$(file_of $city "$1" "$2")" ] || fail "$city carries it"
    done
}
check 'a key of fingerprints' at alliance fingerprint new
keyed() { at luoyang status | grep -q '^fingerprints .*versions 1$'; }
eventually 60 keyed
cat >scheme.json <<END
{"id": "zz", "version": 1, "name_zh": "郑州市科技创新券",
 "budget_fen": 100000000, "issue_unit_fen": 100, "use_days": 365,
 "claim_days": 60, "payee": "SCHEME_PAYEE_PROVIDER", "kinds": 2,
 "holder_year_max_fen": 10000000,
 "rates": [{"level": "市", "rate_bp": 5000}]}
END
check 'scheme' at zhengzhou scheme put scheme.json
V=$(printf '%032x' 7)
check 'voucher' at zhengzhou voucher issue --scheme zz --amount 50000 \
    --uscc $FIRM --name "$HOLDER" --id "$V"
check 'one that tells nobody' at zhengzhou order place --voucher "$V" \
    --provider luoyang --unit-id 12410000415800018L --kind testing --price 60
SILENT=$(awk '$1 == "order" { print $2 }' out)
check 'order' at zhengzhou order place --voucher "$V" --provider luoyang \
    --unit-id 12410000415800018L --kind testing --price 6000 --tell-holder \
    --durability sealed
O=$(awk '$1 == "order" { print $2 }' out)
eventually 60 at luoyang order accept "$O" --durability sealed
# The order names it to its readers alone, among others of that kind.
V2=$(printf '%032x' 8)
check 'voucher' at zhengzhou voucher issue --scheme zz --amount 50000 \
    --uscc 91410300MA4103003F --name '洛阳某某机械厂' --id "$V2"
check 'another' at zhengzhou order place --voucher "$V2" --provider luoyang \
    --unit-id 12410000415800018L --kind testing --price 6000 --tell-holder \
    --durability sealed
O2=$(awk '$1 == "order" { print $2 }' out)
names() { # CITY ORDER: a holder's blob
    at "$1" order show "$2" >shown 2>err &&
        ID=$(awk '$1 == "holder" { print $3 }' shown) && [ ${#ID} = 64 ]
}
eventually 60 names luoyang "$O2"
SECOND=$ID
check 'the provider reads it' get luoyang zhengzhou "$ID"
grep -qF '洛阳某某机械厂' got || fail 'of the other order'
eventually 60 names luoyang "$O"
[ "$ID" != "$SECOND" ] || fail 'each order has its own'
HELD=$ID
! names luoyang "$SILENT" || fail 'another order has none'
check 'the provider reads it' get luoyang zhengzhou "$HELD"
has "$HOLDER" "$FIRM" "${O#*/}"
check 'its issuer' names zhengzhou "$O"
[ "$ID" = "$HELD" ] || fail 'the same at its issuer'
carried zhengzhou "$HELD"
for city in shandong alliance; do
    eventually 60 at $city order show "$O"
    ! names $city "$O" || fail "$city is told which"
    ! grep -q holder shown || fail "$city is told that there is one"
done
CMD=$(printf '%032x' 55)
printf 'invoice %s %s\n' "$INVOICE" "$NUMBER" >"$INVOICE.pdf"
for turn in once again; do
    eventually 60 at luoyang order deliver "$O" --price 4000.01 \
        --from '2026-11-24 08:30' --to '2026-11-24 17:00' \
        --report "检测报告 $INVOICE.txt" --invoice "$INVOICE.pdf" \
        --invoice-number $NUMBER --invoice-date 2026-11-24 \
        --invoice-fen 400001 \
        --command-id "$CMD"
done
grep -q 'nothing new was written' out || fail 'it has one effect'
check 'captured' at zhengzhou order show "$O" --wait captured --timeout 60
check 'shown' at zhengzhou order show "$O" --json
for kind in report invoice; do
    ID=$(sed -n "s/.*\"$kind\": \"\([0-9a-f]*\)\".*/\1/p" out | head -n 1)
    [ ${#ID} = 64 ] || fail "the order names its $kind"
    cp out order.json
    eventually 60 here zhengzhou luoyang "$ID" yes
    check "the issuer opens the $kind" get zhengzhou luoyang "$ID"
    [ $kind = report ] && has "$HOLDER" "$FOUND" || has "$INVOICE" "$NUMBER"
    grep -qF "$INVOICE" out || fail 'and its name says so'
    carried luoyang "$ID"
    cp order.json out
done
cmp -s got "$INVOICE.pdf" || fail 'it is what it was'

# --- not a word of it in the stores of who is no reader

end_all "${NODES[@]}"
for city in shandong alliance; do
    for text in "$HOLDER" "$FIRM" "$INVOICE" "$NUMBER" "$FOUND"; do
        [ "${SHOWN[$text]:-}" = yes ] || fail "nobody was shown '$text'"
        ! grep -rqaF "$text" $city || fail "$city has '$text'"
        CHECKS=$((CHECKS + 1))
    done
    ! grep -rqaF '检测报告' $city || fail "$city has a document's name"
    # The search does find what is there: in the journals, as bytes.
    for text in zhengzhou 郑州市科技创新券; do
        grep -rqaF "$text" $city/store || fail "the search finds no '$text'"
    done
done
# Nor in the clear at a reader; the issuer's private store has its holders.
for text in "$HOLDER" "$FIRM" "$INVOICE" "$NUMBER" "$FOUND"; do
    ! grep -rqaF "$text" luoyang/store || fail "luoyang has '$text' in the clear"
    CHECKS=$((CHECKS + 1))
done
done_testing
