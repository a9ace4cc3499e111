/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/home_walk.h"

#include <string.h>

#include "node/projection/half.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/origin.h"

/* --- Halves ----------------------------------------------------------------
 */

hl_err home_holder(const struct home_walk *walk, struct bytes origin,
                   struct holder *out, struct hl_detail *detail)
{
    struct journal journal;
    struct half_state state = {0};
    *out = (struct holder){0};
    if (origin.size > HL_NAME_MAX_BYTES) {
        return HL_OK;
    }
    memcpy(out->origin, origin.data, origin.size);
    hl_err err =
        journal_find(walk->tables->txn, origin, &journal, &out->known, detail);
    if (err != HL_OK || !out->known) {
        return err;
    }
    out->number = journal.number;
    err = half_load(walk->tables, out->number, 0, &state, detail);
    out->size = state.half.size;
    struct store_key key = home_record_key(out->number, &walk->key);
    return err == HL_OK ? row_get(walk->tables, &key, out->number, &out->row,
                                  &out->has, detail)
                        : err;
}

hl_err home_holder_of_node(const struct home_walk *walk, struct bytes node,
                           struct holder *out, struct hl_detail *detail)
{
    struct writer origin = {0};
    writer_bytes(&origin, walk->alliance);
    writer_bytes(&origin, node);
    hl_err err = home_holder(walk, writer_view(&origin), out, detail);
    writer_fini(&origin);
    return err;
}

/* --- Releases and takes ----------------------------------------------------
 */

static hl_err read_release(const struct store_row *from, uint32_t number,
                           struct release *out, struct hl_detail *detail)
{
    struct row row;
    struct home_release_row release;
    hl_err err = row_decode(from->value, number, &row, detail);
    if (err != HL_OK) {
        return err;
    }
    record_decode(&home_release_record, row.record, &release);
    *out = (struct release){
        .found = true,
        .index = row.first_index,
        .resumed = row.index != row.first_index ? row.index : 0,
        .to = release.to,
    };
    if (release.leaf.size == HL_HASH_BYTES) {
        memcpy(out->leaf.bytes, release.leaf.data, HL_HASH_BYTES);
    }
    return HL_OK;
}

hl_err home_release_from(const struct home_walk *walk, uint32_t number,
                         uint64_t from, struct release *out,
                         struct hl_detail *detail)
{
    struct store_key prefix = home_release_prefix(number, &walk->key);
    struct store_key first = home_release_key(number, &walk->key, from);
    struct store_cursor *cursor = NULL;
    struct store_row row = {0};
    *out = (struct release){0};
    hl_err err = tables_cursor(walk->tables, STORE_ROWS, &cursor, detail);
    if (err == HL_OK) {
        err = store_seek(cursor, key_view(&first), &row, detail);
    }
    if (err == HL_OK && row.key.data != NULL &&
        bytes_begin_with(row.key, key_view(&prefix))) {
        err = read_release(&row, number, out, detail);
    }
    store_cursor_close(&cursor);
    return err;
}

hl_err home_count_releases(const struct tables *tables, uint32_t number,
                           const struct home_key *key, unsigned *count,
                           struct hl_detail *detail)
{
    struct store_key prefix = home_release_prefix(number, key);
    struct store_cursor *cursor = NULL;
    struct store_row row = {0};
    *count = 0;
    hl_err err = tables_cursor(tables, STORE_ROWS, &cursor, detail);
    if (err == HL_OK) {
        err = store_seek(cursor, key_view(&prefix), &row, detail);
    }
    while (err == HL_OK && row.key.data != NULL &&
           bytes_begin_with(row.key, key_view(&prefix))) {
        *count += 1;
        err = store_next(cursor, &row, detail);
    }
    store_cursor_close(&cursor);
    return err;
}

static hl_err read_take(struct bytes value, uint32_t number, struct take *out,
                        struct hl_detail *detail)
{
    struct row row;
    struct home_answer_row answer;
    hl_err err = row_decode(value, number, &row, detail);
    if (err != HL_OK) {
        return err;
    }
    record_decode(&home_answer_record, row.record, &answer);
    *out = (struct take){
        .found = true,
        .index = row.index,
        .cause = {.origin = answer.cause_origin, .index = answer.cause_index},
    };
    if (answer.cause_leaf.size == HL_HASH_BYTES) {
        memcpy(out->cause.leaf.bytes, answer.cause_leaf.data, HL_HASH_BYTES);
    }
    return HL_OK;
}

hl_err home_take_of(const struct home_walk *walk, uint32_t number,
                    const struct citation *cause, struct take *out,
                    struct hl_detail *detail)
{
    struct store_key key =
        home_answer_key(number, &walk->key, HOME_TAKEN, cause);
    struct bytes value = {0};
    *out = (struct take){0};
    hl_err err = tables_get(walk->tables, STORE_ROWS, &key, &value, detail);
    return err == HL_OK && value.data != NULL
               ? read_take(value, number, out, detail)
               : err;
}

/* A half that takes released before: there are few. */
hl_err home_take_below(const struct home_walk *walk, uint32_t number,
                       uint64_t below, struct take *out,
                       struct hl_detail *detail)
{
    struct store_key prefix =
        home_answer_prefix(number, &walk->key, HOME_TAKEN);
    struct store_cursor *cursor = NULL;
    struct store_row row = {0};
    *out = (struct take){0};
    hl_err err = tables_cursor(walk->tables, STORE_ROWS, &cursor, detail);
    if (err == HL_OK) {
        err = store_seek(cursor, key_view(&prefix), &row, detail);
    }
    while (err == HL_OK && row.key.data != NULL &&
           bytes_begin_with(row.key, key_view(&prefix))) {
        struct take take;
        err = read_take(row.value, number, &take, detail);
        if (err == HL_OK && take.index < below &&
            (!out->found || take.index > out->index)) {
            *out = take;
        }
        if (err == HL_OK) {
            err = store_next(cursor, &row, detail);
        }
    }
    store_cursor_close(&cursor);
    return err;
}

hl_err home_taker(const struct home_walk *walk, const struct holder *from,
                  const struct release *release, struct holder *taker,
                  struct take *take, struct hl_detail *detail)
{
    struct citation cause = {bytes_of_text(from->origin), release->index,
                             release->leaf};
    *take = (struct take){0};
    hl_err err = home_holder_of_node(walk, release->to, taker, detail);
    return err == HL_OK && taker->known
               ? home_take_of(walk, taker->number, &cause, take, detail)
               : err;
}

/* --- Forwards --------------------------------------------------------------
 */

hl_err home_follow(const struct home_walk *walk, struct holder *end,
                   struct bytes *moving_to, struct hl_detail *detail)
{
    *moving_to = (struct bytes){0};
    hl_err err = home_holder_of_node(walk, walk->key.of.home, end, detail);
    uint64_t from = 0;
    while (err == HL_OK && end->has) {
        struct release release;
        struct holder taker;
        struct take take;
        err = home_release_from(walk, end->number, from, &release, detail);
        if (err != HL_OK || !release.found) {
            break;
        }
        err = home_taker(walk, end, &release, &taker, &take, detail);
        if (err != HL_OK) {
            break;
        }
        if (take.found) {
            *end = taker;
            from = take.index;
        } else if (release.resumed != 0) {
            from = release.resumed;
        } else {
            *moving_to = release.to;
            break;
        }
    }
    return err;
}

/* --- Backwards -------------------------------------------------------------
 */

/* A stay: in that half, and the take that it began with. */
struct stay {
    struct holder holder;
    struct take take;
};

enum back { BACK_ON, BACK_HOME, BACK_NOWHERE, BACK_OPEN };

/* One stay further back. */
static hl_err step_back(const struct home_walk *walk, struct stay *stay,
                        enum back *way, struct hl_detail *detail)
{
    struct bytes node = origin_node(bytes_of_text(stay->holder.origin));
    if (!stay->take.found) {
        *way = bytes_equal(node, walk->key.of.home) ? BACK_HOME : BACK_NOWHERE;
        return HL_OK;
    }
    struct citation cause = stay->take.cause;
    struct holder from;
    struct release release = {0};
    hl_err err = home_holder(walk, cause.origin, &from, detail);
    if (err == HL_OK && (!from.known || from.size <= cause.index)) {
        *way = BACK_OPEN;
        return HL_OK;
    }
    if (err == HL_OK) {
        err =
            home_release_from(walk, from.number, cause.index, &release, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    if (!release.found || release.index != cause.index ||
        !hash_equal(&release.leaf, &cause.leaf) ||
        !bytes_equal(release.to, node)) {
        *way = BACK_NOWHERE;
        return HL_OK;
    }
    *way = BACK_ON;
    stay->holder = from;
    return home_take_below(walk, from.number, cause.index, &stay->take, detail);
}

static bool same_stay(const struct stay *a, const struct stay *b)
{
    return a->holder.number == b->holder.number &&
           a->take.found == b->take.found && a->take.index == b->take.index;
}

/* Forged takes may go round: the stay that is met again is looked for among
 * those at powers of two. */
hl_err home_prove(const struct home_walk *walk, const struct holder *holder,
                  enum home_proof *proof, struct take *last,
                  struct hl_detail *detail)
{
    struct stay stay = {.holder = *holder};
    uint64_t steps = 0, mark_at = 1;
    enum back way = BACK_ON;
    hl_err err =
        home_take_below(walk, holder->number, UINT64_MAX, &stay.take, detail);
    *last = stay.take;
    struct stay mark = stay;
    while (err == HL_OK && way == BACK_ON) {
        err = step_back(walk, &stay, &way, detail);
        if (err != HL_OK || way != BACK_ON) {
            break;
        }
        steps++;
        if (same_stay(&stay, &mark)) {
            way = BACK_NOWHERE;
        } else if (steps == mark_at) {
            mark = stay;
            mark_at *= 2;
        }
    }
    switch (way) {
    case BACK_HOME:
        *proof = HOME_PROVEN;
        break;
    case BACK_OPEN:
        *proof = HOME_OPEN;
        break;
    case BACK_NOWHERE:
    case BACK_ON:
        *proof = steps == 0 && last->found ? HOME_UNRELEASED : HOME_UNFOUNDED;
        break;
    }
    return err;
}
