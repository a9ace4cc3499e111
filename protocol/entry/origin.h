/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_ENTRY_ORIGIN_H
#define HL_PROTOCOL_ENTRY_ORIGIN_H

/* A journal's name, "<alliance>/<node>": a domain, '/', a label (text.h), at
 * most HL_NAME_MAX_BYTES. Pure, any thread. */

#include "protocol/base/bytes.h"
#include "protocol/base/hl_err.h"

/* message and offset say in the detail whose origin it is and where in the
 * input it stands.
 *
 * HL_ELIMIT     over HL_NAME_MAX_BYTES.
 * HL_EMALFORMED  empty, or of another form. */
HL_MUST_USE hl_err origin_validate(struct bytes origin, const char *message,
                                   uint64_t offset, struct hl_detail *detail);

/* Of a valid one: the node's id behind the '/'. */
struct bytes origin_node(struct bytes origin);

#endif
