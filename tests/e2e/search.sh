#!/usr/bin/env bash
# The text index of three cities over real mutual TLS: what one puts, changes
# or retires is found, changed or gone in the others; a cut-off city's records
# stay; processes are killed, and no answer is wrong.
. "$(dirname "$0")/world.sh"
SEARCH=run
. "$HERE/alliance.sh"

UNIT=12410000415800018L
key() { echo --unit-id $UNIT --inner-id "$1"; }
put() { at "$1" instrument put $(key "$2") --name-zh "$3" "${@:4}"; }
# search CITY TEXT OPTION...: its hits' numbers in `found`, everything in json.
search() {
    at "$1" search "${@:2}" --json >json 2>err || return
    /usr/bin/python3 - json >found <<'EOF'
import json, sys
answer = json.load(open(sys.argv[1]))
print(*(hit["record"].get("inner_id", "-") for hit in answer["hits"]))
EOF
}
# finds CITY "NUMBERS" TEXT OPTION...
finds() { search "$1" "${@:3}" && [ "$(cat found)" = "$2" ]; }
# says EXPRESSION: of the last answer, in Python.
says() {
    /usr/bin/python3 -c "import json; a = json.load(open('json')); assert $1, a" \
        2>/dev/null || fail "the answer does not say: $1: $(cat json)"
    CHECKS=$((CHECKS + 1))
}
searcher() { pgrep -P "${PID[$1]}" -x heluo-search; }
has_searcher() { searcher shandong >pid; }
# anew CITY: how often its index was made.
anew() { cat "$1"/log* | grep -c event=search.new; }

found_federation
for city in "${CITIES[@]}"; do
    start_city "$city"
done

# --- what one city states is found in all

check 'unit' at zhengzhou unit put --scheme uscc --id $UNIT \
    --name-zh 郑州大学 --kind university --division 410100
check 'one' put zhengzhou 1 场发射扫描电子显微镜 --model JSM-7800F \
    --class-scheme nrii --class-code 010102 --worth 3000000 \
    --division 410105 --division-revision 2023
check 'two' put luoyang 2 透射电子显微镜 --model JEM-2100 \
    --class-scheme nrii --class-code 010101 --worth 5000000 \
    --division 410305 --division-revision 2023 --status 待修
check 'three' put shandong 3 高效液相色谱仪 --technical '可与质谱联用' \
    --division 370102 --division-revision 2023
for city in "${CITIES[@]}"; do
    eventually 30 finds "$city" '1 2' 电子显微镜
    eventually 30 finds "$city" 1 掃描電鏡
    eventually 30 finds "$city" 3 质谱
    eventually 30 finds "$city" '1 3 2' 郑州大学
done
finds shandong 2 'ｊｅｍ２１００' || fail 'a model is found however it is typed'
says "a['hits'][0]['level'] == 'exact'"
says "a['hits'][0]['record']['origin'] == '$ALLIANCE/luoyang'"
search shandong 显微镜
says "a['total'] == 2 and not a['loose']"
says "a['hits'][0]['snippets'][0]['field'] == 'name_zh'"
says "[v['value'] for v in a['facets']['region']] == ['410100', '410300']"
says "a['facets']['unit'][0]['name'] == '郑州大学'"
says "{v['value'] for v in a['facets']['node']} == {'zhengzhou', 'luoyang'}"
# It says of each city how far it is, and as of when.
is_whole() {
    search shandong 显微镜 && /usr/bin/python3 -c "
import json
ages = {o['origin'].split('/')[1]: o for o in json.load(open('json'))['as_of']}
assert all(ages[city]['indexed'] == ages[city]['held'] > 0 and
           ages[city]['heard_ms'] > 0
           for city in ('luoyang', 'shandong', 'zhengzhou'))" 2>/dev/null
}
eventually 30 is_whole
check 'text' at shandong search 显微镜
grep -q '«显微镜»' out || fail 'hits are marked'

# --- while somebody types

check 'suggest' at shandong search --suggest 扫描
grep -q '  扫描电镜$' out || fail 'a class is suggested'
at shandong search --suggest JEM --json >json
says "a == [{'text': 'JEM-2100', 'records': 1}]"

# --- conditions, and what is wrong with them

finds shandong 2 显微镜 --origin luoyang || fail 'of one node'
finds shandong 1 --class 扫描电镜 || fail 'of one class'
finds shandong '1 2' --class 0101 --sort dearest && fail 'in the order of worth'
finds shandong '2 1' --class 0101 --sort dearest || fail 'in the order of worth'
finds shandong '1 2' --region 河南 --sort cheapest || fail 'of one province'
finds shandong 1 --region 郑州 || fail 'of one city'
finds shandong 1 电子显微镜 --usable || fail 'what can be used'
finds shandong 2 --status 待修 || fail 'of one status'
finds shandong 2 --min-worth 4,000,000 || fail 'of worth'
finds shandong '3 1' --near 济南 --usable || fail 'near ones first'
finds shandong '1 2 3' --unit $UNIT --sort newest && fail 'newest first'
expect_at() { HELUO_SOCKET=$WORK/shandong/heluo.sock expect "$@"; }
expect_at HL_EUSAGE '--sort' search x --sort best2
expect_at HL_EMALFORMED 'near is missing' search x --sort nearest
expect_at HL_ENOTFOUND "no class" search x --class 没有
expect_at HL_ENOTFOUND '' search x --region 没有
expect_at HL_EMALFORMED 'page_token' search x --page 00
expect_at HL_EMALFORMED 'class_code' search x --class 012
expect_at HL_EMALFORMED 'unit: ' search x --unit 'uscc '
expect_at HL_ELIMIT 'text: ' search "$(printf '%01200d' 0)"

# --- before a purchase, and what a demand and a catalogue have for each other

at_shandong() { at shandong "$@" --json >json 2>err; }
check 'hours' put zhengzhou 1 场发射扫描电子显微镜 --model JSM-7800F \
    --class-scheme nrii --class-code 010102 --worth 3000000 \
    --division 410105 --division-revision 2023 --hours-year 2025 \
    --run-hours 500
reviewed() {
    at_shandong review --name 扫描电子显微镜 --class 010102 \
        --division 410102 "$@" && grep -q '"advice": "share"' json
}
eventually 30 reviewed
says "a['alike'] == 1 and a['items'][0]['near'] == 'city'"
says "a['items'][0]['same_class'] and a['items'][0]['use_bp'] == 3571"
at_shandong review --model 'jsm 7800f' --division 370102
says "a['advice'] == 'buy' and a['items'][0]['same_model']"
says "'1 alike stand in other provinces' in a['reason_en']"
at_shandong review --name 扫描电子显微镜 # not said where: none is far away
says "a['advice'] == 'consult' and a['items'][0]['near'] == ''"
expect_at HL_ENOTFOUND 'division' review --name x --division 990101
# One near is seen, however many far away are called just so.
for n in $(seq 100 209); do
    echo "$n,冷冻干燥机,410305,2023"
done | sed "1iinner_id,name_zh,division,division_revision" >dryers.csv
check 'dryers' at luoyang import dryers.csv --set unit_scheme=uscc \
    --set unit_id=$UNIT
check 'one near' put shandong 99 真空冷冻干燥机 --division 370102 \
    --division-revision 2023 --hours-year 2025 --run-hours 100
near_one() { search shandong 冷冻干燥机 && grep -q '"total": 111' json; }
eventually 30 near_one
at_shandong review --name 冷冻干燥机 --division 370102
says "a['advice'] == 'share' and a['items'][0]['near'] == 'county'"
at_shandong review --name 质子治疗系统
says "a['advice'] == 'buy' and a['alike'] == 0"
check 'in Chinese' at shandong review --class 扫描电镜 --division 410105 --lang zh
grep -q '建议共享：本市有 1 台同类仪器' out || fail 'the advice in Chinese'
expect_at HL_EUSAGE 'one is needed' review --worth 100
expect_at HL_EMALFORMED 'division' review --name x --division 4101

check 'a demand' at luoyang demand put --unit-id 91410100MA41010086 \
    --inner-id XQ-1 --title '断口分析' \
    --text '铝合金试样，需做掃描電鏡觀察，或用 JSM-7800F，一周內出報告' \
    --division 410305 --division-revision 2023 --budget 8000
check 'a service' at shandong service put $(key F1) --name-zh 扫描电镜检测 \
    --class-scheme nrii --class-code 010102 --price 900
matched() {
    at_shandong match --home luoyang --unit-id 91410100MA41010086 \
        --inner-id XQ-1 && grep -q F1 json && grep -q '"1"' json
}
eventually 30 matched
says "a['matches'][0]['record']['inner_id'] == '1' and a['matches'][0]['named'] == 2"
says "next(m for m in a['matches'] if m['record']['inner_id'] == 'F1')['budget'] == 'within'"
says "'扫描电镜' in a['words']"
check 'in short' at luoyang demand put --unit-id 91410100MA41010086 \
    --inner-id XQ-2 --title 断口 --text '需要 SEM 机时'
matched_in_short() {
    at luoyang match --unit-id 91410100MA41010086 --inner-id XQ-2 \
        --json >json 2>err && grep -q F1 json && grep -q '"1"' json
}
eventually 30 matched_in_short
says "all(m['named'] == 1 for m in a['matches']) and a['words'] == ['sem']"
wanted() {
    at zhengzhou match --kind instrument $(key 1) --json >json 2>err &&
        grep -q XQ-1 json
}
eventually 30 wanted
says "{m['record']['inner_id'] for m in a['matches']} == {'XQ-1', 'XQ-2'}"
says "a['matches'][0]['near'] == 'province' and a['matches'][1]['named'] == 1"
expect_at HL_ENOTFOUND 'no demand' match --unit-id 91410100MA41010086 --inner-id 9

# --- pages

for n in $(seq 10 40); do
    echo "$n,离心机"
done | sed "1iinner_id,name_zh" >list.csv
check 'a list' at luoyang import list.csv --set unit_scheme=uscc \
    --set unit_id=$UNIT
at_luoyang() { search shandong 离心机 --size 100 && [ "$(wc -w <found)" = 31 ]; }
eventually 30 at_luoyang
token=
: >pages
for page in 1 2 3 4 5; do
    search shandong 离心机 --size 7 ${token:+--page $token} || fail 'a page'
    tr ' ' '\n' <found >>pages
    token=$(/usr/bin/python3 -c \
        "import json; print(json.load(open('json'))['next_page'])")
    [ -n "$token" ] || break
done
[ -z "$token" ] || fail 'the last page is the last'
[ "$(sort -u pages | wc -l)" = 31 ] || fail 'each is on one page'
[ "$(wc -l <pages)" = 31 ] || fail 'none is on two'
search shandong 离心机 --size 7
token=$(/usr/bin/python3 -c \
    "import json; print(json.load(open('json'))['next_page'])")
expect_at HL_EMALFORMED 'another question' search 显微镜 --page "$token"

# --- what changes

check 'changed' put zhengzhou 1 聚焦离子束双束系统
check 'retired' at luoyang instrument retire $(key 2)
for city in "${CITIES[@]}"; do
    eventually 30 finds "$city" 1 离子束
    eventually 30 finds "$city" '' 透射电子显微镜
done
# A record that moves is found once, as its new home states it.
check 'release' at shandong instrument move release $(key 3) --to zhengzhou
eventually 30 at zhengzhou instrument move take --home shandong $(key 3)
check 'its new home changes it' at zhengzhou instrument put --home shandong \
    $(key 3) --name-zh 超高效液相色谱仪
for city in "${CITIES[@]}"; do
    eventually 30 finds "$city" 3 超高效液相
    finds "$city" 3 液相色谱仪 || fail "$city: it is found once"
    says "a['hits'][0]['record']['origin'] == '$ALLIANCE/zhengzhou'"
done

# --- a killed search process: an index anew, and never a wrong answer

# As somebody ends it, and as a full or failing disk does.
for signal in KILL BUS; do
    before=$(anew shandong)
    eventually 30 has_searcher
    kill "-$signal" "$(cat pid)"
    anew_again() { [ "$(anew shandong)" -gt "$before" ]; }
    eventually 30 anew_again
    eventually 30 finds shandong 1 离子束
    finds shandong 3 超高效液相 || fail 'a moved one is found once'
done
# Killed while it makes it.
for round in 1 2 3; do
    eventually 30 has_searcher
    kill -KILL "$(cat pid)"
    check 'in between' put zhengzhou 1 "第${round}次聚焦离子束"
done
eventually 60 finds shandong 1 离子束
check 'the node goes on' put shandong 5 拉曼光谱仪
eventually 30 finds zhengzhou 5 拉曼

# --- one that hangs: nobody waits behind those who found out

kill -STOP "$(searcher shandong)"
began=$SECONDS
asking=()
for n in $(seq 16); do
    at shandong search 离子束 >/dev/null 2>&1 &
    asking+=($!)
done
check 'the node goes on' put shandong 11 声级计
for pid in "${asking[@]}"; do
    wait "$pid"
    [ $? = "$(code HL_EAWAY)" ] || fail 'nobody gets an answer'
done
[ $((SECONDS - began)) -lt 15 ] || fail 'all know it soon'
kill -CONT "$(searcher shandong)"
eventually 30 finds shandong 1 离子束

# --- a killed node: its search process ends, and both come again

end_city KILL zhengzhou
refuse 'nobody answers' at zhengzhou search 离子束
start_city zhengzhou
eventually 30 finds zhengzhou 1 离子束
# What was closed whole is opened again.
end_city TERM zhengzhou
[ -f zhengzhou/store/search/kept ] || fail 'it is kept'
before=$(anew zhengzhou)
start_city zhengzhou
eventually 30 finds zhengzhou 1 离子束
[ "$(anew zhengzhou)" = "$before" ] || fail 'it was not made anew'
# What the node does not take any more is thrown away, and no answer is wrong.
end_city TERM zhengzhou
{
    head -1 zhengzhou/store/search/kept
    printf 'another version'
} >token
mv token zhengzhou/store/search/kept
start_city zhengzhou
is_anew() { [ "$(anew zhengzhou)" -gt "$before" ]; }
eventually 30 is_anew
eventually 30 finds zhengzhou 1 离子束
check 'and followed' put luoyang 6 质谱仪
eventually 30 finds zhengzhou 6 质谱仪

# --- a city that is away stays, and its age is said

end_city KILL luoyang
finds shandong 6 质谱仪 || fail 'its records stay'
sleep 1
search shandong 质谱仪
says "next(o for o in a['as_of'] if 'luoyang' in o['origin'])['heard_ms'] + 900 < next(o for o in a['as_of'] if 'shandong' in o['origin'])['heard_ms']"

# --- a full disk under the index alone: the node goes on

small_disk() {
    local disk
    end_city TERM zhengzhou
    rm -rf zhengzhou/store/search
    mkdir zhengzhou/store/search
    cat >behind.sh <<SH
mount -t tmpfs -o size=100M heluo '$WORK/zhengzhou/store/search' && exec "\$@"
SH
    BEHIND[zhengzhou]="${APART[*]} sh $WORK/behind.sh"
    start_city zhengzhou
    eventually 30 finds zhengzhou 1 离子束
    disk=/proc/${PID[zhengzhou]}/root$WORK/zhengzhou/store/search
    [ "$(stat -f -c %T "$disk")" = tmpfs ] || fail 'it is another disk'
    ! dd if=/dev/zero of="$disk/filler" bs=64k count=1600 2>err ||
        fail 'not filled'
    check 'the node goes on' put zhengzhou 8 红外光谱仪
    eventually 30 status_says zhengzhou 'waits for room'
    finds zhengzhou 1 离子束 || fail 'what was there is found'
    finds zhengzhou "" 红外 || fail 'and the new one is not'
    # It ends in order when it is told to: it does not write what waits.
    kill -TERM "$(searcher zhengzhou)"
    eventually 30 grep -q event=search.died zhengzhou/log
    grep -m 1 event=search.died zhengzhou/log | grep -q signal=0 ||
        fail 'it ends in order'
    # With no byte left there is no index anew, either.
    eventually 30 is_away zhengzhou
    check 'the node goes on' put zhengzhou 9 紫外光谱仪
    rm "$disk/filler"
    eventually 60 finds zhengzhou 9 紫外
    finds zhengzhou 8 红外 || fail 'everything is there again'
    end_city TERM zhengzhou
    BEHIND[zhengzhou]=
    start_city zhengzhou
}
status_says() { at "$1" status >out 2>&1 && grep -q "$2" out; }
is_away() {
    at "$1" search x >out 2>err
    [ $? = "$(code HL_EAWAY)" ]
}

APART=(unshare -m)
[ "$(id -u)" = 0 ] || APART=(unshare -rm)
if "${APART[@]}" mount -t tmpfs heluo /mnt 2>err; then
    small_disk
else
    echo "search: no disk can be mounted here ($(head -1 err)): what a full" \
        'one does to the index is not tried'
fi

# --- without one

end_city TERM shandong
SEARCH=off configure shandong
start_city shandong
expect_at HL_EAWAY 'search = off' search 质谱仪
check 'the rest goes on' put shandong 7 天平
SEARCH=apart configure shandong
end_city TERM shandong
start_city shandong
expect_at HL_EAWAY 'does not answer' search 质谱仪
"$(dirname "$HELUO")/heluo-search" --config shandong/heluod.conf 2>apart &
apart=$!
eventually 30 finds shandong 7 天平
expect_one() { "$(dirname "$HELUO")/heluo-search" --config shandong/heluod.conf; }
refuse 'one at a time' expect_one
kill -TERM $apart
wait $apart || fail 'it ends well'
expect_at HL_EAWAY 'does not answer' search 天平

for city in shandong zhengzhou; do
    end_city TERM "$city"
done
done_testing
