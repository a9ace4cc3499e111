/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/tools/keyfile.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>

#include "certs/tools/file.h"
#include "tests/support/scratch.h"
#include "tests/support/support.h"

struct made {
    struct writer text;
    struct key_public public;
};

static struct made make(enum key_kind kind, enum key_algorithm algorithm,
                        const char *passphrase)
{
    struct made made = {0};
    const struct keyfile_spec spec = {
        .kind = kind,
        .algorithm = algorithm,
        .alliance = bytes_of_text("zy.example"),
        .id = bytes_of_text("luoyang"),
        .passphrase = bytes_of_text(passphrase),
    };
    assert_ok(keyfile_new(&spec, &made.text, &made.public, NULL));
    return made;
}

/* The text with the first `from` replaced by `to`. */
static struct writer with(const struct made *made, const char *from,
                          const char *to)
{
    struct writer out = {0}, text = {0};
    writer_bytes(&text, writer_view(&made->text));
    writer_u8(&text, 0);
    const char *all = (const char *)text.data;
    const char *found = strstr(all, from);
    assert_non_null(found);
    writer_bytes(&out, bytes_of(all, (size_t)(found - all)));
    writer_format(&out, "%s%s", to, found + strlen(from));
    writer_fini(&text);
    return out;
}

static bool contains(struct writer *text, const char *what)
{
    writer_u8(text, 0);
    bool found = strstr((const char *)text->data, what) != NULL;
    writer_shrink(text, 1);
    return found;
}

static const struct {
    enum key_kind kind;
    enum key_algorithm algorithm;
    const char *name;
    enum vkey_kind vkey_kind;
} kinds[] = {
    {KEY_JOURNAL, KEY_DEFAULT, "zy.example/luoyang", VKEY_ED25519},
    {KEY_JOURNAL, KEY_SM2, "zy.example/luoyang", VKEY_SM2},
    {KEY_MIRROR, KEY_DEFAULT, "zy.example/luoyang/mirror", VKEY_COSIGNATURE},
    {KEY_COORDINATOR, KEY_DEFAULT, "zy.example/coordinator/luoyang",
     VKEY_ED25519},
};

static void every_signing_key_is_read_back_and_signs(void **state)
{
    (void)state;
    const struct bytes message = bytes_of_text("a message\n");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct made made = make(kinds[i].kind, kinds[i].algorithm, "");
        assert_string_equal(made.public.name, kinds[i].name);
        assert_int_equal(made.public.vkey.kind, kinds[i].vkey_kind);
        struct keyfile keyfile = {0};
        assert_ok(keyfile_parse(writer_view(&made.text), bytes_of_text(""),
                                &keyfile, NULL));
        assert_true(vkey_equal(&keyfile.signer.vkey, &made.public.vkey));
        uint8_t signature[SIGNATURE_BYTES];
        assert_ok(signer_sign(&keyfile.signer, message, signature));
        struct verifier verifier = verifier_openssl();
        assert_ok(
            verifier_verify(&verifier, &made.public.vkey, message, signature));
        keyfile_fini(&keyfile);
        secret_fini(&made.text);
    }
}

static void an_encryption_key_has_its_public_half_in_the_file(void **state)
{
    (void)state;
    struct made made = make(KEY_ENCRYPTION, KEY_DEFAULT, "");
    assert_string_equal(made.public.name, "zy.example/luoyang/encryption");
    struct keyfile keyfile = {0};
    assert_ok(keyfile_parse(writer_view(&made.text), bytes_of_text(""),
                            &keyfile, NULL));
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(
        EVP_PKEY_X25519, NULL, keyfile.x25519, KEY_X25519_BYTES);
    uint8_t public[KEY_X25519_BYTES];
    size_t size = sizeof(public);
    assert_int_equal(EVP_PKEY_get_raw_public_key(key, public, &size), 1);
    assert_memory_equal(public, made.public.x25519, sizeof(public));
    assert_memory_equal(public, keyfile.public.x25519, sizeof(public));
    EVP_PKEY_free(key);
    keyfile_fini(&keyfile);
    secret_fini(&made.text);
}

static void a_passphrase_opens_and_no_other_does(void **state)
{
    (void)state;
    struct made made = make(KEY_JOURNAL, KEY_DEFAULT, "opensesame");
    struct keyfile keyfile = {0};
    struct hl_detail detail = {0};
    assert_true(contains(&made.text, "BEGIN ENCRYPTED PRIVATE KEY"));
    assert_err(keyfile_parse(writer_view(&made.text), bytes_of_text(""),
                             &keyfile, &detail),
               HL_EPASSPHRASE);
    assert_non_null(strstr(detail.text, "no passphrase is given"));
    assert_err(keyfile_parse(writer_view(&made.text), bytes_of_text("wrong"),
                             &keyfile, &detail),
               HL_EPASSPHRASE);
    assert_non_null(strstr(detail.text, "does not open"));
    assert_null(keyfile.signer.context);
    assert_ok(keyfile_parse(writer_view(&made.text),
                            bytes_of_text("opensesame"), &keyfile, NULL));
    struct key_public public = {0};
    assert_ok(keyfile_inspect(writer_view(&made.text), &public, NULL));
    assert_true(public.encrypted);
    assert_true(vkey_equal(&public.vkey, &keyfile.signer.vkey));
    assert_int_equal(ERR_peek_error(), 0);
    keyfile_fini(&keyfile);
    secret_fini(&made.text);
}

static void a_sm2_key_can_be_encrypted_too(void **state)
{
    (void)state;
    struct made made = make(KEY_JOURNAL, KEY_SM2, "opensesame");
    struct keyfile keyfile = {0};
    assert_ok(keyfile_parse(writer_view(&made.text),
                            bytes_of_text("opensesame"), &keyfile, NULL));
    assert_true(vkey_equal(&made.public.vkey, &keyfile.public.vkey));
    keyfile_fini(&keyfile);
    secret_fini(&made.text);
}

static void lines_and_key_must_agree(void **state)
{
    (void)state;
    struct made one = make(KEY_JOURNAL, KEY_DEFAULT, "");
    struct made other = make(KEY_JOURNAL, KEY_DEFAULT, "");
    struct writer ours = {0}, theirs = {0};
    vkey_write(&one.public.vkey, &ours);
    vkey_write(&other.public.vkey, &theirs);
    writer_u8(&ours, 0);
    writer_u8(&theirs, 0);
    struct writer mixed =
        with(&one, (const char *)ours.data, (const char *)theirs.data);
    struct keyfile keyfile = {0};
    struct hl_detail detail = {0};
    assert_err(keyfile_parse(writer_view(&mixed), bytes_of_text(""), &keyfile,
                             &detail),
               HL_EMALFORMED);
    assert_non_null(strstr(detail.text, "not that of the lines"));
    struct made blob = make(KEY_ENCRYPTION, KEY_DEFAULT, "");
    struct writer changed = with(&blob, "public: ", "public: AA");
    assert_err(keyfile_parse(writer_view(&changed), bytes_of_text(""), &keyfile,
                             &detail),
               HL_EMALFORMED);
    secret_fini(&changed);
    secret_fini(&blob.text);
    secret_fini(&mixed);
    writer_fini(&ours);
    writer_fini(&theirs);
    secret_fini(&one.text);
    secret_fini(&other.text);
}

static void each_kind_has_its_algorithm(void **state)
{
    (void)state;
    static const struct {
        enum key_kind kind;
        enum vkey_kind wrong;
    } cases[] = {{KEY_JOURNAL, VKEY_COSIGNATURE},
                 {KEY_MIRROR, VKEY_ED25519},
                 {KEY_COORDINATOR, VKEY_COSIGNATURE}};
    static const uint8_t seed[32] = {1};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct made made = make(cases[i].kind, KEY_DEFAULT, "");
        struct signer signer = {0};
        struct writer right = {0}, wrong = {0};
        assert_ok(signer_ed25519(bytes_of_text(made.public.name),
                                 cases[i].wrong, seed, &signer));
        vkey_write(&made.public.vkey, &right);
        vkey_write(&signer.vkey, &wrong);
        writer_u8(&right, 0);
        writer_u8(&wrong, 0);
        struct writer text =
            with(&made, (const char *)right.data, (const char *)wrong.data);
        struct key_public public = {0};
        struct hl_detail detail = {0};
        assert_err(keyfile_inspect(writer_view(&text), &public, &detail),
                   HL_EMALFORMED);
        assert_int_equal(detail.at, 3);
        assert_non_null(strstr(detail.text, "the algorithm is not that of"));
        signer_fini(&signer);
        secret_fini(&text);
        writer_fini(&right);
        writer_fini(&wrong);
        secret_fini(&made.text);
    }
}

static void whatever_else_is_malformed_at_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
        uint64_t line; /* 0: the whole file */
    } cases[] = {
        {"heluo key v1", "heluo key v2", 1},
        {"heluo key v1", "heluo key v1 ", 1},
        {"heluo key v1\n", "", 1},
        {"kind: journal", "kind: witness", 2},
        {"kind: journal", "kind:journal", 2},
        {"kind: journal", "kind: mirror", 3},
        {"kind: journal", "kind: encryption", 3},
        {"kind: journal", "kind: coordinator", 3},
        {"vkey: ", "key: ", 3},
        {"luoyang+", "kaifeng+", 3},
        {"vkey: zy.example/", "vkey: zy.example/x/", 3},
        {"-----BEGIN PRIVATE", "comment\n-----BEGIN PRIVATE", 4},
        {"-----END PRIVATE KEY-----\n", "", 4},
        {"-----END PRIVATE KEY-----\n", "-----END PRIVATE KEY-----\nx\n", 7},
        {"PRIVATE KEY", "PUBLIC KEY", 6},
        {"BEGIN", "", 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct made made = make(KEY_JOURNAL, KEY_DEFAULT, "");
        struct writer text = with(&made, cases[i].from, cases[i].to);
        struct key_public public = {.name = "untouched"};
        struct hl_detail detail = {0};
        assert_err(keyfile_inspect(writer_view(&text), &public, &detail),
                   HL_EMALFORMED);
        assert_int_equal(detail.where == HL_AT_LINE ? detail.at : 0,
                         cases[i].line);
        assert_string_equal(public.name, "untouched");
        secret_fini(&text);
        secret_fini(&made.text);
    }
}

static void names_and_algorithms_are_those_of_the_kind(void **state)
{
    (void)state;
    struct writer out = {0};
    struct bytes alliance = bytes_of_text("zy.example");
    assert_err(key_name(KEY_MIRROR, bytes_of_text("Zy"), alliance, &out, NULL),
               HL_EIDENTITY);
    assert_err(key_name(KEY_MIRROR, alliance, bytes_of_text("a/b"), &out, NULL),
               HL_EIDENTITY);
    char longest[254];
    memset(longest, 'a', 253);
    longest[253] = '\0';
    for (size_t i = 63; i < 253; i += 64) {
        longest[i] = '.';
    }
    assert_err(key_name(KEY_JOURNAL, bytes_of_text(longest),
                        bytes_of_text("ab"), &out, NULL),
               HL_EIDENTITY);
    assert_int_equal(out.size, 0);
    assert_ok(key_name(KEY_JOURNAL, bytes_of_text(longest), bytes_of_text("a"),
                       &out, NULL));
    assert_int_equal(out.size, HL_NAME_MAX_BYTES);
    writer_fini(&out);
    struct key_public public;
    struct keyfile_spec spec = {.kind = KEY_COORDINATOR,
                                .algorithm = KEY_SM2,
                                .alliance = alliance,
                                .id = bytes_of_text("li")};
    assert_err(keyfile_new(&spec, &out, &public, NULL), HL_EUNSUPPORTED);
}

static void a_key_file_that_others_may_read_is_refused(void **state)
{
    (void)state;
    char folder[64], path[80];
    scratch_make(folder, sizeof(folder));
    snprintf(path, sizeof(path), "%s/k", folder);
    struct made made = make(KEY_MIRROR, KEY_DEFAULT, "");
    struct keyfile keyfile = {0};
    assert_err(keyfile_load(path, bytes_of_text(""), &keyfile, NULL),
               HL_ENOTFOUND);
    assert_ok(
        file_create(path, FILE_MODE_SECRET, writer_view(&made.text), NULL));
    assert_ok(keyfile_load(path, bytes_of_text(""), &keyfile, NULL));
    keyfile_fini(&keyfile);
    assert_int_equal(chmod(path, 0640), 0);
    assert_err(keyfile_load(path, bytes_of_text(""), &keyfile, NULL),
               HL_EFILEMODE);
    scratch_remove(folder);
    secret_fini(&made.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_signing_key_is_read_back_and_signs),
        cmocka_unit_test(an_encryption_key_has_its_public_half_in_the_file),
        cmocka_unit_test(a_passphrase_opens_and_no_other_does),
        cmocka_unit_test(a_sm2_key_can_be_encrypted_too),
        cmocka_unit_test(lines_and_key_must_agree),
        cmocka_unit_test(each_kind_has_its_algorithm),
        cmocka_unit_test(whatever_else_is_malformed_at_its_line),
        cmocka_unit_test(names_and_algorithms_are_those_of_the_kind),
        cmocka_unit_test(a_key_file_that_others_may_read_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
