/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/identity/pem.h"

#include <string.h>

#include "tests/support/support.h"

#define BEGIN "-----BEGIN X-----\n"
#define END "-----END X-----\n"

static hl_err first_block(const char *text, struct pem_block *block,
                          struct writer *der, struct hl_detail *detail)
{
    struct lines lines;
    lines_init(&lines, bytes_of_text(text));
    return pem_next(&lines, block, der, detail);
}

static void blocks_are_found_among_other_text(void **state)
{
    (void)state;
    struct lines lines;
    lines_init(&lines, bytes_of_text("subject: somebody\r\n" BEGIN "AAEC\r\n"
                                     "Aw==\r\n" END "more\n"
                                     "-----BEGIN Y Z-----\n"
                                     "-----END Y Z-----"));
    struct pem_block block = {0};
    struct writer der = {0};
    assert_ok(pem_next(&lines, &block, &der, NULL));
    assert_string_equal(block.label, "X");
    assert_int_equal(block.line, 2);
    assert_true(bytes_equal(writer_view(&der), bytes_of("\0\1\2\3", 4)));
    assert_ok(pem_next(&lines, &block, &der, NULL));
    assert_string_equal(block.label, "Y Z");
    assert_int_equal(der.size, 4);
    assert_ok(pem_next(&lines, &block, &der, NULL));
    assert_string_equal(block.label, "");
    writer_fini(&der);
}

static void what_is_not_strict_is_named_by_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t line;
    } cases[] = {
        {"-----BEGIN X----\n", 1},
        {"-----BEGIN -----\n", 1},
        {"a\n" BEGIN "AAEC\n", 2},
        {BEGIN "AAEC\n-----END Y-----\n", 3},
        {BEGIN "AAEC\n-----END X----\n", 3},
        {BEGIN "AAE\n" END, 2},
        {BEGIN "AA==\nAAEC\n" END, 3},
        {BEGIN "\nAAEC\n" END, 2},
        {BEGIN " AAEC\n" END, 2},
        {BEGIN "Proc-Type: 4,ENCRYPTED\n\nAAEC\n" END, 2},
        {BEGIN "AB==\n" END, 2},
        {BEGIN BEGIN END, 2},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pem_block block = {0};
        struct writer der = {0};
        struct hl_detail detail = {0};
        assert_err(first_block(cases[i].text, &block, &der, &detail),
                   HL_EMALFORMED);
        assert_int_equal(detail.where, HL_AT_LINE);
        assert_int_equal(detail.at, cases[i].line);
        assert_int_equal(der.size, 0);
        writer_fini(&der);
    }
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    for (size_t size = 0; size < 200; size++) {
        uint8_t content[200];
        rng_fill(&rng, content, size);
        struct writer text = {0}, der = {0};
        pem_write("A KEY", bytes_of(content, size), &text);
        writer_u8(&text, 0);
        struct pem_block block = {0};
        assert_ok(first_block((const char *)text.data, &block, &der, NULL));
        assert_true(bytes_equal(writer_view(&der), bytes_of(content, size)));
        writer_fini(&text);
        writer_fini(&der);
    }
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_found_among_other_text),
        cmocka_unit_test(what_is_not_strict_is_named_by_its_line),
        cmocka_unit_test(what_is_written_is_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
