/* SPDX-License-Identifier: Apache-2.0 */

/* Tile paths: what is read is written back byte for byte, so each tile has one
 * path. */

#include "protocol/base/hl_assert.h"
#include "protocol/tree/tile.h"
#include "tests/fuzz/fuzz.h"

static void check_path(struct bytes input)
{
    struct tile tile = {0};
    struct hl_detail detail = {0};
    if (tile_path_parse(input, &tile, &detail) != HL_OK) {
        HL_ASSERT(detail.where == HL_AT_OFFSET);
        HL_ASSERT(detail.at <= input.size);
        HL_ASSERT(detail.text[0] != '\0');
        return;
    }
    HL_ASSERT(tile.level <= TILE_LEVEL_MAX);
    HL_ASSERT(tile.index <= TILE_INDEX_MAX);
    HL_ASSERT(tile.width >= 1 && tile.width <= TILE_WIDTH);
    struct writer path = {0};
    tile_path_write(&tile, &path);
    HL_ASSERT(bytes_equal(writer_view(&path), input));
    writer_fini(&path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_path(bytes_of(data, size));
    return 0;
}
