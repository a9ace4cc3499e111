/* SPDX-License-Identifier: Apache-2.0 */

/* Messages between nodes: what is read is written again as the same bytes,
 * but for fields of later versions and deflated segments. */

#include "federation/message/message.h"
#include "protocol/base/hl_assert.h"
#include "tests/fuzz/fuzz.h"

static void check_sent_on(const struct sync_message *message)
{
    struct segment_codec *codec = segment_codec_create();
    struct sync_message again;
    struct writer first = {0};
    struct writer second = {0};
    hl_err err = sync_encode(codec, message, false, &first);
    HL_ASSERT(err == HL_OK);
    err = sync_decode(codec, writer_view(&first), &again, NULL);
    HL_ASSERT(err == HL_OK);
    HL_ASSERT(again.kind == message->kind);
    err = sync_encode(codec, &again, false, &second);
    HL_ASSERT(err == HL_OK);
    HL_ASSERT(bytes_equal(writer_view(&first), writer_view(&second)));
    segment_codec_destroy(codec);
    writer_fini(&first);
    writer_fini(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct segment_codec *codec = segment_codec_create();
    struct hl_detail detail = {0};
    struct sync_message message;
    hl_err err = sync_decode(codec, bytes_of(data, size), &message, &detail);
    if (err == HL_OK) {
        check_sent_on(&message);
    } else {
        HL_ASSERT(detail.text[0] != '\0');
    }
    segment_codec_destroy(codec);
    return 0;
}
