/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/message/samples.h"

#include <string.h>

static uint8_t zeros[SYNC_MESSAGE_MAX_BYTES + 65536];
static uint8_t hash[] = "0123456789abcdef0123456789abcdef"
                        "fedcba9876543210fedcba9876543210";
static uint8_t text[] = "note\n";
static uint8_t entries[] = "\0\1x\0\3abc";
static uint8_t path[] = "\0\1\17";

uint8_t *sample_zeros(size_t size)
{
    assert_true(size <= sizeof(zeros));
    return zeros;
}

#define DATA(name, size)                                                       \
    (ProtobufCBinaryData)                                                      \
    {                                                                          \
        (size), (name)                                                         \
    }

static void sample_hello(struct foreign *foreign)
{
    heluo__v1__sync_message__hello__init(&foreign->hello);
    foreign->hello.version_min = 1;
    foreign->hello.version_max = 3;
    foreign->hello.alliance = "zhongyuan.example";
    foreign->hello.sender = "zhengzhou";
    foreign->hello.receiver = "luoyang";
    foreign->hello.charter_version = 7;
    foreign->hello.charter_hash = DATA(hash, 32);
    foreign->hello.window_bytes = 131072;
    foreign->message.hello = &foreign->hello;
}

static void sample_have(struct foreign *foreign)
{
    heluo__v1__sync_message__have__init(&foreign->have);
    heluo__v1__sync_message__head__init(&foreign->claim);
    heluo__v1__sync_message__digest_at__init(&foreign->digest_at);
    foreign->have.origin = "a.b/c";
    foreign->have.checkpoint = DATA(text, 5);
    foreign->have.candidate = DATA(text, 4);
    foreign->have.sealed = DATA(text, 3);
    foreign->claim.size = 300;
    foreign->claim.root = DATA(hash, 32);
    foreign->have.claim = &foreign->claim;
    foreign->digest_at.size = 256;
    foreign->digest_at.rules = 2;
    foreign->digest_at.digest = DATA(hash + 32, 32);
    foreign->have.digest = &foreign->digest_at;
    foreign->message.have = &foreign->have;
}

static void sample_want(struct foreign *foreign)
{
    heluo__v1__sync_message__want__init(&foreign->want);
    foreign->want.origin = "a.b/c";
    foreign->want.stop = 1;
    foreign->want.from = 300;
    foreign->message.want = &foreign->want;
}

static void sample_credit(struct foreign *foreign)
{
    heluo__v1__sync_message__credit__init(&foreign->credit);
    foreign->credit.bytes = UINT64_MAX;
    foreign->message.credit = &foreign->credit;
}

static void sample_segment(struct foreign *foreign)
{
    heluo__v1__segment__init(&foreign->segment);
    heluo__v1__start__init(&foreign->start);
    foreign->segment.origin = "a.b/c";
    foreign->segment.first = 300;
    foreign->segment.count = 2;
    foreign->segment.entries = DATA(entries, 8);
    foreign->segment.checkpoint = DATA(text, 5);
    foreign->segment.end_proof = DATA(hash, 64);
    foreign->start.root = DATA(hash, 32);
    foreign->start.proof = DATA(hash, 64);
    foreign->segment.start = &foreign->start;
    foreign->message.segment = &foreign->segment;
}

static void sample_proof_want(struct foreign *foreign)
{
    heluo__v1__sync_message__proof_want__init(&foreign->proof_want);
    foreign->proof_want.origin = "a.b/c";
    foreign->proof_want.at = 5;
    foreign->proof_want.size = 300;
    foreign->message.proof_want = &foreign->proof_want;
}

static void sample_proof(struct foreign *foreign)
{
    heluo__v1__sync_message__proof__init(&foreign->proof);
    foreign->proof.origin = "a.b/c";
    foreign->proof.checkpoint = DATA(text, 5);
    foreign->proof.at = 5;
    foreign->proof.root = DATA(hash, 32);
    foreign->proof.proof = DATA(hash, 64);
    foreign->message.proof = &foreign->proof;
}

static void sample_kept_want(struct foreign *foreign)
{
    heluo__v1__sync_message__kept_want__init(&foreign->kept_want);
    foreign->kept_want.origin = "a.b/c";
    foreign->message.kept_want = &foreign->kept_want;
}

static void sample_kept(struct foreign *foreign)
{
    heluo__v1__sync_message__kept__init(&foreign->kept);
    foreign->kept.origin = "a.b/c";
    foreign->kept.charter_version = 7;
    foreign->kept.charter_hash = DATA(hash, 32);
    foreign->kept.checkpoint = DATA(text, 5);
    foreign->message.kept = &foreign->kept;
}

static void sample_charter(struct foreign *foreign)
{
    heluo__v1__sync_message__charter__init(&foreign->charter);
    foreign->charter.raw = DATA(text, 5);
    foreign->message.charter = &foreign->charter;
}

static void sample_evidence(struct foreign *foreign)
{
    heluo__v1__sync_message__evidence__init(&foreign->evidence);
    foreign->evidence.raw = DATA(text, 5);
    foreign->message.evidence = &foreign->evidence;
}

static void sample_digest_want(struct foreign *foreign)
{
    heluo__v1__sync_message__digest_want__init(&foreign->digest_want);
    foreign->digest_want.origin = "a.b/c";
    foreign->digest_want.size = 512;
    foreign->digest_want.path = DATA(path, 3);
    foreign->message.digest_want = &foreign->digest_want;
}

static void sample_digest(struct foreign *foreign)
{
    heluo__v1__sync_message__digest__init(&foreign->digest);
    foreign->digest.origin = "a.b/c";
    foreign->digest.size = 512;
    foreign->digest.path = DATA(path, 3);
    foreign->digest.node = DATA(text, 5);
    foreign->message.digest = &foreign->digest;
}

static void sample_blob_want(struct foreign *foreign)
{
    heluo__v1__sync_message__blob_want__init(&foreign->blob_want);
    foreign->blob_want.origin = "a.b/c";
    foreign->blob_want.id = DATA(hash, 32);
    foreign->blob_want.first = 300;
    foreign->blob_want.count = 8;
    foreign->message.blob_want = &foreign->blob_want;
}

static void sample_blob_part(struct foreign *foreign)
{
    heluo__v1__sync_message__blob_part__init(&foreign->blob_part);
    foreign->blob_part.origin = "a.b/c";
    foreign->blob_part.id = DATA(hash, 32);
    foreign->blob_part.index = 300;
    foreign->blob_part.bytes = DATA(text, 5);
    foreign->blob_part.proof = DATA(hash, 64);
    foreign->message.blob_part = &foreign->blob_part;
}

void sample_foreign(enum sync_kind kind, struct foreign *foreign)
{
    static void (*const samples[SYNC_KIND_COUNT])(struct foreign *) = {
        [SYNC_HELLO] = sample_hello,
        [SYNC_HAVE] = sample_have,
        [SYNC_WANT] = sample_want,
        [SYNC_CREDIT] = sample_credit,
        [SYNC_SEGMENT] = sample_segment,
        [SYNC_PROOF_WANT] = sample_proof_want,
        [SYNC_PROOF] = sample_proof,
        [SYNC_KEPT_WANT] = sample_kept_want,
        [SYNC_KEPT] = sample_kept,
        [SYNC_CHARTER] = sample_charter,
        [SYNC_EVIDENCE] = sample_evidence,
        [SYNC_DIGEST_WANT] = sample_digest_want,
        [SYNC_DIGEST] = sample_digest,
        [SYNC_BLOB_WANT] = sample_blob_want,
        [SYNC_BLOB_PART] = sample_blob_part,
    };
    memset(zeros, 0, sizeof(zeros));
    heluo__v1__sync_message__init(&foreign->message);
    samples[kind](foreign);
    /* The numbers of the oneof's members. */
    foreign->message.kind_case = (Heluo__V1__SyncMessage__KindCase)(kind + 1);
}

static struct hl_hash hash_of(size_t at)
{
    struct hl_hash out;
    memcpy(out.bytes, hash + at, HL_HASH_BYTES);
    return out;
}

static struct proof proof_of_two(void)
{
    return (struct proof){.count = 2, .hashes = {hash_of(0), hash_of(32)}};
}

static struct sync_message sample_segment_message(void)
{
    struct segment segment = {
        .origin = bytes_of_text("a.b/c"),
        .first = 300,
        .count = 2,
        .bundle = bytes_of(entries, 8),
        .checkpoint = bytes_of(text, 5),
        .end_proof = proof_of_two(),
        .has_start = true,
        .start = {300, hash_of(0), proof_of_two()},
    };
    return (struct sync_message){SYNC_SEGMENT, {.segment = segment}};
}

static struct sync_message sample_of_origin(enum sync_kind kind)
{
    struct bytes origin = bytes_of_text("a.b/c");
    struct bytes note = bytes_of(text, 5);
    struct sync_message message = {.kind = kind};
    if (kind == SYNC_HAVE) {
        message.have = (struct sync_have){origin,
                                          note,
                                          bytes_of(text, 4),
                                          bytes_of(text, 3),
                                          true,
                                          {300, hash_of(0)},
                                          true,
                                          {256, 2, hash_of(32)}};
    } else if (kind == SYNC_WANT) {
        message.want = (struct sync_want){origin, true, 300};
    } else if (kind == SYNC_PROOF_WANT) {
        message.proof_want = (struct sync_proof_want){origin, 5, 300};
    } else if (kind == SYNC_PROOF) {
        message.proof =
            (struct sync_proof){origin, note, {5, hash_of(0), proof_of_two()}};
    } else if (kind == SYNC_KEPT_WANT) {
        message.kept_want = (struct sync_kept_want){origin};
    } else if (kind == SYNC_KEPT) {
        message.kept = (struct sync_kept){origin, 7, hash_of(0), note};
    } else if (kind == SYNC_DIGEST_WANT) {
        message.digest_want =
            (struct sync_digest_want){origin, 512, bytes_of(path, 3)};
    } else if (kind == SYNC_BLOB_WANT) {
        message.blob_want = (struct sync_blob_want){origin, hash_of(0), 300, 8};
    } else if (kind == SYNC_BLOB_PART) {
        message.blob_part = (struct sync_blob_part){origin, hash_of(0), 300,
                                                    note, proof_of_two()};
    } else {
        message.digest =
            (struct sync_digest){origin, 512, bytes_of(path, 3), note};
    }
    return message;
}

struct sync_message sample_message(enum sync_kind kind)
{
    switch (kind) {
    case SYNC_HELLO:
        return (struct sync_message){
            SYNC_HELLO,
            {.hello = {1, 3, bytes_of_text("zhongyuan.example"),
                       bytes_of_text("zhengzhou"), bytes_of_text("luoyang"), 7,
                       hash_of(0), 131072}}};
    case SYNC_CREDIT:
        return (struct sync_message){SYNC_CREDIT, {.credit = {UINT64_MAX}}};
    case SYNC_SEGMENT:
        return sample_segment_message();
    case SYNC_CHARTER:
        return (struct sync_message){SYNC_CHARTER,
                                     {.charter = {bytes_of(text, 5)}}};
    case SYNC_EVIDENCE:
        return (struct sync_message){SYNC_EVIDENCE,
                                     {.evidence = {bytes_of(text, 5)}}};
    default:
        return sample_of_origin(kind);
    }
}

void foreign_pack(const struct foreign *foreign, struct writer *out)
{
    writer_clear(out);
    size_t size = heluo__v1__sync_message__get_packed_size(&foreign->message);
    heluo__v1__sync_message__pack(&foreign->message, writer_extend(out, size));
}

/* --- Comparing. ----------------------------------------------------------- */

static void assert_bytes(struct bytes a, struct bytes b)
{
    assert_int_equal(a.size, b.size);
    assert_true(bytes_equal(a, b));
}

static void assert_hash(const struct hl_hash *a, const struct hl_hash *b)
{
    assert_memory_equal(a->bytes, b->bytes, HL_HASH_BYTES);
}

static void assert_start(const struct start_proof *a,
                         const struct start_proof *b)
{
    assert_true(a->at == b->at);
    assert_hash(&a->root, &b->root);
    assert_int_equal(a->proof.count, b->proof.count);
    assert_memory_equal(a->proof.hashes, b->proof.hashes,
                        a->proof.count * HL_HASH_BYTES);
}

static void assert_hello(const struct sync_message *a,
                         const struct sync_message *b)
{
    assert_int_equal(a->hello.version_min, b->hello.version_min);
    assert_int_equal(a->hello.version_max, b->hello.version_max);
    assert_bytes(a->hello.alliance, b->hello.alliance);
    assert_bytes(a->hello.sender, b->hello.sender);
    assert_bytes(a->hello.receiver, b->hello.receiver);
    assert_true(a->hello.charter_version == b->hello.charter_version);
    assert_hash(&a->hello.charter_hash, &b->hello.charter_hash);
    assert_true(a->hello.window_bytes == b->hello.window_bytes);
}

static void assert_have(const struct sync_message *a,
                        const struct sync_message *b)
{
    assert_bytes(a->have.origin, b->have.origin);
    assert_bytes(a->have.checkpoint, b->have.checkpoint);
    assert_bytes(a->have.candidate, b->have.candidate);
    assert_bytes(a->have.sealed, b->have.sealed);
    assert_int_equal(a->have.has_claim, b->have.has_claim);
    assert_true(head_equal(&a->have.claim, &b->have.claim));
    assert_int_equal(a->have.has_digest, b->have.has_digest);
    assert_true(a->have.digest.size == b->have.digest.size);
    assert_true(a->have.digest.rules == b->have.digest.rules);
    assert_hash(&a->have.digest.digest, &b->have.digest.digest);
}

static void assert_want(const struct sync_message *a,
                        const struct sync_message *b)
{
    assert_bytes(a->want.origin, b->want.origin);
    assert_int_equal(a->want.stop, b->want.stop);
    assert_true(a->want.from == b->want.from);
}

static void assert_credit(const struct sync_message *a,
                          const struct sync_message *b)
{
    assert_true(a->credit.bytes == b->credit.bytes);
}

static void assert_segment(const struct sync_message *a,
                           const struct sync_message *b)
{
    assert_bytes(a->segment.origin, b->segment.origin);
    assert_true(a->segment.first == b->segment.first);
    assert_int_equal(a->segment.count, b->segment.count);
    assert_bytes(a->segment.bundle, b->segment.bundle);
    assert_bytes(a->segment.checkpoint, b->segment.checkpoint);
    assert_int_equal(a->segment.end_proof.count, b->segment.end_proof.count);
    assert_int_equal(a->segment.has_start, b->segment.has_start);
    assert_start(&a->segment.start, &b->segment.start);
}

static void assert_proof_want(const struct sync_message *a,
                              const struct sync_message *b)
{
    assert_bytes(a->proof_want.origin, b->proof_want.origin);
    assert_true(a->proof_want.at == b->proof_want.at);
    assert_true(a->proof_want.size == b->proof_want.size);
}

static void assert_proof(const struct sync_message *a,
                         const struct sync_message *b)
{
    assert_bytes(a->proof.origin, b->proof.origin);
    assert_bytes(a->proof.checkpoint, b->proof.checkpoint);
    assert_start(&a->proof.start, &b->proof.start);
}

static void assert_kept_want(const struct sync_message *a,
                             const struct sync_message *b)
{
    assert_bytes(a->kept_want.origin, b->kept_want.origin);
}

static void assert_kept(const struct sync_message *a,
                        const struct sync_message *b)
{
    assert_bytes(a->kept.origin, b->kept.origin);
    assert_true(a->kept.charter_version == b->kept.charter_version);
    assert_hash(&a->kept.charter_hash, &b->kept.charter_hash);
    assert_bytes(a->kept.checkpoint, b->kept.checkpoint);
}

static void assert_charter(const struct sync_message *a,
                           const struct sync_message *b)
{
    assert_bytes(a->charter.raw, b->charter.raw);
}

static void assert_evidence(const struct sync_message *a,
                            const struct sync_message *b)
{
    assert_bytes(a->evidence.raw, b->evidence.raw);
}

static void assert_digest_want(const struct sync_message *a,
                               const struct sync_message *b)
{
    assert_bytes(a->digest_want.origin, b->digest_want.origin);
    assert_true(a->digest_want.size == b->digest_want.size);
    assert_bytes(a->digest_want.path, b->digest_want.path);
}

static void assert_digest(const struct sync_message *a,
                          const struct sync_message *b)
{
    assert_bytes(a->digest.origin, b->digest.origin);
    assert_true(a->digest.size == b->digest.size);
    assert_bytes(a->digest.path, b->digest.path);
    assert_bytes(a->digest.node, b->digest.node);
}

static void assert_blob_want(const struct sync_message *a,
                             const struct sync_message *b)
{
    assert_bytes(a->blob_want.origin, b->blob_want.origin);
    assert_true(hash_equal(&a->blob_want.id, &b->blob_want.id));
    assert_true(a->blob_want.first == b->blob_want.first);
    assert_true(a->blob_want.count == b->blob_want.count);
}

static void assert_blob_part(const struct sync_message *a,
                             const struct sync_message *b)
{
    assert_bytes(a->blob_part.origin, b->blob_part.origin);
    assert_true(hash_equal(&a->blob_part.id, &b->blob_part.id));
    assert_true(a->blob_part.index == b->blob_part.index);
    assert_bytes(a->blob_part.bytes, b->blob_part.bytes);
    assert_true(a->blob_part.proof.count == b->blob_part.proof.count);
    assert_memory_equal(a->blob_part.proof.hashes, b->blob_part.proof.hashes,
                        a->blob_part.proof.count * HL_HASH_BYTES);
}

void assert_message(const struct sync_message *a, const struct sync_message *b)
{
    static void (*const compare[SYNC_KIND_COUNT])(
        const struct sync_message *, const struct sync_message *) = {
        [SYNC_HELLO] = assert_hello,
        [SYNC_HAVE] = assert_have,
        [SYNC_WANT] = assert_want,
        [SYNC_CREDIT] = assert_credit,
        [SYNC_SEGMENT] = assert_segment,
        [SYNC_PROOF_WANT] = assert_proof_want,
        [SYNC_PROOF] = assert_proof,
        [SYNC_KEPT_WANT] = assert_kept_want,
        [SYNC_KEPT] = assert_kept,
        [SYNC_CHARTER] = assert_charter,
        [SYNC_EVIDENCE] = assert_evidence,
        [SYNC_DIGEST_WANT] = assert_digest_want,
        [SYNC_DIGEST] = assert_digest,
        [SYNC_BLOB_WANT] = assert_blob_want,
        [SYNC_BLOB_PART] = assert_blob_part,
    };
    assert_int_equal(a->kind, b->kind);
    compare[a->kind](a, b);
}
