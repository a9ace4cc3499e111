#!/usr/bin/env bash
# Records that move between cities over real mutual TLS: taken, refused and
# taken back by itself; nodes are killed between release and answer.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"

UNIT=12410000415800018L
# key HOME NUMBER: which record.
key() { echo --home "$1" --unit-id $UNIT --inner-id "$2"; }
put() { at "$1" instrument put $(key "$2" "$3") --name-zh "$4"; }
# move CITY VERB HOME NUMBER OPTION...
move() { at "$1" instrument move "$2" $(key "$3" "$4") "${@:5}"; }
# shows CITY HOME NUMBER TEXT
shows() { at "$1" instrument get $(key "$2" "$3") >shown && grep -q -- "$4" shown; }
waits() { at "$1" instrument move list "${@:3}" >moves && grep -q " $2 " moves; }
nothing_waits() { at "$1" instrument move list --all >moves && [ ! -s moves ]; }
# once CITY HOME NUMBER ORIGIN: it is listed once, as of that journal.
once() {
    at "$1" instrument list >listed
    [ "$(grep -c "$UNIT $3 " listed)" = 1 ] &&
        grep "$UNIT $3 " listed | grep -q "$ALLIANCE/$4 "
}
grep_at() { at "$1" "${@:3}" 2>&1 | grep -q "$2"; }
# refused ERROR TEXT COMMAND...
refused() {
    local wanted text=$2 status
    wanted=$(code "$1") || exit 1
    shift 2
    "$@" >out 2>err
    status=$?
    [ "$status" = "$wanted" ] || fail "$*: exit $status, not $wanted"
    grep -qF -- "$text" err || fail "$*: does not say '$text'"
    CHECKS=$((CHECKS + 1))
}

found_federation
for city in "${CITIES[@]}"; do
    start_city "$city"
done
check 'a microscope' put luoyang luoyang 1 显微镜
check 'a spectrometer' put luoyang luoyang 2 光谱仪
for city in shandong zhengzhou; do
    eventually 30 shows "$city" luoyang 1 显微镜
done

# --- who may not

refused HL_EHOME 'is of node' put zhengzhou shandong 9 别人的
refused HL_EHOME 'is not released to this node' move zhengzhou take luoyang 1
refused HL_EHOME 'and its --home' at zhengzhou instrument move refuse \
    --unit-id $UNIT --inner-id 1
refused HL_EUNKNOWNNODE "no node 'kaifeng'" move luoyang release luoyang 1 --to kaifeng
refused HL_EMALFORMED 'this node itself' move luoyang release luoyang 1 --to luoyang
refused HL_EHOME 'owns no catalogue' move luoyang release luoyang 1 --to alliance
refused HL_ENOTFOUND "is none of this node's" move luoyang release luoyang 7 --to zhengzhou

# --- released, and the new home dies; taken after that, and the old one is away

check 'release' move luoyang release luoyang 1 --to zhengzhou
eventually 30 waits zhengzhou zhengzhou
check 'the status says so' at zhengzhou status
grep -q 'move list' out || fail 'the status says that a record waits'
check 'as JSON' at zhengzhou instrument move list --json
for text in '"inner_id": "1"' '"moving_to": "zhengzhou"' '"refused": false' \
    '"release_index": 2' "\"origin\": \"$ALLIANCE/luoyang\""; do
    grep -qF "$text" out || fail "the list as JSON does not say $text"
done
refused HL_EHOME 'has not answered yet' put luoyang luoyang 1 改
end_city KILL zhengzhou
end_city KILL luoyang
start_city zhengzhou
eventually 30 waits zhengzhou zhengzhou
ID=000102030405060708090a0b0c0d0e0f
check 'take' move zhengzhou take luoyang 1 --command-id $ID
end_city KILL zhengzhou
start_city zhengzhou
check 'take again' move zhengzhou take luoyang 1 --command-id $ID
grep -q 'had been made before' out || fail 'it was taken once'
refused HL_EEXISTS "this node's already" move zhengzhou take luoyang 1
start_city luoyang
for city in "${CITIES[@]}"; do
    eventually 30 once "$city" luoyang 1 zhengzhou
    eventually 30 nothing_waits "$city"
done
refused HL_EHOME 'is at home at zhengzhou' put luoyang luoyang 1 改
check 'its new home changes it' put zhengzhou luoyang 1 新显微镜
eventually 30 shows luoyang luoyang 1 新显微镜
at luoyang instrument list --retired >listed
grep -q "$ALLIANCE/luoyang .*moved" listed || fail 'what it said before is shown when asked'

# --- the new home's own list has it by its unit and number

printf 'unit_id,inner_id,name_zh\n%s,1,最新显微镜\n' $UNIT >list.csv
check 'a list of its own' at zhengzhou import list.csv --json
grep -Eq '"changed": *"?1' out || fail 'it is changed, not new'
check 'export' at zhengzhou export --out before.csv
check 'what was exported' at zhengzhou import before.csv --json
grep -Eq '"unchanged": *"?1' out || fail 'it is as it was'
for city in "${CITIES[@]}"; do
    eventually 30 shows "$city" luoyang 1 最新显微镜
    eventually 30 once "$city" luoyang 1 zhengzhou
done

# --- refused while the old home is away: it takes it back by itself

check 'release' move luoyang release luoyang 2 --to shandong
eventually 30 waits shandong shandong
eventually 30 waits luoyang shandong --out
end_city KILL luoyang
check 'refuse' move shandong refuse luoyang 2 --reason 无场地
refused HL_EHOME 'this node refused it' move shandong take luoyang 2
check 'nothing is left to do' at shandong status
refuse 'a refusal is an answer' grep -q 'move list' out
check 'as JSON' at shandong instrument move list --json
grep -qF '"refused": true' out && grep -qF '"refuse_reason": "无场地"' out ||
    fail 'the list says that it was refused, and why'
eventually 30 waits zhengzhou shandong --all
start_city luoyang
for city in "${CITIES[@]}"; do
    eventually 60 nothing_waits "$city"
    eventually 30 once "$city" luoyang 2 luoyang
done
check 'it is its own again' put luoyang luoyang 2 新光谱仪
check 'its way' at zhengzhou instrument watch --until-current
for text in 'released .* 1 ' 'taken .* 1 ' 'released .* 2 ' 'taken-back .* 2 '; do
    grep -q "  $text" out || fail "the watch does not say $text"
done
check 'its way, as JSON' at zhengzhou instrument watch --until-current --json
grep -q '"what":"taken-back"' out || fail 'what happened, as JSON'

# --- and back again, on to a third

check 'on' move zhengzhou release luoyang 1 --to shandong
eventually 30 waits shandong shandong
check 'taken' move shandong take luoyang 1
check 'home' move shandong release luoyang 1 --to luoyang
eventually 30 waits luoyang luoyang
check 'taken back' move luoyang take luoyang 1
# The journals come by their names, and so not in the order of what happened.
check 'from a city to one whose name comes before' put zhengzhou zhengzhou 5 衍射仪
check 'away' move zhengzhou release zhengzhou 5 --to luoyang
eventually 30 waits luoyang luoyang
check 'taken' move luoyang take zhengzhou 5
eventually 30 once zhengzhou zhengzhou 5 luoyang
check 'history' at zhengzhou instrument history $(key zhengzhou 5)
[ "$(awk '/^2/ { sub(".*/", "", $2); print $2, $4 }' out | tr '\n' ' ')" = \
    'luoyang taken zhengzhou created zhengzhou released ' ] || fail 'its history'
refuse 'nothing changed' grep -q ' -> ' out
for city in "${CITIES[@]}"; do
    eventually 30 once "$city" luoyang 1 luoyang
    check 'nothing is found' at "$city" status
    refuse 'record_' grep -q 'record_' out
    check "$city computes the same" at "$city" rebuild --check
    grep -q ' 0 different' out || fail "$city: rebuild differs"
done
# --- one that is ended while it is away

end_city TERM shandong
END=$(at zhengzhou journal list --json | /usr/bin/python3 -c '
import base64, json, sys
for at in json.load(sys.stdin)["journals"]:
    if at["origin"].endswith("/shandong"):
        root = base64.b64encode(bytes.fromhex(at["root"])).decode()
        print("--size", at["size"], "--root", root)')
check 'keepers' "$HELUO" charter set-keepers v1.charter --id luoyang \
    --quorum 2 --keeper zhengzhou --keeper alliance --out v2.charter
check 'keepers' "$HELUO" charter set-keepers v2.charter --id zhengzhou \
    --quorum 2 --keeper luoyang --keeper alliance
check 'keepers' "$HELUO" charter set-keepers v2.charter --id alliance \
    --quorum 2 --keeper luoyang --keeper zhengzhou
check 'ended' "$HELUO" charter end-node v2.charter --id shandong $END
check 'signed' "$HELUO" charter sign v2.charter --previous v1.charter \
    --key li.key --yes
check 'submitted' at zhengzhou charter submit v2.charter
eventually 30 grep_at luoyang 'ended' journal list
start_city shandong
eventually 30 grep_at shandong 'by their charter it is ended: luoyang, zhengzhou' \
    status
CITIES=(luoyang zhengzhou)
end_city TERM shandong

refuse 'nobody is found fault with' grep -l 'event=peer.fault' ./*/log*
for city in "${CITIES[@]}"; do
    end_city TERM "$city"
done

done_testing
