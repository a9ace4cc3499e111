# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts of this folder. A new folder with an alliance founded
# in it by the commands that the README gives, and a node to start. HELUO and
# HELUOD are the programs under test; HELUO_COMMAND is another heluo, with which
# a slow heluod is tested faster. Whatever was started ends with the script,
# also when it fails.

set -u
HELUO=$(realpath "${HELUO_COMMAND:-$HELUO}")
HELUOD=$(realpath "$HELUOD")
WORK=$(mktemp -d)
ALLIANCE=zy.example
NODE=zhengzhou
CHECKS=0
NODE_PID=
CHARTERS='"v1.charter"'
HERE=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
export GRPC_VERBOSITY=${GRPC_VERBOSITY:-NONE}

clean_up() {
    local pid
    for pid in $NODE_PID $(jobs -p); do
        kill -KILL "$pid" 2>/dev/null
    done
    wait 2>/dev/null
    rm -rf "$WORK"
}
trap clean_up EXIT
cd "$WORK" || exit 1
exec </dev/null
export HELUO_SOCKET=$WORK/heluo.sock

fail() {
    echo "FAILED, line ${BASH_LINENO[-2]}: $*" >&2
    [ ! -f out ] || tail -n 20 out | sed 's/^/  out: /' >&2
    [ ! -f err ] || tail -n 20 err | sed 's/^/  err: /' >&2
    [ ! -f log ] || tail -n 20 log | sed 's/^/  log: /' >&2
    # What a sanitizer found stands at the front of what it says.
    [ ! -f log ] || grep -a -A 40 -m 1 '^==[0-9]*==ERROR' log |
        sed 's/^/  log: /' >&2
    exit 1
}

# The exit code of an error, from the program's own table.
code() {
    "$HELUO" errors | awk -v name="$1" '$2 == name { print $1; found = 1 }
        END { exit !found }' || fail "no error $1"
}

# expect ERROR TEXT COMMAND...: runs heluo; it ends with that error's exit code
# and says TEXT (on stdout if the error is HL_OK, else on stderr).
expect() {
    local wanted text=$2 status where
    wanted=$(code "$1") || exit 1
    where=$([ "$1" = HL_OK ] && echo out || echo err)
    shift 2
    "$HELUO" "$@" >out 2>err
    status=$?
    [ "$status" = "$wanted" ] || fail "heluo $*: exit $status, not $wanted"
    grep -qF -- "$text" "$where" || fail "heluo $*: does not say '$text'"
    CHECKS=$((CHECKS + 1))
}

# saying COMMAND...: what it says stands in out and err once it has ended; until
# then it may read there what was said before.
saying() {
    local status
    "$@" >out.now 2>err.now
    status=$?
    mv out.now out && mv err.now err && return $status
}

# check WHAT COMMAND...: the command succeeds.
check() {
    local what=$1
    shift
    saying "$@" || fail "$what: $*"
    CHECKS=$((CHECKS + 1))
}

refuse() {
    local what=$1
    shift
    ! saying "$@" || fail "$what: $*"
    CHECKS=$((CHECKS + 1))
}

# eventually SECONDS COMMAND...: the command succeeds within that time.
eventually() {
    local until=$((SECONDS + $1))
    shift
    until saying "$@"; do
        [ $SECONDS -lt $until ] || fail "not within time: $*"
        sleep 0.05
    done
    CHECKS=$((CHECKS + 1))
}

# skip WHY: what the machine lacks for this test. Where it must not be lacking
# (.ci/run) that is a failure.
skip() {
    [ -z "${HELUO_NO_SKIP:-}" ] || fail "skipped: $*"
    echo "skipped: $*"
    exit 77
}

quietly() { "$@" >out 2>err || fail "$*"; }

# --- the alliance

found_alliance() {
    quietly "$HELUO" key new coordinator --alliance $ALLIANCE --name li \
        --no-passphrase --out li.key
    quietly "$HELUO" key new journal --alliance $ALLIANCE --node $NODE \
        --no-passphrase --out journal.key --mark journal.mark
    quietly "$HELUO" key new mirror --alliance $ALLIANCE --node $NODE \
        --no-passphrase --out mirror.key
    quietly "$HELUO" charter new --alliance $ALLIANCE --threshold 1 \
        --coordinator "$("$HELUO" key show li.key --public)" --out v1.charter
    quietly "$HELUO" charter add-node v1.charter --id $NODE --region 410100 \
        --endpoint 127.0.0.1:7443 \
        --journal-key "$("$HELUO" key show journal.key --public)" \
        --mirror-key "$("$HELUO" key show mirror.key --public)"
    quietly "$HELUO" charter sign v1.charter --key li.key --yes
    PIN=$("$HELUO" charter verify v1.charter 2>/dev/null |
        awk '$1 == "holds" { print $4 }')
    quietly "$HELUO" ca init --alliance $ALLIANCE --dir ca --no-passphrase
    quietly "$HELUO" ca issue --dir ca --node $NODE --out node
    issue operator $NODE/chen chen
    issue platform $NODE/web web
}

# issue ROLE WHO FILE: a client's certificate.
issue() { quietly "$HELUO" ca issue --dir ca --"$1" "$2" --out "$3"; }

# write_config [LINE...]: a configuration; lines given come behind.
write_config() {
    mkdir -p store
    cat >heluod.conf <<EOF
alliance = "$ALLIANCE"
node = "$NODE"
search = "${SEARCH:-off}"
store = "store"
journal_key = "journal.key"
mark = "journal.mark"
charters = {$CHARTERS}
charter_pin = "$PIN"
tls_certificate = "node.crt"
tls_key = "node.key"
tls_roots = "ca/root.crt"
tls_crl = "ca/root.crl"
listen = {"127.0.0.1:0"}
socket = "heluo.sock"
EOF
    # The shadow of ThreadSanitizer leaves no room for a map of 1 TiB.
    if [ "${SANITIZED:-}" = thread ] && [[ "$*" != *map_bytes* ]]; then
        echo 'map_bytes = 4GiB' >>heluod.conf
        [[ "$*" == *max_store_bytes* ]] ||
            echo 'max_store_bytes = 2GiB' >>heluod.conf
    fi
    printf '%s\n' "$@" >>heluod.conf
}

# --- the node

is_ready() { grep -q 'event=ready' log; }

# start_node [COMMAND...]: runs heluod (behind COMMAND, if one is given) and
# waits until it serves. PORT is where.
start_node() {
    : >log
    "$@" "$HELUOD" --config heluod.conf 2>>log &
    NODE_PID=$!
    local until=$((SECONDS + 60))
    until is_ready; do
        kill -0 $NODE_PID 2>/dev/null || fail "heluod ended"
        [ $SECONDS -lt $until ] || fail "heluod is not ready"
        sleep 0.02
    done
    PORT=$(sed -n 's/.*event=listening .*port=\([0-9]*\).*/\1/p' log | head -1)
    TLS=(--connect "127.0.0.1:$PORT" --node $NODE --alliance $ALLIANCE
        --root ca/root.crt)
}

# stop_node [STATUS]: ends it in order; it ends with that status.
stop_node() {
    local status
    kill -TERM "$NODE_PID"
    wait "$NODE_PID"
    status=$?
    NODE_PID=
    [ $status = "${1:-0}" ] || fail "heluod ended with $status"
}

# kill_node: ends it at once. It had not ended by itself.
kill_node() {
    local status
    kill -KILL "$NODE_PID"
    wait "$NODE_PID" 2>/dev/null
    status=$?
    NODE_PID=
    [ $status = 137 ] || fail "heluod had ended with $status"
}

# as NAME: the options of a call over TLS with that certificate.
as() { printf '%s\n' "${TLS[@]}" --certificate "$1.crt" --key "$1.key"; }

put_unit() { # id, name...
    local id=$1 name=$2
    shift 2
    "$HELUO" unit put --scheme nrii --id "$(printf '%032x' "$id")" \
        --name-zh "$name" --kind university --division 410100 "$@"
}

# python FILE.py [ARGUMENT...]: a program of this folder, by the python that
# Debian's python3-grpcio belongs to.
python() {
    local program=$HERE/$1
    shift
    PORT=${PORT:-} NODE=$NODE ALLIANCE=$ALLIANCE PYTHONPATH=$HERE:$WORK/pb \
        PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$program" "$@"
}

# watching FILE.py [ARGUMENT...]: the same, behind '&': it ends with $!.
watching() {
    local program=$HERE/$1
    shift
    export ALLIANCE
    PYTHONPATH=$HERE:$WORK/pb PYTHONDONTWRITEBYTECODE=1 \
        exec /usr/bin/python3 "$program" "$@"
}

# program FILE.py [ARGUMENT...]: as python(), as a test; it prints its
# checks.
program() {
    NODE_PID=$NODE_PID HELUO=$HELUO python "$@" >out 2>err || fail "$*"
    cat out
    CHECKS=$((CHECKS + $(awk '$1 == "checks" { print $2 }' out)))
}

# protoc_python FOLDER FILE...: their messages for python, in pb/.
protoc_python() {
    mkdir -p pb
    quietly protoc -I "$1" --python_out=pb "${@:2}"
}

done_testing() { echo "$CHECKS checks"; }
