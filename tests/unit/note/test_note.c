/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/note/note.h"

#include <string.h>

#include "protocol/base/base64.h"
#include "tests/unit/note/note_support.h"

static hl_err parse_error(struct bytes raw, struct hl_detail *detail)
{
    struct note note;
    hl_err err = note_parse(raw, &note, detail);
    if (err == HL_OK) {
        note_fini(&note);
    }
    return err;
}

static void at_most_a_hundred_lines(void **state)
{
    (void)state;
    struct writer raw = {0};
    writer_text(&raw, PETER_TEXT "\n");
    for (size_t i = 0; i < 100; i++) {
        writer_text(&raw, PETER_LINE);
    }
    assert_ok(parse_error(writer_view(&raw), NULL));
    writer_text(&raw, PETER_LINE);
    struct hl_detail detail = {0};
    assert_err(parse_error(writer_view(&raw), &detail), HL_ELIMIT);
    assert_int_equal(detail.at, 104);
    writer_fini(&raw);
}

static void a_note_over_the_byte_limit_is_refused(void **state)
{
    (void)state;
    struct writer raw = {0};
    size_t filler = HL_NOTE_MAX_BYTES - strlen("\n\n" PETER_LINE);
    memset(writer_extend(&raw, filler), 'a', filler);
    writer_text(&raw, "\n\n" PETER_LINE);
    assert_int_equal(raw.size, HL_NOTE_MAX_BYTES);
    assert_ok(parse_error(writer_view(&raw), NULL));
    writer_text(&raw, PETER_LINE);
    assert_err(parse_error(writer_view(&raw), NULL), HL_ELIMIT);
    writer_fini(&raw);
}

static void a_signature_over_the_byte_limit_is_refused(void **state)
{
    (void)state;
    for (size_t extra = 0; extra <= 3; extra += 3) {
        struct writer raw = {0};
        struct writer payload = {0};
        size_t size = 4 + HL_SIGNATURE_MAX_BYTES + extra;
        memset(writer_extend(&payload, size), 1, size);
        writer_text(&raw, "text\n\n\xe2\x80\x94 n ");
        base64_encode(writer_view(&payload), &raw);
        writer_text(&raw, "\n");
        assert_err(parse_error(writer_view(&raw), NULL),
                   extra == 0 ? HL_OK : HL_ELIMIT);
        writer_fini(&payload);
        writer_fini(&raw);
    }
}

/* The malformed notes of note_test.go, and more of each kind. */
static const struct {
    const char *raw;
    enum hl_where where;
    uint64_t at;
} malformed[] = {
    {"", HL_NOWHERE, 0},
    {"\n", HL_NOWHERE, 0},
    {PETER_TEXT, HL_NOWHERE, 0},
    {PETER_TEXT "\n", HL_AT_LINE, 4},
    {PETER_TEXT "\n\n", HL_AT_LINE, 5},
    {PETER_TEXT PETER_LINE, HL_NOWHERE, 0},
    {"\n" PETER_LINE, HL_NOWHERE, 0},
    {"\x01" PETER_TEXT "\n" PETER_LINE, HL_AT_OFFSET, 0},
    {"a\tb\n\n" PETER_LINE, HL_AT_OFFSET, 1},
    {"ab\r\n\n" PETER_LINE, HL_AT_OFFSET, 2},
    {"\xff" PETER_TEXT "\n" PETER_LINE, HL_AT_LINE, 1},
    {"a\n\xc0\x80\n\n" PETER_LINE, HL_AT_LINE, 2},
    {"a\n\nb\xed\xa0\x80", HL_AT_LINE, 3},
    {PETER_TEXT "\n\xe2\x80\x94 Bad Name x08gowAA\n", HL_AT_LINE, 4},
    {PETER_TEXT "\n" PETER_LINE "Unexpected line.\n", HL_AT_LINE, 5},
    {PETER_TEXT "\n" PETER_LINE "\n", HL_AT_LINE, 6},
    {PETER_TEXT "\n\n" PETER_LINE "\n" PETER_LINE "x\n", HL_AT_LINE, 8},
    {"t\n\n\xe2\x80\x94 n AAAAAAA=", HL_AT_LINE, 3},
    {"t\n\n\xe2\x80\x94 n AAAAAA==\n", HL_AT_LINE, 3}, /* id alone */
    {"t\n\n\xe2\x80\x94 n AAA=\n", HL_AT_LINE, 3},
    {"t\n\n\xe2\x80\x94 n \n", HL_AT_LINE, 3},
    {"t\n\n\xe2\x80\x94 n\n", HL_AT_LINE, 3},
    {"t\n\n\xe2\x80\x94  n AAAAAAA=\n", HL_AT_LINE, 3},
    {"t\n\n\xe2\x80\x94 n  AAAAAAA=\n", HL_AT_LINE, 3},
    {"t\n\n\xe2\x80\x94 n AAAAAAA= \n", HL_AT_LINE, 3},
    {"t\n\n\xe2\x80\x94 n AAAAAAA\n", HL_AT_LINE, 3},
    {"t\n\n\xe2\x80\x94 n AAAAAAB=\n", HL_AT_LINE, 3}, /* unused bits */
    {"t\n\n\xe2\x80\x94 n AAAA-AA=\n", HL_AT_LINE, 3},
    {"t\n\n\xe2\x80\x94 a+b AAAAAAA=\n", HL_AT_LINE, 3},
    {"t\n\n\xe2\x80\x94 a\xc2\xa0"
     "b AAAAAAA=\n",
     HL_AT_LINE, 3},
    {"t\n\n\xe2\x80\x93 n AAAAAAA=\n", HL_AT_LINE, 3}, /* en dash */
    {"t\n\n- n AAAAAAA=\n", HL_AT_LINE, 3},
    {"t\n\n\xe2\x80\x94n AAAAAAA=\n", HL_AT_LINE, 3},
    {"t\n\n \xe2\x80\x94 n AAAAAAA=\n", HL_AT_LINE, 3},
};

static void refuses_what_is_no_note(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        struct hl_detail detail = {.at = 99};
        struct bytes raw = bytes_of_text(malformed[i].raw);
        assert_err(parse_error(raw, &detail), HL_EMALFORMED);
        assert_int_equal(detail.where, malformed[i].where);
        assert_int_equal(detail.at, malformed[i].at);
        assert_true(strlen(detail.text) > 0);
    }
    struct hl_detail detail = {0};
    struct bytes zero = bytes_of("a\0\n\n\xe2\x80\x94 n AAAAAAA=\n", 22);
    assert_err(parse_error(zero, &detail), HL_EMALFORMED);
    assert_int_equal(detail.at, 1);
}

static void a_signature_of_one_byte_is_well_formed(void **state)
{
    (void)state;
    struct note note =
        must_note(bytes_of_text("t\n\n\xe2\x80\x94 n AQIDBAU=\n"));
    assert_int_equal(note.signature_count, 1);
    assert_int_equal(note.signatures[0].id, 0x01020304);
    assert_int_equal(note.signatures[0].payload.size, 1);
    assert_int_equal(note.signatures[0].payload.data[0], 5);
    assert_int_equal(note.signatures[0].line, 3);
    note_fini(&note);
}

static void the_text_ends_at_the_last_blank_line(void **state)
{
    (void)state;
    static const char *const texts[] = {"\n",
                                        "\n\n",
                                        "a\n\n\n",
                                        "a\n\nb\n",
                                        "a\n\n" PETER_LINE,
                                        PETER_TEXT "\n" PETER_LINE,
                                        "\xe2\x80\x94 n AAAAAAA=\n"};
    struct signer signer = must_signer("n", VKEY_ED25519, 1);
    struct verifier verifier = verifier_openssl();
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct writer raw = {0};
        bool signed_by = false;
        struct note_verdict verdict = {.signed_by = &signed_by};
        must_sign_note(texts[i], &signer, 1, &raw);
        struct note note = must_note(writer_view(&raw));
        assert_true(bytes_equal_text(note.text, texts[i]));
        assert_ok(
            note_verify(&note, &verifier, &signer.vkey, 1, &verdict, NULL));
        note_fini(&note);
        writer_fini(&raw);
    }
    signer_fini(&signer);
}

static void a_text_to_sign_is_plain(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",       "a",     "a\nb",   "a\t\n",
        "\x1f\n", "a\r\n", "\xff\n", "\xed\xa0\x80\n"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct hl_detail detail = {0};
        assert_err(note_text_validate(bytes_of_text(bad[i]), &detail),
                   HL_EMALFORMED);
        assert_int_not_equal(detail.where, HL_NOWHERE);
    }
    assert_err(note_text_validate(bytes_of("a\0\n", 3), NULL), HL_EMALFORMED);
    assert_ok(note_text_validate(bytes_of_text("\n"), NULL));
    assert_ok(note_text_validate(bytes_of_text("\xe6\xb2\xb3\n"), NULL));
}

static void the_longest_text_has_room_for_a_hundred_lines(void **state)
{
    (void)state;
    struct writer text = {0};
    struct writer raw = {0};
    char name[HL_NAME_MAX_BYTES + 1] = {0};
    memset(name, 'n', HL_NAME_MAX_BYTES);
    struct signer signer = cheap_signer(name, VKEY_COSIGNATURE, 1);
    uint8_t payload[8 + SIGNATURE_BYTES] = {0};
    memset(writer_extend(&text, NOTE_TEXT_MAX_BYTES), '\n',
           NOTE_TEXT_MAX_BYTES);
    note_begin(writer_view(&text), &raw);
    for (size_t i = 0; i < HL_NOTE_SIGNATURES_MAX; i++) {
        note_add_line(&signer.vkey, bytes_of(payload, sizeof(payload)), &raw);
    }
    assert_ok(parse_error(writer_view(&raw), NULL));
    writer_u8(&text, '\n');
    assert_err(note_text_validate(writer_view(&text), NULL), HL_ELIMIT);
    writer_fini(&raw);
    writer_fini(&text);
}

static void random_texts_come_back(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "\n", "a", "\xe6\xb2\xb3", " ", "\n\n", "\xe2\x80\x94 ", "+", "n A"};
    struct rng rng = test_rng(__func__);
    struct signer signer = cheap_signer("n", VKEY_ED25519, 1);
    for (size_t run = 0; run < 500; run++) {
        struct writer text = {0};
        struct writer raw = {0};
        size_t count = (size_t)rng_below(&rng, 20);
        for (size_t i = 0; i < count; i++) {
            writer_text(&text, pieces[rng_below(&rng, 8)]);
        }
        writer_text(&text, "\n");
        note_begin(writer_view(&text), &raw);
        size_t lines = 1 + (size_t)rng_below(&rng, 3);
        for (size_t i = 0; i < lines; i++) {
            assert_ok(note_sign(writer_view(&text), &signer, &raw));
        }
        struct note note = must_note(writer_view(&raw));
        assert_true(bytes_equal(note.text, writer_view(&text)));
        assert_int_equal(note.signature_count, lines);
        note_fini(&note);
        writer_fini(&raw);
        writer_fini(&text);
    }
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_most_a_hundred_lines),
        cmocka_unit_test(a_note_over_the_byte_limit_is_refused),
        cmocka_unit_test(a_signature_over_the_byte_limit_is_refused),
        cmocka_unit_test(refuses_what_is_no_note),
        cmocka_unit_test(a_signature_of_one_byte_is_well_formed),
        cmocka_unit_test(the_text_ends_at_the_last_blank_line),
        cmocka_unit_test(a_text_to_sign_is_plain),
        cmocka_unit_test(the_longest_text_has_room_for_a_hundred_lines),
        cmocka_unit_test(random_texts_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
