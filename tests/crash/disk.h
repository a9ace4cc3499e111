/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_CRASH_DISK_H
#define HL_TESTS_CRASH_DISK_H

/* A disk below a folder, as a log (tests/shim/record.h) fills it: what is
 * certainly on it, and what may or may not be, as nothing has flushed it yet.
 *
 * A write is certain when its file is flushed, and reaches the disk in sectors
 * of 512 bytes that are whole. A name, new or gone, is certain when its folder
 * is flushed. Before that each may be there or not, whatever the order in which
 * they were asked for. */

#include <stdbool.h>
#include <stddef.h>

#include "tests/shim/record.h"

struct disk;

struct disk *disk_create(void);
void disk_destroy(struct disk *disk);

/* Carries out a record; data lives as long as the disk. What the record makes
 * certain it makes so with disk_settle(): between the two is the moment of
 * the flush. */
void disk_apply(struct disk *disk, const struct record *record,
                const void *data);
void disk_settle(struct disk *disk, const struct record *record,
                 const void *data);

/* Of the log's records only these flush. */
bool disk_flushes(const struct record *record);

/* What is uncertain, in the order of the log. */
size_t disk_pending(const struct disk *disk);
/* In words; lives until the next call. */
const char *disk_describe(const struct disk *disk, size_t pending);

/* Which of it a power loss leaves: for each that is pending. */
enum disk_fate { DISK_LOST, DISK_KEPT, DISK_TORN };
struct disk_choice {
    enum disk_fate *fates;
    uint64_t salt;      /* DISK_TORN: which sectors are kept follows from it */
    unsigned kept_of_8; /* and this part of them */
};

/* Two states of one hash are the same but for the content of lock files, and
 * names and places of nothing. `under`: only what is below that folder; "" is
 * all. */
uint64_t disk_hash(struct disk *disk, const struct disk_choice *choice,
                   const char *under);

/* Writes the state that disk_hash() was last asked about into an empty
 * folder. */
void disk_write(struct disk *disk, const char *folder);

#endif
