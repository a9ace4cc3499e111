/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_STORY_H
#define HL_TESTS_SIM_STORY_H

/* Scenarios as stories: cities by name, even lines of 10 ms, nothing random,
 * and an expected trace. All of them fail the cmocka test that calls them
 * where a promise is broken on the way. */

#include "tests/sim/check.h"
#include "tests/sim/operator.h"
#include "tests/support/support.h"

/* A world of so many cities (zhengzhou, jinan, luoyang, kaifeng, qingdao ...),
 * each kept by the next ones, all started. */
struct world *story_begin(size_t cities);
/* The same with so many keepers and quorum, and nobody started. */
struct world *story_found(size_t cities, size_t keepers, size_t quorum);
void story_end(struct world **world);

struct host *story_host(struct world *world, const char *city);
void story_start(struct world *world, const char *city);
void story_stop(struct world *world, const char *city);

/* So many new units, at once. */
void story_put(struct world *world, const char *city, unsigned count);
/* One, waiting for so many keepers (ENGINE_SEALED: the quorum). */
struct request *story_put_kept(struct world *world, const char *city,
                               uint32_t keepers);

/* Cuts the line between two cities, both ways; and mends it. */
void story_part(struct world *world, const char *a, const char *b);
void story_join(struct world *world, const char *a, const char *b);

void story_run_s(struct world *world, int64_t seconds);
/* Until all is level, within so many seconds; returns how many it took. */
int64_t story_run_until_level(struct world *world, int64_t within_s);

/* How much of a city's journal another has; whose it follows ("": nobody). */
uint64_t story_held(struct world *world, const char *at, const char *of);
uint64_t story_sealed(struct world *world, const char *at, const char *of);
/* How much of it the projections there have. */
uint64_t story_applied(struct world *world, const char *at, const char *of);
void story_expect_upstream(struct world *world, const char *at, const char *of,
                           const char *upstream);

/* From here on lines with one of these words are kept (ends with NULL). */
void story_listen(struct world *world, const char *const *words);
/* The lines since, a LF behind each; listens no more. */
void story_expect(struct world *world, const char *lines);

#endif
