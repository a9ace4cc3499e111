/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_CRASH_WORK_H
#define HL_TESTS_CRASH_WORK_H

/* A node's writing side over a folder: its store, its mark, its author, a
 * backup and a restore of that; the real code, with a plan to follow. In the
 * folder: store/, journal.mark, backup/ (made midway), restored/. */

#include "certs/tools/mark_file.h"
#include "tests/crash/plan.h"

struct work {
    char store_folder[256], mark_path[256];
    char backup_folder[256], restored_folder[256];
    bool volatile_disk;
    struct signer signer;
    struct store *store;
    struct mark_file mark;
    struct author *author;
    hl_err refusal;
    struct hl_detail why;
};

void work_init(struct work *work, const char *folder);
void work_fini(struct work *work);

/* The store alone; then the mark and the author, which may refuse. What the
 * author says is in refusal and why. work_fini() closes them. */
HL_MUST_USE hl_err work_open_store(struct work *work, struct hl_detail *detail);
HL_MUST_USE hl_err work_open_author(struct work *work,
                                    struct hl_detail *detail);

/* Runs a transaction of the plan. Its commands' answers are compared with the
 * plan: another one is HL_EDIFFERS. */
HL_MUST_USE hl_err work_txn(struct work *work, const struct plan *plan,
                            size_t txn, struct hl_detail *detail);

struct work_run {
    const char *folder;
    const struct plan *plan;
    const char *notes; /* the log, where notes are appended */
    /* The backup is made by another process while a transaction is open, as
     * `heluo backup` does; else by this one, when the store is closed. */
    bool online;
    char about[256]; /* the path that an error is about, as callers know it */
};

/* Goes on from what is in the folder to the end of the plan, then the backup
 * and the restore, each unless it is there. A transaction that failed without
 * an unknown outcome is tried once more. */
HL_MUST_USE hl_err work_run(struct work_run *run, struct hl_detail *detail);

#endif
