/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_ENTRY_PROOF_FIELD_H
#define HL_PROTOCOL_ENTRY_PROOF_FIELD_H

/* Hashes in messages: a hash is a field of 32 bytes, a proof one of hashes one
 * behind the other. message and name say in the detail which field it is. Pure,
 * any thread. */

#include "protocol/entry/wire.h"
#include "protocol/tree/merkle.h"

/* HL_EMALFORMED  not 32 bytes. */
HL_MUST_USE hl_err proof_field_hash(const struct wire_field *field,
                                    const char *message, const char *name,
                                    struct hl_hash *out,
                                    struct hl_detail *detail);

/* HL_ELIMIT      more than HL_PROOF_HASHES_MAX.
 * HL_EMALFORMED  not whole hashes. */
HL_MUST_USE hl_err proof_field_read(const struct wire_field *field,
                                    const char *message, const char *name,
                                    struct proof *out,
                                    struct hl_detail *detail);

/* What is written; borrowed. */
struct bytes proof_field_bytes(const struct proof *proof);

#endif
