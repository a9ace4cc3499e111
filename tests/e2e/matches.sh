#!/usr/bin/env bash
# New matches of demands and instruments, as both sides see them come, through
# restarts and while the text index is made anew.
. "$(dirname "$0")/world.sh"
SEARCH=run
. "$HERE/alliance.sh"

UNIT=12410000415800018L
FIRM=91410100MA41010086
instrument() { # CITY NUMBER CLASS NAME OPTION...
    at "$1" instrument put --unit-id $UNIT --inner-id "$2" --class-scheme nrii \
        --class-code "$3" --name-zh "$4" "${@:5}"
}
demand() { # CITY NUMBER TITLE TEXT OPTION...
    at "$1" demand put --unit-id $FIRM --inner-id "$2" --title "$3" --text "$4" \
        "${@:5}"
}
# watch CITY: what is new there goes into CITY.new, a line each.
declare -A WATCH=()
watch() {
    HELUO_SOCKET=$WORK/$1/heluo.sock "$HELUO" match --watch \
        --token "$1.token" --json "${@:2}" >>"$1.new" 2>"$1.err" &
    WATCH[$1]=$!
}
stop_watch() {
    kill -TERM "${WATCH[$1]}"
    wait "${WATCH[$1]}"
    unset "WATCH[$1]"
}
# pairs CITY: "NUMBER-NUMBER ..." as they came, the changed side first.
pairs() {
    /usr/bin/python3 - "$1.new" <<'EOF2'
import json, sys
print(*(f"{new['of']['inner_id']}-{new['record']['inner_id']}"
        + ("c" if new["changed"] else "")
        for new in map(json.loads, open(sys.argv[1]))))
EOF2
}
told() { pairs "$1" >pairs && [ "$(cat pairs)" = "$2" ]; }
expect_told() { # CITY "PAIRS"
    local i
    for i in $(seq 300); do
        if told "$1" "$2"; then
            CHECKS=$((CHECKS + 1))
            return
        fi
        sleep 0.1
    done
    fail "$1 was told $(cat pairs), not $2: $(cat "$1.err")"
}
found() { # CITY NUMBER TEXT OPTION...: that one is in the index there
    at "$1" search "$3" "${@:4}" --json >json && grep -q "\"inner_id\": \"$2\"" json
}

found_federation
for city in "${CITIES[@]}"; do
    start_city "$city"
done
check 'unit' at zhengzhou unit put --scheme uscc --id $UNIT \
    --name-zh 郑州大学 --kind university --division 410100
check 'what was there' instrument zhengzhou 1 010102 场发射扫描电子显微镜
check 'what was wanted' demand luoyang A 断口分析 '需做扫描电镜观察'
for city in "${CITIES[@]}"; do
    eventually 30 found "$city" 1 显微镜
    eventually 30 found "$city" A 断口 --kind demand
done

# --- from now on: what was there is not new

for city in "${CITIES[@]}"; do
    watch "$city"
    eventually 30 test -s "$city.token"
done
check 'it ends where there is no more' at zhengzhou match --watch --token z \
    --until-current
[ ! -s out ] && [ -s z ] || fail 'nothing is new, and where to go on is kept'

# --- a demand is stated: its city sees what it names, and theirs see it

check 'a demand' demand luoyang B 镀层测厚 '要扫描电镜看截面，再用拉曼光谱仪'
expect_told luoyang B-1
expect_told zhengzhou B-1
check 'an instrument' instrument zhengzhou 2 010410 显微共焦拉曼光谱仪 --model inVia
expect_told zhengzhou 'B-1 2-B'
expect_told luoyang 'B-1 2-B'
grep -q '"near"' luoyang.new || fail 'and how they go together'
# A third city is told what is its own, alone. A pair is told with the side
# that came later: the other one is to be there first.
eventually 30 found shandong B 镀层 --kind demand
check 'a service' at shandong service put --unit-id $UNIT --inner-id S \
    --class-scheme nrii --class-code 010410 --name-zh 拉曼光谱检测 --price 900
expect_told shandong S-B
expect_told luoyang 'B-1 2-B S-B'
told zhengzhou 'B-1 2-B' || fail 'who has neither side is told nothing'

# --- a change that names it otherwise is new, another one is not

check 'what it is worth' instrument zhengzhou 2 010410 显微共焦拉曼光谱仪 \
    --model inVia --worth 2000000
check 'what it is' instrument zhengzhou 3 010502 高效液相色谱仪
check 'and after all' instrument zhengzhou 3 010102 场发射扫描电子显微镜
expect_told luoyang 'B-1 2-B S-B 3-Ac 3-Bc'
expect_told zhengzhou 'B-1 2-B 3-Ac 3-Bc'

# --- who was away goes on where he was, whatever died meanwhile

stop_watch luoyang
end_city KILL luoyang
check 'meanwhile' instrument zhengzhou 4 010410 拉曼光谱仪
expect_told zhengzhou 'B-1 2-B 3-Ac 3-Bc 4-B'
start_city luoyang
pgrep -P "${PID[luoyang]}" -x heluo-search >pid && kill -KILL "$(cat pid)"
watch luoyang
expect_told luoyang 'B-1 2-B S-B 3-Ac 3-Bc 4-B'
# Its own node and index die under a watch that goes on by itself.
end_city KILL zhengzhou
start_city zhengzhou
check 'meanwhile' instrument zhengzhou 5 010410 便携式拉曼光谱仪
expect_told luoyang 'B-1 2-B S-B 3-Ac 3-Bc 4-B 5-B'
expect_told zhengzhou 'B-1 2-B 3-Ac 3-Bc 4-B 5-B'

# --- of one record

HELUO_SOCKET=$WORK/luoyang/heluo.sock "$HELUO" match --watch --json \
    --unit-id $FIRM --inner-id C --home luoyang --token c.token >c.new 2>c.err &
ONE=$!
eventually 30 test -s c.token
check 'one more' demand luoyang C 蛋白分离 '需要高速离心机'
eventually 30 found shandong C 蛋白 --kind demand
check 'for it' instrument shandong 9 011023 高速冷冻离心机
expect_one() { [ "$(grep -c '"C"' c.new)" = 1 ] && [ "$(wc -l <c.new)" = 1 ]; }
eventually 30 expect_one
check 'for another' instrument shandong 10 010410 拉曼光谱仪
expect_told shandong 'S-B 9-C 10-B'
expect_one || fail 'of one record only its own'
kill -TERM $ONE
wait $ONE

# --- what is asked wrongly

expect_usage() {
    at luoyang match "${@:2}" >out 2>err
    [ $? = "$(code HL_EUSAGE)" ] || fail "match ${*:2}: $(cat err)"
    grep -q -e "$1" err || fail "it does not say $1: $(cat err)"
    CHECKS=$((CHECKS + 1))
}
expect_usage '--watch' 
expect_usage 'with --watch' --unit-id $FIRM --inner-id A --token t
expect_usage 'only together' --watch --unit-id $FIRM
printf 'x' >bad.token
at luoyang match --watch --token bad.token >out 2>err
[ $? = "$(code HL_EMALFORMED)" ] || fail "a bad token: $(cat err)"

# --- as text, for people

rm -f text.token
check 'where it is' at luoyang match --watch --token text.token --until-current
check 'one for people' instrument zhengzhou 6 010410 激光拉曼光谱仪
people() {
    at luoyang match --watch --token text.token --until-current >>text
    grep -q 'goes with:' text
}
eventually 30 people
grep -q '激光拉曼光谱仪' text && grep -q '镀层测厚' text && ! grep -q '¥0' text &&
    grep -q 'because: 1 of the words' text || fail "what is told: $(cat text)"

for city in "${CITIES[@]}"; do
    stop_watch "$city"
    end_city TERM "$city"
done
done_testing
