/* SPDX-License-Identifier: Apache-2.0 */

/* Bodies that state a record, of the kind that the first byte names: what
 * canonical_check() accepts is read, judged, written again and shown without
 * harm; what is valid makes a key. Typing is brought into form once and then
 * stands. What is written of each attribute is read back. */

#include <stdlib.h>

#include "node/catalogue/attribute.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/canonical.h"
#include "tests/fuzz/fuzz.h"

static void check_writes_again(const struct record_kind *kind,
                               const union record_room *record,
                               struct bytes raw, bool unknown)
{
    struct writer again = {0};
    union record_room read;
    record_encode(kind->type, record, &again);
    HL_ASSERT(unknown || bytes_equal(writer_view(&again), raw));
    record_decode(kind->type, writer_view(&again), &read);
    HL_ASSERT(record_difference(kind->type, record, &read) == NULL);
    writer_fini(&again);
}

static void check_attributes(const struct record_kind *kind,
                             const union record_room *record)
{
    size_t count;
    const struct attribute *attributes = attributes_of(kind, &count);
    for (size_t i = 0; i < count; i++) {
        union record_room read = *record;
        struct writer text = {0};
        struct hl_detail detail = {0};
        attribute_format(kind, &attributes[i], record, &text);
        HL_ASSERT(attribute_parse(kind, &attributes[i], writer_view(&text),
                                  &read, &detail) == HL_OK);
        HL_ASSERT(record_difference(kind->type, record, &read) == NULL);
        writer_fini(&text);
    }
}

static void check_valid(const struct record_kind *kind,
                        const union record_room *record)
{
    struct writer key = {0};
    record_key(kind->type, record, &key);
    HL_ASSERT(key.size > 0);
    HL_ASSERT(key.size <= 400);
    writer_fini(&key);
    struct hl_detail detail = {0};
    hl_err err = kind->check_new(record, &detail);
    HL_ASSERT(err == HL_OK || detail.text[0] != '\0');
    check_attributes(kind, record);
}

static void check_normalises_once(const struct record_kind *kind,
                                  union record_room record)
{
    struct writer first = {0};
    struct writer second = {0};
    record_normalise(kind->type, &record, &first);
    union record_room once = record;
    record_normalise(kind->type, &record, &second);
    HL_ASSERT(record_difference(kind->type, &once, &record) == NULL);
    writer_fini(&first);
    writer_fini(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    const struct record_kind *kind = &record_kinds[data[0] % RECORD_KINDS];
    struct bytes raw = bytes_of(data + 1, size - 1);
    struct canonical_unknown unknown;
    if (canonical_check(raw, kind->type->schema, &unknown, NULL) != HL_OK) {
        return 0;
    }
    union record_room record;
    record_decode(kind->type, raw, &record);
    check_writes_again(kind, &record, raw, unknown.present);
    struct hl_detail detail = {0};
    if (record_validate(kind->type, &record, &detail) == HL_OK) {
        check_valid(kind, &record);
    } else {
        HL_ASSERT(detail.text[0] != '\0');
    }
    struct writer line = {0};
    record_dump(kind->type, &record, &line);
    writer_fini(&line);
    check_normalises_once(kind, record);
    return 0;
}
