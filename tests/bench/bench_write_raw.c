/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bench_write_raw.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/tools/mark_file.h"
#include "node/catalogue/unit.h"
#include "node/writer/author.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hash.h"
#include "protocol/base/hl_assert.h"
#include "tests/bench/bench_record.h"
#include "tests/bench/bench_write_load.h"
#include "tests/bench/bench_write_unit.h"

static const char origin[] = "zy.example/zhengzhou";

/* --- The two sides. ------------------------------------------------------ */

struct side {
    struct store *store;
    struct mark_file mark;
};

struct raw {
    uint32_t run;
    uint64_t next;
    struct signer signer;
    struct side author_side, raw_side;
    struct author *author;
    struct raw_work work;
};

static void must(hl_err err, const struct hl_detail *detail)
{
    if (err != HL_OK) {
        fprintf(stderr, "bench_write: raw: %s: %s\n", hl_err_name(err),
                detail->text);
        exit(1);
    }
}

static void open_mark(struct raw *raw, struct side *side, const char *path)
{
    struct hl_detail detail = {0};
    struct mark mark = {.key = raw->signer.vkey, .head = head_empty()};
    struct writer text = {0};
    mark_file_text(&mark, &text);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    HL_ASSERT(fd >= 0);
    ssize_t written = write(fd, text.data, text.size);
    HL_ASSERT(written == (ssize_t)text.size);
    close(fd);
    writer_fini(&text);
    must(mark_file_open(path, &side->mark, &detail), &detail);
}

/* As the daemon opens its own by default. */
static void open_side(struct raw *raw, struct side *side, const char *folder,
                      const char *name)
{
    char path[512];
    struct hl_detail detail = {0};
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    int failed = mkdir(path, 0700);
    HL_ASSERT(failed == 0);
    struct store_options options = {
        .folder = path,
        .map_bytes = 1ull << 40,
        .max_bytes = 64ull << 30,
        .reserve_bytes = 64ull << 20,
        .readers_max = 512,
    };
    must(store_open(&options, &side->store, &detail), &detail);
    snprintf(path, sizeof(path), "%s/%s.mark", folder, name);
    open_mark(raw, side, path);
}

static hl_err keep_mark(void *context, const struct head *head,
                        struct hl_detail *detail)
{
    struct raw *raw = context;
    record_on(false);
    return mark_file_write(&raw->author_side.mark, head, detail);
}

struct raw *raw_open(const char *folder, uint32_t run)
{
    static const uint8_t seed[32] = {7};
    struct raw *raw = hl_alloc(1, sizeof(*raw));
    struct hl_detail detail = {0};
    raw->run = run;
    must(
        signer_ed25519(bytes_of_text(origin), VKEY_ED25519, seed, &raw->signer),
        &detail);
    open_side(raw, &raw->author_side, folder, "author");
    open_side(raw, &raw->raw_side, folder, "raw");
    struct author_options options = {
        .store = raw->author_side.store,
        .origin = origin,
        .signers = &raw->signer,
        .signer_count = 1,
        .mark = &raw->author_side.mark.mark,
        .keeper = {.context = raw, .write = keep_mark},
    };
    hl_err refusal = HL_OK;
    must(author_create(&options, &raw->author, &refusal, &detail, &detail),
         &detail);
    must(refusal, &detail);
    return raw;
}

void raw_close(struct raw **raw)
{
    author_destroy(&(*raw)->author);
    store_close(&(*raw)->author_side.store);
    store_close(&(*raw)->raw_side.store);
    mark_file_close(&(*raw)->author_side.mark);
    mark_file_close(&(*raw)->raw_side.mark);
    signer_fini(&(*raw)->signer);
    record_fini();
    hl_free(*raw);
    *raw = NULL;
}

/* --- The author's side. -------------------------------------------------- */

struct put {
    struct write_command command; /* first */
    struct bench_unit source;
    struct unit unit;
};

static hl_err run_put(struct write_command *command,
                      struct write_context *context, struct hl_detail *detail)
{
    struct put *put = (struct put *)command;
    (void)detail;
    context->body_type = entry_body_type(UNIT_BODY_PUT, false);
    record_encode(&unit_record, &put->unit, context->body);
    return HL_OK;
}

static const struct write_type put_type = {.name = "put", .run = run_put};

static void put_make(struct raw *raw, struct put *put)
{
    *put = (struct put){.command = {.type = &put_type}};
    bench_unit_make(raw->run, raw->next++, &put->source);
    put->unit = (struct unit){
        .scheme = bytes_of_text(BENCH_UNIT_SCHEME),
        .id = bytes_of_text(put->source.id),
        .name_zh = bytes_of_text(put->source.name_zh),
        .name_en = bytes_of_text(put->source.name_en),
        .kind = BENCH_UNIT_KIND,
        .division = bytes_of_text(BENCH_UNIT_DIVISION),
        .division_revision = BENCH_UNIT_DIVISION_REVISION,
    };
    struct command *id = &put->command.id;
    memcpy(id->id, put->source.command, sizeof(id->id));
    id->caller = hash_bytes(bytes_of_text("caller"));
    struct writer body = {0};
    record_encode(&unit_record, &put->unit, &body);
    record_on(true); /* the request's digest is part of every write */
    id->request = hash_bytes(writer_view(&body));
    record_on(false);
    writer_fini(&body);
}

static double author_side(struct raw *raw, struct put *puts, size_t count)
{
    struct hl_detail detail = {0};
    record_on(true);
    double start = bench_now();
    must(author_begin(raw->author, (struct hl_wall){1800000000000}, &detail),
         &detail);
    for (size_t i = 0; i < count; i++) {
        must(author_run(raw->author, &puts[i].command, &detail), &detail);
        must(puts[i].command.result.err, &puts[i].command.detail);
    }
    must(author_commit(raw->author, &detail), &detail);
    double seconds = bench_now() - start;
    record_on(false);
    return seconds;
}

/* --- The raw side. ------------------------------------------------------- */

static double raw_side(struct raw *raw)
{
    struct hl_detail detail = {0};
    struct store_txn *txn = NULL;
    uint8_t signature[SIGNATURE_BYTES];
    double start = bench_now();
    must(store_begin_write(raw->raw_side.store, &txn, &detail), &detail);
    must(record_replay(txn, true, &detail), &detail);
    must(signer_sign(&raw->signer, author_checkpoint(raw->author), signature),
         &detail);
    must(store_commit(&txn, &detail), &detail);
    struct head head = author_head(raw->author);
    must(mark_file_write(&raw->raw_side.mark, &head, &detail), &detail);
    return bench_now() - start;
}

struct raw_times raw_write(struct raw *raw, size_t count, size_t each)
{
    struct raw_times times = {0};
    struct put *puts = hl_alloc(each, sizeof(puts[0]));
    record_clear_sum();
    for (size_t done = 0; done < count;) {
        size_t now = count - done < each ? count - done : each;
        record_clear();
        for (size_t i = 0; i < now; i++) {
            put_make(raw, &puts[i]);
        }
        times.author_s += author_side(raw, puts, now);
        times.raw_s += raw_side(raw);
        done += now;
    }
    hl_free(puts);
    double units = (double)count;
    struct record_sum sum = record_sum();
    raw->work = (struct raw_work){
        .puts = sum.puts / units,
        .put_bytes = sum.put_bytes / units,
        .hashes = sum.hashes / units,
        .hash_bytes = sum.hash_bytes / units,
    };
    return times;
}

struct raw_work raw_work(const struct raw *raw)
{
    return raw->work;
}
