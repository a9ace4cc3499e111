/* SPDX-License-Identifier: Apache-2.0 */

/* What the gate remembers, and how long; and what one caller may have. */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "node/rpc/gate.h"
#include "node/rpc/quota.h"
#include "protocol/base/alloc.h"
#include "tests/support/support.h"
#include "tests/unit/rpc/rpc_files.h"

#define LI "URI:spiffe://zy.example/operator/zhengzhou/li"

struct asked {
    struct maker_pair root, leaf;
    struct writer roots, crls, presented;
    struct gate *gate;
    int64_t now_s;
};

static void set_trust(struct asked *asked, const long *serials)
{
    struct trust *trust = NULL;
    writer_clear(&asked->crls);
    maker_write_list(&(struct maker_list){.issuer = &asked->root,
                                          .made = asked->now_s - 3600,
                                          .next = asked->now_s + 600,
                                          .serials = serials},
                     &asked->crls);
    assert_ok(
        trust_create(&(struct trust_input){.roots = writer_view(&asked->roots),
                                           .crls = writer_view(&asked->crls)},
                     &trust, NULL));
    gate_set(asked->gate, &trust, NULL);
}

static void set_charter(struct asked *asked, const char *node)
{
    struct charter *charter = hl_alloc(1, sizeof(*charter));
    struct charter_node *added = NULL;
    charter_init(charter);
    snprintf(charter->alliance, sizeof(charter->alliance), "zy.example");
    assert_ok(charter_add_node(charter, bytes_of_text(node), &added, NULL));
    gate_set(asked->gate, NULL, &charter);
}

static void setup(struct asked *asked)
{
    *asked = (struct asked){.now_s = (int64_t)time(NULL)};
    asked->root = files_root();
    asked->leaf = files_leaf(&asked->root, LI, -3600, 3600, 10);
    maker_write(asked->root.certificate, &asked->roots);
    maker_write(asked->leaf.certificate, &asked->presented);
    asked->gate =
        gate_create(bytes_of_text("zy.example"), bytes_of_text("zhengzhou"));
}

static void teardown(struct asked *asked)
{
    gate_destroy(&asked->gate);
    assert_null(asked->gate);
    writer_fini(&asked->roots);
    writer_fini(&asked->crls);
    writer_fini(&asked->presented);
    maker_fini(&asked->leaf);
    maker_fini(&asked->root);
}

static hl_err ask(struct asked *asked, unsigned roles, int64_t after_ms)
{
    struct hl_wall now = {.ms = asked->now_s * 1000 + after_ms};
    struct hl_detail detail = {0};
    struct rpc_caller caller;
    hl_err err = gate_admit(asked->gate, writer_view(&asked->presented), roles,
                            now, &caller, &detail);
    assert_int_equal(err == HL_OK, detail.text[0] == '\0');
    if (err == HL_OK) {
        assert_string_equal(caller.spiffe, &LI[strlen("URI:")]);
        struct hl_hash hash = hash_bytes(bytes_of_text(caller.spiffe));
        assert_true(hash_equal(&caller.hash, &hash));
        assert_false(caller.local);
    }
    return err;
}

static void nobody_is_admitted_before_trust_and_charter(void **state)
{
    (void)state;
    struct asked asked;
    setup(&asked);
    uint64_t epoch = gate_epoch(asked.gate);
    assert_err(ask(&asked, ROLE_ALL, 0), HL_ECHAIN);
    set_trust(&asked, NULL);
    assert_err(ask(&asked, ROLE_ALL, 0), HL_ECHAIN);
    set_charter(&asked, "zhengzhou");
    assert_ok(ask(&asked, ROLE_ALL, 0));
    assert_int_equal(gate_epoch(asked.gate), epoch + 2);
    teardown(&asked);
}

static void a_verdict_is_kept_until_its_bound_and_not_longer(void **state)
{
    (void)state;
    static const long revoked[] = {10, 0};
    struct asked asked;
    setup(&asked);
    set_trust(&asked, NULL);
    set_charter(&asked, "zhengzhou");
    assert_ok(ask(&asked, ROLE_ALL, 0));
    assert_err(ask(&asked, ROLE_ALL & ~ROLE_BIT(ROLE_OPERATOR), 0), HL_EDENIED);
    assert_ok(ask(&asked, ROLE_ALL, 599999));
    assert_err(ask(&asked, ROLE_ALL, 600000), HL_ECRL);
    assert_ok(ask(&asked, ROLE_ALL, 1000)); /* the clock was set back */
    assert_err(ask(&asked, ROLE_ALL, -3601000), HL_ENOTYET);
    set_trust(&asked, revoked);
    assert_err(ask(&asked, ROLE_ALL, 0), HL_EREVOKED);
    set_trust(&asked, NULL);
    assert_ok(ask(&asked, ROLE_ALL, 0));
    set_charter(&asked, "luoyang");
    assert_err(ask(&asked, ROLE_ALL, 0), HL_EUNKNOWNNODE);
    teardown(&asked);
}

static void the_local_operator_is_nobodys_certificate(void **state)
{
    (void)state;
    struct asked asked;
    struct rpc_caller caller;
    setup(&asked);
    gate_local(asked.gate, &caller);
    assert_true(caller.local);
    assert_string_equal(caller.spiffe,
                        "spiffe://zy.example/operator/zhengzhou/local");
    assert_int_equal(caller.identity.role, ROLE_OPERATOR);
    teardown(&asked);
}

/* --- Quotas. ------------------------------------------------------------- */

static struct hl_hash who(uint32_t number)
{
    return hash_bytes(bytes_of(&number, sizeof(number)));
}

static hl_err enter(struct quota *quota, uint32_t number, int64_t at_ms)
{
    struct hl_hash hash = who(number);
    struct hl_detail detail;
    return quota_enter(quota, &hash, (struct hl_mono){.ns = at_ms * 1000000},
                       &detail);
}

static void leave(struct quota *quota, uint32_t number)
{
    struct hl_hash hash = who(number);
    quota_leave(quota, &hash, false);
}

static void a_bucket_fills_with_time(void **state)
{
    (void)state;
    struct quota *quota = quota_create(
        &(struct quota_limits){.open_max = 1, .rate_per_s = 10, .burst = 3});
    for (int64_t at_ms = 1000; at_ms < 100000; at_ms += 30000) {
        for (int i = 0; i < 3; i++) {
            assert_ok(enter(quota, 1, at_ms));
            assert_err(enter(quota, 1, at_ms), HL_EBUSY);
            leave(quota, 1);
        }
        assert_err(enter(quota, 1, at_ms + 99), HL_EBUSY);
        assert_ok(enter(quota, 1, at_ms + 100));
        leave(quota, 1);
        assert_err(enter(quota, 1, at_ms + 100), HL_EBUSY);
        assert_ok(enter(quota, 2, at_ms));
        leave(quota, 2);
    }
    quota_destroy(&quota);
    assert_null(quota);
}

static void who_has_an_answer_may_call_again_but_not_for_ever(void **state)
{
    (void)state;
    struct quota *quota = quota_create(&(struct quota_limits){.open_max = 1});
    struct hl_hash hash = who(1);
    int passed = 0;
    while (enter(quota, 1, 0) == HL_OK) {
        assert_err(enter(quota, 1, 0), HL_EBUSY);
        quota_answer(quota, &hash);
        assert_true(passed++ < 100);
    }
    assert_true(passed > 1);
    quota_leave(quota, &hash, true);
    assert_ok(enter(quota, 1, 0));
    quota_destroy(&quota);
}

static void idle_callers_are_forgotten_and_others_not(void **state)
{
    (void)state;
    struct quota *quota = quota_create(&(struct quota_limits){.open_max = 2});
    assert_ok(enter(quota, 0, 0));
    for (uint32_t i = 1; i < 100000; i++) {
        assert_ok(enter(quota, i, 0));
        leave(quota, i);
    }
    assert_ok(enter(quota, 0, 0));
    assert_err(enter(quota, 0, 0), HL_EBUSY);
    leave(quota, 0);
    leave(quota, 0);
    uint32_t open = 0;
    while (enter(quota, open, 0) == HL_OK) {
        open++;
        assert_true(open < 100000); /* the table is bounded, and says so */
    }
    assert_true(open > 1000);
    quota_destroy(&quota);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_is_admitted_before_trust_and_charter),
        cmocka_unit_test(a_verdict_is_kept_until_its_bound_and_not_longer),
        cmocka_unit_test(the_local_operator_is_nobodys_certificate),
        cmocka_unit_test(a_bucket_fills_with_time),
        cmocka_unit_test(who_has_an_answer_may_call_again_but_not_for_ever),
        cmocka_unit_test(idle_callers_are_forgotten_and_others_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
