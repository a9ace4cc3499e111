/* SPDX-License-Identifier: Apache-2.0 */
#include "federation/message/message.h"

#include <string.h>

#include "heluo/v1/sync.pb-c.h"
#include "tests/support/support.h"

static const struct hl_hash some_hash = {.bytes = {1, 2, 3}};

static struct bytes text(const char *text)
{
    return bytes_of_text(text);
}

#define ORIGIN text("zhongyuan.example/luoyang")

static struct sync_message sample(enum sync_kind kind)
{
    struct sync_message m = {.kind = kind};
    struct start_proof start = {
        .at = 5, .root = some_hash, .proof = {.count = 2}};
    switch (kind) {
    case SYNC_HELLO:
        m.hello = (struct sync_hello){.version_min = 1,
                                      .version_max = 2,
                                      .alliance = text("zhongyuan.example"),
                                      .sender = text("luoyang"),
                                      .receiver = text("jinan"),
                                      .charter_version = 7,
                                      .charter_hash = some_hash,
                                      .window_bytes = 1 << 20};
        break;
    case SYNC_HAVE:
        m.have = (struct sync_have){
            .origin = ORIGIN,
            .checkpoint = text("a note"),
            .candidate = text("another"),
            .sealed = text("a third"),
            .has_claim = true,
            .claim = {.size = 300, .root = some_hash},
            .has_digest = true,
            .digest = {.size = 256, .rules = 3, .digest = some_hash}};
        break;
    case SYNC_WANT:
        m.want = (struct sync_want){.origin = ORIGIN, .from = 300};
        break;
    case SYNC_CREDIT:
        m.credit.bytes = UINT64_MAX;
        break;
    case SYNC_SEGMENT:
        m.segment = (struct segment){.origin = ORIGIN,
                                     .first = 5,
                                     .count = 2,
                                     .bundle = bytes_of("\0\1a\0\2bc", 7),
                                     .checkpoint = text("a note"),
                                     .end_proof = {.count = 1},
                                     .has_start = true,
                                     .start = start};
        break;
    case SYNC_PROOF_WANT:
        m.proof_want =
            (struct sync_proof_want){.origin = ORIGIN, .at = 5, .size = 9};
        break;
    case SYNC_PROOF:
        m.proof = (struct sync_proof){
            .origin = ORIGIN, .checkpoint = text("a note"), .start = start};
        break;
    case SYNC_KEPT_WANT:
        m.kept_want.origin = ORIGIN;
        break;
    case SYNC_KEPT:
        m.kept = (struct sync_kept){.origin = ORIGIN,
                                    .charter_version = 7,
                                    .charter_hash = some_hash,
                                    .checkpoint = text("a note")};
        break;
    case SYNC_CHARTER:
        m.charter.raw = text("a charter");
        break;
    case SYNC_EVIDENCE:
        m.evidence.raw = text("evidence");
        break;
    case SYNC_DIGEST_WANT:
        m.digest_want = (struct sync_digest_want){
            .origin = ORIGIN, .size = 512, .path = bytes_of("\1\2\0", 3)};
        break;
    case SYNC_DIGEST:
        m.digest = (struct sync_digest){.origin = ORIGIN,
                                        .size = 512,
                                        .path = bytes_of("\1\2\0", 3),
                                        .node = text("a node")};
        break;
    case SYNC_KIND_COUNT:
        break;
    }
    return m;
}

static void encode(const struct sync_message *message, struct writer *out)
{
    struct segment_codec *codec = segment_codec_create();
    writer_clear(out);
    assert_ok(sync_encode(codec, message, false, out));
    segment_codec_destroy(codec);
}

static hl_err decode(struct bytes raw, struct hl_detail *detail)
{
    struct segment_codec *codec = segment_codec_create();
    struct sync_message message;
    hl_err err = sync_decode(codec, raw, &message, detail);
    segment_codec_destroy(codec);
    return err;
}

static void every_kind_comes_back_as_it_was(void **state)
{
    (void)state;
    struct segment_codec *codec = segment_codec_create();
    for (unsigned kind = 0; kind < SYNC_KIND_COUNT; kind++) {
        struct sync_message before = sample((enum sync_kind)kind);
        struct sync_message after;
        struct writer first = {0};
        struct writer second = {0};
        encode(&before, &first);
        assert_ok(sync_decode(codec, writer_view(&first), &after, NULL));
        assert_int_equal(after.kind, kind);
        assert_ok(sync_encode(codec, &after, false, &second));
        assert_true(bytes_equal(writer_view(&first), writer_view(&second)));
        writer_fini(&first);
        writer_fini(&second);
    }
    segment_codec_destroy(codec);
}

/* Protobuf's own reader and writer see the same message. */
static void the_bytes_are_those_of_the_schema(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < SYNC_KIND_COUNT; kind++) {
        struct sync_message message = sample((enum sync_kind)kind);
        struct writer raw = {0};
        encode(&message, &raw);
        struct bytes view = writer_view(&raw);
        Heluo__V1__SyncMessage *unpacked =
            heluo__v1__sync_message__unpack(NULL, view.size, view.data);
        assert_non_null(unpacked);
        assert_int_equal(unpacked->kind_case, kind + 1);
        assert_int_equal(unpacked->base.n_unknown_fields, 0);
        uint8_t again[2048];
        size_t size = heluo__v1__sync_message__pack(unpacked, again);
        assert_true(bytes_equal(view, bytes_of(again, size)));
        heluo__v1__sync_message__free_unpacked(unpacked, NULL);
        writer_fini(&raw);
    }
}

static void what_is_cut_short_is_refused(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < SYNC_KIND_COUNT; kind++) {
        struct sync_message message = sample((enum sync_kind)kind);
        struct writer raw = {0};
        encode(&message, &raw);
        struct bytes view = writer_view(&raw);
        for (size_t size = 0; size < view.size; size++) {
            struct hl_detail detail = {0};
            assert_err(decode(bytes_slice(view, 0, size), &detail),
                       HL_EMALFORMED);
            assert_true(detail.text[0] != '\0');
        }
        writer_fini(&raw);
    }
}

static void a_kind_of_a_later_version_is_told_from_a_broken_one(void **state)
{
    (void)state;
    struct hl_detail detail;
    assert_err(decode(bytes_of("\x72\x00", 2), &detail), HL_EUNSUPPORTED);
    assert_err(decode(bytes_of("", 0), &detail), HL_EMALFORMED);
    /* Two kinds at once. */
    assert_err(decode(bytes_of("\x22\x02\x08\x01\x22\x02\x08\x01", 8), &detail),
               HL_ENONCANONICAL);
}

/* --- Bounds. ------------------------------------------------------------- */

static void refuse(const struct sync_message *message, hl_err expected)
{
    struct segment_codec *codec = segment_codec_create();
    struct writer raw = {0};
    assert_err(sync_encode(codec, message, false, &raw), expected);
    assert_int_equal(writer_view(&raw).size, 0);
    segment_codec_destroy(codec);
    writer_fini(&raw);
}

static void bounds_hold_on_the_way_out(void **state)
{
    (void)state;
    struct sync_message m = sample(SYNC_HELLO);
    m.hello.version_min = 0;
    refuse(&m, HL_EMALFORMED);
    m = sample(SYNC_HELLO);
    m.hello.version_min = 3;
    refuse(&m, HL_EMALFORMED);
    m = sample(SYNC_HELLO);
    m.hello.sender = text("Luoyang");
    refuse(&m, HL_EMALFORMED);
    m = sample(SYNC_WANT);
    m.want.stop = true;
    refuse(&m, HL_EMALFORMED);
    m = sample(SYNC_WANT);
    m.want.from = MERKLE_SIZE_MAX + 1;
    refuse(&m, HL_ELIMIT);
    m = sample(SYNC_WANT);
    m.want.origin = text("luoyang");
    refuse(&m, HL_EMALFORMED);
    m = sample(SYNC_PROOF_WANT);
    m.proof_want.at = 10;
    refuse(&m, HL_EMALFORMED);
    m = sample(SYNC_PROOF);
    m.proof.checkpoint = text("");
    refuse(&m, HL_EMALFORMED);
    m = sample(SYNC_HAVE);
    m.have.digest.size = 255;
    refuse(&m, HL_EMALFORMED);
    m = sample(SYNC_HAVE);
    m.have.claim.size = 0;
    refuse(&m, HL_EMALFORMED);
    m = sample(SYNC_CHARTER);
    m.charter.raw = text("");
    refuse(&m, HL_EMALFORMED);
}

static void bytes_are_bounded(void **state)
{
    (void)state;
    static uint8_t many[HL_EVIDENCE_MAX_BYTES + 1];
    struct sync_message m = sample(SYNC_EVIDENCE);
    struct writer raw = {0};
    m.evidence.raw = bytes_of(many, HL_EVIDENCE_MAX_BYTES);
    encode(&m, &raw);
    assert_ok(decode(writer_view(&raw), NULL));
    assert_true(writer_view(&raw).size <= SYNC_MESSAGE_MAX_BYTES);
    m.evidence.raw.size++;
    refuse(&m, HL_ELIMIT);
    m = sample(SYNC_HAVE);
    m.have.sealed = bytes_of(many, HL_NOTE_MAX_BYTES);
    encode(&m, &raw);
    assert_ok(decode(writer_view(&raw), NULL));
    m.have.sealed.size++;
    refuse(&m, HL_ELIMIT);
    m = sample(SYNC_DIGEST);
    m.digest.path = bytes_of(many, SYNC_DIGEST_PATH_MAX + 1);
    refuse(&m, HL_ELIMIT);
    writer_fini(&raw);
}

/* Foreign bytes that our own encoder would not make. */
static void foreign_bytes_are_checked_field_by_field(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        hl_err err;
        uint64_t offset;
        const char *says;
    } cases[] = {
        /* ProofWant, origin 'a/b', at 2, size 1 */
        {"\x32\x09\x0a\x03"
         "a/b\x10\x02\x18\x01",
         11, HL_EMALFORMED, 7, "above size"},
        /* Want without an origin */
        {"\x1a\x02\x18\x01", 4, HL_EMALFORMED, 2, "Want.origin"},
        /* KeptWant, origin 'ab' */
        {"\x42\x04\x0a\x02"
         "ab",
         6, HL_EMALFORMED, 2, "KeptWant.origin"},
        /* Charter without a note */
        {"\x52\x00", 2, HL_EMALFORMED, 2, "Charter.note is missing"},
        /* Have whose claim has a root of one byte */
        {"\x12\x0a\x0a\x03"
         "a/b\x2a\x03\x12\x01x",
         12, HL_EMALFORMED, 7, "Have.claim is not 32 bytes"},
        /* DigestWant of size 0 */
        {"\x62\x05\x0a\x03"
         "a/b",
         7, HL_EMALFORMED, 2, "DigestWant.size is missing"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct hl_detail detail = {0};
        hl_err err = decode(bytes_of(cases[i].bytes, cases[i].size), &detail);
        assert_err(err, cases[i].err);
        assert_non_null(strstr(detail.text, cases[i].says));
        assert_int_equal(detail.at, cases[i].offset);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_comes_back_as_it_was),
        cmocka_unit_test(the_bytes_are_those_of_the_schema),
        cmocka_unit_test(what_is_cut_short_is_refused),
        cmocka_unit_test(a_kind_of_a_later_version_is_told_from_a_broken_one),
        cmocka_unit_test(bounds_hold_on_the_way_out),
        cmocka_unit_test(bytes_are_bounded),
        cmocka_unit_test(foreign_bytes_are_checked_field_by_field),
    };
    test_seed_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
