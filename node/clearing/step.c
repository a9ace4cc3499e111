/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "node/clearing/step_inside.h"
#include "node/projection/cycles.h"
#include "node/reactor/reactor_inside.h"

void clearing_step_clear(struct clearing_step *step)
{
    proposal_clear(&step->entry);
    step->did = CLEARING_NOTHING;
    step->about = (struct cycle_key){0};
    step->busy = false;
    step->why[0] = '\0';
}

void clearing_step_fini(struct clearing_step *step)
{
    proposal_fini(&step->entry);
}

void step_say(struct clearing_step *step, enum clearing_did did,
              const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(step->why, sizeof(step->why), format, arguments);
    va_end(arguments);
    step->did = did;
}

hl_err step_make(const struct clearing_view *view, uint32_t body, void *record,
                 const struct cycle *cited, struct clearing_step *step,
                 struct hl_detail *detail)
{
    static const struct reactor_facts facts;
    const struct reactor_view reacting = {view->txn, view->number, view->origin,
                                          view->now, view->now,    &facts};
    struct citation cause = {0};
    struct writer origin = {0};
    if (cited != NULL) {
        writer_bytes(&origin, clearing_alliance(view));
        writer_bytes(&origin, cited->key.proposer);
        cause.origin = writer_view(&origin);
        cause.index = cited->key.index;
        memcpy(cause.leaf.bytes, cited->leaf.data, HL_HASH_BYTES);
    }
    hl_err err =
        reactor_propose(&reacting, body, record, cited == NULL ? NULL : &cause,
                        &step->entry, detail);
    step->did =
        err == HL_OK && step->entry.made ? CLEARING_ENTRY : CLEARING_NOTHING;
    writer_fini(&origin);
    return err;
}

bool step_takes_part(const struct cycle_lists *lists, struct bytes node)
{
    size_t place = 0;
    return cycle_find_place(lists, node, &place) &&
           lists->places[place].takes_part != 0;
}

bool step_overlaps(const struct cycle_lists *lists,
                   const struct cycle_lists *other)
{
    for (size_t i = 0; i < other->net_count; i++) {
        if (step_takes_part(lists, other->places[other->nets[i].place].node)) {
            return true;
        }
    }
    return false;
}

static bool is_lower(const struct cycle_lists *cut,
                     const struct cycle_lists *former)
{
    for (size_t i = 0; i < former->place_count; i++) {
        const struct cycle_place *was = &former->places[i];
        size_t place = 0;
        if (was->size > 0 && (!cycle_find_place(cut, was->node, &place) ||
                              cut->places[place].size < was->size)) {
            return true;
        }
    }
    return false;
}

hl_err step_goes_back(const struct clearing_view *view,
                      const struct cycle_lists *cut, const struct cycle *former,
                      enum cycle_standing_as as, bool *out,
                      struct hl_detail *detail)
{
    struct cycle_lists lists;
    enum cycle_effect effect = CYCLE_VOID;
    hl_err err = HL_OK;
    cycle_read(&former->of, &lists);
    *out = is_lower(cut, &lists);
    cycle_lists_fini(&lists);
    if (!*out && former->state == CYCLE_FINAL && as != CYCLE_AS_ABANDONED) {
        err = clearing_effect(view, former, cut, &effect, detail);
        *out = effect == CYCLE_MISSING;
    }
    return err;
}

/* The proposal that stands so for that node. */
static hl_err find_standing(const struct clearing_view *view, struct bytes node,
                            uint64_t which, struct cycle *out, bool *found,
                            struct hl_detail *detail)
{
    struct cycle_key key;
    uint32_t number = 0;
    hl_err err = cycles_half(view->txn, clearing_alliance(view), node, &number,
                             found, detail);
    if (err == HL_OK && *found) {
        err = cycles_standing(view->txn, number, which, &key, found, detail);
    }
    return err == HL_OK && *found
               ? cycles_find(view->txn, clearing_alliance(view), &key, out,
                             found, detail)
               : err;
}

hl_err step_approved_of(const struct clearing_view *view, struct bytes node,
                        struct cycle *out, bool *found,
                        struct hl_detail *detail)
{
    return find_standing(view, node, CYCLE_STANDING_APPROVED, out, found,
                         detail);
}

hl_err step_open_of(const struct clearing_view *view, struct bytes node,
                    struct cycle *out, bool *found, struct hl_detail *detail)
{
    enum cycle_standing_as as = CYCLE_AS_OPEN;
    hl_err err =
        find_standing(view, node, CYCLE_STANDING_OPEN, out, found, detail);
    if (err == HL_OK && *found) {
        err = clearing_stands(view, out, &as, detail);
    }
    *found = err == HL_OK && *found && as == CYCLE_AS_OPEN &&
             clearing_may_propose(view, node, out->key.index);
    return err;
}

hl_err clearing_last(const struct clearing_view *view, struct cycle *out,
                     bool *found, struct hl_detail *detail)
{
    struct cycle_key key;
    hl_err err = cycles_standing(view->txn, view->number, CYCLE_STANDING_LAST,
                                 &key, found, detail);
    return err == HL_OK && *found
               ? cycles_row(view->txn, view->number, &key, out, found, detail)
               : err;
}

static hl_err is_unanswered(const struct clearing_view *view,
                            const struct cycle *cycle, bool *out,
                            struct hl_detail *detail)
{
    struct cycle own = {0};
    hl_err err = cycles_answer(view->txn, clearing_alliance(view),
                               clearing_node(view), &cycle->key, &own, detail);
    *out = err == HL_OK && own.answer == CYCLE_UNANSWERED;
    return err;
}

static bool is_party(const struct cycle *cycle, struct bytes node)
{
    struct cycle_lists lists;
    bool is = false;
    cycle_read(&cycle->of, &lists);
    for (size_t i = 0; i < lists.net_count && !is; i++) {
        is = bytes_equal(lists.places[lists.nets[i].place].node, node);
    }
    cycle_lists_fini(&lists);
    return is;
}

/* What that node approved last, and this one, a party, did not answer, if it
 * was declared final, and is not so yet: it waits for other approvals. How it
 * stands is looked at last: that is a look at each of its parties, and mostly
 * all nodes approved the same. */
static hl_err find_declared(const struct clearing_view *view, struct bytes node,
                            struct cycle *out, bool *found,
                            struct hl_detail *detail)
{
    enum cycle_standing_as as = CYCLE_AS_OPEN;
    hl_err err = step_approved_of(view, node, out, found, detail);
    *found = err == HL_OK && *found && out->state == CYCLE_FINAL &&
             clearing_may_propose(view, out->key.proposer, out->key.index);
    if (*found) {
        err = is_unanswered(view, out, found, detail);
    }
    if (*found && is_party(out, clearing_node(view))) {
        err = clearing_stands(view, out, &as, detail);
    }
    *found = err == HL_OK && *found && as == CYCLE_AS_DECLARED;
    return err;
}

/* Nodes in the order of the charter, which is by id. */
hl_err clearing_next_open(const struct clearing_view *view,
                          struct writer *position, struct cycle *out,
                          bool *found, struct hl_detail *detail)
{
    hl_err err = HL_OK;
    *found = false;
    for (size_t i = 0; err == HL_OK && !*found && i < view->charter->node_count;
         i++) {
        struct bytes node = bytes_of_text(view->charter->nodes[i].id);
        if (bytes_compare(node, writer_view(position)) <= 0) {
            continue;
        }
        err = step_open_of(view, node, out, found, detail);
        if (err == HL_OK && *found) {
            err = is_unanswered(view, out, found, detail);
        }
        if (err == HL_OK && !*found) {
            err = find_declared(view, node, out, found, detail);
        }
        if (*found) {
            writer_clear(position);
            writer_bytes(position, node);
        }
    }
    return err;
}
