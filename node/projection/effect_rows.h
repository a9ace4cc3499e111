/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_EFFECT_ROWS_H
#define HL_NODE_PROJECTION_EFFECT_ROWS_H

/* Rows that an entry about money changes. Inside this folder. Functions return
 * store.h's errors. */

#include "node/projection/effect.h"
#include "node/projection/ledger_case.h"

/* As of the entry. reason: why the record is retired; NULL: it is not. */
HL_MUST_USE hl_err effect_keep(struct effect *effect, const struct kept *kept,
                               const void *record, const struct bytes *reason,
                               struct hl_detail *detail);
HL_MUST_USE hl_err effect_drop(struct effect *effect,
                               const struct record_type *type,
                               const void *record, struct hl_detail *detail);
/* A row that was not there. */
HL_MUST_USE hl_err effect_add(struct effect *effect,
                              const struct record_type *type,
                              const void *record, struct hl_detail *detail);

/* A row that is a member of joint state of its name. */
HL_MUST_USE hl_err effect_keep_joint(struct effect *effect,
                                     const struct kept *kept,
                                     const void *record,
                                     struct hl_detail *detail);
/* Joint state of that row is looked at again when the entry comes that this one
 * cites: the row says which, so that ledger_drop_row() finds it. */
HL_MUST_USE hl_err effect_cite(struct effect *effect, const struct kept *kept,
                               const struct citation *cause,
                               struct hl_detail *detail);

#endif
