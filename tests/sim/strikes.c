/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/strikes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse_number(const char **text, uint64_t *out)
{
    char *end = NULL;
    if (**text < '0' || **text > '9') {
        return false;
    }
    *out = strtoull(*text, &end, 10);
    *text = end;
    return *out > 0 && *out < STRIKES_MAX;
}

bool strikes_parse(const char *text, struct strikes *out)
{
    *out = (struct strikes){0};
    for (;;) {
        uint64_t first = 0;
        uint64_t last = 0;
        if (!parse_number(&text, &first)) {
            return false;
        }
        last = first;
        if (*text == '-') {
            text++;
            if (!parse_number(&text, &last) || last < first) {
                return false;
            }
        }
        for (uint64_t i = first; i <= last; i++) {
            out->out[i] = true;
        }
        if (*text == '\0') {
            return true;
        }
        if (*text++ != ',') {
            return false;
        }
    }
}

/* Appends; what does not fit is cut. */
static void say(char out[COMMAND_MAX_BYTES], const char *format, uint64_t value)
{
    size_t used = strlen(out);
    snprintf(out + used, COMMAND_MAX_BYTES - used, format, value);
}

static void say_skipped(const struct strikes *skip, char out[COMMAND_MAX_BYTES])
{
    const char *before = " --skip %" PRIu64;
    for (uint64_t i = 1; i < STRIKES_MAX; i++) {
        uint64_t first = i;
        if (!skip->out[i]) {
            continue;
        }
        while (i + 1 < STRIKES_MAX && skip->out[i + 1]) {
            i++;
        }
        say(out, before, first);
        if (i > first) {
            say(out, "-%" PRIu64, i);
        }
        before = ",%" PRIu64;
    }
}

void trial_command(const struct trial_options *trial,
                   char out[COMMAND_MAX_BYTES])
{
    out[0] = '\0';
    say(out, "scripts/sim --seed %" PRIu64, trial->seed);
    if (trial->cities != 0) {
        say(out, " --nodes %" PRIu64, trial->cities);
    }
    say(out, " --minutes %" PRIu64, (uint64_t)trial->minutes);
    if (trial->skip != NULL) {
        say_skipped(trial->skip, out);
    }
}
