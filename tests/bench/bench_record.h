/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_BENCH_RECORD_H
#define HL_TESTS_BENCH_RECORD_H

/* What a program puts, deletes and hashes, recorded to be carried out again
 * without the program: the raw limit of it. For programs that are linked with
 * heluo_bench_records() (CMakeLists.txt). One thread, one record. */

#include "node/store/store.h"

void record_on(bool on);
void record_clear(void); /* forgets what was recorded, and keeps the sum */
void record_fini(void);

/* The same puts and deletions in the same order; with `hashes` as many bytes
 * hashed in as many calls between them. Errors as store_put(). */
HL_MUST_USE hl_err record_replay(struct store_txn *txn, bool hashes,
                                 struct hl_detail *detail);

struct record_sum {
    double puts, put_bytes, hashes, hash_bytes; /* deletions are puts */
};
struct record_sum record_sum(void); /* since record_clear_sum() */
void record_clear_sum(void);

#endif
