#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `heluo verify`: what nodes sign, checked by people who trust a charter, keys
# or a policy, and no node.

. "$(dirname "$0")/common.sh"

A=zhongyuan.example
vkey() { "$HELUO" key show "$1" --public; }

expect HL_OK '' key new coordinator --alliance $A --name li --out li.key --no-passphrase
for n in zhengzhou luoyang jinan; do
    expect HL_OK '' key new journal --alliance $A --node $n --out $n.key --mark $n.mark
    expect HL_OK '' key new mirror --alliance $A --node $n --out $n.mirror
done
expect HL_OK '' charter new --alliance $A --threshold 1 --coordinator "$(vkey li.key)" --out charter
for n in zhengzhou luoyang jinan; do
    expect HL_OK '' charter add-node charter --id $n --region 410100 --from 2026-01-01T00:00:00Z \
        --journal-key "$(vkey $n.key)" --mirror-key "$(vkey $n.mirror)"
done
expect HL_OK '' charter set-keepers charter --id zhengzhou --quorum 2 --keeper luoyang --keeper jinan
expect HL_OK '' charter sign charter --yes --key li.key

mkdir one two
check 'statements, kept by one' "$STATEMENTS" one zhengzhou.key luoyang.mirror
check 'statements, kept by two' "$STATEMENTS" two zhengzhou.key luoyang.mirror jinan.mirror

says() { grep -qF -- "$1" out || fail "does not say '$1'"; CHECKS=$((CHECKS + 1)); }

# --- what is sound

expect HL_OK 'verified' verify --charter charter one/checkpoint
says 'origin          zhongyuan.example/zhengzhou'
says 'size            7'
says 'kept by         luoyang at 2026-11-21T08:30:45Z'
says 'keepers         1'
says 'quorum          2'
says 'sealed          no'
expect HL_OK 'sealed          yes' verify --charter charter two/checkpoint
expect HL_OK '"sealed": true' verify --charter charter two/checkpoint --json
expect HL_OK 'verified' verify --charter charter two/receipt.tlog-proof
says 'index           3'
says 'recorded at     2026-11-18'
says 'body number     12'
expect HL_OK 'guilty          zhongyuan.example/zhengzhou' verify --charter charter two/author.evidence
says 'at size         6'
expect HL_OK 'guilty          zhongyuan.example/luoyang/mirror' verify --charter charter two/cosigner.evidence
JOURNAL=$(vkey zhengzhou.key) MIRROR=$(vkey luoyang.mirror)
expect HL_OK 'verified' verify --key "$JOURNAL" two/receipt.tlog-proof
expect HL_OK 'cosigned by     zhongyuan.example/luoyang/mirror' verify \
    --key "$JOURNAL" --key "$MIRROR" two/checkpoint
expect HL_OK 'guilty' verify --key "$JOURNAL" two/author.evidence
expect HL_OK '"critical": true' verify --key "$JOURNAL" two/receipt.tlog-proof --json
expect HL_OK 'jinan/mirror at' verify --key "$JOURNAL" --key "$MIRROR" --key "$(vkey jinan.mirror)" two/checkpoint --json
check 'both cosigners' grep -q 'luoyang/mirror at' out
cat >policy <<POLICY
log $JOURNAL
witness luoyang $MIRROR
witness jinan $(vkey jinan.mirror)
group keepers all luoyang jinan
quorum keepers
POLICY
expect HL_OK 'policy          met' verify --policy policy two/receipt.tlog-proof
expect HL_EQUORUM '' verify --policy policy one/checkpoint

# --- what is not

name=$(printf 'b\313d')
cp two/checkpoint "$name"
expect HL_OK '"verdict": "verified"' verify --key "$JOURNAL" "$name" --json
expect HL_ENOKEY '"about": "b?d"' verify --key "$MIRROR" "$name" --json
expect HL_OK 'holds' charter verify charter
cp charter "$name"
expect HL_OK '"file": "b?d"' charter verify "$name" --json

expect HL_EUSAGE 'give one of' verify two/checkpoint
expect HL_EUSAGE 'give one of' verify --key "$JOURNAL" --charter charter two/checkpoint
expect HL_EUSAGE 'no vkey' verify --key x two/checkpoint
expect HL_EUSAGE "heluo charter verify" verify --key "$JOURNAL" charter
expect HL_ENOTFOUND 'nothing-here' verify --key "$JOURNAL" nothing-here
expect HL_ENOKEY '' verify --key "$(vkey jinan.key)" two/checkpoint
expect HL_ENOKEY 'not among those' verify --key "$(vkey jinan.key)" two/author.evidence
expect HL_EMALFORMED 'the entry says it stands elsewhere' verify --charter charter two/misplaced.tlog-proof

sed '/^— /d' charter >draft
expect HL_EQUORUM 'a draft vouches for nobody' verify --charter draft two/checkpoint

changed() { # file, sed program, error, text
    sed "$2" "$1" >bad
    expect "$3" "$4" verify --charter charter bad
}
changed two/checkpoint 's/^7$/8/' HL_ESIGNATURE 'bad, line'
changed two/checkpoint 's/zhengzhou$/anyang/' HL_EUNKNOWNNODE "no node 'anyang'"
changed two/checkpoint '2s/.*/x/' HL_EMALFORMED 'bad, line 2'
changed two/checkpoint '$s/.$/!/' HL_EMALFORMED 'bad, line'
changed two/receipt.tlog-proof '1s/v1/v2/' HL_EMALFORMED 'bad, line'
changed two/receipt.tlog-proof 's/^index 3/index 4/' HL_EPROOF ''
check 'nothing is said of what does not verify' test ! -s out
changed two/receipt.tlog-proof 's/^index 3/index 03/' HL_EMALFORMED 'bad, line 3'
changed two/author.evidence '/^root/s/root ./root A/' HL_EPROOF 'does not lead'
changed two/author.evidence 's/^size 6/size 0/' HL_EMALFORMED 'size is 0'
changed two/author.evidence 's/^size 6/size six/' HL_EMALFORMED 'bad, line 4'
changed two/author.evidence 's/^accused author/accused nobody/' HL_EMALFORMED 'bad, line 2'
echo quorum >policy
expect HL_EMALFORMED 'policy, line 1' verify --policy policy two/checkpoint
done_testing
