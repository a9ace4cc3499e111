/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/rebuild.h"

#include "node/projection/comparison.h"
#include "node/projection/frame.h"
#include "node/projection/replay.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

/*   CLEAR -> FILL -> COMPARE -> (switch) -> CLEAR_REST -> DONE
 *   ONE -------------------------------------------------> DONE */
enum phase {
    PHASE_CLEAR,      /* what an earlier rebuild left */
    PHASE_FILL,       /* until every origin is level */
    PHASE_COMPARE,    /* keeping level */
    PHASE_CLEAR_REST, /* the generation that does not live on */
    PHASE_ONE,
    PHASE_DONE,
};

struct rebuild {
    enum rebuild_kind kind;
    enum phase phase;
    struct writer origin, own;
    unsigned generation;           /* that is filled, later: cleared */
    struct projection *projection; /* over it */
    size_t base;                   /* the table that is cleared */
    struct comparison comparison;
    struct rebuild_progress progress;
};

/* --- Journals ----------------------------------------------------------- */

/* Every origin, with its name copied: puts end the store's bytes. */
typedef hl_err (*origin_fn)(struct rebuild *rebuild, struct store_txn *txn,
                            const struct projection_origin *origin,
                            const struct journal *journal, void *context,
                            struct hl_detail *detail);

static hl_err each_origin(struct rebuild *rebuild, struct store_txn *txn,
                          origin_fn visit, void *context,
                          struct hl_detail *detail)
{
    struct writer name = {0};
    hl_err err = HL_OK;
    for (;;) {
        struct bytes next;
        struct journal journal;
        err = journal_next_origin(txn, writer_view(&name), &next, &journal,
                                  detail);
        if (err != HL_OK || next.data == NULL) {
            break;
        }
        writer_clear(&name);
        writer_bytes(&name, next);
        struct projection_origin origin = {
            .number = journal.number,
            .name = writer_view(&name),
            .own = bytes_equal(writer_view(&name), writer_view(&rebuild->own)),
        };
        err = visit(rebuild, txn, &origin, &journal, context, detail);
        if (err != HL_OK) {
            break;
        }
    }
    writer_fini(&name);
    return err;
}

static hl_err add_size(struct rebuild *rebuild, struct store_txn *txn,
                       const struct projection_origin *origin,
                       const struct journal *journal, void *context,
                       struct hl_detail *detail)
{
    (void)txn, (void)origin, (void)context, (void)detail;
    rebuild->progress.entries_total += journal->frontier.size;
    return HL_OK;
}

/* So many between two looks at what the transaction has grown to, with all that
 * follows of them. */
enum { FILL_ENTRIES = 128 };

static hl_err catch_up_one(struct rebuild *rebuild, struct store_txn *txn,
                           const struct projection_origin *origin,
                           const struct journal *journal, void *context,
                           struct hl_detail *detail)
{
    uint64_t *budget = context;
    struct tables tables = {txn, rebuild->generation};
    struct half_state state;
    hl_err err = half_load(&tables, origin->number,
                           bodies_knowledge(rebuild->projection->bodies),
                           &state, detail);
    bool known = err == HL_OK && state.origin.data != NULL;
    if (err != HL_OK || state.half.paused || *budget == 0 ||
        (known && state.half.size == journal->frontier.size)) {
        return err;
    }
    if (journal->frontier.size == 0) {
        return HL_OK;
    }
    uint64_t done = 0;
    do {
        uint64_t count = *budget < FILL_ENTRIES ? *budget : FILL_ENTRIES;
        err = projection_replay(rebuild->projection, txn, origin, journal,
                                count, &done, detail);
        if (err == HL_OK) {
            err = projection_settle(rebuild->projection, txn, detail);
        }
        *budget -= done;
        rebuild->progress.entries_done += done;
        if (store_txn_is_large(txn)) {
            *budget = 0; /* what is left of it is for the next step */
        }
    } while (err == HL_OK && done > 0 && *budget > 0);
    return err;
}

/* *level: with budget left over, every origin has been brought to its end. */
static hl_err catch_up(struct rebuild *rebuild, struct store_txn *txn,
                       uint64_t budget, bool *level, struct hl_detail *detail)
{
    hl_err err = each_origin(rebuild, txn, catch_up_one, &budget, detail);
    if (err == HL_OK) {
        err = projection_settle(rebuild->projection, txn, detail);
    }
    *level = budget > 0;
    return err;
}

/* --- Emptying ----------------------------------------------------------- */

/* *done: nothing is left in the generation. */
static hl_err clear(struct rebuild *rebuild, struct store_txn *txn,
                    uint64_t budget, bool *done, struct hl_detail *detail)
{
    struct tables tables = {txn, rebuild->generation};
    while (rebuild->base < GENERATION_TABLES) {
        uint64_t deleted = 0;
        bool left = false;
        hl_err err =
            tables_empty(&tables, generation_tables[rebuild->base],
                         (struct bytes){0}, budget, &deleted, &left, detail);
        if (err != HL_OK || left) {
            *done = false;
            return err;
        }
        budget -= deleted;
        rebuild->base++;
    }
    *done = true;
    return HL_OK;
}

/* --- One origin --------------------------------------------------------- */

static hl_err rebuild_one(struct rebuild *rebuild, struct store_txn *txn,
                          struct hl_detail *detail)
{
    struct projection_origin origin = {
        .name = writer_view(&rebuild->origin),
        .own = bytes_equal(writer_view(&rebuild->origin),
                           writer_view(&rebuild->own)),
    };
    struct journal journal;
    uint64_t rows = 0, entries = 0;
    bool found = false, left = false;
    hl_err err = journal_find(txn, origin.name, &journal, &found, detail);
    if (err == HL_OK && !found) {
        err = hl_fail(detail, HL_ENOTFOUND, "no journal of %.*s",
                      BYTES_ARGS(origin.name));
    }
    if (err == HL_OK) {
        origin.number = journal.number;
        err = projection_forget(rebuild->projection, txn, &origin, UINT64_MAX,
                                &rows, &left, detail);
    }
    if (err == HL_OK) {
        err = projection_replay(rebuild->projection, txn, &origin, &journal,
                                UINT64_MAX, &entries, detail);
    }
    rebuild->progress.entries_done += entries;
    return err == HL_OK ? projection_settle(rebuild->projection, txn, detail)
                        : err;
}

/* --- Room --------------------------------------------------------------- */

static hl_err generation_bytes(struct store_txn *txn, unsigned generation,
                               uint64_t *bytes, struct hl_detail *detail)
{
    hl_err err = HL_OK;
    *bytes = 0;
    for (size_t i = 0; err == HL_OK && i < GENERATION_TABLES; i++) {
        uint64_t some = 0;
        err = store_table_bytes(
            txn, store_table_of(generation_tables[i], generation), &some,
            detail);
        *bytes += some;
    }
    return err;
}

/* It takes about as much again as what lives, less what a former one left. One
 * that fills the store has all writes refused until it has failed. */
static hl_err check_room(struct store_txn *txn, unsigned generation,
                         struct hl_detail *detail)
{
    uint64_t living = 0, left = 0;
    hl_err err = generation_bytes(txn, 1 - generation, &living, detail);
    if (err == HL_OK) {
        err = generation_bytes(txn, generation, &left, detail);
    }
    if (err == HL_OK && living > left) {
        err = store_check_room(txn, living - left, "a rebuild", detail);
    }
    return err == HL_EFULL ? err : HL_OK; /* or nobody knows: try */
}

/* --- Steps -------------------------------------------------------------- */

hl_err rebuild_begin(struct store_txn *txn, enum rebuild_kind kind,
                     struct bytes origin, struct bytes own,
                     struct rebuild **out, struct hl_detail *detail)
{
    struct tables living;
    hl_err err = tables_living(txn, &living, detail);
    if (err != HL_OK) {
        return err;
    }
    struct rebuild *rebuild = hl_alloc(1, sizeof(*rebuild));
    rebuild->kind = kind;
    writer_bytes(&rebuild->origin, origin);
    writer_bytes(&rebuild->own, own);
    rebuild->generation = 1 - living.generation;
    if (kind == REBUILD_ONE) {
        struct journal journal;
        bool found = false;
        err = journal_find(txn, origin, &journal, &found, detail);
        if (err == HL_OK && !found) {
            err = hl_fail(detail, HL_ENOTFOUND, "no journal of %.*s",
                          BYTES_ARGS(origin));
        }
        rebuild->phase = PHASE_ONE;
        rebuild->projection = projection_create();
        rebuild->progress.entries_total = found ? journal.frontier.size : 0;
    } else {
        rebuild->projection =
            projection_create_with(&program_bodies, (int)rebuild->generation);
        err = check_room(txn, rebuild->generation, detail);
    }
    if (err == HL_OK && kind != REBUILD_ONE) {
        err = each_origin(rebuild, txn, add_size, NULL, detail);
    }
    if (err != HL_OK) {
        rebuild_end(&rebuild);
        return err;
    }
    *out = rebuild;
    return HL_OK;
}

static void enter(struct rebuild *rebuild, enum phase phase)
{
    rebuild->phase = phase;
    rebuild->base = 0;
    rebuild->comparison = (struct comparison){0};
}

/* The filled generation lives on and the other is cleared, or the other way
 * about. */
static hl_err finish_comparison(struct rebuild *rebuild, struct store_txn *txn,
                                struct hl_detail *detail)
{
    if (rebuild->kind == REBUILD_ALL) {
        struct tables filled = {txn, rebuild->generation};
        hl_err err = tables_make_living(&filled, detail);
        if (err != HL_OK) {
            return err;
        }
        rebuild->generation = 1 - rebuild->generation;
    }
    enter(rebuild, PHASE_CLEAR_REST);
    return HL_OK;
}

static hl_err step_filling(struct rebuild *rebuild, struct store_txn *txn,
                           uint64_t entries_max, struct hl_detail *detail)
{
    bool level = false;
    hl_err err = catch_up(rebuild, txn, entries_max, &level, detail);
    if (err != HL_OK || !level) {
        return err;
    }
    if (rebuild->phase == PHASE_FILL) {
        enter(rebuild, PHASE_COMPARE);
    }
    bool done = false;
    struct tables filled = {txn, rebuild->generation};
    struct tables living = {txn, 1 - rebuild->generation};
    err = comparison_step(&rebuild->comparison, &living, &filled, entries_max,
                          &done, detail);
    rebuild->progress.rows = rebuild->comparison.rows;
    rebuild->progress.rows_different = rebuild->comparison.rows_different;
    if (err != HL_OK || !done) {
        return err;
    }
    return finish_comparison(rebuild, txn, detail);
}

static hl_err step(struct rebuild *rebuild, struct store_txn *txn,
                   uint64_t entries_max, struct hl_detail *detail)
{
    bool done = false;
    hl_err err = HL_OK;
    switch (rebuild->phase) {
    case PHASE_CLEAR:
    case PHASE_CLEAR_REST:
        err = clear(rebuild, txn, entries_max, &done, detail);
        if (err == HL_OK && done) {
            enter(rebuild,
                  rebuild->phase == PHASE_CLEAR ? PHASE_FILL : PHASE_DONE);
        }
        return err;
    case PHASE_FILL:
    case PHASE_COMPARE:
        return step_filling(rebuild, txn, entries_max, detail);
    case PHASE_ONE:
        err = rebuild_one(rebuild, txn, detail);
        if (err == HL_OK) {
            enter(rebuild, PHASE_DONE);
        }
        return err;
    case PHASE_DONE:
        break;
    }
    return HL_OK;
}

hl_err rebuild_step(struct rebuild *rebuild, struct store_txn *txn,
                    uint64_t entries_max, struct rebuild_progress *progress,
                    struct hl_detail *detail)
{
    HL_ASSERT(entries_max > 0);
    hl_err err = step(rebuild, txn, entries_max, detail);
    if (err != HL_OK) {
        projection_reset(rebuild->projection);
        return err;
    }
    rebuild->progress.done = rebuild->phase == PHASE_DONE;
    *progress = rebuild->progress;
    return HL_OK;
}

void rebuild_end(struct rebuild **rebuild)
{
    if (*rebuild == NULL) {
        return;
    }
    writer_fini(&(*rebuild)->origin);
    writer_fini(&(*rebuild)->own);
    projection_destroy(&(*rebuild)->projection);
    hl_free(*rebuild);
    *rebuild = NULL;
}
