/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SUPPORT_RNG_H
#define HL_TESTS_SUPPORT_RNG_H

/* A small seeded generator (SplitMix64): the same seed, the same run, on any
 * machine. */

#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t state;
};

void rng_init(struct rng *rng, uint64_t seed);
uint64_t rng_next(struct rng *rng);
/* In [0, bound), bound > 0; the bias is below bound / 2^64. */
uint64_t rng_below(struct rng *rng, uint64_t bound);
void rng_fill(struct rng *rng, void *out, size_t size);

#endif
