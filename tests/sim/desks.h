/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_DESKS_H
#define HL_TESTS_SIM_DESKS_H

/* The clearing desks of the cities: what node/desk does in the daemon, with its
 * thread and its snapshots, by an event every few seconds, and soon after each
 * entry of its own. Its steps are node/clearing's. Beside it the people who are
 * asked, the cities' bounds, and who wishes to clear with whom. */

#include "node/clearing/step.h"
#include "node/writer/command.h"
#include "tests/support/rng.h"

struct world;
struct host;
struct request;

struct desk_sim {
    struct desks *desks;
    struct host *host;
    struct clearing_options options;
    struct clearing_step step;
    struct charter charter; /* as its node has it */
    struct hl_hash charter_hash;
    bool silent;           /* it answers nobody: its platform lies */
    bool dallies;          /* its people answer when the time is nearly over */
    struct request *asked; /* not answered yet */
    bool has_followed;
    uint64_t followed;  /* the abortion after which it proposed */
    int64_t propose_ns; /* not before */
    int64_t busy_ns; /* since then it waits for who is busy; 0: it does not */
};

struct desks {
    struct world *world;
    struct rng rng;
    struct rng whims; /* who dallies, and what is bent */
    /* What was owed is cleared, whoever may propose among all who can; nobody
     * hesitates. */
    bool draining;
    struct desk_sim of[64]; /* by port */
};

void desks_init(struct desks *desks, struct world *world);
void desks_fini(struct desks *desks);
/* The desk of that host begins; once. */
void desks_begin(struct desks *desks, struct host *host);
/* From now on nothing holds anybody back. */
void desks_drain(struct desks *desks);

/* The entry of a request of a desk's. */
hl_err desks_run(struct request *request, struct write_context *context,
                 struct hl_detail *detail);
/* The request was answered, or lost. */
void desks_over(struct request *request);

/* What a host knows of cycles, as it stands; for desks_leave(). False: it is
 * down, or has no journal. */
bool desks_look(struct desks *desks, struct host *host,
                struct clearing_view *out);
void desks_leave(struct clearing_view *view);

#endif
