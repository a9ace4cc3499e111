/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_PLATFORM_H
#define HL_TESTS_SIM_PLATFORM_H

/* What the cities' platforms ask of their nodes: units put, edited, retired,
 * in bursts; with the same id again where no answer came. Remembers what was
 * acknowledged, and how. */

#include "node/writer/command.h"
#include "protocol/base/writer.h"
#include "tests/support/rng.h"

struct world;
struct host;

enum platform_class {
    PLATFORM_DISK,    /* durability 0 */
    PLATFORM_KEEPERS, /* k of them */
    PLATFORM_SEALED,
    PLATFORM_CLASS_COUNT,
};

enum request_kind {
    REQUEST_PUT,
    REQUEST_RETIRE,
    REQUEST_RULES,
    REQUEST_RECORD, /* of a record that has a home: records.h */
    REQUEST_MONEY,  /* of a voucher or an order: trade.h */
    REQUEST_PAPER,  /* of a sealed document: papers.h */
    REQUEST_DESK,   /* of a clearing desk, of a cycle: desks.h */
};

enum deed {
    DEED_PUT,
    DEED_RETIRE,
    DEED_RELEASE,
    DEED_TAKE,
    DEED_REFUSE,
    DEED_COUNT
};
struct record_deed {
    enum deed deed;
    unsigned kind; /* RecordKind */
    char home[64], inner_id[8], to[64];
    uint64_t edition;
};

/* What is asked about money: `body` of the request is the record. */
struct money_ask {
    uint32_t body; /* its number */
    size_t order;  /* of the trade's, from 1; 0: none; so the voucher */
    size_t voucher;
    bool forged;    /* written as it is, whatever the rules say, */
    bool has_cause; /* citing that: */
    size_t cause_city;
    uint64_t cause_index;
    struct hl_hash cause_leaf;
};

struct request {
    struct write_command command; /* first */
    struct request *next;         /* of all */
    struct platform *platform;
    struct host *host; /* asked */
    uint64_t number;   /* from 1 */
    enum request_kind kind;
    struct writer body;  /* of the entry; of a deed, what it is told by */
    struct writer paper; /* sealed; empty: it is to be erased */
    struct record_deed deed;
    struct money_ask money;
    uint32_t keepers; /* wanted: 0, k or ENGINE_SEALED */
    bool at_host;     /* queued there or being written */
    unsigned made;    /* entries that it led to */
    /* That entry says that it was refused, and how. */
    bool refused;
    bool answered; /* so, or that it was done */
    char refusal_error[32], refusal_text[HL_DETAIL_TEXT_BYTES];
    bool done; /* will not be asked again */
    uint64_t index;
    struct hl_hash leaf;
    unsigned losses[PLATFORM_CLASS_COUNT]; /* among the keepers, before it */
    bool acknowledged[PLATFORM_CLASS_COUNT];
    unsigned promised[PLATFORM_CLASS_COUNT]; /* keepers, then */
    unsigned tries;
};

/* What platforms know of money: what they asked for, and what came of it as far
 * as they were told. */
struct trade_order;
struct trade_voucher;
struct trade {
    struct rng rng;
    struct trade_order *orders;
    size_t order_count, order_capacity;
    struct trade_voucher *vouchers;
    size_t voucher_count, voucher_capacity;
    unsigned schemes[32]; /* by city: versions asked for */
};

enum paper_event {
    PAPER_PUT,
    PAPER_ERASED,
    PAPER_FETCHED,
    PAPER_TORN, /* by a crash, and fetched anew */
    PAPER_EVENT_COUNT,
};

struct papers;

/* What the platform of a host that it uses does by itself, now and then. */
enum { PURSUIT_WORK, PURSUIT_TRADE, PURSUIT_PAPERS, PURSUITS };
struct pursuit {
    struct platform *platform;
    void (*run)(struct platform *platform, struct host *host);
    struct rng *rng;
    int64_t think_s;
    bool when_up; /* only */
};

struct platform {
    struct world *world;
    struct rng rng;
    struct request *first; /* newest first */
    uint64_t count;
    struct trade trade;
    struct papers *papers;
    bool busy; /* goes on asking by itself */
    struct pursuit pursuits[PURSUITS];
    uint32_t answers_lost_ppm;
};

void platform_init(struct platform *platform, struct world *world);
void platform_fini(struct platform *platform);

/* Begins to use that host, while busy. */
void platform_begin(struct platform *platform, struct host *host);

/* One request, at once. name tells edits of a unit apart. */
struct request *platform_put(struct platform *platform, struct host *host,
                             unsigned unit, const char *name, uint32_t keepers);
struct request *platform_retire(struct platform *platform, struct host *host,
                                unsigned unit, uint32_t keepers);

/* The journal declares rules of version 1, in a body that is critical. */
struct request *platform_rules(struct platform *platform, struct host *host);

/* From the host: an entry of a request was committed. */
void request_made(struct platform *platform, const struct host *host,
                  const struct entry *entry, const struct hl_hash *leaf);
/* The outcome of command.result is on the disk; the wait that followed is over;
 * the host died. */
void request_written(struct request *request);
void request_waited(struct request *request, hl_err err, uint32_t keepers,
                    bool sealed);
void request_lost(struct request *request);

/* The city's node was lost: its platform asks again for what it asked last. */
void platform_doubt(struct platform *platform, struct host *host);

/* How often keepers of that city lost what they kept, or were dismissed. */
unsigned platform_losses(const struct world *world, size_t city);
/* Who ever kept it, and is dishonest. */
unsigned platform_liars(const struct world *world, size_t city);
/* A charter ends the journal there: nothing that was promised may lie beyond,
 * unless as many keepers lost it as had promised. */
void platform_cut(struct platform *platform, size_t city, uint64_t size);

/* For records.c and trade.c: a request, how many keepers it is to wait for, and
 * asking it (of `what` and a number, in the trace). */
struct request *platform_make(struct platform *platform, struct host *host,
                              enum request_kind kind, uint32_t keepers);
uint32_t platform_some_keepers(struct platform *platform, struct host *host);
void platform_ask(struct request *request, const char *what, unsigned unit);

struct request *platform_find(struct platform *platform, uint64_t number);
/* In a while, the same once more. */
void platform_ask_later(struct request *request);
/* The same though it was answered. */
void platform_ask_again(struct request *request);

#endif
