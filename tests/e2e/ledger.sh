#!/usr/bin/env bash
# Vouchers and orders as platforms ask for them, by gRPC, over three cities with
# keepers: an order is placed, served and captured; what is refused is refused
# for ever.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"

found_federation
(umask 077 && printf '7 %064d\n' 7 >shandong/fingerprint.key)
echo 'fingerprint_key = "fingerprint.key"' >>shandong/heluod.conf
for city in "${CITIES[@]}"; do
    start_city "$city"
done
protoc_python "$PROTO" heluo/v1/{common,journal,scheme,voucher,order,ledger}.proto
program ledger.py

# --- what people are told

check 'status' at shandong status
# It looks at a thousand, of which up to four are delivered.
grep -q 'orders wait for this node to accept or decline them (\(99[6-9]\|1000\))' \
    out || fail 'Shandong is asked'
refuse 'none is disputed' grep -q 'disputed' out

# --- who cannot see it

for city in "${CITIES[@]}"; do
    check "$city computes the same" at "$city" rebuild --check
    grep -q ' 0 different' out || fail "$city: rebuild differs"
    # Its catalogue has no such unit; nothing else is found.
    check "$city: what is found" at "$city" findings
    refuse 'other findings' grep -vE '^(    |delivery_breaks_rule )' out
done
# Who holds the vouchers is known to their issuer alone.
for city in "${CITIES[@]}"; do
    end_city TERM "$city"
done
grep -q '91410100MA41010086' zhengzhou/store/data.mdb || fail 'its issuer knows'
for city in luoyang shandong; do
    refuse "$city knows no holder" grep -q -e '91410100MA41010086' -e '郑州精密' \
        "$city"/store/data.mdb
done
done_testing
