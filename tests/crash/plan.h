/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_CRASH_PLAN_H
#define HL_TESTS_CRASH_PLAN_H

/* What a node is asked to write, transaction by transaction: new units, units
 * that change, commands that come again. It follows from a seed, so that
 * whoever looks at what a crash left knows each entry that may be there. And
 * what was acknowledged of it, as far as some point of a run. */

#include "tests/unit/writer/writer_world.h"

enum { PLAN_TXNS_MAX = 1024, PLAN_COMMANDS_MAX = 64 };

struct planned {
    unsigned command; /* its id; one that was before is a repeat */
    unsigned unit;
    unsigned name;  /* of the unit, changes with each edit */
    uint64_t index; /* of the entry that it made, or had made */
};

struct planned_txn {
    struct planned commands[PLAN_COMMANDS_MAX];
    size_t count;
    uint64_t size_after; /* of the journal */
};

struct plan {
    struct planned_txn *txns;
    size_t count;
    struct planned *entries; /* by index */
};

void plan_init(struct plan *plan, uint64_t seed, size_t txns);
void plan_fini(struct plan *plan);

void plan_put(const struct planned *planned, struct put *put);
struct hl_wall plan_time(size_t txn);

/* How many transactions make a journal of that size; false: no number does. */
bool plan_txns_at(const struct plan *plan, uint64_t size, size_t *txns);

/* What is known outside the node at a moment. */
struct facts {
    bool marked;        /* the mark was made */
    size_t begun;       /* transactions that were asked for */
    size_t acked;       /* that were answered */
    bool backed_up;     /* the backup was reported as done */
    size_t backup_from; /* acked when it was begun */
    bool restored;
    bool has_root[PLAN_TXNS_MAX + 1];
    struct hl_hash root[PLAN_TXNS_MAX + 1]; /* that was signed after so many */
};

/* Notes of a run: text that a log keeps. One that is of no kind aborts. */
enum { NOTE_BYTES = 160 };
void facts_read(struct facts *facts, const char *note);
void note_marked(char out[NOTE_BYTES]);
void note_begun(char out[NOTE_BYTES], size_t txns);
void note_acked(char out[NOTE_BYTES], size_t txns, const struct hl_hash *root);
void note_backup(char out[NOTE_BYTES], bool done);
void note_restored(char out[NOTE_BYTES]);

#endif
