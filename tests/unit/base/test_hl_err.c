/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/base/hl_err.h"

#include <string.h>

#include "tests/support/support.h"

static void exit_codes_are_unique_and_leave_the_shell_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < HL_ERR_COUNT; i++) {
        int code = hl_err_exit((hl_err)i);
        assert_true(code != 1 && code >= 0 && code < 126);
        for (int k = 0; k < i; k++) {
            assert_int_not_equal(code, hl_err_exit((hl_err)k));
            assert_string_not_equal(hl_err_text((hl_err)i),
                                    hl_err_text((hl_err)k));
        }
    }
    assert_int_equal(hl_err_exit(HL_OK), 0);
    assert_int_equal(hl_err_grpc(HL_OK), GRPC_OK);
}

static void a_detail_says_where_and_why(void **state)
{
    (void)state;
    struct hl_detail detail;
    assert_err(hl_fail_line(&detail, 3, HL_EMALFORMED, "size '%s'", "x"),
               HL_EMALFORMED);
    assert_int_equal(detail.where, HL_AT_LINE);
    assert_int_equal(detail.at, 3);
    assert_string_equal(detail.text, "size 'x'");
    assert_err(hl_fail_at(&detail, 9, HL_ELIMIT, "too long"), HL_ELIMIT);
    assert_int_equal(detail.where, HL_AT_OFFSET);
    assert_int_equal(detail.at, 9);
    assert_err(hl_fail(NULL, HL_EIO, "nobody asked"), HL_EIO);
}

static void a_detail_cuts_and_cleans_foreign_text(void **state)
{
    (void)state;
    char longer[1000];
    memset(longer, 'x', sizeof(longer));
    longer[0] = '\033';
    longer[999] = '\0';
    struct hl_detail detail;
    assert_err(hl_fail(&detail, HL_EIO, "%s", longer), HL_EIO);
    assert_int_equal(strlen(detail.text), HL_DETAIL_TEXT_BYTES - 1);
    assert_int_equal(detail.text[0], '?');
    assert_err(hl_fail(&detail, HL_EIO,
                       "a\xc2\x9b"
                       "b\xe2\x80\xae"
                       "c\x7f\xe6\xb2\xb3 \xe2\x80\x94"),
               HL_EIO);
    assert_string_equal(detail.text, "a??b???c?\xe6\xb2\xb3 \xe2\x80\x94");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exit_codes_are_unique_and_leave_the_shell_its_own),
        cmocka_unit_test(a_detail_says_where_and_why),
        cmocka_unit_test(a_detail_cuts_and_cleans_foreign_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
