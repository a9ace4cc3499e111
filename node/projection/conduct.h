/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_CONDUCT_H
#define HL_NODE_PROJECTION_CONDUCT_H

/* What a journal says about itself (heluo/v1/conduct.proto): the version of
 * rules that it is read by, and a planned change of its key. */

#include "node/record/record.h"

struct effect;

struct rules_activate {
    uint64_t version;
};

struct key_rotate {
    struct bytes key; /* vkey */
};

/* Numbers of bodies as conduct.proto has them. */
enum { CONDUCT_BODY_RULES = 3, CONDUCT_BODY_KEY = 4 };

/* The newest version of rules that this program reads by. */
enum { CONDUCT_RULES_MAX = 1 };

extern const struct record_type rules_activating; /* no row */
extern const struct record_type key_rotate_record;

/* The half goes by the next version. One that this program does not know pauses
 * it; one that is not the next is refused, by every program. */
hl_err effect_activate_rules(struct effect *effect, const void *record,
                             struct hl_detail *detail);

/* The key stands as announced. Refused where it is named as another journal. */
hl_err effect_rotate_key(struct effect *effect, const void *record,
                         struct hl_detail *detail);

#endif
