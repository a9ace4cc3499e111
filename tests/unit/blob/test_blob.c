/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/blob/blob.h"

#include <sodium.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "tests/support/support.h"

enum { READERS = 2, SLOTS_END = 9 + READERS * BLOB_SLOT_BYTES };

/* Keys, salt, content key and seeds of the vectors: bytes that count. */
struct sealed {
    struct blob_key keys[READERS];
    uint8_t salt[BLOB_SALT_BYTES];
    struct writer form;
    struct blob_seal seal;
    struct blob_leaves leaves;
    struct hl_hash id;
};

static void count_bytes(uint8_t *out, size_t size, uint8_t first)
{
    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)(first + i);
    }
}

static void take_leaves(struct sealed *made)
{
    struct bytes all = writer_view(&made->form);
    made->seal.size = all.size;
    for (uint64_t i = 0; i < blob_part_count(all.size); i++) {
        struct hl_hash leaf = merkle_leaf(
            bytes_slice(all, i * BLOB_PART_BYTES, blob_part_size(all.size, i)));
        blob_leaves_add(&made->leaves, &leaf);
    }
    made->seal.root = blob_leaves_root(&made->leaves);
}

static void seal_in(struct sealed *made, struct bytes document, size_t piece)
{
    uint8_t readers[READERS][BLOB_KEY_BYTES], seeds[READERS][BLOB_SEED_BYTES];
    uint8_t key[BLOB_KEY_BYTES];
    struct blob_sealer *sealer = NULL;
    struct hl_detail detail = {0};
    *made = (struct sealed){0};
    count_bytes(key, sizeof(key), 0x20);
    count_bytes(made->salt, sizeof(made->salt), 0x40);
    for (size_t i = 0; i < READERS; i++) {
        count_bytes(made->keys[i].private, BLOB_KEY_BYTES,
                    (uint8_t)(0x60 + 0x20 * i));
        assert_int_equal(
            crypto_scalarmult_base(made->keys[i].public, made->keys[i].private),
            0);
        memcpy(readers[i], made->keys[i].public, BLOB_KEY_BYTES);
        count_bytes(seeds[i], BLOB_SEED_BYTES, (uint8_t)(0xa0 + 0x20 * i));
    }
    struct blob_sealing sealing = {
        .head = {.name = bytes_of_text("报告.pdf"),
                 .media_type = bytes_of_text("application/pdf"),
                 .size = document.size},
        .readers = (const uint8_t(*)[BLOB_KEY_BYTES])readers,
        .reader_count = READERS,
        .salt = made->salt,
        .key = key,
        .seeds = (const uint8_t(*)[BLOB_SEED_BYTES])seeds,
    };
    uint64_t size = 0;
    assert_ok(blob_sealed_size(&sealing.head, READERS, &size, &detail));
    assert_ok(blob_sealer_create(&sealing, &made->form, &sealer, &detail));
    for (size_t at = 0; at < document.size; at += piece) {
        size_t left = document.size - at;
        assert_ok(blob_sealer_add(
            sealer, bytes_slice(document, at, left < piece ? left : piece),
            &made->form, &detail));
    }
    assert_ok(blob_sealer_finish(sealer, &made->form, &made->id, &detail));
    blob_sealer_destroy(&sealer);
    assert_int_equal(made->form.size, size);
    take_leaves(made);
}

static void drop(struct sealed *made)
{
    writer_fini(&made->form);
    blob_leaves_fini(&made->leaves);
}

static hl_err open_by(const struct sealed *made, struct bytes form,
                      const struct blob_key *key, size_t piece,
                      struct writer *document)
{
    struct blob_opener *opener = NULL;
    struct hl_detail detail = {0};
    hl_err err = HL_OK;
    blob_opener_create(key, 1, form.size, &opener);
    for (size_t at = 0; at < form.size && err == HL_OK; at += piece) {
        size_t left = form.size - at;
        err = blob_opener_add(
            opener, bytes_slice(form, at, left < piece ? left : piece),
            document, &detail);
    }
    if (err == HL_OK) {
        err = blob_opener_finish(opener, &made->id, &detail);
    }
    if (err == HL_OK) {
        assert_true(
            bytes_equal_text(blob_opener_head(opener)->name, "报告.pdf"));
        assert_true(bytes_equal_text(blob_opener_head(opener)->media_type,
                                     "application/pdf"));
    } else {
        assert_true(detail.text[0] != '\0');
    }
    blob_opener_destroy(&opener);
    return err;
}

static struct bytes document_of(size_t size)
{
    uint8_t *data = hl_alloc(size + 1, 1);
    for (size_t i = 0; i < size; i++) {
        data[i] = (uint8_t)(i * 7 + i / 251);
    }
    return bytes_of(data, size);
}

static void every_reader_opens_what_was_sealed(void **state)
{
    static const size_t sizes[] = {0,     1,     4000,   4096,   65400,
                                   65520, 65536, 131040, 200000, 1048576};
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct bytes document = document_of(sizes[i]);
        for (size_t r = 0; r < READERS; r++) {
            struct sealed made;
            struct writer found = {0};
            size_t piece = r == 0 ? 1000 : 100000;
            seal_in(&made, document, piece);
            assert_ok(open_by(&made, writer_view(&made.form), &made.keys[r],
                              r == 0 ? 65536 : 777, &found));
            assert_true(bytes_equal(writer_view(&found), document));
            writer_fini(&found);
            drop(&made);
        }
        hl_free((void *)(uintptr_t)document.data);
    }
}

static void a_key_that_is_no_readers_opens_nothing(void **state)
{
    struct sealed made;
    struct writer found = {0};
    struct blob_key other;
    (void)state;
    seal_in(&made, bytes_of_text("invoice 4711"), 100);
    count_bytes(other.private, BLOB_KEY_BYTES, 0x13);
    assert_int_equal(crypto_scalarmult_base(other.public, other.private), 0);
    assert_int_equal(
        open_by(&made, writer_view(&made.form), &other, 4096, &found),
        HL_EDENIED);
    assert_int_equal(found.size, 0);
    drop(&made);
}

/* Regions: magic, count, first reader's slot, the other's, chunks, tags. */
static void a_changed_byte_anywhere_is_noticed(void **state)
{
    struct sealed made;
    struct bytes document = document_of(150000);
    (void)state;
    seal_in(&made, document, 65536);
    for (size_t at = 0; at < made.form.size;
         at += at < SLOTS_END + 40 || at + 40 > made.form.size ? 1 : 997) {
        struct writer found = {0};
        bool others = at >= 9 + BLOB_SLOT_BYTES && at < 9 + 2 * BLOB_SLOT_BYTES;
        made.form.data[at] ^= 0x10;
        hl_err err = open_by(&made, writer_view(&made.form), &made.keys[0],
                             65536, &found);
        assert_true((err == HL_OK) == others);
        uint64_t part = at / BLOB_PART_BYTES;
        struct proof proof;
        blob_leaves_prove(&made.leaves, part, &proof);
        struct bytes bytes =
            bytes_slice(writer_view(&made.form), part * BLOB_PART_BYTES,
                        blob_part_size(made.seal.size, part));
        assert_int_equal(blob_part_verify(&made.seal, part, bytes, &proof),
                         HL_EPROOF);
        made.form.data[at] ^= 0x10;
        assert_ok(blob_part_verify(&made.seal, part, bytes, &proof));
        writer_fini(&found);
    }
    hl_free((void *)(uintptr_t)document.data);
    drop(&made);
}

static void a_shortened_or_lengthened_form_is_noticed(void **state)
{
    struct sealed made;
    struct bytes document = document_of(140000);
    (void)state;
    seal_in(&made, document, 65536);
    struct bytes all = writer_view(&made.form);
    size_t cuts[] = {1,           16, 17, 4096, 65536, all.size - SLOTS_END,
                     all.size - 8};
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        struct writer found = {0};
        assert_true(open_by(&made, bytes_slice(all, 0, all.size - cuts[i]),
                            &made.keys[0], 5000, &found) != HL_OK);
        writer_fini(&found);
    }
    /* Whole chunks off the end, so that the last is one like any other. */
    struct writer found = {0};
    assert_int_equal(open_by(&made, bytes_slice(all, 0, SLOTS_END + 65536),
                             &made.keys[0], 5000, &found),
                     HL_EPROOF);
    writer_fini(&found);
    writer_bytes(&made.form, bytes_of_text("more"));
    assert_true(open_by(&made, writer_view(&made.form), &made.keys[0], 5000,
                        &found) != HL_OK);
    writer_fini(&found);
    hl_free((void *)(uintptr_t)document.data);
    drop(&made);
}

static void parts_out_of_place_do_not_verify(void **state)
{
    struct sealed made;
    struct bytes document = document_of(400000);
    struct proof proof;
    (void)state;
    seal_in(&made, document, 65536);
    struct bytes all = writer_view(&made.form);
    uint64_t count = blob_part_count(all.size);
    assert_int_equal(count, 7);
    for (uint64_t i = 0; i < count; i++) {
        blob_leaves_prove(&made.leaves, i, &proof);
        struct bytes part =
            bytes_slice(all, i * BLOB_PART_BYTES, blob_part_size(all.size, i));
        for (uint64_t k = 0; k <= count; k++) {
            assert_true((blob_part_verify(&made.seal, k, part, &proof) ==
                         HL_OK) == (k == i));
        }
        part.size--;
        assert_int_equal(blob_part_verify(&made.seal, i, part, &proof),
                         HL_EPROOF);
    }
    hl_free((void *)(uintptr_t)document.data);
    drop(&made);
}

static void the_sealed_size_says_the_documents_to_4096_bytes(void **state)
{
    uint64_t first = 0, size = 0;
    (void)state;
    for (uint64_t i = 0; i <= 4096 - 66; i++) {
        struct blob_head head = {.name = bytes_of_text("a.pdf"),
                                 .media_type = bytes_of_text("application/pdf"),
                                 .size = i};
        assert_ok(blob_sealed_size(&head, 1, &size, NULL));
        first = i == 0 ? size : first;
        assert_int_equal(size, first);
    }
    assert_int_equal(first, 9 + 80 + 4096 + 16);
}

static void what_is_no_blob_is_refused_before_anything_is_written(void **state)
{
    uint8_t nothing[1][32] = {{0}}, some[1][32] = {{1}};
    struct writer out = {0};
    struct blob_sealer *sealer = NULL;
    struct hl_detail detail;
    uint64_t size;
    (void)state;
    struct blob_head bad_name = {.name = bytes_of("a\0b", 3)};
    struct blob_head bad_utf8 = {.media_type = bytes_of_text("\xff")};
    struct blob_head large = {.size = HL_BLOB_MAX_BYTES};
    struct blob_head fine = {.size = 3};
    assert_int_equal(blob_sealed_size(&bad_name, 1, &size, &detail),
                     HL_EMALFORMED);
    assert_int_equal(blob_sealed_size(&bad_utf8, 1, &size, &detail),
                     HL_EMALFORMED);
    assert_int_equal(blob_sealed_size(&large, 1, &size, &detail), HL_ELIMIT);
    assert_int_equal(blob_sealed_size(&fine, 0, &size, &detail), HL_EMALFORMED);
    assert_int_equal(blob_sealed_size(&fine, 17, &size, &detail), HL_ELIMIT);
    struct blob_sealing sealing = {
        .head = fine,
        .readers = (const uint8_t(*)[32])nothing,
        .reader_count = 1,
        .salt = some[0],
        .key = some[0],
        .seeds = (const uint8_t(*)[32])some,
    };
    assert_int_equal(blob_sealer_create(&sealing, &out, &sealer, &detail),
                     HL_ECRYPTO); /* a point of low order */
    assert_int_equal(out.size, 0);
    sealing.readers = (const uint8_t(*)[32])some;
    some[0][0] = 9;
    assert_ok(blob_sealer_create(&sealing, &out, &sealer, &detail));
    struct hl_hash id;
    assert_int_equal(
        blob_sealer_add(sealer, bytes_of_text("four"), &out, &detail),
        HL_EMALFORMED);
    assert_int_equal(blob_sealer_finish(sealer, &out, &id, &detail),
                     HL_EMALFORMED);
    blob_sealer_destroy(&sealer);
    writer_fini(&out);
}

static void expect_hex(struct bytes bytes, const char *hex)
{
    struct writer out = {0};
    writer_hex(&out, bytes);
    writer_u8(&out, 0);
    assert_string_equal((const char *)out.data, hex);
    writer_fini(&out);
}

/* Those of protocol/README.md, section 13. */
static void the_vectors_are_what_the_protocol_says(void **state)
{
    struct sealed made;
    (void)state;
    seal_in(&made, bytes_of_text("测试报告\n"), 100);
    struct hl_hash form = hash_bytes(writer_view(&made.form));
    assert_int_equal(made.form.size, 4281);
    expect_hex(
        bytes_of(made.id.bytes, 32),
        "a9472fc97b16257487f4aa1ba89bfa482472ebf2b3a598a04ef135c8bca3977e");
    expect_hex(
        bytes_of(form.bytes, 32),
        "3adeb381e5750ab2614b63c7262e11d9ee12b971076c49cceae1e1e0522fb120");
    expect_hex(
        bytes_of(made.seal.root.bytes, 32),
        "8d87bf2daac782b2b5ff91ec356fafa6bd92fb6d4f15f05bb9f1dab02f98de42");
    expect_hex(bytes_slice(writer_view(&made.form), 9, BLOB_SLOT_BYTES),
               "605a725d2a4adfeeb1a29e17edd621c1b7593ee8cdbc44ac6c4ab6e2f805d23"
               "c800dbe12f2fa8c233128b9bf39f1e30b3c0c39d3a5996e8e0acec05d3ccb0e"
               "95f4f3bd1b5adae6ddf77b33d6af5b06e9");
    drop(&made);
    struct bytes document = document_of(200000);
    seal_in(&made, document, 65536);
    assert_int_equal(made.leaves.count, 4);
    expect_hex(
        bytes_of(made.seal.root.bytes, 32),
        "291b6bab03355b0d686c0f0b8da01dc51a643ce3e500f3e2ee7370312bc647fa");
    hl_free((void *)(uintptr_t)document.data);
    drop(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reader_opens_what_was_sealed),
        cmocka_unit_test(a_key_that_is_no_readers_opens_nothing),
        cmocka_unit_test(a_changed_byte_anywhere_is_noticed),
        cmocka_unit_test(a_shortened_or_lengthened_form_is_noticed),
        cmocka_unit_test(parts_out_of_place_do_not_verify),
        cmocka_unit_test(the_sealed_size_says_the_documents_to_4096_bytes),
        cmocka_unit_test(what_is_no_blob_is_refused_before_anything_is_written),
        cmocka_unit_test(the_vectors_are_what_the_protocol_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
