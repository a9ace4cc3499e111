/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_ENTRY_ENTRY_H
#define HL_PROTOCOL_ENTRY_ENTRY_H

/* One entry of a journal: heluo.v1.Entry (entry.proto) as a struct of ours.
 *
 * A decoded entry borrows the bytes it came from. Those are what is hashed,
 * kept and relayed; encoding is for the author alone. Plain memory, nothing to
 * release. Pure, any thread. */

#include "protocol/base/hash.h"
#include "protocol/base/hl_limits.h"
#include "protocol/base/hl_time.h"
#include "protocol/base/writer.h"
#include "protocol/entry/canonical.h"

/* An index must leave room for a tree of index + 1 entries (merkle.h). */
#define ENTRY_INDEX_MAX ((uint64_t)INT64_MAX - 1)

/* An entry of any journal, by place and content. */
struct citation {
    struct bytes origin;
    uint64_t index;
    struct hl_hash leaf;
};

/* The request that made an entry. */
struct command {
    uint8_t id[HL_COMMAND_ID_BYTES];
    struct hl_hash caller;  /* of its identity */
    struct hl_hash request; /* of what it asked for */
};

struct entry {
    struct bytes origin; /* "<alliance>/<node>" */
    uint64_t index;
    struct hl_wall recorded_at; /* the author's claim; not before 1970 */
    bool has_cause;
    struct citation cause;
    size_t seen_count;
    struct citation seen[HL_ENTRY_SEEN_MAX];
    bool has_command;
    struct command command;
    uint32_t body_type;
    struct bytes body; /* not looked into */
};

/* Reads an entry. Whether it fits its journal (origin, index, recorded_at
 * against the entry before) and its body are the caller's to check.
 *
 * Where the frame has a field that we do not know, at any depth of it, the
 * entry is one of a later version: the call succeeds, *unknown says which
 * field, and *out is all zero, because a later version may mean something else
 * by the rest and may have moved the bounds below. Such an entry is neither
 * valid nor invalid: its origin pauses (design: Versions).
 *
 * HL_ELIMIT         over HL_ENTRY_MAX_BYTES; over HL_ENTRY_SEEN_MAX citations;
 *                   an index above ENTRY_INDEX_MAX; recorded_at_ms above
 *                   2^63 - 1; an origin over HL_NAME_MAX_BYTES.
 * HL_EMALFORMED     as canonical_check(); an origin that is missing or has
 *                   not the form of origin.h; a leaf_hash, caller_hash or
 *                   request_digest not of 32 bytes, an id not of 16;
 *                   body_type 0.
 * HL_ENONCANONICAL  as canonical_check().
 *
 * detail has the offset in raw and the field's name; of a field that is
 * missing, the offset of the message it should stand in. */
HL_MUST_USE hl_err entry_decode(struct bytes raw, struct entry *out,
                                struct canonical_unknown *unknown,
                                struct hl_detail *detail);

/* Appends the canonical bytes of an entry that entry_decode() reads back;
 * on failure nothing is appended.
 *
 * HL_ELIMIT, HL_EMALFORMED  as entry_decode(), whose offsets are those in the
 *                           bytes that would have been appended. */
HL_MUST_USE hl_err entry_encode(const struct entry *entry, struct writer *out,
                                struct hl_detail *detail);

/* The two parts of a body's type. A reader must pause at a critical body that
 * it does not know, or in which it does not know a field. */
bool entry_body_critical(uint32_t body_type);
uint32_t entry_body_number(uint32_t body_type);
uint32_t entry_body_type(uint32_t number, bool critical);

#endif
