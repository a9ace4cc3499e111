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

/* Parts, appended to a key that began as all zero. A number keeps its place in
 * the order only behind parts of fixed length, and bytes only at the end. They
 * fit (assert). */
void key_u8(struct store_key *key, uint8_t value);
void key_u16(struct store_key *key, uint16_t value);
void key_u32(struct store_key *key, uint32_t value);
void key_u64(struct store_key *key, uint64_t value);
void key_part(struct store_key *key, struct bytes part);

/* Borrows the key, which stays where it is as long. */
struct bytes key_view(const struct store_key *key);

/* STORE_META: a row by its name: "format" (u32), "origins" (u32, numbers given
 * so far), "generation" (u8, the living one). */
struct store_key key_meta(const char *name);

/* STORE_JOURNALS, and what begins every other key that names a journal. */
struct store_key key_journal(uint32_t number);
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
