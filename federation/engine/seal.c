/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "federation/engine/engine_inside.h"
#include "protocol/base/alloc.h"
#include "protocol/note/cosignature.h"

/* The author's side of keeping: one checkpoint at a time is the candidate,
 * keepers cosign it, so that a quorum stands under one text; and whoever waits
 * for an entry to be safe is told. */

/* By each of the keeper's keys: which of them counts depends on the charter. */
static bool merge_keeper(const struct charter_node *keeper,
                         struct signed_head *to, const struct note *has,
                         const struct note *from)
{
    bool more = false;
    for (size_t k = 0; k < keeper->key_count; k++) {
        const struct vkey *key = &keeper->keys[k].vkey;
        if (keeper->keys[k].purpose == CHARTER_MIRROR &&
            note_line_of(from, key) != NULL && note_line_of(has, key) == NULL) {
            note_add_line(key, note_line_of(from, key)->payload, &to->raw);
            more = true;
        }
    }
    return more;
}

static bool merge_lines(const struct engine *engine,
                        const struct member *author, struct signed_head *to,
                        const struct note *has, const struct note *from)
{
    bool more = false;
    for (size_t i = 0; i < author->node->keeper_count; i++) {
        const struct member *keeper =
            member_find(engine, bytes_of_text(author->node->keepers[i]));
        more = merge_keeper(keeper->node, to, has, from) || more;
    }
    return more;
}

bool seal_merge(const struct engine *engine, const struct member *author,
                struct signed_head *to, struct bytes raw)
{
    struct note has = {0};
    struct note from = {0};
    struct writer copy = {0};
    bool more = false;
    writer_bytes(&copy, writer_view(&to->raw)); /* what `has` borrows */
    if (author->node != NULL &&
        note_parse(writer_view(&copy), &has, NULL) == HL_OK &&
        note_parse(raw, &from, NULL) == HL_OK) {
        more = merge_lines(engine, author, to, &has, &from);
    }
    note_fini(&has);
    note_fini(&from);
    writer_fini(&copy);
    return more;
}

/* --- Candidates. --------------------------------------------------------- */

static bool has_keepers(const struct engine *engine)
{
    return engine->self->node != NULL && engine->self->node->keeper_count > 0;
}

static bool somebody_waits(const struct engine *engine)
{
    return engine->wait_count > 0 ||
           engine->urgent > engine->self->origin.sealed.head.size;
}

void seal_mark_candidate(struct engine *engine, bool heartbeat)
{
    struct origin *own = &engine->self->origin;
    if (!has_keepers(engine) || !own_may_grow(engine) ||
        own->whole.head.size <= own->candidate.head.size ||
        own->whole.head.size <= own->sealed.head.size ||
        !(heartbeat || somebody_waits(engine))) {
        return;
    }
    bool open = signed_head_is(&own->candidate) &&
                own->sealed.head.size < own->candidate.head.size;
    if (open &&
        !is_due(engine, after_ms(engine->candidate_at, heartbeat_ms(engine)))) {
        return;
    }
    signed_head_set(&own->candidate, &own->whole.head,
                    writer_view(&own->whole.raw));
    own->candidate_number++;
    engine->candidate_at = engine->mono;
    push_origin(engine, engine->self);
}

void seal_own_advanced(struct engine *engine, const struct head *head,
                       struct bytes note, bool urgent)
{
    struct origin *own = &engine->self->origin;
    /* A node that was given its new key before the charter that admits it has
     * come shows nothing under that key: by the charter here it is nobody's,
     * and our own journal would be cut for it. */
    if (!own_may_grow(engine) && !judge_accepts(engine, note)) {
        return;
    }
    signed_head_set(&own->whole, head, note);
    signed_head_set(&own->newest, head, note);
    own->held.size = head->size;
    own->taken.size = head->size;
    engine->urgent = urgent ? head->size : engine->urgent;
    engine->mark = *head; /* it is written before the checkpoint leaves */
    engine->has_mark = true;
    own->whole_number++;
    own->changed = ++engine->changes;
    push_origin(engine, engine->self);
    seal_mark_candidate(engine, false);
}

/* --- Cosignatures of ours. ----------------------------------------------- */

/* The mirror key that the keeper signs with now; NULL: none. */
static const struct vkey *present_key(const struct engine *engine,
                                      const struct member *keeper)
{
    const struct charter_key *key =
        keeper->node == NULL ? NULL
                             : charter_key_at(keeper->node, CHARTER_MIRROR,
                                              wall_seconds(engine->wall));
    return key == NULL ? NULL : &key->vkey;
}

/* A size that it cosigned by another key may have been lost with its disk. */
static uint64_t cosigned_size(const struct engine *engine,
                              const struct member *keeper)
{
    const struct vkey *key = present_key(engine, keeper);
    return key != NULL && vkey_equal(key, &keeper->cosigned_by)
               ? keeper->cosigned
               : 0;
}

static void count_keepers(struct engine *engine, const struct judged *judged)
{
    const struct charter_judgement *judgement = &judged->judgement;
    uint64_t size = judgement->checkpoint.head.size;
    struct note note = {0};
    if (note_parse(judged->raw, &note, NULL) != HL_OK) {
        return;
    }
    for (size_t i = 0; i < judgement->author->keeper_count; i++) {
        struct member *keeper =
            member_find(engine, bytes_of_text(judgement->author->keepers[i]));
        const struct vkey *key = present_key(engine, keeper);
        if (judgement->keeper_time_s[i] != 0 && key != NULL &&
            note_line_of(&note, key) != NULL &&
            size > cosigned_size(engine, keeper)) {
            keeper->cosigned = size;
            keeper->cosigned_by = *key;
        }
    }
    note_fini(&note);
}

/* Sealed sizes only grow, also among those on their way to the disk. */
void seal_store(struct engine *engine, struct member *member,
                const struct signed_head *note)
{
    struct origin *origin = &member->origin;
    if (note->head.size > origin->sealing) {
        origin->sealing = note->head.size;
        store_note(engine, member, ENGINE_NOTE_SEALED, note);
    }
}

/* The candidate with the quorum's lines, and one more at most. */
static void seal(struct engine *engine)
{
    struct origin *own = &engine->self->origin;
    struct charter_judgement judgement;
    struct note note = {0};
    if (own->candidate.head.size > own->sealing &&
        note_parse(writer_view(&own->candidate.raw), &note, NULL) == HL_OK &&
        charter_judge_checkpoint(engine->charter, &note, engine->verifier,
                                 &judgement, NULL) == HL_OK &&
        judgement.sealed) {
        seal_store(engine, engine->self, &own->candidate);
    }
    note_fini(&note);
}

/* What found no room on the disk is tried again. */
void seal_beat(struct engine *engine)
{
    seal(engine);
    seal_mark_candidate(engine, true);
}

void seal_cosigned(struct engine *engine, struct stream *stream,
                   struct bytes raw)
{
    struct member *self = engine->self;
    struct origin *own = &self->origin;
    struct judged judged;
    struct hl_hash root;
    if (judge_note(engine, stream, self, raw, &judged) != HL_OK) {
        return;
    }
    const struct head *head = &judged.judgement.checkpoint.head;
    if (head->size > own->held.size ||
        tree_root(engine, self, head->size, &root) != HL_OK ||
        !hash_equal(&root, &head->root)) {
        return; /* own.c looks at such */
    }
    count_keepers(engine, &judged);
    if (head_equal(head, &own->candidate.head) &&
        seal_merge(engine, self, &own->candidate, judged.raw)) {
        seal(engine);
    }
    seal_answer(engine);
}

static void bound(uint64_t *size, uint64_t left)
{
    *size = *size < left ? *size : left;
}

/* What keepers cosigned beyond, and what partners showed, was another history
 * than what follows now; or our copy was, and theirs is what follows. So all
 * are asked again before we are sure that nobody has more. */
void seal_cut(struct engine *engine)
{
    uint64_t left = engine->self->origin.held.size;
    for (size_t i = 0; i < engine->member_count; i++) {
        struct member *member = engine->members[i];
        bound(&member->cosigned, left);
        bound(&member->shown, left);
        bound(&member->holds, left);
        member->answered = false;
    }
    own_ask_all(engine);
}

void seal_charter_changed(struct engine *engine)
{
    for (size_t i = 0; i < engine->member_count; i++) {
        if (!member_keeps(engine->members[i], engine->self)) {
            engine->members[i]->cosigned = 0;
        }
    }
    seal(engine);
    seal_answer(engine);
}

/* --- Waits. -------------------------------------------------------------- */

static uint32_t keepers_that_have(const struct engine *engine, uint64_t index)
{
    uint32_t count = 0;
    for (size_t i = 0; i < engine->member_count; i++) {
        const struct member *keeper = engine->members[i];
        count += cosigned_size(engine, keeper) > index &&
                 member_keeps(keeper, engine->self);
    }
    return count;
}

static void done(struct engine *engine, const struct wait *wait, hl_err err)
{
    struct engine_action *action = engine_act(engine, ENGINE_WAIT_DONE);
    action->wait = wait->number;
    action->err = err;
    action->keepers = keepers_that_have(engine, wait->index);
    action->sealed = engine->self->origin.sealed.head.size > wait->index;
}

static bool is_met(const struct engine *engine, const struct wait *wait)
{
    return wait->keepers == ENGINE_SEALED
               ? engine->self->origin.sealed.head.size > wait->index
               : keepers_that_have(engine, wait->index) >= wait->keepers;
}

static hl_err verdict(const struct engine *engine, const struct wait *wait,
                      bool *over)
{
    size_t keepers =
        engine->self->node == NULL ? 0 : engine->self->node->keeper_count;
    *over = true;
    if (is_met(engine, wait)) {
        return HL_OK;
    }
    if (keepers == 0 ||
        (wait->keepers != ENGINE_SEALED && wait->keepers > keepers)) {
        return HL_EKEEPERS;
    }
    *over = is_due(engine, wait->until);
    return HL_EDEADLINE;
}

void seal_answer(struct engine *engine)
{
    size_t left = 0;
    for (size_t i = 0; i < engine->wait_count; i++) {
        bool over = false;
        hl_err err = verdict(engine, &engine->waits[i], &over);
        if (over) {
            done(engine, &engine->waits[i], err);
        } else {
            engine->waits[left++] = engine->waits[i];
        }
    }
    engine->wait_count = left;
}

void seal_wait(struct engine *engine, const struct engine_event *event)
{
    struct wait wait = {.number = event->wait,
                        .index = event->index,
                        .keepers = event->keepers,
                        .until = event->until};
    if (engine->wait_count == engine->limits.waits_max) {
        done(engine, &wait, HL_EBUSY);
        return;
    }
    engine->waits = hl_realloc(engine->waits, engine->wait_count + 1,
                               sizeof(*engine->waits));
    engine->waits[engine->wait_count++] = wait;
    seal_answer(engine);
    seal_mark_candidate(engine, false);
}

void seal_cancel(struct engine *engine, uint64_t number)
{
    for (size_t i = 0; i < engine->wait_count; i++) {
        if (engine->waits[i].number == number) {
            engine->waits[i] = engine->waits[--engine->wait_count];
            return;
        }
    }
}

struct hl_mono seal_next_deadline(const struct engine *engine)
{
    struct hl_mono at = NO_TIME;
    for (size_t i = 0; i < engine->wait_count; i++) {
        if (engine->waits[i].until.ns < at.ns) {
            at = engine->waits[i].until;
        }
    }
    return at;
}
