/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_AUDIT_ARCHIVE_AUDIT_H
#define HL_NODE_AUDIT_ARCHIVE_AUDIT_H

/* What archives hold, verified by charters alone: every entry hashed, under a
 * checkpoint that its author signed; what a quorum sealed. Nobody who made or
 * carried the files is trusted. One thread. */

#include "certs/charter/charter_judge.h"
#include "protocol/entry/segment.h"
#include "protocol/tree/frontier.h"

/* A journal as the archives have it so far. */
struct audit_journal {
    char origin[HL_NAME_MAX_BYTES + 1];
    struct frontier frontier;
    uint64_t sealed;   /* the largest size that is sealed, and was read */
    struct bytes note; /* by which it is; none at 0; borrowed */
};

/* Who is told, and asked. Either may be NULL. */
struct audit_sink {
    void *context;
    /* Entries of the segment from `skip` on, which follow what came before. */
    hl_err (*entries)(void *context, const struct audit_journal *journal,
                      const struct segment *segment, size_t skip,
                      struct hl_detail *detail);
    /* The leaf of an entry that came before. Whoever can say that may be given
     * archives that overlap. */
    hl_err (*leaf)(void *context, const struct audit_journal *journal,
                   uint64_t index, struct hl_hash *leaf,
                   struct hl_detail *detail);
};

struct audit_input {
    const char *const *paths; /* of archives: the first ones first */
    size_t path_count;
    /* From the newest, which holds, back. Journals are judged by that one; what
     * was sealed by a former one stays sealed. */
    const struct charter *const *charters;
    size_t charter_count;
    struct audit_sink sink;
};

struct audit {
    struct audit_journal **journals; /* as they came */
    size_t count;
    uint64_t evidence; /* pieces */
    struct audit_seal *seals;
    size_t seal_count;
};

/* Reads all of it. On failure *path is the file that it is about.
 *
 * archive_open()'s, sync_decode()'s, charter_judge_checkpoint()'s, the sink's;
 * HL_EAHEAD    a file begins behind what was read so far.
 * HL_EPROOF    entries are not what their author signed.
 * HL_EDIFFERS  another history than what a quorum sealed, or than another file
 *              has. */
HL_MUST_USE hl_err audit_read(const struct audit_input *input,
                              struct audit *out, const char **path,
                              struct hl_detail *detail);
void audit_fini(struct audit *audit); /* all-zero is fine */

/* NULL: no archive has it. */
const struct audit_journal *audit_find(const struct audit *audit,
                                       struct bytes origin);

#endif
