/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_TRACE_H
#define HL_TESTS_SIM_TRACE_H

/* What happened, a line each. Every line goes into a hash, so that two runs
 * can be said to be the same byte for byte; it is printed or kept where
 * somebody wants to read it. */

#include <stdio.h>

#include "protocol/base/writer.h"

/* What a line is about; a story keeps the kinds it tells of. */
enum trace_kind {
    TRACE_MESSAGE, /* sent */
    TRACE_STREAM,  /* dialled, opened, closed */
    TRACE_STORE,   /* what a commit brought */
    TRACE_CLIENT,  /* asked, answered */
    TRACE_REPORT,  /* of the engine: reports, state of the own journal */
    TRACE_FAULT,   /* what the simulator did to somebody */
    TRACE_KIND_COUNT,
};

/* All-zero hashes and forgets. */
struct trace {
    uint64_t hash, lines;
    FILE *print;        /* NULL: nowhere */
    unsigned keep;      /* bits 1 << kind */
    struct writer kept; /* without the time */
};

void trace_line(struct trace *trace, int64_t now_ns, enum trace_kind kind,
                const char *format, ...) HL_PRINTF(4, 5);
/* Bytes that are part of what happened, but of no line. */
void trace_mix(struct trace *trace, struct bytes data);
/* Whether anybody reads the lines. */
bool trace_wanted(const struct trace *trace);
void trace_fini(struct trace *trace);

#endif
