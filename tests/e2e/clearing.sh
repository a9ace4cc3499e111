#!/usr/bin/env bash
# Clearing from the command line over three cities: what they owe each other, one
# proposal, approvals by themselves and by a person, final, paid; who is away is
# waited for, who says no is left out; what comes late is in the next cycle.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"

FIRM=91410100MA41010086
UNIT=12410000415800018L
VOUCHER=$(printf '%032x' 7)

expect_at() { HELUO_SOCKET=$WORK/$1/heluo.sock expect "${@:2}"; }
said() { grep -qF -- "$1" out || fail "does not say $1"; }
now() { date +%FT%T.%3N%:z; }
# as_json CITY CYCLE EXPRESSION: of the cycle c.
as_json() {
    at "$1" clearing show "$2" --json >json || fail "$1: $2"
    /usr/bin/python3 -c 'import json, sys
c = json.load(open("json"))
sys.exit(not eval(f"({sys.argv[1]})"))' "$3" || fail "$1: not $3: $(cat json)"
    CHECKS=$((CHECKS + 1))
}

ORDERS=0
# owe DEBTOR CREDITOR YUAN: an order, served and captured.
owe() {
    local done order
    ORDERS=$((ORDERS + 1))
    order=$1/$(printf '%032x' $((4096 + ORDERS)))
    expect_at "$1" HL_OK "order $order" order place --voucher "$VOUCHER" \
        --provider "$2" --unit-id $UNIT --kind testing --price "$3" \
        --id "${order#*/}"
    expect_at "$2" HL_OK 'placed ' order show "$order" --wait placed \
        --timeout 60
    quietly at "$2" order accept "$order"
    done=$(now)
    quietly at "$2" order deliver "$order" --price "$3" --from "$done" \
        --to "$done" --durability sealed
    expect_at "$1" HL_OK 'captured ' order show "$order" --wait captured \
        --timeout 60
}

cycle_of() { awk '$1 == "cycle" { print $2; exit }' out; }
# propose_at CITY YUAN: once so much is sealed; the cycle's name in C.
sums_up() { at "$1" clearing propose --preview | grep -qF "¥$2"; }
propose_at() {
    eventually 60 sums_up "$1" "$2"
    expect_at "$1" HL_OK 'cycle ' clearing propose
    C=$(cycle_of)
}

ROLE_OF[zhengzhou]=clearing
ROLE_OF[shandong]=clearing
found_federation
for city in luoyang zhengzhou; do
    configure "$city" 'clearing_pay_max_fen = 100000000'
done
for city in "${NODES[@]}"; do
    start_city "$city"
done
for city in "${CITIES[@]}"; do
    cat >scheme.json <<END
{"id": "a", "version": 1, "name_zh": "科技创新券",
 "budget_fen": 10000000000, "issue_unit_fen": 100, "use_days": 365,
 "claim_days": 60, "payee": "SCHEME_PAYEE_PROVIDER", "kinds": 2,
 "rates": [{"level": "市", "rate_bp": 10000}]}
END
    expect_at "$city" HL_OK 'index' scheme put scheme.json
    quietly at "$city" voucher issue --scheme a --amount 500000 \
        --uscc $FIRM --name 郑州精密 --id "$VOUCHER"
done

# --- nothing to clear, and who may not propose

expect_at zhengzhou HL_ESTATE 'nothing is to be cleared' clearing propose
check 'what is there before' at luoyang journal export --out before.archive
expect_at luoyang HL_ESTATE 'no clearing role' clearing propose
expect_at zhengzhou HL_ESTATE 'has no node zhengzhuo' clearing propose \
    --with luoyang --with shandong --with zhengzhuo
expect_at zhengzhou HL_ENOTFOUND 'no cycle is here yet' clearing show
# One that is named may be on its way.
SECONDS=0
expect_at zhengzhou HL_ENOTFOUND 'no such cycle' clearing show luoyang/9999 \
    --wait final --timeout 2
[ $SECONDS -ge 2 ] || fail 'it does not wait for what may come'

# --- one cycle

owe zhengzhou luoyang 1000
owe luoyang shandong 700.50
owe shandong zhengzhou 400
expect_at zhengzhou HL_OK '1000.00' clearing position
propose_at zhengzhou 2100.50
[ "${C%%/*}" = zhengzhou ] || fail "it is $C"
# Shandong gets 300.50; nobody asks a person who pays nothing.
expect_at luoyang HL_OK 'final 已终局' clearing show "$C" --wait final --timeout 60
for text in 'zhengzhou' '299.50' '300.50' 'approved 已确认' 'to pay 待付款'; do
    said "$text"
done
for city in "${NODES[@]}"; do
    eventually 60 at "$city" clearing show "$C" --wait final --timeout 1
    as_json "$city" "$C" 'c["count"] == "3" or c["count"] == 3'
    as_json "$city" "$C" 'int(c["gross_fen"]) == 210050
        and sum(int(n["gets_fen"]) for n in c["nets"])
        == sum(int(n["pays_fen"]) for n in c["nets"]) == 60000
        and [(t["from"], t["to"], int(t["amount_fen"])) for t in c["transfers"]]
        == [("zhengzhou", "shandong", 30050), ("zhengzhou", "luoyang", 29950)]'
done
FIRST=$C
expect_at luoyang HL_OK "$FIRST " clearing list
expect_at luoyang HL_OK '1000.00' clearing claims "$FIRST" --of luoyang
refuse 'of the others nothing' grep -q 400.00 out
expect_at luoyang HL_EUNKNOWNNODE 'no node luoyan' clearing claims "$FIRST" --of luoyan
expect_at alliance HL_OK 'position of zhengzhou' clearing explain "$FIRST/0"
said 'heluo journal receipt'
expect_at zhengzhou HL_ENOTFOUND 'counted from 0' clearing explain "$FIRST/2"

# position CITY PARTNER: its row.
position() { at "$1" clearing position | awk -v p="$2" '$1 == p { print $2, $3, $4, $5 }'; }
[ "$(position zhengzhou shandong)" = '0.00 0.00 0.00 300.50' ] ||
    fail "$(position zhengzhou shandong)"
[ "$(position luoyang zhengzhou)" = '0.00 0.00 299.50 0.00' ] ||
    fail "$(position luoyang zhengzhou)"

# --- paid

expect_at luoyang HL_ESTATE 'other_side' clearing sent "$FIRST/0" --reference 1
expect_at zhengzhou HL_OK 'index' clearing sent "$FIRST/0" \
    --reference 202612010001
expect_at zhengzhou HL_ESTATE 'payment_said' clearing sent "$FIRST/0" \
    --reference 202612010001
expect_at shandong HL_OK 'index' clearing received "$FIRST/0" --durability sealed
paid() { at luoyang clearing show "$FIRST" | grep -q 'received 已到账'; }
eventually 60 paid
[ -z "$(position zhengzhou shandong)" ] || fail 'nothing is open with shandong'

# --- statements

cat >accounts.csv <<'END'
node,name,account,bank_code,bank
zhengzhou,郑州市科技局,4100001,102491000018,工商银行郑州分行
luoyang,洛阳市科技局,4100003,102493000017,工商银行洛阳分行
shandong,山东省科技厅,3700001,102451000014,工商银行济南分行
END
for form in text csv hledger; do
    expect_at zhengzhou HL_OK "$FIRST" clearing statement "$FIRST" --format $form
    said 299.50
done
expect_at zhengzhou HL_OK '' clearing statement "$FIRST" --format xlsx \
    --out statement.xlsx
[ "$(head -c 2 statement.xlsx)" = PK ] || fail 'no workbook'
# The first transfer is paid; one is still to be.
expect_at zhengzhou HL_OK '' clearing statement "$FIRST" --format pain001 \
    --accounts accounts.csv --out pay.xml
check 'one is still to be paid' grep -q '<NbOfTxs>1</NbOfTxs>' pay.xml

# --- what comes late is in the next; a person is asked; one says no

owe shandong luoyang 250
propose_at zhengzhou 250.00
held() { at shandong clearing list --open | grep -q '待人工确认'; }
eventually 60 held
sleep 1 # it has looked again, and still says why
expect_at shandong HL_OK 'would pay ¥250.00, and approves ¥0.00' clearing show "$C"
expect_at shandong HL_ESTATE 'no open proposal' clearing approve zhengzhou/99999
expect_at shandong HL_OK 'approved 已确认' clearing approve "$C"
expect_at shandong HL_OK 'approved 已确认' clearing approve "$C"
expect_at shandong HL_ESTATE 'already' clearing reject "$C" --reason 不同意
expect_at zhengzhou HL_OK 'final ' clearing show "$C" --wait final --timeout 60
as_json luoyang "$C" 'c["count"] in (1, "1") and int(c["gross_fen"]) == 25000'

owe shandong zhengzhou 90
owe zhengzhou luoyang 10
propose_at zhengzhou 100.00
eventually 60 held
expect_at shandong HL_OK 'rejected 已拒绝' clearing reject "$C" --reason 发票未到
expect_at zhengzhou HL_OK 'aborted 已中止' clearing show "$C" --wait over \
    --timeout 60
said 发票未到
ABORTED=$C
# It goes on without Shandong by itself.
follows() {
    at zhengzhou clearing show --json >json || return 1
    /usr/bin/python3 -c 'import json, sys
c = json.load(open("json"))
sys.exit(c["name"] == sys.argv[1] or c["standing"] != "CYCLE_STANDING_FINAL"
         or int(c["gross_fen"]) != 1000)' "$C"
}
eventually 60 follows
# And Shandong is back in the next.
propose_at shandong 90.00
eventually 60 held
quietly at shandong clearing approve "$C"
expect_at luoyang HL_OK 'final ' clearing show "$C" --wait final --timeout 60
as_json luoyang "$C" 'int(c["gross_fen"]) == 9000'

# --- one of whom dies before it answers

owe zhengzhou luoyang 33
propose_at shandong 33.00
D=$C
expect_at shandong HL_OK 'final ' clearing show "$D" --wait final --timeout 60
owe luoyang zhengzhou 44
eventually 60 sums_up zhengzhou 44.00
end_city KILL luoyang
propose_at zhengzhou 44.00
sleep 1
at zhengzhou clearing show "$C" | grep -q 'open 待确认' || fail 'it waits'
start_city luoyang
expect_at luoyang HL_OK 'final ' clearing show "$C" --wait final --timeout 60

# --- who has approved dies before it is final, and so does who proposed it

approved() { at zhengzhou clearing show "$C" | grep "$1 " | grep -q approved; }
owe shandong luoyang 55
propose_at zhengzhou 55.00
eventually 60 held
eventually 60 approved luoyang
end_city KILL luoyang
end_city KILL zhengzhou
expect_at shandong HL_OK 'approved 已确认' clearing approve "$C"
start_city luoyang
start_city zhengzhou
for city in "${NODES[@]}"; do
    expect_at "$city" HL_OK 'final ' clearing show "$C" --wait final \
        --timeout 60
    as_json "$city" "$C" 'int(c["count"]) == 1 and int(c["gross_fen"]) == 5500'
done
expect_at zhengzhou HL_ESTATE 'nothing is to be cleared' clearing propose

# --- nobody is found fault with

for city in "${NODES[@]}"; do
    at "$city" findings >out 2>err
    refuse 'nothing is found' grep -qE 'cycle|approval|final|payment' out
done
check 'all of it' at luoyang journal export --out all.archive

# --- counted again, by other means, from what anybody may export

recompute() {
    /usr/bin/python3 -B "$HERE/../clearing/recompute.py" pb "$1.archive" \
        >"$1.counted" 2>"$1.doubts"
}
protoc_python "$PROTO" heluo/v1/{entry,segment,sync,order,cycle}.proto
for city in "${NODES[@]}"; do
    eventually 60 at "$city" clearing show "$C" --wait final --timeout 1
    check "the journals of $city" \
        at "$city" journal export --out "$city.archive"
    check "the cycles of $city" recompute "$city"
    check 'nothing is left out' [ ! -s "$city.doubts" ]
done
# Name, count and fen of each that is final; the others are aborted.
/usr/bin/python3 - luoyang.counted >finals <<'END' || fail "$(cat luoyang.counted)"
import json, sys
for line in map(json.loads, open(sys.argv[1])):
    assert line["outcome"] == "done" and not line["differs"], line
    assert line["stands"] in ("final", "aborted"), line
    if line["stands"] == "final":
        print(f"{line['proposer']}/{line['index']}", line["count"],
              line["gross_fen"])
END
while read -r name count fen; do
    as_json luoyang "$name" 'c["standing"] == "CYCLE_STANDING_FINAL"
        and (int(c["count"]), int(c["gross_fen"])) == ('"$count, $fen)"
done <finals
[ "$(wc -l <finals)" = 7 ] || fail "seven cycles are final: $(cat finals)"
for city in "${NODES[@]}"; do
    check "the same of $city" cmp "$city.counted" luoyang.counted
done

for city in "${NODES[@]}"; do
    end_city TERM "$city"
done

# --- recomputed from files alone, with no node running

mkdir unpacked
export TMPDIR=$WORK/unpacked
change() { quietly /usr/bin/python3 "$HERE/archive.py" "$@"; }
verify() { expect "$1" "$2" clearing verify "${@:3}" --charter v1.charter; }
verify HL_OK 'final and right 已终局且核对无误' "$FIRST" all.archive
for text in '2100.50' '300.50' 'approved, sealed' 'not pinned' 'same 一致'; do
    said "$text"
done
refuse 'nothing differs' grep -q DIFFERS out
for cycle in "$D" "$C"; do
    verify HL_OK 'final and right' "$cycle" all.archive --pin "$PIN"
done
verify HL_OK '"verdict": "final and right' "$FIRST" all.archive --json
/usr/bin/python3 - out <<'END' || fail 'what is computed is what is stated'
import json, sys
told = json.load(open(sys.argv[1]))
assert told["stated"] == told["computed"] and told["faults"] == []
assert told["computed"]["gross_fen"] == 210050
assert sum(one["pays_fen"] for one in told["computed"]["nets"]) == 60000
assert len(told["approvals"]) == 3 and told["decision"]["sealed"]
END
verify HL_ESTATE 'aborted' "$ABORTED" all.archive
verify HL_ENOTFOUND 'is no proposal' "${FIRST%/*}/0" all.archive
verify HL_EUSAGE 'zhengzhou/12' zhengzhou all.archive

# One journal is missing; it is there, and too short; others are given twice.
change without all.archive some.archive $ALLIANCE/luoyang
verify HL_ENOTFOUND 'the journal of luoyang is in no archive' "$FIRST" \
    some.archive
said 'one of luoyang, alliance, shandong, zhengzhou'
said 'not computed 未能重算'
verify HL_ENOTFOUND 'the journal of luoyang goes to' "$FIRST" before.archive \
    some.archive
verify HL_OK 'final and right' "$FIRST" before.archive some.archive all.archive
change without all.archive none.archive $ALLIANCE/zhengzhou
verify HL_ENOTFOUND 'the proposal' "$FIRST" none.archive
verify HL_ENOTFOUND '' "$FIRST" before.archive
# No keeper's word on one journal.
change unseal all.archive unsealed.archive $ALLIANCE/shandong
verify HL_EQUORUM 'of shandong is not sealed' "$FIRST" unsealed.archive

# A file that was cut short, or changed; a bit under a hash that fits.
head -c -100 all.archive >short.archive
verify HL_EMALFORMED 'ends early' "$FIRST" short.archive
/usr/bin/python3 - <<'END'
data = bytearray(open('all.archive', 'rb').read())
data[-1000] ^= 1
open('changed.archive', 'wb').write(data)
END
verify HL_EMALFORMED 'changed since it was made' "$FIRST" changed.archive
figures() { grep -E '^(claims|gross|digest|nets|transfers|verdict) ' "$1"; }
quietly "$HELUO" clearing verify "$FIRST" all.archive --charter v1.charter
figures out >good
check 'all figures' [ "$(wc -l <good)" = 7 ]
for seed in $(seq 8); do
    change flip all.archive flipped.archive "$seed"
    if "$HELUO" clearing verify "$FIRST" flipped.archive --charter v1.charter \
        >out 2>err; then
        figures out | cmp -s - good || fail "seed $seed: another answer"
    fi
done

# By other keys; by another charter than is pinned; by none.
sed "s,^alliance .*,alliance other.example," v1.charter >other.charter
refuse 'a charter that nobody signed so' "$HELUO" clearing verify "$FIRST" \
    all.archive --charter other.charter
quietly "$HELUO" key new coordinator --alliance $ALLIANCE --name wang \
    --no-passphrase --out wang.key
quietly "$HELUO" charter new --alliance $ALLIANCE --threshold 1 \
    --coordinator "$("$HELUO" key show wang.key --public)" --out w.charter
for city in "${CITIES[@]}"; do
    quietly "$HELUO" key new journal --alliance $ALLIANCE --node "$city" \
        --no-passphrase --out "$city.w.key" --mark "$city.w.mark"
    quietly "$HELUO" charter add-node w.charter --id "$city" --region 410100 \
        --endpoint 127.0.0.1:7443 \
        --journal-key "$("$HELUO" key show "$city.w.key" --public)"
done
quietly "$HELUO" charter sign w.charter --key wang.key --yes
refuse 'by other keys' "$HELUO" clearing verify "$FIRST" all.archive \
    --charter w.charter
refuse 'not pinned so' "$HELUO" clearing verify "$FIRST" all.archive \
    --charter w.charter --pin "$PIN"
expect HL_EPIN '' clearing verify "$FIRST" all.archive --charter w.charter \
    --pin "$PIN"
expect HL_EUSAGE '--charter FILE' clearing verify "$FIRST" all.archive

# Nothing stays, however it ends.
for seconds in 0.01 0.03 0.1; do
    timeout "$seconds" "$HELUO" clearing verify "$FIRST" all.archive \
        --charter v1.charter >out 2>err
done
[ -z "$(ls unpacked)" ] || fail "left behind: $(ls unpacked)"
TMPDIR=$WORK/nowhere refuse 'no room' "$HELUO" clearing verify "$FIRST" \
    all.archive --charter v1.charter
done_testing
