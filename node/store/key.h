/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_STORE_KEY_H
#define HL_NODE_STORE_KEY_H

/* Keys of the store: fixed layouts, numbers big-endian, so that their order as
 * bytes is that of the numbers. One function for each. Pure, any thread. */

#include "node/store/store.h"

struct store_key {
    uint8_t bytes[STORE_KEY_MAX_BYTES];
    size_t size;
};

struct bytes store_key_view(const struct store_key *key);

enum store_meta {
    META_FORMAT = 1,     /* u32 */
    META_GENERATION = 2, /* u8: the living one */
    META_ORIGINS = 3,    /* u32: numbers given so far */
};
struct store_key key_meta(enum store_meta row);

/* STORE_JOURNALS, and what begins every other key that names an origin. */
struct store_key key_origin(uint32_t number);
/* STORE_ENTRIES: the first index of a run. */
struct store_key key_run(uint32_t number, uint64_t first);
/* STORE_TILES: row r of a level has the hashes [r * 32, r * 32 + 32). */
struct store_key key_hashes(uint32_t number, unsigned level, uint64_t row);
/* STORE_CHECKPOINTS. */
struct store_key key_checkpoint(uint32_t number, unsigned kind);

/* Whether a key begins with an origin's number; and the u64 that ends it. */
bool key_is_of(struct bytes key, uint32_t number);
uint64_t key_last_u64(struct bytes key);

#endif
