#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `heluo unit`: writes that have one effect, lists, and a watch that goes on.

. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/fake.sh"

put=(unit put --id 12410000415800505E --name-zh 郑州大学 --kind university
    --division 410102)

# --- usage

expect HL_EUSAGE '--id ID is needed' unit put
expect HL_EUSAGE "--kind: 'castle' is none of university" unit put --id 1 --name-zh x --kind castle --division 1
expect HL_EUSAGE "'unspecified' is none of university" unit put --id 1 --name-zh x --kind unspecified --division 1
expect HL_EUSAGE '32 hex digits' "${put[@]}" --command-id xyz
expect HL_EUSAGE '32 hex digits' "${put[@]}" --command-id 0123456789abcdef0123456789abcdeg
expect HL_EUSAGE '--division-revision' "${put[@]}" --division-revision 12a

# --- writes

node 6 good
expect HL_OK 'index 5 of zy.example/zhengzhou' "${put[@]}"
id=00112233445566778899AABBCCDDEEFF
expect HL_OK 'index 5' "${put[@]}" --command-id $id
expect HL_OK 'made before' "${put[@]}" --command-id $id
expect HL_OK '"repeated": true' "${put[@]}" --command-id $id --json
check 'the id' test "$(json out command_id)" = 00112233445566778899aabbccddeeff
expect HL_OK 'index 5' "${put[@]}" --receipt 5.tlog-proof
expect HL_OK 'verified' verify --key "$("$HELUO" key show journal.key --public)" 5.tlog-proof
expect HL_EEXISTS 'nothing was written' "${put[@]}" --receipt 5.tlog-proof
for n in 1 2; do
    expect HL_OK 'command_id' "${put[@]}" --json
    json out command_id >id.$n
done
refuse 'ids are made at random' cmp id.1 id.2

node 6 unsure
expect HL_EFLUSH 'run again with --command-id' "${put[@]}" --timeout 1
expect HL_EFLUSH "--command-id ${id,,}: it has one effect" "${put[@]}" --timeout 1 --command-id $id
node 6 flaky
expect HL_OK 'made before' "${put[@]}" # again by itself, as the same request
node 6 full
expect HL_EFULL 'the disk is full' "${put[@]}"
refuse 'what did not happen needs no id' grep -q command-id err

# --- lists

node 3 good
expect HL_OK 'ID                       PLACE' unit list
check 'all pages' test "$(grep -c 郑州大学 out)" = 3
check 'columns' grep -q '^uscc:1241000041580050BY  410102  university  zy.example/zhengzhou  retired  郑州大学$' out
expect HL_OK '"id": "1241000041580050CY"' unit list --json
check 'JSON' /usr/bin/python3 -c 'import json,sys; assert len(json.load(open("out"))) == 3'
expect HL_OK 'name_zh                郑州大学' unit get --id 1241000041580050BY
says 'retired                yes'
says 'kind                   university'
expect HL_OK '"zy.example/zhengzhou": 3' unit get --id 1241000041580050BY --json
check 'JSON' /usr/bin/python3 -c 'import json; assert json.load(open("out"))["records"][0]["retired"]'
expect HL_ENOTFOUND 'no unit uscc:1' unit get --id 1
expect HL_ENOTFOUND 'no unit org:1' unit get --id 1 --scheme org
expect HL_OK 'index 6 of zy.example/zhengzhou' unit retire --id 1 --reason merged
expect HL_ENOTFOUND 'no such unit' unit retire --id 1

# --- watching

expect HL_OK 'zy.example/zhengzhou 0  created  uscc:1241000041580050AY  郑州大学' \
    unit watch --until-current --token token
check 'three changes' test "$(wc -l <out)" = 3
check 'none twice' test -z "$("$HELUO" unit watch --until-current --token token)"
node 5 good
expect HL_OK '"index":3' unit watch --until-current --token token --json
check 'only what is new' test "$(wc -l <out)" = 2
expect HL_ENOTFOUND 'no-folder/token' unit watch --token no-folder/token
expect HL_EIO '/sys/heluo-token' unit watch --token /sys/heluo-token
check 'said once' test "$(wc -l <out)" = 1
mkdir a-folder
expect HL_EIO 'a-folder' unit watch --token a-folder

# --- a node that goes and comes back

node 2 good
: >followed
"$HELUO" unit watch --timeout 60 >>followed 2>&1 &
WATCH=$!
lines() {
    local tries
    for ((tries = 0; tries < 2000 && $(wc -l <followed) < $1; tries++)); do
        sleep 0.01
    done
    test "$(wc -l <followed)" = "$1"
}
check 'what is there' lines 2
node 4 good
check 'what came meanwhile, and nothing twice' lines 4
kill $WATCH

node 2 rude
expect HL_OK '郑州' unit list
refuse 'nothing turns on the terminal' grep -q $'\x1b\|\xe2\x80\xae' out
expect HL_OK '郑州' unit watch --until-current
refuse 'nothing turns on the terminal' grep -q $'\x1b\|\xe2\x80\xae' out
done_testing
