#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `heluo COMMAND --help`, of every command there is: a manual of its own, which
# a terminal of 80 columns shows whole; and whose examples give its options as
# they are.

. "$(dirname "$0")/common.sh"
export LC_ALL=C.UTF-8 # in which wc counts a Chinese character as two columns

# examples_fit COMMAND...: in `manual` no example has an option that there is
# not, nor one without its value.
examples_fit() {
    awk -v command="heluo $*" '
        /^[A-Z]/ { section = $0 }
        section == "OPTIONS" && /^    --/ {
            options[$1] = $2 == "" || $2 ~ /^\(/ ? "bare" : "valued"
        }
        section == "COMMANDS" { exit } # its examples are those of others
        section == "EXAMPLES" { text = text $0 "\n" }
        END {
            gsub(/\\\n/, "", text)
            count = split(text, lines, "\n")
            for (i = 1; i <= count; i++) {
                words = split(lines[i], word, " ")
                for (w = 1; index(lines[i], "    " command " ") == 1 &&
                            w <= words; w++) {
                    bad += word[w] ~ /^--/ && !(word[w] in options)
                    bad += options[word[w]] == "valued" &&
                           (w == words || word[w + 1] ~ /^--/)
                }
            }
            exit section != "COMMANDS" && bad > 0
        }' manual
}

walk() {
    local name
    expect HL_OK 'EXIT STATUS' "$@" --help
    cp out manual
    check "a description: $*" grep -A1 '^DESCRIPTION$' manual
    check "80 columns: $*" test "$(wc -L <manual)" -le 80
    check "examples: $*" examples_fit "$@"
    for name in $(sed -n '/^COMMANDS$/,/^$/s/^    \([a-z-]*\)  *.*/\1/p' manual); do
        [ "$name" = help ] || walk "$@" "$name"
    done
}

walk
check 'all were seen' test "$CHECKS" -gt 400

done_testing
