/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_WORLD_H
#define HL_TESTS_SIM_WORLD_H

/* A simulated alliance: machines with disks and clocks, the network between
 * them, the platforms that use them, and the checkers that look on, in one
 * thread and in virtual time. The same options give the same run. */

#include "tests/sim/alliance.h"
#include "tests/sim/audit.h"
#include "tests/sim/desks.h"
#include "tests/sim/disk.h"
#include "tests/sim/host.h"
#include "tests/sim/network.h"
#include "tests/sim/platform.h"
#include "tests/sim/trace.h"
#include "tests/sim/truth.h"
#include "tests/sim/witness.h"

enum { WORLD_HOSTS_MAX = 64 };

#define WORLD_MS 1000000ll
#define WORLD_S 1000000000ll
/* When virtual time begins, unless an option says otherwise:
 * 2026-01-01T00:00:00Z. */
#define WORLD_BEGIN_S 1767225600ll

struct world_options {
    uint64_t seed;
    size_t cities, joiners;
    size_t keepers, quorum; /* 0: as many as suit */
    bool ed25519;
    bool clears;     /* some cities may propose to clear */
    bool unchecked;  /* measure the machine, not the checkers */
    int64_t begin_s; /* 0: WORLD_BEGIN_S */
};

struct world_tally {
    uint64_t events, commits, crashes, requests;
    uint64_t reports[ENGINE_REPORT_COUNT];
    uint64_t answers[PLATFORM_CLASS_COUNT]; /* acknowledged */
    uint64_t deeds[DEED_COUNT];             /* run, for records with a home */
    uint64_t resumed;                       /* by reactors */
    uint64_t money[MONEY_EVENT_COUNT];
    uint64_t papers[PAPER_EVENT_COUNT];
};

struct world {
    struct world_options options;
    struct queue queue;
    int64_t now_ns;
    int64_t leapt_ms; /* what wall clocks were set forward, all of them */
    struct rng rng;   /* of what belongs to no part */
    struct trace trace;
    struct disks disks;
    struct alliance alliance;
    struct network network;
    struct witness witness;
    struct platform platform;
    struct desks desks;
    struct audit audit;
    /* The city's node is honest, and its platform lies about money: trade.h. */
    bool crooked[ALLIANCE_CITIES_MAX];
    struct truth truths[ALLIANCE_CITIES_MAX]; /* by city */
    struct host *hosts[WORLD_HOSTS_MAX];      /* the first ones by city */
    size_t host_count;
    bool silent[ALLIANCE_CITIES_MAX]; /* a keeper of it was, when coordinators
                                         last met */
    unsigned
        unsure[ALLIANCE_CITIES_MAX]; /* meetings in a row that found it so */
    struct world_tally tally;
    bool violated;
    char violation[512];        /* the first one */
    const char *violation_kind; /* its format */
};

void world_init(struct world *world, const struct world_options *options);
void world_fini(struct world *world);

/* A generator for one part, so that another part's choices do not change
 * its. */
struct rng world_rng(const struct world *world, const char *part);

/* Runs what is due until then, or until something is violated. */
void world_run(struct world *world, int64_t for_ns);
void world_at(struct world *world, int64_t after_ns, event_fn run,
              void *context, uint64_t number);

/* The true time. */
int64_t world_wall_ms(const struct world *world);

/* A promise is broken; the run ends. */
void world_violation(struct world *world, const char *format, ...)
    HL_PRINTF(2, 3);

void world_trace(struct world *world, const char *format, ...) HL_PRINTF(2, 3);

/* Another machine with the city's keys and a copy of its disk as it is now,
 * which is how a liar comes to two histories. Both are dishonest from here. */
struct host *world_clone(struct world *world, struct host *host);
/* The same with the disk as of its backup, so that the two histories part at an
 * index long gone by. NULL: the backup is of other keys, or of a history that a
 * charter has cut since. */
struct host *world_clone_old(struct world *world, struct host *host);

/* Which machine of the city a dial from that one reaches. */
size_t world_route(struct world *world, const struct host *from,
                   struct bytes id);

#endif
