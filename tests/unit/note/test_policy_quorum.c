/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/note/note_support.h"
#include "tests/unit/note/policy_support.h"

/* Witnesses of the random trees. */
enum { KEYS = 8 };

#define SPEC_EXAMPLE                                                           \
    "log @L0\n\n"                                                              \
    "witness X1 @W0\nwitness X2 @W1\nwitness X3 @W2\n"                         \
    "group X-witnesses 2 X1 X2 X3\n\n"                                         \
    "witness Y1 @W3\nwitness Y2 @W4\nwitness Y3 @W5\n"                         \
    "group Y-witnesses any Y1 Y2 Y3\n\n"                                       \
    "group X-and-Y all X-witnesses Y-witnesses\n"                              \
    "quorum X-and-Y\n"

static void ml_dsa_witnesses_are_known_and_never_satisfied(void **state)
{
    (void)state;
    struct policy policy = must_policy(
        "log @M\nwitness w1 @M\nwitness w2 @W0\ngroup g any w1 w2\nquorum g\n");
    bool cosigned[2] = {false, true};
    assert_int_equal(policy.witness_keys[0].alg, 6);
    assert_int_equal(policy.witness_keys[0].kind, VKEY_IGNORED);
    assert_true(policy_quorum_met(&policy, cosigned));
    cosigned[1] = false;
    assert_false(policy_quorum_met(&policy, cosigned));
    struct writer written = {0};
    struct policy again;
    policy_write(&policy, &written);
    assert_ok(policy_parse(writer_view(&written), &again, NULL));
    policy_fini(&again);
    writer_fini(&written);
    policy_fini(&policy);
}

/* Witnesses by number, from 1; for all subsets a rule of its own. */
static void the_spec_example_needs_two_of_x_and_one_of_y(void **state)
{
    (void)state;
    struct policy policy = must_policy(SPEC_EXAMPLE);
    for (unsigned set = 0; set < 64; set++) {
        bool cosigned[6];
        for (unsigned i = 0; i < 6; i++) {
            cosigned[i] = (set >> i & 1) != 0;
        }
        bool two_of_x = cosigned[0] + cosigned[1] + cosigned[2] >= 2;
        bool one_of_y = cosigned[3] || cosigned[4] || cosigned[5];
        assert_int_equal(policy_quorum_met(&policy, cosigned),
                         two_of_x && one_of_y);
    }
    policy_fini(&policy);
}

/* sigsum-go TestNumericThreshold, for all 64 subsets. */
static void one_of_a_or_two_of_b(void **state)
{
    (void)state;
    struct policy policy = must_policy(
        "witness A1 @W0\nwitness A2 @W1\nwitness A3 @W2\nwitness B1 @W3\n"
        "witness B2 @W4\nwitness B3 @W5\ngroup A-group 1 A1 A2 A3\n"
        "group B-group 2 B1 B2 B3\ngroup G any A-group B-group\nquorum G\n");
    for (unsigned set = 0; set < 64; set++) {
        bool cosigned[6];
        for (unsigned i = 0; i < 6; i++) {
            cosigned[i] = (set >> i & 1) != 0;
        }
        bool one_of_a = cosigned[0] || cosigned[1] || cosigned[2];
        bool two_of_b = cosigned[3] + cosigned[4] + cosigned[5] >= 2;
        assert_int_equal(policy_quorum_met(&policy, cosigned),
                         one_of_a || two_of_b);
    }
    policy_fini(&policy);
}

/* The rows of sigsum-go TestValidConfig, whose quorum stands before the last
 * lines. */
static void a_quorum_may_stand_before_other_lines(void **state)
{
    (void)state;
    struct policy policy = must_policy(
        "witness W1 @W0\nwitness W2 @W1\nwitness W3 @W2\nwitness W4 @W3\n"
        "witness W5 @W4\ngroup G1 any W1 W2\ngroup G2 2 W3 W4 W5\n"
        "group G3 all G1 G2\nquorum G3\n  log @L5\nwitness W6 @W5\n");
    static const struct {
        const char *who;
        bool met;
    } rows[] = {{"", false},    {"1", false},   {"2", false},  {"3", false},
                {"345", false}, {"12", false},  {"13", false}, {"134", true},
                {"235", true},  {"126", false}, {"36", false}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool cosigned[6] = {false};
        for (const char *c = rows[i].who; *c != '\0'; c++) {
            cosigned[*c - '1'] = true;
        }
        assert_int_equal(policy_quorum_met(&policy, cosigned), rows[i].met);
    }
    policy_fini(&policy);
}

static void a_single_witness_or_none_may_be_the_quorum(void **state)
{
    (void)state;
    bool cosigned[2] = {false, false};
    struct policy policy = must_policy("quorum none\n");
    assert_true(policy_quorum_met(&policy, cosigned));
    policy_fini(&policy);
    policy = must_policy("witness a @W0\nwitness b @W1\nquorum b\n");
    cosigned[0] = true;
    assert_false(policy_quorum_met(&policy, cosigned));
    cosigned[1] = true;
    assert_true(policy_quorum_met(&policy, cosigned));
    policy_fini(&policy);
}

/* Random trees of groups, against a recursive reading of the rule. */
static bool met_by_rule(const struct policy *policy, size_t index,
                        const bool *cosigned)
{
    const struct policy_node *node = &policy->nodes[index];
    size_t votes = 0;
    if (!node->is_group) {
        return cosigned[node->witness];
    }
    for (size_t i = 0; i < policy->node_count; i++) {
        bool member =
            policy->nodes[i].is_member && policy->nodes[i].group == index;
        votes += member && met_by_rule(policy, i, cosigned) ? 1 : 0;
    }
    return votes >= node->threshold;
}

/* Appends groups over free names until none of them is left but one. */
static void write_random(struct rng *rng, struct writer *out)
{
    char names[2 * KEYS][8];
    size_t count = KEYS;
    for (size_t i = 0; i < KEYS; i++) {
        snprintf(names[i], sizeof(names[i]), "w%zu", i);
        char line[32];
        snprintf(line, sizeof(line), "witness w%zu @W%zu\n", i, i);
        policy_expand(line, out);
    }
    for (size_t g = 0; count > 1; g++) {
        size_t members = 2 + (size_t)rng_below(rng, count - 1);
        size_t threshold = 1 + (size_t)rng_below(rng, members);
        writer_format(out, "group g%zu %zu", g, threshold);
        for (size_t i = 0; i < members; i++) {
            size_t pick = (size_t)rng_below(rng, count);
            writer_format(out, " %s", names[pick]);
            memcpy(names[pick], names[--count], sizeof(names[pick]));
        }
        writer_text(out, "\n");
        snprintf(names[count++], sizeof(names[0]), "g%zu", g);
    }
    writer_format(out, "quorum %s\n", names[0]);
}

static void random_trees_agree_with_the_rule(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    for (size_t run = 0; run < 100; run++) {
        struct writer text = {0};
        struct policy policy = {0};
        write_random(&rng, &text);
        assert_ok(policy_parse(writer_view(&text), &policy, NULL));
        for (unsigned set = 0; set < 1u << KEYS; set++) {
            bool cosigned[KEYS];
            for (unsigned i = 0; i < KEYS; i++) {
                cosigned[i] = (set >> i & 1) != 0;
            }
            assert_int_equal(policy_quorum_met(&policy, cosigned),
                             met_by_rule(&policy, policy.quorum, cosigned));
        }
        policy_fini(&policy);
        writer_fini(&text);
    }
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ml_dsa_witnesses_are_known_and_never_satisfied),
        cmocka_unit_test(the_spec_example_needs_two_of_x_and_one_of_y),
        cmocka_unit_test(one_of_a_or_two_of_b),
        cmocka_unit_test(a_quorum_may_stand_before_other_lines),
        cmocka_unit_test(a_single_witness_or_none_may_be_the_quorum),
        cmocka_unit_test(random_trees_agree_with_the_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
