/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CATALOGUE_UNIT_ID_H
#define HL_NODE_CATALOGUE_UNIT_ID_H

/* Identifiers of managing units: a scheme, and an id in that scheme's one
 * written form. Pure, any thread.
 *
 *   uscc  统一社会信用代码, 18 characters (GB 32100-2015)
 *   org   组织机构代码, 9 characters without a hyphen (GB 11714-1997)
 *   nrii  the national platform's: 32 hex digits in lower case
 *   ror   of the Research Organization Registry, for units abroad: 9
 *         characters without the address before them (ror.org, "ROR
 *         identifier pattern"; check digits of ISO 7064 MOD 97-10) */

#include "protocol/base/bytes.h"
#include "protocol/base/hl_err.h"

/* Says which of the two fields is wrong, and how.
 *
 * HL_EMALFORMED */
HL_MUST_USE hl_err unit_id_validate(struct bytes scheme, struct bytes id,
                                    struct hl_detail *detail);

/* Letters to the scheme's case, hyphen and gaps of an organisation code
 * dropped. Changes the bytes in place. */
void unit_id_normalise(struct bytes *scheme, struct bytes *id);

#endif
