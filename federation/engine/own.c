/* SPDX-License-Identifier: Apache-2.0 */
#include "federation/engine/engine_inside.h"

/* The rollback guard (design section 6): our own journal grows only while the
 * mark agrees and no partner shows a longer or another checkpoint of it.
 *
 *            all keepers heard, the mark reached
 *   UNSURE ---------------------------------------> GOOD
 *    | ^                                             |
 *    | |  operator: recover                          | a partner has more
 *    | +----------------------------- SET_BACK <-----+
 *    |
 *    +--> NEEDS_KEY   the same, the mark missing or beyond
 *
 *   any --> FORKED on evidence against us, ENDED by charter, NEEDS_KEY where
 *   the charter has replaced our key, or would drop what is sealed. These are
 *   left by a charter that has us, or settles it, to UNSURE, where it is seen
 *   anew; and the last by a start with another key. */

bool own_may_grow(const struct engine *engine)
{
    return engine->own == ENGINE_OWN_GOOD;
}

/* Nothing of ours leaves while a partner may have another history of it. */
bool own_may_show(const struct engine *engine)
{
    return engine->own == ENGINE_OWN_GOOD ||
           engine->own == ENGINE_OWN_NEEDS_KEY ||
           engine->own == ENGINE_OWN_ENDED;
}

/* --- What partners hold. ------------------------------------------------- */

static bool bears_our_key(const struct engine *engine, struct bytes raw)
{
    struct note note = {0};
    bool bears = note_parse(raw, &note, NULL) == HL_OK &&
                 note_line_of(&note, engine->journal_key) != NULL;
    note_fini(&note);
    return bears;
}

/* A mark that was set back is none, after a restart too: by then the store has
 * been taken back beyond it, and would agree. */
static void drop_mark(struct engine *engine)
{
    if (engine->has_mark) {
        engine->has_mark = false;
        (void)engine_act(engine, ENGINE_DROP_MARK);
    }
}

/* A note of ours that was judged. By our present key it left behind a mark: one
 * beyond the mark that is here says that this was set back. */
static void shown(struct engine *engine, struct member *by,
                  const struct head *head, struct bytes raw)
{
    struct origin *own = &engine->self->origin;
    if (head->size <= own->held.size) {
        return;
    }
    if (engine->has_mark && head->size > engine->mark.size &&
        bears_our_key(engine, raw)) {
        drop_mark(engine);
    }
    if (head->size > by->shown) {
        by->shown = head->size;
    }
    if (head->size > own->hint_size) {
        own->hint = by;
        own->hint_size = head->size;
    }
    if (engine->own == ENGINE_OWN_GOOD) {
        engine->own = ENGINE_OWN_SET_BACK;
    }
}

static void ask_kept(struct engine *engine, struct stream *stream)
{
    struct sync_message message = {
        .kind = SYNC_KEPT_WANT,
        .kept_want = {.origin = bytes_of_text(engine->name)}};
    if (engine->own == ENGINE_OWN_UNSURE && !stream->member->answered &&
        member_keeps(stream->member, engine->self)) {
        stream_send(engine, stream, &message);
    }
}

void own_ask_all(struct engine *engine)
{
    for (size_t i = 0; i < engine->stream_count; i++) {
        if (engine->streams[i]->state == STREAM_LIVE) {
            ask_kept(engine, engine->streams[i]);
        }
    }
}

/* A candidate may have come alone, and the entries under it nowhere. What no
 * charter here can judge may be of one that is on its way to the disk: the
 * comparison is begun anew, on another stream. */
static void on_checkpoint(struct engine *engine, struct stream *stream,
                          struct bytes raw, bool holds)
{
    struct member *self = engine->self;
    struct judged judged;
    struct hl_hash root;
    if (raw.size == 0) {
        return;
    }
    hl_err err = judge_note(engine, stream, self, raw, &judged);
    if (err != HL_OK && err != HL_EPEER && stream->state == STREAM_COMPARING &&
        charters_on_way(engine)) {
        stream_close(engine, stream, HL_EBUSY,
                     "a charter is on its way to the disk");
        return;
    }
    if (err != HL_OK) {
        return;
    }
    const struct head *head = &judged.judgement.checkpoint.head;
    shown(engine, stream->member, head, judged.raw);
    if (holds && head->size > stream->member->holds) {
        stream->member->holds = head->size;
    }
    if (head->size <= self->origin.held.size &&
        tree_root(engine, self, head->size, &root) == HL_OK &&
        !hash_equal(&root, &head->root)) {
        fault_head(engine, stream, self, head, raw, NULL);
    }
}

void own_compare(struct engine *engine, struct stream *stream,
                 const struct sync_have *have)
{
    engine_stream id = stream->id;
    on_checkpoint(engine, stream, have->checkpoint, true);
    if (stream_find(engine, id) != NULL) {
        on_checkpoint(engine, stream, have->candidate, false);
    }
    if (stream_find(engine, id) != NULL && have->candidate.size > 0) {
        seal_cosigned(engine, stream, have->candidate);
    }
    if (stream_find(engine, id) == NULL) {
        return;
    }
    have_sealed(engine, stream, engine->self, have->sealed);
    if (have->has_claim && have->claim.size > engine->self->origin.held.size) {
        fault_ask(engine, stream, engine->self, engine->self->origin.held.size,
                  0);
    }
    if (stream->state == STREAM_COMPARING) {
        stream_compared(engine, stream);
        ask_kept(engine, stream);
    }
}

void own_proof(struct engine *engine, struct stream *stream,
               const struct head *head, struct bytes raw)
{
    shown(engine, stream->member, head, raw);
}

void own_answered(struct engine *engine, struct member *keeper,
                  const struct head *head, struct bytes raw, bool word)
{
    keeper->answered = true;
    if (word && head->size > keeper->holds) {
        keeper->holds = head->size;
    }
    shown(engine, keeper, head, raw);
}

/* --- Whether we are sure again. ------------------------------------------ */

/* Every keeper has answered or is declared lost, and enough have answered that
 * an honest one of them has whatever was sealed: of two times q among m so many
 * are the same, of whom fewer lie. Who is declared lost is none of them: what
 * it shows is not waited for. Without keepers: any partner. */
static bool all_heard(const struct engine *engine)
{
    const struct charter_node *node = engine->self->node;
    size_t answered = 0;
    size_t out = 0;
    bool anybody = false;
    for (size_t i = 0; i < engine->member_count; i++) {
        const struct member *member = engine->members[i];
        anybody = anybody || (member->stream != NULL &&
                              member->stream->state == STREAM_LIVE);
        if (member_keeps(member, engine->self)) {
            answered += member->answered && !member->lost;
            out += !member->answered && !member->lost;
        }
    }
    return node->keeper_count == 0 ? anybody
                                   : out == 0 && answered >= node->quorum;
}

/* Of our journal, by anybody whom the operator has not given up. */
static uint64_t longest_held(const struct engine *engine)
{
    uint64_t longest = 0;
    for (size_t i = 0; i < engine->member_count; i++) {
        const struct member *member = engine->members[i];
        if (!member->lost && member->holds > longest) {
            longest = member->holds;
        }
    }
    return longest;
}

static uint64_t longest_shown(const struct engine *engine)
{
    uint64_t longest = 0;
    for (size_t i = 0; i < engine->member_count; i++) {
        const struct member *member = engine->members[i];
        if (!member->lost && member->shown > longest) {
            longest = member->shown;
        }
    }
    return longest;
}

/* What the charter that holds says of the key we sign with. */
enum key_state {
    KEY_UNKNOWN,  /* it was admitted by a charter that we have not heard of
                     yet, or is not admitted yet */
    KEY_REPLACED, /* another signs from here on */
    KEY_AHEAD,    /* it holds from a size and root that we do not have: what
                     lies before them is at partners */
    KEY_GOOD,
};

static bool is_reached(struct engine *engine, const struct head *head)
{
    struct hl_hash root;
    return head->size == 0 ||
           (head->size <= engine->self->origin.held.size &&
            tree_root(engine, engine->self, head->size, &root) == HL_OK &&
            hash_equal(&root, &head->root));
}

static enum key_state judge_key(struct engine *engine)
{
    const struct charter_node *node = engine->self->node;
    size_t k = 0;
    if (engine->key_is_good) {
        return KEY_GOOD;
    }
    while (node != NULL && k < node->journal_key_count &&
           !vkey_equal(&node->journal_keys[k].vkey, engine->journal_key)) {
        k++;
    }
    if (node == NULL || k == node->journal_key_count) {
        return KEY_UNKNOWN;
    }
    if (!charter_accepts(node, k, MERKLE_SIZE_MAX)) {
        return KEY_REPLACED;
    }
    engine->key_is_good = is_reached(engine, &node->journal_keys[k].from);
    return engine->key_is_good ? KEY_GOOD : KEY_AHEAD;
}

/* A charter has named where the journal goes on under this very key, which has
 * signed nothing beyond yet: that is settled, whoever could not be heard. */
static bool is_decided(const struct engine *engine, uint64_t *from)
{
    const struct charter_node *node = engine->self->node;
    for (size_t k = 0; k < node->journal_key_count; k++) {
        const struct charter_journal_key *key = &node->journal_keys[k];
        if (key->succession == CHARTER_REPLACE &&
            vkey_equal(&key->vkey, engine->journal_key)) {
            *from = key->from.size;
            return engine->has_mark && engine->mark.size <= key->from.size;
        }
    }
    return false;
}

static uint64_t at_most(uint64_t size, uint64_t bound)
{
    return size < bound ? size : bound;
}

/* Of what was signed and nobody has the entries of, nothing can be taken back:
 * a new key goes on from what is here.
 * A key that is still ahead when all have answered: what lies before its point
 * was lost with a disk before it ever left. */
static void try_to_be_sure(struct engine *engine, enum key_state key)
{
    const struct origin *own = &engine->self->origin;
    uint64_t bound = UINT64_MAX; /* what lies beyond was signed by a key that
                                    does not count any more */
    uint64_t from = 0;
    bool decided = key == KEY_GOOD && is_decided(engine, &from);
    if (decided) {
        bound = from > own->held.size ? from : own->held.size;
    }
    if (own->on_way > 0 || own->cutting ||
        at_most(longest_held(engine), bound) > own->held.size ||
        !(all_heard(engine) || decided)) {
        return;
    }
    bool again = engine->has_mark && is_reached(engine, &engine->mark) &&
                 at_most(longest_shown(engine), bound) <= own->held.size &&
                 key == KEY_GOOD;
    engine->own = again ? ENGINE_OWN_GOOD : ENGINE_OWN_NEEDS_KEY;
    pull_stop(engine, engine->self);
}

struct telling {
    hl_err err;
    const char *text;
};

static const struct telling tellings[] = {
    [ENGINE_OWN_UNSURE] = {HL_EMARK,
                           "the mark and the store do not agree: our journal "
                           "is taken back from partners"},
    [ENGINE_OWN_GOOD] = {HL_OK, ""},
    [ENGINE_OWN_SET_BACK] = {HL_EMARK,
                             "a partner has more of our journal than this "
                             "store: the machine was set back; run heluo "
                             "recover"},
    [ENGINE_OWN_NEEDS_KEY] = {HL_ENOKEY,
                              "our journal goes on under a new journal key: "
                              "have the coordinators admit one from here"},
    [ENGINE_OWN_FORKED] = {HL_EFORK,
                           "there is evidence that our key signed two "
                           "histories: the coordinators decide"},
    [ENGINE_OWN_ENDED] = {HL_EENDED, "the charter ends this node, or does not "
                                     "have it"},
};

static void tell(struct engine *engine)
{
    struct engine_action *action = engine_act(engine, ENGINE_OWN_STATE);
    action->own = engine->own;
    action->err = tellings[engine->own].err;
    action->text = scratch_text(&engine->scratch, tellings[engine->own].text);
    engine->own_told = true;
    engine->told = engine->own;
    push_origin(engine, engine->self);
}

/* While our own journal grew only its size was followed. False: the store is
 * damaged, and says so elsewhere. */
static bool find_frontier(struct engine *engine)
{
    struct origin *own = &engine->self->origin;
    struct hash_source source = tree_source(engine, engine->self);
    if (prove_frontier(&source, own->held.size, &own->held) != HL_OK) {
        return false;
    }
    own->taken = own->held;
    return true;
}

/* What charter and evidence say of our journal, whatever we know of it. */
static enum engine_own decided_otherwise(const struct engine *engine,
                                         enum key_state key)
{
    const struct origin *own = &engine->self->origin;
    if (member_ended(engine->self)) {
        return ENGINE_OWN_ENDED;
    }
    if (own->evidence != NULL) {
        return ENGINE_OWN_FORKED;
    }
    return key == KEY_REPLACED || own->standing == ENGINE_ORIGIN_QUARANTINED
               ? ENGINE_OWN_NEEDS_KEY
               : ENGINE_OWN_GOOD;
}

void own_settle(struct engine *engine)
{
    enum key_state key = judge_key(engine);
    enum engine_own decided = decided_otherwise(engine, key);
    if (decided != ENGINE_OWN_GOOD) {
        engine->own = decided;
        engine->own_anew = false;
    } else if ((engine->own == ENGINE_OWN_ENDED ||
                engine->own == ENGINE_OWN_FORKED ||
                (engine->own == ENGINE_OWN_NEEDS_KEY && engine->own_anew) ||
                (key != KEY_GOOD && engine->own == ENGINE_OWN_GOOD)) &&
               find_frontier(engine)) {
        engine->own = ENGINE_OWN_UNSURE;
        engine->own_anew = false;
        pull_choose(engine, engine->self);
        own_ask_all(engine);
    } else if (key != KEY_UNKNOWN && engine->own == ENGINE_OWN_UNSURE) {
        try_to_be_sure(engine, key);
    }
    if (!engine->own_told || engine->told != engine->own) {
        tell(engine);
    }
}

/* The charter, or our journal, is not what it was. */
void own_changed(struct engine *engine)
{
    engine->key_is_good = false;
    engine->own_told = false;
}

/* What partners showed and answered was judged by the former charter: while we
 * are not sure it is heard again, all of it. A key that was replaced may be
 * ours again, and who seemed to be set back may not be. */
void own_charter_changed(struct engine *engine)
{
    for (size_t i = 0; i < engine->member_count; i++) {
        struct member *member = engine->members[i];
        member->answered = false;
        member->shown = member->holds = 0;
    }
    for (size_t i = engine->stream_count;
         i > 0 && engine->own != ENGINE_OWN_GOOD; i--) {
        stream_close(engine, engine->streams[i - 1], HL_EBUSY,
                     "another charter holds: our journal is compared anew");
    }
    engine->own_anew = engine->own == ENGINE_OWN_NEEDS_KEY;
    own_changed(engine);
}

void own_cut(struct engine *engine)
{
    if (engine->own == ENGINE_OWN_GOOD && find_frontier(engine)) {
        engine->own = ENGINE_OWN_UNSURE;
        own_ask_all(engine);
    }
}

void own_recover(struct engine *engine)
{
    bool begins =
        engine->own == ENGINE_OWN_SET_BACK || engine->own == ENGINE_OWN_GOOD;
    if (begins || engine->own == ENGINE_OWN_UNSURE) {
        drop_mark(engine);
    }
    if (!begins || !find_frontier(engine)) {
        return;
    }
    engine->own = ENGINE_OWN_UNSURE;
    pull_choose(engine, engine->self);
    own_ask_all(engine);
}
