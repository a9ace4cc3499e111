#!/usr/bin/env bash
# Three cities are asked at random, and everything that they answer, do and show
# is compared with a small model of the ledger in another language (../model/):
# ROUNDS commands on DAYS days, which follow from HELUO_SEED. The alliance lives
# in a time of its own, over the end of a year.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"

ROUNDS=${ROUNDS:-$([ -n "${SANITIZED:-}" ] && echo 2000 || echo 10000)}
DAYS=${DAYS:-$([ "$ROUNDS" -gt 50000 ] && echo 20 || echo 6)}
export ROUNDS DAYS CLOCK_FILE=$WORK/clock
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0

in_its_time() { LD_PRELOAD=$FAULT "$@"; }

echo $(($(date -u -d '2026-12-30 02:00' +%s) - $(date +%s))) >clock
in_its_time found_federation
in_its_time quietly "$HELUO" ca crl --dir ca --days 30
for city in "${CITIES[@]}"; do
    configure "$city" 'refusals_per_second = 1000000' \
        'fingerprint_key = "fingerprint.key"'
done
protoc_python "$PROTO" heluo/v1/{common,scheme,voucher,order,ledger,node}.proto \
    heluo/v1/{record_kind,unit,instrument,service_item,demand,catalogue}.proto
program ../model/drive.py

# --- who cannot see it

for city in "${CITIES[@]}"; do
    BEHIND[$city]="env LD_PRELOAD=$FAULT"
    start_city "$city"
    check "$city computes the same" at "$city" rebuild --check
    grep -q ' 0 different' out || fail "$city: rebuild differs"
    check "$city: what is found" at "$city" findings
    sort out >"$city.findings"
    check "$city finds the same" cmp "$city.findings" "${CITIES[0]}.findings"
done
check 'something is found' grep -q delivery_breaks_rule "${CITIES[0]}.findings"
for city in "${CITIES[@]}"; do
    end_city TERM "$city"
done
done_testing
