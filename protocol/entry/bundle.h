/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_ENTRY_BUNDLE_H
#define HL_PROTOCOL_ENTRY_BUNDLE_H

/* Entries one behind the other, each with its length as a big-endian u16
 * before it (C2SP tlog-tiles, entry bundles). What an entry holds is not
 * looked into; it may be empty here. Pure, one thread at a time. */

#include "protocol/base/hl_limits.h"
#include "protocol/base/reader.h"
#include "protocol/base/writer.h"

enum { BUNDLE_LENGTH_BYTES = 2 };

/* Appends one entry with its length.
 *
 * HL_ELIMIT  over HL_ENTRY_MAX_BYTES; nothing is appended. */
HL_MUST_USE hl_err bundle_append(struct bytes entry, struct writer *out);

/* Whether the bytes are exactly count entries.
 *
 * HL_EMALFORMED  an entry is cut short, or there are fewer or more; detail
 *                has the offset, counted from base. */
HL_MUST_USE hl_err bundle_validate(struct bytes bundle, size_t count,
                                   uint64_t base, struct hl_detail *detail);

/* Walks a bundle that bundle_validate() accepted. Entries are borrowed from
 * its bytes. False at the end; asserts where the bundle is broken. */
struct bundle_walk {
    struct reader reader;
};

void bundle_walk_init(struct bundle_walk *walk, struct bytes bundle);
bool bundle_walk_next(struct bundle_walk *walk, struct bytes *entry);

#endif
