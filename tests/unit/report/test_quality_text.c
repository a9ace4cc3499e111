/* SPDX-License-Identifier: Apache-2.0 */

/* The figures as people see them. */

#include "node/cli/quality_text.h"

#include <stdio.h>
#include <string.h>

#include "node/cli/term.h"
#include "tests/support/support.h"
#include "tests/unit/report/nrii_sample.h"

enum { TEXT_BYTES = 4096 };

static void print(const struct quality_city *cities, size_t count,
                  enum lang lang, char text[TEXT_BYTES])
{
    FILE *file = fmemopen(text, TEXT_BYTES, "w");
    assert_non_null(file);
    quality_print(cities, count, lang, file);
    fclose(file);
}

static struct quality_city city(void)
{
    struct quality_city city = {.origin = "zy.example/zhengzhou"};
    struct writer scratch = {0};
    struct instrument instrument = sample_instrument();
    const struct quality_options options = {.divisor_hours = 1600,
                                            .now_ms = 1000};
    const struct quality_item item = {
        .instrument = &instrument, .changed_at_ms = 1000, .unit_known = true};
    instrument.fee = (struct bytes){0};
    quality_add(&city.figures, &options, &item, &scratch);
    city.figures.units = 1;
    city.figures.newest_ms = 1000;
    writer_fini(&scratch);
    return city;
}

static void figures_are_four_tables(void **state)
{
    (void)state;
    struct quality_city one = city();
    char text[TEXT_BYTES];
    print(&one, 1, LANG_EN, text);
    assert_string_equal(
        text,
        "CATALOGUE             INSTRUMENTS  UNITS  WORTH (10,000 YUAN)  "
        "FILLED   CODES     UNIT      WORST\n"
        "zy.example/zhengzhou  1            1      285                  "
        "96.96 %  100.00 %  100.00 %  fee 1\n"
        "\n"
        "USE                   STATED    USE      SHARING  > 50 %    > 80 %  "
        "IDLE\n"
        "zy.example/zhengzhou  100.00 %  75.03 %  33.31 %  100.00 %  0.00 %  "
        "0\n"
        "\n"
        "ORDERS                SERVED  NEW  STOPPED  NEVER  IDLE\n"
        "zy.example/zhengzhou  0       0    0        1      100.00 %\n"
        "\n"
        "FRESHNESS             NEWEST                AS OF  CHANGED\n"
        "zy.example/zhengzhou  1970-01-01T00:00:01Z  -      100.00 %\n");
}

static void columns_are_aligned_in_chinese(void **state)
{
    (void)state;
    struct quality_city cities[] = {city(), {0}};
    char text[TEXT_BYTES];
    print(cities, 2, LANG_ZH, text);
    char *lines[3] = {text, strchr(text, '\n'), NULL};
    *lines[1]++ = '\0';
    lines[2] = strchr(lines[1], '\n');
    *lines[2]++ = '\0';
    *strchr(lines[2], '\n') = '\0';
    assert_non_null(strstr(lines[1], "参考收费标准 1"));
    assert_non_null(strstr(lines[2], "合计"));
    char *heads = strstr(lines[0], "缺项最多");
    char *value = strstr(lines[1], "参考收费标准");
    assert_non_null(heads);
    *heads = *value = '\0';
    assert_int_equal(term_columns(lines[0]), term_columns(lines[1]));
}

static void a_share_of_nothing_is_none(void **state)
{
    (void)state;
    struct quality_city none = {.origin = "zy.example/luoyang"};
    char text[TEXT_BYTES];
    print(&none, 1, LANG_EN, text);
    assert_null(strstr(text, " %\n"));
    json_t *json = quality_json(&none.figures);
    assert_int_equal(json_integer_value(json_object_get(
                         json_object_get(json, "use"), "sharing_bp")),
                     0);
    json_decref(json);
}

static void sharing_is_zero_where_none_ran(void **state)
{
    (void)state;
    char text[TEXT_BYTES];
    struct quality_city one = city();
    one.figures.run_tenths = one.figures.service_tenths = 0;
    print(&one, 1, LANG_EN, text);
    assert_non_null(strstr(text, "100.00 %  0.00 %  0.00 %  "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_four_tables),
        cmocka_unit_test(columns_are_aligned_in_chinese),
        cmocka_unit_test(a_share_of_nothing_is_none),
        cmocka_unit_test(sharing_is_zero_where_none_ran),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
