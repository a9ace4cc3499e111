#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `heluo ca check`: each reason for which a node refuses a certificate has its
# own message and exit code.

. "$(dirname "$0")/common.sh"

A=zy.example
expect HL_OK '' ca init --alliance $A --dir ca --no-passphrase
expect HL_OK '' ca init --alliance $A --dir other --no-passphrase
for id in '--node luoyang' '--node anyang' '--node jinan' '--clearing desk' '--operator luoyang/li'; do
    expect HL_OK '' ca issue --dir ca $id --out "${id##*[ /]}"
done
expect HL_OK '' ca issue --dir other --node luoyang --out foreign

expect HL_OK '' key new coordinator --alliance $A --name c --out c.key --no-passphrase
expect HL_OK '' charter new --alliance $A --threshold 1 \
    --coordinator "$("$HELUO" key show c.key --public)" --out charter
for n in luoyang jinan; do
    expect HL_OK '' key new journal --alliance $A --node $n --out $n.key2 --mark $n.mark
    expect HL_OK '' charter add-node charter --id $n --region 410300 \
        --journal-key "$("$HELUO" key show $n.key2 --public)"
done
cp charter draft
expect HL_OK '' charter end-node charter --id jinan --size 0 \
    --root 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
expect HL_OK '' charter sign charter --yes --key c.key

admits() { # error, text, certificate, options...
    expect "$1" "$2" ca check --alliance $A --root ca/root.crt --crl ca/root.crl "${@:3}"
}
admits HL_OK 'spiffe://zy.example/node/luoyang' luoyang.crt
check 'without a charter any node counts' grep -q 'not given' out
admits HL_EQUORUM 'a draft vouches for nobody' luoyang.crt --charter draft
admits HL_OK 'charter      version 1' luoyang.crt --charter charter --server
admits HL_OK '"identity": "spiffe://zy.example/operator/luoyang/li"' li.crt --charter charter --json
admits HL_OK 'spiffe://zy.example/clearing/desk' desk.crt --charter charter
admits HL_ECHAIN '' desk.crt --server
admits HL_EUNKNOWNNODE '' anyang.crt --charter charter
admits HL_EENDED '' jinan.crt --charter charter
admits HL_EEXPIRED 'heluo ca renew' luoyang.crt --at 2126-01-01T00:00:00Z
admits HL_ENOTYET '' luoyang.crt --at 2020-01-01T00:00:00Z
soon=$(date -u -d '+10 days' +%Y-%m-%dT%H:%M:%SZ)
admits HL_ECRL 'heluo ca crl' luoyang.crt --at "$soon"
admits HL_ECHAIN '' foreign.crt
admits HL_ENOCERT 'no PEM block CERTIFICATE' charter
sed '2s/./!/' luoyang.crt >bad
admits HL_EMALFORMED 'bad, line 2' bad
admits HL_ENOTFOUND 'nothing' nothing
admits HL_EUSAGE '--at is' luoyang.crt --at noon
expect HL_EALLIANCE '' ca check --alliance other.example --root ca/root.crt --crl ca/root.crl luoyang.crt
expect HL_ECRL '' ca check --alliance $A --root ca/root.crt --crl other/root.crl luoyang.crt
expect HL_OK '' ca revoke --dir ca --cert luoyang.crt
admits HL_EREVOKED '' luoyang.crt
done_testing
