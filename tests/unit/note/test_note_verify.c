/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/note/note.h"

#include <string.h>

#include "tests/unit/note/note_support.h"

/* The error of reading and verifying a note by the given keys. */
static hl_err open_note(const char *raw, const struct vkey *keys, size_t count,
                        bool *signed_by)
{
    struct note note;
    struct verifier verifier = verifier_openssl();
    struct note_verdict verdict = {.signed_by = signed_by};
    hl_err err = note_parse(bytes_of_text(raw), &note, NULL);
    if (err != HL_OK) {
        return err;
    }
    err = note_verify(&note, &verifier, keys, count, &verdict, NULL);
    note_fini(&note);
    return err;
}

static void the_published_notes_verify(void **state)
{
    (void)state;
    static const char *const notes[][2] = {
        {PETER_VKEY, PETER_TEXT "\n" PETER_LINE},
        {ENOCH_VKEY, PETER_TEXT "\n" ENOCH_LINE},
        {"example.com/foo+530d903a+"
         "AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
         "This is an example message.\n\n\xe2\x80\x94 example.com/foo "
         "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH"
         "3mFXmRKuwHjG1Yu72IneyaQM=\n"},
        {"sum.golang.org+033de0ae+"
         "Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
         "go.sum database tree\n35225469\n"
         "vt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=\n\n"
         "\xe2\x80\x94 sum.golang.org "
         "Az3grpukl5AXaVfYkLiDGORx/DN2nlcS5kZHR5uYOBV2KA2HgXpD+gu9HHONebHLAya"
         "KbbTM75QTtPydhKCExixSfwQ=\n"},
    };
    for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
        struct vkey key = must_vkey(notes[i][0]);
        bool signed_by = false;
        assert_ok(open_note(notes[i][1], &key, 1, &signed_by));
        assert_true(signed_by);
    }
}

/* golang.org/x/mod sumdb/note TestOpen, one and both keys known. */
static void says_which_of_the_known_keys_signed(void **state)
{
    (void)state;
    const char *raw = PETER_TEXT "\n" PETER_LINE ENOCH_LINE;
    struct vkey keys[] = {must_vkey(ENOCH_VKEY), must_vkey(PETER_VKEY)};
    bool signed_by[2] = {false, false};
    assert_ok(open_note(raw, keys, 1, signed_by));
    assert_true(signed_by[0]);
    assert_ok(open_note(PETER_TEXT "\n" PETER_LINE, keys, 2, signed_by));
    assert_false(signed_by[0]);
    assert_true(signed_by[1]);
    assert_ok(open_note(raw, keys, 2, signed_by));
    assert_true(signed_by[0]);
}

static void a_note_by_no_known_key_is_refused(void **state)
{
    (void)state;
    struct vkey enoch = must_vkey(ENOCH_VKEY);
    bool signed_by = true;
    const char *raw = PETER_TEXT "\n" PETER_LINE;
    assert_err(open_note(raw, &enoch, 1, &signed_by), HL_ENOKEY);
    assert_true(signed_by); /* not written */
    assert_err(open_note(raw, NULL, 0, NULL), HL_ENOKEY);
}

static void two_keys_of_one_name_and_id_are_ambiguous(void **state)
{
    (void)state;
    struct vkey keys[] = {must_vkey(ENOCH_VKEY), must_vkey(PETER_VKEY),
                          must_vkey(ENOCH_VKEY)};
    bool signed_by[3];
    assert_err(open_note(PETER_TEXT "\n" ENOCH_LINE, keys, 3, signed_by),
               HL_EAMBIGUOUS);
    /* Stricter than Go, which looks only when a line needs the key. */
    assert_err(open_note(PETER_TEXT "\n" PETER_LINE, keys, 3, signed_by),
               HL_EAMBIGUOUS);
}

static void a_bad_line_of_a_known_key_spoils_the_note(void **state)
{
    (void)state;
    struct vkey keys[] = {must_vkey(ENOCH_VKEY), must_vkey(PETER_VKEY)};
    bool signed_by[2];
    struct note note;
    struct hl_detail detail = {0};
    struct verifier verifier = verifier_openssl();
    struct note_verdict verdict = {.signed_by = signed_by};
    const char *raw = "another text\n\n" PETER_LINE;
    assert_err(open_note(raw, keys, 2, signed_by), HL_ESIGNATURE);
    /* Enoch's good line does not save it. */
    struct writer mixed = {0};
    uint8_t zeros[SIGNATURE_BYTES] = {0};
    writer_text(&mixed, PETER_TEXT "\n" ENOCH_LINE);
    note_add_line(&keys[1], bytes_of(zeros, sizeof(zeros)), &mixed);
    note = must_note(writer_view(&mixed));
    assert_err(note_verify(&note, &verifier, keys, 2, &verdict, &detail),
               HL_ESIGNATURE);
    assert_int_equal(detail.where, HL_AT_LINE);
    assert_int_equal(detail.at, 5);
    note_fini(&note);
    writer_fini(&mixed);
    assert_ok(open_note(PETER_TEXT "\n" ENOCH_LINE, keys, 1, signed_by));
}

static void a_longer_signature_of_a_known_key_is_bad(void **state)
{
    (void)state;
    struct vkey key = must_vkey(PETER_VKEY);
    bool signed_by;
    /* note_test.go puts "ABCD" into the line's base64. */
    const char *raw = PETER_TEXT
        "\n\xe2\x80\x94 PeterNeumann "
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcEABCDlZInNIuGUgYN1FFYC2pZSNXg"
        "KvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    assert_err(open_note(raw, &key, 1, &signed_by), HL_ESIGNATURE);
}

static void lines_that_match_only_name_or_only_id_are_ignored(void **state)
{
    (void)state;
    struct vkey key = must_vkey(PETER_VKEY);
    bool signed_by;
    static const char *const strangers[] = {
        /* Peter's id under another name, another id under Peter's name. */
        "\xe2\x80\x94 CarmenSandiego x08gowAA\n",
        "\xe2\x80\x94 PeterNeumann xxxxxxxx\n",
        "\xe2\x80\x94 peterneumann x08gowAA\n",
    };
    for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
        struct writer raw = {0};
        writer_format(&raw, PETER_TEXT "\n%s" PETER_LINE "%c", strangers[i], 0);
        assert_ok(open_note((const char *)raw.data, &key, 1, &signed_by));
        writer_clear(&raw);
        writer_format(&raw, PETER_TEXT "\n%s%c", strangers[i], 0);
        assert_err(open_note((const char *)raw.data, &key, 1, &signed_by),
                   HL_ENOKEY);
        writer_fini(&raw);
    }
}

static void of_repeated_lines_the_first_counts(void **state)
{
    (void)state;
    struct vkey key = must_vkey(PETER_VKEY);
    bool signed_by;
    const char *bad_line = "\xe2\x80\x94 PeterNeumann x08gowAA\n";
    struct writer raw = {0};
    writer_format(&raw, PETER_TEXT "\n" PETER_LINE PETER_LINE "%s%c", bad_line,
                  0);
    assert_ok(open_note((const char *)raw.data, &key, 1, &signed_by));
    writer_clear(&raw);
    writer_format(&raw, PETER_TEXT "\n%s" PETER_LINE "%c", bad_line, 0);
    assert_err(open_note((const char *)raw.data, &key, 1, &signed_by),
               HL_ESIGNATURE);
    writer_fini(&raw);
}

static void cosigner_keys_are_not_asked(void **state)
{
    (void)state;
    struct signer author = must_signer("n", VKEY_ED25519, 1);
    struct signer cosigner = must_signer("n", VKEY_COSIGNATURE, 2);
    struct vkey keys[] = {cosigner.vkey, author.vkey};
    struct verifier verifier = verifier_openssl();
    bool signed_by[2] = {true, false};
    struct note_verdict verdict = {.signed_by = signed_by};
    struct writer raw = {0};
    must_sign_note("t\n", &author, 1, &raw);
    note_add_line(&cosigner.vkey, bytes_of("garbage", 7), &raw);
    struct note note = must_note(writer_view(&raw));
    assert_ok(note_verify(&note, &verifier, keys, 2, &verdict, NULL));
    assert_false(signed_by[0]);
    assert_true(signed_by[1]);
    assert_int_equal(verdict.count, 1);
    assert_err(note_verify(&note, &verifier, keys, 1, &verdict, NULL),
               HL_ENOKEY);
    note_fini(&note);
    writer_fini(&raw);
    signer_fini(&cosigner);
    signer_fini(&author);
}

/* Whether the cheap scheme's keys accept raw, and for which text. */
static bool accepts(struct bytes raw, const struct vkey *keys, size_t count,
                    struct writer *text)
{
    struct note note;
    struct verifier verifier = cheap_verifier();
    bool signed_by[3];
    struct note_verdict verdict = {.signed_by = signed_by};
    if (note_parse(raw, &note, NULL) != HL_OK) {
        return false;
    }
    bool accepted =
        note_verify(&note, &verifier, keys, count, &verdict, NULL) == HL_OK;
    if (accepted) {
        writer_clear(text);
        writer_bytes(text, note.text);
    }
    note_fini(&note);
    return accepted;
}

/* What must hold: no flipped bit makes a known key vouch for another text. A
 * flip in a line of an unknown key may be ignored; one that makes a known
 * key's line unknown may be ignored where another known key signed. */
static void no_flipped_bit_changes_an_accepted_text(void **state)
{
    (void)state;
    static const char text[] = "henan/zz\n7\n\nroot\n";
    struct signer signers[] = {cheap_signer("henan/zz", VKEY_ED25519, 1),
                               cheap_signer("sd/jn", VKEY_ED25519, 2)};
    struct vkey keys[] = {signers[0].vkey, signers[1].vkey};
    struct writer raw = {0};
    struct writer accepted = {0};
    must_sign_note(text, signers, 2, &raw);
    size_t text_bits = 8 * strlen(text);
    size_t ignored = 0;
    for (size_t bit = 0; bit < 8 * raw.size; bit++) {
        raw.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        for (size_t known = 1; known <= 2; known++) {
            if (accepts(writer_view(&raw), keys, known, &accepted)) {
                assert_true(bytes_equal_text(writer_view(&accepted), text));
                assert_true(bit >= text_bits);
                ignored++;
            }
        }
        raw.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(ignored > 0);
    assert_true(accepts(writer_view(&raw), keys, 2, &accepted));
    writer_fini(&accepted);
    writer_fini(&raw);
}

/* With one line by the one known key nothing can be ignored. */
static void every_flipped_bit_spoils_a_note_with_one_line(void **state)
{
    (void)state;
    struct vkey key = must_vkey(PETER_VKEY);
    struct writer raw = {0};
    writer_text(&raw, PETER_TEXT "\n" PETER_LINE);
    writer_u8(&raw, 0);
    bool signed_by;
    for (size_t bit = 0; bit < 8 * (raw.size - 1); bit++) {
        raw.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(
            open_note((const char *)raw.data, &key, 1, &signed_by), HL_OK);
        raw.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_ok(open_note((const char *)raw.data, &key, 1, &signed_by));
    writer_fini(&raw);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_notes_verify),
        cmocka_unit_test(says_which_of_the_known_keys_signed),
        cmocka_unit_test(a_note_by_no_known_key_is_refused),
        cmocka_unit_test(two_keys_of_one_name_and_id_are_ambiguous),
        cmocka_unit_test(a_bad_line_of_a_known_key_spoils_the_note),
        cmocka_unit_test(a_longer_signature_of_a_known_key_is_bad),
        cmocka_unit_test(lines_that_match_only_name_or_only_id_are_ignored),
        cmocka_unit_test(of_repeated_lines_the_first_counts),
        cmocka_unit_test(cosigner_keys_are_not_asked),
        cmocka_unit_test(no_flipped_bit_changes_an_accepted_text),
        cmocka_unit_test(every_flipped_bit_spoils_a_note_with_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
