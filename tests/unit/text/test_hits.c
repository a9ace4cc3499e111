/* SPDX-License-Identifier: Apache-2.0 */
#include "node/text/hits.h"

#include <string.h>

#include "protocol/base/writer.h"
#include "tests/support/support.h"

/* The part with its marks in brackets; dies with the next call. */
static const char *marked(const char *text, const char *words, size_t chars)
{
    static char shown[512];
    struct bytes list[8];
    size_t count = 0;
    while (*words != '\0') {
        size_t size = strcspn(words, ",");
        list[count++] = bytes_of(words, size);
        words += size + (words[size] == ',' ? 1 : 0);
    }
    struct hits out;
    bool found = hits_mark(bytes_of_text(text), list, count, chars, &out);
    assert_int_equal(found, out.count > 0);
    struct writer writer = {0};
    size_t at = 0;
    for (size_t i = 0; i < out.count; i++) {
        assert_true(out.marks[i].from >= at &&
                    out.marks[i].to > out.marks[i].from);
        writer_bytes(&writer,
                     bytes_slice(out.part, at, out.marks[i].from - at));
        writer_u8(&writer, '[');
        writer_bytes(&writer, bytes_slice(out.part, out.marks[i].from,
                                          out.marks[i].to - out.marks[i].from));
        writer_u8(&writer, ']');
        at = out.marks[i].to;
    }
    writer_bytes(&writer, bytes_slice(out.part, at, out.part.size - at));
    writer_u8(&writer, 0);
    assert_true(writer.size <= sizeof(shown));
    memcpy(shown, writer.data, writer.size);
    writer_fini(&writer);
    return shown;
}

static void hits_are_marked_as_they_are_written(void **state)
{
    (void)state;
    assert_string_equal(marked("掃描電子顯微鏡", "显微镜", 50),
                        "掃描電子[顯微鏡]");
    assert_string_equal(marked("ＪＥＭ－2100F 电镜", "jem 2100f,电镜", 50),
                        "[ＪＥＭ－2100F] [电镜]");
    assert_string_equal(marked("JEM2100", "jem 2100", 50), "[JEM2100]");
    assert_string_equal(marked("JEM 2100", "jem2100", 50), "[JEM 2100]");
}

static void marks_that_meet_are_one(void **state)
{
    (void)state;
    assert_string_equal(marked("扫描电镜", "扫描,描电,电镜", 50), "[扫描电镜]");
}

static void a_latin_word_is_marked_where_one_begins(void **state)
{
    (void)state;
    assert_string_equal(marked("systems of SEM, semi", "sem", 50),
                        "systems of [SEM], [sem]i");
    assert_string_equal(marked("ZVA67", "67", 50), "ZVA[67]");
}

static void the_part_shows_the_first_hit(void **state)
{
    (void)state;
    const char *text =
        "一二三四五六七八九十一二三四五六七八九十电镜在此，又有电镜";
    assert_string_equal(marked(text, "电镜", 18),
                        "九十一二三四五六七八九十[电镜]在此，又");
    assert_string_equal(marked(text, "一二", 4), "[一二]三四");
    assert_string_equal(marked(text, "没有", 4), "一二三四");
    assert_string_equal(marked("", "没有", 4), "");
    assert_string_equal(marked("电镜", "", 4), "电镜");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hits_are_marked_as_they_are_written),
        cmocka_unit_test(marks_that_meet_are_one),
        cmocka_unit_test(a_latin_word_is_marked_where_one_begins),
        cmocka_unit_test(the_part_shows_the_first_hit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
