/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_RPC_GUARD_H
#define HL_NODE_RPC_GUARD_H

/* What a request has to be before protobuf-c unpacks it, which bounds neither
 * recursion nor memory and believes every string. Unlike canonical.h this
 * takes every way to write a message. One walk, nothing allocated. Pure, any
 * thread. */

#include <protobuf-c/protobuf-c.h>

#include "protocol/base/bytes.h"
#include "protocol/base/hl_err.h"

/* What a message of so many bytes may take unpacked: 16 times as much and 64
 * KiB, and three times as much for its first half MiB. A record has room for
 * all its attributes, whatever it has of them: a batch of as many as may be of
 * the shortest, 300 KiB, takes 40 times. */
uint64_t guard_memory_max(size_t size);

/* HL_EMALFORMED  cut short; a field number or wire type that does not exist, a
 *                group, a known field of another wire type; a string that is
 *                not UTF-8 or has U+0000 in it.
 * HL_ELIMIT      nested deeper than HL_MESSAGE_DEPTH_MAX; so many fields that
 *                it would take more memory than above.
 *
 * detail has the offset in raw and the field's name. */
HL_MUST_USE hl_err guard_check(struct bytes raw,
                               const ProtobufCMessageDescriptor *schema,
                               struct hl_detail *detail);

#endif
