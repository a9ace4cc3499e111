#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `heluo status`, `findings`, `rebuild`, `scrub`, `log-level`, and the way to a node.

. "$(dirname "$0")/common.sh"
export LANG=C LC_ALL=

# --- no node

unset HELUO_SOCKET
expect HL_ECONNECT 'systemctl status heluod' status --socket nowhere
expect HL_ECONNECT 'nowhere: No such file' status --socket nowhere
expect HL_ECONNECT '"error": "HL_ECONNECT"' status --socket nowhere --json
HELUO_SOCKET=from-environment expect HL_ECONNECT 'unix:from-environment' status
HELUO_SOCKET=from-environment expect HL_ECONNECT 'unix:nowhere' status --socket nowhere
id=$(printf '%032x' 7)
for command in 'unit list' 'unit get --id x' 'unit retire --id x --timeout 1' \
    'unit watch --timeout 1' 'journal show' 'journal verify' 'journal checkpoint' \
    'journal receipt 1 --out r' 'voucher list' 'voucher watch --timeout 1' \
    "voucher show $id" "voucher expire $id --timeout 1" 'order list --asked' \
    'order watch --timeout 1' "order show $id" \
    "order show $id --wait captured --timeout 1" \
    "order accept zhengzhou/$id --timeout 1" 'ledger balance' 'ledger register' \
    'ledger export' findings rebuild scrub log-level 'log-level debug'; do
    # shellcheck disable=SC2086 # words
    expect HL_ECONNECT 'nowhere' $command --socket nowhere
    # shellcheck disable=SC2086
    expect HL_OK 'EXIT STATUS' $command --help
done
expect HL_EUSAGE '--connect needs --alliance' status --connect 127.0.0.1:1
expect HL_EUSAGE '--node goes with --connect' status --node zhengzhou
network=(--connect 127.0.0.1:1 --alliance zy.example --node zhengzhou
    --certificate li.crt --key li.key --root root.crt)
expect HL_EUSAGE 'do not go with' status "${network[@]}" --socket x
expect HL_ENOTFOUND 'root.crt' status "${network[@]}"
expect HL_EUSAGE '--timeout' status --timeout 0
expect HL_EUSAGE "--lang is 'fr'" status --lang fr
expect HL_EUSAGE '1 to 107 bytes' status --socket ''

expect HL_EUSAGE 'one of' status --socket x --config y
expect HL_ENOTFOUND 'no-such.conf' status --config no-such.conf
echo 'socket = ' >bad.conf
expect HL_ECONFIG 'bad.conf' status --config bad.conf
expect HL_OK 'max_store_bytes' help config

# --- over the network

expect HL_OK '' ca init --alliance zy.example --dir ca --no-passphrase
expect HL_OK 'operator/zhengzhou/li' ca issue --dir ca --operator zhengzhou/li --out li
cp ca/root.crt root.crt
expect HL_ECONNECT 'spiffe://zy.example/node/zhengzhou' status "${network[@]}"
chmod 644 li.key
expect HL_EFILEMODE 'li.key' status "${network[@]}"

# --- help

expect HL_OK 'heluo unit put - create' help unit put
expect HL_OK 'COMMANDS' help
expect HL_EUSAGE "no command 'x'" help unit x
expect HL_EUSAGE "no command 'x'" help unit put x

# --- a node that answers

. "$(dirname "$0")/fake.sh"
node 6 good
expect HL_OK 'node         zy.example/zhengzhou, version 0.1.0' status
check 'the verdict comes first' grep -qx 'OK' <(head -1 out)
says 'up           3 days'
says 'journal      6 entries, the last one 90 s ago'
says 'store        1.5 GiB of 64.0 GiB used, 10.0 TiB free on the disk'
says 'certificate  until 2026-12-21T11:06:40Z, 30 days left'
says 'revocations  ENDED at 2026-11-21T09:06:40Z, 2 h ago'
expect HL_OK '日志         6 条记录，最近一条在 90 秒前' status --lang zh
check 'the verdict in Chinese' grep -qx '正常' <(head -1 out)
LANG=zh_CN.UTF-8 expect HL_OK '正常' status
LC_ALL=C.UTF-8 LANG=zh_CN.UTF-8 expect HL_OK 'OK' status
expect HL_OK '"journal_size": 6' status --json
expect HL_OK 'info' log-level
expect HL_OK 'debug, before: info' log-level debug
expect HL_OK '"former": "info"' log-level debug --json
expect HL_EUSAGE 'operands' log-level debug info
expect HL_OK 'no findings' findings
expect HL_OK '[]' findings --json
expect HL_OK '6 rows from 6 entries, 0 different' rebuild
expect HL_OK '6 rows and 6 entries read, 0 damages found, 0 repaired' scrub
expect HL_OK '已读 6 行' scrub --lang zh
timeout 5 "$HELUO" status --watch >out 2>err
check 'a line each time' test "$(grep -cx OK out)" -ge 2

cat >heluod.conf <<CONF
alliance = "zy.example"
node = "zhengzhou"
search = "${SEARCH:-off}"
store = "store"
journal_key = "journal.key"
mark = "journal.mark"
mirror_key = "mirror.key"
charters = {"v1.charter"}
charter_pin = "$(printf '0%.0s' {1..64})"
tls_certificate = "node.crt"
tls_key = "node.key"
tls_roots = "root.crt"
tls_crl = "root.crl"
socket = "socket"
CONF
HELUO_SOCKET=nowhere expect HL_OK 'zy.example/zhengzhou' status --config heluod.conf

node 6 full
expect HL_EFULL 'the disk is full' status
says 'WRITES REFUSED: the disk is full'
says 'urgent       the disk is full: make room on /var/lib/heluo'
expect HL_EFULL '' status --lang zh
says '拒绝写入：磁盘已满：请清理 /var/lib/heluo'
expect HL_EFULL '"error": "HL_EFULL"' status --json
says '"writable": false'

node 6 rude
expect HL_OK 'ATTENTION: the disk is full' status
refuse 'nothing turns on the terminal' grep -q $'\x1b' out
expect HL_OK 'notice       the disk' status

node 6 lying
expect HL_EDIFFERS '2 rows' rebuild --check
says '2 different'
expect HL_EDAMAGED '1 damages could not be repaired' scrub
says 'entries 1 to 2 are gone'
expect HL_EDAMAGED '1 damages' scrub --lang zh
says '第 1 至 2 条'
expect HL_EDAMAGED '"error": "HL_EDAMAGED"' scrub --json
says '"repaired": true'
expect HL_OK 'it has no effect' findings
expect HL_OK '无效' findings --lang zh
expect HL_OK '"kind": "no-effect"' findings --json
done_testing
