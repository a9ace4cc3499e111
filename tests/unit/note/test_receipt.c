/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/note/receipt.h"

#include <stdio.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/base64.h"
#include "protocol/note/cosignature.h"
#include "protocol/tree/prove.h"
#include "tests/support/mem_tree.h"
#include "tests/unit/note/note_support.h"

#define HEAD "c2sp.org/tlog-proof@v1\n"
/* SHA-256 of "hash1" and "hash2". */
#define HASH1 "rzFuy5Go7nrpkhBwKy1HWPMM3eO/YePY54fXRoH5Cm4="
#define HASH2 "5784L25ZFbP4hhm4ZiI+vx1RxMUyHMzeLp/3AKMlkIY="

/* transparency-dev/formats proof/tlog_proof_test.go TestMarshal. */
static void writes_the_published_proofs(void **state)
{
    (void)state;
    struct receipt rows[] = {
        {.index = 5, .checkpoint = bytes_of_text("test checkpoint\n")},
        {.index = 10,
         .has_entry = true,
         .entry = bytes_of_text("extra information"),
         .checkpoint = bytes_of_text("checkpoint data\n")},
        {.checkpoint = bytes_of_text("checkpoint\n")},
    };
    static const char *const expected[] = {
        HEAD "index 5\n" HASH1 "\n" HASH2 "\n\ntest checkpoint\n",
        HEAD "extra ZXh0cmEgaW5mb3JtYXRpb24=\nindex 10\n" HASH1
             "\n\ncheckpoint data\n",
        HEAD "index 0\n\ncheckpoint\n"};
    for (size_t i = 0; i < 3; i++) {
        struct writer written = {0};
        rows[i].proof.count = 2 - i;
        rows[i].proof.hashes[0] = hash_bytes(bytes_of_text("hash1"));
        rows[i].proof.hashes[1] = hash_bytes(bytes_of_text("hash2"));
        receipt_write(&rows[i], &written);
        assert_true(bytes_equal_text(writer_view(&written), expected[i]));
        writer_fini(&written);
    }
}

/* The rows marked F are those of the same file's TestUnmarshalErrors. */
static const struct {
    const char *text;
    uint64_t line;
} malformed[] = {
    {"", 1},
    {"c2sp.org/tlog-proof@v1", 1},
    {"wrong-header\nindex 0\n\ncheckpoint\n", 1}, /* F */
    {"c2sp.org/tlog-proof@v2\nindex 0\n\ncheckpoint\n", 1},
    {"c2sp.org/tlog-proof@v1\r\nindex 0\n\ncheckpoint\n", 1},
    {HEAD, 2},
    {HEAD "extra !!notbase64!!\nindex 0\n\ncheckpoint\n", 2}, /* F */
    {HEAD "extra QQ\nindex 0\n\ncheckpoint\n", 2},
    {HEAD "extra QR==\nindex 0\n\ncheckpoint\n", 2},
    {HEAD "extra\nindex 0\n\ncheckpoint\n", 2},
    {HEAD "extra QQ==\n", 3},
    {HEAD "extra QQ==\nextra QQ==\nindex 0\n\ncheckpoint\n", 3},
    {HEAD "\n\ncheckpoint\n", 2},                 /* F */
    {HEAD "index notanumber\n\ncheckpoint\n", 2}, /* F */
    {HEAD "index -5\n\ncheckpoint\n", 2},         /* F */
    {HEAD "index \n\ncheckpoint\n", 2},
    {HEAD "index 05\n\ncheckpoint\n", 2},
    {HEAD "index  5\n\ncheckpoint\n", 2},
    {HEAD "index 9223372036854775807\n\ncheckpoint\n", 2},
    {HEAD "index 0\nextra QQ==\n\ncheckpoint\n", 3},
    {HEAD "index 0\n!!notbase64!!\n\ncheckpoint\n", 3}, /* F */
    {HEAD "index 0\nQUJD\n\ncheckpoint\n", 3},
    {HEAD "index 0\n" HASH1 HASH2 "\n\ncheckpoint\n", 3}, /* F: length */
    {HEAD "index 0\n" HASH1 " \n\ncheckpoint\n", 3},
    {HEAD "index 0\n", 3},
    {HEAD "index 0\n" HASH1 "\n", 4},
    {HEAD "index 0\n" HASH1 "\ncheckpoint\n", 4},
    {HEAD "index 0\n\n", 4},
};

static void refuses_what_is_no_receipt(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        struct receipt receipt = {.index = 77};
        struct hl_detail detail = {0};
        assert_err(
            receipt_parse(bytes_of_text(malformed[i].text), &receipt, &detail),
            HL_EMALFORMED);
        assert_int_equal(detail.where, HL_AT_LINE);
        assert_int_equal(detail.at, malformed[i].line);
        assert_int_equal(receipt.index, 77);
    }
}

static void what_was_read_is_written_to_the_byte(void **state)
{
    (void)state;
    static const char *const texts[] = {
        HEAD "index 0\n\ncheckpoint\n",
        HEAD "index 9223372036854775806\n" HASH1 "\n" HASH2 "\n\nc",
        HEAD "extra \nindex 7\n" HASH1 "\n\nchk\n\n\nx\n",
        HEAD "extra QQ==\nindex 7\n\n\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct receipt receipt;
        struct writer back = {0};
        assert_ok(receipt_parse(bytes_of_text(texts[i]), &receipt, NULL));
        receipt_write(&receipt, &back);
        assert_true(bytes_equal_text(writer_view(&back), texts[i]));
        writer_fini(&back);
        receipt_fini(&receipt);
    }
}

static void each_part_is_bounded(void **state)
{
    (void)state;
    for (size_t extra = 0; extra <= 3; extra += 3) {
        struct writer text = {0};
        struct receipt receipt = {0};
        uint8_t *entry = hl_alloc(HL_ENTRY_MAX_BYTES + extra, 1);
        writer_text(&text, HEAD "extra ");
        base64_encode(bytes_of(entry, HL_ENTRY_MAX_BYTES + extra), &text);
        writer_text(&text, "\nindex 1\n\nc\n");
        assert_err(receipt_parse(writer_view(&text), &receipt, NULL),
                   extra == 0 ? HL_OK : HL_ELIMIT);
        receipt_fini(&receipt);
        hl_free(entry);
        writer_fini(&text);
    }
    for (size_t count = 63; count <= 64; count++) {
        struct writer text = {0};
        struct receipt receipt = {0};
        writer_text(&text, HEAD "index 1\n");
        for (size_t i = 0; i < count; i++) {
            writer_text(&text, HASH1 "\n");
        }
        writer_text(&text, "\nc\n");
        assert_err(receipt_parse(writer_view(&text), &receipt, NULL),
                   count == 63 ? HL_OK : HL_ELIMIT);
        receipt_fini(&receipt);
        writer_fini(&text);
    }
    for (size_t extra = 0; extra <= 1; extra++) {
        struct writer text = {0};
        struct receipt receipt = {0};
        writer_text(&text, HEAD "index 1\n\n");
        memset(writer_extend(&text, HL_NOTE_MAX_BYTES + extra), 'c',
               HL_NOTE_MAX_BYTES + extra);
        assert_err(receipt_parse(writer_view(&text), &receipt, NULL),
                   extra == 0 ? HL_OK : HL_ELIMIT);
        receipt_fini(&receipt);
        writer_fini(&text);
    }
}

/* A small journal, its author, one keeper, and the policy that lists both. */
struct world {
    struct mem_tree tree;
    struct signer author, keeper;
    struct policy policy;
    struct writer note;
    struct verifier verifier;
};

static const char origin[] = "zhongyuan/zhengzhou";

static struct bytes entry_of(uint64_t index)
{
    static char text[32];
    size_t size = (size_t)snprintf(text, sizeof(text), "entry %llu",
                                   (unsigned long long)index);
    return bytes_of(text, size);
}

static void world_init(struct world *world, uint64_t size)
{
    struct checkpoint checkpoint = {.head.size = size};
    struct writer text = {0};
    memset(world, 0, sizeof(*world));
    world->verifier = verifier_openssl();
    world->author = must_signer(origin, VKEY_ED25519, 1);
    world->keeper = must_signer("zhongyuan/jinan", VKEY_COSIGNATURE, 2);
    for (uint64_t i = 0; i < size; i++) {
        mem_tree_append_entry(&world->tree, entry_of(i));
    }
    checkpoint.head.root = mem_tree_head(&world->tree, size).root;
    memcpy(checkpoint.origin, origin, sizeof(origin));
    checkpoint_write(&checkpoint, &text);
    assert_ok(checkpoint_sign(&checkpoint, &world->author, 1, &world->note));
    assert_ok(cosignature_sign(writer_view(&text), &world->keeper, 1234,
                               &world->note));
    writer_clear(&text);
    writer_text(&text, "log ");
    vkey_write(&world->author.vkey, &text);
    writer_text(&text, "\nwitness keeper ");
    vkey_write(&world->keeper.vkey, &text);
    writer_text(&text, "\nquorum keeper\n");
    assert_ok(policy_parse(writer_view(&text), &world->policy, NULL));
    writer_fini(&text);
}

static void world_fini(struct world *world)
{
    writer_fini(&world->note);
    policy_fini(&world->policy);
    signer_fini(&world->keeper);
    signer_fini(&world->author);
    mem_tree_fini(&world->tree);
}

static struct receipt receipt_for(const struct world *world, uint64_t index)
{
    struct hash_source source = mem_tree_source(&world->tree);
    struct receipt receipt = {.has_entry = true,
                              .entry = entry_of(index),
                              .index = index,
                              .checkpoint = writer_view(&world->note)};
    assert_ok(
        prove_inclusion(&source, index, world->tree.size, &receipt.proof));
    return receipt;
}

static hl_err verify(const struct world *world, const struct receipt *receipt)
{
    struct policy_verdict verdict;
    struct checkpoint_verdict author_verdict;
    struct checkpoint_author author = {
        .origin = origin, .keys = &world->author.vkey, .key_count = 1};
    hl_err by_policy = receipt_verify(receipt, &world->policy, &world->verifier,
                                      &verdict, NULL);
    hl_err by_author = receipt_verify_author(receipt, &author, &world->verifier,
                                             &author_verdict, NULL);
    assert_err(by_author, by_policy);
    if (by_policy == HL_OK) {
        assert_int_equal(verdict.checkpoint.head.size, world->tree.size);
        assert_int_equal(author_verdict.checkpoint.head.size, world->tree.size);
    }
    return by_policy;
}

static void every_entry_of_a_journal_has_a_receipt(void **state)
{
    (void)state;
    for (uint64_t size = 1; size <= 9; size++) {
        struct world world;
        world_init(&world, size);
        for (uint64_t index = 0; index < size; index++) {
            struct receipt receipt = receipt_for(&world, index);
            struct writer text = {0};
            struct receipt back;
            receipt_write(&receipt, &text);
            assert_ok(receipt_parse(writer_view(&text), &back, NULL));
            assert_ok(verify(&world, &back));
            receipt_fini(&back);
            writer_fini(&text);
        }
        world_fini(&world);
    }
}

static void another_entry_index_or_hash_is_not_proven(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, 6);
    struct receipt receipt = receipt_for(&world, 4);
    receipt.entry = bytes_of_text("entry 5");
    assert_err(verify(&world, &receipt), HL_EPROOF);
    receipt = receipt_for(&world, 4);
    receipt.index = 5;
    assert_err(verify(&world, &receipt), HL_EPROOF);
    receipt = receipt_for(&world, 4);
    receipt.index = 6;
    assert_err(verify(&world, &receipt), HL_EPROOF);
    receipt = receipt_for(&world, 4);
    receipt.proof.hashes[1].bytes[31] ^= 1;
    assert_err(verify(&world, &receipt), HL_EPROOF);
    receipt = receipt_for(&world, 4);
    receipt.proof.count--;
    assert_err(verify(&world, &receipt), HL_EPROOF);
    world_fini(&world);
}

static void a_receipt_without_its_entry_proves_nothing(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, 3);
    struct receipt receipt = receipt_for(&world, 1);
    receipt.has_entry = false;
    assert_err(verify(&world, &receipt), HL_ENOTFOUND);
    world_fini(&world);
}

static void an_empty_journal_has_no_receipts(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, 0);
    struct receipt receipt = {.has_entry = true,
                              .checkpoint = writer_view(&world.note)};
    assert_err(verify(&world, &receipt), HL_EPROOF);
    world_fini(&world);
}

static void errors_in_the_checkpoint_name_the_receipts_line(void **state)
{
    (void)state;
    struct world world;
    struct writer text = {0};
    struct receipt receipt;
    struct policy_verdict verdict;
    struct hl_detail detail = {0};
    world_init(&world, 1);
    writer_text(&text, HEAD "extra ZW50cnkgMA==\nindex 0\n\n");
    writer_bytes(&text, writer_view(&world.note));
    writer_text(&text, "garbage\n");
    assert_ok(receipt_parse(writer_view(&text), &receipt, NULL));
    assert_err(receipt_verify(&receipt, &world.policy, &world.verifier,
                              &verdict, &detail),
               HL_EMALFORMED);
    assert_int_equal(detail.where, HL_AT_LINE);
    assert_int_equal(detail.at, 11);
    receipt_fini(&receipt);
    writer_fini(&text);
    world_fini(&world);
}

/* No flipped bit makes an accepted receipt prove another entry, or another
 * index, or another head. Lines of unknown keys are none here; a flip in the
 * keeper's line is refused because it is the quorum. */
static void no_flipped_bit_of_a_receipt_is_accepted(void **state)
{
    (void)state;
    struct world world;
    struct writer text = {0};
    world_init(&world, 5);
    struct receipt receipt = receipt_for(&world, 3);
    receipt_write(&receipt, &text);
    for (size_t bit = 0; bit < 8 * text.size; bit++) {
        struct receipt changed;
        struct policy_verdict verdict;
        text.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (receipt_parse(writer_view(&text), &changed, NULL) == HL_OK) {
            assert_int_not_equal(receipt_verify(&changed, &world.policy,
                                                &world.verifier, &verdict,
                                                NULL),
                                 HL_OK);
            receipt_fini(&changed);
        }
        text.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    writer_fini(&text);
    world_fini(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_the_published_proofs),
        cmocka_unit_test(refuses_what_is_no_receipt),
        cmocka_unit_test(what_was_read_is_written_to_the_byte),
        cmocka_unit_test(each_part_is_bounded),
        cmocka_unit_test(every_entry_of_a_journal_has_a_receipt),
        cmocka_unit_test(another_entry_index_or_hash_is_not_proven),
        cmocka_unit_test(a_receipt_without_its_entry_proves_nothing),
        cmocka_unit_test(an_empty_journal_has_no_receipts),
        cmocka_unit_test(errors_in_the_checkpoint_name_the_receipts_line),
        cmocka_unit_test(no_flipped_bit_of_a_receipt_is_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
