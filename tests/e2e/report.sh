#!/usr/bin/env bash
# Two cities report upward: the national interface's form, and how good and how
# much used both catalogues are. What is reported is compared with what Python
# makes of the imported files.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"

CITIES=(luoyang zhengzhou)
NODES=("${CITIES[@]}")
QUORUM=1
GENERATE=$HERE/../../scripts/generate
SOME=7025826f8aef4c88a27e21d9103c5dc2

generate() { quietly "$GENERATE" --quiet --services 0 --demands 0 "$@"; }
fact() { # KEY: a number of the JSON that was printed
    /usr/bin/python3 -c "import json, sys
print(json.load(open('out'))['$1'])"
}
has() { # KEY NUMBER
    [ "$(fact "$1")" = "$2" ] || fail "$1 is $(fact "$1"), not $2"
    CHECKS=$((CHECKS + 1))
}

generate --out raw --division 410100 --units 8 --instruments 120 --seed 3
generate --out luoyang.csv --division 410300 --units 5 --instruments 40 --seed 4
python report.py prepare raw zhengzhou.csv >out 2>err || fail 'prepare'
python report.py codes luoyang.csv codes.csv >out 2>err || fail 'codes'

found_federation
issue coordinator henan henan
for city in "${CITIES[@]}"; do
    start_city "$city"
    for kind in unit instrument; do
        check "$city imports" at "$city" import "$city.csv/${kind}s.csv" \
            --kind $kind --json
        has failed 0
    done
done
export HELUO_SOCKET=$WORK/zhengzhou/heluo.sock

# --- the national form

read -r rows complete cut back < <(python report.py counts zhengzhou.csv)
[ "$complete" -gt 0 ] && [ "$complete" -lt "$rows" ] && [ "$cut" -gt 0 ] ||
    fail 'the data have gaps and long texts'
expect HL_OK '' report nrii --out nrii.json --missing missing.csv --json
has rows "$rows"
has complete "$complete"
has incomplete "$((rows - complete))"
has written "$complete"
has cut "$cut"
[ "$(stat -c %a nrii.json)" = 600 ] || fail 'nobody else may read it'
ls nrii.json.* >out 2>&1 && fail 'a file is left beside it'
program report.py nrii zhengzhou.csv nrii.json
program report.py missing zhengzhou.csv missing.csv

# Read again, what the form holds changes nothing.
expect HL_OK '' import nrii.json --mapping nrii --set hours_year=2024 --dry-run \
    --json
has unchanged "$back"
has changed "$((complete - back))"
has new 0
has failed 0

expect HL_EEXISTS '' report nrii --out nrii.json
expect HL_OK 'personal data' report nrii --out again.json --lang en
cmp -s nrii.json again.json || fail 'the same again'
expect HL_OK '属个人信息' report nrii --out chinese.json --lang zh
expect HL_OK "$rows written" report nrii --out all.json --incomplete --lang en \
    --missing missing.xlsx
[ "$(grep -c '"auditStatus": -1' all.json)" = "$rows" ] || fail 'all rows'
expect HL_EEXISTS '' report nrii --out more.json --missing missing.xlsx
[ ! -e more.json ] || fail 'nothing is left where it fails'

# --- what units are called

export HELUO_SOCKET=$WORK/luoyang/heluo.sock
read -r rows complete cut back < <(python report.py counts luoyang.csv)
expect HL_OK '' report nrii --out none.json --json
has written 0
has incomplete "$rows"
[ "$(cat none.json)" = '[]' ] || fail 'an empty list'
expect HL_OK '' report nrii --out coded.json --ins-codes codes.csv --json
has complete "$complete"
program report.py nrii luoyang.csv coded.json
expect HL_OK '' report nrii --out one.json --ins-code $SOME --json
has complete "$complete"
[ "$(grep -c "\"insCode\": \"$SOME\"" one.json)" = "$complete" ] ||
    fail 'the same insCode'
expect HL_EUSAGE '32 hex digits' report nrii --out x.json --ins-code 12
printf 'unit_id,ins_code\n%s,12\n' 12410000415800018L >wrong.csv
expect HL_EMALFORMED 'no insCode' report nrii --out x.json --ins-codes wrong.csv
printf 'unit,code\n1,2\n' >wrong.csv
expect HL_EMALFORMED 'unit_id and ins_code' report nrii --out x.json \
    --ins-codes wrong.csv
# Names and numbers are for people of this node alone.
expect HL_EDENIED '' report nrii --out x.json --ins-code $SOME \
    --connect "$(address luoyang)" --alliance $ALLIANCE --node luoyang \
    --root ca/root.crt --certificate henan.crt --key henan.key
[ ! -e x.json ] || fail 'nothing is left where it fails'

# --- quality: either node tells the same of both

all=("$ALLIANCE/luoyang=luoyang.csv" "$ALLIANCE/zhengzhou=zhengzhou.csv")
for city in "${CITIES[@]}"; do
    size=$(at "$city" journal list | awk -v o="$ALLIANCE/$city" '$1 == o { print $2 }')
    hold_all "$city" "$size"
done
# Both have heard from the other since.
vouched() { ! at "$1" report quality --json | grep -q '"as_of": null'; }
for city in "${CITIES[@]}"; do
    eventually 60 vouched "$city"
    export HELUO_SOCKET=$WORK/$city/heluo.sock
    for divisor in 0 1600; do
        given=()
        [ $divisor = 0 ] || given=(--divisor $divisor)
        expect HL_OK '' report quality "${given[@]}" --json
        cp out answer
        program report.py quality $divisor "${all[@]}" <answer
    done
done
# A unit's record that is gone.
unit=$(awk -F, 'NR == 2 { print $3 }' luoyang.csv/units.csv)
check 'a unit ends' at luoyang unit retire --id "$unit"
sed -i 2d luoyang.csv/units.csv
export HELUO_SOCKET=$WORK/luoyang/heluo.sock
expect HL_OK '' report quality --json
cp out answer
program report.py quality 0 "${all[@]}" <answer
expect HL_EUSAGE '--divisor' report quality --divisor 0
expect HL_OK 'FRESHNESS' report quality --lang en
expect HL_OK '合计' report quality --lang zh
expect HL_OK '1,400 hours' report quality --help
expect HL_OK 'PERSONAL DATA' report nrii --help

for city in "${CITIES[@]}"; do
    end_city TERM "$city"
done
done_testing
