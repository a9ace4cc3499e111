/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_EFFECT_VOUCHER_H
#define HL_NODE_PROJECTION_EFFECT_VOUCHER_H

/* Schemes and vouchers in the half of their issuer, and his accounts:
 *
 *   fund --SchemePut--> budget --VoucherIssue--> issued
 *                       budget <--VoucherEnded-- issued
 *
 * What is wrong first, in the order of the comments, is what is said. Inside
 * this folder. */

#include "protocol/base/hl_err.h"

struct effect;

/* The version is the next one; the budget holds what is issued; the accounts
 * have room. */
hl_err effect_put_scheme(struct effect *effect, const void *record,
                         struct hl_detail *detail);

/* There is no such voucher; there is such a scheme, and that is its newest
 * version; scheme_may_issue(); the budget suffices; the accounts have room. */
hl_err effect_issue_voucher(struct effect *effect, const void *record,
                            struct hl_detail *detail);

/* There is such a voucher, and it has not ended; its last day of use is over,
 * where that is why; the accounts have room. */
hl_err effect_end_voucher(struct effect *effect, const void *record,
                          struct hl_detail *detail);

#endif
