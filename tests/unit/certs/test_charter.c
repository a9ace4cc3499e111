/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/charter/charter.h"

#include <stdio.h>
#include <string.h>

#include "protocol/base/text.h"
#include "tests/unit/certs/charter_world.h"

static struct world world;
static struct charter model;
static struct writer model_text;

static int set_up(void **state)
{
    (void)state;
    world_init(&world, "charter");
    world_charter(&world, &model);
    writer_init(&model_text);
    charter_write(&model, &model_text);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    writer_fini(&model_text);
    charter_fini(&model);
    world_fini(&world);
    return 0;
}

static hl_err parse(struct bytes text, struct charter *out,
                    struct hl_detail *detail)
{
    struct writer raw = {0};
    writer_bytes(&raw, text);
    writer_text(&raw, "\n");
    hl_err err = charter_parse(writer_view(&raw), out, detail);
    writer_fini(&raw);
    return err;
}

static void what_is_written_is_read_back_to_the_byte(void **state)
{
    (void)state;
    struct charter back = {0};
    struct writer again = {0};
    assert_ok(parse(writer_view(&model_text), &back, NULL));
    charter_write(&back, &again);
    assert_true(bytes_equal(writer_view(&again), writer_view(&model_text)));
    assert_int_equal(back.node_count, 3);
    assert_string_equal(back.nodes[2].id, "zhengzhou");
    assert_int_equal(back.nodes[2].key_count, 3);
    struct hl_hash hash = hash_bytes(writer_view(&model_text));
    assert_true(hash_equal(&back.hash, &hash));
    writer_fini(&again);
    charter_fini(&back);
}

static void every_kind_of_line_survives(void **state)
{
    (void)state;
    struct charter draft = {0};
    struct charter back = {0};
    struct writer text = {0};
    struct writer again = {0};
    world_successor(&model, &draft);
    struct charter_node *node = &draft.nodes[1];
    struct charter_journal_key key = node->journal_keys[0];
    key.succession = CHARTER_REPLACE;
    key.from.size = 9;
    key.from.root = hash_bytes(bytes_of_text("nine"));
    key.vkey = world_key(&world, "zhongyuan.example/luoyang", VKEY_ED25519);
    assert_ok(charter_add_journal_key(node, &key, NULL));
    node->has_keepers_from = true;
    node->keepers_from = key.from;
    draft.nodes[0].roles[CHARTER_CLEARING].ended = true;
    draft.nodes[0].roles[CHARTER_CLEARING].end = key.from;
    draft.nodes[0].roles[CHARTER_COORDINATOR].granted = true;
    charter_write(&draft, &text);
    struct hl_detail detail = {0};
    assert_ok(parse(writer_view(&text), &back, &detail));
    charter_write(&back, &again);
    assert_true(bytes_equal(writer_view(&again), writer_view(&text)));
    assert_int_equal(back.version, 2);
    assert_true(back.nodes[1].has_keepers_from);
    assert_true(back.nodes[0].roles[CHARTER_CLEARING].ended);
    writer_fini(&again);
    writer_fini(&text);
    charter_fini(&draft);
    charter_fini(&back);
}

/* The model's text with line `number` (from 1) replaced by `with`, which may
 * be several lines or, if NULL, none. */
static void replace_line(uint64_t number, const char *with, struct writer *out)
{
    struct lines lines;
    struct bytes line;
    lines_init(&lines, writer_view(&model_text));
    while (lines_next(&lines, &line)) {
        if (lines.number != number) {
            writer_format(out, "%.*s\n", BYTES_ARGS(line));
        } else if (with != NULL) {
            writer_format(out, "%s\n", with);
        }
    }
}

/* The number of the n-th line (from 0) that begins with the text. */
static uint64_t line_with(const char *start, size_t n)
{
    struct lines lines;
    struct bytes line;
    lines_init(&lines, writer_view(&model_text));
    while (lines_next(&lines, &line)) {
        if (line.size >= strlen(start) &&
            memcmp(line.data, start, strlen(start)) == 0 && n-- == 0) {
            return lines.number;
        }
    }
    fail_msg("no line begins with '%s'", start);
    return 0;
}

/* The model's text with a line put in before line `number`. */
static void insert_line(uint64_t number, const char *line, struct writer *out)
{
    struct lines lines;
    struct bytes each;
    lines_init(&lines, writer_view(&model_text));
    while (lines_next(&lines, &each)) {
        if (lines.number == number) {
            writer_format(out, "%s\n", line);
        }
        writer_format(out, "%.*s\n", BYTES_ARGS(each));
    }
}

static void unknown_lines_are_kept_at_the_end_of_their_block(void **state)
{
    (void)state;
    static const char *const strange[] = {
        "later-thing with words", "policy later-policy 4",
        "role luoyang auditor", "key luoyang witness a b c",
        "role-ended luoyang auditor 3 x"};
    const uint64_t blocks[] = {line_with("node jinan", 0),
                               line_with("node luoyang", 0),
                               line_with("node zhengzhou", 0)};
    for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
        for (size_t k = 0; k < 3; k++) {
            struct writer text = {0}, again = {0};
            struct charter back = {0};
            struct hl_detail detail = {0};
            insert_line(blocks[k], strange[i], &text);
            hl_err err = parse(writer_view(&text), &back, &detail);
            if (err != HL_OK) {
                fail_msg("%s: %s", strange[i], detail.text);
            }
            const struct charter_unknown *kept =
                k == 0 ? &back.unknown : &back.nodes[k - 1].unknown;
            assert_int_equal(kept->count, 1);
            assert_string_equal(kept->lines[0], strange[i]);
            assert_true(charter_is_unknown(&back, bytes_of_text(strange[i])));
            charter_write(&back, &again);
            assert_true(bytes_equal(writer_view(&again), writer_view(&text)));
            charter_fini(&back);
            writer_fini(&text);
            writer_fini(&again);
        }
    }
}

/* Nothing that might be taken for a line of ours, or hide what it is, passes
 * as an unknown one. */
static void what_only_looks_like_a_line_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "5",
        "Ended jinan 5 x",
        "ended\xc2\xa0jinan 5 x",
        "later \xe2\x80\xae thing",
        "later \xc2\x9b thing",
        "later\tthing",
        "later thing ",
        "later  thing",
        "later 1 2 3 4 5 6 7 8 9  10",
        "later 1 2 3 4 5 6 7 8 9 10 ",
        "-later thing",
        "1later thing",
        "later.thing",
        "heluo charter v1",
    };
    uint64_t end_of_top = line_with("node jinan", 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct writer text = {0};
        struct charter back = {0};
        insert_line(end_of_top, bad[i], &text);
        assert_err(parse(writer_view(&text), &back, NULL), HL_EMALFORMED);
        writer_fini(&text);
    }
    /* Nor does an unknown line stand above what is known of its block: a
     * second line that is a number would make a checkpoint of a charter. */
    for (uint64_t number = 2; number < end_of_top; number++) {
        struct writer text = {0};
        struct charter back = {0};
        insert_line(number, "later thing", &text);
        assert_err(parse(writer_view(&text), &back, NULL), HL_EMALFORMED);
        writer_fini(&text);
    }
}

static void a_wrong_line_is_named_with_its_number(void **state)
{
    (void)state;
    const char *root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    char ended[200];
    char half[200];
    snprintf(ended, sizeof(ended), "ended jinan 5 %s", root);
    snprintf(half, sizeof(half), "role-ended jinan clearing 0 %s", root);
    const struct {
        const char *start;
        const char *with;
        hl_err err;
    } cases[] = {
        {"heluo charter", "heluo charter v2", HL_EMALFORMED},
        {"alliance", "alliance Zhongyuan", HL_EMALFORMED},
        {"alliance", "alliance a b", HL_EMALFORMED},
        {"alliance", "version 1", HL_EMALFORMED},
        {"version", "version 0", HL_EMALFORMED},
        {"version", "version 01", HL_EMALFORMED},
        {"version", "version 2", HL_EMALFORMED},
        {"previous", "previous nothing", HL_EMALFORMED},
        {"previous", NULL, HL_EMALFORMED},
        {"threshold", "threshold x", HL_EMALFORMED},
        {"threshold", "threshold 33", HL_EMALFORMED},
        {"coordinator", "coordinator li", HL_EMALFORMED},
        {"policy clearing", "policy clearing-period-days 0", HL_EMALFORMED},
        {"policy clearing", "policy clearing-period-days 367", HL_EMALFORMED},
        {"policy clearing", NULL, HL_EMALFORMED},
        {"node luoyang", "node Luoyang 410300", HL_EMALFORMED},
        {"node luoyang", "node luoyang 990300", HL_EMALFORMED},
        {"node luoyang", "node luoyang 41030", HL_EMALFORMED},
        {"node luoyang", "node jinan 410300", HL_EDUPNODE},
        {"node luoyang", "node anyang 410500", HL_EMALFORMED},
        {"node luoyang", "node coordinator 410300", HL_EMALFORMED},
        {"endpoint luoyang", "endpoint luoyang nowhere", HL_EMALFORMED},
        {"endpoint luoyang", "endpoint jinan a.b:1", HL_EMALFORMED},
        {"keepers luoyang", "keepers luoyang 0 jinan", HL_EMALFORMED},
        {"keepers luoyang", "keepers luoyang 8 jinan", HL_EMALFORMED},
        {"keepers luoyang", "keepers luoyang 2 a b c d e f g h", HL_EMALFORMED},
        {"key luoyang mirror", "key luoyang mirror x - y", HL_EMALFORMED},
        {"key luoyang encryption",
         "key luoyang encryption 2026-01-01T00:00:00Z 2026-01-01T00:00:00Z "
         "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
         HL_EMALFORMED},
        {"key luoyang encryption",
         "key luoyang encryption 2026-01-01T00:00:00Z - "
         "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=",
         HL_EMALFORMED},
        {"journal-key luoyang", "journal-key luoyang second 0 x y",
         HL_EMALFORMED},
        {"role jinan", "role jinan", HL_EMALFORMED},
        {"role jinan", half, HL_EMALFORMED},
        {"role jinan", ended, HL_EMALFORMED},
        {"role jinan", "", HL_EMALFORMED},
        {"role jinan", "role  jinan clearing", HL_EMALFORMED},
        {"role jinan", "role jinan clearing ", HL_EMALFORMED},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct writer text = {0};
        struct charter back = {0};
        struct hl_detail detail = {0};
        uint64_t number = line_with(cases[i].start, 0);
        replace_line(number, cases[i].with, &text);
        hl_err err = parse(writer_view(&text), &back, &detail);
        if (err != cases[i].err || detail.where != HL_AT_LINE ||
            detail.at < number || detail.at > number + 1) {
            fail_msg("'%s': %s, line %u of %u: %s", cases[i].with,
                     hl_err_name(err), (unsigned)detail.at, (unsigned)number,
                     detail.text);
        }
        writer_fini(&text);
    }
}

static void known_lines_have_one_order(void **state)
{
    (void)state;
    struct lines lines;
    struct bytes line = {0};
    size_t total = 0;
    lines_init(&lines, writer_view(&model_text));
    while (lines_next(&lines, &line)) {
        total++;
    }
    /* Any two neighbours swapped, or any line said twice, is refused. */
    for (size_t at = 1; at <= 2 * total - 1; at++) {
        struct writer text = {0};
        struct bytes held = {0};
        bool twice = at > total;
        uint64_t number = twice ? at - total : at;
        lines_init(&lines, writer_view(&model_text));
        while (lines_next(&lines, &line)) {
            if (lines.number == number && !twice && number < total) {
                held = line;
                continue;
            }
            writer_format(&text, "%.*s\n", BYTES_ARGS(line));
            if (lines.number == number && twice) {
                writer_format(&text, "%.*s\n", BYTES_ARGS(line));
            }
            if (held.size > 0) {
                writer_format(&text, "%.*s\n", BYTES_ARGS(held));
                held.size = 0;
            }
        }
        struct charter back = {0};
        bool same = bytes_equal(writer_view(&text), writer_view(&model_text));
        hl_err err = parse(writer_view(&text), &back, NULL);
        if ((err == HL_OK) != same) {
            fail_msg("line %u of %u (twice: %d): %s", (unsigned)number,
                     (unsigned)total, twice, hl_err_name(err));
        }
        charter_fini(&back);
        writer_fini(&text);
    }
}

static void a_node_is_added_once(void **state)
{
    (void)state;
    struct charter_node *node = NULL;
    assert_err(charter_add_node(&model, bytes_of_text("luoyang"), &node, NULL),
               HL_EDUPNODE);
    assert_null(charter_find_node(&model, bytes_of_text("luo")));
    assert_string_equal(charter_find_node(&model, bytes_of_text("luoyang"))->id,
                        "luoyang");
}

static void a_journal_key_is_accepted_where_the_charter_says(void **state)
{
    (void)state;
    struct charter_journal_key keys[] = {
        {.succession = CHARTER_FIRST, .from = {.size = 0}},
        {.succession = CHARTER_ROTATE, .from = {.size = 10}},
        {.succession = CHARTER_REPLACE, .from = {.size = 20}},
        {.succession = CHARTER_ROTATE, .from = {.size = 30}}};
    struct charter_node node = {.journal_keys = keys, .journal_key_count = 4};
    static const struct {
        size_t key;
        uint64_t size;
        bool good;
    } cases[] = {
        {0, 0, true},   {0, 11, true}, {0, 20, true},   {0, 21, false},
        {1, 9, false},  {1, 10, true}, {1, 20, true},   {1, 21, false},
        {2, 19, false}, {2, 20, true}, {2, 1000, true}, {3, 29, false},
        {3, 30, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(charter_accepts(&node, cases[i].key, cases[i].size),
                         cases[i].good);
    }
}

static void a_key_is_in_force_in_its_time(void **state)
{
    (void)state;
    struct charter_key keys[] = {
        {.purpose = CHARTER_MIRROR, .from_s = 10, .until_s = 20},
        {.purpose = CHARTER_MIRROR, .from_s = 15, .until_s = CHARTER_NO_END},
        {.purpose = CHARTER_ENCRYPTION, .from_s = 0, .until_s = 5}};
    struct charter_node node = {.keys = keys, .key_count = 3};
    assert_null(charter_key_at(&node, CHARTER_MIRROR, 9));
    assert_ptr_equal(charter_key_at(&node, CHARTER_MIRROR, 10), &keys[0]);
    assert_ptr_equal(charter_key_at(&node, CHARTER_MIRROR, 15), &keys[1]);
    assert_ptr_equal(charter_key_at(&node, CHARTER_ENCRYPTION, 4), &keys[2]);
    assert_null(charter_key_at(&node, CHARTER_ENCRYPTION, 5));
    assert_null(charter_key_at(&node, CHARTER_SM2, 4));
}

static void endpoints_and_regions_have_a_form(void **state)
{
    (void)state;
    static const char *const good[] = {"a.b:1", "10.0.0.1:65535", "[::1]:7443",
                                       "localhost:80"};
    static const char *const bad[] = {"",       "a.b",     "a.b:",    ":80",
                                      "a.b:0",  "a:65536", "a:080",   "A.b:1",
                                      "::1:80", "[]:80",   "[g::]:1", "a b:1"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(charter_endpoint_valid(bytes_of_text(good[i])));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(charter_endpoint_valid(bytes_of_text(bad[i])));
    }
    assert_true(charter_region_valid(bytes_of_text("419001")));
    assert_false(charter_region_valid(bytes_of_text("000000")));
    assert_false(charter_region_valid(bytes_of_text("4101000")));
    assert_false(charter_region_valid(bytes_of_text("41010a")));
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back_to_the_byte),
        cmocka_unit_test(every_kind_of_line_survives),
        cmocka_unit_test(unknown_lines_are_kept_at_the_end_of_their_block),
        cmocka_unit_test(what_only_looks_like_a_line_is_refused),
        cmocka_unit_test(a_wrong_line_is_named_with_its_number),
        cmocka_unit_test(known_lines_have_one_order),
        cmocka_unit_test(a_node_is_added_once),
        cmocka_unit_test(a_journal_key_is_accepted_where_the_charter_says),
        cmocka_unit_test(a_key_is_in_force_in_its_time),
        cmocka_unit_test(endpoints_and_regions_have_a_form),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
