/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CATALOGUE_USCC_H
#define HL_NODE_CATALOGUE_USCC_H

/* Check characters of organisations' identifiers. Pure, any thread. */

#include "protocol/base/bytes.h"
#include "protocol/base/hl_err.h"

/* 统一社会信用代码: 18 characters, the organisation code inside (characters 9
 * to 17) with its own check character, and the last one checks the whole (GB
 * 32100-2015, GB 11714-1997).
 *
 * HL_EMALFORMED  length, a character, or one of the two checks. */
HL_MUST_USE hl_err uscc_validate(struct bytes text, struct hl_detail *detail);

/* 组织机构代码: 9 characters without a hyphen (GB 11714-1997).
 *
 * HL_EMALFORMED */
HL_MUST_USE hl_err organisation_code_validate(struct bytes text,
                                              struct hl_detail *detail);

#endif
