/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/rebuild.h"

#include "node/projection/comparison.h"
#include "node/projection/frame.h"
#include "node/projection/row.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/reader.h"
#include "protocol/entry/bundle.h"

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

/* Copies entries from `first` on, each with its length: what a walk lends is
 * the store's, and the next put ends it. */
static hl_err copy_entries(struct store_txn *txn, const struct journal *journal,
                           uint64_t first, uint64_t max, struct writer *out,
                           struct hl_detail *detail)
{
    struct journal_walk *walk = NULL;
    hl_err err = journal_walk_open(txn, journal, first, &walk, detail);
    for (uint64_t i = 0; err == HL_OK && i < max; i++) {
        struct bytes entry;
        err = journal_walk_next(walk, &entry, detail);
        if (err != HL_OK || entry.data == NULL) {
            break;
        }
        err = bundle_append(entry, out);
    }
    journal_walk_close(&walk);
    return err;
}

/* Applies copied entries from *next on; *paused: the half wants no more. */
static hl_err apply_entries(struct rebuild *rebuild, struct store_txn *txn,
                            const struct projection_origin *origin,
                            struct bytes entries, uint64_t *next, bool *paused,
                            struct hl_detail *detail)
{
    struct bundle_walk walk;
    bundle_walk_init(&walk, entries);
    struct bytes entry;
    while (bundle_walk_next(&walk, &entry)) {
        struct open_half *half = NULL;
        hl_err err =
            frame_open(rebuild->projection, txn, origin, &half, detail);
        if (err == HL_OK) {
            err = projection_apply(rebuild->projection, txn, origin, *next,
                                   entry, detail);
        }
        if (err != HL_OK) {
            return err;
        }
        *paused = half->state.half.paused;
        if (*paused) {
            return HL_OK;
        }
        *next += 1;
        rebuild->progress.entries_done++;
    }
    return HL_OK;
}

enum { REPLAY_ENTRIES = 256 };

/* Applies entries of one journal from `first` on, at most *budget. */
static hl_err replay(struct rebuild *rebuild, struct store_txn *txn,
                     const struct projection_origin *origin,
                     const struct journal *journal, uint64_t first,
                     uint64_t *budget, struct hl_detail *detail)
{
    struct writer entries = {0};
    uint64_t next = first;
    bool paused = false;
    hl_err err = HL_OK;
    while (err == HL_OK && !paused && *budget > 0 &&
           next < journal->frontier.size) {
        uint64_t max = *budget < REPLAY_ENTRIES ? *budget : REPLAY_ENTRIES;
        uint64_t before = next;
        writer_clear(&entries);
        err = copy_entries(txn, journal, next, max, &entries, detail);
        if (err == HL_OK && entries.size == 0) {
            err = hl_fail(detail, HL_EDAMAGED,
                          "the journal of %.*s ends before its size",
                          BYTES_ARGS(origin->name));
        }
        if (err == HL_OK) {
            err = apply_entries(rebuild, txn, origin, writer_view(&entries),
                                &next, &paused, detail);
        }
        *budget -= next - before;
    }
    writer_fini(&entries);
    return err;
}

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
    return replay(rebuild, txn, origin, journal, state.half.size, budget,
                  detail);
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

/* Takes the half's rows out of the joint index; *names gets what is to be
 * recomputed, each with its length as u16. */
static hl_err leave_joint(const struct tables *tables, uint32_t number,
                          struct writer *names, struct hl_detail *detail)
{
    struct store_key prefix = {0};
    key_u32(&prefix, number);
    struct walk walk = {0};
    hl_err err =
        walk_open(&walk, tables, STORE_ROWS, key_view(&prefix), detail);
    while (err == HL_OK && !walk_at_end(&walk) &&
           bytes_begin_with(walk.row.key, key_view(&prefix))) {
        struct bytes name = row_name(walk.row.key);
        struct store_key copy = {0};
        key_bytes(&copy, name);
        writer_u16(names, (uint16_t)name.size);
        writer_bytes(names, name);
        err = joint_remove(tables, number, key_view(&copy), detail);
        if (err == HL_OK) {
            err = walk_next(&walk, detail);
        }
    }
    walk_close(&walk);
    return err;
}

static hl_err drop_half(const struct tables *tables,
                        const struct projection_origin *origin,
                        struct hl_detail *detail)
{
    struct store_key prefix = {0};
    key_u32(&prefix, origin->number);
    hl_err err = HL_OK;
    for (size_t i = 0; i < GENERATION_TABLES && err == HL_OK; i++) {
        struct bytes part = key_view(&prefix);
        if (generation_tables[i] == STORE_JOINT) {
            continue; /* ordered by name: leave_joint() */
        }
        if (generation_tables[i] == STORE_COMMANDS) {
            if (!origin->own) {
                continue;
            }
            part = (struct bytes){0};
        }
        uint64_t deleted = 0;
        bool left = false;
        err = tables_empty(tables, generation_tables[i], part, UINT64_MAX,
                           &deleted, &left, detail);
    }
    return err;
}

static void mark_names(struct projection *projection, struct bytes names)
{
    struct reader reader;
    reader_init(&reader, names);
    while (reader_left(&reader) > 0) {
        frame_joint_changed(projection,
                            reader_bytes(&reader, reader_u16(&reader)));
    }
}

static hl_err rebuild_one(struct rebuild *rebuild, struct store_txn *txn,
                          struct hl_detail *detail)
{
    struct projection_origin origin = {
        .name = writer_view(&rebuild->origin),
        .own = bytes_equal(writer_view(&rebuild->origin),
                           writer_view(&rebuild->own)),
    };
    struct writer names = {0};
    struct journal journal;
    struct tables tables = {0};
    bool found = false;
    hl_err err = journal_find(txn, origin.name, &journal, &found, detail);
    if (err == HL_OK && !found) {
        err = hl_fail(detail, HL_ENOTFOUND, "no journal of %.*s",
                      BYTES_ARGS(origin.name));
    }
    if (err == HL_OK) {
        origin.number = journal.number;
        err = tables_living(txn, &tables, detail);
    }
    if (err == HL_OK) {
        err = leave_joint(&tables, origin.number, &names, detail);
    }
    if (err == HL_OK) {
        err = drop_half(&tables, &origin, detail);
    }
    if (err != HL_OK || journal.frontier.size == 0) {
        /* A journal without entries has no half. */
        writer_fini(&names);
        return err;
    }
    struct open_half *half = NULL;
    err = frame_open(rebuild->projection, txn, &origin, &half, detail);
    if (err == HL_OK) {
        mark_names(rebuild->projection, writer_view(&names));
        uint64_t budget = UINT64_MAX;
        err = replay(rebuild, txn, &origin, &journal, 0, &budget, detail);
    }
    if (err == HL_OK) {
        err = projection_settle(rebuild->projection, txn, detail);
    }
    writer_fini(&names);
    return err;
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
