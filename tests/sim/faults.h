/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_FAULTS_H
#define HL_TESTS_SIM_FAULTS_H

/* What goes wrong, at random times, by a table of kinds and weights; and how
 * it all ends, so that the alliance can come to rest. */

#include "tests/sim/world.h"

enum { FAULT_KIND_COUNT = 30, STRIKES_MAX = 4096 };

/* Which strikes are left out, by number; those beyond never are. Each has
 * random numbers of its own, so that the others stay what they are, as far as
 * what they find does. */
struct strikes {
    bool out[STRIKES_MAX];
};

/* One side of it, bit by port, and how many ports there were. */
struct partition {
    uint64_t side;
    size_t ports;
    bool one_way;
};

struct faults {
    struct world *world;
    struct rng rng;             /* of the last strike */
    struct rng pace;            /* between them */
    const struct strikes *skip; /* NULL: none */
    uint64_t struck;            /* so far, the ones left out too */
    uint8_t *kind_of; /* STRIKES_MAX, by number: plus one; 0: it did nothing */
    bool going;
    int64_t every_ms;       /* on average */
    unsigned lossy_left;    /* disks that may still be lost or set back */
    unsigned contests_left; /* of charters */
    unsigned liars_left;    /* cities that may still turn dishonest */
    unsigned ends_left;     /* nodes that may still be ended */
    uint64_t counts[FAULT_KIND_COUNT];
    struct partition *partitions; /* all there ever were */
    size_t partition_count;
};

void faults_init(struct faults *faults, struct world *world);
void faults_fini(struct faults *faults);
/* From now on, until faults_end(). */
void faults_begin(struct faults *faults);
/* No new ones; links, clocks and machines are well again. Liars keep the
 * histories they told, and tell the truth otherwise. */
void faults_end(struct faults *faults);

const char *fault_name(size_t kind);

#endif
