/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_PROJECTION_ORDER_WORLD_H
#define HL_TESTS_UNIT_PROJECTION_ORDER_WORLD_H

/* Vouchers and orders as tests tell them: journals of one alliance, known by
 * their nodes, at a time that the test sets. Entries are known by their place.
 * The books of a journal are checked after each of its entries. */

#include "node/projection/ledger.h"
#include "tests/unit/projection/world.h"

#define ORDER_ALLIANCE "zhongyuan.example/"

struct order_world {
    struct world world; /* first */
    struct hl_wall now;
    bool unchecked;                /* books are not */
    struct exposure_limits limits; /* of what is decided */
    const char *absent; /* the node that no charter has; NULL: every one has */
    struct writer rates, room;
    union record_room filled; /* what was decided last */
};

/* Begins a transaction, on 2026-07-01 at noon in UTC+8. */
void order_world_init(struct order_world *world);
void order_world_fini(struct order_world *world);
/* "2026-07-31T16:00:00Z" */
void order_world_at(struct order_world *world, const char *time);

/* The node's journal. Dies with the next call but three. */
const char *order_origin(const char *node);
uint32_t order_number(struct order_world *world, const char *node);

/* --- Requests, to be changed before they are told. ------------------------ */

/* 16 bytes: 15 of 00, and that one. */
struct bytes order_id(uint8_t number);
struct order_key order_key(const char *begun_at, uint8_t number);

/* 1,000,000 fen; pays half of everything (or that rate), at any provider; a
 * voucher is used for 30 days and claimed for 60 more. Its rates live until the
 * next such call. */
struct scheme order_scheme(struct order_world *world, const char *id,
                           uint64_t version);
struct scheme order_scheme_at(struct order_world *world, const char *id,
                              uint64_t version, uint64_t rate_bp);
/* Of scheme "a", version 1; its holder has the voucher's id. */
struct voucher_issue order_voucher(uint8_t number, uint64_t amount_fen);
/* Of price 2 * hold_fen, up to 2026-08-31. */
struct order_place order_place_of(const char *issuer, uint8_t number,
                                  uint8_t voucher, const char *provider,
                                  uint64_t hold_fen);
/* The same at the provider's desk, asked of that issuer. What grants it is an
 * order_place_of() that begins, and is served, at the provider. */
struct order_request order_request_of(const char *provider, uint8_t number,
                                      uint8_t voucher, const char *issuer,
                                      uint64_t hold_fen);
/* At that price, a moment after 1970 began. */
struct order_deliver order_delivery(const char *issuer, uint8_t number,
                                    uint64_t price_fen);

/* --- Entries. ------------------------------------------------------------- */

struct said {
    char node[64];
    uint64_t index;
    struct hl_hash leaf;
    bool counts; /* it has an effect */
};

/* Appends it to the node's journal as it is, whatever it is: also a body that
 * is not about money. */
struct said order_say(struct order_world *world, const char *node,
                      uint32_t body, const void *record,
                      const struct said *cause);

/* What the node's ledger says to it; fills in a copy, which dies with the next
 * call. *cite is what it is to cite, if anything; `cause` is what a reactor
 * gives. */
hl_err order_decide(struct order_world *world, const char *node, uint32_t body,
                    const void *record, const struct said *cause,
                    struct ledger_cause *cite, struct hl_detail *detail);

/* Decides and says it, as the ledger fills it in: it is allowed, and has an
 * effect. */
struct said order_do(struct order_world *world, const char *node, uint32_t body,
                     const void *record, const struct said *cause);

/* The ledger refuses it with that word. */
void order_refused(struct order_world *world, const char *node, uint32_t body,
                   const void *record, const struct said *cause,
                   const char *word);
/* It stands in the journal all the same, and has no effect, for that reason. */
void order_ignored(struct order_world *world, const char *node, uint32_t body,
                   const void *record, const struct said *cause,
                   const char *word);

/* --- Rows and findings. --------------------------------------------------- */

/* Whether that half has it; fills in the rest, which dies with the next entry.
 */
bool order_find(struct order_world *world, const char *node,
                const struct record_type *type, void *record);
struct order order_of(struct order_world *world, const char *node,
                      const char *begun_at, uint8_t number);
struct voucher order_voucher_of(struct order_world *world, const char *node,
                                uint8_t number);
int64_t order_balance(struct order_world *world, const char *node,
                      enum ledger_account code, const char *partner);
/* How much of the year is used of scheme "a". */
uint64_t order_used(struct order_world *world, const char *node, uint64_t year,
                    uint64_t whose, uint8_t token);

/* How many findings of that kind stand against the node. Settles. */
unsigned order_findings(struct order_world *world, const char *node,
                        const char *kind);
#endif
