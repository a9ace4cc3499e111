/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "protocol/note/cosignature.h"
#include "protocol/note/policy.h"
#include "tests/unit/note/note_support.h"

static const char origin[] = "example.com/log";

enum { LOG, OTHER_LOG, LOG_SM2, W1, W2, W3, SIGNERS };

static struct signer signers[SIGNERS];

static int make_signers(void **state)
{
    (void)state;
    signers[LOG] = must_signer(origin, VKEY_ED25519, 1);
    signers[OTHER_LOG] = must_signer("other.example.com/log", VKEY_ED25519, 2);
    signers[LOG_SM2] = must_signer(origin, VKEY_SM2, 3);
    signers[W1] = must_signer("Wit1", VKEY_COSIGNATURE, 4);
    signers[W2] = must_signer("Wit2", VKEY_COSIGNATURE, 5);
    signers[W3] = must_signer("Wit3", VKEY_COSIGNATURE, 6);
    return 0;
}

static int drop_signers(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIGNERS; i++) {
        signer_fini(&signers[i]);
    }
    return 0;
}

/* Digits in a pattern stand for the keys of the signers. */
static struct policy policy_of(const char *pattern)
{
    struct writer text = {0};
    struct policy policy;
    for (const char *c = pattern; *c != '\0'; c++) {
        if (*c == '@') {
            c++;
            vkey_write(&signers[*c - '0'].vkey, &text);
        } else {
            writer_u8(&text, (uint8_t)*c);
        }
    }
    assert_ok(policy_parse(writer_view(&text), &policy, NULL));
    writer_fini(&text);
    return policy;
}

/* A note over the text by the signers whose digits are given. */
static void write_note(const char *text, const char *who, struct writer *out)
{
    struct bytes bytes = bytes_of_text(text);
    note_begin(bytes, out);
    for (const char *c = who; *c != '\0'; c++) {
        const struct signer *signer = &signers[*c - '0'];
        assert_ok(signer->vkey.kind == VKEY_COSIGNATURE
                      ? cosignature_sign(bytes, signer, 1000 + *c, out)
                      : note_sign(bytes, signer, out));
    }
}

#define TEXT                                                                   \
    "example.com/log\n42\n"                                                    \
    "vt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=\n"

static hl_err verify(const char *pattern, const char *text, const char *who,
                     struct policy_verdict *out)
{
    struct policy policy = policy_of(pattern);
    struct verifier verifier = verifier_openssl();
    struct writer raw = {0};
    struct hl_detail detail = {0};
    write_note(text, who, &raw);
    hl_err err =
        policy_verify(&policy, writer_view(&raw), &verifier, out, &detail);
    assert_int_equal(err == HL_OK, detail.text[0] == '\0');
    writer_fini(&raw);
    policy_fini(&policy);
    return err;
}

/* transparency-dev/formats policy/tlog_policy_test.go TestVerify. */
static void a_checkpoint_needs_its_log_and_the_quorum(void **state)
{
    (void)state;
    static const struct {
        const char *policy;
        const char *who;
        hl_err expected;
    } rows[] = {
        {"log @0\nwitness w1 @3\nquorum w1\n", "03", HL_OK},
        {"log @1\nlog @0\nwitness w1 @3\nquorum w1\n", "03", HL_OK},
        {"log @0\nwitness w1 @3\nquorum w1\n", "0", HL_EQUORUM},
        {"log @0\nwitness w1 @3\nquorum w1\n", "3", HL_ENOKEY},
        {"log @1\nwitness w1 @3\nquorum w1\n", "13", HL_ENOKEY},
        {"log @1\nlog @0\nwitness w1 @3\nquorum w1\n", "13", HL_ENOKEY},
        {"witness w1 @3\nquorum w1\n", "03", HL_ENOKEY},
        {"log @0\nquorum none\n", "0", HL_OK},
        {"log @0\nwitness w1 @3\nquorum none\n", "034", HL_OK},
        {"log @2\nquorum none\n", "2", HL_OK}, /* SM2, because it is listed */
        {"log @0\nquorum none\n", "20", HL_OK},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct policy_verdict verdict;
        assert_err(verify(rows[i].policy, TEXT, rows[i].who, &verdict),
                   rows[i].expected);
    }
}

/* The same file, TestSatisfied. */
static void an_inner_group_votes_once_in_the_outer_one(void **state)
{
    (void)state;
    static const struct {
        const char *who;
        size_t cosigned;
        hl_err expected;
    } rows[] = {{"0345", 3, HL_OK},
                {"035", 2, HL_OK},
                {"03", 1, HL_EQUORUM},
                {"045", 2, HL_EQUORUM},
                {"0", 0, HL_EQUORUM}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct policy_verdict verdict = {.cosigned = 77};
        assert_err(verify("log @0\nwitness w1 @3\nwitness w2 @4\n"
                          "witness w3 @5\ngroup inner any w2 w3\n"
                          "group outer all w1 inner\nquorum outer\n",
                          TEXT, rows[i].who, &verdict),
                   rows[i].expected);
        assert_int_equal(verdict.cosigned,
                         rows[i].expected == HL_OK ? rows[i].cosigned : 77);
    }
}

static void the_verdict_names_log_and_checkpoint(void **state)
{
    (void)state;
    struct policy_verdict verdict;
    assert_ok(verify("log @1\nlog @0\nwitness w1 @3\nquorum w1\n", TEXT, "03",
                     &verdict));
    assert_int_equal(verdict.log, 1);
    assert_int_equal(verdict.cosigned, 1);
    assert_string_equal(verdict.checkpoint.origin, origin);
    assert_int_equal(verdict.checkpoint.head.size, 42);
}

static void extension_lines_of_other_logs_pass(void **state)
{
    (void)state;
    struct policy_verdict verdict;
    assert_ok(verify("log @0\nwitness w1 @3\nquorum w1\n", TEXT "more\n", "03",
                     &verdict));
    assert_true(verdict.checkpoint.has_extension);
    assert_err(verify("log @0\nquorum none\n", "example.com/log\nx\ny\n", "0",
                      &verdict),
               HL_EMALFORMED);
}

/* Each known line, also one that the quorum could do without. */
static void a_bad_line_of_a_listed_key_refuses_the_note(void **state)
{
    (void)state;
    static const char *const policy_text =
        "log @0\nlog @2\nwitness w1 @3\nwitness w2 @4\ngroup g any w1 w2\n"
        "quorum g\n";
    static const uint8_t zeros[8 + SIGNATURE_BYTES] = {0};
    for (size_t bad = 0; bad < SIGNERS; bad++) {
        struct policy policy = policy_of(policy_text);
        struct verifier verifier = verifier_openssl();
        struct policy_verdict verdict;
        struct writer raw = {0};
        bool listed = bad != OTHER_LOG && bad != W3;
        bool cosigner = signers[bad].vkey.kind == VKEY_COSIGNATURE;
        write_note(TEXT, bad == LOG ? "23" : bad == W1 ? "04" : "03", &raw);
        note_add_line(&signers[bad].vkey, bytes_of(zeros, cosigner ? 72 : 64),
                      &raw);
        assert_err(policy_verify(&policy, writer_view(&raw), &verifier,
                                 &verdict, NULL),
                   listed ? HL_ESIGNATURE : HL_OK);
        writer_fini(&raw);
        policy_fini(&policy);
    }
}

static void cosignatures_alone_can_be_asked_for(void **state)
{
    (void)state;
    struct policy policy = policy_of("witness w1 @3\nquorum w1\n");
    struct verifier verifier = verifier_openssl();
    for (size_t i = 0; i < 2; i++) {
        struct writer raw = {0};
        size_t cosigned = 77;
        write_note(TEXT, i == 0 ? "03" : "04", &raw);
        struct note note = must_note(writer_view(&raw));
        assert_err(policy_verify_cosignatures(&policy, &note, &verifier,
                                              &cosigned, NULL),
                   i == 0 ? HL_OK : HL_EQUORUM);
        assert_int_equal(cosigned, i == 0 ? 1 : 77);
        note_fini(&note);
        writer_fini(&raw);
    }
    policy_fini(&policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_checkpoint_needs_its_log_and_the_quorum),
        cmocka_unit_test(an_inner_group_votes_once_in_the_outer_one),
        cmocka_unit_test(the_verdict_names_log_and_checkpoint),
        cmocka_unit_test(extension_lines_of_other_logs_pass),
        cmocka_unit_test(a_bad_line_of_a_listed_key_refuses_the_note),
        cmocka_unit_test(cosignatures_alone_can_be_asked_for),
    };
    return cmocka_run_group_tests(tests, make_signers, drop_signers);
}
