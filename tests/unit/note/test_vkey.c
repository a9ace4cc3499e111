/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/note/vkey.h"

#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/base64.h"
#include "tests/unit/note/note_support.h"

static void assert_malformed(struct bytes text)
{
    struct vkey key;
    struct hl_detail detail = {0};
    memset(&key, 7, sizeof(key));
    assert_err(vkey_parse(text, &key, &detail), HL_EMALFORMED);
    assert_true(strlen(detail.text) > 0);
    assert_int_equal(key.name[0], 7);
}

static void reads_and_writes_the_published_keys(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *name;
        uint32_t id;
        enum vkey_kind kind;
    } vectors[] = {
        {PETER_VKEY, "PeterNeumann", 0xc74f20a3, VKEY_ED25519},
        {ENOCH_VKEY, "EnochRoot", 0xaf0cfe78, VKEY_ED25519},
        {"example.com/foo+530d903a+"
         "AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
         "example.com/foo", 0x530d903a, VKEY_ED25519},
        {"sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
         "sum.golang.org", 0x033de0ae, VKEY_ED25519},
        {"example.com/witness+10a1c019+"
         "BGSEitir7W6FmBs7OHWyUrh2frtLAvcDrKOx5xu9ao5Q",
         "example.com/witness", 0x10a1c019, VKEY_COSIGNATURE},
        {"example.com/witness+05828f80+"
         "AWSEitir7W6FmBs7OHWyUrh2frtLAvcDrKOx5xu9ao5Q",
         "example.com/witness", 0x05828f80, VKEY_ED25519},
        {"remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
         "remora.n621.de", 0xda77ade7, VKEY_COSIGNATURE},
    };
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        struct vkey key = must_vkey(vectors[i].text);
        struct writer back = {0};
        assert_string_equal(key.name, vectors[i].name);
        assert_int_equal(key.id, vectors[i].id);
        assert_int_equal(key.kind, vectors[i].kind);
        vkey_write(&key, &back);
        assert_true(bytes_equal_text(writer_view(&back), vectors[i].text));
        writer_fini(&back);
    }
}

static void one_key_under_two_algorithms_has_one_fingerprint(void **state)
{
    (void)state;
    uint8_t public_key[32];
    test_unhex(WITNESS_KEY, public_key, sizeof(public_key));
    struct bytes name = bytes_of_text("example.com/witness");
    struct vkey plain;
    struct vkey cosigner;
    assert_ok(vkey_make(name, VKEY_ED25519, public_key, &plain));
    assert_ok(vkey_make(name, VKEY_COSIGNATURE, public_key, &cosigner));
    assert_int_equal(plain.id, 0x05828f80);
    assert_int_equal(cosigner.id, 0x10a1c019);
    assert_false(vkey_equal(&plain, &cosigner));
    assert_true(hash_equal(&plain.fingerprint, &cosigner.fingerprint));
    struct hl_hash expected = hash_bytes(bytes_of(public_key, 32));
    assert_true(hash_equal(&plain.fingerprint, &expected));
}

static void sm2_keys_carry_their_identifier(void **state)
{
    (void)state;
    struct signer signer = must_signer("henan/zz", VKEY_SM2, 5);
    struct writer material = {0};
    struct writer hashed = {0};
    struct writer expected = {0};
    writer_text(&material, "\xffheluo.sm2-sm3/v1");
    writer_bytes(&material, bytes_of(signer.vkey.public_key, 65));
    assert_int_equal(signer.vkey.public_key[0], 4);
    writer_text(&hashed, "henan/zz\n");
    writer_bytes(&hashed, writer_view(&material));
    struct hl_hash id = hash_bytes(writer_view(&hashed));
    writer_text(&expected, "henan/zz+");
    test_hex(bytes_of(id.bytes, 4), &expected);
    writer_text(&expected, "+");
    base64_encode(writer_view(&material), &expected);
    struct writer text = {0};
    vkey_write(&signer.vkey, &text);
    assert_true(bytes_equal(writer_view(&text), writer_view(&expected)));
    struct vkey back;
    assert_ok(vkey_parse(writer_view(&text), &back, NULL));
    assert_true(vkey_equal(&back, &signer.vkey));
    writer_fini(&text);
    writer_fini(&expected);
    writer_fini(&hashed);
    writer_fini(&material);
    signer_fini(&signer);
}

/* Appends name+id+base64(material), the id by signed-note's rule. */
static void write_key(const char *name, struct bytes material,
                      struct writer *out)
{
    struct writer hashed = {0};
    writer_format(&hashed, "%s\n", name);
    writer_bytes(&hashed, material);
    struct hl_hash id = hash_bytes(writer_view(&hashed));
    writer_format(out, "%s+", name);
    test_hex(bytes_of(id.bytes, 4), out);
    writer_text(out, "+");
    base64_encode(material, out);
    writer_fini(&hashed);
}

/* The error of reading a key of size bytes behind prefix; *kind if it is OK. */
static hl_err parse_sized(const char *prefix, size_t size, enum vkey_kind *kind)
{
    struct writer material = {0};
    struct writer text = {0};
    struct vkey key;
    writer_text(&material, prefix);
    for (size_t i = 0; i < size; i++) {
        writer_u8(&material, i == 0 ? 4 : (uint8_t)i);
    }
    write_key("n", writer_view(&material), &text);
    hl_err err = vkey_parse(writer_view(&text), &key, NULL);
    if (err == HL_OK) {
        *kind = key.kind;
    }
    writer_fini(&text);
    writer_fini(&material);
    return err;
}

static void each_algorithm_has_its_key_length(void **state)
{
    (void)state;
    static const struct {
        const char *prefix;
        size_t size;
        enum vkey_kind kind;
    } rows[] = {
        {"\x01", 32, VKEY_ED25519},
        {"\x04", 32, VKEY_COSIGNATURE},
        {"\x06", 1312, VKEY_IGNORED},
        {"\xffheluo.sm2-sm3/v1", 65, VKEY_SM2},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum vkey_kind kind = VKEY_IGNORED;
        assert_ok(parse_sized(rows[i].prefix, rows[i].size, &kind));
        assert_int_equal(kind, rows[i].kind);
        assert_err(parse_sized(rows[i].prefix, rows[i].size - 1, &kind),
                   HL_EMALFORMED);
        assert_err(parse_sized(rows[i].prefix, rows[i].size + 1, &kind),
                   HL_EMALFORMED);
        assert_err(parse_sized(rows[i].prefix, 0, &kind), HL_EMALFORMED);
    }
}

static void unknown_algorithms_are_ignored_not_refused(void **state)
{
    (void)state;
    static const char *const prefixes[] = {
        "\x03",         "\x07", "\x65", "\xfa", "\xff", "\xffheluo.sm2-sm3/v2",
        "\xffheluo.sm2"};
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        for (size_t size = 0; size < 70; size++) {
            enum vkey_kind kind = VKEY_ED25519;
            assert_ok(parse_sized(prefixes[i], size, &kind));
            assert_int_equal(kind, VKEY_IGNORED);
        }
    }
}

static void an_sm2_key_is_an_uncompressed_point(void **state)
{
    (void)state;
    struct writer material = {0};
    struct writer text = {0};
    writer_text(&material, "\xffheluo.sm2-sm3/v1");
    for (size_t i = 0; i < 65; i++) {
        writer_u8(&material, 2);
    }
    write_key("n", writer_view(&material), &text);
    assert_malformed(writer_view(&text));
    writer_fini(&text);
    writer_fini(&material);
}

/* golang.org/x/mod sumdb/note TestNewVerifier. */
static void refuses_every_part_of_a_key(void **state)
{
    (void)state;
    struct bytes whole = bytes_of_text(PETER_VKEY);
    for (size_t from = 0; from < whole.size; from++) {
        for (size_t to = from + 1; to <= whole.size; to++) {
            if (from != 0 || to != whole.size) {
                assert_malformed(bytes_slice(whole, from, to - from));
            }
        }
    }
    assert_malformed(bytes_of_text(""));
}

/* The same test: any one byte raised by one; stronger here, every bit. */
static void refuses_every_changed_bit_of_a_key(void **state)
{
    (void)state;
    struct bytes whole = bytes_of_text(PETER_VKEY);
    uint8_t *changed = hl_copy(whole.data, whole.size);
    for (size_t bit = 0; bit < 8 * whole.size; bit++) {
        changed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_malformed(bytes_of(changed, whole.size));
        changed[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    hl_free(changed);
}

static void refuses_what_no_writer_writes(void **state)
{
    (void)state;
    static const char *const bad[] = {
        /* Key of a wrong length, id adjusted (note_test.go). */
        "PeterNeumann+cc469956+"
        "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        /* Upper-case id. */
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        /* 'g' read as 16 would give the id 530d903a. */
        "example.com/foo+53gd903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        PETER_VKEY "\n",
        " " PETER_VKEY,
        PETER_VKEY "+",
        /* transparency-dev/formats note/note_verifier_test.go. */
        "bananas.sigstore.dev+12344556",
        "rekor.sigstore.dev+12345678+THIS_IS_NOT_BASE64!",
        "rekor.sigstore.dev+12345678+AwEB",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+0c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_malformed(bytes_of_text(bad[i]));
    }
}

static void an_endless_key_is_refused(void **state)
{
    (void)state;
    struct writer material = {0};
    struct writer text = {0};
    writer_u8(&material, 0x65);
    memset(writer_extend(&material, HL_SIGNATURE_MAX_BYTES + 2), 1,
           HL_SIGNATURE_MAX_BYTES + 2);
    write_key("n", writer_view(&material), &text);
    assert_malformed(writer_view(&text));
    writer_fini(&text);
    writer_fini(&material);
}

static void names_have_no_white_space_control_or_plus(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",        " ",     "a b",          "a\tb",         "a\nb",
        "a+b",     "\x7f",  "a\xc2\x85",    "a\xc2\xa0",    "\xc2\x80",
        "\x1f",    "a\rb",  "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x8a",
        "a\x0b",   "a\x0c", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf",
        "\xff",    "a\x80", "\xe2\x81\x9f", "\xe3\x80\x80", "a\xc2",
        "\xc0\xa0"};
    static const char *const good[] = {
        "a",
        "a/b.c-d_e",
        "\xe6\xb2\xb3\xe6\xb4\x9b/\xe9\x83\x91\xe5\xb7\x9e", /* Chinese */
        "\xe2\x80\x8b", /* U+200B, which is not White_Space */
        "\xe1\xa0\x8e", /* U+180E, not since Unicode 6.3 */
        "\xc2\xa1",
        "\xf0\x9f\x98\x80"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(vkey_name_valid(bytes_of_text(bad[i])));
    }
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(vkey_name_valid(bytes_of_text(good[i])));
    }
    assert_false(vkey_name_valid(bytes_of("a\0b", 3)));
}

static void names_are_at_most_255_bytes(void **state)
{
    (void)state;
    char name[257];
    uint8_t public_key[32] = {1};
    struct vkey key;
    memset(name, 'a', sizeof(name));
    assert_ok(vkey_make(bytes_of(name, 255), VKEY_ED25519, public_key, &key));
    assert_int_equal(strlen(key.name), 255);
    assert_err(vkey_make(bytes_of(name, 256), VKEY_ED25519, public_key, &key),
               HL_EMALFORMED);
}

/* Ids of 02 and 05 have rules of their own (signed-note, static-ct-api). */
static void foreign_id_rules_are_known(void **state)
{
    (void)state;
    static const char der[] = "any DER of a public key";
    struct hl_hash of_key = hash_bytes(bytes_of_text(der));
    struct writer hashed = {0};
    writer_text(&hashed, "n\n\x05");
    writer_bytes(&hashed, bytes_of(of_key.bytes, 32));
    struct hl_hash of_log = hash_bytes(writer_view(&hashed));
    const struct hl_hash ids[] = {of_key, of_log};
    for (size_t i = 0; i < 2; i++) {
        struct writer material = {0};
        struct writer text = {0};
        struct vkey key;
        writer_u8(&material, i == 0 ? 0x02 : 0x05);
        writer_text(&material, der);
        writer_text(&text, "n+");
        test_hex(bytes_of(ids[i].bytes, 4), &text);
        writer_text(&text, "+");
        base64_encode(writer_view(&material), &text);
        assert_ok(vkey_parse(writer_view(&text), &key, NULL));
        assert_int_equal(key.kind, VKEY_IGNORED);
        assert_int_equal(key.alg, i == 0 ? 0x02 : 0x05);
        writer_fini(&text);
        writer_fini(&material);
    }
    writer_fini(&hashed);
}

static void a_list_with_one_name_and_id_twice_is_ambiguous(void **state)
{
    (void)state;
    struct vkey keys[] = {must_vkey(PETER_VKEY), must_vkey(ENOCH_VKEY),
                          must_vkey(ENOCH_VKEY)};
    struct hl_detail detail = {0};
    assert_ok(vkey_validate_distinct(keys, 2, NULL));
    assert_err(vkey_validate_distinct(keys, 3, &detail), HL_EAMBIGUOUS);
    assert_non_null(strstr(detail.text, "EnochRoot+af0cfe78"));
    /* One of the two in common is no clash. */
    keys[2].id++;
    assert_ok(vkey_validate_distinct(keys, 3, NULL));
    keys[2].id--;
    keys[2].name[0] = 'e';
    assert_ok(vkey_validate_distinct(keys, 3, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_writes_the_published_keys),
        cmocka_unit_test(one_key_under_two_algorithms_has_one_fingerprint),
        cmocka_unit_test(sm2_keys_carry_their_identifier),
        cmocka_unit_test(each_algorithm_has_its_key_length),
        cmocka_unit_test(unknown_algorithms_are_ignored_not_refused),
        cmocka_unit_test(an_sm2_key_is_an_uncompressed_point),
        cmocka_unit_test(refuses_every_part_of_a_key),
        cmocka_unit_test(refuses_every_changed_bit_of_a_key),
        cmocka_unit_test(refuses_what_no_writer_writes),
        cmocka_unit_test(an_endless_key_is_refused),
        cmocka_unit_test(names_have_no_white_space_control_or_plus),
        cmocka_unit_test(names_are_at_most_255_bytes),
        cmocka_unit_test(foreign_id_rules_are_known),
        cmocka_unit_test(a_list_with_one_name_and_id_twice_is_ambiguous),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
