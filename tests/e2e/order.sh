#!/usr/bin/env bash
# Orders from the command line over three cities: captured, declined, cancelled,
# disputed, denied, adjusted; waited for, and told as hledger's journal.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"

FIRM=91410100MA41010086
UNIT=12410000415800018L

# expect_at CITY ERROR TEXT COMMAND...
expect_at() { HELUO_SOCKET=$WORK/$1/heluo.sock expect "${@:2}"; }
said() { grep -qF -- "$1" out || fail "does not say $1"; }
open_of() { at zhengzhou voucher show "$V" | awk '$1 == "open" { print $3 }'; }
# Somebody who waits for a seal gets it at once; without, it comes in seconds.
SEALED=(--durability sealed)
# ordered PRICE [OPTION...]: an order of Zhengzhou at Shandong, in O.
ordered() {
    check 'an order' at zhengzhou order place --voucher "$V" --provider shandong \
        --unit-id $UNIT --kind testing "${SEALED[@]}" --price "$@"
    O=$(awk '$1 == "order" { print $2 }' out)
    eventually 30 at shandong order show "$O"
}
accepted() {
    ordered "$@"
    expect_at shandong HL_OK 'index' order accept "$O"
}
# Not before the voucher was issued.
now() { date +%FT%T.%3N%:z; }
deliver() { # PRICE [OPTION...]
    DONE=$(now)
    at shandong order deliver "$O" --price "$1" --from "$DONE" --to "$DONE" \
        "${SEALED[@]}" "${@:2}"
}
waits() { # CITY STATE: it comes to that
    expect_at "$1" HL_OK "$2 " order show "$O" --wait "$2" --timeout 60
}

found_federation
# One key of invoices' fingerprints; luoyang has the next one, too.
key=$(openssl rand -hex 32)
for city in "${CITIES[@]}"; do
    (umask 077 && printf '4 %s\n' "$key" >"$city/fingerprint.key")
    echo 'fingerprint_key = "fingerprint.key"' >>"$city/heluod.conf"
done
printf '5 %s\n' "$(openssl rand -hex 32)" >>luoyang/fingerprint.key
for city in "${CITIES[@]}"; do
    start_city "$city"
done
for days in 0 7; do
    cat >scheme.json <<END
{"id": "zz-$days", "version": 1, "name_zh": "郑州市科技创新券",
 "budget_fen": 100000000, "issue_unit_fen": 100, "use_days": 365,
 "claim_days": 60, "payee": "SCHEME_PAYEE_PROVIDER", "kinds": 2,
 "confirm_days": $days, "hold_checks": 66, "holder_year_max_fen": 10000000,
 "rates": [{"level": "市", "rate_bp": 5000}]}
END
    expect_at zhengzhou HL_OK 'index' scheme put scheme.json
    V=$(printf '%032x' 7$days)
    expect_at zhengzhou HL_OK "voucher $V" voucher issue --scheme zz-$days \
        --amount 50000 --uscc $FIRM --name 郑州精密 --id "$V"
done
V=$(printf '%032x' 70)

# --- ordered, served, captured

ordered 6001.01 --item-inner-id SEM-1
[ "$(open_of)" = ¥46999.50 ] || fail "half of it is held: $(open_of)"
expect_at shandong HL_OK "$O " order list --asked
said 'placed 待接单'
expect_at shandong HL_EDEADLINE 'it is placed 待接单, and not accepted' \
    order show "$O" --wait accepted --timeout 3
said '¥3000.50'
expect_at shandong HL_ESTATE 'not_accepted 订单尚未接受: ' order deliver "$O" \
    --price 1 --from '2026-11-24 08:30' --to '2026-11-24 09:00'
# The other side waits while this one answers.
at zhengzhou order show "$O" --wait captured --timeout 60 >waited 2>&1 &
waiting=$!
expect_at shandong HL_OK 'index' order accept "$O"
waits zhengzhou accepted
printf 'report\n' >report.pdf
check 'delivered' deliver 4000.01 --report report.pdf --digests
wait $waiting || fail "it was captured: $(cat waited)"
CHECKS=$((CHECKS + 1))
cp waited out
for text in 'captured 已兑付' '¥4000.01' '¥2000.00' 'testing 检测检验' \
    "$(TZ=Asia/Shanghai date -d "$DONE" '+%F %T')" \
    "$(openssl dgst -sha256 -r report.pdf | cut -d ' ' -f 1)"; do
    said "$text"
done
[ "$(open_of)" = ¥48000.00 ] || fail "the rest is open again: $(open_of)"
waits shandong captured
waits luoyang captured
expect_at shandong HL_ESTATE 'it is captured 已兑付, and will not be declined' \
    order show "$O" --wait declined
at shandong order show "$O" --json >json
grep -q '"item_inner_id": "SEM-1"' json && grep -q "\"name\": \"$O\"" json &&
    grep -q '"captured_fen": 200000' json || fail 'as JSON'
expect_at zhengzhou HL_OK "$O" order show "${O#*/}" # that began here
expect_at luoyang HL_ENOTFOUND 'began at luoyang' order show "${O#*/}"
expect_at zhengzhou HL_OK '' order review "$O" --stars 5 --text 及时
expect_at zhengzhou HL_ESTATE 'reviewed 已经评价: ' order review "$O" --stars 4
FIRST=$O

# --- adjusted

expect_at shandong HL_ESTATE 'adjust_sum 退款超过已兑付金额: ' order adjust "$O" \
    --amount 2000.01 --reason 多收
expect_at shandong HL_OK 'index' order adjust "$O" --amount 100 --reason 多收
expect_at shandong HL_OK '¥100.00' order show "$O"
adjusted() { at zhengzhou ledger balance | grep -q 'receivable 应收  shandong .* 100.00'; }
eventually 30 adjusted

# --- declined; cancelled, before it is accepted and after

ordered 100
expect_at shandong HL_OK 'index' order decline "$O" --reason 设备检修
waits zhengzhou declined
said '设备检修'
waits zhengzhou resolved
said 'released 已退还'
expect_at zhengzhou HL_ESTATE 'and will not be accepted' order show "$O" \
    --wait accepted
[ "$(open_of)" = ¥48000.00 ] || fail "all is open again: $(open_of)"
ordered 200
expect_at zhengzhou HL_OK 'index' order cancel "$O" --reason 不做了
waits zhengzhou declined # by itself
accepted 300
expect_at zhengzhou HL_OK 'index' order cancel "$O"
expect_at zhengzhou HL_ESTATE 'cancelled 已经申请取消: ' order cancel "$O"
eventually 30 at shandong order show "$O" --json
wished() { at shandong order show "$O" | grep -q 'asked 已申请'; }
eventually 30 wished
expect_at shandong HL_OK 'index' order decline "$O"
waits zhengzhou resolved

# --- disputed: nothing is captured until a person decides

accepted 1000
expect_at zhengzhou HL_OK 'index' order dispute "$O" --reason 报告有误
check 'delivered' deliver 1000
waits zhengzhou delivered
said 'open 待处理'
expect_at zhengzhou HL_EDEADLINE \
    "and not captured within --timeout: a person decides its dispute" \
    order show "$O" --wait captured --timeout 3
expect_at zhengzhou HL_EUSAGE 'one of --capture YUAN and --deny' order resolve \
    "$O" --reason 各半
expect_at zhengzhou HL_OK 'index' order resolve "$O" --capture 250 --reason 各半
waits zhengzhou captured
said '¥250.00'
accepted 1000
expect_at zhengzhou HL_OK 'index' order dispute "$O" --reason 报告有误
check 'delivered' deliver 1000
waits zhengzhou delivered
expect_at zhengzhou HL_OK 'index' order resolve "$O" --deny --reason 未做
waits zhengzhou resolved
said 'denied 不予兑付'
said '未做'
[ "$(open_of)" = ¥47750.00 ] || fail "what was denied is open: $(open_of)"

# --- the holder is asked

V=$(printf '%032x' 77)
accepted 400
expect_at zhengzhou HL_ESTATE 'not_delivered 订单尚未交付: ' order confirm "$O"
check 'delivered' deliver 400
waits zhengzhou delivered
asked() { at zhengzhou order show "$O" | grep -q "$1"; }
eventually 30 asked 'asked until 确认截止'
expect_at zhengzhou HL_OK 'confirmation 待确认' order list --open
expect_at zhengzhou HL_OK 'index' order confirm "$O"
waits zhengzhou captured
said '¥200.00'
V=$(printf '%032x' 70)

# --- a service before its voucher was issued: a person decides

accepted 100
expect_at shandong HL_OK 'index' order deliver "$O" --price 100 \
    --from '2026-01-24 08:30' --to 2026-01-24T17:00:00+08:00 "${SEALED[@]}"
eventually 30 asked 'breaks 不合规则 *validity 超出用券期'
said_open() { at zhengzhou order list --open | grep -q 'validity 超出用券期'; }
check 'it is listed' said_open
expect_at zhengzhou HL_OK 'or their deliveries break a rule' status
expect_at zhengzhou HL_OK 'CaptureWait' journal show --count 1
expect_at zhengzhou HL_OK 'index' order resolve "$O" --deny --reason 券前服务
waits zhengzhou resolved

# --- an invoice is claimed in two provinces

invoice=(--invoice-number 12345678 --invoice-code 044001900111
    --invoice-date 2026-11-20 --invoice-fen 60000)
accepted 600
check 'delivered' deliver 600 "${invoice[@]}"
waits zhengzhou captured
said 'key 密钥 4'
check 'an order' at zhengzhou order place --voucher "$V" --provider luoyang \
    --unit-id $UNIT --kind testing "${SEALED[@]}" --price 600
O=$(awk '$1 == "order" { print $2 }' out)
eventually 30 at luoyang order show "$O"
expect_at luoyang HL_OK 'index' order accept "$O"
DONE=$(now)
expect_at luoyang HL_OK 'index' order deliver "$O" --price 600 --from "$DONE" \
    --to "$DONE" "${SEALED[@]}" "${invoice[@]}"
eventually 30 asked 'breaks 不合规则 *invoice 发票重复'
expect_at luoyang HL_OK 'invoice_twice' findings
INVOICED=$O
said "$ALLIANCE/shandong"
! at luoyang journal show --count 3 | grep -q 12345678 || fail 'the number is in no journal'
expect_at zhengzhou HL_OK 'index' order resolve "$O" --deny --reason 发票已兑付
waits zhengzhou resolved
accepted 1
expect_at shandong HL_EUSAGE 'with --invoice-number' order deliver "$O" --price 1 \
    --from "$DONE" --to "$DONE" --invoice-code 1
expect_at shandong HL_EMALFORMED 'invoice.number' order deliver "$O" --price 1 \
    --from "$DONE" --to "$DONE" --invoice-number A1 --invoice-date 2026-11-20 --invoice-fen 1
expect_at shandong HL_EMALFORMED 'invoice.date' order deliver "$O" --price 1 \
    --from "$DONE" --to "$DONE" --invoice-number 1 --invoice-fen 1
expect_at shandong HL_EMALFORMED 'invoice.seller' order deliver "$O" --price 1 \
    --from "$DONE" --to "$DONE" --invoice-number 1 --invoice-date 2026-11-20 \
    --invoice-fen 1 --invoice-seller 91410100MA41010087
expect_at shandong HL_OK 'index' order decline "$O"
waits zhengzhou resolved

# --- a delivery waits for the order's seal

SEALED=()
end_city TERM luoyang
accepted 500
deliver 500 --timeout 3 >out 2>err
[ $? = "$(code HL_EUNSEALED)" ] || fail 'it cannot be sealed'
grep -q 'run again with --command-id' err || fail 'and what to do'
deliver 500 --timeout 60 >delivered 2>&1 &
delivering=$!
start_city luoyang
wait $delivering || fail "it was delivered: $(cat delivered)"
CHECKS=$((CHECKS + 1))
waits zhengzhou captured

# --- what is wrong

place() { # ERROR TEXT [OPTION...]
    expect_at zhengzhou "$1" "$2" order place --voucher "$V" --unit-id $UNIT "${@:3}"
}
to=(--provider shandong --kind testing)
place HL_EUSAGE '--price' "${to[@]}"
place HL_EUSAGE "--price: '1.234' has more than 2 decimals" "${to[@]}" --price 1.234
place HL_EUSAGE "--kind: 'fun' is none of testing, technology" \
    --provider shandong --kind fun --price 1
place HL_EUSAGE "--until: '2026-02-30' is no day" "${to[@]}" --price 1 \
    --until 2026-02-30
place HL_EUSAGE 'with --item-inner-id' "${to[@]}" --price 1 --item-home shandong
place HL_EUSAGE "'unit' is none of instrument, service" "${to[@]}" --price 1 \
    --item-inner-id 1 --item-kind unit
place HL_EMALFORMED 'provider' --provider Shandong --kind 检测检验 --price 1
place HL_ESTATE 'until_range 截止日超出兑付期限: ' "${to[@]}" --price 1 \
    --until 2099-01-01
place HL_ESTATE 'kind_excluded 该类服务不在支持范围: ' --provider shandong \
    --kind advice --price 1
place HL_ESTATE 'hold_share 超过本单可补助金额: ' "${to[@]}" --price 1 --hold 1
again=$(printf '%032x' 99)
place HL_ESTATE 'voucher_left 创新券余额不足: ' "${to[@]}" --price 200000 \
    --hold 90000 --command-id "$again"
place HL_ESTATE 'voucher_left 创新券余额不足: ' "${to[@]}" --price 200000 \
    --hold 90000 --command-id "$again" # for ever
place HL_OK "order zhengzhou/$again" "${to[@]}" --price 3 --id "$again"
place HL_EEXISTS 'order_exists 订单号已存在: ' "${to[@]}" --price 3 --id "$again"
expect_at zhengzhou HL_EUSAGE 'is no order: give NODE/HEX' order show nothing
expect_at zhengzhou HL_EUSAGE 'is no order' order accept "Shandong/$again"
expect_at zhengzhou HL_EUSAGE "--wait: 'paid' is none of" order show "$O" --wait paid
expect_at zhengzhou HL_EDEADLINE 'it is not known here' order show \
    "$(printf '%032x' 5)" --wait captured --timeout 3
expect_at zhengzhou HL_ENOTFOUND 'no_order 无此订单: ' order cancel "$(printf '%032x' 5)"
expect_at luoyang HL_ESTATE 'other_provider 订单属于其他服务方: ' order accept "$O"
expect_at shandong HL_EUSAGE "--from: '24.11.2026' is no time" order deliver "$O" \
    --price 1 --from 24.11.2026 --to '2026-11-24 09:00'
expect_at shandong HL_ENOTFOUND 'none.pdf' order deliver "$O" --price 1 \
    --from '2026-11-24 08:30' --to '2026-11-24 09:00' --invoice none.pdf --digests
expect_at zhengzhou HL_EUSAGE 'from 1 to 5' order review "$O" --stars 6
expect_at zhengzhou HL_EUSAGE 'one of --asked, --served' order list --asked --served

# --- lists and watches

expect_at zhengzhou HL_OK "$FIRST " order list
[ "$(wc -l <out)" = 14 ] || fail 'all orders and their heading'
expect_at zhengzhou HL_OK "$again" order list --open
[ "$(wc -l <out)" = 2 ] || fail 'one is open'
expect_at shandong HL_OK "$FIRST " order list --served
[ "$(grep -c released out)" = 4 ] || fail 'the declined ones, too'
[ "$(at shandong order list --served --json | wc -l)" = 11 ] || fail 'as JSON'
for which in --served --asked; do
    at shandong order list $which >own
    at luoyang order list $which --origin $ALLIANCE/shandong >out
    cmp own out || fail "$which: who has neither side is told the same"
done
expect_at luoyang HL_OK "$FIRST " order list --origin $ALLIANCE/zhengzhou
expect_at luoyang HL_ENOTFOUND 'no journal' order list --origin $ALLIANCE/kaifeng
expect_at zhengzhou HL_OK "captured 兑付  $FIRST  now captured 已兑付" \
    order watch --token t --until-current
expect_at zhengzhou HL_OK 'index' order cancel "zhengzhou/$again"
expect_at zhengzhou HL_OK 'cancelled 取消' order watch --token t --until-current
check 'of others' at luoyang order watch --until-current
! grep -qv "$INVOICED" out || fail 'who has neither side is told nothing'
expect_at zhengzhou HL_OK 'spent' voucher show "$V"

# --- accounts, and the same in plain text accounting

balances() { # CITY: ACCOUNT:PARTNER BALANCE, as the node says
    at "$1" ledger balance --json | /usr/bin/python3 -c '
import json, sys
names = dict(FUND="assets:fund", BUDGET="equity:budget",
    ISSUED="liabilities:vouchers:issued", HELD="liabilities:vouchers:held",
    PAYABLE="liabilities:payable", SETTLED="liabilities:settled",
    ADJUSTED="expenses:adjusted", RECEIVABLE="assets:receivable",
    EARNED="revenues:earned")
for b in json.load(sys.stdin)["balances"]:
    name = names[b["account"][len("LEDGER_ACCOUNT_"):]]
    fen = b["debit_fen"] - b["credit_fen"]
    if fen != 0:
        print(name + (":" + b["partner"] if b["partner"] else ""), fen)
' | sort
}
# hledger reads files as the locale has them, and there may be none.
accounts() { LC_ALL=C.UTF-8 hledger -f "$@"; }
journal_balances() { # FILE: the same, as hledger computes it
    accounts "$1" balance --flat --no-total -O csv | /usr/bin/python3 -c '
import csv, sys
for name, amount in list(csv.reader(sys.stdin))[1:]:
    print(name, amount.replace("\u00a5", "").replace(".", ""))
' | sort
}
command -v hledger >/dev/null || skip 'hledger is not there'
for city in "${CITIES[@]}"; do
    at "$city" ledger balance >out || fail "$city"
    grep -q '^sum 合计 .* 0.00$' out || fail "$city is in balance"
    expect_at "$city" HL_OK 'transactions' ledger export --out "$city.journal"
    check "$city: hledger accepts it" accounts "$city.journal" check --strict
    balances "$city" >told
    journal_balances "$city.journal" >computed
    cmp told computed || fail "$city: $(diff told computed)"
done
[ -s told ] && grep -q '^assets:receivable:shandong 10000$' told &&
    grep -q '^liabilities:payable:shandong ' told || fail "$(cat told)"
expect_at luoyang HL_OK 'receivable 应收  shandong' ledger balance \
    --origin $ALLIANCE/zhengzhou
expect_at luoyang HL_OK "$FIRST" ledger register --origin $ALLIANCE/zhengzhou
at luoyang ledger export --origin $ALLIANCE/zhengzhou >other.journal
cmp other.journal zhengzhou.journal || fail 'every node tells the same'
expect_at zhengzhou HL_EEXISTS 'zhengzhou.journal' ledger export \
    --out zhengzhou.journal
expect_at zhengzhou HL_EUSAGE '--json: with --out' ledger export --json
expect_at zhengzhou HL_OK '"transactions": ' ledger export --json --out new.journal
for city in "${CITIES[@]}"; do
    end_city TERM "$city"
done
done_testing
