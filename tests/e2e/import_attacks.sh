#!/usr/bin/env bash
# Imports that are killed, stopped, or refused, at nodes that are killed, slow
# or others', from files that change, are none or too much: nothing is lost or
# twice, and it is said what, where and what to do.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"
GENERATE=$HERE/../../scripts/generate

found_federation
issue operator zhengzhou/chen chen
issue coordinator henan henan
for city in "${CITIES[@]}"; do
    start_city "$city"
done
export HELUO_SOCKET=$WORK/zhengzhou/heluo.sock
N=20000
quietly /usr/bin/python3 "$GENERATE" --quiet --instruments $N --units 60 \
    --services 0 --demands 0 --out made
FILE=made/instruments.csv

size() {
    "$HELUO" journal list 2>/dev/null |
        awk -v o="$ALLIANCE/zhengzhou" '$1 == o { print $2 }'
}
above() {
    local now
    now=$(size)
    [ "${now:-0}" -gt "$1" ]
}
says() {
    local text
    for text in "$@"; do
        cat out err | grep -qF -- "$text" || fail "does not say '$text'"
    done
    CHECKS=$((CHECKS + 1))
}
# begin OPTION...: an import behind; ends what it said in said.out and said.err.
begin() {
    "$HELUO" import "$FILE" "$@" >said.out 2>said.err &
    IMPORT=$!
}
# finish STATUS: it ends so.
finish() {
    local status
    wait $IMPORT
    status=$?
    cp said.out out
    cp said.err err
    [ $status = "$1" ] || fail "ended with $status, not $1"
    CHECKS=$((CHECKS + 1))
}

# --- the command is killed, and stopped

begin
eventually 60 above 400
kill -KILL $IMPORT
finish 137
first=$(size)
[ "$first" -lt $N ] || fail 'it was killed in the middle'
sed '3s/,[^,]*,/,bad,/' "$FILE" >one_bad.csv
# The node holds still, so that the word comes in the middle for certain.
hears_ctrl_c() {
    local caught
    caught=$(awk '$1 == "SigCgt:" { print $2 }' "/proc/$IMPORT/status")
    [ $((0x${caught:-0} & 2)) != 0 ]
}
# It has sent its first rows and does nothing but wait.
waits_for_the_node() {
    local before
    hears_ctrl_c || return 1
    before=$(cut -d ' ' -f 14,15 "/proc/$IMPORT/stat")
    sleep 0.3
    [ "$(cut -d ' ' -f 14,15 "/proc/$IMPORT/stat")" = "$before" ]
}
kill -STOP "${PID[zhengzhou]}"
"$HELUO" import one_bad.csv --report some.csv --rejects some.rejects.csv \
    >said.out 2>said.err &
IMPORT=$!
eventually 60 waits_for_the_node
kill -INT $IMPORT
kill -CONT "${PID[zhengzhou]}"
finish "$(code HL_ECANCELLED)"
says 'the same command again does the rest'
[ "$(wc -l <some.rejects.csv)" = 2 ] || fail 'what is known is kept'
second=$(size)
[ "$second" -lt $N ] || fail 'it was stopped in the middle'

# --- the node is killed, while others take its entries

begin
eventually 60 above $((second + 400))
end_city KILL zhengzhou
sleep 1
start_city zhengzhou
finish 0
says "$N rows: " ' 0 changed,' ' 0 failed'
[ "$(size)" = $N ] || fail "$N records are $(size) entries"
check 'again' "$HELUO" import "$FILE"
says "0 new, 0 changed, $N unchanged"
hold_all zhengzhou $N
check 'verified there' at luoyang journal verify \
    --origin "$ALLIANCE/zhengzhou" --charter v1.charter
check 'out of there' at luoyang export --origin $ALLIANCE/zhengzhou --out there.csv
check 'and here' "$HELUO" export --out here.csv
check 'the same' cmp here.csv there.csv
check 'nothing of itself' at luoyang export --out none.csv
grep -q '^0 rows' out || fail 'none'

# --- a node that is slow: it is asked again, and writes once

sed 's/,正常,/,待机,/' "$FILE" >"changed.csv"
FILE=changed.csv
changes=$(diff made/instruments.csv changed.csv | grep -c '^>')
begin --timeout 1
eventually 60 above $N
kill -STOP "${PID[zhengzhou]}"
sleep 3
kill -CONT "${PID[zhengzhou]}"
finish 0
says "$N rows: 0 new" ' 0 failed'
[ "$(size)" = $((N + changes)) ] || fail "$changes changes, $(size) entries"

# --- a file that changes

FILE=moving.csv
cp made/instruments.csv $FILE
kill -STOP "${PID[zhengzhou]}"
begin
sleep 1
tail -n 1 made/instruments.csv >>$FILE
kill -CONT "${PID[zhengzhou]}"
finish "$(code HL_EIO)"
says 'the file changed while it was read: import it again'
check 'as before' "$HELUO" import made/instruments.csv
before=$(size)

# --- who may not, and what is not there

PORT=${AT[zhengzhou]}
TLS=(--connect "127.0.0.1:$PORT" --node zhengzhou --alliance $ALLIANCE
    --root ca/root.crt)
ONE=one.csv
U=$(awk -F, 'NR == 2 { print $2 }' made/instruments.csv)
printf '统一社会信用代码,编号,名称\n%s,N-1,电镜\n' "$U" >$ONE
expect HL_EDENIED '' import $ONE $(as henan)
quietly "$HELUO" ca init --alliance $ALLIANCE --dir other --no-passphrase
quietly "$HELUO" ca issue --dir other --operator zhengzhou/chen --out mallory
soon=$((SECONDS + 20))
refuse 'of another root' "$HELUO" import $ONE $(as mallory)
refuse 'another node' "$HELUO" import $ONE $(as chen) --node luoyang
[ $SECONDS -lt $soon ] || fail 'it asks for ever'
expect HL_ENOTFOUND 'nothere.csv' import nothere.csv
expect HL_EIO '' import .
mkfifo pipe
expect HL_EIO 'an import reads it more than once' import pipe
: >nothing.csv
expect HL_EMALFORMED 'nothing.csv' import nothing.csv
printf '编号,编号\n1,2\n' >twice.csv
expect HL_EMALFORMED '编号' import twice.csv
printf '编号,资产编号\n1,2\n' >same.csv
expect HL_EMALFORMED 'are the same: leave one out' import same.csv
expect HL_ENOTFOUND 'nomap.csv' import $ONE --mapping nomap.csv
printf 'column,attribute\na,b\n' >badmap.csv
expect HL_EMALFORMED "line 2: there is no attribute 'b'" \
    import $ONE --mapping badmap.csv --kind instrument
expect HL_EUSAGE "'castle' is none of unit" import $ONE --kind castle
expect HL_EMALFORMED 'unit_idd' import $ONE --set unit_idd=1
expect HL_EMALFORMED "'x' is none of" import $ONE --set status=x

# --- too much

/usr/bin/python3 - "$U" <<'PY'
import sys
unit = sys.argv[1]
def wide(name, count):
    with open(name, "w") as file:
        file.write(",".join(["统一社会信用代码", "编号", "名称"] +
                            [f"c{i}" for i in range(count - 3)]) + "\n")
        file.write(",".join([unit, "W-1", "电镜"] + ["x"] * (count - 3)) + "\n")
        file.write(",".join([unit, "W-2", "电镜"] + ["x"] * (count - 2)) + "\n")
        file.write(",".join([unit[:-1] + "X", "W-3", "电镜"]) + "\n")
for count in (997, 1000, 1001):
    wide(f"wide{count}.csv", count)
with open("wide.map.csv", "w") as file:
    file.write("column,attribute,value\n,@record,instrument\n")
    for i in range(1000):
        file.write(f"c{i},-\n")
with open("long.csv", "w") as file:
    file.write("统一社会信用代码,编号,名称,主要功能\n")
    file.write(f'{unit},L-1,{"长" * 100},x\n{unit},L-2,{"长" * 101},x\n')
    file.write(f'{unit},"L,3","=cmd|\' /C calc\'!A0",@x\n')
    file.write(f'{unit},"L\n4",x,x\n{unit},L-5,x,{"长" * 30000}\n')
    file.write(f'{unit},L-6,x\ufdd0,x\n{unit},L-7,\ufdd0,{"长" * 700}\n')
PY
expect HL_EMALFORMED 'nothing is known of the column' import wide1000.csv
for count in 997 1000; do
    rejects=()
    [ $count != 997 ] || rejects=(--rejects wide.wrong.csv)
    expect HL_EMALFORMED '2 of 3 rows were refused' \
        import wide$count.csv --mapping wide.map.csv "${rejects[@]}"
    says 'line 3: ' "check character is wrong"
done
says 'more than 1000 columns have a value'
refuse 'a column too many' "$HELUO" import wide1001.csv --mapping wide.map.csv
says '1000'
refuse 'no room for the reasons' "$HELUO" import wide1000.csv \
    --mapping wide.map.csv --rejects r.csv
says 'r.csv' '1000'
expect HL_EMALFORMED 'rows were refused' import long.csv \
    --rejects long.wrong.csv --report long.report.csv
says '303 bytes, at most 300'
[ "$(grep -c ',L-2,' long.wrong.csv)" = 1 ] || fail 'given back'
failed=$(awk '{ for (i = 1; i < NF; i++) if ($(i + 1) ~ /^failed/) print $i }' out)
[ "$(grep '^refused,' long.report.csv | cut -d, -f3 | sort -u | wc -l)" = \
    "$failed" ] || fail 'each is told'
[ "$(/usr/bin/python3 -c 'import csv
print(len(list(csv.DictReader(open("long.wrong.csv")))))')" = "$failed" ] ||
    fail 'each is given back'
expect HL_OK "=cmd|' /C calc'!A0" instrument get --unit-id "$U" --inner-id 'L,3'
check 'out' "$HELUO" export --out formulas.csv
grep -q "=cmd" formulas.csv || fail 'as it is'
size_before=$(size)
check 'in' "$HELUO" import formulas.csv
[ "$(size)" = "$size_before" ] || fail 'the same'

# --- no room for what was refused

sed 's/,正常,/,坏,/' made/instruments.csv >all_bad.csv
small() { (
    trap '' XFSZ
    ulimit -f 64
    exec "$HELUO" import all_bad.csv --rejects "$1" --dry-run
); }
refuse 'no room' small full.csv
says 'full.csv'
[ ! -e full.csv ] || fail 'no half of it'
refuse 'no such folder' "$HELUO" import $ONE --rejects no/such/folder.csv
says 'no/such/folder.csv'
[ "$(size)" = "$size_before" ] || fail 'nothing was written'
ls -A | grep -q '\.tmp' && fail 'nothing is left behind'

for city in "${CITIES[@]}"; do
    end_city TERM "$city"
done
# Nobody is there at last.
expect HL_ECONNECT '' import $ONE --connect "127.0.0.1:$PORT" --node zhengzhou \
    --alliance $ALLIANCE --root ca/root.crt --certificate chen.crt \
    --key chen.key --timeout 1
done_testing
