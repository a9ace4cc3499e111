/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_CLEARING_CYCLE_FILES_H
#define HL_TESTS_CLEARING_CYCLE_FILES_H

/* What a node has and says of cycles, in files, for recompute.py, which counts
 * again by other means. */

#include "node/clearing/count.h"
#include "node/clearing/view.h"

/* What is counted for a proposal, and how it stands. */
struct cycle_judgement {
    enum count_outcome outcome;
    const char *field; /* that differs; NULL: it agrees, or is not counted */
    enum cycle_standing_as as;
};
struct cycle_judgement cycle_judge(const struct clearing_view *view,
                                   const struct cycle *cycle, claim_fn each,
                                   void *context);

/* Into the folder, which is there: of each journal its entries (NODE.bundle:
 * each behind its length, u16), of the charter who is sealed up to where and
 * who has the clearing role until where (`charter`), and of each proposal a
 * line of JSON (`verdicts`). Ends the process where it cannot. */
void cycle_files_write(const struct clearing_view *view, const char *folder);

#endif
