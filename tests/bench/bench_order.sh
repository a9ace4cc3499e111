#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An order at Shandong's desk of a voucher of Zhengzhou's, over lines of several
# lengths: bench_order.sh PROGRAMS [ORDERS]. Everything lies in new folders below
# TMPDIR, which should be on a disk, and is gone when it ends.
PROGRAMS=$(realpath "$1")
ORDERS=${2:-200}
HELUO=$PROGRAMS/heluo
HELUOD=$PROGRAMS/heluod
. "$(dirname "$0")/../e2e/world.sh"
. "$HERE/alliance.sh"
. "$HERE/../bench/bench_figures.sh"
trap 'exit 1' INT TERM HUP

A=zhengzhou # issues
B=shandong  # serves
NODES=("$A" "$B")
QUORUM=1
DELAYS=(0 10 50)
declare -A OWN
VOUCHER=$(printf '%032x' 7)
LINE_PID=

# Partners find a node at the line's port, behind which it listens.
as_behind_a_line() {
    local city ports
    read -ra ports <<<"$(free_ports ${#NODES[@]})"
    for city in "${NODES[@]}"; do
        OWN[$city]=${ports[0]}
        ports=("${ports[@]:1}")
        configure "$city" 'rate_per_s = 0'
        sed -i "s/^listen = .*/listen = {\"127.0.0.1:${OWN[$city]}\"}/" \
            "$city/heluod.conf"
    done
}

lay_line() { # DELAY_MS
    local city ends=()
    for city in "${NODES[@]}"; do
        ends+=("${AT[$city]}:${OWN[$city]}")
    done
    [ -p line_input ] || mkfifo line_input
    /usr/bin/python3 "$HERE/../bench/slow_line.py" "$1" "${ends[@]}" \
        <line_input >line_says 2>line_err &
    LINE_PID=$!
    exec 9>line_input
    until grep -q ready line_says; do
        kill -0 $LINE_PID || fail "no line: $(cat line_err)"
        sleep 0.02
    done
}

take_line() {
    exec 9>&-
    wait $LINE_PID
}

issue_voucher() {
    cat >scheme.json <<END
{"id": "bench", "version": 1, "name_zh": "测试办法", "desk_days": 3,
 "budget_fen": 100000000000, "issue_unit_fen": 100, "use_days": 365,
 "claim_days": 60, "payee": "SCHEME_PAYEE_PROVIDER", "kinds": 2,
 "rates": [{"level": "市", "rate_bp": 5000}]}
END
    quietly at $A scheme put scheme.json
    quietly at $A voucher issue --scheme bench --amount 1000000 \
        --uscc 91410100MA41010086 --name 测试企业 --id "$VOUCHER"
}

is_up() { at $B peer list | grep -q "^$A  *up\b"; }

measure() { # DELAY_MS
    say "$ORDERS orders, $1 ms each way"
    lay_line "$1"
    restart $A
    restart $B
    [ "$1" != "${DELAYS[0]}" ] || issue_voucher
    eventually 60 is_up
    "$PROGRAMS/bench_order" "$(socket_of $B)" "$(socket_of $A)" $A \
        "$VOUCHER" "$ORDERS" >measured 2>err || fail "at $1 ms"
    take "at_$1_" measured asked_p50_us answered_p50_us answered_p99_us \
        provider_p50_us issuer_p50_us
    end_city TERM $A
    end_city TERM $B
    take_line
}

print_all() {
    local delay answered least at_a at_b
    echo "$ORDERS orders, one after the other; $(nproc) cores," \
        "$(df --output=fstype . | tail -1); milliseconds, medians"
    printf '%-14s %9s %9s %9s %9s %9s %9s %9s\n' 'delay, 1 way' asked \
        answered p99 least ratio 'write at B' 'at A'
    for delay in "${DELAYS[@]}"; do
        answered=$(figure "at_${delay}_answered_p50_us")
        at_b=$(figure "at_${delay}_provider_p50_us")
        at_a=$(figure "at_${delay}_issuer_p50_us")
        least=$(calc "2000 * $delay + 2 * $at_b + $at_a")
        printf '%-14s %9s %9s %9s %9s %9s %9s %9s\n' "$delay ms" \
            "$(calc "$(figure "at_${delay}_asked_p50_us") / 1000" 2)" \
            "$(calc "$answered / 1000" 2)" \
            "$(calc "$(figure "at_${delay}_answered_p99_us") / 1000" 2)" \
            "$(calc "$least / 1000" 2)" "$(ratio "$answered" "$least")" \
            "$(calc "$at_b / 1000" 2)" "$(calc "$at_a / 1000" 2)"
    done
    echo 'asked: the request is on the disk; answered: the hold, at the desk;'
    echo 'least: two delays, and the durable writes of a unit at B, A and B'
}

found_federation
as_behind_a_line
: >figures
for delay in "${DELAYS[@]}"; do
    measure "$delay"
done
print_all
