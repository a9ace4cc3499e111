#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `heluo COMMAND --help`, of every command there is: a manual of its own, which
# a terminal of 80 columns shows whole.

. "$(dirname "$0")/common.sh"
export LC_ALL=C.UTF-8 # in which wc counts a Chinese character as two columns

walk() {
    local name
    expect HL_OK 'EXIT STATUS' "$@" --help
    cp out manual
    check "a description: $*" grep -A1 '^DESCRIPTION$' manual
    check "80 columns: $*" test "$(wc -L <manual)" -le 80
    for name in $(sed -n '/^COMMANDS$/,/^$/s/^    \([a-z-]*\)  *.*/\1/p' manual); do
        [ "$name" = help ] || walk "$@" "$name"
    done
}

walk
check 'all were seen' test "$CHECKS" -gt 400

done_testing
