/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_CRASH_LOG_H
#define HL_TESTS_CRASH_LOG_H

/* A log of the shim, read: its records in their order, and what a broken
 * program's log would be. */

#include "protocol/base/bytes.h"
#include "protocol/base/writer.h"
#include "tests/crash/plan.h"
#include "tests/shim/record.h"

struct log_item {
    struct record record;
    const void *data;
};

struct log {
    struct writer raw;
    struct log_item *items;
    size_t count;
};

/* Ends the program if the log is none. */
void log_read(struct log *log, const char *path);
void log_fini(struct log *log);

/* Tells the facts of a note. */
void log_note(const struct log_item *item, struct facts *facts);

/* Ways in which the order that is written could be broken. */
enum log_breakage {
    LOG_SOUND,
    LOG_DATA_UNFLUSHED,   /* the store's pages are not flushed */
    LOG_NEW_UNFLUSHED,    /* nor those of a store that is made */
    LOG_META_UNFLUSHED,   /* nor its head pages */
    LOG_MARK_UNFLUSHED,   /* the mark is not */
    LOG_FOLDER_UNFLUSHED, /* no folder is */
    LOG_STORE_UNPLACED,   /* the store's is not */
    LOG_HEADS_UNSETTLED,  /* head pages are not written again at the opening */
    LOG_MARK_FIRST,       /* the mark is written before the commit */
    LOG_BACKUP_UNFLUSHED, /* nothing of the backup is */
    LOG_BREAKAGES
};
extern const char *const log_breakage_names[LOG_BREAKAGES];
void log_break(struct log *log, enum log_breakage breakage);

#endif
