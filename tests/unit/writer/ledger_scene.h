/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_WRITER_LEDGER_SCENE_H
#define HL_TESTS_UNIT_WRITER_LEDGER_SCENE_H

/* A node that issues vouchers and serves orders, by commands and by itself, and
 * a partner whose entries it hears. */

#include "node/projection/ledger.h"
#include "tests/unit/writer/writer_world.h"

#define OURS "zhengzhou"
#define THEIRS "luoyang"
#define THEIR_ORIGIN "zy.example/" THEIRS

struct scene {
    struct world world; /* first */
    struct hl_wall now;
    bool sealing; /* keepers seal their journal */
    bool unsure;  /* nobody says that the clock is right */
    bool strange; /* no charter here has their node */
    bool ended;   /* by a charter: theirs, at */
    struct head end;
    uint64_t endings;
    struct exposure_limits limits; /* of commands */
    struct signer their_signer;
    struct writer rates;
    uint64_t commands; /* so many were asked */
};

/* At noon in UTC+8 on 2026-07-01. */
void scene_init(struct scene *scene);
void scene_fini(struct scene *scene);
void scene_at(struct scene *scene, const char *time);
void scene_restart(struct scene *scene);

/* --- Transactions. -------------------------------------------------------- */

void scene_begin(struct scene *scene);
/* How many entries the reactors made. */
size_t scene_react(struct scene *scene);
void scene_commit(struct scene *scene);
void scene_abort(struct scene *scene);
/* A transaction in which nothing comes; how many entries the reactors made. */
size_t scene_idle(struct scene *scene);
/* Whether all that is open is to be looked at. */
bool scene_wants(struct scene *scene);

/* --- Commands. ------------------------------------------------------------ */

/* One command about money, as a service makes it. */
struct ask {
    struct write_command command; /* first; .result and .detail answer it */
    struct scene *scene;
    uint32_t body;
    union record_room record;
};

/* A command of an id of its own. The record's texts are borrowed. */
struct ask scene_ask(struct scene *scene, uint32_t body, const void *record);
/* Runs it in the transaction. */
hl_err scene_run(struct scene *scene, struct ask *ask);
/* Asks for it, and reacts, in a transaction of its own: it is allowed. How many
 * entries the reactors made. */
size_t scene_do(struct scene *scene, uint32_t body, const void *record);

/* --- Our journal. --------------------------------------------------------- */

uint64_t scene_size(struct scene *scene);
/* The entry at that place, which borrows `raw`. */
struct entry scene_entry(struct scene *scene, uint64_t index,
                         struct writer *raw);
/* Whether the newest is of that body, and what it cites stands in their journal
 * at that place; -1: it cites nothing. */
void scene_newest_is(struct scene *scene, uint32_t body, int64_t cause);
/* Findings against it. */
uint64_t scene_findings(struct scene *scene);
bool scene_find(struct scene *scene, const struct record_type *type,
                void *record);

/* --- Theirs, in the transaction. ------------------------------------------ */

struct citation scene_hear(struct scene *scene, uint32_t body,
                           const void *record, const struct citation *cause);
/* How it stands. */
struct head scene_theirs(struct scene *scene);
/* Keepers sealed so many entries of it. */
void scene_hear_seal(struct scene *scene, uint64_t size);

/* --- What stories are made of. -------------------------------------------- */

struct bytes scene_id(uint8_t number);
struct order_key scene_key(uint8_t number); /* of an order that began here */
/* Of half of everything, for 30 days and 60 more; its holder is asked for so
 * many days. */
struct scheme scene_scheme(struct scene *scene, uint64_t confirm_days);
struct voucher_issue scene_voucher(uint8_t number, uint64_t amount_fen);
/* Of 1,000 fen of voucher 1, up to 2026-07-10. */
struct order_place scene_place(uint8_t number, const char *provider);
/* The scheme, and voucher 1 of 10,000 fen. */
void scene_issue(struct scene *scene, uint64_t confirm_days);
/* An order at theirs, placed by a command; what cites it. */
struct citation scene_order(struct scene *scene, uint8_t number);
/* At 2,000 fen, done now. */
struct order_deliver scene_delivery(const struct scene *scene, uint8_t number);
/* They accept and deliver it like that. */
void scene_hear_delivery(struct scene *scene, uint8_t number,
                         const struct citation *order);
struct order scene_order_of(struct scene *scene, uint8_t number);

#endif
