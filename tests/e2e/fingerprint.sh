#!/usr/bin/env bash
# The alliance's key of invoices' fingerprints: made at the coordinator's node,
# handed to the cities without a restart, changed while orders run, kept over
# restarts, given to who comes late, taken back; and shown to nobody.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"

FIRM=91410100MA41010086
UNIT=12410000415800018L
expect_at() { HELUO_SOCKET=$WORK/$1/heluo.sock expect "${@:2}"; }
now() { date +%FT%T.%3N%:z; }
versions() { # CITY TEXT: status says so
    at "$1" status >status.out 2>&1
    grep -q "^fingerprints .*$2\$" status.out
}
keyed() { # CITY FILE: an encryption key, into a draft of the charter
    quietly "$HELUO" key new encryption --alliance $ALLIANCE --node "$1" \
        --no-passphrase --out "$1/encryption.key"
    quietly "$HELUO" charter set-key "$2" --id "$1" --encryption-key \
        "$("$HELUO" key show "$1/encryption.key" --public)" --out next.charter
    mv next.charter "$3"
}

found_federation
keyed alliance v1.charter v2.charter
for city in luoyang zhengzhou; do
    keyed $city v2.charter v2.charter
done
quietly "$HELUO" charter sign v2.charter --previous v1.charter --key li.key --yes
KEYS='encryption_keys = {"encryption.key"}'
for city in "${NODES[@]}"; do
    [ "$city" = shandong ] && configure "$city" || configure "$city" "$KEYS"
    sed -i 's,^charters = .*,charters = {"../v1.charter"\, "../v2.charter"},' \
        "$city/heluod.conf"
    start_city "$city"
done

# --- made by a coordinator's node, and taken by the others as it comes

expect_at zhengzhou HL_EDENIED "no coordinator's node" fingerprint new
expect_at alliance HL_ENOTFOUND 'no such version' fingerprint share
CMD=$(printf '%032x' 31)
expect_at alliance HL_OK 'sealed to 2 nodes: luoyang zhengzhou' \
    fingerprint new --version 1 --command-id "$CMD"
grep -q 'without an encryption key, so not to: shandong' out || fail 'who lacks'
for city in alliance luoyang zhengzhou; do
    eventually 60 versions $city 'versions 1'
done
eventually 60 versions shandong 'not here: 1'
grep -q 'version 1 of the alliance.s key .* has no encryption key' status.out ||
    fail 'it says why'
# Made again by a retry, it is the first one.
expect_at alliance HL_OK 'version 1' fingerprint new --version 1 --command-id "$CMD"
expect_at alliance HL_EEXISTS 'is there already: the next one is 2' \
    fingerprint new --version 1
check 'listed' at luoyang blob list --origin $ALLIANCE/alliance --json
[ "$(grep -c '"key_version": 1' out)" = 1 ] || fail 'one blob'
ID=$(at alliance blob list | awk '$3 == "fingerprint-key:1" { print $1 }')

# --- nobody is shown one

for city in alliance luoyang; do
    expect_at $city HL_EDENIED 'nobody is shown one' blob get "$ID" \
        --origin $ALLIANCE/alliance --out no
done
[ ! -e no ] || fail 'nothing is written'
for kind in 6 fingerprint-key; do
    expect_at alliance HL_EUSAGE '--kind is' blob put scheme.json --kind $kind
done
[ "$(stat -c %a "$WORK/luoyang/store/blobs/alliance.$ID")" = 600 ] ||
    fail 'sealed, and still for its owner alone'

# --- an invoice that is claimed under the former key, and under the new one

cat >scheme.json <<END
{"id": "zz", "version": 1, "name_zh": "郑州市科技创新券",
 "budget_fen": 100000000, "issue_unit_fen": 100, "use_days": 365,
 "claim_days": 60, "payee": "SCHEME_PAYEE_PROVIDER", "kinds": 2,
 "hold_checks": 64, "holder_year_max_fen": 10000000,
 "rates": [{"level": "市", "rate_bp": 5000}]}
END
expect_at zhengzhou HL_OK 'index' scheme put scheme.json
V=$(printf '%032x' 7)
expect_at zhengzhou HL_OK "voucher $V" voucher issue --scheme zz \
    --amount 50000 --uscc $FIRM --name 郑州精密 --id "$V"
accepted() { # PROVIDER: an order of Zhengzhou, in O
    check 'an order' at zhengzhou order place --voucher "$V" --provider "$1" \
        --unit-id $UNIT --kind testing --price 600 --durability sealed
    O=$(awk '$1 == "order" { print $2 }' out)
    eventually 60 at "$1" order accept "$O" --durability sealed
    DONE=$(now)
}
invoice=(--invoice-number 12345678 --invoice-date 2026-11-20 --invoice-fen 60000)
deliver() { # PROVIDER OPTION...
    at "$1" order deliver "$O" --price 600 --from "$DONE" --to "$DONE" \
        --durability sealed "${invoice[@]}" "${@:2}"
}
says() { at zhengzhou order show "$O" | grep -q "$1"; }
CMD=$(printf '%032x' 55)
accepted luoyang
check 'delivered' deliver luoyang --command-id "$CMD"
eventually 60 says 'captured 已兑付'
says 'key 密钥 1' || fail 'by the first key'

# Zhengzhou is away while the key changes.
end_city TERM zhengzhou
expect_at alliance HL_OK 'version 2' fingerprint new
eventually 60 versions luoyang 'versions 2, 1'
start_city zhengzhou
eventually 60 versions zhengzhou 'versions 2, 1'
end_city TERM luoyang
start_city luoyang
eventually 60 versions luoyang 'versions 2, 1' # and over a start

# What was asked before the change, asked again, is what was asked.
check 'again' deliver luoyang --command-id "$CMD"
grep -q 'nothing new was written' out || fail 'it has one effect'
expect_at luoyang HL_ENOTFOUND 'placed such an order yet' order deliver \
    "zhengzhou/$(printf '%032d' 7)" --price 600 --from "$DONE" --to "$DONE" \
    "${invoice[@]}"
for other in '12345679 --invoice-fen 60000' '12345678 --invoice-fen 60001' \
    '12345678 --invoice-fen 60000 --invoice-code 1'; do
    expect_at luoyang HL_EEXISTS 'invoice' order deliver "$O" --price 600 \
        --from "$DONE" --to "$DONE" --invoice-date 2026-11-20 \
        --invoice-number $other --command-id "$CMD"
done
expect_at luoyang HL_EEXISTS 'price_fen' order deliver "$O" --price 601 \
    --from "$DONE" --to "$DONE" "${invoice[@]}" --command-id "$CMD"
expect_at luoyang HL_EEXISTS '' order deliver "$O" --price 600 \
    --from "$DONE" --to "$DONE" --command-id "$CMD"

accepted luoyang
check 'delivered' deliver luoyang
eventually 60 says 'breaks 不合规则 *invoice 发票重复'
says 'key 密钥 2' || fail 'by the new key'

# --- who comes late has what is there, once somebody sees to it

keyed shandong v2.charter v3.charter
quietly "$HELUO" charter sign v3.charter --previous v2.charter --key li.key --yes
check 'submit' at alliance charter submit v3.charter
end_city TERM shandong
echo "$KEYS" >>shandong/heluod.conf
start_city shandong
eventually 60 versions shandong 'not here: 2, 1'
grep -q 'not sealed to this node: heluo fingerprint share' status.out ||
    fail 'it says what to do'
expect_at alliance HL_OK 'sealed to 1 nodes: shandong' fingerprint share
eventually 60 versions shandong 'versions 2; not here: 1'
expect_at alliance HL_OK 'sealed to 1 nodes: shandong' fingerprint share --version 1
eventually 60 versions shandong 'versions 2, 1'
expect_at alliance HL_OK 'sealed to 0 nodes' fingerprint share
expect_at alliance HL_OK 'sealed to 1 nodes: luoyang' \
    fingerprint share --reader luoyang

# --- the former one is taken back, by an operator

issue platform alliance/web web
TLS=(--connect "$(address alliance)" --node alliance --alliance $ALLIANCE
    --root ca/root.crt)
ID=$(at alliance blob list |
    awk '$3 == "fingerprint-key:1" { print $1; exit }')
expect HL_EDENIED 'which an operator of this node takes back' \
    blob erase "$ID" $(as web)
for ID in $(at alliance blob list |
    awk '$3 == "fingerprint-key:1" { print $1 }'); do
    check 'erased' at alliance blob erase "$ID"
done
for city in "${NODES[@]}"; do
    eventually 60 versions $city 'versions 2'
done

# --- a file, where no coordinator's node hands keys out

for n in 3 4 5; do
    (umask 077 && echo "$n $(openssl rand -hex 32)" >$n.key)
done
expect HL_ECONFIG 'fingerprint_key' fingerprint install 3.key \
    --config luoyang/heluod.conf
cp 4.key luoyang/fingerprint.key
end_city TERM luoyang
printf 'fingerprint_key = "fingerprint.key"\nreload_interval_s = 1\n' \
    >>luoyang/heluod.conf
start_city luoyang
eventually 60 versions luoyang 'versions 4, 2'
expect HL_OK 'version 5' fingerprint install 5.key --config luoyang/heluod.conf
grep -q 'former 4' out || fail 'it keeps the former'
[ "$(stat -c %a luoyang/fingerprint.key)" = 600 ] || fail 'for its owner alone'
eventually 60 versions luoyang 'versions 5, 4, 2'
(umask 077 && echo "5 $(openssl rand -hex 32)" >other.key)
expect HL_EEXISTS 'another key of version 5' fingerprint install other.key \
    --config luoyang/heluod.conf
# Whatever comes late, the newest two stay.
cat 3.key 4.key >late.key && chmod 600 late.key
for late in 3.key late.key; do
    expect HL_OK 'version 5' fingerprint install $late \
        --config luoyang/heluod.conf
    grep -q 'former 4' out || fail "the newest two stay: $(cat out)"
done
chmod 644 3.key
expect HL_EFILEMODE '' fingerprint install 3.key --config luoyang/heluod.conf
# --- more readers than fit into one blob

cp v3.charter v4.charter
for n in $(seq 10 25); do
    mkdir c$n
    quietly "$HELUO" key new journal --alliance $ALLIANCE --node c$n \
        --no-passphrase --out c$n/journal.key --mark c$n/journal.mark
    quietly "$HELUO" charter add-node v4.charter --id c$n --region 411600 \
        --endpoint 127.0.0.1:1 --out next.charter \
        --journal-key "$("$HELUO" key show c$n/journal.key --public)"
    mv next.charter v4.charter
    keyed c$n v4.charter v4.charter
done
quietly "$HELUO" charter sign v4.charter --previous v3.charter --key li.key --yes
check 'submit' at alliance charter submit v4.charter
expect_at alliance HL_OK 'sealed to 19 nodes: c10 c11' fingerprint new --version 3
[ "$(at alliance blob list | grep -c ' fingerprint-key:3 ')" = 2 ] || fail 'in two'
eventually 60 versions zhengzhou 'versions 3, 2'
expect_at alliance HL_OK 'sealed to 0 nodes' fingerprint share

# --- two keys of one version

# One that a coordinator states is used before the file's.
expect_at alliance HL_OK 'version 5' fingerprint new --version 5
rivalled() { at luoyang status | grep -q 'that of file is not used'; }
eventually 60 rivalled
for city in "${NODES[@]}"; do
    end_city TERM "$city"
done
done_testing
