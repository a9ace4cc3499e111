#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The commands of `heluo charter`: an alliance is founded, changes its charter,
# disagrees, and decides; and what is wrong is refused with its own message.

. "$(dirname "$0")/common.sh"

A=zhongyuan.example
EMPTY=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
ROOT=$(head -c 32 /dev/zero | openssl base64)

vkey() { "$HELUO" key show "$1" --public; }

for c in li wang zhao; do
    expect HL_OK coordinator key new coordinator --alliance $A --name $c --out $c.key --no-passphrase
done
for n in zhengzhou luoyang jinan; do
    expect HL_OK journal key new journal --alliance $A --node $n --out $n.key --mark $n.mark
    expect HL_OK mirror key new mirror --alliance $A --node $n --out $n.mirror
    expect HL_OK encryption key new encryption --alliance $A --node $n --out $n.blob
done
LI=$(vkey li.key) WANG=$(vkey wang.key) ZHAO=$(vkey zhao.key)

# --- version 1

founders=(--coordinator "$LI" --coordinator "$WANG" --coordinator "$ZHAO")
new() { expect "$1" "$2" charter new --alliance "$3" --threshold "$4" "${@:5}" --out v1; }
new HL_EUSAGE 'at least one --coordinator' $A 1
new HL_EUSAGE 'not a lower-case domain' Zhongyuan 2 "${founders[@]}"
new HL_EUSAGE '--coordinator is no vkey' $A 1 --coordinator "${LI%?}"
new HL_EUSAGE 'another kind' $A 1 --coordinator "$(vkey jinan.mirror)"
new HL_ECHARTER 'threshold 1 of 3' $A 1 "${founders[@]}"
new HL_ECHARTER 'all of them at most' $A 4 "${founders[@]}"
new HL_ECHARTER 'two keys, and would count twice' $A 2 --coordinator "$LI" --coordinator "$LI"
new HL_ECHARTER 'not an Ed25519 key named' other.example 2 "${founders[@]}"
check 'nothing was made' test ! -e v1
new HL_OK 'draft of version 1' $A 2 "${founders[@]}"
new HL_EEXISTS 'never overwritten' $A 2 "${founders[@]}"

add() { # error, text, id, region, keys of, options...
    expect "$1" "$2" charter add-node v1 --id "$3" --region "$4" \
        --journal-key "$(vkey "$5".key)" --mirror-key "$(vkey "$5".mirror)" \
        --encryption-key "$(vkey "$5".blob)" "${@:6}"
}
add HL_EUSAGE 'GB/T 2260' zhengzhou 4101 zhengzhou
add HL_EUSAGE 'GB/T 2260' zhengzhou 990100 zhengzhou
add HL_EUSAGE 'DNS label' Zhengzhou 410100 zhengzhou
add HL_EUSAGE 'not like' zhengzhou 410100 zhengzhou --endpoint nowhere
add HL_EUSAGE '--from is' zhengzhou 410100 zhengzhou --from tomorrow
add HL_EROLE 'auditor' zhengzhou 410100 zhengzhou --role auditor
add HL_ECHARTER 'named' zhengzhou 410100 jinan
expect HL_EUSAGE 'another kind' charter add-node v1 --id jinan --region 370100 \
    --journal-key "$(vkey jinan.mirror)"
for n in zhengzhou:410100 luoyang:410300 jinan:370100; do
    add HL_OK "+ node ${n%:*} ${n#*:}" ${n%:*} ${n#*:} ${n%:*} \
        --from 2026-01-01T00:00:00Z --endpoint ${n%:*}.example.org:7443
done
add HL_EDUPNODE "node 'jinan' is there already" jinan 370100 jinan
expect HL_EUNKNOWNNODE "no node 'anyang'" charter set-node v1 --id anyang --region 410500

keepers() { expect "$1" "$2" charter set-keepers v1 --id zhengzhou "${@:3}"; }
keepers HL_ECHARTER 'is the node itself' --quorum 1 --keeper zhengzhou
keepers HL_ECHARTER 'not in the charter' --quorum 1 --keeper anyang
keepers HL_ECHARTER 'half' --quorum 1 --keeper luoyang --keeper jinan
keepers HL_EUSAGE 'no keeper' --quorum 1
keepers HL_OK '+ keepers zhengzhou 2 jinan luoyang' --quorum 2 --keeper luoyang --keeper jinan
expect HL_ECHARTER "set-keepers first" charter end-node v1 --id jinan --size 0 --root $EMPTY
expect HL_OK '+ role jinan clearing' charter set-node v1 --id jinan --role clearing

expect HL_EQUORUM 'has 0 signatures' charter verify v1
expect HL_OK '1 of the 2 signatures' charter sign v1 --yes --key li.key
expect HL_EQUORUM 'v1: too few signatures' charter verify v1
expect HL_EEXISTS 'has signed it already' charter sign v1 --yes --key li.key
expect HL_EROLE 'this is a journal key' charter sign v1 --yes --key jinan.key
expect HL_ENOTFOUND 'cannot open' charter sign v1 --yes --key nobody.key
# The second coordinator, on another machine, has the file and his own key.
mkdir elsewhere
cp v1 wang.key elsewhere
(cd elsewhere && expect HL_OK '2 of the 2 signatures' charter sign v1 --yes --key wang.key) || exit 1
cp elsewhere/v1 v1
expect HL_OK 'not pinned' charter verify v1
expect HL_OK '"version": 1' charter show v1 --json
PIN=$(json out hash)
expect HL_OK 'holds' charter verify --pin "$PIN" v1
expect HL_EPIN 'no charter here has that hash' charter verify --pin "$ROOT" v1
expect HL_EUSAGE '--pin is not 32 bytes' charter verify --pin "${PIN%?}" v1

# --- version 2

expect HL_EUSAGE 'is signed and stays as it is' charter set-policy v1 clearing-period-days=1
before=$(sha256sum <v1)
expect HL_EUSAGE 'no NAME=VALUE' charter set-policy v1 later-policy=1 --out v2
expect HL_EUSAGE 'from 1 to 366' charter set-policy v1 clearing-period-days=0 --out v2
expect HL_OK 'draft of version 2' charter set-policy v1 clearing-period-days=1 --out v2
expect HL_OK '+ endpoint luoyang ly.example.org:1' charter set-node v2 --id luoyang --endpoint ly.example.org:1
expect HL_EUSAGE '--previous FILE is needed' charter sign v2 --yes --key li.key
expect HL_EUSAGE 'nobody is asked here' charter sign v2 --previous v1 --key li.key
check 'what it changes is shown' grep -q '^+ policy clearing-period-days 1' out
refuse 'and nothing is signed' grep -q '^— ' v2
expect HL_EPREDECESSOR '' charter follow v2 --not v1 --out nothing
expect HL_OK '+ policy clearing-period-days 1' charter sign v2 --yes --previous v1 --key li.key
expect HL_EQUORUM 'v2: too few signatures' charter verify --pin "$PIN" v1 v2
expect HL_OK '2 of the 2' charter sign v2 --yes --previous v1 --key zhao.key
expect HL_OK 'holds      version 2' charter verify --pin "$PIN" v2 v1
check 'version 1 is untouched' test "$before" = "$(sha256sum <v1)"
expect HL_OK '- policy clearing-period-days 7' charter diff v1 v2

sign() { # file, previous, coordinators...
    local file=$1 previous=$2 c
    shift 2
    for c; do expect HL_OK signed charter sign $file --yes --previous $previous --key $c.key; done
}

# --- at a terminal it is shown, and asked

expect HL_OK 'version 3' charter set-policy v2 clearing-period-days=5 --out asked
terminal "charter sign asked --previous v2 --key li.key" no
check 'it was shown' grep -q '+ policy clearing-period-days 5' typed
refuse 'no means no' grep -q '^— ' asked
terminal "charter sign asked --previous v2 --key li.key" yes
check 'yes means yes' grep -q '^— ' asked

# --- gaps, wrong predecessors, rivals

expect HL_OK 'version 3' charter set-policy v2 clearing-period-days=2 --out v3
sign v3 v2 li wang
expect HL_EVERSIONGAP 'v3: charter version gap' charter verify --pin "$PIN" v1 v3
expect HL_OK 'version 2' charter set-policy v1 clearing-period-days=30 --out rival
sign rival v1 wang zhao
expect HL_EPREDECESSOR 'v3' charter verify --pin "$PIN" v1 rival v3
expect HL_ESUCCESSORS 'two different versions 2 follow version 1' charter verify --pin "$PIN" v1 v2 rival
check 'the predecessor holds' grep -q '^holds      version 1 ' out
check 'and both are set aside' test "$(grep -c '^set aside' out)" = 2
expect HL_EPREDECESSOR 'not two signed charters' charter follow v2 --not v3 --out decided
expect HL_OK 'draft of version 3' charter follow v2 --not rival --out decided
sign decided v2 li zhao
expect HL_OK 'holds      version 3' charter verify --pin "$PIN" v1 v2 rival decided
check 'the rival is out' grep -q '^earlier .*rival$' out

# --- a point for new keepers stands in the version that names it alone

expect HL_OK '+ keepers-from zhengzhou 3' charter set-keepers v3 --id zhengzhou \
    --quorum 1 --keeper luoyang --size 3 --root "$ROOT" --out point
sign point v3 li wang
expect HL_OK '- keepers-from zhengzhou 3' charter set-policy point \
    clearing-period-days=9 --out after
refuse 'the next version does not have it' grep -q '^keepers-from' after

# --- nodes that end or return, keys that change

expect HL_OK 'version 4' charter set-keepers v3 --id zhengzhou --quorum 0 --out v4
expect HL_EUSAGE 'root is not canonical' charter end-node v4 --id jinan --size 40 --root x
expect HL_EUSAGE 'goes with the root of the empty tree' charter end-node v4 --id jinan --size 0 --root "$ROOT"
expect HL_OK '+ ended jinan 40' charter end-node v4 --id jinan --size 40 --root "$ROOT"
expect HL_EENDED 'ended already' charter end-node v4 --id jinan --size 41 --root "$ROOT"
expect HL_OK '+ role-ended jinan clearing 9' charter end-role v4 --id jinan --role clearing --size 9 --root "$ROOT"
expect HL_ENOTFOUND 'no role' charter end-role v4 --id luoyang --role clearing --size 9 --root "$ROOT"
sign v4 v3 li wang
expect HL_OK 'ended' charter show v4

expect HL_OK journal key new journal --alliance $A --node jinan --out jinan2.key --mark jinan2.mark
expect HL_OK journal key new journal --alliance $A --node luoyang --out luoyang2.key --mark luoyang2.mark
expect HL_EENDED 'add it under another' charter readmit v4 --id jinan \
    --size 40 --root "$ROOT" --journal-key "$(vkey jinan2.key)" --out v5
expect HL_EKEYREUSE 'the same public key' charter readmit v4 --id luoyang \
    --size 40 --root "$ROOT" --journal-key "$(vkey luoyang.key)" --out v5
expect HL_OK '+ journal-key luoyang replace 40' charter readmit v4 --id luoyang \
    --size 40 --root "$ROOT" --journal-key "$(vkey luoyang2.key)" --out v5
sign v5 v4 li wang
expect HL_OK 'holds      version 5' charter verify --pin "$PIN" v1 v2 v3 v4 v5

expect HL_OK mirror key new mirror --alliance $A --node luoyang --out luoyang2.mirror
expect HL_EUSAGE 'goes with --size and --root' charter set-key v5 --id luoyang --journal-key x --out v6
expect HL_EUSAGE 'name the key that is new' charter set-key v5 --id luoyang --out v6
expect HL_EUSAGE 'from that time or a later one' charter set-key v5 --id luoyang \
    --mirror-key "$(vkey luoyang2.mirror)" --from 2025-12-31T00:00:00Z --out v6
expect HL_OK '2026-06-01T00:00:00Z -' charter set-key v5 --id luoyang \
    --mirror-key "$(vkey luoyang2.mirror)" --from 2026-06-01T00:00:00Z --out v6
check 'the former key ends then' grep -q '2026-01-01T00:00:00Z 2026-06-01T00:00:00Z' out
expect HL_OK 'set-coordinators' charter --help
expect HL_OK '- coordinator' charter set-coordinators v6 --threshold 2 \
    --coordinator "$LI" --coordinator "$WANG"
sign v6 v5 wang zhao
expect HL_OK 'version 7' charter set-policy v6 clearing-period-days=3 --out v7
expect HL_EROLE 'is no coordinator of version 6' charter sign v7 --yes --previous v6 --key zhao.key
sign v7 v6 li wang
expect HL_OK 'holds      version 7' charter verify --pin "$PIN" v1 v2 v3 v4 v5 v6 v7

# A later pin: what came before it is history, and who left decides nothing.
expect HL_OK '"version": 6' charter show v6 --json
PIN6=$(json out hash)
expect HL_OK 'holds      version 7' charter verify --pin "$PIN6" v7 v6
expect HL_OK 'earlier    version 2' charter verify --pin "$PIN6" v7 v2 v6
expect HL_OK '- key luoyang mirror 2026-01-01' charter set-key v7 --id luoyang --drop-closed --out v8

# What an editor would let happen: a node that is gone, a role undone.
edited() { # sed program, then what sign says of it
    sed "$1" v7 | sed "s/^version 7/version 8/; s/^previous .*/previous $(sed 's/\//\\\//g' <<<"$V7")/; /^— /d" >bad
    expect "$2" "$3" charter sign bad --yes --previous v7 --key li.key
}
expect HL_OK '' charter show v7 --json
V7=$(json out hash)
edited '/^[a-z-]* luoyang /d; s/ luoyang//' HL_ECHARTER 'is removed: a node is only ever ended'
edited '/^role-ended/d' HL_ECHARTER 'has lost a role, or its end'
edited 's/^key luoyang mirror 2026-01-01/key luoyang mirror 2026-01-02/' HL_ECHARTER 'its time may only be closed'

# --- broken files are named with line and reason

broken() { # sed program, error, text
    sed "$1" v1 >bad
    expect "$2" "$3" charter show bad
}
broken '3s/1/x/' HL_EMALFORMED 'bad, line 3'
broken '/^node luoyang/s/luoyang/jinan/' HL_EDUPNODE "bad, line"
broken '/^keepers/s/ 2 / 1 /' HL_ECHARTER 'quorum 1 of the 2'
broken 's/^threshold 2/threshold 1/' HL_ECHARTER 'threshold 1 of 3'
broken '$s/— /- /' HL_EMALFORMED 'bad, line'
broken '/^policy money/d' HL_EMALFORMED 'here belongs the line'
printf '\377' >bad
expect HL_EMALFORMED 'bad, ' charter show bad
head -c 1100000 /dev/zero >bad
expect HL_ELIMIT 'larger than 1000000' charter show bad
sed 's/money-durability 2/money-durability 3/' v1 >bad
expect HL_ESIGNATURE ': signature does not verify' charter verify bad
expect HL_EIO 'not a regular file' charter show elsewhere

# --- a line of a later version is kept, and signed over

sed '/^— /d; s/^node jinan/later-kind of line\n&/' v1 >later
expect HL_OK 'signed' charter sign later --yes --key li.key
expect HL_OK 'signed' charter sign later --yes --key wang.key
expect HL_OK 'holds' charter verify later
expect HL_OK 'version 2' charter set-policy later clearing-period-days=9 --out later2
check 'the line is carried on' grep -qx 'later-kind of line' later2
check 'where it stood' diff <(grep -n later-kind later) <(grep -n later-kind later2)
expect HL_OK '+ later-kind of line   (NOT KNOWN' charter diff v1 later
sed 's/^later-kind/Later-kind/' later >bad
expect HL_EMALFORMED 'first word' charter show bad

# --- several at once: no signature and no edit is lost

for round in 1 2 3 4 5 6; do
    sed '/^— /d' v1 >shared
    for c in li wang zhao; do "$HELUO" charter sign shared --yes --key $c.key >$c.out 2>&1 & done
    wait
    check 'all three have signed' test "$(grep -c '^— ' shared)" = 3
    sed '/^— /d' v1 >draft
    for n in 11 12 13 14; do "$HELUO" charter set-node draft --id luoyang \
        --endpoint "l$n.example.org:1" >$n.out 2>&1 & done
    "$HELUO" charter set-policy draft approval-deadline-hours=9 >p.out 2>&1 &
    wait
    check 'the policy stands' grep -qx 'policy approval-deadline-hours 9' draft
    expect HL_OK '' charter show draft
done

# --- through a link, the file behind it changes

sed '/^— /d' v1 >elsewhere/real
ln -s elsewhere/real linked
expect HL_OK '' charter set-policy linked approval-deadline-hours=8
check 'the link is one' test -L linked
check 'the file has changed' grep -qx 'policy approval-deadline-hours 8' elsewhere/real

# --- an encrypted key

echo 'correct horse' >pass
echo 'another' >other
chmod 600 pass other
expect HL_OK encrypted key new coordinator --alliance $A --name li --out locked.key --passphrase-file pass
expect HL_OK 'draft' charter new --alliance $A --threshold 1 --coordinator "$(vkey locked.key)" --out one
expect HL_EPASSPHRASE 'locked.key' charter sign one --yes --key locked.key
expect HL_EPASSPHRASE 'locked.key' charter sign one --yes --key locked.key --passphrase-file other
chmod 644 pass
expect HL_EFILEMODE 'chmod 600' charter sign one --yes --key locked.key --passphrase-file pass
chmod 600 pass
expect HL_OK '1 of the 1' charter sign one --yes --key locked.key --passphrase-file pass
done_testing
