/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SCRUB_SCRUB_RUN_H
#define HL_NODE_SCRUB_SCRUB_RUN_H

/* One scrub from beginning to end. Inside this folder; the scrubber's thread.
 */

#include "node/scrub/scrubber.h"

enum {
    READ_BYTES_PER_S = 8 << 20, /* by itself */
    STEP_PAUSE_MS = 50,
    BUSY_AGAIN_MS = 500,
};

struct scrub_run {
    struct scrubber *scrubber;
    const struct scrubber_options *options;
    struct scrub_report *report; /* what was found, and which of it repaired */
    struct charter charter;
    bool has_charter;
};

/* HL_ESTOPPING  the node ends.
 * others        the store's: what was not read is not known. */
HL_MUST_USE hl_err scrub_run(struct scrub_run *run, struct hl_detail *detail);

hl_err scrub_stopping(struct hl_detail *detail);

/* scrubber.c */
/* False: the node ends. */
bool scrubber_pause(struct scrubber *scrubber, int64_t ms);
/* Somebody waits for it. */
bool scrubber_hurries(struct scrubber *scrubber);
void scrubber_tell(struct scrubber *scrubber,
                   const struct scrub_report *report);

#endif
