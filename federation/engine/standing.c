/* SPDX-License-Identifier: Apache-2.0 */
#include "federation/engine/engine_inside.h"
#include "protocol/base/alloc.h"

/* Where an origin must stop, and cutting our copy back to there. A function of
 * the charter, the evidence and the sealed checkpoints that are known, so that
 * all who know the same stop at the same place:
 *
 *   ended by charter           at the size and root that it names, or at the
 *                              newest sealed checkpoint if that is further, or
 *                              does not lead to there
 *   evidence of this epoch     at the newest sealed checkpoint
 *   a charter that lets it go on from less than what is sealed, which is
 *   refused for this journal   at the newest sealed checkpoint
 *   else                       nowhere; but a key that replaced another holds
 *                              from a size and root that the charter names,
 *                              and what we have must go through there */

const struct signed_head *standing_sealed(const struct origin *origin)
{
    return origin->sealed_ahead.head.size > origin->sealed.head.size
               ? &origin->sealed_ahead
               : &origin->sealed;
}

static bool goes_through(struct engine *engine, const struct member *member,
                         const struct head *head)
{
    struct hl_hash root;
    return head->size > member->origin.held.size ||
           tree_root(engine, member, head->size, &root) != HL_OK ||
           hash_equal(&root, &head->root);
}

/* The point that the newest replacing key holds from. False: no key was ever
 * replaced. */
static bool base_of(const struct member *member, struct head *base)
{
    bool replaced = false;
    *base = head_empty();
    for (size_t k = 0;
         member->node != NULL && k < member->node->journal_key_count; k++) {
        const struct charter_journal_key *key = &member->node->journal_keys[k];
        if (key->succession == CHARTER_REPLACE) {
            *base = key->from;
            replaced = true;
        }
    }
    return replaced;
}

/* By a key that the charter accepts at that size. The line was verified when
 * the note was sealed. */
static bool bears_accepted_line(const struct charter_node *node,
                                const struct signed_head *signed_head)
{
    struct note note = {0};
    bool accepted = false;
    if (note_parse(writer_view(&signed_head->raw), &note, NULL) == HL_OK) {
        for (size_t k = 0; k < node->journal_key_count; k++) {
            accepted =
                accepted ||
                (charter_accepts(node, k, signed_head->head.size) &&
                 note_line_of(&note, &node->journal_keys[k].vkey) != NULL);
        }
    }
    note_fini(&note);
    return accepted;
}

/* At one size a charter names one root, also where it only rotates a key. */
static bool names_another_root(const struct member *member,
                               const struct head *sealed)
{
    bool other = false;
    for (size_t k = 0;
         member->node != NULL && k < member->node->journal_key_count; k++) {
        const struct head *from = &member->node->journal_keys[k].from;
        other = other || (from->size == sealed->size &&
                          charter_accepts(member->node, k, from->size) &&
                          !head_equal(from, sealed));
    }
    return other;
}

static bool goes_beside(struct engine *engine, const struct member *member,
                        const struct head *point, const struct head *head)
{
    struct hl_hash root;
    return head->size <= point->size &&
           member->origin.held.size >= point->size &&
           goes_through(engine, member, point) &&
           tree_root(engine, member, head->size, &root) == HL_OK &&
           !hash_equal(&root, &head->root);
}

bool standing_goes_beside(struct engine *engine, const struct member *member,
                          const struct head *head)
{
    struct head base;
    return base_of(member, &base) && goes_beside(engine, member, &base, head);
}

/* What is sealed does not lead to the point that the charter names. Our copy
 * has shown it, or what came under that point: it is remembered, for then our
 * copy gives way to what is sealed, and shows it no more. */
static bool is_beside_sealed(struct engine *engine, struct member *member,
                             const struct head *point)
{
    struct origin *origin = &member->origin;
    const struct head *sealed = &standing_sealed(origin)->head;
    if (sealed->size == 0 || sealed->size > point->size) {
        return false;
    }
    if (sealed->size == point->size) {
        return !head_equal(sealed, point);
    }
    if (goes_beside(engine, member, point, sealed)) {
        origin->beside = *point;
    }
    return origin->beside.size > 0 && head_equal(point, &origin->beside);
}

/* Whether the charter names a point from which a key replaces the one before,
 * and what is sealed lies neither on the way to there nor goes on from there.
 */
static bool drops_what_is_sealed(struct engine *engine, struct member *member)
{
    const struct signed_head *sealed = standing_sealed(&member->origin);
    struct head base;
    if (sealed->head.size == 0) {
        return false;
    }
    if (names_another_root(member, &sealed->head)) {
        return true;
    }
    return base_of(member, &base) &&
           (is_beside_sealed(engine, member, &base) ||
            (sealed->head.size > base.size &&
             !bears_accepted_line(member->node, sealed)));
}

static const char *reason(const struct member *member)
{
    switch (member->origin.standing) {
    case ENGINE_ORIGIN_GOOD:
        return "its journal goes on";
    case ENGINE_ORIGIN_ENDED:
        return "the charter ends its journal there";
    case ENGINE_ORIGIN_QUARANTINED:
        break;
    }
    return member->origin.evidence != NULL
               ? "its journal stops there"
               : "the charter lets it go on from less than what keepers have "
                 "sealed: that is refused, and the next one must name this "
                 "size or more";
}

static void judge(struct engine *engine, struct member *member)
{
    struct origin *origin = &member->origin;
    enum engine_standing before = origin->standing;
    struct head limit = origin->limit;
    if (member->node != NULL && member->node->ended) {
        const struct head *sealed = &standing_sealed(origin)->head;
        const struct head *end = &member->node->end;
        bool further =
            sealed->size > end->size || is_beside_sealed(engine, member, end);
        origin->standing = ENGINE_ORIGIN_ENDED;
        origin->limit = further ? *sealed : *end;
    } else if (origin->evidence != NULL ||
               drops_what_is_sealed(engine, member)) {
        origin->standing = ENGINE_ORIGIN_QUARANTINED;
        origin->limit = standing_sealed(origin)->head;
    } else {
        origin->standing = ENGINE_ORIGIN_GOOD;
        origin->limit = head_empty();
    }
    bool ends = origin->standing == ENGINE_ORIGIN_ENDED;
    if (ends != (before == ENGINE_ORIGIN_ENDED) ||
        (ends && !head_equal(&limit, &origin->limit))) {
        engine->endings++;
    }
    if (engine->started && before != origin->standing) {
        origin->changed = ++engine->changes; /* peers hear why */
        engine_report(engine,
                      origin->standing == ENGINE_ORIGIN_GOOD
                          ? ENGINE_REPORT_RETURN
                          : ENGINE_REPORT_QUARANTINE,
                      member, HL_OK, origin->limit.size, reason(member));
    }
}

/* --- What we have. ------------------------------------------------------- */

/* By the charter that holds; nothing is accepted as well. */
static bool is_accepted(const struct engine *engine,
                        const struct signed_head *note)
{
    return !signed_head_is(note) ||
           judge_accepts(engine, writer_view(&note->raw));
}

/* Whether that charter knows a key that signed it, and has so replaced it where
 * it does not accept the note. A key, or a node, that it does not know is of
 * another charter, which a contest has set aside, and which may hold again:
 * what was signed so rests, and is not cut. */
static bool is_replaced(const struct engine *engine,
                        const struct member *member,
                        const struct signed_head *signed_head)
{
    struct note note = {0};
    bool known = false;
    if (member->node != NULL && !is_accepted(engine, signed_head) &&
        note_parse(writer_view(&signed_head->raw), &note, NULL) == HL_OK) {
        for (size_t k = 0; k < member->node->journal_key_count; k++) {
            known = known ||
                    note_line_of(&note, &member->node->journal_keys[k].vkey) !=
                        NULL;
        }
    }
    note_fini(&note);
    return known;
}

/* Back to where all agree for certain. */
static uint64_t safe_size(struct engine *engine, const struct member *member,
                          uint64_t below)
{
    const struct signed_head *sealed = &member->origin.sealed;
    bool safe = sealed->head.size < below &&
                sealed->head.size <= member->origin.held.size &&
                goes_through(engine, member, &sealed->head);
    return safe ? sealed->head.size : 0;
}

/* The note over what is left, where we have one. */
static const struct signed_head *note_over(const struct origin *origin,
                                           const struct head *head)
{
    const struct signed_head *notes[] = {&origin->sealed, &origin->sealed_ahead,
                                         &origin->whole,  &origin->newest,
                                         &origin->kept,   &origin->candidate};
    for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
        if (signed_head_is(notes[i]) && head_equal(&notes[i]->head, head)) {
            return notes[i];
        }
    }
    return NULL;
}

static void cut(struct engine *engine, struct member *member, uint64_t size)
{
    struct origin *origin = &member->origin;
    struct hash_source source = tree_source(engine, member);
    struct frontier frontier;
    if (prove_frontier(&source, size, &frontier) != HL_OK) {
        return;
    }
    struct engine_action *action;
    struct pending *pending = pending_add(engine, PENDING_CUT, member, &action);
    struct head left = {.size = size, .root = frontier_root(&frontier)};
    const struct signed_head *note = note_over(origin, &left);
    pending->frontier = frontier;
    pending->note.head = left;
    if (note != NULL) {
        signed_head_set(&pending->note, &note->head, writer_view(&note->raw));
    }
    action->size = size;
    action->note =
        scratch_copy(&engine->scratch, writer_view(&pending->note.raw));
    origin->cutting = true;
    pull_stop(engine, member);
    if (member == engine->self) {
        own_cut(engine);
    }
}

/* What we were told of a head beyond, which does not count any more. */
static void forget_beyond(struct engine *engine, struct member *member)
{
    struct origin *origin = &member->origin;
    struct head held = {.size = origin->held.size,
                        .root = frontier_root(&origin->held)};
    if (member == engine->self ||
        origin->newest.head.size == origin->held.size) {
        return;
    }
    signed_head_clear(&origin->newest);
    origin->newest.head = held;
    origin->end_proof = (struct proof){0};
    signed_head_clear(&origin->under);
}

static void cut_back_to(struct engine *engine, struct member *member,
                        const struct head *limit)
{
    struct origin *origin = &member->origin;
    uint64_t held = origin->held.size;
    if (!goes_through(engine, member, limit)) {
        cut(engine, member, safe_size(engine, member, limit->size));
    } else if (held > limit->size) {
        cut(engine, member, limit->size);
    } else {
        forget_beyond(engine, member);
    }
}

/* Where a charter that was set aside admitted who signed the last of ours, what
 * comes by the one that holds is another history, and only what is sealed is in
 * its way. */
bool standing_is_set_aside(const struct engine *engine,
                           const struct member *member)
{
    const struct origin *origin = &member->origin;
    return origin->standing == ENGINE_ORIGIN_GOOD &&
           !is_accepted(engine, &origin->newest) &&
           !is_replaced(engine, member, &origin->newest);
}

/* What comes under that head does not fit ours, and there is nobody to accuse:
 * that is known, or of an epoch that a charter has settled. It is our copy that
 * stands on the other branch if it ends before the point that the charter names
 * and theirs does not. What goes through that point gives way to nothing: a
 * replaced key can sign for ever below it. */
void standing_give_way(struct engine *engine, struct member *member,
                       const struct head *head)
{
    struct origin *origin = &member->origin;
    if (origin->cutting || origin->on_way > 0) {
        return;
    }
    struct head point = origin->limit;
    if (origin->standing == ENGINE_ORIGIN_GOOD) {
        (void)base_of(member, &point);
    }
    bool leads =
        origin->standing == ENGINE_ORIGIN_GOOD
            ? origin->held.size < point.size && head->size >= point.size
            : head_equal(head, &point);
    uint64_t safe = safe_size(engine, member, head->size);
    if (standing_is_set_aside(engine, member)) {
        safe = safe_size(engine, member, origin->held.size);
        if (safe < origin->held.size &&
            origin->sealed.head.size < origin->held.size) {
            cut(engine, member, safe);
        } else {
            pull_avoid(engine, member);
        }
    } else if (!leads) {
        pull_avoid(engine, member);
    } else if (safe < origin->held.size) {
        cut(engine, member, safe);
    } else { /* all that we have is sealed */
        origin->beside = point;
        standing_settle(engine, member);
        pull_avoid(engine, member);
    }
}

/* Whether our own key may have signed to there by the charter that holds. */
static bool may_have_signed(const struct engine *engine, uint64_t size)
{
    const struct charter_node *node = engine->self->node;
    bool may = false;
    for (size_t k = 0; node != NULL && k < node->journal_key_count; k++) {
        may = may ||
              (vkey_equal(&node->journal_keys[k].vkey, engine->journal_key) &&
               charter_accepts(node, k, size));
    }
    return may;
}

/* The longest that is known to stand beyond what we have: where it must stop,
 * the point of a key that replaced another, what is sealed; and of our own
 * journal what the mark says. */
static struct head goal_of(const struct engine *engine,
                           const struct member *member)
{
    const struct origin *origin = &member->origin;
    struct head goal = origin->limit;
    if (origin->standing != ENGINE_ORIGIN_GOOD) {
        return goal;
    }
    (void)base_of(member, &goal);
    const struct head *sealed = &standing_sealed(origin)->head;
    if (sealed->size > goal.size) {
        goal = *sealed;
    }
    if (member == engine->self && engine->has_mark &&
        engine->mark.size > goal.size &&
        may_have_signed(engine, engine->mark.size)) {
        goal = engine->mark;
    }
    return goal;
}

/* It may have been here before. */
static void uncut(struct engine *engine, struct member *member)
{
    struct origin *origin = &member->origin;
    struct head goal = goal_of(engine, member);
    const struct signed_head *note = note_over(origin, &goal);
    if (goal.size <= origin->held.size || origin->cutting ||
        origin->on_way > 0 || head_equal(&origin->uncut_tried, &goal) ||
        (member == engine->self && own_may_grow(engine))) {
        return;
    }
    struct engine_action *action;
    struct pending *pending =
        pending_add(engine, PENDING_UNCUT, member, &action);
    pending->note.head = goal;
    if (note != NULL) {
        signed_head_set(&pending->note, &goal, writer_view(&note->raw));
    }
    action->head = goal;
    action->note =
        scratch_copy(&engine->scratch, writer_view(&pending->note.raw));
    origin->uncut_tried = goal;
    origin->cutting = true;
    pull_stop(engine, member);
}

/* No note is here over the last of our copy, which once came back, and the mark
 * does not say that our present key signed it. */
static bool is_uncovered(const struct engine *engine,
                         const struct member *member)
{
    const struct origin *origin = &member->origin;
    bool marked = member == engine->self && engine->has_mark &&
                  engine->mark.size >= origin->held.size &&
                  may_have_signed(engine, engine->mark.size);
    return !signed_head_is(&origin->newest) && !marked;
}

/* Nothing is on its way to the disk. */
static void cut_to_fit(struct engine *engine, struct member *member)
{
    struct origin *origin = &member->origin;
    if (origin->standing != ENGINE_ORIGIN_GOOD) {
        cut_back_to(engine, member, &origin->limit);
        return;
    }
    struct head base;
    bool replaced = base_of(member, &base);
    if (base.size > 0 && !goes_through(engine, member, &base)) {
        cut(engine, member, safe_size(engine, member, base.size));
    } else if (is_replaced(engine, member, &origin->newest) ||
               (replaced && origin->held.size > base.size &&
                is_uncovered(engine, member))) {
        bool further = origin->sealed.head.size > base.size &&
                       is_accepted(engine, &origin->sealed);
        cut_back_to(engine, member, further ? &origin->sealed.head : &base);
    }
}

void standing_settle(struct engine *engine, struct member *member)
{
    struct origin *origin = &member->origin;
    judge(engine, member);
    if (!engine->started || origin->cutting || origin->on_way > 0 ||
        !is_due(engine, origin->retry_at)) {
        return; /* again when that is on the disk, or the disk may be tried */
    }
    cut_to_fit(engine, member);
    uncut(engine, member);
    if (origin->standing != ENGINE_ORIGIN_GOOD) {
        pull_choose(engine, member);
    }
}

void standing_settle_all(struct engine *engine)
{
    for (size_t i = 0; i < engine->member_count; i++) {
        standing_settle(engine, engine->members[i]);
    }
}
