#!/usr/bin/env bash
# Three nodes over real mutual TLS: each sees what the others put; one is killed
# and changed around; one is away while the others go on.
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"

found_federation
for city in "${CITIES[@]}"; do
    start_city "$city"
done
for city in "${CITIES[@]}"; do
    check "$city puts" put_at "$city" 1 "$city 大学"
done
for city in "${CITIES[@]}"; do
    hold_all "$city" 1
done
for round in 1 2 3; do
    for city in "${CITIES[@]}"; do
        end_city KILL "$city"
        for other in "${CITIES[@]}"; do
            [ "$other" = "$city" ] ||
                check "$other goes on" put_at "$other" "$((10 + round))" "$city 不在"
        done
        start_city "$city"
    done
done
for city in "${CITIES[@]}"; do
    size=$(at "$city" journal list | awk -v o="$ALLIANCE/$city" '$1 == o { print $2 }')
    hold_all "$city" "$size"
done
for city in "${CITIES[@]}"; do
    for origin in "${CITIES[@]}"; do
        check "$city verifies $origin" at "$city" journal verify \
            --origin "$ALLIANCE/$origin" --charter v1.charter
    done
done
refuse 'nobody is found fault with' grep -l 'event=peer.fault' ./*/log
for city in "${CITIES[@]}"; do
    end_city TERM "$city"
done

done_testing
