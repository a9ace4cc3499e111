/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_TREE_TILE_H
#define HL_PROTOCOL_TREE_TILE_H

/* Tiles of height 8 and entry bundles (c2sp.org/tlog-tiles): how a tree is cut
 * into files that never change. Hash i of tile (level, index) is the root of
 * the perfect subtree of 256^level entries that begins at entry
 * (index * 256 + i) * 256^level. What an entry bundle holds is bundle.h's
 * business, in entry/. Pure, any thread. */

#include "protocol/base/hash.h"
#include "protocol/base/hl_err.h"
#include "protocol/base/hl_limits.h"
#include "protocol/base/writer.h"

enum {
    TILE_HEIGHT = 8,
    TILE_WIDTH = 256, /* hashes of a full tile, entries of a full bundle */
    TILE_MAX_BYTES = TILE_WIDTH * HL_HASH_BYTES,
    TILE_LEVEL_MAX = 63, /* that a path may name; 2^63 - 1 entries reach 7 */
};

/* An index above this begins beyond the last entry that a tree may have. */
#define TILE_INDEX_MAX ((uint64_t)INT64_MAX / TILE_WIDTH)

enum tile_kind { TILE_HASHES, TILE_ENTRIES };

struct tile {
    enum tile_kind kind;
    unsigned level; /* 0 for TILE_ENTRIES */
    uint64_t index;
    unsigned width; /* 1 to 255 if partial, TILE_WIDTH if full */
};

/* How many tiles of this level a tree of `size` entries has, the partial one
 * at its right edge included. Level 0 also counts the bundles. */
uint64_t tile_count(unsigned level, uint64_t size);

/* How many hashes (or, on level 0, entries) that tile has in a tree of `size`
 * entries: TILE_WIDTH if full, less if partial, 0 if there is no such tile. */
unsigned tile_width(unsigned level, uint64_t index, uint64_t size);

/* Where to find a node: `count` neighbours in one tile, from the hash `first`
 * on, whose own small tree it is the root of. count is 1 for nodes whose level
 * is a multiple of 8. */
struct tile_place {
    unsigned level;
    uint64_t index;
    unsigned first;
    unsigned count;
};

/* The place of the perfect subtree [index << level, (index + 1) << level),
 * which must end at or below 2^63 - 1 (asserts). */
struct tile_place tile_locate(uint64_t level, uint64_t index);

/* Appends "tile/<level>/<index>[.p/<width>]", or "tile/entries/...", without
 * a slash in front. The tile is within the bounds above (asserts). */
void tile_path_write(const struct tile *tile, struct writer *out);

/* Reads exactly what tile_path_write() writes. Whether a tree has that tile is
 * tile_width()'s to say.
 *
 * HL_EMALFORMED  anything else; detail has the offset of the wrong part. */
HL_MUST_USE hl_err tile_path_parse(struct bytes text, struct tile *out,
                                   struct hl_detail *detail);

#endif
