/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/crash/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "tests/support/support.h"

static struct planned next_command(struct rng *rng, const struct plan *plan,
                                   uint64_t size, unsigned *units)
{
    uint64_t kind = rng_below(rng, 10);
    struct planned made = {.command = (unsigned)size, .index = size};
    if (size > 0 && kind < 2) {
        return plan->entries[rng_below(rng, size)];
    }
    if (size > 0 && kind < 5) {
        made.unit = (unsigned)rng_below(rng, *units);
    } else {
        made.unit = (*units)++;
    }
    made.name = (unsigned)size;
    return made;
}

/* Most transactions are small, as with few callers; some are not. */
static size_t commands_of_txn(struct rng *rng)
{
    return rng_below(rng, 8) == 0 ? PLAN_COMMANDS_MAX / 2
                                  : 1 + rng_below(rng, 6);
}

void plan_init(struct plan *plan, uint64_t seed, size_t txns)
{
    struct rng rng;
    unsigned units = 0;
    uint64_t size = 0;
    rng_init(&rng, seed);
    *plan = (struct plan){.txns = hl_alloc(txns, sizeof(plan->txns[0])),
                          .count = txns};
    plan->entries =
        hl_alloc(txns * PLAN_COMMANDS_MAX, sizeof(plan->entries[0]));
    for (size_t i = 0; i < txns; i++) {
        struct planned_txn *txn = &plan->txns[i];
        size_t wanted = commands_of_txn(&rng);
        uint64_t before = size;
        while (txn->count < wanted || size == before) {
            struct planned made = next_command(&rng, plan, size, &units);
            txn->commands[txn->count++] = made;
            if (made.index == size) {
                plan->entries[size++] = made;
            }
        }
        txn->size_after = size;
    }
}

void plan_fini(struct plan *plan)
{
    hl_free(plan->txns);
    hl_free(plan->entries);
}

void plan_put(const struct planned *planned, struct put *put)
{
    char name[32];
    snprintf(name, sizeof(name), "unit %u as of %u", planned->unit,
             planned->name);
    put_init(put, planned->unit, name);
    memcpy(put->command.id.id, &planned->command, sizeof(planned->command));
}

struct hl_wall plan_time(size_t txn)
{
    return (struct hl_wall){.ms = 1795262400000 + (int64_t)txn * 1000};
}

bool plan_txns_at(const struct plan *plan, uint64_t size, size_t *txns)
{
    for (size_t i = 0; i <= plan->count; i++) {
        if ((i == 0 ? 0 : plan->txns[i - 1].size_after) == size) {
            *txns = i;
            return true;
        }
    }
    return false;
}

/* --- Notes. -------------------------------------------------------------- */

void note_marked(char out[NOTE_BYTES])
{
    snprintf(out, NOTE_BYTES, "marked");
}

void note_begun(char out[NOTE_BYTES], size_t txns)
{
    snprintf(out, NOTE_BYTES, "begun %zu", txns);
}

void note_acked(char out[NOTE_BYTES], size_t txns, const struct hl_hash *root)
{
    struct writer hex = {0};
    test_hex(bytes_of(root->bytes, sizeof(root->bytes)), &hex);
    snprintf(out, NOTE_BYTES, "acked %zu %.*s", txns,
             BYTES_ARGS(writer_view(&hex)));
    writer_fini(&hex);
}

void note_backup(char out[NOTE_BYTES], bool done)
{
    snprintf(out, NOTE_BYTES, done ? "backup done" : "backup begun");
}

void note_restored(char out[NOTE_BYTES])
{
    snprintf(out, NOTE_BYTES, "restored");
}

void facts_read(struct facts *facts, const char *note)
{
    size_t txns = 0;
    char hex[2 * HL_HASH_BYTES + 1];
    if (strcmp(note, "marked") == 0) {
        facts->marked = true;
    } else if (sscanf(note, "begun %zu", &txns) == 1) {
        facts->begun = txns > facts->begun ? txns : facts->begun;
    } else if (sscanf(note, "acked %zu %64s", &txns, hex) == 2) {
        facts->acked = txns;
        facts->has_root[txns] = true;
        test_unhex(hex, facts->root[txns].bytes, HL_HASH_BYTES);
    } else if (strcmp(note, "backup begun") == 0) {
        facts->backup_from = facts->acked;
    } else if (strcmp(note, "backup done") == 0) {
        facts->backed_up = true;
    } else if (strcmp(note, "restored") == 0) {
        facts->restored = true;
    } else {
        fprintf(stderr, "no such note: %s\n", note);
        abort();
    }
}
