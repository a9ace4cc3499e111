/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_TRACE_H
#define HL_TESTS_SIM_TRACE_H

/* What happened, a line each. Every line goes into a hash, so that two runs
 * can be said to be the same byte for byte; it is printed or kept where
 * somebody wants to read it. */

#include <stdio.h>

#include "protocol/base/writer.h"

/* All-zero hashes and forgets. */
struct trace {
    uint64_t hash, lines;
    FILE *print;              /* NULL: nowhere */
    const char *const *words; /* lines with one of them are kept; NULL: none */
    struct writer kept;       /* without the time */
};

void trace_line(struct trace *trace, int64_t now_ns, const char *text);
/* Bytes that are part of what happened, but of no line. */
void trace_mix(struct trace *trace, struct bytes data);
/* Whether anybody reads the lines. */
bool trace_wanted(const struct trace *trace);
void trace_fini(struct trace *trace);

#endif
