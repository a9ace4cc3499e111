/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_PROJECTION_H
#define HL_NODE_PROJECTION_PROJECTION_H

/* Everything that is computed from journals (design section 7), inside the
 * writer's transaction. Each origin's rows are its half: a function of its
 * journal alone. Joint state and findings are functions of the halves,
 * recomputed where one changed. No clock, file or thread; the store is reached
 * through its transaction. Also returns store.h's errors, which are the only
 * ones: no entry, whatever it holds, makes it fail. */

#include "node/record/record.h"
#include "node/store/journal.h"
#include "protocol/entry/entry.h"

enum { DIGEST_EVERY_ENTRIES = 256 };

/* What an origin's half is as of a transaction. */
struct half {
    uint64_t size;  /* entries applied */
    bool paused;    /* at the entry `size`: upgrade this program */
    uint64_t rules; /* version that the journal declared; 0 until it does */
    /* The half's digest when it had digest_size entries, the newest multiple
     * of DIGEST_EVERY_ENTRIES. */
    uint64_t digest_size;
    struct hl_hash digest;
    uint64_t invalid; /* entries without effect, each a finding */
};

struct projection; /* one for the writer; holds what is open in a transaction */

struct projection *projection_create(void);
void projection_destroy(struct projection **projection);

/* The origin whose entries are applied. `own`: commands are remembered too. */
struct projection_origin {
    uint32_t number;
    struct bytes name;
    bool own;
};

/* Applies the next entry of the origin: `index` is half.size (asserts). At a
 * paused half nothing happens. raw is not the store's memory: it must outlive
 * what is put here. */
HL_MUST_USE hl_err projection_apply(struct projection *projection,
                                    struct store_txn *txn,
                                    const struct projection_origin *origin,
                                    uint64_t index, struct bytes raw,
                                    struct hl_detail *detail);

/* Brings joint state, findings and digests up to date: once before commit,
 * after the last apply of the transaction. */
HL_MUST_USE hl_err projection_settle(struct projection *projection,
                                     struct store_txn *txn,
                                     struct hl_detail *detail);

/* Joint state and findings alone: for whoever reads them before the last apply
 * of the transaction. Digests are long to bring up, and a row that changes
 * again is in them once. */
HL_MUST_USE hl_err projection_settle_joint(struct projection *projection,
                                           struct store_txn *txn,
                                           struct hl_detail *detail);

/* Appends the names of joint records that changed since the last settling, each
 * with its length (u16) before it. */
void projection_changed(const struct projection *projection,
                        struct writer *names);

/* The origins applied since then, the i-th; false past the last. Borrowed until
 * the settling. */
bool projection_applied(const struct projection *projection, size_t i,
                        struct bytes *origin);

/* Forgets what is open: after an abort, or a failed commit. */
void projection_reset(struct projection *projection);

/* Told of each blob that an entry puts or erases, while it is applied: what
 * that comes to stands in the store after the commit, or does not. */
struct projection_listener {
    void *context;
    void (*blob)(void *context, struct bytes origin, const struct hl_hash *id);
};
void projection_listen(struct projection *projection,
                       const struct projection_listener *listener);

/* As of the last settle. A half that another program paused is not paused
 * for one that knows more bodies or fields: it goes on from half.size. */
HL_MUST_USE hl_err projection_half(struct store_txn *txn, uint32_t number,
                                   struct half *out, struct hl_detail *detail);

/* The newest recorded digest of a half: at which size, and by which rules.
 * *size is 0 where there is none yet. */
HL_MUST_USE hl_err projection_digest(struct store_txn *txn, uint32_t number,
                                     uint64_t *size, uint64_t *rules,
                                     struct hl_hash *digest,
                                     struct hl_detail *detail);

/* What the digest's tree is made of at a path from its root, nibbles, as it is
 * hashed; nothing where it has no such node.
 *
 * HL_ENOTFOUND  the half does not have just `size` entries. */
HL_MUST_USE hl_err projection_digest_node(struct store_txn *txn,
                                          uint32_t number, uint64_t size,
                                          struct bytes path, struct writer *out,
                                          struct hl_detail *detail);

/* One step of finding where another node's half differs from ours. */
struct digest_step {
    bool same;
    bool below; /* at `child`, one nibble further down */
    uint8_t child;
    char record[96]; /* else: the first record that differs, for people */
};

/* Compares our node at that path with the bytes that another gave for it.
 *
 * HL_ENOTFOUND   as above.
 * HL_EMALFORMED  the bytes are no node's. */
HL_MUST_USE hl_err projection_digest_compare(
    struct store_txn *txn, uint32_t number, uint64_t size, struct bytes path,
    struct bytes theirs, struct digest_step *out, struct hl_detail *detail);

/* --- Reading ------------------------------------------------------------ */

/* A record as it stands in a half; borrows from the transaction. */
struct row {
    uint32_t number;            /* whose half */
    uint64_t first_index;       /* of the entry that first stated it */
    uint64_t index;             /* of the entry that last changed it */
    struct hl_wall recorded_at; /* of that entry */
    bool retired;
    bool released;       /* to another node: no longer this half's to state */
    struct bytes reason; /* why, if retired */
    struct bytes record; /* record_decode() reads it */
};

/* key as record_key() makes it. */
HL_MUST_USE hl_err projection_get(struct store_txn *txn,
                                  const struct record_type *type,
                                  uint32_t number, struct bytes key,
                                  struct row *row, bool *found,
                                  struct hl_detail *detail);

/* The row of that half with the smallest key above `key` (empty: the first).
 * key_out borrows from the transaction. */
HL_MUST_USE hl_err projection_next(struct store_txn *txn,
                                   const struct record_type *type,
                                   uint32_t number, struct bytes key,
                                   struct row *row, struct bytes *key_out,
                                   bool *found, struct hl_detail *detail);

/* The rows of one type of a half in the order of their keys, faster than one by
 * one. Ends before its transaction, in which nothing is put meanwhile; the rows
 * borrow from that. `from`: as record_key() makes it, or what begins it. */
struct projection_walk;
HL_MUST_USE hl_err projection_walk_open(struct store_txn *txn,
                                        const struct record_type *type,
                                        uint32_t number, struct bytes from,
                                        struct projection_walk **out,
                                        struct hl_detail *detail);
HL_MUST_USE hl_err projection_walk_next(struct projection_walk *walk,
                                        struct row *row, bool *found,
                                        struct hl_detail *detail);
void projection_walk_close(struct projection_walk **walk);

/* The halves that have a record of that key, retired ones too: the first with
 * a number above *after (NULL: the first). Only types with a joint rule
 * (units) are indexed so. */
HL_MUST_USE hl_err projection_next_home(struct store_txn *txn,
                                        const struct record_type *type,
                                        struct bytes key, const uint32_t *after,
                                        uint32_t *number, bool *found,
                                        struct hl_detail *detail);

/* The entry that a command of that caller made: index in the own journal. */
HL_MUST_USE hl_err projection_command(struct store_txn *txn,
                                      const struct command *command,
                                      uint64_t *index, bool *found,
                                      struct hl_detail *detail);

/* Whether the entry of that half had no effect. */
HL_MUST_USE hl_err projection_is_invalid(struct store_txn *txn, uint32_t number,
                                         uint64_t index, bool *invalid,
                                         struct hl_detail *detail);

/* Findings in the order of their keys, which are opaque. */
struct finding {
    const char *kind;    /* stable word; static */
    struct bytes origin; /* whose journal it is about; borrowed */
    uint64_t index;
    char subject[256]; /* cut */
    char text_en[512];
    char text_zh[512];
};
HL_MUST_USE hl_err projection_next_finding(struct store_txn *txn,
                                           struct bytes after,
                                           struct finding *out,
                                           struct writer *key, bool *found,
                                           struct hl_detail *detail);
HL_MUST_USE hl_err projection_count_findings(struct store_txn *txn,
                                             struct bytes origin,
                                             uint64_t *count,
                                             struct hl_detail *detail);

/* Every row of every table of the living generation, a line each (without a
 * LF), in an order that depends on the journals alone: origins by name, never
 * by number, so that two stores into which the same journals came in another
 * order give the same lines. For tests and operators. */
typedef void (*projection_line_fn)(void *context, struct bytes line);
HL_MUST_USE hl_err projection_dump(struct store_txn *txn,
                                   projection_line_fn line, void *context,
                                   struct hl_detail *detail);

#endif
