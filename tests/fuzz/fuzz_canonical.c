/* SPDX-License-Identifier: Apache-2.0 */

/* The canonical check over a schema with every kind of field, beside
 * protobuf-c: what passes and has nothing unknown, protobuf-c reads and writes
 * again byte for byte. */

#include "canonical_test.pb-c.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/writer.h"
#include "protocol/entry/canonical.h"
#include "tests/fuzz/fuzz.h"

static void check_repacks(struct bytes raw)
{
    Heluo__Test__All *message =
        heluo__test__all__unpack(NULL, raw.size, raw.data);
    HL_ASSERT(message != NULL);
    struct writer again = {0};
    size_t size = heluo__test__all__get_packed_size(message);
    heluo__test__all__pack(message, writer_extend(&again, size));
    HL_ASSERT(bytes_equal(writer_view(&again), raw));
    writer_fini(&again);
    heluo__test__all__free_unpacked(message, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes raw = bytes_of(data, size);
    struct hl_detail detail = {0};
    struct canonical_unknown unknown = {0};
    hl_err err =
        canonical_check(raw, &heluo__test__all__descriptor, &unknown, &detail);
    if (err != HL_OK) {
        HL_ASSERT(err == HL_EMALFORMED || err == HL_ENONCANONICAL);
        HL_ASSERT(detail.text[0] != '\0');
        HL_ASSERT(detail.where == HL_AT_OFFSET);
        HL_ASSERT(detail.at < size);
    } else if (unknown.present) {
        HL_ASSERT(unknown.number != 0);
        HL_ASSERT(unknown.offset < size);
    } else {
        check_repacks(raw);
    }
    return 0;
}
