/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SERVICE_SEARCH_PAIR_H
#define HL_NODE_SERVICE_SEARCH_PAIR_H

/* A demand and what it names: how one of the two is asked for by the other,
 * and what is said of them together. Inside this folder. */

#include "node/service/search_call.h"

/* Of either. Borrows from its record. */
struct search_side {
    const struct record_kind *kind;
    struct bytes class_scheme, class_code, division;
    uint64_t money_fen; /* price or budget; 0: none is stated */
    bool usable;
};
void search_side_of(const struct record_kind *kind, const void *record,
                    struct search_side *out);

enum { PAIR_KINDS_MAX = 2, PAIRS_MAX = 100 };

/* What heluo-search is asked for the others. Holds on to its own memory, and
 * stays where it is. */
struct search_pair_question {
    struct writer text;
    char near[8];
    Heluo__V1__RecordKind kinds[PAIR_KINDS_MAX];
    Heluo__V1__SearchFindRequest find;
    Heluo__V1__IndexFindRequest request;
};
void search_pair_ask(const struct record_kind *kind, const void *record,
                     struct search_pair_question *out);
void search_pair_question_fini(struct search_pair_question *question);

/* What is said of one that was found so; memory of the call. */
Heluo__V1__SearchMatchResponse__Match *
search_pair(struct search_call *search, const struct search_side *own,
            const struct search_record *other,
            const Heluo__V1__IndexFindResponse *found,
            const Heluo__V1__IndexFindResponse__Hit *from);

#endif
