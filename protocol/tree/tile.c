/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tree/tile.h"

#include <inttypes.h>
#include <string.h>

#include "protocol/base/hl_assert.h"
#include "protocol/base/reader.h"
#include "protocol/base/text.h"
#include "protocol/tree/merkle.h"

enum {
    GROUP_DIGITS = 3,
    GROUP_VALUES = 1000,
    GROUPS_MAX = 6, /* TILE_INDEX_MAX has 17 digits */
};

static uint64_t hashes_on(unsigned level, uint64_t size)
{
    unsigned shift = level * TILE_HEIGHT;
    return shift < 64 ? size >> shift : 0;
}

uint64_t tile_count(unsigned level, uint64_t size)
{
    uint64_t hashes = hashes_on(level, size);
    return hashes / TILE_WIDTH + (hashes % TILE_WIDTH != 0 ? 1 : 0);
}

unsigned tile_width(unsigned level, uint64_t index, uint64_t size)
{
    uint64_t hashes = hashes_on(level, size);
    uint64_t full = hashes / TILE_WIDTH;
    if (index < full) {
        return TILE_WIDTH;
    }
    return index == full ? (unsigned)(hashes % TILE_WIDTH) : 0;
}

struct tile_place tile_locate(uint64_t level, uint64_t index)
{
    HL_ASSERT(level < 63);
    HL_ASSERT(index < MERKLE_SIZE_MAX >> level);
    unsigned within = (unsigned)(level % TILE_HEIGHT);
    uint64_t first = index << within;
    return (struct tile_place){
        .level = (unsigned)(level / TILE_HEIGHT),
        .index = first / TILE_WIDTH,
        .first = (unsigned)(first % TILE_WIDTH),
        .count = 1u << within,
    };
}

static void write_index(uint64_t index, struct writer *out)
{
    unsigned groups[GROUPS_MAX];
    size_t count = 0;
    do {
        HL_ASSERT(count < GROUPS_MAX);
        groups[count++] = (unsigned)(index % GROUP_VALUES);
        index /= GROUP_VALUES;
    } while (index > 0);
    while (count > 1) {
        writer_format(out, "x%03u/", groups[--count]);
    }
    writer_format(out, "%03u", groups[0]);
}

void tile_path_write(const struct tile *tile, struct writer *out)
{
    HL_ASSERT(tile->level <= TILE_LEVEL_MAX);
    HL_ASSERT(tile->index <= TILE_INDEX_MAX);
    HL_ASSERT(tile->width >= 1);
    HL_ASSERT(tile->width <= TILE_WIDTH);
    if (tile->kind == TILE_ENTRIES) {
        HL_ASSERT(tile->level == 0);
        writer_text(out, "tile/entries/");
    } else {
        writer_format(out, "tile/%u/", tile->level);
    }
    write_index(tile->index, out);
    if (tile->width < TILE_WIDTH) {
        writer_format(out, ".p/%u", tile->width);
    }
}

/* The text up to the next '/', which is skipped, or to the end. */
static struct bytes next_part(struct reader *in, size_t *start)
{
    *start = in->offset;
    size_t left = reader_left(in);
    struct bytes rest = bytes_slice(in->input, in->offset, left);
    const uint8_t *slash = left == 0 ? NULL : memchr(rest.data, '/', left);
    size_t size = slash == NULL ? left : (size_t)(slash - rest.data);
    struct bytes part = reader_bytes(in, size);
    if (slash != NULL) {
        reader_u8(in);
    }
    return part;
}

static hl_err parse_level(struct reader *in, struct tile *tile,
                          struct hl_detail *detail)
{
    size_t start = 0;
    struct bytes part = next_part(in, &start);
    if (!bytes_equal_text(part, "tile")) {
        return hl_fail_at(detail, start, HL_EMALFORMED,
                          "tile path: expected \"tile/\"");
    }
    part = next_part(in, &start);
    if (bytes_equal_text(part, "entries")) {
        tile->kind = TILE_ENTRIES;
        return HL_OK;
    }
    uint64_t level = 0;
    if (text_decimal(part, TILE_LEVEL_MAX, &level) != HL_OK) {
        return hl_fail_at(detail, start, HL_EMALFORMED,
                          "tile path: level: expected \"entries\" or a "
                          "decimal from 0 to %d",
                          TILE_LEVEL_MAX);
    }
    tile->kind = TILE_HASHES;
    tile->level = (unsigned)level;
    return HL_OK;
}

static bool group_value(struct bytes digits, uint64_t *value)
{
    if (digits.size != GROUP_DIGITS) {
        return false;
    }
    *value = 0;
    for (size_t i = 0; i < digits.size; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9') {
            return false;
        }
        *value = *value * 10 + (uint64_t)(digits.data[i] - '0');
    }
    return true;
}

/* The groups that begin with 'x'; gives the part that follows them. */
static hl_err parse_upper_groups(struct reader *in, struct tile *tile,
                                 struct bytes *last, size_t *start,
                                 struct hl_detail *detail)
{
    *last = next_part(in, start);
    for (size_t groups = 0; last->size > 0 && last->data[0] == 'x'; groups++) {
        uint64_t value = 0;
        bool good = groups + 1 < GROUPS_MAX &&
                    group_value(bytes_slice(*last, 1, last->size - 1), &value);
        if (!good || (groups == 0 && value == 0)) {
            return hl_fail_at(detail, *start, HL_EMALFORMED,
                              "tile path: index: expected 'x' and three "
                              "digits, the first group not x000");
        }
        tile->index = tile->index * GROUP_VALUES + value;
        *last = next_part(in, start);
    }
    return HL_OK;
}

static hl_err parse_index(struct reader *in, struct tile *tile,
                          struct hl_detail *detail)
{
    struct bytes last = {0};
    size_t start = 0;
    hl_err err = parse_upper_groups(in, tile, &last, &start, detail);
    if (err != HL_OK) {
        return err;
    }
    bool partial = last.size == GROUP_DIGITS + 2 &&
                   bytes_equal_text(bytes_slice(last, GROUP_DIGITS, 2), ".p");
    if (partial) {
        last = bytes_slice(last, 0, GROUP_DIGITS);
    }
    uint64_t value = 0;
    if (!group_value(last, &value)) {
        return hl_fail_at(detail, start, HL_EMALFORMED,
                          "tile path: index: expected three digits, then the "
                          "end or \".p/\"");
    }
    tile->index = tile->index * GROUP_VALUES + value;
    tile->width = partial ? 0 : TILE_WIDTH;
    if (tile->index > TILE_INDEX_MAX) {
        return hl_fail_at(detail, start, HL_EMALFORMED,
                          "tile path: index %" PRIu64 " is above %" PRIu64,
                          tile->index, TILE_INDEX_MAX);
    }
    return HL_OK;
}

static hl_err parse_width(struct reader *in, struct tile *tile,
                          struct hl_detail *detail)
{
    size_t start = 0;
    struct bytes part = next_part(in, &start);
    uint64_t width = 0;
    if (text_decimal(part, TILE_WIDTH - 1, &width) != HL_OK || width == 0) {
        return hl_fail_at(detail, start, HL_EMALFORMED,
                          "tile path: width: expected a decimal from 1 to %d",
                          TILE_WIDTH - 1);
    }
    tile->width = (unsigned)width;
    return HL_OK;
}

hl_err tile_path_parse(struct bytes text, struct tile *out,
                       struct hl_detail *detail)
{
    struct reader in;
    reader_init(&in, text);
    struct tile tile = {0};
    hl_err err = parse_level(&in, &tile, detail);
    if (err == HL_OK) {
        err = parse_index(&in, &tile, detail);
    }
    if (err == HL_OK && tile.width == 0) {
        err = parse_width(&in, &tile, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    /* A slash at the very end was read with the part before it. */
    if (reader_left(&in) > 0 || text.data[text.size - 1] == '/') {
        return hl_fail_at(detail, in.offset, HL_EMALFORMED,
                          "tile path: expected the end");
    }
    *out = tile;
    return HL_OK;
}
