/* SPDX-License-Identifier: Apache-2.0 */

/* Tile paths and bundles: what is read is written back byte for byte, so each
 * tile has one path and each bundle one form. The input is tried as both. */

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

static void check_bundle(struct bytes input)
{
    struct bundle bundle;
    struct hl_detail detail = {0};
    if (bundle_read(input, &bundle, &detail) != HL_OK) {
        HL_ASSERT(detail.where == HL_AT_OFFSET);
        HL_ASSERT(detail.at <= input.size);
        return;
    }
    HL_ASSERT(bundle.count >= 1 && bundle.count <= TILE_WIDTH);
    struct writer raw = {0};
    for (size_t i = 0; i < bundle.count; i++) {
        bundle_write(bundle.entries[i], &raw);
    }
    HL_ASSERT(bytes_equal(writer_view(&raw), input));
    writer_fini(&raw);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_path(bytes_of(data, size));
    check_bundle(bytes_of(data, size));
    return 0;
}
