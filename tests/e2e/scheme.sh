#!/usr/bin/env bash
# Schemes of vouchers at one node: stated from files, versioned, listed; what is
# wrong is said, and nothing is written.
. "$(dirname "$0")/world.sh"
EXAMPLES=$(realpath "$HERE/../../node/ledger/examples")

found_alliance
issue coordinator henan henan
write_config
start_node

# --- the rules of real regions

for file in "$EXAMPLES"/*.json; do
    id=$(basename "$file" .json)
    expect HL_OK 'index' scheme put "$file"
    "$HELUO" scheme show "$id" --json >out 2>err || fail "show $id"
    # What is shown is what was given.
    /usr/bin/python3 - "$file" out <<'PY' || fail "$id is shown as it was given"
import json, sys
given, shown = (json.load(open(path)) for path in sys.argv[1:])
scheme = shown["scheme"]
def same(a, b):
    if isinstance(a, dict):
        return all(same(v, b[k]) for k, v in a.items())
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b
assert same(given, scheme), (given, scheme)
assert shown["newest"] and shown["issued_fen"] == 0
PY
    CHECKS=$((CHECKS + 1))
done
expect HL_OK '聊城市科技创新券' scheme list
grep -q '^shandong-2019  version 1 .* ¥0.00 of ¥20000000.00 issued$' out ||
    fail "the list: $(cat out)"
[ "$(wc -l <out)" = 6 ] || fail 'each is listed once'

# --- versions

cp "$EXAMPLES/shandong-2019.json" next.json
expect HL_EEXISTS '办法版本号须依次递增: the next version of scheme shandong-2019 is 2, not 1' \
    scheme put next.json
sed -i 's/"version": 1/"version": 2/; s/2000000000/100/' next.json
expect HL_OK 'index 7' scheme put next.json
"$HELUO" scheme show shandong-2019 --json >out
[ "$(wc -l <out)" = 2 ] || fail 'both versions are shown'
"$HELUO" scheme list >out
grep -q '^shandong-2019  version 2 .*¥1.00 issued$' out || fail 'the newest'
[ "$(wc -l <out)" = 6 ] || fail 'each is listed by its newest version'
# A request that is made again has one effect.
id=$(printf '%032x' 77)
sed -i 's/"version": 2/"version": 3/' next.json
expect HL_OK 'index 8' scheme put next.json --command-id $id
expect HL_OK 'made before' scheme put next.json --command-id $id
sed -i 's/"budget_fen": 100/"budget_fen": 200/' next.json
expect HL_EEXISTS 'budget_fen' scheme put next.json --command-id $id

# --- what is wrong

wrong() { # CODE TEXT SED
    sed "$3" "$EXAMPLES/langfang-2018.json" >wrong.json
    expect "$1" "$2" scheme put wrong.json
}
wrong HL_EMALFORMED 'wrong.json' 's/{/[/'
wrong HL_EMALFORMED 'rates[1].rate_bp: a whole number' 's/bp": 5000/bp": -1/'
wrong HL_EMALFORMED 'rates[1].rate_bp: a whole number' 's/bp": 5000/bp": "50 %"/'
wrong HL_EMALFORMED 'rate_bp: 10001 is not in 1 to 10000' 's/bp": 5000/bp": 10001/'
wrong HL_EMALFORMED 'rates[1].where: there is no such field' 's/"county"/"where"/'
wrong HL_EMALFORMED 'payee: SCHEME_PAYEE_HOLDER, or another' 's/_PROVIDER/_BANK/'
wrong HL_EMALFORMED 'use_days: missing' 's/"use_days": 180/"use_days": 0/'
wrong HL_EMALFORMED 'made of a-z' 's/langfang-2018/Langfang/'
wrong HL_EEXISTS 'is 1, not 9' 's/langfang-2018/langfang-2019/; s/"version": 1/"version": 9/'
expect HL_ENOTFOUND 'no such scheme' scheme show nothing
expect HL_ENOTFOUND '' scheme put nothing.json
expect HL_ENOTFOUND 'no journal' scheme list --origin $ALLIANCE/luoyang
expect HL_EDENIED '' scheme put next.json $(as henan)
expect HL_OK "$ALLIANCE/zhengzhou" journal list
grep -q "zhengzhou  *10 " out || fail "two refusals were written, and nothing wrong: $(cat out)"

# --- what is written is read by everyone

expect HL_OK 'SCHEME_PAYEE_PROVIDER' journal show --from 0 --count 1
expect HL_OK '' findings
expect HL_OK '' rebuild
"$HELUO" scheme list >out
grep -q '^shandong-2019  version 3 ' out || fail 'and after a rebuild'
stop_node
done_testing
