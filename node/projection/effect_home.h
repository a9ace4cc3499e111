/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_EFFECT_HOME_H
#define HL_NODE_PROJECTION_EFFECT_HOME_H

/* Moves of a record between homes, as each half sees its own side:
 *
 *   (none) --put, by its first home--> owned --release--> released
 *   (none) --take--------------------> owned <--resume--- released
 *                                      owned <--take----- released
 *
 * Inside this folder. */

#include "node/catalogue/home.h"
#include "node/store/key.h"

struct effect;
struct row;

/* A put of a record that is not this half's: it is taken if the entry answers
 * a release that this half has not answered yet. former: its row, or NULL. */
HL_MUST_USE hl_err effect_take(struct effect *effect, const struct homed *homed,
                               const struct store_key *key,
                               const struct row *former,
                               struct hl_detail *detail);

hl_err effect_release(struct effect *effect, const void *record,
                      struct hl_detail *detail);
hl_err effect_refuse_home(struct effect *effect, const void *record,
                          struct hl_detail *detail);
hl_err effect_resume(struct effect *effect, const void *record,
                     struct hl_detail *detail);

#endif
