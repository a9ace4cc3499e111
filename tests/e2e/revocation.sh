#!/usr/bin/env bash
# What changes while the node runs (revocation.py): revoking ends open streams,
# certificates and charters are taken over without a restart.
. "$(dirname "$0")/world.sh"

found_alliance
issue coordinator henan henan
issue node luoyang luoyang
for node in luoyang anyang; do
    quietly "$HELUO" key new journal --alliance $ALLIANCE --node $node \
        --no-passphrase --out $node.journal.key --mark $node.mark
    quietly "$HELUO" key new mirror --alliance $ALLIANCE --node $node \
        --no-passphrase --out $node.mirror.key
done
cp v1.charter next.charter
CHARTERS='"v1.charter", "next.charter"'
write_config 'admission_interval_s = 1' 'reload_interval_s = 1'
protoc_python "$PROTO" heluo/v1/{common,unit,instrument,service_item,demand,record_kind,catalogue}.proto
start_node
program revocation.py
stop_node
done_testing
