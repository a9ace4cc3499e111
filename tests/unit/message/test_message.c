/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "protocol/entry/wire.h"
#include "tests/unit/message/samples.h"

struct world {
    struct segment_codec *codec;
    struct foreign foreign;
    struct writer theirs, ours;
};

static int set_up(void **state)
{
    static struct world world;
    world.codec = segment_codec_create();
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    segment_codec_destroy(world->codec);
    writer_fini(&world->theirs);
    writer_fini(&world->ours);
    return 0;
}

static void encode(struct world *world, const struct sync_message *message)
{
    writer_clear(&world->ours);
    assert_ok(sync_encode(world->codec, message, false, &world->ours));
}

static void assert_decodes(struct world *world, const struct writer *raw,
                           const struct sync_message *expected)
{
    struct sync_message read;
    struct hl_detail detail = {0};
    hl_err err = sync_decode(world->codec, writer_view(raw), &read, &detail);
    assert_string_equal(detail.text, "");
    assert_ok(err);
    assert_message(&read, expected);
}

/* Both ways: what protobuf-c makes of theirs is what we make of ours, and we
 * read it back. */
static void assert_same(struct world *world, const struct sync_message *message)
{
    foreign_pack(&world->foreign, &world->theirs);
    encode(world, message);
    assert_int_equal(world->ours.size, world->theirs.size);
    assert_memory_equal(world->ours.data, world->theirs.data, world->ours.size);
    assert_decodes(world, &world->theirs, message);
}

static void every_kind_has_the_bytes_that_protobuf_writes(void **state)
{
    struct world *world = *state;
    for (int kind = 0; kind < SYNC_KIND_COUNT; kind++) {
        sample_foreign((enum sync_kind)kind, &world->foreign);
        struct sync_message message = sample_message((enum sync_kind)kind);
        assert_same(world, &message);
    }
}

static void defaults_are_not_written(void **state)
{
    struct world *world = *state;
    struct foreign *foreign = &world->foreign;
    struct sync_message message = sample_message(SYNC_HELLO);
    sample_foreign(SYNC_HELLO, foreign);
    foreign->hello.window_bytes = message.hello.window_bytes = 0;
    foreign->hello.charter_version = message.hello.charter_version = 0;
    assert_same(world, &message);
    message = sample_message(SYNC_WANT);
    sample_foreign(SYNC_WANT, foreign);
    foreign->want.stop = message.want.stop = 0;
    foreign->want.from = message.want.from = 0;
    assert_same(world, &message);
    message = sample_message(SYNC_CREDIT);
    sample_foreign(SYNC_CREDIT, foreign);
    foreign->credit.bytes = message.credit.bytes = 0;
    assert_same(world, &message);
    message = sample_message(SYNC_KEPT);
    sample_foreign(SYNC_KEPT, foreign);
    foreign->kept.checkpoint.len = message.kept.checkpoint.size = 0;
    assert_same(world, &message);
    message = sample_message(SYNC_DIGEST);
    sample_foreign(SYNC_DIGEST, foreign);
    foreign->digest.path.len = message.digest.path.size = 0;
    foreign->digest.node.len = message.digest.node.size = 0;
    assert_same(world, &message);
}

static void any_part_of_a_have_may_be_missing(void **state)
{
    struct world *world = *state;
    for (unsigned parts = 0; parts < 32; parts++) {
        struct sync_message message = {.kind = SYNC_HAVE};
        struct sync_have full = sample_message(SYNC_HAVE).have;
        Heluo__V1__SyncMessage__Have *have = &world->foreign.have;
        sample_foreign(SYNC_HAVE, &world->foreign);
        message.have.origin = full.origin;
        if (parts & 1u) {
            message.have.checkpoint = full.checkpoint;
        } else {
            have->checkpoint.len = 0;
        }
        if (parts & 2u) {
            message.have.candidate = full.candidate;
        } else {
            have->candidate.len = 0;
        }
        if (parts & 4u) {
            message.have.sealed = full.sealed;
        } else {
            have->sealed.len = 0;
        }
        if (parts & 8u) {
            message.have.has_claim = true;
            message.have.claim = full.claim;
        } else {
            have->claim = NULL;
        }
        if (parts & 16u) {
            message.have.has_digest = true;
            message.have.digest = full.digest;
        } else {
            have->digest = NULL;
        }
        assert_same(world, &message);
    }
}

static void the_empty_journal_can_be_claimed(void **state)
{
    struct world *world = *state;
    struct sync_message message = sample_message(SYNC_HAVE);
    struct head empty = head_empty();
    sample_foreign(SYNC_HAVE, &world->foreign);
    message.have.claim = empty;
    world->foreign.claim.size = 0;
    world->foreign.claim.root.data = empty.root.bytes;
    assert_same(world, &message);
}

static void a_proof_without_a_checkpoint_has_nothing_below_it(void **state)
{
    struct world *world = *state;
    struct sync_message message = {.kind = SYNC_PROOF,
                                   .proof = {.origin = bytes_of_text("a.b/c")}};
    sample_foreign(SYNC_PROOF, &world->foreign);
    world->foreign.proof.checkpoint.len = 0;
    world->foreign.proof.at = 0;
    world->foreign.proof.root.len = 0;
    world->foreign.proof.proof.len = 0;
    assert_same(world, &message);
    /* What stands in the struct there is not meant. */
    struct sync_message other = sample_message(SYNC_PROOF);
    other.proof.checkpoint.size = 0;
    encode(world, &other);
    assert_decodes(world, &world->ours, &message);
}

static void a_segment_travels_deflated_where_that_is_shorter(void **state)
{
    struct world *world = *state;
    struct sync_message message = sample_message(SYNC_SEGMENT);
    struct segment_codec *other = segment_codec_create();
    struct writer raw = {0};
    message.segment.bundle = bytes_of(sample_zeros(2000), 2000);
    message.segment.count = 1000;
    encode(world, &message);
    assert_ok(sync_encode(other, &message, true, &raw));
    assert_in_range(raw.size, 1, world->ours.size / 2);
    assert_decodes(world, &raw, &message);
    writer_fini(&raw);
    segment_codec_destroy(other);
}

static void what_is_encoded_is_appended(void **state)
{
    struct world *world = *state;
    struct writer out = {0};
    writer_text(&out, "before");
    for (int kind = 0; kind < SYNC_KIND_COUNT; kind++) {
        struct sync_message message = sample_message((enum sync_kind)kind);
        size_t size = out.size;
        encode(world, &message);
        assert_ok(sync_encode(world->codec, &message, false, &out));
        assert_int_equal(out.size, size + world->ours.size);
        assert_memory_equal(out.data + size, world->ours.data,
                            world->ours.size);
    }
    assert_memory_equal(out.data, "before", 6);
    writer_fini(&out);
}

/* In memory of its exact size, where a sanitizer sees a read beyond it. */
static hl_err decode_exact(struct world *world, struct bytes raw,
                           struct sync_message *out)
{
    static uint8_t copy[1024];
    struct hl_detail detail = {0};
    assert_true(raw.size <= sizeof(copy));
    uint8_t *exact = copy + sizeof(copy) - raw.size;
    if (raw.size > 0) {
        memcpy(exact, raw.data, raw.size);
    }
    hl_err err =
        sync_decode(world->codec, bytes_of(exact, raw.size), out, &detail);
    assert_true(err == HL_OK || detail.text[0] != '\0');
    assert_true(detail.at <= raw.size);
    return err;
}

static void a_message_cut_anywhere_is_malformed(void **state)
{
    struct world *world = *state;
    for (int kind = 0; kind < SYNC_KIND_COUNT; kind++) {
        sample_foreign((enum sync_kind)kind, &world->foreign);
        foreign_pack(&world->foreign, &world->theirs);
        struct bytes whole = writer_view(&world->theirs);
        for (size_t size = 0; size < whole.size; size++) {
            struct sync_message read = {.kind = SYNC_KIND_COUNT};
            hl_err err =
                decode_exact(world, bytes_slice(whole, 0, size), &read);
            assert_err(err, HL_EMALFORMED);
            assert_int_equal(read.kind, SYNC_KIND_COUNT);
        }
    }
}

/* The member's own bytes cut, its length telling so: what is left is refused,
 * or it is a message that lacks its last fields, and is written as such. */
static void a_kind_cut_anywhere_is_refused_or_read_as_it_stands(void **state)
{
    struct world *world = *state;
    for (int kind = 0; kind < SYNC_KIND_COUNT; kind++) {
        sample_foreign((enum sync_kind)kind, &world->foreign);
        foreign_pack(&world->foreign, &world->theirs);
        struct bytes whole = writer_view(&world->theirs);
        struct wire_field field[SYNC_KIND_COUNT + 1];
        wire_collect(whole, 0, field, SYNC_KIND_COUNT + 1);
        struct bytes inner = field[kind + 1].bytes;
        for (size_t size = 0; size < inner.size; size++) {
            struct writer raw = {0};
            struct sync_message read;
            wire_add_message(&raw, (uint32_t)kind + 1, size);
            writer_bytes(&raw, bytes_slice(inner, 0, size));
            if (decode_exact(world, writer_view(&raw), &read) == HL_OK) {
                encode(world, &read);
                assert_true(
                    bytes_equal(writer_view(&world->ours), writer_view(&raw)));
            }
            writer_fini(&raw);
        }
    }
}

static void decode_hex(struct world *world, const char *hex, hl_err expected,
                       uint64_t at, const char *text)
{
    uint8_t raw[64];
    struct sync_message read;
    struct hl_detail detail = {0};
    size_t size = strlen(hex) / 2;
    test_unhex(hex, raw, size);
    hl_err err = sync_decode(world->codec, bytes_of(raw, size), &read, &detail);
    assert_string_equal(detail.text, text);
    assert_err(err, expected);
    assert_int_equal(detail.at, at);
}

static void a_message_has_one_kind(void **state)
{
    struct world *world = *state;
    decode_hex(world, "", HL_EMALFORMED, 0, "SyncMessage is of no kind");
    decode_hex(world, "22020801", HL_OK, 0, "");
    /* An empty member says its kind all the same. */
    decode_hex(world, "2200", HL_OK, 0, "");
    decode_hex(world, "220208014a00", HL_ENONCANONICAL, 4,
               "SyncMessage.kept is the second member of its oneof");
    decode_hex(world, "22002200", HL_ENONCANONICAL, 2,
               "SyncMessage.credit stands there twice");
    decode_hex(world, "2001", HL_EMALFORMED, 0,
               "SyncMessage.credit has another wire type than its own");
}

static void a_kind_of_a_later_version_is_unsupported(void **state)
{
    struct world *world = *state;
    decode_hex(world, "820100", HL_EUNSUPPORTED, 0,
               "SyncMessage field 16 is of no kind known here");
    decode_hex(world, "8201020801", HL_EUNSUPPORTED, 0,
               "SyncMessage field 16 is of no kind known here");
    /* But not in any form. */
    decode_hex(world, "820101", HL_EMALFORMED, 0,
               "SyncMessage field 16 is cut short");
}

static void fields_of_a_later_version_are_ignored(void **state)
{
    struct world *world = *state;
    struct sync_message read;
    uint8_t beside[] = {0x22, 0x02, 0x08, 0x05, 0x80, 0x01, 0x01};
    uint8_t within[] = {0x22, 0x04, 0x08, 0x05, 0x10, 0x01};
    assert_ok(sync_decode(world->codec, bytes_of(beside, 7), &read, NULL));
    assert_int_equal(read.kind, SYNC_CREDIT);
    assert_int_equal(read.credit.bytes, 5);
    assert_ok(sync_decode(world->codec, bytes_of(within, 6), &read, NULL));
    assert_int_equal(read.kind, SYNC_CREDIT);
    assert_int_equal(read.credit.bytes, 5);
}

static void kinds_are_named_as_in_the_schema(void **state)
{
    (void)state;
    const ProtobufCMessageDescriptor *schema =
        &heluo__v1__sync_message__descriptor;
    assert_int_equal(schema->n_fields, SYNC_KIND_COUNT);
    for (unsigned i = 0; i < SYNC_KIND_COUNT; i++) {
        const ProtobufCMessageDescriptor *member = schema->fields[i].descriptor;
        assert_int_equal(schema->fields[i].id, i + 1);
        assert_string_equal(sync_kind_name((enum sync_kind)i),
                            member->short_name);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_kind_has_the_bytes_that_protobuf_writes),
        TEST(defaults_are_not_written),
        TEST(any_part_of_a_have_may_be_missing),
        TEST(the_empty_journal_can_be_claimed),
        TEST(a_proof_without_a_checkpoint_has_nothing_below_it),
        TEST(a_segment_travels_deflated_where_that_is_shorter),
        TEST(what_is_encoded_is_appended),
        TEST(a_message_cut_anywhere_is_malformed),
        TEST(a_kind_cut_anywhere_is_refused_or_read_as_it_stands),
        TEST(a_message_has_one_kind),
        TEST(a_kind_of_a_later_version_is_unsupported),
        TEST(fields_of_a_later_version_are_ignored),
        TEST(kinds_are_named_as_in_the_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
