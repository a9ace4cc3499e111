/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tree/tile.h"

#include "tests/support/support.h"
#include <inttypes.h>

static const struct {
    const char *path;
    struct tile tile;
} paths[] = {
    {"tile/0/000", {TILE_HASHES, 0, 0, 256}},
    {"tile/0/005", {TILE_HASHES, 0, 5, 256}},
    {"tile/0/999", {TILE_HASHES, 0, 999, 256}},
    {"tile/0/x001/000", {TILE_HASHES, 0, 1000, 256}},
    {"tile/0/x001/x234/067", {TILE_HASHES, 0, 1234067, 256}},
    {"tile/0/273.p/112", {TILE_HASHES, 0, 273, 112}},
    {"tile/1/001.p/17", {TILE_HASHES, 1, 1, 17}},
    {"tile/2/000.p/1", {TILE_HASHES, 2, 0, 1}},
    {"tile/7/000.p/127", {TILE_HASHES, 7, 0, 127}},
    {"tile/63/000.p/255", {TILE_HASHES, 63, 0, 255}},
    {"tile/entries/000", {TILE_ENTRIES, 0, 0, 256}},
    {"tile/entries/x001/x234/067", {TILE_ENTRIES, 0, 1234067, 256}},
    {"tile/entries/x273/112.p/255", {TILE_ENTRIES, 0, 273112, 255}},
    {"tile/0/x036/x028/x797/x018/x963/967.p/1",
     {TILE_HASHES, 0, TILE_INDEX_MAX, 1}},
};

static void a_path_reads_back_as_the_tile_it_was_written_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct writer text = {0};
        tile_path_write(&paths[i].tile, &text);
        assert_true(bytes_equal_text(writer_view(&text), paths[i].path));
        struct tile tile = {0};
        assert_ok(tile_path_parse(writer_view(&text), &tile, NULL));
        assert_int_equal(tile.kind, paths[i].tile.kind);
        assert_int_equal(tile.level, paths[i].tile.level);
        assert_int_equal(tile.index, paths[i].tile.index);
        assert_int_equal(tile.width, paths[i].tile.width);
        writer_fini(&text);
    }
}

static void any_other_path_is_refused_at_its_wrong_part(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        uint64_t at;
    } bad[] = {
        {"", 0},
        {"/tile/0/000", 0},
        {"Tile/0/000", 0},
        {"tile", 4},
        {"tile/", 5},
        {"tile//000", 5},
        {"tile/64/000", 5},
        {"tile/00/000", 5},
        {"tile/-1/000", 5},
        {"tile/data/000", 5},
        {"tile/8/0/000", 7},
        {"tile/0", 6},
        {"tile/0/", 7},
        {"tile/0/0", 7},
        {"tile/0/0000", 7},
        {"tile/0/00a", 7},
        {"tile/0/x000/005", 7},
        {"tile/0/X001/000", 7},
        {"tile/0/x1/000", 7},
        {"tile/0/x0001/000", 7},
        {"tile/0/x/000", 7},
        {"tile/0/x001", 11},
        {"tile/0/x001/", 12},
        {"tile/0/001/000", 11},
        {"tile/0/x036/x028/x797/x018/x963/968", 32},
        {"tile/0/x001/x000/x000/x000/x000/x000/000", 32},
        {"tile/0/000.p", 12},
        {"tile/0/000.p/", 13},
        {"tile/0/000.p/0", 13},
        {"tile/0/000.p/01", 13},
        {"tile/0/000.p/256", 13},
        {"tile/0/000.P/1", 7},
        {"tile/0/000.p1", 7},
        {"tile/0/x001.p/1", 7},
        {"tile/0/000.p/1/", 15},
        {"tile/0/000.p/1/2", 15},
        {"tile/0/000.p/1 ", 13},
        {"tile/0/000 ", 7},
        {"tile/0/000\n", 7},
        {"tile/0/000/", 11},
        {"tile/entries/000/", 17},
        {"tile/entries/0/000", 13},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct tile tile = {.index = 77};
        struct hl_detail detail = {0};
        assert_err(tile_path_parse(bytes_of_text(bad[i].path), &tile, &detail),
                   HL_EMALFORMED);
        if (detail.where != HL_AT_OFFSET || detail.at != bad[i].at ||
            tile.index != 77) {
            fail_msg("\"%s\": offset %" PRIu64 ", %s", bad[i].path, detail.at,
                     detail.text);
        }
    }
}

static void a_size_has_its_full_tiles_and_one_partial_one(void **state)
{
    (void)state;
    static const struct {
        uint64_t size;
        unsigned level;
        uint64_t count;
        unsigned last_width;
    } cases[] = {
        {70000, 0, 274, 112},   {70000, 1, 2, 17},
        {70000, 2, 1, 1},       {70000, 3, 0, 0},
        {256, 0, 1, 256},       {256, 1, 1, 1},
        {255, 0, 1, 255},       {255, 1, 0, 0},
        {257, 0, 2, 1},         {0, 0, 0, 0},
        {65536, 1, 1, 256},     {65536, 2, 1, 1},
        {INT64_MAX, 7, 1, 127}, {INT64_MAX, 0, (uint64_t)1 << 55, 255},
        {INT64_MAX, 8, 0, 0},   {INT64_MAX, 63, 0, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t count = tile_count(cases[i].level, cases[i].size);
        assert_int_equal(count, cases[i].count);
        assert_int_equal(tile_width(cases[i].level, count, cases[i].size), 0);
        if (count > 0) {
            assert_int_equal(
                tile_width(cases[i].level, count - 1, cases[i].size),
                cases[i].last_width);
        }
        if (count > 1) {
            assert_int_equal(tile_width(cases[i].level, 0, cases[i].size),
                             TILE_WIDTH);
        }
    }
}

static void a_node_lies_in_the_tile_of_its_level_rounded_down(void **state)
{
    (void)state;
    static const struct {
        uint64_t level, index;
        struct tile_place place;
    } cases[] = {
        {0, 0, {0, 0, 0, 1}},     {0, 255, {0, 0, 255, 1}},
        {0, 256, {0, 1, 0, 1}},   {7, 0, {0, 0, 0, 128}},
        {7, 3, {0, 1, 128, 128}}, {3, 33, {0, 1, 8, 8}},
        {8, 1, {1, 0, 1, 1}},     {12, 17, {1, 1, 16, 16}},
        {62, 0, {7, 0, 0, 64}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct tile_place place = tile_locate(cases[i].level, cases[i].index);
        assert_int_equal(place.level, cases[i].place.level);
        assert_int_equal(place.index, cases[i].place.index);
        assert_int_equal(place.first, cases[i].place.first);
        assert_int_equal(place.count, cases[i].place.count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_reads_back_as_the_tile_it_was_written_for),
        cmocka_unit_test(any_other_path_is_refused_at_its_wrong_part),
        cmocka_unit_test(a_size_has_its_full_tiles_and_one_partial_one),
        cmocka_unit_test(a_node_lies_in_the_tile_of_its_level_rounded_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
