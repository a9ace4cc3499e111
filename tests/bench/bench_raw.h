/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_BENCH_RAW_H
#define HL_TESTS_BENCH_RAW_H

/* The raw limit: what the store and the hash function alone take for the same
 * commands.
 *
 * The program's own author runs them on a store, without calls and threads.
 * Every put, every deletion and the size of every hash is recorded, commit by
 * commit, and then carried out again on a second store: the same tables, keys
 * and values in the same order, the same number of bytes hashed in as many
 * calls, one signature, one durable commit and one mark written and flushed
 * for each. Not in it: reads, decoding, deciding, and whatever else our code
 * does between. */

#include "node/writer/command.h"
#include "tests/bench/bench_record.h"

#define RAW_ORIGIN "zy.example/zhengzhou"

struct raw;

/* Two stores and marks in new folders below `folder`, on its disk. */
struct raw *raw_open(const char *folder);
void raw_close(struct raw **raw);

/* Fills in who asks, and the digest of what is asked, which is hashed on both
 * sides. */
void raw_identify(struct write_command *command,
                  const uint8_t id[HL_COMMAND_ID_BYTES], struct bytes asked);

struct raw_times {
    double author_s; /* the program's own author */
    double raw_s;
    double author_cpu_s, raw_cpu_s; /* of which the processor's */
};

/* The commands, linked by `next`, in one commit of each side; adds to *times.
 * A command that is refused ends the process. */
void raw_commit(struct raw *raw, struct write_command *commands,
                struct raw_times *times);

/* For the reader: what was done for each of that many commands since the last
 * record_clear_sum(). */
struct record_sum raw_work(size_t commands);

#endif
