/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bench_record.h"

#include "protocol/base/alloc.h"
#include "protocol/base/hash.h"
#include "protocol/base/hl_limits.h"
#include "protocol/base/writer.h"

/* The linker sends these calls of the libraries here. */

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
    struct record_sum sum;
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

/* --- Carrying it out again. ---------------------------------------------- */

void record_on(bool on)
{
    record.on = on;
}

void record_clear(void)
{
    record.count = 0;
    writer_clear(&record.bytes);
}

void record_clear_sum(void)
{
    record.sum = (struct record_sum){0};
}

struct record_sum record_sum(void)
{
    return record.sum;
}

void record_fini(void)
{
    hl_free(record.ops);
    writer_fini(&record.bytes);
    record = (struct record){0};
}

static void hash_so_much(size_t size)
{
    static uint8_t data[HL_ENTRY_MAX_BYTES];
    size = size < sizeof(data) ? size : sizeof(data);
    struct hl_hash hash = __real_hash_bytes(bytes_of(data, size));
    data[0] ^= hash.bytes[0];
}

static hl_err replay(struct store_txn *txn, const struct op *op,
                     struct hl_detail *detail)
{
    struct bytes all = writer_view(&record.bytes);
    struct bytes key = bytes_slice(all, op->key_offset, op->key_size);
    if (op->kind == OP_DELETE) {
        return __real_store_delete(txn, op->table, key, detail);
    }
    struct bytes value =
        bytes_slice(all, op->key_offset + op->key_size, op->value_size);
    return __real_store_put(txn, op->table, key, value, detail);
}

hl_err record_replay(struct store_txn *txn, bool hashes,
                     struct hl_detail *detail)
{
    for (size_t i = 0; i < record.count; i++) {
        const struct op *op = &record.ops[i];
        hl_err err = HL_OK;
        if (op->kind != OP_HASH) {
            err = replay(txn, op, detail);
        } else if (hashes) {
            hash_so_much(op->value_size);
        }
        if (err != HL_OK) {
            return err;
        }
    }
    return HL_OK;
}
