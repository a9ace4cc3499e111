#!/usr/bin/env bash
# Vouchers from the command line at one node: issued one by one and from tables,
# shown, ended; each row of a table has an answer of its own, and the same table
# again issues nothing twice.
. "$(dirname "$0")/world.sh"

found_alliance
issue coordinator henan henan
write_config
start_node

cat >zz.json <<'END'
{"id": "zz", "version": 1, "name_zh": "郑州市科技创新券",
 "budget_fen": 10000000, "issue_unit_fen": 100, "voucher_max_fen": 2000000,
 "use_days": 365, "claim_days": 60, "payee": "SCHEME_PAYEE_PROVIDER",
 "rates": [{"level": "市", "rate_bp": 5000}]}
END
expect HL_OK 'index 0' scheme put zz.json

FIRM=91410100MA41010086
OTHER=91410300MA4103003F
one() { # AMOUNT [OPTION...]
    "$HELUO" voucher issue --scheme zz --amount "$1" --uscc $FIRM \
        --name 郑州精密 "${@:2}"
}
wrong() { # ERROR TEXT AMOUNT [OPTION...]
    expect "$1" "$2" voucher issue --scheme zz --amount "$3" --uscc $FIRM \
        --name 郑州精密 "${@:4}"
}
# field FILE NAME: of JSON lines, one value a line.
field() {
    /usr/bin/python3 - "$1" "$2" <<'PY'
import json, sys
for line in open(sys.argv[1]):
    value = json.loads(line)
    for name in sys.argv[2].split("."):
        value = value[name]
    print(value)
PY
}
vouchers() { "$HELUO" voucher list --json | wc -l; }

# --- one by one

check 'a voucher' one 10000 --contact 李工 --county 410105
V=$(awk '$1 == "voucher" { print $2 }' out)
expect HL_OK '¥10000.00' voucher show "$V"
for text in '面额' 'open 可用' "$FIRM 郑州精密, 李工" '410105' 'zz, version 1'; do
    grep -q "$text" out || fail "show says $text"
done
# Who holds it is in no journal.
expect HL_OK 'amount_fen: 1000000' journal show --from 1 --count 1
refuse 'the journal names nobody' grep -q -e $FIRM -e 精密 out
# Its controller; codes as people type them; a city by its name.
id=$(printf '%032x' 9)
check 'a controller' one 1,000.00 --id "$id" --county 郑州 \
    --controller-uscc 91410300ma4103003f --controller-name 洛阳控股 --json
[ "$(grep -c "\"voucher\": \"$id\"" out)" = 1 ] || fail 'the id is told'
expect HL_OK "$OTHER 洛阳控股" voucher show "$id"
grep -q 410100 out || fail 'the city has a code'
"$HELUO" voucher show "$id" --json >json
grep -q '"amount_fen": 100000,' json || fail 'as JSON'

# The same again has one effect, another amount under its id none.
id=$(printf '%032x' 77)
check 'once' one 500 --command-id "$id"
wrong HL_OK 'made before' 500 --command-id "$id"
grep -q "^voucher $id$" out || fail 'and which one it is'
wrong HL_EEXISTS 'amount_fen' 501 --command-id "$id"

# --- what is wrong

wrong HL_EUSAGE "'1.005' has more than 2 decimals" 1.005
wrong HL_EUSAGE "'1.000' has more than 2 decimals" 1.000
wrong HL_EUSAGE "'-5' is less than nothing" -5
wrong HL_EUSAGE "'0' is nothing" 0
wrong HL_EUSAGE "'ten' is no number" ten
wrong HL_EUSAGE "'1,5' is no number" 1,5
wrong HL_EUSAGE 'is too large' 99999999999999999999
wrong HL_EUSAGE 'is too large' 10000000000001
wrong HL_EUSAGE "--id: 'x' is no id: give 32 hex digits" 5 --id x
wrong HL_EUSAGE '--controller-name: with --controller-uscc' 5 \
    --controller-name 某人
wrong HL_ENOTFOUND 'county' 5 --county 不存在市
expect HL_EUSAGE '--uscc is needed' voucher issue --scheme zz --amount 5
expect HL_EUSAGE 'it takes ID' voucher show
expect HL_EUSAGE "'nothing' is no id" voucher show nothing
expect HL_ENOTFOUND 'issued no such voucher' voucher show "$(printf '%032x' 5)"
expect HL_EMALFORMED 'field holder.uscc' voucher issue --scheme zz --amount 5 \
    --uscc 91410100MA41010087 --name 某公司

# What the ledger refuses is said in English and Chinese, with the word that
# programs compare first; as JSON as the node says it; and for ever.
wrong HL_ESTATE 'amount_max 超过单张券上限: ' 20001
wrong HL_ESTATE 'amount_unit 金额不是发放单位的整数倍: ' 100.50 --command-id \
    "$(printf '%032x' 78)"
wrong HL_ESTATE 'amount_unit 金额' 100.50 --command-id "$(printf '%032x' 78)"
expect HL_ENOTFOUND '"detail": "no_scheme: ' voucher issue --scheme nn \
    --amount 5 --uscc $FIRM --name 某公司 --json
wrong HL_EKEEPERS '' 5 --durability 1
expect HL_EDENIED '' voucher issue --scheme zz --amount 5 --uscc $FIRM \
    --name 某公司 $(as henan)
[ "$(vouchers)" = 3 ] || fail 'nothing wrong was issued'

# --- a table: each row has its answer

printf '\xef\xbb\xbfscheme,amount,uscc,name,contact,controller-uscc,controller-name,county\n' >t.csv
cat >>t.csv <<END
zz,"2,000",$FIRM,郑州精密,,,,410105
zz,10.005,$FIRM,郑州精密,,,,
zz,300,91410100MA41010087,错码公司,,,,
zz,100.50,$FIRM,郑州精密,,,,
zz,400,${OTHER,,},洛阳轴承,0379-1,$FIRM,郑州精密,洛阳
,5,$FIRM,郑州精密,,,,
zz,6,$FIRM,郑州精密,,,某人,
END
expect HL_EMALFORMED '5 of 7 rows were refused, the first in line 3' \
    voucher issue --file t.csv --rejects r.csv
cp out told
said() { grep -qF -- "$1" "${2:-told}" || fail "does not say $1"; }
said 'line 2  issued: voucher '
said "line 3  refused: malformed input: amount 金额: '10.005' has more than 2"
said 'line 4  refused: malformed input: uscc 统一社会信用代码: '
said 'line 5  refused: the ledger does not allow it: amount_unit 金额不是'
said 'line 6  issued: voucher '
said 'line 7  refused: malformed input: scheme 创新券办法: it is missing'
said 'line 8  refused: malformed input: controller-uscc 实际控制人代码: '
said '2 issued, ¥2400.00; 0 repeated; 5 refused'
[ "$(vouchers)" = 5 ] || fail 'two were issued'
V2=$(awk '/^line 6 / { print substr($5, 1, 32) }' told)
expect HL_OK "$OTHER 洛阳轴承, 0379-1" voucher show "$V2"
said "$FIRM 郑州精密" out
said 410300 out

# The same bytes again issue nothing twice; refused rows stay refused.
expect HL_EMALFORMED '5 of 7 rows were refused' voucher issue --file t.csv
said '0 issued, ¥0.00; 2 repeated; 5 refused' out
said "line 6  repeated: voucher $V2, index " out
[ "$(vouchers)" = 5 ] || fail 'nothing was issued twice'
expect HL_EEXISTS 'nothing was issued' voucher issue --file t.csv --rejects r.csv

# What was refused is corrected in the file that has it, and issued.
/usr/bin/python3 - <<'PY' || fail 'what was refused is kept'
import csv
rows = list(csv.DictReader(open("r.csv", encoding="utf-8-sig")))
assert [row["amount"] for row in rows] == ["10.005", "300", "100.50", "5", "6"]
assert "amount_unit" in rows[2]["heluo_reason"], rows[2]
assert len({row["heluo_refused"] for row in rows}) == 5
for row in rows:
    row.update(scheme="zz", amount="10", uscc="91410100MA41010086")
    row["controller-name"] = ""
with open("r2.csv", "w") as out:
    writer = csv.DictWriter(out, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
PY
expect HL_OK '5 issued, ¥50.00; 0 repeated; 0 refused' voucher issue --file r2.csv
expect HL_OK '0 issued, ¥0.00; 5 repeated; 0 refused' voucher issue --file r2.csv

# Headings in Chinese, in another order; JSON in and out.
cat >zh.csv <<END
名称,统一社会信用代码,金额,创新券办法,区县
郑州精密,$FIRM,７,zz,410105
END
expect HL_OK '1 issued, ¥7.00' voucher issue --file zh.csv
printf '{"scheme":"zz","amount":"8","uscc":"%s","name":"甲"}\n' $FIRM $FIRM $OTHER \
    >t.jsonl
expect HL_OK '' voucher issue --file t.jsonl --json
[ "$(sed -n '1,3s/.*"repeated":false.*/issued/p' out | wc -l)" = 3 ] ||
    fail 'rows that are alike are rows each'
said '{"issued":3,"repeated":0,"refused":0,"issued_fen":2400}' out
# All on one line, as programs write it.
printf '[{"scheme":"zz","amount":9,"uscc":"%s","name":"甲"},{"scheme":"zz","amount":9,"uscc":"%s","name":"甲"}]' \
    $FIRM $FIRM >t.json
expect HL_OK '2 issued, ¥18.00' voucher issue --file t.json

expect HL_EUSAGE '--amount does not go with --file' voucher issue --file t.csv \
    --amount 5
expect HL_EUSAGE '--rejects: with --file' voucher issue --rejects r9.csv
expect HL_ENOTFOUND 'none.csv' voucher issue --file none.csv
expect HL_EKEEPERS 'run again with the same file' voucher issue --file zh.csv \
    --durability 1
printf 'scheme,amount,uscc\nzz,1,%s\n' $FIRM >bad.csv
expect HL_EMALFORMED 'no column has the name (名称)' voucher issue --file bad.csv
printf 'scheme,amount,uscc,name,控制人\nzz,1,%s,甲,乙\n' $FIRM >bad.csv
expect HL_EMALFORMED "column '控制人'" voucher issue --file bad.csv
printf 'scheme,amount,金额,uscc,name\nzz,1,1,%s,甲\n' $FIRM >bad.csv
expect HL_EMALFORMED 'two columns have the amount' voucher issue --file bad.csv

# More rows than a batch has, and a node that dies in the middle.
/usr/bin/python3 - <<'PY'
with open("many.csv", "w") as out:
    out.write("scheme,amount,uscc,name\n")
    out.write("zz,1,91410100MA41010086,甲\n" * 1203)
PY
before=$(vouchers)
"$HELUO" voucher issue --file many.csv --timeout 1 >many 2>err &
issuing=$!
until [ -s many ] || ! kill -0 $issuing 2>/dev/null; do sleep 0.01; done
kill_node
wait $issuing
start_node
expect HL_OK ' 0 refused' voucher issue --file many.csv
[ "$(vouchers)" = $((before + 1203)) ] || fail 'each row once'

# --- ended

expect HL_EUSAGE '--reason' voucher cancel "$V"
expect HL_OK 'index' voucher cancel "$V" --reason 企业注销
expect HL_OK 'cancelled 已撤销' voucher show "$V"
said '企业注销' out
expect HL_ESTATE 'voucher_ended 创新券已终止: ' voucher return "$V"
expect HL_OK 'index' voucher return "$V2" --reason 用不上
expect HL_OK 'returned 已退回' voucher show "$V2"
expect HL_ESTATE 'not_expired 创新券尚未过期: ' voucher expire "$(printf '%032x' 9)"
expect HL_ENOTFOUND 'no_voucher 无此创新券: ' voucher return "$(printf '%032x' 5)"
all=$("$HELUO" voucher list --scheme zz --json | wc -l)
open=$("$HELUO" voucher list --scheme zz --open --json | wc -l)
[ "$open" = $((all - 2)) ] || fail "two have ended: $open of $all"
check 'of no scheme' "$HELUO" voucher list --scheme none
[ ! -s out ] || fail 'of no other scheme'
expect HL_OK 'VOUCHER' voucher list
said "$V  zz " out

# --- watched

expect HL_OK 'issued 发放' voucher watch --token t --until-current
grep -q "ended 终止  $V  cancelled 已撤销" out || fail 'its end'
check 'again' "$HELUO" voucher watch --token t --until-current
[ ! -s out ] || fail 'nothing new'
check 'one more' one 3
expect HL_OK '¥3.00 open' voucher watch --token t --until-current
[ "$(wc -l <out)" = 1 ] || fail 'that one alone'

# --- accounts

"$HELUO" ledger balance >out || fail 'balance'
grep -q '^sum 合计 .* 0.00$' out || fail 'the sum'
"$HELUO" ledger register --json | wc -l >out
[ "$(cat out)" = $((all + 4)) ] || fail "a posting each: $(cat out), $all"

# --- more refusals than the node journals in a second: they are waited for

stop_node
echo 'refusals_per_second = 20' >>heluod.conf
start_node
/usr/bin/python3 - <<'PY'
with open("refused.csv", "w") as out:
    out.write("scheme,amount,uscc,name\n")
    out.write("zz,0.50,91410100MA41010086,甲\n" * 50)
PY
expect HL_ESTATE '50 of 50 rows were refused' voucher issue --file refused.csv
[ "$(grep -c '^line .* refused: .* amount_unit ' out)" = 50 ] || fail 'each one'
stop_node
done_testing
