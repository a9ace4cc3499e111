/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/projection.h"

#include "node/projection/effect.h"
#include "node/projection/row.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/reader.h"

/* --- Commands ----------------------------------------------------------- */

static struct store_key command_key(const struct command *command)
{
    struct store_key key = {0};
    key_bytes(&key, bytes_of(command->caller.bytes, HL_HASH_BYTES));
    key_bytes(&key, bytes_of(command->id, HL_COMMAND_ID_BYTES));
    return key;
}

/* Also where the body turns out to have no effect: the entry stands in our own
 * journal, so the caller was or will be told its index, and a retry must be
 * told the same and append nothing. The first entry of an id keeps it. */
static hl_err remember_command(struct effect *effect, struct hl_detail *detail)
{
    if (!effect->half->own || !effect->entry->has_command) {
        return HL_OK;
    }
    const struct tables *tables = &effect->projection->tables;
    struct store_key key = command_key(&effect->entry->command);
    struct bytes former;
    hl_err err = tables_get(tables, STORE_COMMANDS, &key, &former, detail);
    if (err != HL_OK || former.data != NULL) {
        return err;
    }
    struct store_key index = {0};
    key_u64(&index, effect->index);
    return tables_put(tables, STORE_COMMANDS, &key, key_view(&index), detail);
}

hl_err projection_command(struct store_txn *txn, const struct command *command,
                          uint64_t *index, bool *found,
                          struct hl_detail *detail)
{
    struct tables tables;
    hl_err err = tables_living(txn, &tables, detail);
    if (err != HL_OK) {
        return err;
    }
    struct store_key key = command_key(command);
    struct bytes value;
    err = tables_get(&tables, STORE_COMMANDS, &key, &value, detail);
    if (err != HL_OK) {
        return err;
    }
    if (value.data == NULL) {
        *found = false;
        return HL_OK;
    }
    struct reader reader;
    reader_init(&reader, value);
    uint64_t read = reader_u64(&reader);
    if (reader_finish(&reader) != HL_OK) {
        return hl_fail(detail, HL_EDAMAGED,
                       "a remembered command cannot be read: heluo rebuild "
                       "makes it anew");
    }
    *found = true;
    *index = read;
    return HL_OK;
}

/* --- One entry ---------------------------------------------------------- */

static void refuse(struct effect *effect, enum refusal refusal,
                   const struct hl_detail *why)
{
    effect->refusal = refusal;
    if (why != NULL) {
        effect->why = *why;
    }
}

/* An unknown field of a body: critical, we pause; else it is not there. */
static bool body_is_readable(struct effect *effect)
{
    const struct body_type *body = effect->body;
    struct canonical_unknown unknown;
    struct hl_detail why = {0};
    hl_err err = canonical_check(effect->entry->body, body->type->schema,
                                 &unknown, &why);
    if (err != HL_OK) {
        refuse(effect, REFUSAL_BODY, &why);
        return false;
    }
    if (unknown.present && body->critical) {
        effect->pause = true;
        return false;
    }
    return true;
}

static hl_err apply_body(struct effect *effect, struct hl_detail *detail)
{
    uint32_t type = effect->entry->body_type;
    effect->body =
        bodies_find(effect->projection->bodies, entry_body_number(type));
    if (effect->body == NULL) {
        effect->pause = entry_body_critical(type);
        return HL_OK;
    }
    if (entry_body_critical(type) != effect->body->critical) {
        refuse(effect, REFUSAL_CRITICAL, NULL);
        return HL_OK;
    }
    if (!body_is_readable(effect)) {
        return HL_OK;
    }
    union record_room record;
    HL_ASSERT(effect->body->type->size <= sizeof(record));
    record_decode(effect->body->type, effect->entry->body, &record);
    struct hl_detail why = {0};
    if (record_validate(effect->body->type, &record, &why) != HL_OK) {
        refuse(effect, REFUSAL_RECORD, &why);
        return HL_OK;
    }
    return effect->body->apply(effect, &record, detail);
}

static enum refusal judge_frame(const struct effect *effect)
{
    const struct half_state *state = &effect->half->state;
    if (!bytes_equal(effect->entry->origin, state->origin)) {
        return REFUSAL_ORIGIN;
    }
    if (effect->entry->index != effect->index) {
        return REFUSAL_INDEX;
    }
    if (effect->entry->recorded_at.ms < state->recorded_at.ms) {
        return REFUSAL_TIME;
    }
    return REFUSAL_NONE;
}

/* The time moves on with every entry whose frame is valid, whatever its body:
 * so a program that knows the body and one that skips it agree about the next
 * entry. At a pause nothing at all has happened. */
static hl_err apply_frame(struct effect *effect, struct hl_detail *detail)
{
    effect->refusal = judge_frame(effect);
    if (effect->refusal != REFUSAL_NONE) {
        return HL_OK;
    }
    hl_err err = apply_body(effect, detail);
    if (err != HL_OK || effect->pause) {
        return err;
    }
    effect->half->state.recorded_at = effect->entry->recorded_at;
    return remember_command(effect, detail);
}

static hl_err finish(struct effect *effect, struct hl_detail *detail)
{
    struct half_state *state = &effect->half->state;
    if (effect->pause) {
        state->half.paused = true;
        state->paused_knowing = bodies_knowledge(effect->projection->bodies);
        return HL_OK;
    }
    if (effect->refusal != REFUSAL_NONE) {
        hl_err err = effect_keep_refusal(effect, detail);
        if (err != HL_OK) {
            return err;
        }
        state->half.invalid++;
    }
    state->half.size++;
    if (state->half.size % DIGEST_EVERY_ENTRIES != 0) {
        return HL_OK;
    }
    hl_err err = frame_digest(effect->projection, effect->half, detail);
    if (err != HL_OK) {
        return err;
    }
    return half_record_digest(&effect->projection->tables, effect->half->number,
                              state, detail);
}

hl_err projection_apply(struct projection *projection, struct store_txn *txn,
                        const struct projection_origin *origin, uint64_t index,
                        struct bytes raw, struct hl_detail *detail)
{
    struct open_half *half = NULL;
    hl_err err = frame_open(projection, txn, origin, &half, detail);
    if (err != HL_OK || half->state.half.paused) {
        return err;
    }
    HL_ASSERT(index == half->state.half.size);
    struct entry entry;
    struct canonical_unknown unknown;
    struct effect effect = {
        .projection = projection,
        .half = half,
        .index = index,
        .entry = &entry,
        .raw = raw,
    };
    struct hl_detail why = {0};
    if (entry_decode(raw, &entry, &unknown, &why) != HL_OK) {
        refuse(&effect, REFUSAL_FRAME, &why);
    } else if (unknown.present) {
        effect.pause = true;
    } else {
        err = apply_frame(&effect, detail);
    }
    return err == HL_OK ? finish(&effect, detail) : err;
}

/* --- Reading ------------------------------------------------------------ */

hl_err projection_half(struct store_txn *txn, uint32_t number, struct half *out,
                       struct hl_detail *detail)
{
    struct tables tables;
    hl_err err = tables_living(txn, &tables, detail);
    if (err != HL_OK) {
        return err;
    }
    struct half_state state;
    err = half_load(&tables, number, bodies_knowledge(&program_bodies), &state,
                    detail);
    if (err == HL_OK) {
        *out = state.half;
    }
    return err;
}

hl_err projection_digest(struct store_txn *txn, uint32_t number, uint64_t *size,
                         uint64_t *rules, struct hl_hash *digest,
                         struct hl_detail *detail)
{
    struct tables tables;
    struct half_state state = {0};
    hl_err err = tables_living(txn, &tables, detail);
    if (err == HL_OK) {
        err = half_load(&tables, number, 0, &state, detail);
    }
    if (err == HL_OK && state.half.digest_size > 0) {
        err = half_recorded_rules(&tables, number, state.half.digest_size,
                                  rules, detail);
    }
    if (err == HL_OK && state.half.digest_size == 0) {
        *rules = 0;
    }
    if (err == HL_OK) {
        *size = state.half.digest_size;
        *digest = state.half.digest;
    }
    return err;
}

hl_err projection_get(struct store_txn *txn, const struct record_type *type,
                      uint32_t number, struct bytes key, struct row *row,
                      bool *found, struct hl_detail *detail)
{
    struct tables tables;
    hl_err err = tables_living(txn, &tables, detail);
    if (err != HL_OK) {
        return err;
    }
    struct store_key at = row_key(number, type, key);
    return row_get(&tables, &at, number, row, found, detail);
}

hl_err projection_next(struct store_txn *txn, const struct record_type *type,
                       uint32_t number, struct bytes key, struct row *row,
                       struct bytes *key_out, bool *found,
                       struct hl_detail *detail)
{
    struct tables tables;
    hl_err err = tables_living(txn, &tables, detail);
    if (err != HL_OK) {
        return err;
    }
    struct store_key prefix = row_key(number, type, (struct bytes){0});
    struct store_key after = row_key(number, type, key);
    struct store_row read;
    err = tables_next(&tables, STORE_ROWS, key_view(&prefix), key_view(&after),
                      &read, detail);
    if (err != HL_OK) {
        return err;
    }
    *found = read.key.data != NULL;
    if (!*found) {
        return HL_OK;
    }
    err = row_decode(read.value, number, row, detail);
    if (err == HL_OK) {
        *key_out =
            bytes_slice(read.key, prefix.size, read.key.size - prefix.size);
    }
    return err;
}

struct projection_walk {
    struct store_cursor *cursor;
    struct store_key prefix;
    uint32_t number;
    struct store_row row; /* the next; its key is NULL past the last */
};

hl_err projection_walk_open(struct store_txn *txn,
                            const struct record_type *type, uint32_t number,
                            struct bytes from, struct projection_walk **out,
                            struct hl_detail *detail)
{
    struct tables tables;
    struct projection_walk *walk = hl_alloc(1, sizeof(*walk));
    struct store_key at = row_key(number, type, from);
    walk->number = number;
    walk->prefix = row_key(number, type, (struct bytes){0});
    hl_err err = tables_living(txn, &tables, detail);
    if (err == HL_OK) {
        err = tables_cursor(&tables, STORE_ROWS, &walk->cursor, detail);
    }
    if (err == HL_OK) {
        err = store_seek(walk->cursor, key_view(&at), &walk->row, detail);
    }
    if (err != HL_OK) {
        projection_walk_close(&walk);
    }
    *out = walk;
    return err;
}

hl_err projection_walk_next(struct projection_walk *walk, struct row *row,
                            bool *found, struct hl_detail *detail)
{
    *found = walk->row.key.data != NULL &&
             bytes_begin_with(walk->row.key, key_view(&walk->prefix));
    if (!*found) {
        return HL_OK;
    }
    hl_err err = row_decode(walk->row.value, walk->number, row, detail);
    return err == HL_OK ? store_next(walk->cursor, &walk->row, detail) : err;
}

void projection_walk_close(struct projection_walk **walk)
{
    if (*walk != NULL) {
        store_cursor_close(&(*walk)->cursor);
        hl_free(*walk);
        *walk = NULL;
    }
}
