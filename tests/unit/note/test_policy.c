/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tests/unit/note/note_support.h"
#include "tests/unit/note/policy_support.h"

#define SPEC_EXAMPLE                                                           \
    "log @L0\n\n"                                                              \
    "witness X1 @W0\nwitness X2 @W1\nwitness X3 @W2\n"                         \
    "group X-witnesses 2 X1 X2 X3\n\n"                                         \
    "witness Y1 @W3\nwitness Y2 @W4\nwitness Y3 @W5\n"                         \
    "group Y-witnesses any Y1 Y2 Y3\n\n"                                       \
    "group X-and-Y all X-witnesses Y-witnesses\n"                              \
    "quorum X-and-Y\n"

static void reads_the_example_of_the_specification(void **state)
{
    (void)state;
    struct policy policy = must_policy(SPEC_EXAMPLE);
    assert_int_equal(policy.log_count, 1);
    assert_int_equal(policy.witness_count, 6);
    assert_int_equal(policy.node_count, 9);
    assert_false(policy.quorum_none);
    assert_int_equal(policy.quorum, 8);
    const struct policy_node *x = &policy.nodes[3];
    assert_true(bytes_equal_text(x->name, "X-witnesses"));
    assert_true(x->is_group && x->is_member);
    assert_int_equal(x->threshold, 2);
    assert_int_equal(x->member_count, 3);
    assert_int_equal(x->group, 8);
    assert_int_equal(policy.nodes[7].threshold, 1);
    assert_int_equal(policy.nodes[8].threshold, 2);
    assert_int_equal(policy.nodes[4].witness, 3);
    assert_int_equal(policy.nodes[4].group, 7);
    assert_false(policy.nodes[8].is_member);
    policy_fini(&policy);
}

static void there_is_one_written_form(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"quorum none\n", "quorum none\n"},
        {SPEC_EXAMPLE, "log @L0\nwitness X1 @W0\nwitness X2 @W1\n"
                       "witness X3 @W2\ngroup X-witnesses 2 X1 X2 X3\n"
                       "witness Y1 @W3\nwitness Y2 @W4\nwitness Y3 @W5\n"
                       "group Y-witnesses 1 Y1 Y2 Y3\n"
                       "group X-and-Y 2 X-witnesses Y-witnesses\n"
                       "quorum X-and-Y\n"},
        {"# A policy.\n\t # more\n\n \t \n"
         "witness  w2\t@W1   \n  witness w1 @W0 https://w1.example.com/ \n"
         "group g any  w1 w2 \nquorum\tg\nlog @L0 https://log.example.com/\n",
         "log @L0 https://log.example.com/\nwitness w2 @W1\n"
         "witness w1 @W0 https://w1.example.com/\ngroup g 1 w2 w1\nquorum g\n"},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct policy policy = must_policy(pairs[i][0]);
        struct policy again;
        struct writer expected = {0};
        struct writer written = {0};
        struct writer twice = {0};
        policy_expand(pairs[i][1], &expected);
        policy_write(&policy, &written);
        assert_true(bytes_equal(writer_view(&written), writer_view(&expected)));
        assert_ok(policy_parse(writer_view(&written), &again, NULL));
        policy_write(&again, &twice);
        assert_true(bytes_equal(writer_view(&twice), writer_view(&written)));
        policy_fini(&again);
        policy_fini(&policy);
        writer_fini(&twice);
        writer_fini(&written);
        writer_fini(&expected);
    }
}

/* The rows marked T are those of transparency-dev/formats
 * policy/tlog_policy_test.go, those marked S of sigsum-go
 * pkg/policy/config_test.go. */
static const struct {
    const char *text;
    uint64_t line;
} malformed[] = {
    {"", 1},                          /* S: empty */
    {"quibble w1\nquorum none\n", 1}, /* T: unknown keyword */
    {"Quorum none\n", 1},
    {"witness w1 @W0 https://w1.example.com/ # comment\nquorum w1\n",
     1},                                                       /* T */
    {"log @L0 http://example.org #comment\nquorum none\n", 1}, /* S */
    {"log\nquorum none\n", 1},                                 /* T */
    {"log garbage\nquorum none\n", 1},                         /* T */
    {"log @W0\nquorum none\n", 1},
    {"log @L0\nlog @L0 https://log.example.com/\nquorum none\n", 2}, /* T, S */
    {"witness\nquorum none\n", 1},
    {"witness w1\nquorum none\n", 1}, /* T */
    {"witness w1 x+y+z\nquorum none\n", 1},
    {"witness w1 @L0\nquorum w1\n", 1},                  /* T: plain Ed25519 */
    {"witness none @W0\nquorum none\n", 1},              /* T, S */
    {"witness w1 @W0\nwitness w1 @W1\nquorum w1\n", 2},  /* T, S */
    {"witness w1 @W0\nwitness w2 @W0\nquorum w1\n", 2},  /* T, S: one key */
    {"witness w1 @W0\ngroup w1 any w1\nquorum w1\n", 2}, /* T */
    {"group\nquorum none\n", 1},
    {"group g1\nquorum none\n", 1},
    {"witness w1 @W0\ngroup g1 1\nquorum w1\n", 2}, /* T: no members */
    {"witness w1 @W0\ngroup g1 any\nquorum w1\n", 2},
    {"witness w1 @W0\ngroup none any w1\nquorum none\n", 2}, /* T */
    {"witness w1 @W0\ngroup g1 0 w1\nquorum g1\n", 2},       /* T: zero */
    {"witness w1 @W0\ngroup g1 -1 w1\nquorum g1\n", 2},      /* T: negative */
    {"witness w1 @W0\ngroup g1 2 w1\nquorum g1\n", 2},       /* T: too many */
    {"witness w1 @W0\ngroup g1 01 w1\nquorum g1\n", 2},
    {"witness w1 @W0\ngroup g1 18446744073709551617 w1\nquorum g1\n", 2},
    {"witness w1 @W0\ngroup g1 ALL w1\nquorum g1\n", 2},
    {"witness w1 @W0\ngroup g1 any w2\nquorum g1\n", 2}, /* T, S: unknown */
    {"group g1 any w1\nwitness w1 @W0\nquorum g1\n", 1}, /* T: forward */
    {"witness w1 @W0\ngroup g1 any none w1\nquorum g1\n", 2}, /* T */
    {"witness w1 @W0\ngroup g1 any g1\nquorum g1\n", 2},      /* itself */
    {"witness w1 @W0\ngroup g1 all w1 w1\nquorum g1\n", 2},   /* T, S */
    {"witness w1 @W0\nwitness w2 @W1\ngroup g1 any w1 w2\n"
     "group g2 any w1\nquorum g1\n",
     4},                                           /* T, S: in two groups */
    {"witness w1 @W0\n", 2},                       /* T, S: no quorum */
    {"witness w1 @W0\nquorum w1\nquorum w1\n", 3}, /* T */
    {"quorum none\nquorum none\n", 2},
    {"quorum unknown\n", 1},            /* T */
    {"quorum w1\nwitness w1 @W0\n", 1}, /* T: before its definition */
    {"quorum\n", 1},                    /* T */
    {"quorum none #\n", 1},
    {"quorum none", 1}, /* T, S take a last line without LF; the text of the
                           specification does not */
    {"quorum none\n#", 2},
    {"witness w1 @M\nwitness w2 @M\nquorum w1\n", 2},
};

static void refuses_what_breaks_a_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        struct policy policy = {0};
        struct hl_detail detail = {0};
        assert_err(policy_parse_pattern(malformed[i].text, &policy, &detail),
                   HL_EMALFORMED);
        assert_int_equal(detail.where, HL_AT_LINE);
        assert_int_equal(detail.at, malformed[i].line);
        assert_true(strlen(detail.text) > 0);
        assert_null(policy.text);
    }
}

static void control_bytes_are_refused_by_offset(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t offset;
    } rows[] = {
        {"quorum none\n\x01", 12},    /* T */
        {"quorum none\r\n", 11},      /* T */
        {"# \f\nquorum none\n", 2},   /* S */
        {"# \x7f\nquorum none\n", 2}, /* S */
        {"\v", 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct policy policy;
        struct hl_detail detail = {0};
        assert_err(policy_parse_pattern(rows[i].text, &policy, &detail),
                   HL_EMALFORMED);
        assert_int_equal(detail.where, HL_AT_OFFSET);
        assert_int_equal(detail.at, rows[i].offset);
    }
    struct policy policy;
    assert_err(policy_parse(bytes_of("#\0\nquorum none\n", 15), &policy, NULL),
               HL_EMALFORMED);
}

static void names_and_addresses_are_opaque(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "witness KKlvin-w\x80 @W0\nquorum KKlvin-w\x80\n", /* T */
        "witness K @W0\nwitness \xe2\x84\xaa @W1\nquorum \xe2\x84\xaa\n",
        ("witness all @W0\nwitness any @W1\ngroup group 2 all any\n"
         "quorum group\n"), /* T */
        "witness 1 @W0\ngroup quorum 1 1\nquorum quorum\n",
        "log @L0 not-a-url\nlog @L1 \xff\xfe\nquorum none\n",
        "log @L0\nwitness same-key @W0\nquorum same-key\n", /* S */
        "witness a# @W0\nquorum a#\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct policy policy = must_policy(texts[i]);
        struct writer expected = {0};
        struct writer written = {0};
        policy_expand(texts[i], &expected);
        policy_write(&policy, &written);
        assert_true(bytes_equal(writer_view(&written), writer_view(&expected)));
        writer_fini(&written);
        writer_fini(&expected);
        policy_fini(&policy);
    }
}

/* The twin of formats' witness/witness_policy_test.go, whose older parser
 * takes 01 keys and comments at the end of a line. */
static void witnesses_with_plain_keys_are_refused(void **state)
{
    (void)state;
    static const char *const key =
        "sigsum.org+e4ade967+AZuUY6B08pW3QVHu8uvsrxWPcAv9nykap2Nb4oxCee+r";
    struct writer text = {0};
    struct policy policy;
    struct vkey parsed = must_vkey(key);
    assert_int_equal(parsed.kind, VKEY_ED25519);
    writer_format(&text,
                  "witness w1 %s https://sigsum.org/witness/\nquorum w1"
                  "\n",
                  key);
    assert_err(policy_parse(writer_view(&text), &policy, NULL), HL_EMALFORMED);
    writer_clear(&text);
    writer_text(&text, "witness w4 remora.n621.de+da77ade7+"
                       "BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2 "
                       "https://example.com/remora\nquorum w4\n");
    assert_ok(policy_parse(writer_view(&text), &policy, NULL));
    policy_fini(&policy);
    writer_fini(&text);
}

/* A policy of `count` witnesses, all in one group. */
static void write_large(size_t count, struct writer *out)
{
    for (size_t i = 0; i < count; i++) {
        struct vkey key;
        uint8_t public_key[32] = {(uint8_t)i, (uint8_t)(i >> 8)};
        assert_ok(
            vkey_make(bytes_of_text("w"), VKEY_COSIGNATURE, public_key, &key));
        writer_format(out, "witness w%zu ", i);
        vkey_write(&key, out);
        writer_text(out, "\n");
    }
    writer_text(out, "group g all");
    for (size_t i = 0; i < count; i++) {
        writer_format(out, " w%zu", i);
    }
    writer_text(out, "\nquorum g\n");
}

static void items_and_bytes_are_bounded(void **state)
{
    (void)state;
    for (size_t extra = 0; extra <= 1; extra++) {
        struct writer text = {0};
        struct policy policy = {0};
        write_large(HL_POLICY_ITEMS_MAX + extra, &text);
        assert_err(policy_parse(writer_view(&text), &policy, NULL),
                   extra == 0 ? HL_OK : HL_ELIMIT);
        policy_fini(&policy);
        writer_fini(&text);
    }
    struct writer text = {0};
    struct policy policy = {0};
    size_t filler = HL_POLICY_BYTES_MAX - strlen("#\nquorum none\n");
    writer_text(&text, "#");
    memset(writer_extend(&text, filler), 'x', filler);
    writer_text(&text, "\nquorum none\n");
    assert_ok(policy_parse(writer_view(&text), &policy, NULL));
    policy_fini(&policy);
    writer_text(&text, "\n");
    assert_err(policy_parse(writer_view(&text), &policy, NULL), HL_ELIMIT);
    writer_fini(&text);
}

static void names_are_bounded(void **state)
{
    (void)state;
    for (size_t size = 255; size <= 256; size++) {
        struct writer text = {0};
        struct policy policy = {0};
        writer_text(&text, "witness ");
        memset(writer_extend(&text, size), 'n', size);
        policy_expand(" @W0\nquorum none\n", &text);
        assert_err(policy_parse(writer_view(&text), &policy, NULL),
                   size == 255 ? HL_OK : HL_ELIMIT);
        policy_fini(&policy);
        writer_fini(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_example_of_the_specification),
        cmocka_unit_test(there_is_one_written_form),
        cmocka_unit_test(refuses_what_breaks_a_rule),
        cmocka_unit_test(control_bytes_are_refused_by_offset),
        cmocka_unit_test(names_and_addresses_are_opaque),
        cmocka_unit_test(witnesses_with_plain_keys_are_refused),
        cmocka_unit_test(items_and_bytes_are_bounded),
        cmocka_unit_test(names_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
