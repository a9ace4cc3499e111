/* SPDX-License-Identifier: Apache-2.0 */
#include "node/scrub/scrub_memory.h"

#include <string.h>

#include "node/scrub/scrub_job.h"
#include "protocol/base/reader.h"

static void decode(struct bytes raw, struct scrub_memory *out)
{
    struct reader in;
    struct scrub_memory memory = {0};
    reader_init(&in, raw);
    memory.begun = reader_u32(&in);
    memory.left = reader_u64(&in);
    struct bytes why = reader_bytes(&in, reader_left(&in));
    if (!in.failed && why.size < sizeof(memory.why)) {
        memcpy(memory.why, why.data, why.size);
        *out = memory;
    }
}

void scrub_memory_read(struct store *store, struct scrub_memory *out)
{
    struct store_key key = key_meta(STORE_META_SCRUB);
    struct store_txn *txn = NULL;
    struct bytes value = {0};
    *out = (struct scrub_memory){0};
    hl_err err = store_begin_read(store, &txn, NULL);
    if (err == HL_OK) {
        err = store_get(txn, STORE_META, key_view(&key), &value, NULL);
    }
    if (err == HL_OK && value.data != NULL) {
        decode(value, out);
    }
    store_abort(&txn);
}

static hl_err step(struct job *job, struct store_txn *txn, bool *done,
                   struct hl_detail *detail)
{
    struct store_key key = key_meta(STORE_META_SCRUB);
    struct writer value = {0};
    writer_u32(&value, job->memory->begun);
    writer_u64(&value, job->memory->left);
    writer_bytes(&value, bytes_of_text(job->memory->why));
    hl_err err =
        store_put(txn, STORE_META, key_view(&key), writer_view(&value), detail);
    writer_fini(&value);
    *done = true;
    return err;
}

void scrub_memory_write(struct scrub_run *run,
                        const struct scrub_memory *memory)
{
    struct hl_detail why = {0};
    struct job job = {.run = run, .step = step, .memory = memory};
    hl_err err = job_do(&job, &why);
    if (err != HL_OK && err != HL_ESTOPPING) {
        log_failure(run->options->log, LOG_WARN, "scrub.unkept", "store", err,
                    &why);
    }
}
