#!/usr/bin/env bash
# Orders that begin at the desk of who serves them, from the command line over
# three cities: held, denied with the reason, taken back, served, confirmed,
# captured; and asked for while nobody can be reached.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"

FIRM=91410100MA41010086
UNIT=12410000415800018L

# expect_at CITY ERROR TEXT COMMAND...
expect_at() { HELUO_SOCKET=$WORK/$1/heluo.sock expect "${@:2}"; }
said() { grep -qF -- "$1" out || fail "does not say $1"; }
open_of() { at zhengzhou voucher show "$V" | awk '$1 == "open" { print $3 }'; }
# request ERROR TEXT VOUCHER [OPTION...]: of Zhengzhou's, at Shandong's desk.
request() {
    expect_at shandong "$1" "$2" order request --issuer zhengzhou \
        --voucher "$3" --unit-id $UNIT --kind "${KIND:-testing}" "${@:4}"
}
# The order of the last request, which its first line names.
named() { O=$(awk '$1 == "order" { print $2; exit }' out); }
waits() { # CITY STATE: it comes to that
    expect_at "$1" HL_OK "$2 " order show "$O" --wait "$2" --timeout 60
}
# Not before the voucher was issued.
now() { date +%FT%T.%3N%:z; }
# as_json CITY EXPRESSION: of the order o, which is O.
as_json() {
    at "$1" order show "$O" --json >json || fail "$1: $O"
    /usr/bin/python3 -c 'import json, sys
o = json.load(open("json"))
sys.exit(not eval(f"({sys.argv[1]})"))' "$2" || fail "$1: not $2: $(cat json)"
    CHECKS=$((CHECKS + 1))
}

# registered CITY BODY: a posting by such an entry.
registered() { at "$1" ledger register | grep -q "$2 "; }

found_federation
for city in "${CITIES[@]}"; do
    start_city "$city"
done
for days in 0 3; do
    cat >scheme.json <<END
{"id": "zz-$days", "version": 1, "name_zh": "郑州市科技创新券",
 "budget_fen": 100000000, "issue_unit_fen": 100, "use_days": 365,
 "claim_days": 60, "payee": "SCHEME_PAYEE_PROVIDER", "kinds": 2,
 "desk_days": $days, "rates": [{"level": "市", "rate_bp": 5000}]}
END
    expect_at zhengzhou HL_OK 'index' scheme put scheme.json
    V=$(printf '%032x' 7$days)
    expect_at zhengzhou HL_OK "voucher $V" voucher issue --scheme zz-$days \
        --amount 50000 --uscc $FIRM --name 郑州精密 --id "$V"
done
HOME_ONLY=$(printf '%032x' 70)

# --- asked for, held

request HL_OK 'state 状态' "$V" --price 6001.01 --item-inner-id SEM-1 \
    --answer --timeout 60
named
[ "${O%%/*}" = shandong ] || fail "it began at the desk: $O"
for text in "order $O" 'granted 已批待服务' "$ALLIANCE/zhengzhou" \
    "$ALLIANCE/shandong" '¥3000.50' 'SEM-1'; do
    said "$text"
done
[ "$(open_of)" = ¥46999.50 ] || fail "half of it is held: $(open_of)"
waits zhengzhou placed
waits luoyang placed
as_json shandong 'o["state"] == "ORDER_STATE_PLACED" and o["name"] == "'"$O"'"
    and o["issuer"].endswith("/zhengzhou")
    and o["order"]["item_home"] == "shandong"
    and o["order"]["hold_fen"] == 300050 and o["order"]["request_leaf"]'
expect_at zhengzhou HL_OK "$O " order list --open
expect_at shandong HL_OK "$O " order list --asked
# There is nothing to accept.
expect_at shandong HL_OK '' status --json
refuse 'nothing is to be answered' grep -q 'orders-asked' out
ASKED=zhengzhou/$(printf '%032x' 98)
expect_at zhengzhou HL_OK "order $ASKED" order place --voucher "$V" \
    --provider shandong --unit-id $UNIT --kind testing --price 1 \
    --id "${ASKED#*/}"
expect_at shandong HL_OK 'placed ' order show "$ASKED" --wait placed --timeout 60
expect_at shandong HL_OK 'orders-asked' status --json
expect_at shandong HL_OK 'index' order decline "$ASKED"

# --- served: its holder is asked, who was spoken for

DONE=$(now)
printf 'report\n' >report.pdf
expect_at shandong HL_OK 'index' order deliver "$O" --price 4000.01 \
    --from "$DONE" --to "$DONE" --report report.pdf --digests --durability sealed
waits zhengzhou delivered
asked() { at zhengzhou order show "$O" | grep -q 'asked until 确认截止'; }
eventually 30 asked
until=$(TZ=Asia/Shanghai date -d '3 days' +%F)
as_json zhengzhou '"'"$until"'" >= o["order"]["ask_until"] > "2026"
    and o["order"].get("captured_fen", 0) == 0'
expect_at zhengzhou HL_OK 'confirmation 待确认' order list --open
expect_at zhengzhou HL_EDEADLINE 'and not captured' order show "$O" \
    --wait captured --timeout 3
expect_at zhengzhou HL_OK 'index' order confirm "$O"
waits shandong captured
said '¥2000.00'
waits luoyang captured
[ "$(open_of)" = ¥48000.00 ] || fail "the rest is open again: $(open_of)"
expect_at shandong HL_OK 'captured 兑付' ledger register
expect_at shandong HL_OK 'index' order adjust "$O" --amount 100 --reason 多收
eventually 30 registered zhengzhou 'adjusted 退款'
expect_at zhengzhou HL_OK '' order review "$O" --stars 5
FIRST=$O

# --- one that is disputed by who was spoken for

request HL_OK 'placed ' "$V" --price 1000 --answer --timeout 60
named
expect_at zhengzhou HL_OK 'index' order dispute "$O" --reason 未授权
DONE=$(now)
waits shandong placed
expect_at shandong HL_OK 'index' order deliver "$O" --price 1000 \
    --from "$DONE" --to "$DONE" --durability sealed
waits zhengzhou delivered
expect_at zhengzhou HL_OK 'index' order resolve "$O" --deny --reason 未授权
waits shandong resolved
said 'denied 不予兑付'
said '未授权'
[ "$(open_of)" = ¥48000.00 ] || fail "all of it is open again: $(open_of)"

# --- denied, with the reason

denied() { # WORD 中文 VOUCHER [OPTION...]
    request HL_ESTATE 'will not be placed' "$3" --answer --timeout 60 "${@:4}"
    named
    said "$1 $2: "
    waits zhengzhou resolved
    as_json shandong 'o["state"] == "ORDER_STATE_DENIED"
        and o["order"]["reason"].startswith("'"$1"': ")'
    expect_at shandong HL_ESTATE 'resolved ' order deliver "$O" --price 1 \
        --from "$DONE" --to "$DONE"
}
denied not_at_desk 该办法不支持在服务方发起订单 "$HOME_ONLY" --price 10
denied no_voucher 无此创新券 "$(printf '%032x' 9)" --price 10
KIND=advice denied kind_excluded 该类服务不在支持范围 "$V" --price 10
denied voucher_left 创新券余额不足 "$V" --price 200000 --hold 90000
denied until_range 截止日超出兑付期限 "$V" --price 10 --until 2099-01-01
expect_at zhengzhou HL_OK 'HoldDeny' journal show --count 1
[ "$(open_of)" = ¥48000.00 ] || fail "nothing is held: $(open_of)"

# --- given up after it was held

request HL_OK 'placed ' "$V" --price 100 --answer --timeout 60
named
expect_at shandong HL_OK 'index' order decline "$O" --reason 客户改期
waits zhengzhou resolved
said 'released 已退还'
[ "$(open_of)" = ¥48000.00 ] || fail "all of it is open again: $(open_of)"

# --- cut off while it asks: taken back, or held by itself once that is over

end_city TERM zhengzhou
end_city TERM luoyang
request HL_EDEADLINE 'it is pending 待批, and not placed' "$V" \
    --price 300 --answer --timeout 3
named
HELD=$O
as_json shandong 'o["state"] == "ORDER_STATE_REQUESTED"
    and o["order"].get("hold_fen", 0) == 0'
expect_at shandong HL_EUNSEALED 'has not answered' order deliver "$O" \
    --price 300 --from "$DONE" --to "$DONE" --timeout 3
request HL_OK 'index' "$V" --price 400
named
expect_at shandong HL_OK 'index' order decline "$O"
expect_at shandong HL_OK 'released 已退还' order show "$O"
check 'what is open' at shandong order list --served --open
refuse 'nobody resolves it' grep -qF "$O " out
expect_at shandong HL_ESTATE 'declined ' order decline "$O"
expect_at shandong HL_ESTATE 'declined ' order deliver "$O" --price 1 \
    --from "$DONE" --to "$DONE"
expect_at shandong HL_ESTATE 'and will not be placed' order show "$O" \
    --wait placed
BACK=$O
start_city zhengzhou
start_city luoyang
O=$HELD
waits shandong placed
[ "$(open_of)" = ¥47850.00 ] || fail "of the one, and not of both: $(open_of)"
O=$BACK
expect_at zhengzhou HL_OK 'released 已退还' order show "$O" --wait resolved \
    --timeout 60
O=$HELD
DONE=$(now)
expect_at shandong HL_OK 'index' order deliver "$O" --price 300 \
    --from "$DONE" --to "$DONE" --timeout 60
waits zhengzhou delivered
eventually 30 asked
expect_at zhengzhou HL_OK 'index' order confirm "$O"
waits shandong captured

# --- what is wrong

expect_at zhengzhou HL_ESTATE 'at_home 本节点发放的创新券应直接下单: ' \
    order request --issuer zhengzhou --voucher "$V" --unit-id $UNIT \
    --kind testing --price 1
expect_at shandong HL_ENOTFOUND 'no_issuer 联盟中无此发券方节点: ' \
    order request --issuer xian --voucher "$V" --unit-id $UNIT \
    --kind testing --price 1
expect_at shandong HL_EUSAGE '--issuer' order request --voucher "$V" \
    --unit-id $UNIT --kind testing --price 1
request HL_EUSAGE "--price: '1.234' has more than 2 decimals" "$V" --price 1.234
request HL_EUSAGE 'with --item-inner-id' "$V" --price 1 --item-home luoyang
again=$(printf '%032x' 99)
request HL_OK "order shandong/$again" "$V" --price 3 --id "$again" \
    --command-id "$again"
request HL_OK "order shandong/$again" "$V" --price 3 --id "$again" \
    --command-id "$again" # the same again asks nothing twice
request HL_EEXISTS 'order_exists 订单号已存在: ' "$V" --price 3 --id "$again"
O=shandong/$again
waits shandong placed
expect_at luoyang HL_ESTATE 'other_provider 订单属于其他服务方: ' \
    order decline "$O"
expect_at zhengzhou HL_OK 'index' order cancel "$O"
waits shandong declined # by itself

# --- lists, watches, accounts

expect_at zhengzhou HL_OK "$FIRST " order list
expect_at shandong HL_OK "$FIRST " order list --served
expect_at zhengzhou HL_OK "captured 兑付  $FIRST  now captured 已兑付" \
    order watch --token t --until-current
expect_at shandong HL_OK "requested 申请预占  $FIRST" order watch --token t2 \
    --until-current
expect_at luoyang HL_OK '2150.00' ledger balance \
    --origin $ALLIANCE/zhengzhou
for city in "${CITIES[@]}"; do
    at "$city" ledger balance >out || fail "$city"
    grep -q '^sum 合计 .* 0.00$' out || fail "$city is in balance"
    # Its catalogue has no such unit; nothing else is found.
    check "$city: what is found" at "$city" findings
    refuse 'other findings' grep -vE '^(    |delivery_breaks_rule )' out
    end_city TERM "$city"
done
done_testing
