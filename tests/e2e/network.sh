# SPDX-License-Identifier: Apache-2.0
# Sourced after alliance.sh by the scripts that take lines down: the nodes in
# network namespaces of their own, on one bridge, in a namespace of its own, so
# that nothing of this machine is touched. Only root can.

[ "$(id -u)" = 0 ] || skip 'only root may make network namespaces'
command -v ip >/dev/null || skip 'there is no ip (iproute2)'

NET=heluo-$$
ADDRESS=([luoyang]=10.77.0.1 [shandong]=10.77.0.2 [zhengzhou]=10.77.0.3
    [alliance]=10.77.0.4)

remove_network() {
    local city
    for city in "${NODES[@]}"; do
        ip netns delete "$NET-$city" 2>/dev/null
    done
    ip netns delete "$NET" 2>/dev/null
}
trap 'clean_up; remove_network' EXIT

inside() { ip -n "$NET-$1" "${@:2}"; }

make_network() {
    local city
    quietly ip netns add "$NET"
    quietly ip -n "$NET" link add bridge type bridge
    quietly ip -n "$NET" link set bridge up
    for city in "${NODES[@]}"; do
        quietly ip netns add "$NET-$city"
        quietly inside "$city" link set lo up
        quietly inside "$city" link add line type veth \
            peer name "$city" netns "$NET"
        quietly ip -n "$NET" link set "$city" master bridge up
        quietly inside "$city" address add "${ADDRESS[$city]}/24" dev line
        quietly inside "$city" link set line up
        BEHIND[$city]="ip netns exec $NET-$city"
    done
}

# lose FROM TO: what FROM sends to TO goes to nobody, and neither is told.
lose() {
    quietly inside "$1" neighbour replace "${ADDRESS[$2]}" \
        lladdr 02:00:00:00:00:99 nud permanent dev line
}

find_again() { quietly inside "$1" neighbour delete "${ADDRESS[$2]}" dev line; }

line() { quietly ip -n "$NET" link set "$1" "$2"; } # NODE up|down
