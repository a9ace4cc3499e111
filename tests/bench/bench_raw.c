/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bench_raw.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "certs/tools/mark_file.h"
#include "node/writer/author.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hash.h"
#include "protocol/base/hl_assert.h"
#include "tests/bench/bench_load.h"

static const struct hl_wall now = {1800000000000};

/* --- The two sides. ------------------------------------------------------ */

struct side {
    struct store *store;
    struct mark_file mark;
};

struct raw {
    struct signer signer;
    struct side author_side, raw_side;
    struct author *author;
};

static void must(hl_err err, const struct hl_detail *detail)
{
    if (err != HL_OK) {
        fprintf(stderr, "bench: raw: %s: %s\n", hl_err_name(err), detail->text);
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

struct raw *raw_open(const char *folder)
{
    static const uint8_t seed[32] = {7};
    struct raw *raw = hl_alloc(1, sizeof(*raw));
    struct hl_detail detail = {0};
    must(signer_ed25519(bytes_of_text(RAW_ORIGIN), VKEY_ED25519, seed,
                        &raw->signer),
         &detail);
    open_side(raw, &raw->author_side, folder, "author");
    open_side(raw, &raw->raw_side, folder, "raw");
    struct author_options options = {
        .store = raw->author_side.store,
        .origin = RAW_ORIGIN,
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

void raw_identify(struct write_command *command,
                  const uint8_t id[HL_COMMAND_ID_BYTES], struct bytes asked)
{
    memcpy(command->id.id, id, sizeof(command->id.id));
    command->id.caller = hash_bytes(bytes_of_text("caller"));
    record_on(true);
    command->id.request = hash_bytes(asked);
    record_on(false);
}

static double cpu_now(void)
{
    struct timespec now_cpu;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now_cpu);
    return (double)now_cpu.tv_sec + (double)now_cpu.tv_nsec / 1e9;
}

static void author_side(struct raw *raw, struct write_command *commands,
                        struct raw_times *times)
{
    struct hl_detail detail = {0};
    struct write_command *command = commands;
    record_on(true);
    double start = bench_now(), start_cpu = cpu_now();
    must(author_begin(raw->author, now, &detail), &detail);
    for (; command != NULL; command = command->next) {
        must(author_run(raw->author, command, &detail), &detail);
        must(command->result.err, &command->detail);
    }
    must(author_react(raw->author, &detail), &detail);
    must(author_commit(raw->author, &detail), &detail);
    times->author_s += bench_now() - start;
    times->author_cpu_s += cpu_now() - start_cpu;
    record_on(false);
}

/* --- The raw side. ------------------------------------------------------- */

static void raw_side(struct raw *raw, struct raw_times *times)
{
    struct hl_detail detail = {0};
    struct store_txn *txn = NULL;
    uint8_t signature[SIGNATURE_BYTES];
    double start = bench_now(), start_cpu = cpu_now();
    must(store_begin_write(raw->raw_side.store, &txn, &detail), &detail);
    must(record_replay(txn, true, &detail), &detail);
    must(signer_sign(&raw->signer, author_checkpoint(raw->author), signature),
         &detail);
    must(store_commit(&txn, &detail), &detail);
    struct head head = author_head(raw->author);
    must(mark_file_write(&raw->raw_side.mark, &head, &detail), &detail);
    times->raw_s += bench_now() - start;
    times->raw_cpu_s += cpu_now() - start_cpu;
}

void raw_commit(struct raw *raw, struct write_command *commands,
                struct raw_times *times)
{
    author_side(raw, commands, times);
    raw_side(raw, times);
    record_clear();
}

struct record_sum raw_work(size_t commands)
{
    struct record_sum sum = record_sum();
    double count = (double)commands;
    return (struct record_sum){
        .puts = sum.puts / count,
        .put_bytes = sum.put_bytes / count,
        .hashes = sum.hashes / count,
        .hash_bytes = sum.hash_bytes / count,
    };
}
