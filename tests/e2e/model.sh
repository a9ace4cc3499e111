#!/usr/bin/env bash
# Three cities are asked at random, and everything that they answer, do and show
# is compared with a small model of the ledger in another language (../model/).
# ROUNDS commands; they follow from HELUO_SEED. The alliance lives in a time of
# its own, over the end of a year.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"

echo $(($(date -u -d '2026-12-30 02:00' +%s) - $(date +%s))) >clock
export CLOCK_FILE=$WORK/clock
LD_PRELOAD=$FAULT found_federation
for city in "${CITIES[@]}"; do
    echo 'refusals_per_second = 1000000' >>"$city/heluod.conf"
done
protoc_python "$PROTO" heluo/v1/{common,scheme,voucher,order,ledger,node}.proto
program ../model/drive.py
done_testing
