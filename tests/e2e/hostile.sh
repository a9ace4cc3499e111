#!/usr/bin/env bash
# Hostile peers (hostile.py): a program with shandong's certificate and journal
# key, at zhengzhou, while zhengzhou and luoyang are to notice nothing.
#
#   hostile.sh [CASE WAY...]    WAY: dials, is_dialled
. "$(dirname "$0")/world.sh"
. "$HERE/alliance.sh"

export CONNECTIONS=400

# hostile COMMAND...: at VICTIM.
VICTIM=zhengzhou BYSTANDER=luoyang
hostile() {
    ln -sf "$VICTIM/log" log
    PIN=$PIN NODE=$VICTIM NODE_PID=${PID[$VICTIM]} PORT=${AT[$VICTIM]} \
        BYSTANDER=$BYSTANDER BYSTANDER_PID=${PID[$BYSTANDER]:-0} \
        BYSTANDER_PORT=${AT[$BYSTANDER]} ATTACKER_PORT=${AT[shandong]} \
        program hostile.py "$@"
    kill -0 "${PID[$VICTIM]}" 2>/dev/null ||
        fail_city "$VICTIM" "heluod ended: $*"
}

# end_well CITY: in order, and a sanitizer has nothing to say.
end_well() {
    local status
    kill -TERM "${PID[$1]}"
    wait "${PID[$1]}"
    status=$?
    PID[$1]=
    [ $status = 0 ] || fail_city "$1" "heluod ended with $status"
}

# attack CASE WAY...: each on a victim that was just started, so that it holds
# nothing against anybody, and its memory is of this case.
# Under a sanitizer one way of each: the other one is played without.
attack() {
    local way ways=("${@:2}")
    # One way each where time is short: the other with a sanitizer.
    [ -z "${SANITIZED:-}" ] || ways=("$2")
    [ -n "${SANITIZED:-}" ] || [ -z "${HELUO_ONE_WAY:-}" ] ||
        ways=("${@: -1}")
    for way in "${ways[@]}"; do
        end_well zhengzhou
        start_city zhengzhou
        hostile attack "$1" "$way"
    done
}

found_federation
# Deflated, what is asked for again and again takes longer to reach the bound of
# what waits for a peer.
printf '%s\n' "connections = $CONNECTIONS" 'handshake_ms = 3000' \
    'keepalive_ms = 3000' 'segment_zlib = never' >>zhengzhou/heluod.conf
protoc_python "$PROTO" heluo/v1/{common,unit,entry,segment,sync}.proto
for city in "${CITIES[@]}"; do
    start_city "$city"
done
for city in "${CITIES[@]}"; do
    check "$city puts" put_at "$city" 1 "$city 大学" --durability sealed
done
for city in "${CITIES[@]}"; do
    hold_all "$city" 1
done
end_city TERM shandong
hostile take shandong luoyang

if [ $# -gt 0 ]; then
    attack "$@"
    done_testing
    exit
fi

# --- luoyang's journal, relayed with a byte changed

end_city TERM zhengzhou
check 'luoyang goes on' put_at luoyang 2 '洛阳 不在'
VICTIM=luoyang BYSTANDER=zhengzhou hostile take luoyang
end_city TERM luoyang
start_city zhengzhou
hostile relay
start_city luoyang
hold_all luoyang 2
check 'it is the true one' at zhengzhou journal verify \
    --origin $ALLIANCE/luoyang --charter v1.charter

# --- and all others; a fork, which ends shandong, comes last

PORT=0 ATTACKER_PORT=0 BYSTANDER=luoyang python hostile.py cases >cases ||
    fail 'the cases'
while read -r -a case <&3; do
    attack "${case[@]}"
done 3<cases
end_well zhengzhou
end_well luoyang
done_testing
