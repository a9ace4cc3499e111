# SPDX-License-Identifier: Apache-2.0
# Sourced after common.sh: nodes that only pretend (fake_node.c).

expect HL_OK '' key new journal --alliance zy.example --node zhengzhou \
    --out journal.key --mark journal.mark

NODE=
trap '[ -z "$NODE" ] || kill $NODE; rm -rf "$WORK"' EXIT

# node SIZE HOW: HELUO_SOCKET is a new one; the former one ends.
node() {
    [ -z "$NODE" ] || kill "$NODE"
    rm -f socket
    "$FAKE_NODE" socket journal.key "$1" "$2" &
    NODE=$!
    local tries
    for ((tries = 0; tries < 1000; tries++)); do
        [ -S socket ] && break
        sleep 0.01
    done
    [ -S socket ] || fail "fake_node $2 does not start"
    export HELUO_SOCKET=socket
}

says() {
    grep -qF -- "$1" out || fail "does not say '$1'"
    CHECKS=$((CHECKS + 1))
}
