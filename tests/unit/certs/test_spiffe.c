/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/identity/spiffe.h"

#include <string.h>

#include "tests/support/support.h"

/* A label of 64 bytes. */
#define LONG_URI                                                               \
    "spiffe://zy.example/node/"                                                \
    "0123456789012345678901234567890123456789012345678901234567890123"

static void every_role_has_its_form(void **state)
{
    (void)state;
    static const struct {
        const char *uri;
        struct identity identity;
    } cases[] = {
        {"spiffe://zy.example/node/zhengzhou",
         {ROLE_NODE, "zy.example", "zhengzhou", ""}},
        {"spiffe://zy.example/platform/luoyang/sharing-platform",
         {ROLE_PLATFORM, "zy.example", "luoyang", "sharing-platform"}},
        {"spiffe://zy.example/operator/luoyang/li",
         {ROLE_OPERATOR, "zy.example", "luoyang", "li"}},
        {"spiffe://zy.example/coordinator/henan",
         {ROLE_COORDINATOR, "zy.example", "", "henan"}},
        {"spiffe://a/clearing/0", {ROLE_CLEARING, "a", "", "0"}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct identity identity = {0};
        assert_ok(spiffe_parse(bytes_of_text(cases[i].uri), &identity, NULL));
        assert_true(identity_equal(&identity, &cases[i].identity));
        struct writer text = {0};
        spiffe_write(&identity, &text);
        assert_true(bytes_equal_text(writer_view(&text), cases[i].uri));
        writer_fini(&text);
    }
}

static void whatever_else_is_malformed(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "spiffe://",
        "spiffe:///node/a",
        "spiffe://zy.example",
        "spiffe://zy.example/",
        "spiffe://zy.example/node",
        "spiffe://zy.example/node/",
        "spiffe://zy.example/node/a/",
        "spiffe://zy.example/node/a/b",
        "spiffe://zy.example/node/a/b/c/d",
        "spiffe://zy.example/node//a",
        "spiffe://zy.example/platform/a",
        "spiffe://zy.example/platform/a/b/c",
        "spiffe://zy.example/platform//b",
        "spiffe://zy.example/coordinator/a/b",
        "spiffe://zy.example/clearing/",
        "spiffe://zy.example//node/a",
        "spiffe://zy.example/node/A",
        "spiffe://zy.example/NODE/a",
        "spiffe://zy.example/node/-a",
        "spiffe://zy.example/node/a%20",
        "spiffe://zy.example/node/a?b=c",
        "spiffe://zy.example/node/a#b",
        "spiffe://zy.example/node/a\n",
        "spiffe://ZY.example/node/a",
        "spiffe://zy.example:443/node/a",
        "spiffe://user@zy.example/node/a",
        "spiffe://zy..example/node/a",
        "SPIFFE://zy.example/node/a",
        "https://zy.example/node/a",
        " spiffe://zy.example/node/a",
        LONG_URI,
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct identity identity = {.role = ROLE_COUNT};
        struct hl_detail detail = {0};
        assert_err(spiffe_parse(bytes_of_text(bad[i]), &identity, &detail),
                   HL_EIDENTITY);
        assert_int_equal(identity.role, ROLE_COUNT);
        assert_string_not_equal(detail.text, "");
    }
    struct bytes with_nul = bytes_of("spiffe://zy.example/node/a\0b", 28);
    struct identity identity;
    assert_err(spiffe_parse(with_nul, &identity, NULL), HL_EIDENTITY);
}

static void an_unknown_role_is_told_apart_and_named(void **state)
{
    (void)state;
    struct identity identity;
    struct hl_detail detail = {0};
    assert_err(spiffe_parse(bytes_of_text("spiffe://zy.example/auditor/a"),
                            &identity, &detail),
               HL_EROLE);
    assert_non_null(strstr(detail.text, "'auditor'"));
}

static void the_longest_identity_fits_its_bound(void **state)
{
    (void)state;
    char alliance[254], label[64];
    memset(alliance, 'a', 253);
    alliance[253] = '\0';
    for (size_t i = 63; i < 253; i += 64) {
        alliance[i] = '.';
    }
    memset(label, 'b', 63);
    label[63] = '\0';
    struct identity made = {0}, parsed = {0};
    assert_ok(identity_make(ROLE_PLATFORM, bytes_of_text(alliance),
                            bytes_of_text(label), bytes_of_text(label), &made,
                            NULL));
    struct writer text = {0};
    spiffe_write(&made, &text);
    assert_true(text.size <= SPIFFE_MAX_BYTES);
    assert_ok(spiffe_parse(writer_view(&text), &parsed, NULL));
    assert_true(identity_equal(&made, &parsed));
    writer_fini(&text);
}

static void an_identity_has_the_fields_of_its_role_only(void **state)
{
    (void)state;
    static const struct {
        enum role role;
        const char *alliance, *node, *name;
    } bad[] = {
        {ROLE_NODE, "zy.example", "", ""},
        {ROLE_NODE, "zy.example", "a", "b"},
        {ROLE_NODE, "", "a", ""},
        {ROLE_PLATFORM, "zy.example", "a", ""},
        {ROLE_OPERATOR, "zy.example", "", "b"},
        {ROLE_COORDINATOR, "zy.example", "a", "b"},
        {ROLE_CLEARING, "zy.example", "", ""},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct identity out;
        assert_err(identity_make(bad[i].role, bytes_of_text(bad[i].alliance),
                                 bytes_of_text(bad[i].node),
                                 bytes_of_text(bad[i].name), &out, NULL),
                   HL_EIDENTITY);
    }
}

static void an_alliance_is_compared_whole(void **state)
{
    (void)state;
    struct bytes zy = bytes_of_text("zy.example");
    assert_true(spiffe_is_of(bytes_of_text("spiffe://zy.example/x"), zy));
    assert_false(spiffe_is_of(bytes_of_text("spiffe://zy.example"), zy));
    assert_false(spiffe_is_of(bytes_of_text("spiffe://zy.example.cn/x"), zy));
    assert_false(spiffe_is_of(bytes_of_text("spiffe://zy.exampl/x"), zy));
    assert_false(spiffe_is_of(bytes_of_text("spiffe:"), zy));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_role_has_its_form),
        cmocka_unit_test(whatever_else_is_malformed),
        cmocka_unit_test(an_unknown_role_is_told_apart_and_named),
        cmocka_unit_test(the_longest_identity_fits_its_bound),
        cmocka_unit_test(an_identity_has_the_fields_of_its_role_only),
        cmocka_unit_test(an_alliance_is_compared_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
