/* SPDX-License-Identifier: Apache-2.0 */
/* In place of the engine's: keeps copies. */
#include <stdio.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "tests/unit/sync/sync_world.h"

struct loaded loaded;

static struct bytes copy(struct bytes raw)
{
    return bytes_of(hl_copy(raw.data, raw.size), raw.size);
}

static void release(struct bytes *raw)
{
    hl_free((void *)(uintptr_t)raw->data);
    *raw = (struct bytes){0};
}

hl_err engine_load_charter(struct engine *engine, struct bytes raw,
                           struct hl_detail *detail)
{
    (void)engine, (void)detail;
    loaded.charters[loaded.charter_count++] = copy(raw);
    return HL_OK;
}

hl_err engine_load_evidence(struct engine *engine, struct bytes raw,
                            struct hl_detail *detail)
{
    (void)engine, (void)detail;
    loaded.evidence[loaded.evidence_count++] = copy(raw);
    return HL_OK;
}

void engine_load_journal(struct engine *engine,
                         const struct engine_journal *journal)
{
    (void)engine;
    size_t i = loaded.journal_count++;
    struct engine_journal *kept = &loaded.journals[i];
    *kept = *journal;
    snprintf(loaded.origins[i], sizeof(loaded.origins[i]), "%.*s",
             BYTES_ARGS(journal->origin));
    for (size_t k = 0; k < ENGINE_NOTE_COUNT; k++) {
        kept->notes[k] = copy(journal->notes[k]);
    }
}

void loaded_fini(void)
{
    for (size_t i = 0; i < 8; i++) {
        release(&loaded.charters[i]);
        release(&loaded.evidence[i]);
        for (size_t k = 0; k < ENGINE_NOTE_COUNT; k++) {
            release(&loaded.journals[i].notes[k]);
        }
    }
    loaded = (struct loaded){0};
}

void sync_load(struct world *world)
{
    struct store_txn *txn = NULL;
    loaded_fini();
    assert_ok(store_begin_read(world->store, &txn, NULL));
    assert_ok(sync_store_load(txn, NULL, NULL));
    store_abort(&txn);
}

const struct engine_journal *loaded_journal(const char *origin)
{
    for (size_t i = 0; i < loaded.journal_count; i++) {
        if (strcmp(loaded.origins[i], origin) == 0) {
            return &loaded.journals[i];
        }
    }
    fail_msg("%s was not loaded", origin);
    return NULL;
}
