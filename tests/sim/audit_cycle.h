/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_AUDIT_CYCLE_H
#define HL_TESTS_SIM_AUDIT_CYCLE_H

/* What proposals of clearing cycles must count: a second time, from the books
 * of what was written (book.h), by the rules of design section 10, and by none
 * of the code in node/clearing. */

#include "tests/sim/book.h"

struct audit;
struct host;
struct world;

enum cycle_claim_kind {
    CYCLE_CLAIM_OWED,
    CYCLE_CLAIM_SPENT,
    CYCLE_CLAIM_REPAID,
    CYCLE_CLAIM_TRANSFER,
};

/* What is counted: an entry of a journal, or a transfer of that proposal. */
struct cycle_claim {
    enum cycle_claim_kind kind;
    size_t journal, debtor, creditor; /* cities */
    uint64_t index, fen;
    size_t proposer; /* city, of a transfer or what was paid by one */
    uint64_t proposal, transfer;
};

enum cycle_verdict {
    CYCLE_RIGHT,
    CYCLE_WRONG_SUM, /* it counts something else */
    CYCLE_UNKNOWN,   /* a journal that it looks at stands otherwise by now */
};

/* A proposal that somebody wrote. */
struct audit_cycle {
    size_t city;
    uint64_t index;
    struct hl_hash leaf;
    struct cycle_proposal of; /* borrows from what is kept of its entry */
    enum cycle_verdict verdict;
    const char *why;
    struct pile claims; /* struct cycle_claim: what it must count */
    uint64_t final_at;  /* bit by port: for whom it is final */
    bool abandoned;     /* for somebody */
};

/* A proposal was committed: it is counted. `record` lives as long. */
struct audit_cycle *audit_add_cycle(struct audit *audit, size_t city,
                                    uint64_t index, const struct hl_hash *leaf,
                                    const struct cycle_proposal *record);
/* NULL: nobody wrote that. */
struct audit_cycle *audit_cycle(struct audit *audit,
                                const struct hl_hash *leaf);
/* A host has quarantined that city: counts the cycles that run just now, and
 * both take part in. */
void audit_quarantined(struct audit *audit, const struct host *host,
                       size_t city);
void audit_cycles_fini(struct audit *audit);

#endif
