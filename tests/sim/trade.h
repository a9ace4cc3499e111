/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_TRADE_H
#define HL_TESTS_SIM_TRADE_H

/* What platforms ask about money: schemes, vouchers, and orders at any node.
 * They mostly ask what should suit, as far as they were told; the rest is wrong
 * in some way, and is refused. Whatever was answered may be asked again. */

#include "tests/sim/platform.h"

enum trade_stage {
    STAGE_ASKED, /* for; nobody said yet that it is placed */
    STAGE_PLACED,
    STAGE_ACCEPTED,
    STAGE_DELIVERED,
    STAGE_GONE, /* declined, or refused */
};

struct trade_order {
    size_t issuer, provider; /* cities */
    uint8_t id[16];
    uint64_t price_fen;
    enum trade_stage stage;
    bool disputed;
    bool desk; /* it began at its provider's */
    /* It is an allotment: placed when it is allotted, accepted when something
     * was spent of it, and delivered when it is closed. */
    bool allotted;
};

struct trade_voucher {
    size_t city;
    uint8_t id[16];
    bool issued, ended; /* as far as is known */
};

/* A few requests, as they come; of a city whose platform lies, also lies. */
void trade_some(struct platform *platform, struct host *host);
/* The request was answered for good. */
void trade_over(struct request *request);
/* It was refused: for ever, as the entry says that it made, or for now. */
void trade_refused(struct request *request);
void trade_note_refusal(struct request *request, struct bytes body);
void trade_fini(struct trade *trade);

/* The body of the entry. */
hl_err trade_run(struct request *request, struct write_context *context,
                 struct hl_detail *detail);

/* Vouchers of that host's are allotted to that city. */
void trade_allot_to(struct platform *platform, struct host *host, size_t city);

/* For lies.c. Asks for an entry with that record; `order` is a number of the
 * trade's, from 1, or 0. */
struct request *trade_make(struct platform *platform, struct host *host,
                           uint32_t body, const void *record, size_t order);
void trade_ask(struct request *request);

/* lies.c: an entry, or two, that say what is not so. The platform knows its own
 * books, and everybody's journals. */
void trade_lie(struct platform *platform, struct host *host);
void trade_lie_of_cycles(struct platform *platform, struct host *host);
/* One that is not so, instead of the proposal of its desk's. */
void trade_lie_instead(struct platform *platform, struct host *host,
                       struct bytes proposal);

uint64_t trade_below(struct platform *platform, uint64_t bound);
/* The city's node, as entries name it. */
struct bytes trade_node(const struct platform *platform, size_t city);

/* The unit that serves everywhere. */
#define TRADE_UNIT "0123456789abcdef0123456789abcdef"

#endif
