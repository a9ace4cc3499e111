/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_STORE_JOURNAL_H
#define HL_NODE_STORE_JOURNAL_H

/* Journals in the store: entries, tiles, checkpoints and frontier of each
 * origin. Entries are bytes here; nothing looks into them. Used by whoever
 * holds the transaction. All functions also return store.h's errors. */

#include "node/store/store.h"
#include "protocol/base/hl_time.h"
#include "protocol/tree/frontier.h"
#include "protocol/tree/head.h"
#include "protocol/tree/prove.h"

/* A journal as of a transaction. Plain memory, copied by assignment. */
struct journal {
    uint32_t number; /* of the origin in keys; never leaves this store */
    struct frontier frontier;   /* frontier.size is the journal's size */
    struct hl_wall recorded_at; /* of the newest entry; 0 without one */
};

struct head journal_head(const struct journal *journal);

/* Finds a journal by its origin. *found is false, and *out untouched, where
 * the store has none of that name. */
HL_MUST_USE hl_err journal_find(struct store_txn *txn, struct bytes origin,
                                struct journal *out, bool *found,
                                struct hl_detail *detail);

/* Finds it, or makes an empty one with the next free number. */
HL_MUST_USE hl_err journal_find_or_create(struct store_txn *txn,
                                          struct bytes origin,
                                          struct journal *out,
                                          struct hl_detail *detail);

/* Origins in ascending order of their names: the first one above `after`
 * (empty: the first). name->data is NULL past the last; else it dies with the
 * transaction. */
HL_MUST_USE hl_err journal_next_origin(struct store_txn *txn,
                                       struct bytes after, struct bytes *name,
                                       struct journal *out,
                                       struct hl_detail *detail);

struct journal_run {
    const struct bytes *entries;
    size_t count;
    struct hl_wall recorded_at; /* of the last of them */
};

/* Appends entries: the entries themselves, tiles, frontier. The bytes just
 * written are read back and hashed again: *journal advances by what is in the
 * store. On failure *journal is as before and the transaction of no more use.
 *
 * HL_EDAMAGED  what was read back is not what was written.
 * HL_ELIMIT    the journal has MERKLE_SIZE_MAX entries, or an entry is too
 *              large. */
HL_MUST_USE hl_err journal_append(struct store_txn *txn,
                                  struct journal *journal,
                                  const struct journal_run *run,
                                  struct hl_detail *detail);

/* Cuts a journal to its first `size` entries (not above its size: asserts):
 * entries and tiles beyond are gone, and journal_cut_checkpoints(). recorded_at
 * is that of the last entry that stays, which the caller knows.
 *
 * HL_EFULL  more than one transaction holds: cut in steps, each in its own. */
HL_MUST_USE hl_err journal_cut(struct store_txn *txn, struct journal *journal,
                               uint64_t size, struct hl_wall recorded_at,
                               struct hl_detail *detail);

/* One entry, borrowed from the store.
 *
 * HL_ENOTFOUND  index is not below the journal's size. */
HL_MUST_USE hl_err journal_entry(struct store_txn *txn,
                                 const struct journal *journal, uint64_t index,
                                 struct bytes *entry, struct hl_detail *detail);

/* Walks entries in order from `first` on, faster than one by one. Ends before
 * its transaction. entry.data is NULL past the last. */
struct journal_walk;
HL_MUST_USE hl_err journal_walk_open(struct store_txn *txn,
                                     const struct journal *journal,
                                     uint64_t first, struct journal_walk **out,
                                     struct hl_detail *detail);
HL_MUST_USE hl_err journal_walk_next(struct journal_walk *walk,
                                     struct bytes *entry,
                                     struct hl_detail *detail);
void journal_walk_close(struct journal_walk **walk);

/* Appends the bytes of a tile as C2SP tlog-tiles has them, hashes or bundle.
 *
 * HL_ENOTFOUND  the journal has no such tile of that width. */
HL_MUST_USE hl_err journal_tile(struct store_txn *txn,
                                const struct journal *journal,
                                const struct tile *tile, struct writer *out,
                                struct hl_detail *detail);

/* The journal's nodes as a source for proofs, valid for sizes up to the
 * journal's, as long as view and transaction live. */
struct journal_hashes {
    struct store_txn *txn;
    struct journal journal;
    struct hl_detail *detail; /* of the last failure; may be NULL */
};
struct hash_source journal_hash_source(struct journal_hashes *hashes);

enum journal_checkpoint_kind {
    JOURNAL_NEWEST, /* the longest one signed by its author; of a partner's
                       journal it may be of more than is here */
    JOURNAL_WHOLE,  /* the longest one not beyond what is here, where that is
                       not the newest */
    JOURNAL_SEALED, /* the longest one that a quorum cosigned */
    JOURNAL_KEPT,   /* what this node cosigned last, as its keeper */
    JOURNAL_CHECKPOINT_KINDS
};

/* A signed note; note->data is NULL where there is none. */
HL_MUST_USE hl_err journal_checkpoint(struct store_txn *txn,
                                      const struct journal *journal,
                                      enum journal_checkpoint_kind kind,
                                      struct bytes *note,
                                      struct hl_detail *detail);
/* Up to where a quorum cosigned it, as far as is known here; 0: nothing. */
HL_MUST_USE hl_err journal_sealed_size(struct store_txn *txn,
                                       const struct journal *journal,
                                       uint64_t *size,
                                       struct hl_detail *detail);
HL_MUST_USE hl_err journal_put_checkpoint(struct store_txn *txn,
                                          const struct journal *journal,
                                          enum journal_checkpoint_kind kind,
                                          struct bytes note,
                                          struct hl_detail *detail);

/* Entries of the journal as JOURNAL_NEWEST has it, or those that are here,
 * whichever are more.
 *
 * HL_EDAMAGED  what is kept is no checkpoint. */
HL_MUST_USE hl_err journal_known_size(struct store_txn *txn,
                                      const struct journal *journal,
                                      uint64_t *size, struct hl_detail *detail);

/* The proof from the journal's size to that of JOURNAL_NEWEST; empty where
 * none of just that size is kept. To be put with each such checkpoint that did
 * not come from here. */
HL_MUST_USE hl_err journal_end_proof(struct store_txn *txn,
                                     const struct journal *journal,
                                     struct proof *out,
                                     struct hl_detail *detail);
HL_MUST_USE hl_err journal_put_end_proof(struct store_txn *txn,
                                         const struct journal *journal,
                                         const struct proof *proof,
                                         struct hl_detail *detail);

/* Removes JOURNAL_NEWEST and JOURNAL_WHOLE where they are of more than `size`
 * entries, as a cut does. What was sealed or cosigned stays: it binds whoever
 * signed it, whatever is here. */
HL_MUST_USE hl_err journal_cut_checkpoints(struct store_txn *txn,
                                           const struct journal *journal,
                                           uint64_t size,
                                           struct hl_detail *detail);

/* Reads the whole journal again: every entry hashed, every tile, the frontier
 * and the newest checkpoint's size and root compared. *entries counts.
 *
 * HL_EDAMAGED  detail says where. */
HL_MUST_USE hl_err journal_verify(struct store_txn *txn,
                                  const struct journal *journal,
                                  uint64_t *entries, struct hl_detail *detail);

#endif
