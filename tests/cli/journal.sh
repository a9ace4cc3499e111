#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `heluo journal`: nothing that a node says is believed.

. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/fake.sh"

O=zy.example/zhengzhou
expect HL_OK '' key new coordinator --alliance zy.example --name li --out li.key --no-passphrase
expect HL_OK '' key new journal --alliance zy.example --node zhengzhou --out other.key --mark other.mark
charter() { # FILE KEY
    expect HL_OK '' charter new --alliance zy.example --threshold 1 \
        --coordinator "$("$HELUO" key show li.key --public)" --out "$1"
    expect HL_OK '' charter add-node "$1" --id zhengzhou --region 410100 \
        --from 2026-01-01T00:00:00Z --journal-key "$("$HELUO" key show "$2" --public)"
    expect HL_OK '' charter sign "$1" --yes --key li.key
}
charter v1.charter journal.key
charter other.charter other.key

# --- show

node 12 good
expect HL_OK 'entry 11' journal show
check 'the last ten' test "$(grep -c '^entry' out)" = 10
says 'name_zh: 郑州大学'
says 'kind: UNIT_KIND_UNIVERSITY'
expect HL_OK 'body_hex: 0a0475736363' journal show --from 1 --count 1
check 'one' test "$(grep -c '^entry' out)" = 1
expect HL_OK '"recorded_at": "2026-11-18' journal show --from 0 --count 2 --json
expect HL_OK '[]' journal show --from 12 --json
expect HL_ENOTFOUND 'has 12 entries' journal show --from 13
expect HL_EUSAGE '--count' journal show --count 0
expect HL_EMALFORMED 'of another journal' journal show --origin zy.example/luoyang

# --- checkpoint and receipt

expect HL_OK "$O" journal checkpoint
expect HL_OK '12.checkpoint: zy.example/zhengzhou, 12 entries' journal checkpoint --out 12.checkpoint
expect HL_OK 'verified' verify --charter v1.charter 12.checkpoint
expect HL_EEXISTS '12.checkpoint' journal checkpoint --out 12.checkpoint
expect HL_OK '3.tlog-proof: entry 3' journal receipt 3 --out 3.tlog-proof
expect HL_OK 'index           3' verify --charter v1.charter 3.tlog-proof
expect HL_ENOTFOUND 'no such entry' journal receipt 12 --out 12.tlog-proof
expect HL_EUSAGE 'no index' journal receipt x --out x
check 'no file' test ! -e 12.tlog-proof

# --- verify

expect HL_OK 'signature: not checked' journal verify
expect HL_OK 'verdict: verified' journal verify --charter v1.charter --save-checkpoint saved
check 'what was saved' cmp saved 12.checkpoint
says 'signature: valid, not sealed'
says 'size: 12'
expect HL_ENOKEY '' journal verify --charter other.charter
expect HL_OK '"unchanged_since": 12' journal verify --from-checkpoint saved --json
node 20 good
expect HL_OK 'unchanged_since: 12' journal verify --charter v1.charter --from-checkpoint saved
node 7 good
expect HL_EDIFFERS 'it was cut' journal verify --from-checkpoint saved
expect HL_ENOTFOUND 'nothing' journal verify --from-checkpoint nothing
echo x >bad
expect HL_EMALFORMED 'bad' journal verify --from-checkpoint bad

node 20 rewritten
expect HL_OK 'verified' journal verify --charter v1.charter
expect HL_EDIFFERS 'HISTORY WAS REWRITTEN' journal verify --from-checkpoint saved --save-checkpoint saved
check 'the evidence is kept' cmp saved 12.checkpoint
node 20 lying
expect HL_EPROOF 'not those that the checkpoint is about' journal verify
expect HL_EPROOF '' journal receipt 2 --out 2.tlog-proof
check 'no file' test ! -e 2.tlog-proof
node 20 misplaced
expect HL_EMALFORMED 'entry 4 says it stands elsewhere' journal verify
node 0 good
expect HL_OK 'size: 0' journal verify
expect HL_EDIFFERS 'it was cut' journal verify --from-checkpoint saved

node 4 rude
expect HL_OK '郑州' journal show
refuse 'nothing turns on the terminal' grep -q $'\x1b\|\xe2\x80\xae' out
done_testing
