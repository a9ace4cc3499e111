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
#include "tests/bench/bench_write_load.h"
#include "tests/bench/bench_write_unit.h"

static const char origin[] = "zy.example/zhengzhou";

/* --- Recording: the linker sends these calls of the libraries here. ------ */

enum op_kind { OP_PUT, OP_DELETE, OP_HASH };

struct op {
    enum op_kind kind;
    enum store_table table;
    size_t key_offset, key_size; /* in bytes */
    size_t value_size;           /* behind the key; or bytes hashed */
};

struct record {
    bool on;
    struct op *ops;
    size_t count, capacity;
    struct writer bytes;
    struct raw_work sum;
};

/* What is called through the linker has no argument to hand it over. */
static struct record record;

static void record_op(struct op op, struct bytes key, struct bytes value)
{
    if (!record.on) {
        return;
    }
    if (record.count == record.capacity) {
        record.capacity = record.capacity * 2 + 1024;
        record.ops =
            hl_realloc(record.ops, record.capacity, sizeof(record.ops[0]));
    }
    op.key_offset = record.bytes.size;
    writer_bytes(&record.bytes, key);
    writer_bytes(&record.bytes, value);
    record.ops[record.count++] = op;
    if (op.kind == OP_HASH) {
        record.sum.hashes++;
        record.sum.hash_bytes += (double)op.value_size;
    } else {
        record.sum.puts++;
        record.sum.put_bytes += (double)(op.key_size + op.value_size);
    }
}

static void record_hash(size_t size)
{
    record_op((struct op){.kind = OP_HASH, .value_size = size},
              (struct bytes){0}, (struct bytes){0});
}

/* Names that the linker gives. */
hl_err __real_store_put(struct store_txn *txn, enum store_table table,
                        struct bytes key, struct bytes value,
                        struct hl_detail *detail);
hl_err __wrap_store_put(struct store_txn *txn, enum store_table table,
                        struct bytes key, struct bytes value,
                        struct hl_detail *detail);
hl_err __real_store_delete(struct store_txn *txn, enum store_table table,
                           struct bytes key, struct hl_detail *detail);
hl_err __wrap_store_delete(struct store_txn *txn, enum store_table table,
                           struct bytes key, struct hl_detail *detail);
struct hl_hash __real_hash_parts(const struct bytes *parts, size_t count);
struct hl_hash __wrap_hash_parts(const struct bytes *parts, size_t count);
struct hl_hash __real_hash_bytes(struct bytes data);
struct hl_hash __wrap_hash_bytes(struct bytes data);
struct hl_hash __real_hash_prefixed(uint8_t prefix, struct bytes data);
struct hl_hash __wrap_hash_prefixed(uint8_t prefix, struct bytes data);
struct hl_hash __real_hash_pair(uint8_t prefix, const struct hl_hash *left,
                                const struct hl_hash *right);
struct hl_hash __wrap_hash_pair(uint8_t prefix, const struct hl_hash *left,
                                const struct hl_hash *right);

hl_err __wrap_store_put(struct store_txn *txn, enum store_table table,
                        struct bytes key, struct bytes value,
                        struct hl_detail *detail)
{
    record_op((struct op){.kind = OP_PUT,
                          .table = table,
                          .key_size = key.size,
                          .value_size = value.size},
              key, value);
    return __real_store_put(txn, table, key, value, detail);
}

hl_err __wrap_store_delete(struct store_txn *txn, enum store_table table,
                           struct bytes key, struct hl_detail *detail)
{
    record_op(
        (struct op){.kind = OP_DELETE, .table = table, .key_size = key.size},
        key, (struct bytes){0});
    return __real_store_delete(txn, table, key, detail);
}

struct hl_hash __wrap_hash_parts(const struct bytes *parts, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        size += parts[i].size;
    }
    record_hash(size);
    return __real_hash_parts(parts, count);
}

struct hl_hash __wrap_hash_bytes(struct bytes data)
{
    record_hash(data.size);
    return __real_hash_bytes(data);
}

struct hl_hash __wrap_hash_prefixed(uint8_t prefix, struct bytes data)
{
    record_hash(1 + data.size);
    return __real_hash_prefixed(prefix, data);
}

struct hl_hash __wrap_hash_pair(uint8_t prefix, const struct hl_hash *left,
                                const struct hl_hash *right)
{
    record_hash(1 + 2 * HL_HASH_BYTES);
    return __real_hash_pair(prefix, left, right);
}

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
    record.on = false;
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
    hl_free(record.ops);
    writer_fini(&record.bytes);
    record = (struct record){0};
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
    record.on = true; /* the request's digest is part of every write */
    id->request = hash_bytes(writer_view(&body));
    record.on = false;
    writer_fini(&body);
}

static double author_side(struct raw *raw, struct put *puts, size_t count)
{
    struct hl_detail detail = {0};
    record.on = true;
    double start = bench_now();
    must(author_begin(raw->author, (struct hl_wall){1800000000000}, &detail),
         &detail);
    for (size_t i = 0; i < count; i++) {
        must(author_run(raw->author, &puts[i].command, &detail), &detail);
        must(puts[i].command.result.err, &puts[i].command.detail);
    }
    must(author_commit(raw->author, &detail), &detail);
    double seconds = bench_now() - start;
    record.on = false;
    return seconds;
}

/* --- The raw side. ------------------------------------------------------- */

static void replay(struct store_txn *txn, const struct op *op)
{
    struct hl_detail detail = {0};
    struct bytes all = writer_view(&record.bytes);
    if (op->kind == OP_HASH) {
        static uint8_t data[HL_ENTRY_MAX_BYTES];
        size_t size =
            op->value_size < sizeof(data) ? op->value_size : sizeof(data);
        struct hl_hash hash = hash_bytes(bytes_of(data, size));
        data[0] ^= hash.bytes[0];
        return;
    }
    struct bytes key = bytes_slice(all, op->key_offset, op->key_size);
    if (op->kind == OP_DELETE) {
        must(store_delete(txn, op->table, key, &detail), &detail);
        return;
    }
    struct bytes value =
        bytes_slice(all, op->key_offset + op->key_size, op->value_size);
    must(store_put(txn, op->table, key, value, &detail), &detail);
}

static double raw_side(struct raw *raw)
{
    struct hl_detail detail = {0};
    struct store_txn *txn = NULL;
    uint8_t signature[SIGNATURE_BYTES];
    double start = bench_now();
    must(store_begin_write(raw->raw_side.store, &txn, &detail), &detail);
    for (size_t i = 0; i < record.count; i++) {
        replay(txn, &record.ops[i]);
    }
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
    record.sum = (struct raw_work){0};
    for (size_t done = 0; done < count;) {
        size_t now = count - done < each ? count - done : each;
        record.count = 0;
        writer_clear(&record.bytes);
        for (size_t i = 0; i < now; i++) {
            put_make(raw, &puts[i]);
        }
        times.author_s += author_side(raw, puts, now);
        times.raw_s += raw_side(raw);
        done += now;
    }
    hl_free(puts);
    double units = (double)count;
    raw->work = (struct raw_work){
        .puts = record.sum.puts / units,
        .put_bytes = record.sum.put_bytes / units,
        .hashes = record.sum.hashes / units,
        .hash_bytes = record.sum.hash_bytes / units,
    };
    return times;
}

struct raw_work raw_work(const struct raw *raw)
{
    return raw->work;
}
