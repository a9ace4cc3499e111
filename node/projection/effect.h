/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_EFFECT_H
#define HL_NODE_PROJECTION_EFFECT_H

/* What a body of an entry does to its half. Inside this folder. */

#include "node/projection/effect_home.h"
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
    struct bytes raw; /* the entry's */
    const struct body_type *body;
    bool pause;
    enum refusal refusal;
    struct hl_detail why; /* of the refusal */
};

/* The record stands from now on as the entry states it. */
hl_err effect_put(struct effect *effect, const void *record,
                  struct hl_detail *detail);

/* The same of a record with a home (struct homed): it is stated by its home,
 * and taken (effect_home.h) by any other half, or where it was released. */
hl_err effect_put_homed(struct effect *effect, const void *record,
                        struct hl_detail *detail);

/* The record is retired; again: with another reason. */
hl_err effect_retire(struct effect *effect, const void *record,
                     struct hl_detail *detail);

/* The entry says something, and changes no row. */
hl_err effect_nothing(struct effect *effect, const void *record,
                      struct hl_detail *detail);

/* --- Parts of effects. -------------------------------------------------- */

/* The record does not fit the half: says why. HL_OK. */
hl_err effect_refuse(struct effect *effect, const char *format, ...)
    HL_PRINTF(2, 3);

HL_MUST_USE hl_err effect_find_row(struct effect *effect,
                                   const struct store_key *key, struct row *row,
                                   bool *found, struct hl_detail *detail);
HL_MUST_USE hl_err effect_write_row(struct effect *effect,
                                    const struct store_key *key,
                                    const struct row *row,
                                    struct hl_detail *detail);

/* The row becomes what the entry's body states; former: NULL where there was
 * none. */
HL_MUST_USE hl_err effect_state(struct effect *effect,
                                const struct store_key *key,
                                const struct row *former,
                                struct hl_detail *detail);

/* Keeps the finding of an entry without effect. */
HL_MUST_USE hl_err effect_keep_refusal(const struct effect *effect,
                                       struct hl_detail *detail);

#endif
