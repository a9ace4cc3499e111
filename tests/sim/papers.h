/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_PAPERS_H
#define HL_TESTS_SIM_PAPERS_H

/* Sealed documents: what platforms have their nodes put and erase, and what
 * must hold of them. What is within is any bytes: that it opens, other tests
 * show. */

#include "tests/sim/platform.h"

struct papers {
    struct rng rng;
    struct request **put; /* of which there may be one to erase */
    size_t count, capacity;
};

void papers_fini(struct papers *papers);

/* One thing, now and then. */
void papers_some(struct platform *platform, struct host *host);
/* The command of a REQUEST_PAPER. */
hl_err papers_run(struct request *request, struct write_context *context,
                  struct hl_detail *detail);

/* At rest each reader has each blob that somebody honest has, and nobody has
 * anything of one that was erased. Where not, says who. */
bool check_papers(struct world *world, char why[256]);

#endif
