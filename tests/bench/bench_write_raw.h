/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_BENCH_WRITE_RAW_H
#define HL_TESTS_BENCH_WRITE_RAW_H

/* The raw limit: what the store and the hash function alone take for the same
 * writes.
 *
 * The program's own author writes units to a store, without calls and threads.
 * Every put, every deletion and the size of every hash is recorded, commit by
 * commit, and then carried out again on a second store: the same tables, keys
 * and values in the same order, the same number of bytes hashed in as many
 * calls, one signature, one durable commit and one mark written and flushed
 * for each. Not in it: reads, decoding, deciding, and whatever else our code
 * does between. */

#include <stddef.h>
#include <stdint.h>

struct raw;

/* Two stores and marks in new folders below `folder`, on its disk. */
struct raw *raw_open(const char *folder, uint32_t run);
void raw_close(struct raw **raw);

struct raw_times {
    double author_s; /* the program's own author */
    double raw_s;
};

/* Writes `count` units, each in a commit with up to `each` of them; the two
 * sides take turns, a commit at a time. */
struct raw_times raw_write(struct raw *raw, size_t count, size_t each);

/* For the reader: of the last raw_write(), for each unit. */
struct raw_work {
    double puts, put_bytes, hashes, hash_bytes;
};
struct raw_work raw_work(const struct raw *raw);

#endif
