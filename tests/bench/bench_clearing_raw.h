/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_BENCH_CLEARING_RAW_H
#define HL_TESTS_BENCH_CLEARING_RAW_H

/* What a count cannot do without: the same rows of obligations walked with
 * LMDB's own cursor, each byte looked at, and as many bytes hashed. */

#include "tests/bench/bench_clearing_load.h"

struct clearing_raw {
    struct clearing_load *load;
    const uint64_t *from; /* by node: index of its journal; NULL: all */
    struct store_txn *txn;
    uint64_t rows, bytes; /* found */
    uint64_t sum;         /* of the bytes, so that they are read */
};
void clearing_raw_walk(struct clearing_raw *raw);
/* What is hashed of so many obligations. */
void clearing_raw_hash(struct clearing_raw *raw);

#endif
