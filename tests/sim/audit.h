/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_AUDIT_H
#define HL_TESTS_SIM_AUDIT_H

/* Looks on at money. Keeps what every author wrote about it, by leaf, and the
 * books of every branch of every journal (book.h). When an entry is committed:
 *
 *   who does not lie about money writes what the rules allow: no voucher is
 *   overspent, no year's bound exceeded, no hold resolved twice, and an
 *   obligation is its own debtor's
 *   what such a node captures, releases, accepts or delivers cites what the
 *   other really wrote of that order, and where it cannot be taken back, sealed
 *   nothing times out by a clock that is days ahead
 *   what it spends is of what the other allotted, to the letter, and what it
 *   takes back of an allotment is what the other did not spend
 *
 * check_ledger.c has the rest. */

#include "tests/sim/alliance.h"
#include "tests/sim/audit_cycle.h"
#include "tests/sim/book.h"
#include "tests/sim/truth.h"

struct world;
struct host;

/* What happened with money, for the closing report. */
enum money_event {
    MONEY_SCHEMES,
    MONEY_ISSUED,
    MONEY_ENDED,
    MONEY_EXPIRED,
    MONEY_PLACED,
    MONEY_REQUESTED,
    MONEY_GRANTED, /* of what is placed, for a request */
    MONEY_UNHELD,
    MONEY_WITHDRAWN, /* of what is declined, a request */
    MONEY_ACCEPTED,
    MONEY_DECLINED,
    MONEY_DELIVERED,
    MONEY_CAPTURED,
    MONEY_OWED, /* of these, to a partner */
    MONEY_RELEASED,
    MONEY_TIMED_OUT,
    MONEY_DENIED,
    MONEY_WAITS,
    MONEY_HELD, /* of these, as a rule is broken */
    MONEY_DISPUTED,
    MONEY_RESOLVED,
    MONEY_CONFIRMED,
    MONEY_CANCELLED,
    MONEY_ALLOTTED,
    MONEY_SPENT,
    MONEY_CLOSED,
    MONEY_RETURNED,
    MONEY_UNSPENT, /* of these, of who is no more */
    MONEY_ADJUSTED,
    MONEY_REVIEWED,
    MONEY_REFUSED,
    MONEY_REPEATED,         /* asked again, and answered the same */
    MONEY_UNSEALED,         /* told to wait for a seal */
    MONEY_LIES,             /* entries of liars about money, */
    MONEY_LIES_IN_VAIN,     /* and of these the ones without effect */
    MONEY_LIES_FOUND,       /* findings of citations, at rest */
    MONEY_CYCLE_LIES_FOUND, /* of cycles and payments */
    MONEY_BREACHES_FOUND,   /* of deliveries that break a rule by themselves, */
    MONEY_COLLISIONS_FOUND, /* and of orders that collide */
    MONEY_PROPOSED,         /* cycles, */
    MONEY_FOLLOWED,         /* of these, after an abortion */
    MONEY_APPROVED,
    MONEY_REJECTED,
    MONEY_PERSON_NO,     /* of these, by a person, */
    MONEY_REJECTED_TRUE, /* and as it counts otherwise */
    MONEY_LATE,          /* approvals that came after the abortion */
    MONEY_FINAL,
    MONEY_ABORTED,
    MONEY_GAVE_WAY,       /* of these, to another's proposal */
    MONEY_ABANDONED,      /* cycles, as a charter ended their proposer's role */
    MONEY_MID_QUARANTINE, /* quarantines of who takes part in one that runs */
    MONEY_MID_CHARTER,    /* decisions under a later charter */
    MONEY_GIVEN_LATER,    /* counts of what was given back of a former cycle */
    MONEY_BENT_LEAVES_OUT, /* lying proposals: less than there is, */
    MONEY_BENT_NETS,       /* other nets, */
    MONEY_BENT_ABOVE,      /* a cut beyond what is sealed, */
    MONEY_BENT_AGAIN,      /* and what was proposed before */
    MONEY_SENT,
    MONEY_RECEIVED,
    MONEY_OVERDUE, /* transfers that are counted anew, */
    MONEY_REPAID,  /* and what was paid all the same */
    MONEY_MIDNIGHTS,
    MONEY_EVENT_COUNT
};

const char *money_event_name(enum money_event event);

struct audit_entry {
    struct hl_hash leaf;
    struct bytes raw; /* no data: no entry */
};

struct audit_book {
    struct book book;
    unsigned epochs; /* of the truth, when it was begun */
};

struct audit {
    struct world *world;
    struct audit_entry *slots; /* a hash table by leaf */
    size_t capacity, count;
    struct pile cycles; /* struct audit_cycle: all proposals */
    struct audit_book books[ALLIANCE_CITIES_MAX][TRUTH_BRANCHES_MAX];
};

void audit_init(struct audit *audit, struct world *world);
void audit_fini(struct audit *audit);

/* A host committed that entry; it is the last of its branch so far. */
void audit_wrote(struct audit *audit, struct host *host, struct bytes raw,
                 const struct hl_hash *leaf);

/* The books of a branch as it stands; borrowed until it grows. */
const struct book *audit_book(struct audit *audit, size_t city, size_t branch);
/* As of that size, for book_fini(). */
void audit_book_at(struct audit *audit, size_t city, size_t branch,
                   uint64_t size, struct book *out);

/* Whether nobody lies there, neither about history nor about money. */
bool audit_trusts(const struct world *world, size_t city);

#endif
