# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts that need several nodes, after world.sh: an alliance of
# three cities and the coordinator's node, each kept by the others, two of whom
# make a seal; in a folder each. Scripts may set other NODES, and the quorum.

CITIES=(luoyang shandong zhengzhou)
NODES=(alliance "${CITIES[@]}")
QUORUM=2
declare -A REGION=([zhengzhou]=410100 [luoyang]=410300 [shandong]=370000
    [alliance]=410000)
declare -A AT PID
# Roles beside the coordinator's node's: of cities that propose clearing cycles.
declare -A ROLE_OF

# Where a city is, and what its node is started behind: by default nothing but
# this machine.
declare -A ADDRESS BEHIND
address() { echo "${ADDRESS[$1]:-127.0.0.1}:${AT[$1]}"; }

# free_ports N: as many ports that nobody listens on.
free_ports() {
    /usr/bin/python3 - "$1" <<'EOF'
import socket, sys
held = [socket.socket() for _ in range(int(sys.argv[1]))]
for one in held:
    one.bind(("127.0.0.1", 0))
print(*(one.getsockname()[1] for one in held))
EOF
}

found_federation() {
    local city other ports keepers role
    read -ra ports <<<"$(free_ports ${#NODES[@]})"
    quietly "$HELUO" key new coordinator --alliance $ALLIANCE --name li \
        --no-passphrase --out li.key
    quietly "$HELUO" ca init --alliance $ALLIANCE --dir ca --no-passphrase
    quietly "$HELUO" charter new --alliance $ALLIANCE --threshold 1 \
        --coordinator "$("$HELUO" key show li.key --public)" --out v1.charter
    for city in "${NODES[@]}"; do
        AT[$city]=${ports[0]}
        ports=("${ports[@]:1}")
        mkdir -p "$city/store"
        quietly "$HELUO" key new journal --alliance $ALLIANCE --node "$city" \
            --no-passphrase --out "$city/journal.key" \
            --mark "$city/journal.mark"
        quietly "$HELUO" key new mirror --alliance $ALLIANCE --node "$city" \
            --no-passphrase --out "$city/mirror.key" \
            --mark "$city/mirror.mark"
        role=()
        [ "$city" != alliance ] || role=(--role coordinator)
        [ -z "${ROLE_OF[$city]:-}" ] || role=(--role "${ROLE_OF[$city]}")
        quietly "$HELUO" charter add-node v1.charter --id "$city" "${role[@]}" \
            --region "${REGION[$city]}" --endpoint "$(address "$city")" \
            --journal-key "$("$HELUO" key show "$city/journal.key" --public)" \
            --mirror-key "$("$HELUO" key show "$city/mirror.key" --public)"
        quietly "$HELUO" ca issue --dir ca --node "$city" --out "$city/node"
    done
    for city in "${NODES[@]}"; do
        keepers=()
        for other in "${NODES[@]}"; do
            [ "$other" = "$city" ] || keepers+=(--keeper "$other")
        done
        quietly "$HELUO" charter set-keepers v1.charter --id "$city" \
            "${keepers[@]}" --quorum $QUORUM
    done
    quietly "$HELUO" charter sign v1.charter --key li.key --yes
    PIN=$("$HELUO" charter verify v1.charter 2>/dev/null |
        awk '$1 == "holds" { print $4 }')
    for city in "${NODES[@]}"; do
        configure "$city"
    done
}

# configure CITY [LINE...]: lines given come behind.
configure() {
    cat >"$1/heluod.conf" <<EOF
alliance = "$ALLIANCE"
node = "$1"
search = "${SEARCH:-off}"
store = "store"
journal_key = "journal.key"
mark = "journal.mark"
mirror_key = "mirror.key"
mirror_mark = "mirror.mark"
charters = {"../v1.charter"}
charter_pin = "$PIN"
tls_certificate = "node.crt"
tls_key = "node.key"
tls_roots = "../ca/root.crt"
tls_crl = "../ca/root.crl"
listen = {"$(address "$1")"}
socket = "heluo.sock"
EOF
    # The shadow of ThreadSanitizer leaves no room for a map of 1 TiB.
    [ "${SANITIZED:-}" != thread ] ||
        printf 'map_bytes = 4GiB\nmax_store_bytes = 2GiB\n' >>"$1/heluod.conf"
    printf '%s\n' "${@:2}" >>"$1/heluod.conf"
}

# start_city CITY: (its former logs are in log.before) and waits until it serves.
start_city() {
    local until=$((SECONDS + 60))
    [ ! -f "$1/log" ] || cat "$1/log" >>"$1/log.before"
    : >"$1/log"
    ${BEHIND[$1]:-} "$HELUOD" --config "$1/heluod.conf" 2>>"$1/log" &
    PID[$1]=$!
    until grep -q 'event=ready' "$1/log"; do
        kill -0 "${PID[$1]}" 2>/dev/null || fail_city "$1" 'heluod ended'
        [ $SECONDS -lt $until ] || fail_city "$1" 'heluod is not ready'
        sleep 0.02
    done
}

fail_city() {
    rm -f log && cp "$1/log" log
    fail "$1: $2"
}

# end_city SIGNAL CITY: by TERM it ends in order, with a sanitizer, too.
end_city() {
    local status
    kill "-$1" "${PID[$2]}"
    wait "${PID[$2]}" 2>/dev/null
    status=$?
    PID[$2]=
    [ "$1" = KILL ] || [ $status = 0 ] ||
        fail_city "$2" "heluod ended with $status"
}

# at CITY COMMAND...: heluo through that node's socket.
at() { HELUO_SOCKET=$WORK/$1/heluo.sock "$HELUO" "${@:2}"; }

# put_at CITY NUMBER NAME [OPTION...]
put_at() {
    at "$1" unit put --scheme nrii --id "$(printf '%032x' "$2")" \
        --name-zh "$3" --kind university --division "${REGION[$1]}" "${@:4}"
}

# holds CITY ORIGIN SIZE: it holds so many entries of that city's journal.
holds() { at "$1" journal list | grep -q "^$ALLIANCE/$2  *$3\\b"; }

# hold_all ORIGIN SIZE: all do, within a minute.
hold_all() {
    local city
    for city in "${NODES[@]}"; do
        [ -z "${PID[$city]:-}" ] || eventually 60 holds "$city" "$1" "$2"
    done
}
