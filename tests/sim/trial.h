/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_TRIAL_H
#define HL_TESTS_SIM_TRIAL_H

/* One seed: an alliance lives through so many minutes of faults, and then has
 * to come to rest. */

#include "tests/sim/faults.h"

struct trial_options {
    uint64_t seed;
    size_t cities;   /* 0: the seed says */
    int64_t minutes; /* of virtual time, with faults */
    bool calm;       /* no faults, no checkers: what the machine can do */
    bool unchecked;
    bool truthful;              /* no platform lies about money */
    const struct strikes *skip; /* NULL: none */
    FILE *trace;                /* NULL: nowhere */
    const char *export; /* a folder that is there: what a host knows of cycles
                           at last (cycle_files.h); NULL: nowhere */
};

struct trial_result {
    size_t cities;
    bool ed25519;
    int64_t simulated_ns;
    struct world_tally tally;
    uint64_t faults[FAULT_KIND_COUNT];
    uint8_t kind_of[STRIKES_MAX]; /* faults.h */
    uint64_t messages, bytes;
    uint64_t trace_hash, trace_lines;
    bool violated;
    char violation[512];
    const char *violation_kind; /* its words, without what stands in them */
    char rest[256];             /* where it did not come to rest: who lags */
};

void trial_run(const struct trial_options *options, struct trial_result *out);

#endif
