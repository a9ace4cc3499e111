#!/usr/bin/env bash
# Three nodes in network namespaces of their own, on one bridge. One city knows
# another through the third alone, a line is taken down, and packets are lost in
# one direction: it is noticed within seconds, work at home goes on, and when
# the line is back all have the same within a minute, without an operator.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"
. "$HERE/network.sh"

# --- what is seen

link_is() { at "$1" peer list | grep -q "^$2  *$3\\b"; }
is_cut() { ! link_is "$1" "$2" up; }
count_of() {
    at "$1" journal list | awk -v o="$ALLIANCE/$2" '$1 == o { print $2 }'
}

put_and_hold() { # CITY...: each puts, and all have it within a minute
    local city
    for city in "$@"; do
        check "$city puts" put_at "$city" $((++NUMBER)) "$city"
    done
    for city in "$@"; do
        hold_all "$city" "$(count_of "$city" "$city")"
    done
}

all_verify() {
    local city origin
    for city in "${CITIES[@]}"; do
        for origin in "${CITIES[@]}"; do
            check "$city verifies $origin" at "$city" journal verify \
                --origin "$ALLIANCE/$origin" --charter v1.charter
        done
    done
}

all_are_linked() {
    local city other
    for city in "${CITIES[@]}"; do
        for other in "${CITIES[@]}"; do
            [ "$city" = "$other" ] || eventually 60 link_is "$city" "$other" up
        done
    done
}

# --- one city knows another through the third alone, from the beginning

make_network
found_federation
for city in "${CITIES[@]}"; do
    echo 'keepalive_ms = 1000' >>"$city/heluod.conf"
done
lose luoyang zhengzhou
lose zhengzhou luoyang
for city in "${CITIES[@]}"; do
    start_city "$city"
done
NUMBER=0
put_and_hold "${CITIES[@]}"
check 'luoyang does not reach zhengzhou' is_cut luoyang zhengzhou
check 'nor zhengzhou luoyang' is_cut zhengzhou luoyang
all_verify
check 'nor is anybody needed who is away' put_at luoyang $((++NUMBER)) 封 \
    --durability sealed --wait 30000
find_again luoyang zhengzhou
find_again zhengzhou luoyang
all_are_linked

# --- a line that is down

line zhengzhou down
eventually 5 is_cut luoyang zhengzhou
eventually 5 is_cut shandong zhengzhou
eventually 5 is_cut zhengzhou luoyang
eventually 5 is_cut zhengzhou shandong
for city in "${CITIES[@]}"; do
    check "$city goes on" put_at "$city" $((++NUMBER)) "$city 不在"
done
for city in luoyang shandong; do
    for origin in luoyang shandong; do
        eventually 60 holds "$city" "$origin" "$(count_of "$origin" "$origin")"
    done
done
size=$(count_of zhengzhou zhengzhou)
refuse 'it was cut off' holds luoyang zhengzhou "$size"
sleep 8 # longer than a heartbeat, so that all back off
line zhengzhou up
for city in "${CITIES[@]}"; do
    hold_all "$city" "$(count_of "$city" "$city")"
done
all_are_linked

# --- one direction is lost

for lost in 'luoyang zhengzhou' 'zhengzhou luoyang'; do
    lose $lost
    eventually 10 is_cut luoyang zhengzhou
    eventually 10 is_cut zhengzhou luoyang
    put_and_hold "${CITIES[@]}"
    find_again $lost
    all_are_linked
done
put_and_hold "${CITIES[@]}"
all_verify

refuse 'nobody is found fault with' grep -l 'event=peer.fault' ./*/log*
for city in "${CITIES[@]}"; do
    end_city TERM "$city"
done
done_testing
