/* SPDX-License-Identifier: Apache-2.0 */

/* Messages between nodes: what is read is written again as the same bytes, but
 * for fields that we do not know and for entries that came deflated; and what
 * was written again is read and written once more as it was. */

#include "federation/message/message.h"
#include "heluo/v1/sync.pb-c.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/canonical.h"
#include "tests/fuzz/fuzz.h"

static void encode(struct segment_codec *codec,
                   const struct sync_message *message, bool want_deflate,
                   struct writer *out)
{
    hl_err err = sync_encode(codec, message, want_deflate, out);
    HL_ASSERT(err == HL_OK);
}

/* protobuf-c's own reading decides what may differ. */
static bool may_differ(struct bytes raw)
{
    struct canonical_unknown unknown;
    hl_err err = canonical_check(raw, &heluo__v1__sync_message__descriptor,
                                 &unknown, NULL);
    HL_ASSERT(err == HL_OK);
    Heluo__V1__SyncMessage *theirs =
        heluo__v1__sync_message__unpack(NULL, raw.size, raw.data);
    HL_ASSERT(theirs != NULL);
    bool deflated =
        theirs->kind_case == HELUO__V1__SYNC_MESSAGE__KIND_SEGMENT &&
        theirs->segment->inflated_size != 0;
    heluo__v1__sync_message__free_unpacked(theirs, NULL);
    return unknown.present || deflated;
}

static void check_again(struct bytes raw, bool want_deflate, struct bytes plain)
{
    struct segment_codec *codec = segment_codec_create();
    struct segment_codec *other = segment_codec_create();
    struct writer again = {0};
    struct sync_message message;
    hl_err err = sync_decode(codec, raw, &message, NULL);
    HL_ASSERT(err == HL_OK);
    encode(other, &message, want_deflate, &again);
    if (want_deflate) {
        check_again(writer_view(&again), false, plain);
    } else {
        HL_ASSERT(bytes_equal(writer_view(&again), plain));
    }
    writer_fini(&again);
    segment_codec_destroy(codec);
    segment_codec_destroy(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes raw = bytes_of(data, size);
    struct segment_codec *codec = segment_codec_create();
    struct segment_codec *other = segment_codec_create();
    struct writer plain = {0};
    struct hl_detail detail = {0};
    struct sync_message message;
    hl_err err = sync_decode(codec, raw, &message, &detail);
    if (err == HL_OK) {
        encode(other, &message, false, &plain);
        HL_ASSERT(may_differ(raw) || bytes_equal(raw, writer_view(&plain)));
        check_again(writer_view(&plain), false, writer_view(&plain));
        check_again(writer_view(&plain), true, writer_view(&plain));
    } else {
        HL_ASSERT(detail.text[0] != '\0');
        HL_ASSERT(detail.at <= HL_SEGMENT_MAX_BYTES + size);
    }
    writer_fini(&plain);
    segment_codec_destroy(codec);
    segment_codec_destroy(other);
    return 0;
}
