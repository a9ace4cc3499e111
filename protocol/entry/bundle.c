/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/entry/bundle.h"

#include "protocol/base/hl_assert.h"

hl_err bundle_append(struct bytes entry, struct writer *out)
{
    if (entry.size > HL_ENTRY_MAX_BYTES) {
        return HL_ELIMIT;
    }
    writer_u16(out, (uint16_t)entry.size);
    writer_bytes(out, entry);
    return HL_OK;
}

hl_err bundle_validate(struct bytes bundle, size_t count, uint64_t base,
                       struct hl_detail *detail)
{
    struct reader reader;
    reader_init(&reader, bundle);
    for (size_t i = 0; i < count; i++) {
        size_t start = reader.offset;
        uint16_t size = reader_u16(&reader);
        reader_bytes(&reader, size);
        if (reader.failed) {
            return hl_fail_at(detail, base + start, HL_EMALFORMED,
                              "entry %zu of %zu in the bundle is cut short", i,
                              count);
        }
    }
    if (reader_left(&reader) > 0) {
        return hl_fail_at(detail, base + reader.offset, HL_EMALFORMED,
                          "%zu bytes behind the bundle's %zu entries",
                          reader_left(&reader), count);
    }
    return HL_OK;
}

void bundle_walk_init(struct bundle_walk *walk, struct bytes bundle)
{
    reader_init(&walk->reader, bundle);
}

bool bundle_walk_next(struct bundle_walk *walk, struct bytes *entry)
{
    if (reader_left(&walk->reader) == 0) {
        return false;
    }
    uint16_t size = reader_u16(&walk->reader);
    struct bytes next = reader_bytes(&walk->reader, size);
    HL_ASSERT(!walk->reader.failed);
    *entry = next;
    return true;
}
