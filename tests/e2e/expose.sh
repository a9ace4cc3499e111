#!/usr/bin/env bash
# What a city may lose by a partner: allotments up to a limit, and orders that
# keepers have not sealed; in status, with both limits at work. And the list of
# what a desk asked for.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"

FIRM=91410100MA41010086
UNIT=12410000415800018L
V=$(printf '%032x' 7)

# expect_at CITY ERROR TEXT COMMAND...
expect_at() { HELUO_SOCKET=$WORK/$1/heluo.sock expect "${@:2}"; }
said() { grep -qF -- "$1" out || fail "does not say $1"; }
# says CITY TEXT COMMAND...: it does, by now.
says() { at "$1" "${@:3}" | grep -qF -- "$2"; }
problem() { says "$1" "\"$2\"" status --json; }
# reload CITY LINE: which takes the place of the one with its key.
reload() {
    sed -i "/^${2%% *} /d" "$1/heluod.conf"
    echo "$2" >>"$1/heluod.conf"
    kill -HUP "${PID[$1]}"
}
allot() { # ERROR TEXT LIMIT [PROVIDER [OPTION...]]: in O
    expect_at zhengzhou "$1" "$2" order allot --voucher "$V" \
        --provider "${4:-shandong}" --unit-id $UNIT --kind testing \
        --limit "$3" "${@:5}"
    O=$(awk '$1 == "order" { print $2; exit }' out)
}
place() { # PRICE: in O, and known in Shandong
    expect_at zhengzhou HL_OK 'order ' order place --voucher "$V" \
        --provider shandong --unit-id $UNIT --kind testing --price "$1"
    O=$(awk '$1 == "order" { print $2; exit }' out)
    eventually 30 at shandong order show "$O"
}
accept() { # ERROR TEXT ORDER [OPTION...]
    expect_at shandong "$1" "$2" order accept "${@:3}"
}
request() { # VOUCHER PRICE: at Shandong's desk, in O
    expect_at shandong HL_OK 'order ' order request --issuer zhengzhou \
        --voucher "$1" --unit-id $UNIT --kind testing --price "$2"
    O=$(awk '$1 == "order" { print $2; exit }' out)
}
# lists STATE ORDER [OPTION...]: what the desk asked for is so, by now.
lists() {
    at shandong order list --requested "${@:3}" | grep -F "$2 " |
        grep -qF -- "$1"
}

found_federation
echo 'allotted_max_fen = 800000' >>zhengzhou/heluod.conf
echo 'unsealed_max_fen = 150000' >>shandong/heluod.conf
for city in "${NODES[@]}"; do
    start_city "$city"
done
cat >scheme.json <<END
{"id": "zz", "version": 1, "name_zh": "郑州市科技创新券",
 "budget_fen": 100000000, "issue_unit_fen": 100, "use_days": 365,
 "claim_days": 60, "payee": "SCHEME_PAYEE_PROVIDER", "kinds": 2,
 "desk_days": 3, "rates": [{"level": "市", "rate_bp": 5000}]}
END
expect_at zhengzhou HL_OK 'index' scheme put scheme.json
expect_at zhengzhou HL_OK "voucher $V" voucher issue --scheme zz --amount 50000 \
    --uscc $FIRM --name 郑州精密 --id "$V"

# --- allotments: each partner has its limit

expect_at zhengzhou HL_OK 'allotted ¥0.00, unsealed ¥0.00; limits of each partner: ¥8000.00 and none' status
allot HL_OK 'order ' 5000 shandong --durability sealed
FIRST=$O
refuse 'nothing is wrong yet' problem zhengzhou exposure-allotted-high
allot HL_ESTATE 'allotted_max 超过对该节点的授予额度上限: ' 3000.01
allot HL_OK 'order ' 8000 luoyang
allot HL_OK 'order ' 1400
check 'four fifths are told' problem zhengzhou exposure-allotted-high
allot HL_OK 'order ' 1600
check 'all of it is told' problem zhengzhou exposure-allotted-full
expect_at zhengzhou HL_OK '已授额度 ¥8000.00（上限 ¥8000.00）；未封存预占 ¥0.00' \
    status --lang zh
said '对下列节点的授予额度已达上限，不再授予：luoyang, shandong。'
expect_at zhengzhou HL_OK '¥8000.00 of ¥8000.00' peer list
expect_at zhengzhou HL_OK 'allotted 已授额度' peer show shandong
said '¥8000.00 of ¥8000.00'
at zhengzhou peer show shandong --json >json || fail 'as JSON'
grep -q '"allotted_fen": 800000' json && grep -q '"allotted_max_fen": 800000' json ||
    fail "as JSON: $(cat json)"
expect_at zhengzhou HL_OK 'allotted 可支用' order list --open
expect_at zhengzhou HL_ENOTFOUND 'no such partner' peer show xian
expect_at zhengzhou HL_EUSAGE '' peer show
# What is refused moves nothing; a limit that is raised holds at once, and the
# command that was refused stays so.
COMMAND=$(printf '%032x' 77)
allot HL_ESTATE 'allotted_max ' 100 shandong --command-id "$COMMAND"
reload zhengzhou 'allotted_max_fen = 900000'
eventually 30 says zhengzhou '¥8000.00 of ¥9000.00' peer show shandong
allot HL_ESTATE 'allotted_max ' 100 shandong --command-id "$COMMAND"
allot HL_OK 'order ' 100
expect_at shandong HL_OK 'index' order close "$FIRST" --timeout 60
expect_at zhengzhou HL_OK 'captured 已兑付' order show "$FIRST" --wait captured \
    --timeout 60
expect_at zhengzhou HL_OK '¥3100.00 of ¥9000.00' peer show shandong
expect_at luoyang HL_OK 'allotted 已授额度' peer show zhengzhou # no limits
said ' ¥0.00'

# --- orders: what keepers have not sealed

# Nothing of Zhengzhou is sealed without two of three.
calm() { at shandong peer show zhengzhou | grep -q '未封存预占  *¥0.00 of'; }
eventually 60 calm
end_city TERM luoyang
end_city TERM alliance
place 2000
A=$O
place 1200
B=$O
place 1000
C=$O
expect_at shandong HL_OK 'for 3 orders, ¥0.00 of it accepted' peer show zhengzhou
said '¥2100.00 of ¥1500.00'
check 'it is told' problem shandong exposure-unsealed-full
accept HL_OK 'index' "$A"
accept HL_EUNSEALED 'unsealed_max: with it this node would rely on 160000 fen' \
    "$B" --timeout 3
accept HL_OK 'index' "$C"
expect_at shandong HL_OK '¥2100.00 of ¥1500.00 for 3 orders, ¥1500.00 of it accepted' \
    status
expect_at shandong HL_OK 'index' order decline "$C"
eventually 30 says shandong 'for 2 orders, ¥1000.00 of it accepted' peer list
accept HL_EUNSEALED 'unsealed_max: ' "$B" --timeout 3
# It waits for the seal by itself, and nothing was remembered.
at shandong order accept "$B" --timeout 60 >accepted 2>&1 &
waiting=$!
start_city luoyang
wait $waiting || fail "it is accepted once it is sealed: $(cat accepted)"
CHECKS=$((CHECKS + 1))
eventually 60 calm
refuse 'all is well' problem shandong exposure-unsealed-full
expect_at shandong HL_OK 'accepted 已接单' order show "$B"
start_city alliance

# --- what a desk asked for

end_city TERM zhengzhou
request "$V" 300
GRANTED=$O
request "$(printf '%032x' 9)" 300
DENIED=$O
request "$V" 400
BACK=$O
expect_at shandong HL_OK 'index' order decline "$BACK"
check 'one is pending' lists 'pending 待批' "$GRANTED"
check 'with its issuer' lists ' zhengzhou ' "$GRANTED"
check 'and open' lists 'pending 待批' "$DENIED" --open
check 'one is taken back' lists 'released 已退还' "$BACK"
refuse 'and not open' lists '' "$BACK" --open
expect_at shandong HL_OK '' order list --served --open
refuse 'nor so' grep -qF "$BACK" out
expect_at shandong HL_OK 'ORDER_STATE_REQUESTED' order list --requested --json
start_city zhengzhou
eventually 60 lists 'granted 已批待服务' "$GRANTED"
eventually 60 lists 'denied 已拒' "$DENIED"
refuse 'that is over' lists '' "$DENIED" --open
expect_at shandong HL_OK 'no_voucher 无此创新券: ' order show "$DENIED"
[ "$(at shandong order list --requested | grep -c '^shandong/')" = 3 ] ||
    fail "three were asked for: $(at shandong order list --requested)"
check 'a list of nothing' at zhengzhou order list --requested
[ ! -s out ] || fail "that city asked nobody: $(cat out)"
expect_at shandong HL_EUSAGE 'give one of --asked, --served and --requested' \
    order list --requested --asked
expect_at zhengzhou HL_OK 'granted 已批待服务' order list --open

for city in "${CITIES[@]}"; do
    check "$city rebuilds" at "$city" rebuild --check
    at "$city" ledger balance | tail -1 | grep -q ' 0.00 *$' ||
        fail "$city is in balance"
done
for city in "${NODES[@]}"; do
    end_city TERM "$city"
done
done_testing
