/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_PROJECTION_WORLD_H
#define HL_TESTS_UNIT_PROJECTION_WORLD_H

/* A store in a folder of its own with journals in it, and the entries that
 * tests append. Also for benches and fuzzing. */

#include "node/projection/frame.h"
#include "node/projection/projection.h"
#include "node/projection/rebuild.h"
#include "protocol/base/writer.h"
#include "protocol/entry/entry.h"

struct world {
    char folder[64];
    struct store *store;
    struct store_txn *txn; /* NULL between transactions */
    struct projection *projection;
    const char *own; /* this node's origin; NULL: none of them */
};

void world_init(struct world *world);
/* One whose transactions have so much room. */
void world_init_narrow(struct world *world, uint64_t reserve_bytes);
void world_fini(struct world *world);

/* A projection over other bodies, from here on. */
void world_know(struct world *world, const struct body_table *bodies);

void world_begin(struct world *world);
void world_settle(struct world *world);
void world_commit(struct world *world); /* settles */

/* Appends to the journal and applies, in the transaction that is open. */
void world_append(struct world *world, const char *origin, struct bytes raw);
/* Appends alone. */
void world_append_unapplied(struct world *world, const char *origin,
                            struct bytes raw);

/* Entries as their authors make them: at the journal's end, dated with the
 * index in seconds. */
void world_append_body(struct world *world, const char *origin,
                       uint32_t body_type, struct bytes body);
/* Unit number `unit` of a thousand, with that name. */
void world_put_unit(struct world *world, const char *origin, unsigned unit,
                    const char *name);
void world_retire_unit(struct world *world, const char *origin, unsigned unit);

void world_unit_id(unsigned unit, char id[33]);
struct writer world_unit_key(unsigned unit);
uint64_t world_size(struct world *world, const char *origin);
uint32_t world_number(struct world *world, const char *origin);
struct half world_half(struct world *world, const char *origin);
bool world_row(struct world *world, const char *origin, unsigned unit,
               struct row *row);
uint64_t world_findings(struct world *world, const char *origin);
/* The whole dump, a LF behind each line. */
struct writer world_dump(struct world *world);

#endif
