#!/usr/bin/env bash
# An allotment, from the command line: spent while its issuer is away, to its
# limit; closed, and taken back; and one that is closed as its issuer asks.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"

FIRM=91410100MA41010086
UNIT=12410000415800018L
V=$(printf '%032x' 7)

# expect_at CITY ERROR TEXT COMMAND...
expect_at() { HELUO_SOCKET=$WORK/$1/heluo.sock expect "${@:2}"; }
now() { date +%FT%T.%3N%:z; }
open_of() { at zhengzhou voucher show "$V" | awk '$1 == "open" { print $3 }'; }
balance() { # CITY ACCOUNT PARTNER FEN: credit less debit
    local is
    is=$(at "$1" ledger balance --json | /usr/bin/python3 -c '
import json, sys
print(sum(b["credit_fen"] - b["debit_fen"] for b in json.load(sys.stdin)["balances"]
          if b["account"] == "LEDGER_ACCOUNT_" + sys.argv[1]
          and b["partner"] == sys.argv[2]))' "$2" "$3")
    [ "$is" = "$4" ] || fail "$1: $2 of $3 is $is, not $4"
    CHECKS=$((CHECKS + 1))
}
sums_up() { # CITY
    at "$1" ledger balance | tail -1 | grep -q ' 0.00 *$' ||
        fail "$1: $(at "$1" ledger balance)"
    CHECKS=$((CHECKS + 1))
}
spend() { # ERROR TEXT PRICE [OPTION...]
    expect_at shandong "$1" "$2" order spend "$O" --price "$3" --from "$(now)" \
        --to "$(now)" --timeout 60 "${@:4}"
}
allot() { # LIMIT: in O
    expect_at zhengzhou HL_OK 'order ' order allot --voucher "$V" \
        --provider shandong --unit-id $UNIT --kind testing --limit "$1" \
        --durability sealed
    O=$(awk '$1 == "order" { print $2; exit }' out)
    eventually 30 at shandong order show "$O"
}

found_federation
for city in "${CITIES[@]}"; do
    start_city "$city"
done
cat >scheme.json <<END
{"id": "zz", "version": 1, "name_zh": "郑州市科技创新券",
 "budget_fen": 100000000, "issue_unit_fen": 100, "use_days": 365,
 "claim_days": 60, "payee": "SCHEME_PAYEE_PROVIDER", "kinds": 2,
 "rates": [{"level": "市", "rate_bp": 5000}]}
END
expect_at zhengzhou HL_OK 'index' scheme put scheme.json
expect_at zhengzhou HL_OK "voucher $V" voucher issue --scheme zz --amount 50000 \
    --uscc $FIRM --name 郑州精密 --id "$V"
expect_at zhengzhou HL_ESTATE 'voucher_left 创新券余额不足' order allot \
    --voucher "$V" --provider shandong --unit-id $UNIT --kind testing \
    --limit 50001
# A coordinator's node serves nothing, and issues nothing.
for asks in 'allot --provider alliance --limit 5' \
    'place --provider alliance --price 5'; do
    expect_at zhengzhou HL_ENOTFOUND 'no node alliance that serves' order $asks \
        --voucher "$V" --unit-id $UNIT --kind testing
done
expect_at shandong HL_ENOTFOUND 'no node alliance that issues' order request \
    --issuer alliance --voucher "$V" --unit-id $UNIT --kind testing --price 5

# --- spent while nobody can be asked

allot 5000
[ "$(open_of)" = ¥45000.00 ] || fail "it is held: $(open_of)"
balance zhengzhou ALLOTTED "shandong" 500000
# There is nothing to accept.
check 'status' at shandong status --json
! grep -q 'orders-asked' out || fail "nothing is to be answered: $(cat out)"
expect_at shandong HL_ESTATE 'allotted 这是授予的额度' order accept "$O"
spend HL_OK 'index' 2000.01
end_city KILL zhengzhou
spend HL_OK 'index' 3000
spend HL_ESTATE 'hold_share' 3000 --amount 1500.01
spend HL_OK 'index' 8000 # of which 2,500 are left
spend HL_ESTATE 'limit_left 额度余额不足' 10
expect_at shandong HL_OK 'spent 已支用' order show "$O"
grep -q '¥5000.00' out || fail "all of it: $(cat out)"
balance shandong RECEIVABLE zhengzhou -500000
balance shandong EARNED zhengzhou 500000
expect_at shandong HL_OK 'receivable' ledger register
[ "$(grep -c earned out)" = 3 ] || fail 'three services'
expect_at shandong HL_OK 'index' order close "$O"
spend HL_ESTATE 'closed 额度已关闭' 10
start_city zhengzhou
expect_at zhengzhou HL_OK 'captured 已兑付' order show "$O" --wait captured \
    --timeout 60
balance zhengzhou ALLOTTED shandong 0
balance zhengzhou DRAWN shandong 500000
balance zhengzhou PAYABLE shandong 0

# --- one that is given back as its issuer asks

allot 1000
spend HL_OK 'index' 500
expect_at zhengzhou HL_OK 'index' order cancel "$O" --reason 不需要了
expect_at zhengzhou HL_OK 'captured 已兑付' order show "$O" --wait captured \
    --timeout 60
[ "$(open_of)" = ¥44750.00 ] || fail "the rest is back: $(open_of)"
balance zhengzhou DRAWN shandong 525000
balance shandong RECEIVABLE zhengzhou -525000
eventually 30 at shandong order show "$O" --wait captured
for city in zhengzhou shandong; do
    sums_up "$city"
    check "$city rebuilds" at "$city" rebuild --check
done
if command -v hledger >/dev/null; then
    for city in zhengzhou shandong; do
        check "$city exports" at "$city" ledger export --out "$city.journal"
        LC_ALL=C.UTF-8 check "hledger reads $city" hledger -f "$city.journal" \
            check --strict
    done
fi
check 'findings' at zhengzhou findings
! grep -q unfounded out || fail "all of it is founded: $(cat out)"
grep -q 'as spent by entry .*, breaks: unit$' out ||
    fail "its unit is in no catalogue: $(cat out)"
check 'the unit is in no catalogue' grep -q 'as spent by entry .* breaks: unit' out

for city in "${CITIES[@]}"; do
    end_city TERM "$city"
done
done_testing
