/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_BOOK_INSIDE_H
#define HL_TESTS_SIM_BOOK_INSIDE_H

/* Between book.c, what stands in a book, book_enter.c, how entries that move
 * vouchers come there, and book_answer.c, how what is said of orders does. */

#include "tests/sim/book.h"

/* One more, all zero. The former ones may move. */
void *pile_add(struct pile *pile, size_t size);

/* An entry that is being read. What reads one says why it has no effect, or
 * changes the book, and says NULL. */
struct reading {
    struct book *book;
    struct entry entry;
    struct hl_hash leaf;
    uint64_t index;
    int64_t today;
};
typedef const char *(*book_enter_fn)(struct reading *at, const void *record);

/* What the provider's catalogue says against it. */
uint64_t book_catalogue(const struct order_deliver *deliver);

/* Whether the entry cites one of that node's journal. */
bool book_cites(const struct reading *at, struct bytes node);
/* The order of that key, made where there is none. */
struct book_order *book_order_made(struct book *book,
                                   const struct order_key *key);
/* By the entry, so much more is owed. */
void book_owe(struct reading *at, const struct book_debt *debt);

/* Whether it begins here, or answers a request of the provider's. */
bool book_begins(const struct reading *at, const struct order_key *key,
                 struct bytes provider);
/* The order answers that request, if it began elsewhere. */
void book_set_request(const struct reading *at, struct book_order *order);

/* One that is placed and not resolved, of which something is held; NULL: there
 * is none. And one that is no allotment. */
struct book_order *book_open_hold(struct reading *at,
                                  const struct order_key *key);
struct book_order *book_open_order(struct reading *at,
                                   const struct order_key *key);

const char *book_request(struct reading *at, const void *record);
const char *book_deny_hold(struct reading *at, const void *record);
const char *book_wait(struct reading *at, const void *record);
const char *book_dispute(struct reading *at, const void *record);
const char *book_resolve_dispute(struct reading *at, const void *record);
const char *book_confirm(struct reading *at, const void *record);
const char *book_cancel(struct reading *at, const void *record);
const char *book_review(struct reading *at, const void *record);
const char *book_accept(struct reading *at, const void *record);
const char *book_decline(struct reading *at, const void *record);
const char *book_deliver(struct reading *at, const void *record);
const char *book_adjust(struct reading *at, const void *record);
const char *book_spend(struct reading *at, const void *record);
const char *book_close(struct reading *at, const void *record);

const char *book_propose(struct reading *at, const void *record);
const char *book_approve(struct reading *at, const void *record);
const char *book_reject(struct reading *at, const void *record);
const char *book_finish(struct reading *at, const void *record);
const char *book_abort(struct reading *at, const void *record);
const char *book_sent(struct reading *at, const void *record);
const char *book_received(struct reading *at, const void *record);

#endif
