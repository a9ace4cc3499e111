/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SEARCH_DOCUMENT_H
#define HL_NODE_SEARCH_DOCUMENT_H

/* What is searched of a record: its texts, folded (node/text/fold.h), and the
 * facts by which hits are chosen, counted and put in order. Pure, any thread.
 */

#include "node/catalogue/kinds.h"
#include "protocol/base/writer.h"

/* What can be had, in the order of preference. */
enum standing {
    STANDING_USABLE = 0,
    STANDING_FAULTY = 1, /* 故障频繁 */
    STANDING_AWAY = 2,   /* 待修, 待报废, or not shared */
};

enum { DOCUMENT_TITLES_MAX = 5 };

struct document {
    const struct record_kind *kind;
    struct bytes id;     /* tells documents apart; document_id() */
    struct bytes origin; /* of the journal that states it */

    struct bytes name;  /* what it is called in Chinese */
    struct bytes alias; /* in English; model, number, identifier */
    struct bytes maker; /* and what else people call it (other_names.h) */
    struct bytes prose; /* everything else that says what it can do */
    /* What a person types who knows exactly what it is: folded, and without
     * spaces; and as it is written. */
    struct bytes titles[DOCUMENT_TITLES_MAX], shown[DOCUMENT_TITLES_MAX];
    size_t title_count;

    struct bytes unit;      /* its scheme, a space, its id */
    struct bytes unit_name; /* of a unit: folded */
    struct bytes class_scheme, class_code;
    struct bytes division;
    uint64_t division_revision;
    enum standing standing;
    uint64_t status, share_mode; /* of an instrument */
    uint64_t worth_fen;          /* or price, or budget */
    uint64_t recorded_at_ms;

    struct writer texts; /* that the folded ones lie in */
};

/* Of a valid record as its journal states it; the record and origin are
 * borrowed. To be released by document_fini(). */
void document_init(struct document *document, const struct record_kind *kind,
                   const void *record, struct bytes origin);
void document_fini(struct document *document);

/* Appends what `id` is: of a record that moves the same in all journals. */
void document_id(const struct record_kind *kind, const void *record,
                 struct bytes origin, struct writer *out);

/* The kind and key that such an id was made of; `key` and `origin` (empty: the
 * record moves) borrow it. False: it is none. */
bool document_read_id(struct bytes id, const struct record_kind **kind,
                      struct bytes *key, struct bytes *origin);

#endif
