/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_EFFECT_H
#define HL_NODE_PROJECTION_EFFECT_H

/* What a body of an entry does to its half. Inside this folder. */

#include "node/projection/frame.h"

/* Why an entry has no effect. */
enum refusal {
    REFUSAL_NONE,
    REFUSAL_FRAME,    /* no canonical entry */
    REFUSAL_ORIGIN,   /* of another journal */
    REFUSAL_INDEX,    /* of another place */
    REFUSAL_TIME,     /* earlier than the entry before */
    REFUSAL_CRITICAL, /* the body's critical bit is not its type's */
    REFUSAL_BODY,     /* no canonical body */
    REFUSAL_RECORD,   /* a field breaks its rule */
    REFUSAL_STATE,    /* does not fit what the half has */
    REFUSAL_END
};

struct effect {
    struct projection *projection;
    struct open_half *half;
    uint64_t index;
    const struct entry *entry;
    const struct body_type *body;
    bool pause;
    enum refusal refusal;
    struct hl_detail why; /* of the refusal */
};

/* The record stands from now on as the entry states it. */
hl_err effect_put(struct effect *effect, const void *record,
                  struct hl_detail *detail);

/* The same of a record with a home (struct homed): only its home states it. */
hl_err effect_put_homed(struct effect *effect, const void *record,
                        struct hl_detail *detail);

/* The record is retired; again: with another reason. */
hl_err effect_retire(struct effect *effect, const void *record,
                     struct hl_detail *detail);

/* Keeps the finding of an entry without effect. */
HL_MUST_USE hl_err effect_keep_refusal(const struct effect *effect,
                                       struct hl_detail *detail);

#endif
