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

/* --- What may be lost by partners. --------------------------------------- */

/* The lines of the status that are about it. */
static void assert_exposure(Heluo__V1__NodePeer **peers, size_t count,
                            enum lang lang, const char *wanted)
{
    char *out = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&out, &size);
    Heluo__V1__NodeStatusResponse status =
        HELUO__V1__NODE_STATUS_RESPONSE__INIT;
    status.peers = peers;
    status.n_peers = count;
    assert_non_null(file);
    status_print(&status, lang, file);
    fclose(file);
    char *begin = strstr(out, lang == LANG_ZH ? "\n风险敞口" : "\nexposure");
    char *end = strstr(out, lang == LANG_ZH ? "\n存储" : "\nstore");
    assert_non_null(end);
    end[1] = '\0';
    assert_string_equal(begin == NULL ? "" : begin + 1, wanted);
    free(out);
}

static Heluo__V1__NodePeer peer_of(const char *node, uint64_t allotted_fen)
{
    Heluo__V1__NodePeer peer = HELUO__V1__NODE_PEER__INIT;
    peer.node = (char *)(uintptr_t)node;
    peer.link = "up";
    peer.standing = "good";
    peer.allotted_fen = allotted_fen;
    return peer;
}

static void what_partners_may_cost_is_told_with_its_limits(void **state)
{
    (void)state;
    Heluo__V1__NodePeer first = peer_of("luoyang", 0);
    Heluo__V1__NodePeer second = peer_of("shandong", 500000);
    Heluo__V1__NodePeer *peers[] = {&first, &second};
    assert_exposure(peers, 1, LANG_EN, ""); /* nothing, and no limit */
    assert_exposure(peers, 2, LANG_EN,
                    "exposure     allotted ¥5000.00, unsealed ¥0.00; limits of "
                    "each partner: none and none\n"
                    "  shandong    allotted ¥5000.00; unsealed ¥0.00\n");
    first.allotted_max_fen = second.allotted_max_fen = 1000000;
    first.unsealed_max_fen = second.unsealed_max_fen = 100001;
    first.unsealed_fen = 80000;
    first.unsealed_orders = 2;
    first.unsealed_accepted_fen = 30050;
    first.unsealed_unlooked = 7;
    assert_exposure(
        peers, 2, LANG_EN,
        "exposure     allotted ¥5000.00, unsealed ¥800.00; limits of each "
        "partner: ¥10000.00 and ¥1000.01\n"
        "  shandong    allotted ¥5000.00 of ¥10000.00; unsealed ¥0.00 of "
        "¥1000.01\n"
        "  luoyang     allotted ¥0.00 of ¥10000.00; unsealed ¥800.00 of "
        "¥1000.01 for 2 orders, ¥300.50 of it accepted; 7 entries were not "
        "looked at\n");
    assert_exposure(
        peers, 2, LANG_ZH,
        "风险敞口     已授额度合计 ¥5000.00，未封存预占合计 "
        "¥800.00；每个节点上限 ¥10000.00、¥1000.01\n"
        "  shandong    已授额度 ¥5000.00（上限 ¥10000.00）；未封存预占 "
        "¥0.00（上限 ¥1000.01）\n"
        "  luoyang     已授额度 ¥0.00（上限 ¥10000.00）；未封存预占 "
        "¥800.00（上限 ¥1000.01），2 单，其中已接单 ¥300.50；另有 7 "
        "条记录未计入\n");
}

/* A limit alone is told, too. */
static void a_limit_is_told_where_nothing_is_at_stake(void **state)
{
    (void)state;
    Heluo__V1__NodePeer peer = peer_of("luoyang", 0);
    Heluo__V1__NodePeer *peers[] = {&peer};
    peer.unsealed_max_fen = 100;
    assert_exposure(peers, 1, LANG_EN,
                    "exposure     allotted ¥0.00, unsealed ¥0.00; limits of "
                    "each partner: none and ¥1.00\n");
}

/* Of a large alliance the dozen by whom most may be lost. */
static void of_many_partners_the_dearest_are_told(void **state)
{
    (void)state;
    enum { COUNT = 30, SHOWN = 12 };
    Heluo__V1__NodePeer all[COUNT];
    Heluo__V1__NodePeer *peers[COUNT];
    char names[COUNT][8], wanted[2048];
    int at = 0;
    for (unsigned i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof(names[i]), "c%02u", i);
        all[i] = peer_of(names[i], 100 * (i * 7 % COUNT));
        peers[i] = &all[i];
    }
    at += snprintf(wanted, sizeof(wanted),
                   "exposure     allotted ¥%u.00, unsealed ¥0.00; limits of "
                   "each partner: none and none\n",
                   COUNT * (COUNT - 1) / 2);
    for (unsigned yuan = COUNT - 1; yuan >= COUNT - SHOWN; yuan--) {
        unsigned i = 0;
        while (i * 7 % COUNT != yuan) {
            i++;
        }
        at += snprintf(wanted + at, sizeof(wanted) - (size_t)at,
                       "  c%02u         allotted ¥%u.00; unsealed ¥0.00\n", i,
                       yuan);
    }
    snprintf(wanted + at, sizeof(wanted) - (size_t)at,
             "  ...         and %u more: heluo peer list\n",
             COUNT - 1 - SHOWN); /* one has nothing */
    assert_exposure(peers, COUNT, LANG_EN, wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_without_problems_is_ok),
        cmocka_unit_test(an_urgent_problem_comes_before_others),
        cmocka_unit_test(a_refusal_comes_to_the_error_that_it_names),
        cmocka_unit_test(what_partners_may_cost_is_told_with_its_limits),
        cmocka_unit_test(a_limit_is_told_where_nothing_is_at_stake),
        cmocka_unit_test(of_many_partners_the_dearest_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
