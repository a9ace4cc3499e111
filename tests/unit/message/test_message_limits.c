/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tests/unit/message/samples.h"

enum value { NUMBER32, NUMBER64, ZEROS, TEXT };

/* One value of a sample put in place of another, in a foreign sender's message
 * and in ours. */
struct change {
    enum sync_kind kind;
    enum value value;
    size_t theirs; /* in struct foreign */
    size_t ours;   /* in struct sync_message; 0: it cannot be said there */
    uint64_t number;
    const char *text;
    hl_err err;
    uint64_t at;
    const char *detail;
};

#define THEIRS(member) offsetof(struct foreign, member)
#define OURS(member) offsetof(struct sync_message, member)
#define BOTH(member) THEIRS(member), OURS(member)

/* Every bound, the last value within it and the first one beyond. A member of
 * less than 128 bytes begins at 2, a larger one at 3, then 4 and 5. */
static const struct change changes[] = {
    {SYNC_HELLO, NUMBER32, BOTH(hello.version_min), 0, NULL, HL_EMALFORMED, 2,
     "Hello.version_min is missing"},
    {SYNC_HELLO, NUMBER32, BOTH(hello.version_min), 3, NULL, HL_OK, 0, ""},
    {SYNC_HELLO, NUMBER32, BOTH(hello.version_min), 4, NULL, HL_EMALFORMED, 4,
     "Hello.version_max is below version_min"},
    {SYNC_HELLO, NUMBER32, BOTH(hello.version_max), UINT32_MAX, NULL, HL_OK, 0,
     ""},
    {SYNC_HELLO, TEXT, BOTH(hello.alliance), 0, "", HL_EMALFORMED, 2,
     "Hello.alliance is not a domain"},
    {SYNC_HELLO, TEXT, BOTH(hello.alliance), 0, "A.example", HL_EMALFORMED, 6,
     "Hello.alliance is not a domain"},
    {SYNC_HELLO, TEXT, BOTH(hello.sender), 0, "", HL_EMALFORMED, 2,
     "Hello.sender is not a node id"},
    {SYNC_HELLO, TEXT, BOTH(hello.sender), 0, "a.b", HL_EMALFORMED, 25,
     "Hello.sender is not a node id"},
    {SYNC_HELLO, TEXT, BOTH(hello.receiver), 0, "-a", HL_EMALFORMED, 36,
     "Hello.receiver is not a node id"},
    {SYNC_HELLO, NUMBER64, BOTH(hello.charter_version), UINT64_MAX, NULL, HL_OK,
     0, ""},
    {SYNC_HELLO, ZEROS, THEIRS(hello.charter_hash), 0, 0, NULL, HL_EMALFORMED,
     2, "Hello.charter_hash has 0 bytes, not 32"},
    {SYNC_HELLO, ZEROS, THEIRS(hello.charter_hash), 0, 31, NULL, HL_EMALFORMED,
     47, "Hello.charter_hash has 31 bytes, not 32"},
    {SYNC_HELLO, ZEROS, THEIRS(hello.charter_hash), 0, 33, NULL, HL_EMALFORMED,
     47, "Hello.charter_hash has 33 bytes, not 32"},
    {SYNC_HELLO, NUMBER64, BOTH(hello.window_bytes), UINT64_MAX, NULL, HL_OK, 0,
     ""},

    {SYNC_HAVE, TEXT, BOTH(have.origin), 0, "", HL_EMALFORMED, 2,
     "Have.origin '' is not <alliance>/<node>"},
    {SYNC_HAVE, ZEROS, BOTH(have.checkpoint), HL_NOTE_MAX_BYTES, NULL, HL_OK, 0,
     ""},
    {SYNC_HAVE, ZEROS, BOTH(have.checkpoint), HL_NOTE_MAX_BYTES + 1, NULL,
     HL_ELIMIT, 11, "Have.checkpoint of 1000001 bytes is over 1000000"},
    {SYNC_HAVE, ZEROS, BOTH(have.candidate), HL_NOTE_MAX_BYTES, NULL, HL_OK, 0,
     ""},
    {SYNC_HAVE, ZEROS, BOTH(have.candidate), HL_NOTE_MAX_BYTES + 1, NULL,
     HL_ELIMIT, 18, "Have.candidate of 1000001 bytes is over 1000000"},
    {SYNC_HAVE, ZEROS, BOTH(have.sealed), HL_NOTE_MAX_BYTES, NULL, HL_OK, 0,
     ""},
    {SYNC_HAVE, ZEROS, BOTH(have.sealed), HL_NOTE_MAX_BYTES + 1, NULL,
     HL_ELIMIT, 24, "Have.sealed of 1000001 bytes is over 1000000"},
    {SYNC_HAVE, NUMBER64, THEIRS(claim.size), OURS(have.claim.size),
     MERKLE_SIZE_MAX, NULL, HL_OK, 0, ""},
    {SYNC_HAVE, NUMBER64, THEIRS(claim.size), OURS(have.claim.size),
     MERKLE_SIZE_MAX + 1, NULL, HL_EMALFORMED, 29,
     "Head.size and root are of no tree"},
    {SYNC_HAVE, NUMBER64, THEIRS(claim.size), OURS(have.claim.size), 0, NULL,
     HL_EMALFORMED, 29, "Head.size and root are of no tree"},
    {SYNC_HAVE, ZEROS, THEIRS(claim.root), 0, 31, NULL, HL_EMALFORMED, 32,
     "Head.root has 31 bytes, not 32"},
    {SYNC_HAVE, NUMBER64, THEIRS(digest_at.size), OURS(have.digest.size), 0,
     NULL, HL_EMALFORMED, 68, "DigestAt.size is no multiple of 256 above 0"},
    {SYNC_HAVE, NUMBER64, THEIRS(digest_at.size), OURS(have.digest.size), 255,
     NULL, HL_EMALFORMED, 68, "DigestAt.size is no multiple of 256 above 0"},
    {SYNC_HAVE, NUMBER64, THEIRS(digest_at.size), OURS(have.digest.size), 257,
     NULL, HL_EMALFORMED, 68, "DigestAt.size is no multiple of 256 above 0"},
    {SYNC_HAVE, NUMBER64, THEIRS(digest_at.size), OURS(have.digest.size),
     MERKLE_SIZE_MAX - 255, NULL, HL_OK, 0, ""},
    {SYNC_HAVE, NUMBER64, THEIRS(digest_at.size), OURS(have.digest.size),
     MERKLE_SIZE_MAX + 1, NULL, HL_ELIMIT, 68,
     "DigestAt.size reaches beyond 2^63 - 1"},
    {SYNC_HAVE, NUMBER64, THEIRS(digest_at.rules), OURS(have.digest.rules),
     UINT64_MAX, NULL, HL_OK, 0, ""},
    {SYNC_HAVE, ZEROS, THEIRS(digest_at.digest), 0, 33, NULL, HL_EMALFORMED, 73,
     "DigestAt.digest has 33 bytes, not 32"},

    {SYNC_WANT, TEXT, BOTH(want.origin), 0, "a.b", HL_EMALFORMED, 2,
     "Want.origin 'a.b' is not <alliance>/<node>"},
    {SYNC_WANT, NUMBER64, BOTH(want.from), MERKLE_SIZE_MAX, NULL, HL_OK, 0, ""},
    {SYNC_WANT, NUMBER64, BOTH(want.from), MERKLE_SIZE_MAX + 1, NULL, HL_ELIMIT,
     11, "Want.from reaches beyond 2^63 - 1"},

    {SYNC_SEGMENT, TEXT, BOTH(segment.origin), 0, "a.b", HL_EMALFORMED, 3,
     "Segment.origin 'a.b' is not <alliance>/<node>"},
    {SYNC_SEGMENT, NUMBER32, BOTH(segment.count), 0, NULL, HL_EMALFORMED, 3,
     "Segment.count is missing"},
    {SYNC_SEGMENT, NUMBER32, BOTH(segment.count), HL_SEGMENT_ENTRIES_MAX + 1,
     NULL, HL_ELIMIT, 13, "Segment.count 16385 is over 16384"},
    {SYNC_SEGMENT, ZEROS, BOTH(segment.checkpoint), HL_NOTE_MAX_BYTES, NULL,
     HL_OK, 0, ""},
    {SYNC_SEGMENT, ZEROS, BOTH(segment.checkpoint), HL_NOTE_MAX_BYTES + 1, NULL,
     HL_ELIMIT, 26, "Segment.checkpoint is over 1000000 bytes"},

    {SYNC_PROOF_WANT, TEXT, BOTH(proof_want.origin), 0, "/c", HL_EMALFORMED, 2,
     "ProofWant.origin '/c' is not <alliance>/<node>"},
    {SYNC_PROOF_WANT, NUMBER64, BOTH(proof_want.at), MERKLE_SIZE_MAX, NULL,
     HL_OK, 0, ""},
    {SYNC_PROOF_WANT, NUMBER64, BOTH(proof_want.at), MERKLE_SIZE_MAX + 1, NULL,
     HL_ELIMIT, 9, "ProofWant.at reaches beyond 2^63 - 1"},
    {SYNC_PROOF_WANT, NUMBER64, BOTH(proof_want.size), MERKLE_SIZE_MAX, NULL,
     HL_OK, 0, ""},
    {SYNC_PROOF_WANT, NUMBER64, BOTH(proof_want.size), MERKLE_SIZE_MAX + 1,
     NULL, HL_ELIMIT, 11, "ProofWant.size reaches beyond 2^63 - 1"},

    {SYNC_PROOF, TEXT, BOTH(proof.origin), 0, "a.b/", HL_EMALFORMED, 2,
     "Proof.origin 'a.b/' is not <alliance>/<node>"},
    {SYNC_PROOF, ZEROS, BOTH(proof.checkpoint), HL_NOTE_MAX_BYTES, NULL, HL_OK,
     0, ""},
    {SYNC_PROOF, ZEROS, BOTH(proof.checkpoint), HL_NOTE_MAX_BYTES + 1, NULL,
     HL_ELIMIT, 11, "Proof.checkpoint of 1000001 bytes is over 1000000"},
    {SYNC_PROOF, ZEROS, THEIRS(proof.checkpoint), 0, 0, NULL, HL_EMALFORMED, 9,
     "Proof.at stands without a checkpoint"},
    {SYNC_PROOF, NUMBER64, THEIRS(proof.at), OURS(proof.start.at),
     MERKLE_SIZE_MAX, NULL, HL_OK, 0, ""},
    {SYNC_PROOF, NUMBER64, THEIRS(proof.at), OURS(proof.start.at),
     MERKLE_SIZE_MAX + 1, NULL, HL_ELIMIT, 16,
     "Proof.at reaches beyond 2^63 - 1"},
    {SYNC_PROOF, ZEROS, THEIRS(proof.root), 0, 0, NULL, HL_EMALFORMED, 2,
     "Proof.root has 0 bytes, not 32"},
    {SYNC_PROOF, ZEROS, THEIRS(proof.root), 0, 64, NULL, HL_EMALFORMED, 19,
     "Proof.root has 64 bytes, not 32"},
    {SYNC_PROOF, ZEROS, THEIRS(proof.proof), 0, 32 * HL_PROOF_HASHES_MAX, NULL,
     HL_OK, 0, ""},
    {SYNC_PROOF, ZEROS, THEIRS(proof.proof), 0, 32 * HL_PROOF_HASHES_MAX + 1,
     NULL, HL_ELIMIT, 53, "Proof.proof has more than 63 hashes"},
    {SYNC_PROOF, ZEROS, THEIRS(proof.proof), 0, 33, NULL, HL_EMALFORMED, 52,
     "Proof.proof of 33 bytes is not whole hashes"},

    {SYNC_KEPT_WANT, TEXT, BOTH(kept_want.origin), 0, "a.b/C", HL_EMALFORMED, 2,
     "KeptWant.origin 'a.b/C' is not <alliance>/<node>"},

    {SYNC_KEPT, TEXT, BOTH(kept.origin), 0, "a.b/c/d", HL_EMALFORMED, 2,
     "Kept.origin 'a.b/c/d' is not <alliance>/<node>"},
    {SYNC_KEPT, ZEROS, THEIRS(kept.charter_hash), 0, 31, NULL, HL_EMALFORMED,
     11, "Kept.charter_hash has 31 bytes, not 32"},
    {SYNC_KEPT, ZEROS, BOTH(kept.checkpoint), HL_NOTE_MAX_BYTES, NULL, HL_OK, 0,
     ""},
    {SYNC_KEPT, ZEROS, BOTH(kept.checkpoint), HL_NOTE_MAX_BYTES + 1, NULL,
     HL_ELIMIT, 47, "Kept.checkpoint of 1000001 bytes is over 1000000"},

    {SYNC_CHARTER, ZEROS, BOTH(charter.raw), HL_NOTE_MAX_BYTES, NULL, HL_OK, 0,
     ""},
    {SYNC_CHARTER, ZEROS, BOTH(charter.raw), HL_NOTE_MAX_BYTES + 1, NULL,
     HL_ELIMIT, 4, "Charter.raw of 1000001 bytes is over 1000000"},
    {SYNC_EVIDENCE, ZEROS, BOTH(evidence.raw), HL_EVIDENCE_MAX_BYTES, NULL,
     HL_OK, 0, ""},
    {SYNC_EVIDENCE, ZEROS, BOTH(evidence.raw), HL_EVIDENCE_MAX_BYTES + 1, NULL,
     HL_ELIMIT, 5, "Evidence.raw of 2100001 bytes is over 2100000"},

    {SYNC_DIGEST_WANT, TEXT, BOTH(digest_want.origin), 0, "", HL_EMALFORMED, 2,
     "DigestWant.origin '' is not <alliance>/<node>"},
    {SYNC_DIGEST_WANT, NUMBER64, BOTH(digest_want.size), 0, NULL, HL_OK, 0, ""},
    {SYNC_DIGEST_WANT, NUMBER64, BOTH(digest_want.size), MERKLE_SIZE_MAX + 1,
     NULL, HL_ELIMIT, 9, "DigestWant.size reaches beyond 2^63 - 1"},
    {SYNC_DIGEST_WANT, ZEROS, BOTH(digest_want.path), SYNC_DIGEST_PATH_MAX,
     NULL, HL_OK, 0, ""},
    {SYNC_DIGEST_WANT, ZEROS, BOTH(digest_want.path), SYNC_DIGEST_PATH_MAX + 1,
     NULL, HL_ELIMIT, 12, "DigestWant.path of 65 bytes is over 64"},

    {SYNC_DIGEST, TEXT, BOTH(digest.origin), 0, "", HL_EMALFORMED, 2,
     "Digest.origin '' is not <alliance>/<node>"},
    {SYNC_DIGEST, NUMBER64, BOTH(digest.size), 513, NULL, HL_OK, 0, ""},
    {SYNC_DIGEST, ZEROS, BOTH(digest.path), SYNC_DIGEST_PATH_MAX, NULL, HL_OK,
     0, ""},
    {SYNC_DIGEST, ZEROS, BOTH(digest.path), SYNC_DIGEST_PATH_MAX + 1, NULL,
     HL_ELIMIT, 12, "Digest.path of 65 bytes is over 64"},
    {SYNC_BLOB_WANT, TEXT, BOTH(blob_want.origin), 0, "", HL_EMALFORMED, 2,
     "BlobWant.origin '' is not <alliance>/<node>"},
    {SYNC_BLOB_WANT, NUMBER64, BOTH(blob_want.first), MERKLE_SIZE_MAX + 1, NULL,
     HL_ELIMIT, 43, "BlobWant.first reaches beyond 2^63 - 1"},
    {SYNC_BLOB_PART, ZEROS, BOTH(blob_part.bytes), BLOB_PART_BYTES, NULL, HL_OK,
     0, ""},
    {SYNC_BLOB_PART, ZEROS, BOTH(blob_part.bytes), BLOB_PART_BYTES + 1, NULL,
     HL_ELIMIT, 48, "BlobPart.bytes of 65537 bytes is over 65536"},
    {SYNC_DIGEST, ZEROS, BOTH(digest.node), SYNC_DIGEST_NODE_MAX_BYTES, NULL,
     HL_OK, 0, ""},
    {SYNC_DIGEST, ZEROS, BOTH(digest.node), SYNC_DIGEST_NODE_MAX_BYTES + 1,
     NULL, HL_ELIMIT, 19, "Digest.node of 65537 bytes is over 65536"},
};

static void change_theirs(const struct change *change, struct foreign *foreign)
{
    void *value = (uint8_t *)foreign + change->theirs;
    switch (change->value) {
    case NUMBER32:
        *(uint32_t *)value = (uint32_t)change->number;
        return;
    case NUMBER64:
        *(uint64_t *)value = change->number;
        return;
    case ZEROS:
        *(ProtobufCBinaryData *)value =
            (ProtobufCBinaryData){change->number, sample_zeros(change->number)};
        return;
    case TEXT:
        memcpy(value, &change->text, sizeof(change->text));
        return;
    }
}

static void change_ours(const struct change *change,
                        struct sync_message *message)
{
    void *value = (uint8_t *)message + change->ours;
    switch (change->value) {
    case NUMBER32:
        *(uint32_t *)value = (uint32_t)change->number;
        return;
    case NUMBER64:
        *(uint64_t *)value = change->number;
        return;
    case ZEROS:
        *(struct bytes *)value =
            bytes_of(sample_zeros(change->number), change->number);
        return;
    case TEXT:
        *(struct bytes *)value = bytes_of_text(change->text);
        return;
    }
}

static void expect(struct bytes raw, hl_err err, uint64_t at, const char *text)
{
    struct segment_codec *codec = segment_codec_create();
    struct sync_message read = {.kind = SYNC_KIND_COUNT};
    struct hl_detail detail = {0};
    hl_err found = sync_decode(codec, raw, &read, &detail);
    assert_string_equal(detail.text, text);
    assert_err(found, err);
    assert_int_equal(detail.at, at);
    assert_true(err == HL_OK || read.kind == SYNC_KIND_COUNT);
    segment_codec_destroy(codec);
}

static void every_bound_holds_from_both_sides(void **state)
{
    (void)state;
    static struct foreign foreign;
    struct writer raw = {0};
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        const struct change *change = &changes[i];
        sample_foreign(change->kind, &foreign);
        change_theirs(change, &foreign);
        foreign_pack(&foreign, &raw);
        expect(writer_view(&raw), change->err, change->at, change->detail);
    }
    writer_fini(&raw);
}

static void nothing_is_written_that_would_be_refused(void **state)
{
    (void)state;
    static struct foreign foreign;
    struct segment_codec *codec = segment_codec_create();
    struct writer raw = {0};
    struct writer theirs = {0};
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        const struct change *change = &changes[i];
        struct sync_message message = sample_message(change->kind);
        if (change->ours == 0) {
            continue;
        }
        change_ours(change, &message);
        writer_clear(&raw);
        assert_err(sync_encode(codec, &message, false, &raw), change->err);
        sample_foreign(change->kind, &foreign);
        change_theirs(change, &foreign);
        foreign_pack(&foreign, &theirs);
        assert_true(change->err == HL_OK
                        ? bytes_equal(writer_view(&raw), writer_view(&theirs))
                        : raw.size == 0);
    }
    writer_fini(&raw);
    writer_fini(&theirs);
    segment_codec_destroy(codec);
}

/* Too long for a literal. */
static void names_end_at_their_bounds(void **state)
{
    (void)state;
    static struct foreign foreign;
    struct writer raw = {0};
    char name[HL_NAME_MAX_BYTES + 2];
    memset(name, 'a', sizeof(name));
    for (size_t i = 50; i < sizeof(name); i += 50) {
        name[i] = '.';
    }
    sample_foreign(SYNC_HELLO, &foreign);
    foreign.hello.alliance = name;
    name[253] = '\0';
    foreign_pack(&foreign, &raw);
    expect(writer_view(&raw), HL_OK, 0, "");
    name[253] = 'a';
    name[255] = '\0';
    foreign_pack(&foreign, &raw);
    expect(writer_view(&raw), HL_EMALFORMED, 7,
           "Hello.alliance is not a domain");
    name[255] = 'a';
    name[256] = '\0';
    foreign_pack(&foreign, &raw);
    expect(writer_view(&raw), HL_ELIMIT, 7,
           "Hello.alliance of 256 bytes is over 255");
    name[253] = '/';
    sample_foreign(SYNC_WANT, &foreign);
    foreign.want.origin = name;
    foreign_pack(&foreign, &raw);
    expect(writer_view(&raw), HL_ELIMIT, 3,
           "Want.origin of 256 bytes is over 255");
    name[255] = '\0';
    foreign_pack(&foreign, &raw);
    expect(writer_view(&raw), HL_OK, 0, "");
    writer_fini(&raw);
}

static void a_path_is_of_nibbles(void **state)
{
    (void)state;
    static struct foreign foreign;
    struct writer raw = {0};
    sample_foreign(SYNC_DIGEST_WANT, &foreign);
    foreign.digest_want.path =
        (ProtobufCBinaryData){5, (uint8_t *)"\0\17\0\20\1"};
    foreign_pack(&foreign, &raw);
    /* Behind origin (2) and size (9), the content of the path is at 14. */
    expect(writer_view(&raw), HL_EMALFORMED, 17,
           "DigestWant.path has a byte above 15");
    writer_fini(&raw);
}

static void nothing_stands_under_a_missing_checkpoint(void **state)
{
    (void)state;
    static struct foreign foreign;
    struct writer raw = {0};
    sample_foreign(SYNC_PROOF, &foreign);
    foreign.proof.checkpoint.len = 0;
    foreign.proof.at = 0;
    foreign_pack(&foreign, &raw);
    expect(writer_view(&raw), HL_EMALFORMED, 9,
           "Proof.root stands without a checkpoint");
    foreign.proof.root.len = 0;
    foreign_pack(&foreign, &raw);
    expect(writer_view(&raw), HL_EMALFORMED, 9,
           "Proof.proof stands without a checkpoint");
    foreign.proof.proof.len = 0;
    foreign_pack(&foreign, &raw);
    expect(writer_view(&raw), HL_OK, 0, "");
    writer_fini(&raw);
}

static void a_proof_of_ours_is_within_its_bound(void **state)
{
    (void)state;
    struct writer raw = {0};
    struct sync_message message = sample_message(SYNC_PROOF);
    message.proof.start.proof.count = HL_PROOF_HASHES_MAX;
    assert_ok(sync_encode(NULL, &message, false, &raw));
    writer_clear(&raw);
    message.proof.start.proof.count = HL_PROOF_HASHES_MAX + 1;
    assert_err(sync_encode(NULL, &message, false, &raw), HL_ELIMIT);
    assert_int_equal(raw.size, 0);
    writer_fini(&raw);
}

/* Three notes, each within its bound, so large that the whole is as large as
 * it may be, or larger by one. */
static struct sync_message have_of(size_t sealed)
{
    struct bytes note =
        bytes_of(sample_zeros(HL_NOTE_MAX_BYTES), HL_NOTE_MAX_BYTES);
    struct sync_have have = {.origin = bytes_of_text("a.b/c"),
                             .checkpoint = note,
                             .candidate = note,
                             .sealed = bytes_slice(note, 0, sealed)};
    return (struct sync_message){SYNC_HAVE, {.have = have}};
}

static void the_whole_has_a_bound_of_its_own(void **state)
{
    (void)state;
    struct writer raw = {0};
    /* Tag and length of Have, of the origin, of two notes and of the third. */
    size_t frame = 5 + 2 + 5 + 4 + 4 + 4;
    size_t sealed = SYNC_MESSAGE_MAX_BYTES - frame - 2 * HL_NOTE_MAX_BYTES;
    struct sync_message message = have_of(sealed);
    assert_ok(sync_encode(NULL, &message, false, &raw));
    assert_int_equal(raw.size, SYNC_MESSAGE_MAX_BYTES);
    expect(writer_view(&raw), HL_OK, 0, "");
    writer_clear(&raw);
    message = have_of(sealed + 1);
    assert_err(sync_encode(NULL, &message, false, &raw), HL_ELIMIT);
    assert_int_equal(raw.size, 0);
    expect(bytes_of(sample_zeros(SYNC_MESSAGE_MAX_BYTES + 1),
                    SYNC_MESSAGE_MAX_BYTES + 1),
           HL_ELIMIT, 0, "message of 2100017 bytes is over 2100016");
    writer_fini(&raw);
}

static void a_fault_of_a_segment_stands_where_it_is_in_the_message(void **state)
{
    (void)state;
    static struct foreign foreign;
    struct writer raw = {0};
    sample_foreign(SYNC_SEGMENT, &foreign);
    foreign.start.root.len = 31;
    foreign_pack(&foreign, &raw);
    /* Behind end_proof, which is 66 bytes from 32 on, and the start's tag and
     * length. */
    expect(writer_view(&raw), HL_EMALFORMED, 100,
           "Start.root has 31 bytes, not 32");
    /* The entry of three bytes said to be of four: its length at 20. */
    sample_foreign(SYNC_SEGMENT, &foreign);
    foreign.segment.entries =
        (ProtobufCBinaryData){8, (uint8_t *)"\0\1x\0\4abc"};
    foreign_pack(&foreign, &raw);
    expect(writer_view(&raw), HL_EMALFORMED, 20,
           "entry 1 of 2 in the bundle is cut short");
    writer_fini(&raw);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bound_holds_from_both_sides),
        cmocka_unit_test(nothing_is_written_that_would_be_refused),
        cmocka_unit_test(names_end_at_their_bounds),
        cmocka_unit_test(a_path_is_of_nibbles),
        cmocka_unit_test(nothing_stands_under_a_missing_checkpoint),
        cmocka_unit_test(a_proof_of_ours_is_within_its_bound),
        cmocka_unit_test(the_whole_has_a_bound_of_its_own),
        cmocka_unit_test(
            a_fault_of_a_segment_stands_where_it_is_in_the_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
