/* SPDX-License-Identifier: Apache-2.0 */

/* The verdict on a node, and the error that it comes to. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/cli/status_text.h"
#include "tests/support/support.h"

static void assert_verdict(const Heluo__V1__NodeStatusResponse *status,
                           enum lang lang, const char *wanted)
{
    char *out = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&out, &size);
    assert_non_null(file);
    status_print_verdict(status, lang, file);
    fclose(file);
    assert_string_equal(out, wanted);
    free(out);
}

static Heluo__V1__NodeProblem problem(const char *code, bool urgent)
{
    Heluo__V1__NodeProblem made = HELUO__V1__NODE_PROBLEM__INIT;
    made.code = (char *)(uintptr_t)code;
    made.text_en = "what to do";
    made.text_zh = "怎么办";
    made.urgent = urgent;
    return made;
}

static void a_node_without_problems_is_ok(void **state)
{
    (void)state;
    Heluo__V1__NodeStatusResponse status =
        HELUO__V1__NODE_STATUS_RESPONSE__INIT;
    status.writable = true;
    assert_verdict(&status, LANG_EN, "OK\n");
    assert_verdict(&status, LANG_ZH, "正常\n");
    assert_err(status_error(&status), HL_OK);
}

static void an_urgent_problem_comes_before_others(void **state)
{
    (void)state;
    Heluo__V1__NodeStatusResponse status =
        HELUO__V1__NODE_STATUS_RESPONSE__INIT;
    Heluo__V1__NodeProblem first = problem("cert", false);
    Heluo__V1__NodeProblem second = problem("HL_ECRL", true);
    Heluo__V1__NodeProblem *problems[] = {&first, &second};
    first.text_en = "later";
    status.writable = true;
    status.n_problems = 2;
    status.problems = problems;
    assert_verdict(&status, LANG_EN, "ATTENTION: what to do\n");
    assert_verdict(&status, LANG_ZH, "注意：怎么办\n");
    assert_err(status_error(&status), HL_OK);
}

static void a_refusal_comes_to_the_error_that_it_names(void **state)
{
    (void)state;
    Heluo__V1__NodeStatusResponse status =
        HELUO__V1__NODE_STATUS_RESPONSE__INIT;
    Heluo__V1__NodeProblem notice = problem("HL_ECRL", false);
    Heluo__V1__NodeProblem urgent = problem("HL_EFULL", true);
    Heluo__V1__NodeProblem *problems[] = {&notice, &urgent};
    status.refusal = "something";
    assert_verdict(&status, LANG_EN, "WRITES REFUSED: something\n");
    assert_verdict(&status, LANG_ZH, "拒绝写入：something\n");
    assert_err(status_error(&status), HL_EBUSY);
    status.n_problems = 2;
    status.problems = problems;
    assert_err(status_error(&status), HL_EFULL);
    assert_verdict(&status, LANG_ZH, "拒绝写入：怎么办\n");
    status.refusal = "HL_EMARK: the mark is behind";
    assert_err(status_error(&status), HL_EMARK);
    status.refusal = "HL_OK";
    assert_err(status_error(&status), HL_EFULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_without_problems_is_ok),
        cmocka_unit_test(an_urgent_problem_comes_before_others),
        cmocka_unit_test(a_refusal_comes_to_the_error_that_it_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
