/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_REPORT_REVIEW_H
#define HL_NODE_REPORT_REVIEW_H

/* The review before a purchase (查重评议): how like an instrument that stands
 * somewhere is to the one that is to be bought, how near it stands and how
 * busy it is, and what follows from all of them. Pure, any thread. */

#include "node/catalogue/instrument.h"

/* What is to be bought. Texts may be empty, but not all of name, model and
 * class. */
struct review_wish {
    struct bytes name, model;
    struct bytes class_code; /* of nrii: two, four or six digits */
    struct bytes division;   /* where it would stand: six digits, or empty */
};

enum review_near {
    REVIEW_COUNTY,
    REVIEW_CITY,
    REVIEW_PROVINCE,
    REVIEW_ELSEWHERE,
    REVIEW_UNPLACED, /* of one of them it is not stated where */
};

struct review_item {
    unsigned likeness; /* of a hundred */
    bool same_model, same_name, same_class;
    enum review_near near;
    bool usable;
    bool use_stated;
    uint64_t use_bp; /* hours run in the year of a quota's hours */
};

enum {
    REVIEW_ALIKE = 60,     /* from here on it could do the same work */
    REVIEW_BUSY_BP = 8000, /* from here on it has no time for others */
};

/* Likeness: names by the pairs of neighbouring characters that they share
 * (Dice's coefficient), models by being the same or by what they begin with,
 * classes by their digits; weighed 35, 45 and 20, among what the wish has. The
 * same model is 90 at least; one of another minor class is 50 at most; and
 * another model takes no more than a fifth from what name and class have in
 * common. quota_hours: 0 for that of the instrument's kind. */
void review_compare(const struct review_wish *wish,
                    const struct instrument *instrument, uint64_t quota_hours,
                    struct review_item *out);

enum review_advice {
    REVIEW_SHARE,   /* 建议共享: what is alike stands near and has time */
    REVIEW_CONSULT, /* 建议先协商: it may have time, or stands further off */
    REVIEW_BUY,     /* 可以购置: nothing alike, or nothing that has time */
};

enum review_reason {
    REVIEW_FREE_NEAR,     /* alike, usable, in the same city, and not busy */
    REVIEW_FREE_PROVINCE, /* the same in the province */
    REVIEW_UNKNOWN_USE,   /* alike and usable in the province, hours unknown */
    REVIEW_UNPLACED_OPEN, /* alike and usable, not known where, or to be busy */
    REVIEW_ALL_BUSY,      /* alike in the province, and all busy or broken */
    REVIEW_UNPLACED_BUSY, /* alike, not known where, and all busy or broken */
    REVIEW_FAR,           /* alike elsewhere alone */
    REVIEW_NONE,          /* nothing alike */
};

struct review_verdict {
    enum review_advice advice;
    enum review_reason reason;
    size_t alike;                      /* in all */
    size_t alike_city, alike_province; /* of them, each with those nearer */
    size_t free_city, free_province;
    size_t unknown_province; /* usable, and how busy is not stated */
    size_t unplaced, open_unplaced;
};

struct review_verdict review_judge(const struct review_item *items,
                                   size_t count);

/* The better one for who would buy comes first: like before unlike, then
 * usable, near, and with time. As strcmp(). */
int review_order(const struct review_item *a, const struct review_item *b);

/* A sentence, with the verdict's numbers in it, into `out`. */
enum { REVIEW_TEXT_BYTES = 400 };
void review_text(const struct review_verdict *verdict, bool chinese,
                 char out[REVIEW_TEXT_BYTES]);

#endif
