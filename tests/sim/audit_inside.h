/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_AUDIT_INSIDE_H
#define HL_TESTS_SIM_AUDIT_INSIDE_H

/* Between audit.c, what was written, audit_cite.c, what each entry cites, and
 * audit_allot.c, the same of allotments. Where something is wrong with an
 * entry, that is a violation. */

#include "tests/sim/audit.h"
#include "tests/sim/world.h"

/* The entry of that leaf; without data: there is none. */
struct audit_entry *audit_slot(const struct audit *audit,
                               const struct hl_hash *leaf);

/* An entry that was just committed, and whose author is not crooked. */
struct look {
    struct audit *audit;
    struct host *host;
    struct entry entry;
    struct hl_hash leaf;
    uint64_t index;
};

/* All that is to be said of it, beside what the own books say. */
void look_check(const struct look *look, uint32_t body, const void *record);

/* The entry that it cites, if it is of that body; else a violation. */
bool look_find_cited(const struct look *look, uint32_t body,
                     const struct record_type *type, void *record,
                     struct entry *cited);
/* Whether it cites an entry of that body. */
bool look_cites(const struct look *look, uint32_t body);
/* What cannot be taken back relies upon what is sealed, as that host knows it.
 */
void look_check_sealed(const struct look *look);
/* That it says what the cited entry does not: a violation. */
void look_disagree(const struct look *look, const char *about);
bool look_same_order(const struct order_key *a, const struct order_key *b);
/* The books of its journal. */
const struct book *look_book(const struct look *look);

/* It cites an order for this node; or an allotment; or either. */
void look_check_answer(const struct look *look, const struct order_key *key);
bool look_find_allotted(const struct look *look, const struct order_key *key,
                        struct order_allot *allot);
void look_check_either(const struct look *look, const struct order_key *key);
void look_check_spend(const struct look *look, const struct order_spend *spend);
void look_check_return(const struct look *look,
                       const struct order_return *back);

/* The same of cycles (audit_cycle.c). */
void look_check_cycle(const struct look *look, uint32_t body,
                      const void *record);

/* What the issuer's own books have of that very order, where he is honest and
 * never went back on an entry; NULL: nothing. */
const struct book_order *look_issuers_order(const struct look *look,
                                            const struct order_key *key,
                                            const struct book **theirs);

#endif
