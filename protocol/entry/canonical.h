/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_ENTRY_CANONICAL_H
#define HL_PROTOCOL_ENTRY_CANONICAL_H

/* Whether a protobuf message is in canonical form, so that every
 * implementation reads the same from the same bytes and would write them
 * again. The rules stand at the head of entry.proto. Protobuf itself promises
 * no such form, and protobuf-c neither checks it nor bounds its recursion:
 * foreign bytes pass here before any unpacking. One walk over the bytes,
 * nothing allocated. Pure, any thread. */

#include <protobuf-c/protobuf-c.h>

#include "protocol/base/bytes.h"
#include "protocol/base/hl_err.h"
#include "protocol/base/hl_limits.h"

/* The first field met that the schema does not know, in the message or in one
 * within it. Whether that matters is the caller's to say (design: Versions);
 * it is no error. */
struct canonical_unknown {
    bool present;
    uint32_t number;     /* the rest is 0 where none is present */
    uint64_t offset;     /* of its tag in raw */
    const char *message; /* name of the message it stands in; static */
};

/* Checks raw against a proto3 schema. Of an unknown field only what no schema
 * could allow is refused (order, padding, groups), so that what one version
 * accepts the next does not refuse for its form alone, save inside such
 * fields. A message has at most 8 oneofs (asserts).
 *
 * HL_EMALFORMED     no message of this schema in any form: cut short, another
 *                   wire type, a group, a string that is not UTF-8 or has
 *                   U+0000 in it.
 * HL_ENONCANONICAL  a message, but not in its canonical form.
 * HL_ELIMIT         nested deeper than HL_MESSAGE_DEPTH_MAX (what a field
 *                   unknown to the schema holds is not looked into).
 * HL_EUNSUPPORTED   a field that the schema declares as a map: no order is
 *                   defined for it, our schemas have none. (Also a repeated
 *                   message named ...Entry with just `key` and `value`, which
 *                   is what a map is on the wire.)
 *
 * detail has the offset of the field, its name, and the reason. */
HL_MUST_USE hl_err canonical_check(struct bytes raw,
                                   const ProtobufCMessageDescriptor *schema,
                                   struct canonical_unknown *unknown,
                                   struct hl_detail *detail);

#endif
