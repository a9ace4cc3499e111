#!/usr/bin/env bash
# Orders of two cities' vouchers at instruments of Zhengzhou: what Zhengzhou
# reports of them to the national platform, and which instruments stand idle. A
# clock that is hours ahead makes some of them old.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"

CITIES=(luoyang zhengzhou)
NODES=("${CITIES[@]}")
QUORUM=1
UNIT=7025826f8aef4c88a27e21d9103c5dc2
OTHER=00000000000000000000000000000007
YEAR=$(($(date +%Y) - 1)) # which is over
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0

fact() { # EXPRESSION of the answer, in out
    /usr/bin/python3 -c "import json
answer = json.load(open('out'))
print($1)"
}
is() { # EXPRESSION VALUE
    [ "$(fact "$1")" = "$2" ] || fail "$1 is $(fact "$1"), not $2"
    CHECKS=$((CHECKS + 1))
}
instrument() { # UNIT NUMBER [OPTION...]
    check "instrument $2" at zhengzhou instrument put --unit-scheme nrii \
        --unit-id "$1" --inner-id "$2" --name-zh 扫描电镜 "${@:3}"
}
# ordered CITY ITEM PRICE [OPTION...]: a voucher of it pays; in O.
ordered() {
    check 'an order' at "$1" order place --voucher "$V" --provider zhengzhou \
        --unit-scheme nrii --unit-id $UNIT --item-inner-id "$2" --price "$3" \
        --kind testing --durability sealed "${@:4}"
    O=$(awk '$1 == "order" { print $2 }' out)
    eventually 30 at zhengzhou order show "$O"
    check 'accepted' at zhengzhou order accept "$O"
}
# delivered FROM TO PRICE [OPTION...]
delivered() {
    check 'delivered' at zhengzhou order deliver "$O" --from "$1" --to "$2" \
        --price "$3" --durability sealed --digests "${@:4}"
}
reached() { at "$1" order show "$O" | grep -q "$2"; }
hence() { date -u -d "$1 hours" +%Y-%m-%dT%H:%M:%SZ; }
report() { expect HL_OK '' report nrii --json "$@"; }

found_federation
for city in "${CITIES[@]}"; do
    BEHIND[$city]="env LD_PRELOAD=$FAULT CLOCK_FILE=$WORK/clock"
    start_city "$city"
    cat >scheme.json <<END
{"id": "v", "version": 1, "name_zh": "创新券", "budget_fen": 100000000,
 "issue_unit_fen": 100, "use_days": 365, "claim_days": 60,
 "payee": "SCHEME_PAYEE_PROVIDER", "kinds": 2,
 "rates": [{"level": "市", "rate_bp": 5000}]}
END
    check 'a scheme' at "$city" scheme put scheme.json
done
V=$(printf '%032x' 7)
W=$(printf '%032x' 8)
for city in "${CITIES[@]}"; do
    check 'a voucher' at "$city" voucher issue --scheme v --amount 50000 --id $V \
        --uscc 91410100MA41010086 --name 郑州精密
done
check 'of another' at luoyang voucher issue --scheme v --amount 50000 --id $W \
    --uscc 91410300MA4103003F --name 洛阳轴承
instrument $UNIT SEM-1 --subjects 430,150 --worth 2850000
instrument $UNIT SEM-2 --subjects 430 --worth 500000 --customs-supervised yes
instrument $UNIT SEM-3 --worth 499999.99
instrument $UNIT SEM-4
instrument $UNIT SEM-5
instrument $OTHER SEM-1 --worth 600000
check 'a service item' at zhengzhou service put --unit-scheme nrii --unit-id $UNIT \
    --inner-id S-1 --name-zh 断口分析 --kind testing \
    --instruments $'gone\nSEM-1\nSEM-4'
export HELUO_SOCKET=$WORK/zhengzhou/heluo.sock

# --- who was served, and when

printf 'a document\n' >paper
ordered luoyang SEM-1 4000.01
FIRST=$O
delivered "$((YEAR - 1))-12-31 15:30" "$YEAR-01-01 00:00" 4000.01 --contract paper \
    --invoice paper
eventually 30 reached luoyang captured
check 'rated' at luoyang order review "$O" --stars 5
check 'less' at zhengzhou order adjust "$O" --amount 100 --reason 多收
ordered luoyang S-1 1000 --item-kind service
SECOND=$O
delivered "$YEAR-06-01 08:00" "$YEAR-06-01 12:20" 900 --invoice paper
ordered zhengzhou SEM-2 600
THIRD=$O
delivered "$YEAR-12-01 09:00" "$YEAR-12-01 10:00" 600
V=$W
ordered luoyang SEM-1 700
FOURTH=$O
delivered "$((YEAR - 1))-12-31 22:00" "$((YEAR - 1))-12-31 23:59:59" 700
# None of it counts: what is denied, what is not delivered, what names nothing
# that is here.
ordered luoyang SEM-3 100
check 'disputed' at luoyang order dispute "$O" --reason 报告有误
delivered "$YEAR-06-01 08:00" "$YEAR-06-01 09:00" 100
eventually 30 reached luoyang delivered
check 'denied' at luoyang order resolve "$O" --deny --reason 未做
eventually 30 reached zhengzhou denied
ordered luoyang SEM-3 100
ordered luoyang none 100
delivered "$YEAR-06-01 08:00" "$YEAR-06-01 09:00" 100
check 'nothing is named' at luoyang order place --voucher $V --provider zhengzhou \
    --unit-scheme nrii --unit-id $UNIT --kind testing --price 50 \
    --durability sealed
O=$(awk '$1 == "order" { print $2 }' out)
eventually 30 at zhengzhou order show "$O"
check 'accepted' at zhengzhou order accept "$O"
delivered "$YEAR-06-01 08:00" "$YEAR-06-01 09:00" 50
O=$FIRST
rated() { at zhengzhou order show "$O" --json | grep -q '"stars": 5'; }
eventually 30 rated

# --- services

report --type 6 --out all.json --missing missing.csv
is 'answer["rows"]' 4
is 'answer["complete"]' 3
is 'answer["unmatched"]' 1
is 'answer["missing_by_key"]' "{'record': 1}"
is 'answer["personal_data"]' False
grep -q "SEM-2,$THIRD,record,补税记录" missing.csv || fail "$(cat missing.csv)"
program report_orders.py $YEAR all.json "$FIRST" "$SECOND" "$FOURTH"
[ "$(stat -c %a all.json)" = 600 ] || fail 'nobody else may read it'
report --type 6 --year $YEAR --out year.json --incomplete
program report_orders.py $YEAR year.json "$FIRST" "$SECOND" "$THIRD"
report --type 6 --year $((YEAR - 1)) --out former.json
is 'answer["unmatched"]' 0
program report_orders.py $YEAR former.json "$FOURTH"
report --type 6 --year $((YEAR - 2)) --out none.json
[ "$(cat none.json)" = '[]' ] || fail 'an empty list'
# Who has ended since served all the same.
check 'the end' at zhengzhou instrument retire --unit-scheme nrii --unit-id $UNIT \
    --inner-id SEM-2
report --type 6 --year $YEAR --out still.json --incomplete
cmp year.json still.json || fail 'an instrument that ended'

# --- a year's effect

report --type 7 --year $YEAR --out effect.json --missing gaps.csv
is 'answer["rows"]' 2
is 'answer["complete"]' 1
grep -q "nrii,$OTHER,,,\"billNum,billWorth,billWorthInstr\"" gaps.csv ||
    fail "$(cat gaps.csv)"
cp effect.json out
is 'answer[0]["insCode"]' $UNIT
is 'answer[0]["billNum"]' 2
is 'answer[0]["billWorth"]' 0.54 # 3900.01 + 900 + 600 yuan
is 'answer[0]["billWorthInstr"]' 0.54
is 'answer[0]["instrNum"]' 1 # the other one of that worth has ended
is 'answer[0]["instrWorth"]' 285.0
report --type 7-2016 --year $YEAR --out old.json
is 'answer["complete"]' 2
cp old.json out
is 'answer[1]["serviceAmounts"]' 对外服务机时13.8小时；服务3次 # 8.5 + 4.3 + 1
is 'answer[1]["user"]' 共服务用户3次，其中企业2家
is 'answer[1]["serviceIncome"]' 0.54
is 'answer[0]["user"]' 共服务用户0次，其中企业0家
expect HL_OK '合计' report quality --lang zh
expect HL_EUSAGE 'of which --year' report nrii --type 7 --out x.json
expect HL_EUSAGE 'with --type 6 or 7' report nrii --year $YEAR --out x.json
expect HL_EUSAGE 'none of 4, 6, 7' report nrii --type 5 --out x.json
expect HL_EUSAGE '--year' report nrii --type 6 --year 26 --out x.json
expect HL_OK '补税记录' report nrii --type 6 --out text.json --lang zh
[ "$(grep -c 个人信息 out)" = 0 ] || fail 'it names nobody'

# --- idle: all of it is new

shows() { # SERVED NEW STOPPED NEVER: of all
    local of=(served new stopped never) given=("$@") at
    for at in 0 1 2 3; do
        is "answer['all']['orders']['${of[at]}']" "${given[at]}"
    done
    is "answer['all']['orders']['idle']" "$(($3 + $4))"
}
expect HL_OK '' report quality --json
is 'answer["idle_days"]' 90
shows 0 5 0 0 # nobody lately, but they are told since today
expect HL_OK '' report quality --json --idle-days 800
shows 2 3 0 0 # SEM-1, and SEM-4 by the service item

# --- a day later

again() { # SECONDS: both, so far ahead
    local city
    for city in "${CITIES[@]}"; do end_city TERM "$city"; done
    echo "$1" >clock
    for city in "${CITIES[@]}"; do start_city "$city"; done
}
V=$(printf '%032x' 7)
ordered zhengzhou SEM-5 100
again 72000 # 20 hours
delivered "$(hence 18)" "$(hence 19)" 100
again 115200 # 32 hours
instrument $UNIT SEM-6
for city in "${CITIES[@]}"; do
    hold_all zhengzhou "$(at zhengzhou journal list |
        awk -v o="$ALLIANCE/zhengzhou" '$1 == o { print $2 }')"
    export HELUO_SOCKET=$WORK/$city/heluo.sock
    expect HL_OK '' report quality --json --idle-days 1 --idle "$city.csv"
    shows 1 1 2 2
    is "answer['cities'][0]['orders']['idle_bp']" 6666
done
cmp luoyang.csv zhengzhou.csv || fail 'either node tells the same'
listed() { grep -q "^$ALLIANCE/zhengzhou,nrii,$1,扫描电镜,$2" luoyang.csv ||
    fail "$1: $(cat luoyang.csv)"; }
listed "$UNIT,SEM-1" "stopped,$YEAR-06-01 12:20:00,停止服务"
listed "$UNIT,SEM-4" "stopped,$YEAR-06-01 12:20:00,停止服务"
listed "$UNIT,SEM-3" 'never,,从未服务'
listed "$OTHER,SEM-1" 'never,,从未服务'
[ "$(wc -l <luoyang.csv)" = 5 ] || fail "$(cat luoyang.csv)"
expect HL_EEXISTS '' report quality --idle luoyang.csv
expect HL_EUSAGE '--idle-days' report quality --idle-days 0
expect HL_OK 'NEVER' report quality --lang en

for city in "${CITIES[@]}"; do
    end_city TERM "$city"
done
done_testing
