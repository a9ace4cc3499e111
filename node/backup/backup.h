/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_BACKUP_BACKUP_H
#define HL_NODE_BACKUP_BACKUP_H

/* Backups: a copy of a node's store as of one commit, read again to its last
 * byte, and marked, so that no node starts from it by mistake. A restored one
 * is an older copy of the store: the mark, which is in no backup, says so at
 * the next start, and the own journal's tail is taken back from partners
 * before anything is written (design section 6).
 *
 * For tools: blocks, and prints nothing. One thread. */

#include "node/store/journal.h"
#include "node/store/store.h"

enum { BACKUP_ORIGIN_BYTES = HL_NAME_MAX_BYTES + 1 };

/* What a store was found to hold. */
struct backup_report {
    char origin[BACKUP_ORIGIN_BYTES]; /* whose it is */
    struct hl_wall made;
    struct head own; /* the journal of that origin */
    uint64_t journals;
    uint64_t entries; /* of all journals */
    uint64_t rows;    /* of all tables */
    uint64_t file_bytes;
    uint64_t blobs, blob_bytes; /* sealed documents, with it */
};

/* In the store's folder: when the last backup of it was made, in POSIX
 * milliseconds and a line feed. */
#define BACKUP_LAST_FILE "backup.last"

/* How far the reading is; may be NULL. */
typedef void (*backup_progress_fn)(void *context, uint64_t rows);

struct backup_options {
    const char *from, *into; /* folders */
    const char *origin;      /* "<alliance>/<node>" */
    struct hl_wall now;
    backup_progress_fn progress;
    void *context;
};

/* Makes a backup of the store in `from`, whose node may run, in a new folder
 * `into`, sealed blobs with it (linked, where that is one file system), and
 * notes in `from` when. Where it fails, what there is of that is removed.
 *
 * HL_EEXISTS    there is such a folder.
 * HL_ENOTFOUND  there is no store in `from`.
 * HL_EBACKUP    that is a backup itself.
 * HL_EDAMAGED   the copy does not read as it should: the store is damaged.
 * HL_EFULL, HL_EIO */
HL_MUST_USE hl_err backup_make(const struct backup_options *options,
                               struct backup_report *out,
                               struct hl_detail *detail);

/* Puts the backup in `from`, blobs with it, into the folder `into`, which
 * exists and has no store. Everything is read again before it takes the store's
 * place.
 *
 * HL_EBACKUP    `from` is no backup, or another node's than origin.
 * HL_EEXISTS    there is a store in `into`.
 * others        as backup_make(). */
HL_MUST_USE hl_err backup_restore(const struct backup_options *options,
                                  struct backup_report *out,
                                  struct hl_detail *detail);

/* Whether that store is a backup, and then whose and from when.
 *
 * Errors of store_begin_read(), store_get(). */
HL_MUST_USE hl_err backup_is(struct store *store, bool *is,
                             struct backup_report *out,
                             struct hl_detail *detail);

#endif
