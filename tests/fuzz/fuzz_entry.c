/* SPDX-License-Identifier: Apache-2.0 */

/* Entries: what is read would be written again byte for byte; what protobuf-c
 * reads and writes again byte for byte is canonical, but for its strings. */

#include <string.h>

#include "heluo/v1/entry.pb-c.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/entry.h"
#include "tests/fuzz/fuzz.h"

static void check_encodes_again(const struct entry *entry, struct bytes raw)
{
    struct writer again = {0};
    hl_err err = entry_encode(entry, &again, NULL);
    HL_ASSERT(err == HL_OK);
    HL_ASSERT(bytes_equal(writer_view(&again), raw));
    writer_fini(&again);
}

static bool has_unknown(const Heluo__V1__Entry *message)
{
    unsigned count = message->base.n_unknown_fields;
    if (message->cause != NULL) {
        count += message->cause->base.n_unknown_fields;
    }
    if (message->command != NULL) {
        count += message->command->base.n_unknown_fields;
    }
    for (size_t i = 0; i < message->n_seen; i++) {
        count += message->seen[i]->base.n_unknown_fields;
    }
    return count != 0;
}

/* Whether protobuf-c makes the same bytes of what it read, all of it known. */
static bool repacks(struct bytes raw)
{
    Heluo__V1__Entry *message =
        heluo__v1__entry__unpack(NULL, raw.size, raw.data);
    if (message == NULL) {
        return false;
    }
    struct writer again = {0};
    size_t size = heluo__v1__entry__get_packed_size(message);
    heluo__v1__entry__pack(message, writer_extend(&again, size));
    bool same = !has_unknown(message) && bytes_equal(writer_view(&again), raw);
    writer_fini(&again);
    heluo__v1__entry__free_unpacked(message, NULL);
    return same;
}

static void check_canonical(struct bytes raw)
{
    struct hl_detail detail = {0};
    struct canonical_unknown unknown = {0};
    hl_err err =
        canonical_check(raw, &heluo__v1__entry__descriptor, &unknown, &detail);
    HL_ASSERT(err == HL_OK || strstr(detail.text, "is not UTF-8") != NULL);
    HL_ASSERT(!unknown.present);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes raw = bytes_of(data, size);
    struct hl_detail detail = {0};
    struct canonical_unknown unknown = {0};
    struct entry entry;
    hl_err err = entry_decode(raw, &entry, &unknown, &detail);
    if (err != HL_OK) {
        HL_ASSERT(detail.text[0] != '\0');
        HL_ASSERT(detail.at <= size);
    } else if (!unknown.present) {
        check_encodes_again(&entry, raw);
    }
    if (repacks(raw)) {
        check_canonical(raw);
    } else {
        HL_ASSERT(err != HL_OK || unknown.present);
    }
    return 0;
}
