/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_STORE_KEY_H
#define HL_NODE_STORE_KEY_H

/* Keys of the store's tables, built front to back: fixed layout, big-endian,
 * so that their order is the order of the numbers in them. What varies in
 * length comes last. Plain memory, pure, any thread. */

#include "node/store/store.h"
#include "protocol/base/hash.h"

struct store_key {
    uint8_t data[STORE_KEY_MAX_BYTES];
    size_t size;
};

/* Each appends; asserts that it fits. An all-zero key is empty. */
void key_u8(struct store_key *key, uint8_t value);
void key_u32(struct store_key *key, uint32_t value);
void key_u64(struct store_key *key, uint64_t value);
void key_bytes(struct store_key *key, struct bytes value);

/* Borrowed; dies with the key. */
struct bytes key_view(const struct store_key *key);

/* STORE_META: one row each. The names are two bytes and never given to
 * another row. */
enum store_meta {
    STORE_META_FORMAT,      /* u32: STORE_FORMAT; written by store_open() */
    STORE_META_JOURNALS,    /* u32: how many numbers are given to journals */
    STORE_META_IDENTITY,    /* whose store it is: the node's to fill */
    STORE_META_GENERATION,  /* u8: which tables of projections are in use */
    STORE_META_PROJECTIONS, /* how they were built: the node's to fill */
    STORE_META_SPREAD,      /* never there after a commit: store_spread() */
    STORE_META_WORDS,  /* u64, hash: cosignatures made; node/sync/words.h */
    STORE_META_BACKUP, /* this is a backup; node/backup/ */
    STORE_META_SCRUB,  /* how the last scrub ended; node/scrub/ */
};
struct store_key key_meta(enum store_meta row);

/* STORE_ORIGINS */
struct store_key key_origin(struct bytes name);
/* STORE_JOURNALS */
struct store_key key_journal(uint32_t number);
/* STORE_ENTRIES */
struct store_key key_entry(uint32_t number, uint64_t index);
/* STORE_TILES */
struct store_key key_tile(uint32_t number, uint8_t level, uint64_t place);
/* STORE_CHECKPOINTS */
struct store_key key_checkpoint(uint32_t number, uint8_t kind);
/* STORE_CHARTERS */
struct store_key key_charter(uint64_t version, const struct hl_hash *hash);
/* STORE_EVIDENCE */
struct store_key key_evidence(const struct hl_hash *hash);
/* STORE_CUTS; the cuts of one journal are counted from 0 */
struct store_key key_cut(uint32_t number, uint32_t cut);
/* STORE_CUT_ENTRIES */
struct store_key key_cut_entry(uint32_t number, uint32_t cut, uint64_t index);

#endif
