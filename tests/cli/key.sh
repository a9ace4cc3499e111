#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The commands of `heluo key`: messages, exit codes, files.

. "$(dirname "$0")/common.sh"

umask 0
who=(--alliance zy.example --node luoyang)

# --- what is not understood makes nothing

expect HL_EUSAGE "kind 'x'" key new x "${who[@]}" --out k
expect HL_EUSAGE '0 operands' key new "${who[@]}" --out k
expect HL_EUSAGE 'needs --node' key new mirror --alliance zy.example --out k
expect HL_EUSAGE 'needs --name' key new coordinator "${who[@]}" --out k
expect HL_EPASSPHRASE 'no terminal' key new coordinator --alliance zy.example --name henan --out k
expect HL_EUSAGE '--mark FILE' key new journal "${who[@]}" --out k
expect HL_EUSAGE 'have a mark' key new encryption "${who[@]}" --out k --mark m
expect HL_EUSAGE 'two files' key new journal "${who[@]}" --out k --mark k
expect HL_EUSAGE 'is no file' key new mirror "${who[@]}" --out -
expect HL_EUSAGE 'is no file' key new mirror "${who[@]}" --out=-
expect HL_EUSAGE "--mark: '-' is no file" key new mirror "${who[@]}" --out k --mark -
expect HL_EUSAGE "'rsa'" key new journal "${who[@]}" --out k --mark m --algorithm rsa
expect HL_EUNSUPPORTED 'SM2' key new mirror "${who[@]}" --out k --algorithm sm2
expect HL_EUSAGE "--node: 'Luoyang' is no label" key new mirror --alliance zy.example --node Luoyang --out k
expect HL_EUSAGE "--alliance and --node: alliance 'zy_example' is no domain" key new mirror --alliance zy_example --node luoyang --out k
check 'nothing was made' test -z "$(find . -name 'k*' -o -name m -o -name -)"

# --- a journal key and its mark

expect HL_OK 'vkey       zy.example/luoyang+' key new journal "${who[@]}" --out journal.key --mark journal.mark
vkey=$(awk '/^vkey/ { print $2 }' out)
check 'the key is private' test "$(mode journal.key)" = 600
check 'the mark is of that key' grep -aqxF "key $vkey" journal.mark
check 'at size 0' grep -aqx 'size 0' journal.mark
check 'the file says so too' grep -qxF "vkey: $vkey" journal.key
check 'openssl reads it' openssl pkey -in journal.key -noout
check 'nothing is left over' test ! -e journal.key.part
sum=$(cat journal.* | sha256sum)
expect HL_EEXISTS 'never overwritten' key new journal "${who[@]}" --out journal.key --mark new.mark
expect HL_EEXISTS "another key's" key new journal "${who[@]}" --out new.key --mark journal.mark
check 'untouched' test "$sum" = "$(cat journal.* | sha256sum)"
check 'and nothing made' test ! -e new.key -a ! -e new.key.part -a ! -e new.mark
mkdir sd
ln -s sd sdl
expect HL_EUSAGE 'two files' key new journal "${who[@]}" --out mk --mark ./mk
expect HL_EUSAGE 'two files' key new journal "${who[@]}" --out sd/k --mark sdl/k
expect HL_EUSAGE 'two files' key new journal "${who[@]}" --out mp --mark mp.part
check 'nothing was made' test -z "$(find . -name 'm[kp]*' -o -path './sd/*')"
expect HL_ENOTFOUND "the mark 'no/such'" key new journal "${who[@]}" --out q --mark no/such
echo 'a thesis' >thesis.part
expect HL_EEXISTS 'is no journal key' key new journal "${who[@]}" --out thesis --mark thesis.mark
check 'it is untouched' grep -qx 'a thesis' thesis.part

# --- what a killed command leaves is finished

mv journal.key journal.key.part
expect HL_EEXISTS 'for zy.example/luoyang, not for zy.example/kaifeng' \
    key new journal --alliance zy.example --node kaifeng --out journal.key --mark journal.mark
(umask 077; echo 'open sesame' >pass)
expect HL_EPASSPHRASE 'without a passphrase' key new journal "${who[@]}" --out journal.key --mark journal.mark --passphrase-file pass
rm pass
expect HL_OK "$vkey" key new journal "${who[@]}" --out journal.key --mark journal.mark
check 'it says so' grep -qx 'finished   yes' out
check 'the same pair' test "$sum" = "$(cat journal.* | sha256sum)"

ends=0
for i in $(seq 1 30); do
    "$HELUO" key new journal "${who[@]}" --out "k$i" --mark "m$i" >/dev/null 2>&1 &
    pid=$!
    sleep "0.00$((i % 8))$((i % 10))"
    kill -9 "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    if [ -e "k$i" ]; then
        check 'a key has its mark' grep -aqxF "key $(sed -n 's/^vkey: //p' "k$i")" "m$i"
        ends=$((ends + 1))
    else
        expect HL_OK 'vkey' key new journal "${who[@]}" --out "k$i" --mark "m$i"
        check 'repeated, too' grep -aqxF "key $(sed -n 's/^vkey: //p' "k$i")" "m$i"
    fi
    rm -f "k$i"* "m$i"
done
echo "$ends of 30 ended before they were killed"

# --- the other kinds

expect HL_OK 'zy.example/luoyang/mirror' key new mirror "${who[@]}" --out mirror.key
expect HL_OK 'public ' key new encryption "${who[@]}" --out encryption.key
expect HL_OK 'zy.example/coordinator/henan' key new coordinator --alliance zy.example --name henan --out henan.key --no-passphrase
expect HL_OK 'zy.example/luoyang+' key new journal "${who[@]}" --algorithm sm2 --out sm2.key
check 'all are private' test "$(mode mirror.key)$(mode encryption.key)$(mode henan.key)$(mode sm2.key)" = 600600600600
expect HL_EEXISTS 'never overwritten' key new mirror "${who[@]}" --out mirror.key
expect HL_ENOTFOUND 'no/mirror.key' key new mirror "${who[@]}" --out no/mirror.key

# --- show

for kind in journal mirror encryption henan sm2; do
    expect HL_OK 'encrypted  no' key show "$kind.key"
    check 'mode' grep -qx 'mode       0600' out
    expect HL_OK '"kind"' key show --json "$kind.key"
    check 'it is JSON' test "$(json out kind)" = "$(sed -n 's/^kind: //p' "$kind.key")"
done
expect HL_OK '"id"' key show --json journal.key
check 'the id is that of the vkey' test "$(json out id)" = "$(echo "$vkey" | cut -d+ -f2)"
chmod 644 mirror.key
expect HL_OK 'owner-only no' key show mirror.key
expect HL_ENOTFOUND 'nowhere' key show nowhere
expect HL_EMALFORMED 'PKCS#8' key show journal.mark
sed 's/^kind: .*/kind: mirror/' journal.key >changed.key
expect HL_EMALFORMED 'line 3' key show changed.key
{ sed -n 1,3p journal.key; sed 1,3d henan.key; } >mixed.key
expect HL_EMALFORMED 'not that of the lines' key show mixed.key
head -c 20000 /dev/zero >big.key
expect HL_ELIMIT '16384' key show big.key

# --- passphrases

umask 077
echo 'open sesame' >pass
echo 'shut sesame' >wrong
expect HL_OK 'encrypted  yes' key new coordinator --alliance zy.example --name li --out li.key --passphrase-file pass
check 'it is encrypted' grep -q 'BEGIN ENCRYPTED' li.key
check 'openssl opens it' openssl pkey -in li.key -passin file:pass -noout
expect HL_OK 'encrypted  yes' key show li.key
expect HL_OK 'encrypted  yes' key show li.key --passphrase-file pass
expect HL_EPASSPHRASE 'does not open' key show li.key --passphrase-file wrong
expect HL_EUSAGE 'exclude' key new mirror "${who[@]}" --out x --passphrase-file pass --no-passphrase
chmod 644 pass
expect HL_EFILEMODE 'chmod 600' key new mirror "${who[@]}" --out x --passphrase-file pass
check 'nothing was made' test ! -e x

# --- at a terminal, without echo; empty means none

new="key new coordinator --alliance zy.example --name li --out"
terminal "$new tty.key" 'open sesame' 'open sesame'
check 'it is encrypted' grep -q 'BEGIN ENCRYPTED' tty.key
check 'with what was typed' sh -c 'printf "open sesame" | openssl pkey -in tty.key -passin stdin -noout'
refuse 'nothing is echoed' grep -q sesame typed
terminal "$new differ.key" one two
check 'it says that they differ' grep -q 'the two differ' typed
check 'nothing was made' test ! -e differ.key
terminal "$new none.key" ''
check 'it is in the clear' grep -q 'BEGIN PRIVATE' none.key

done_testing
