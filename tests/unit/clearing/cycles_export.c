/* SPDX-License-Identifier: Apache-2.0 */

/* cycles_export SEED FOLDER: what came of a federation at random, in files
 * (tests/clearing/cycle_files.h). */

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/clearing/cycle_play.h"

static struct cycle_play play;

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: cycles_export SEED FOLDER\n");
        return 2;
    }
    struct rng rng;
    uint64_t seed = strtoull(argv[1], NULL, 10);
    rng_init(&rng, seed);
    size_t cities = rng_below(&rng, 4) == 0 ? 3 + rng_below(&rng, 28)
                                            : 3 + rng_below(&rng, 6);
    cycle_play_init(&play, seed, cities);
    cycle_play_go(&play, 100 + (unsigned)rng_below(&rng, 300));
    if (rng_below(&rng, 2) == 0) {
        cycle_play_clear(&play);
    }
    struct clearing_view view =
        clearing_view_of(&play.world, play.world.cities[0]);
    cycle_files_write(&view, argv[2]);
    cycle_play_fini(&play);
    return 0;
}
