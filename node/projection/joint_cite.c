/* SPDX-License-Identifier: Apache-2.0 */
#include "node/ledger/order.h"
#include "node/projection/home_key.h"
#include "node/projection/joint_home.h"
#include "protocol/base/reader.h"
#include "protocol/entry/origin.h"

/* --- Citations ------------------------------------------------------------ */

enum {
    JOINT_CITED = 0x00,
    JOINT_ORDER = 0xfe,
    JOINT_TRANSIT = 0xff,
    JOINT_MEMBER = 1,
};
enum { CITED_PREFIX_BYTES = 1 + HL_HASH_BYTES };

static void key_hash(struct store_key *key, struct bytes text)
{
    struct hl_hash hash = hash_bytes(text);
    key_bytes(key, bytes_of(hash.bytes, HL_HASH_BYTES));
}

static struct store_key cited_prefix(struct bytes origin)
{
    struct store_key key = {0};
    key_u8(&key, JOINT_CITED);
    key_hash(&key, origin);
    return key;
}

/* Ends as a member's does. */
static struct store_key cited_key(uint32_t number, const struct citation *cause,
                                  struct bytes name)
{
    struct store_key key = cited_prefix(cause->origin);
    key_u64(&key, cause->index);
    key_bytes(&key, name);
    key_u8(&key, JOINT_MEMBER);
    key_u32(&key, number);
    return key;
}

hl_err joint_cite(const struct tables *tables, uint32_t number,
                  const struct citation *cause, struct bytes name,
                  struct hl_detail *detail)
{
    struct store_key key = cited_key(number, cause, name);
    return tables_put(tables, STORE_JOINT, &key, (struct bytes){0}, detail);
}

hl_err joint_uncite(const struct tables *tables, uint32_t number,
                    const struct citation *cause, struct bytes name,
                    struct hl_detail *detail)
{
    struct store_key key = cited_key(number, cause, name);
    return tables_delete(tables, STORE_JOINT, &key, detail);
}

static bool read_cited(struct bytes key, uint64_t *index, struct bytes *name)
{
    struct reader reader;
    size_t tail = sizeof(uint8_t) + sizeof(uint32_t);
    reader_init(&reader, key);
    reader_bytes(&reader, CITED_PREFIX_BYTES);
    *index = reader_u64(&reader);
    size_t left = reader_left(&reader);
    if (reader.failed || left <= tail) {
        return false;
    }
    *name = reader_bytes(&reader, left - tail);
    return true;
}

hl_err joint_cited(const struct tables *tables, struct bytes origin,
                   uint64_t from, uint64_t to, struct writer *names,
                   struct hl_detail *detail)
{
    if (from >= to) {
        return HL_OK;
    }
    struct store_key prefix = cited_prefix(origin);
    struct store_key first = prefix;
    key_u64(&first, from);
    struct store_cursor *cursor = NULL;
    struct store_row row = {0};
    hl_err err = tables_cursor(tables, STORE_JOINT, &cursor, detail);
    if (err == HL_OK) {
        err = store_seek(cursor, key_view(&first), &row, detail);
    }
    while (err == HL_OK && row.key.data != NULL &&
           bytes_begin_with(row.key, key_view(&prefix))) {
        uint64_t index = 0;
        struct bytes name = {0};
        if (!read_cited(row.key, &index, &name) || index >= to) {
            break;
        }
        writer_u16(names, (uint16_t)name.size);
        writer_bytes(names, name);
        err = store_next(cursor, &row, detail);
    }
    store_cursor_close(&cursor);
    return err;
}

hl_err home_drop_row(struct projection *projection, uint32_t number,
                     struct bytes name, struct hl_detail *detail)
{
    struct writer record = {0};
    struct store_key at = {0};
    struct row row;
    bool found = false;
    hl_err err = HL_OK;
    if (!home_name_of_row(name, &record)) {
        goto out;
    }
    frame_joint_changed(projection, writer_view(&record));
    if (name.data[0] != home_answer_record.number) {
        goto out;
    }
    key_u32(&at, number);
    key_bytes(&at, name);
    err = row_get(&projection->tables, &at, number, &row, &found, detail);
    if (err == HL_OK && found) {
        struct home_answer_row answer;
        record_decode(&home_answer_record, row.record, &answer);
        struct citation cause = {
            answer.cause_origin, answer.cause_index, {{0}}};
        err = joint_uncite(&projection->tables, number, &cause,
                           writer_view(&record), detail);
    } else if (err == HL_EDAMAGED) {
        err = HL_OK; /* what it cited is not known any more */
    }
out:
    writer_fini(&record);
    return err;
}

/* --- Under way ------------------------------------------------------------ */

static struct bytes alliance_of(struct bytes origin)
{
    return bytes_slice(origin, 0, origin.size - origin_node(origin).size);
}

struct store_key joint_transit_key(const struct record_home *home,
                                   struct bytes name)
{
    struct writer to = {0};
    struct store_key key = {0};
    struct bytes owner = bytes_of_text(home->owner);
    writer_bytes(&to, alliance_of(owner));
    writer_text(&to, home->moving_to);
    key_u8(&key,
           name.data[0] == order_record.number ? JOINT_ORDER : JOINT_TRANSIT);
    key_hash(&key, writer_view(&to));
    key_hash(&key, owner);
    key_bytes(&key, name);
    writer_fini(&to);
    return key;
}

enum {
    TRANSIT_OWNER_AT = 1 + HL_HASH_BYTES,
    TRANSIT_NAME_AT = TRANSIT_OWNER_AT + HL_HASH_BYTES,
};

static bool is_owners(struct bytes key, struct bytes owner)
{
    if (owner.size == 0) {
        return true;
    }
    struct hl_hash hash = hash_bytes(owner);
    return bytes_equal(bytes_slice(key, TRANSIT_OWNER_AT, HL_HASH_BYTES),
                       bytes_of(hash.bytes, HL_HASH_BYTES));
}

/* From an item of another owner to where this one's next may follow: others may
 * have any number of them. */
static void skip_others(struct writer *position, struct bytes owner)
{
    struct hl_hash hash = hash_bytes(owner);
    struct bytes ours = bytes_of(hash.bytes, HL_HASH_BYTES);
    struct bytes key = writer_view(position);
    struct store_key next = {0};
    bool before =
        bytes_compare(bytes_slice(key, TRANSIT_OWNER_AT, HL_HASH_BYTES), ours) <
        0;
    key_bytes(&next, bytes_slice(key, 0, TRANSIT_OWNER_AT));
    if (before) {
        key_bytes(&next, ours);
    }
    while (!before && next.size < sizeof(next.data)) {
        key_u8(&next, 0xff);
    }
    writer_clear(position);
    writer_bytes(position, key_view(&next));
}

/* The next one, whoever's. */
static hl_err next_transit(const struct tables *tables,
                           const struct store_key *prefix,
                           struct writer *position, struct bytes *key,
                           struct hl_detail *detail)
{
    struct store_row row;
    hl_err err = tables_next(tables, STORE_JOINT, key_view(prefix),
                             position->size > 0 ? writer_view(position)
                                                : key_view(prefix),
                             &row, detail);
    if (err != HL_OK) {
        return err;
    }
    *key = row.key;
    if (row.key.data != NULL && row.key.size <= TRANSIT_NAME_AT) {
        *key = (struct bytes){0};
    }
    if (key->data != NULL) {
        writer_clear(position);
        writer_bytes(position, *key);
    }
    return HL_OK;
}

hl_err projection_next_transit(struct store_txn *txn,
                               const struct transit_query *query,
                               struct writer *position, struct writer *name,
                               bool *found, struct hl_detail *detail)
{
    struct tables tables;
    struct store_key prefix = {0};
    struct bytes key = {0};
    key_u8(&prefix, query->orders ? JOINT_ORDER : JOINT_TRANSIT);
    if (query->to.size > 0) {
        key_hash(&prefix, query->to);
        if (query->owner.size > 0) {
            key_hash(&prefix, query->owner);
        }
    }
    hl_err err = tables_living(txn, &tables, detail);
    if (err != HL_OK) {
        return err;
    }
    err = next_transit(&tables, &prefix, position, &key, detail);
    while (err == HL_OK && key.data != NULL && !is_owners(key, query->owner)) {
        skip_others(position, query->owner);
        err = next_transit(&tables, &prefix, position, &key, detail);
    }
    *found = err == HL_OK && key.data != NULL;
    if (*found) {
        writer_clear(name);
        writer_bytes(name, bytes_slice(key, TRANSIT_NAME_AT,
                                       key.size - TRANSIT_NAME_AT));
    }
    return err;
}
