# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts of this folder. HELUO is the program under test. Each
# script works in a new folder, which goes away with it.

set -u
HELUO=$(realpath "$HELUO")
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
cd "$WORK" || exit 1
exec </dev/null # no terminal: nothing is asked

CHECKS=0

fail() {
    echo "FAILED, line ${BASH_LINENO[-2]}: $*" >&2
    [ ! -f out ] || sed 's/^/  out: /' out >&2
    [ ! -f seen ] || sed 's/^/  seen: /' seen >&2
    [ ! -f err ] || sed 's/^/  err: /' err >&2
    exit 1
}

# The exit code of an error, from the program's own table.
code() {
    "$HELUO" errors | awk -v name="$1" '$2 == name { print $1; found = 1 }
        END { exit !found }' || fail "no error $1"
}

# expect ERROR TEXT COMMAND...: runs heluo; it ends with that error's exit code,
# says TEXT (on stdout if the error is HL_OK, else on stderr), and never shows
# a private key.
expect() {
    local wanted text=$2 status where
    wanted=$(code "$1") || exit 1
    where=$([ "$1" = HL_OK ] && echo out || echo err)
    shift 2
    "$HELUO" "$@" >out 2>err
    status=$?
    [ "$status" = "$wanted" ] || fail "heluo $*: exit $status, not $wanted"
    grep -qF -- "$text" "$where" || fail "heluo $*: does not say '$text'"
    ! grep -q PRIVATE out err || fail "heluo $*: shows a private key"
    CHECKS=$((CHECKS + 1))
}

# check WHAT COMMAND...: the command succeeds.
check() {
    local what=$1
    shift
    "$@" >seen 2>&1 || fail "$what: $*"
    CHECKS=$((CHECKS + 1))
}

# refuse WHAT COMMAND...: the command fails.
refuse() {
    local what=$1
    shift
    ! "$@" >seen 2>&1 || fail "$what: $*"
    CHECKS=$((CHECKS + 1))
}

# terminal COMMAND ANSWER...: types an answer after each prompt.
terminal() {
    : >typed
    local prompts=0 answer tries
    for answer in "${@:2}"; do
        prompts=$((prompts + 1))
        for ((tries = 0; tries < 1000; tries++)); do
            [ "$(grep -ao ': ' typed | wc -l)" -lt "$prompts" ] || break
            sleep 0.02
        done
        printf '%s\n' "$answer"
    done | timeout 60 script -qfec "'$HELUO' $1" /dev/null >typed 2>&1
}

mode() { stat -c %a "$1"; }

# json FILE KEY: a text or a number at the top of an object.
json() { sed -n "s/^  \"$2\": \"\\{0,1\\}\\([^\",]*\\)\"\\{0,1\\},\\{0,1\\}\$/\\1/p" "$1"; }

done_testing() { echo "$CHECKS checks"; }
