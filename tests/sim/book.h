/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_BOOK_H
#define HL_TESTS_SIM_BOOK_H

/* What the entries of one journal about money come to: kept a second time, by
 * the rules of the .proto files and of protocol/README.md, section 8, from the
 * entries alone, and by none of the code that decides and applies them in
 * node/projection. Of node/ledger it uses the structs and their decoding. */

#include "node/ledger/cycle.h"
#include "node/ledger/order.h"
#include "protocol/base/hash.h"
#include "protocol/entry/entry.h"

/* A growing array. */
struct pile {
    void *items;
    size_t count, capacity;
};

struct book_voucher {
    struct voucher_issue of;
    size_t scheme;                  /* which of book.schemes */
    int64_t use_until, claim_until; /* days */
    int64_t issued_at_ms;
    uint64_t held_fen, spent_fen, returned_fen;
    uint64_t ended; /* VoucherEnd; 0: it is not */
};

/* What the journal says of an order: as its issuer, as its provider, or both.
 * The leaves of `row` are left empty, and stand beside it. */
struct book_order {
    struct order row;
    size_t voucher; /* of one that is placed */
    uint64_t year;  /* in which it counts; so
                       is what is held */
    bool placed;
    struct hl_hash placed_leaf, cause_leaf, answer_leaf, order_leaf;
    bool caused;    /* the resolution cites something */
    bool requested; /* it began at a desk; at the issuer's, by that request */
    struct hl_hash request_leaf;
    bool withdrawn; /* the answer takes the request back, and cites nothing */
};

/* What is owed by one entry: by the journal's node, or to it where it spends
 * of an allotment. */
struct book_debt {
    struct bytes debtor, creditor;
    uint64_t index, fen;
    struct order_key of;
    bool spent;
};

/* What the journal says of a cycle: as its proposer, as a party, or both; and
 * of a transfer. Leaves stand beside the rows. */
struct book_cycle {
    struct cycle row;
    bool proposed;
    struct hl_hash leaf, decided_leaf, answer_leaf, proposal_leaf;
};

struct book_transfer {
    struct transfer row;
    bool sent, received;
    struct hl_hash sent_leaf, received_leaf;
};

struct book {
    struct bytes node, alliance; /* "jinan", "zhongyuan.example/" */
    uint64_t size;               /* entries read, of whatever kind */
    struct pile schemes;         /* struct scheme */
    struct pile budgets;         /* struct budget */
    struct pile vouchers;        /* struct book_voucher */
    struct pile orders;          /* struct book_order */
    struct pile usages;          /* struct usage */
    struct pile debts;           /* struct book_debt */
    struct pile services;        /* struct order: rows as of each delivery and
                                    each spend */
    struct pile cycles;          /* struct book_cycle */
    struct pile transfers;       /* struct book_transfer */
    uint64_t open_proposal, last_proposal; /* index plus one; 0: none */
    bool has_approved;
    struct cycle_key approved; /* last */
    uint64_t settled_fen, adjusted_fen;
};

/* node and alliance are borrowed. */
void book_init(struct book *book, struct bytes node, struct bytes alliance);
void book_fini(struct book *book);

/* The next entry; `raw` outlives the book. NULL: it is not about money, or it
 * fits; else why it has no effect. */
const char *book_enter(struct book *book, struct bytes raw,
                       const struct hl_hash *leaf);
/* One that is known to be about something else. */
void book_pass(struct book *book);

/* Whether the sums are what the single orders, vouchers and schemes say: NULL,
 * or which is not. */
const char *book_check(const struct book *book);

/* NULL: there is none. */
struct book_voucher *book_voucher(const struct book *book, struct bytes id);
struct book_order *book_order(const struct book *book,
                              const struct order_key *key);
struct budget *book_budget(const struct book *book, struct bytes scheme);
struct usage *book_usage(const struct book *book, const struct usage *key);

struct book_cycle *book_cycle(const struct book *book,
                              const struct cycle_key *key);
struct book_transfer *book_transfer(const struct book *book,
                                    const struct transfer_key *key);

/* Whether what the provider's book spends by that order is of what the issuer's
 * allotted: the same limit, and the same last day. */
bool book_spends(const struct book_order *placed,
                 const struct book_order *word);

/* What counts of what the provider's book spends by it: at most the limit. */
uint64_t book_counted_fen(const struct book_order *placed,
                          const struct book_order *word);

/* What may still be held of it. */
uint64_t book_open_fen(const struct book_voucher *voucher);
/* What an order's scheme pays of that price; the book placed it. */
uint64_t book_share_fen(const struct book *book, const struct book_order *order,
                        uint64_t price_fen);
/* What is captured of it at that price. */
uint64_t book_most_fen(const struct book *book, const struct book_order *order,
                       uint64_t price_fen);
/* Of OrderCheck. */
enum {
    BOOK_VALIDITY = 1,
    BOOK_UNIT = 2,
    BOOK_ITEM = 3,
    BOOK_INVOICE = 6,
    BOOK_MACHINE = 7,
    BOOK_SPLIT = 8,
};
/* The rules that a delivery of it, `answer` as in a row, breaks by itself. */
uint64_t book_breaks(const struct book *book, const struct book_order *order,
                     const struct order *answer);
/* Those that it breaks as this journal knows it alone, of what its scheme holds
 * for. */
uint64_t book_checks(const struct book *book, const struct book_order *order,
                     const struct order_deliver *deliver);
/* How many contracts are split. */
uint64_t book_count_split(const struct book *book);
/* Whether both are of one request. */
bool book_same_request(const struct book_order *a, const struct book_order *b);
/* Whether what is held is as it was asked for, as far as that was said. */
bool book_grants(const struct order_place *held,
                 const struct order_place *asked);
/* How many days its scheme gives the holder to confirm. */
uint64_t book_confirm_days(const struct book *book,
                           const struct book_order *order);
/* Whom that is owed to; empty: the node settles it itself. */
struct bytes book_creditor(const struct book *book,
                           const struct book_order *order);

/* --- Days since 1970-01-01, in UTC+8. ------------------------------------- */

enum { BOOK_DAY_BYTES = 11 };

int64_t book_day(struct hl_wall wall);
int64_t book_day_of(struct bytes text); /* YYYY-MM-DD */
void book_day_text(int64_t day, char out[BOOK_DAY_BYTES]);
uint64_t book_year(struct hl_wall wall);

#endif
