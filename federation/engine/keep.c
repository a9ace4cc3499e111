/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "federation/engine/engine_inside.h"
#include "protocol/base/alloc.h"
#include "protocol/note/cosignature.h"

/* A keeper's word: I hold this journal to this size, on disk, and it extends
 * all I cosigned before. It is on our own disk before it is said. */

/* --- New to a journal. --------------------------------------------------- */

static const struct vkey *mirror_key(const struct engine *engine)
{
    return engine->mirror == NULL ? NULL : &engine->mirror->vkey;
}

/* Whether that charter has us, with this very key, among the keepers. */
static bool kept_under(const struct engine *engine,
                       const struct charter *charter,
                       const struct member *author)
{
    const struct charter_node *us =
        charter_find_node(charter, bytes_of_text(engine->node));
    const struct charter_node *node =
        charter_find_node(charter, bytes_of_text(author->id));
    bool named = false;
    bool has_key = false;
    for (size_t i = 0; node != NULL && i < node->keeper_count; i++) {
        named = named ||
                bytes_equal_text(bytes_of_text(node->keepers[i]), engine->node);
    }
    for (size_t k = 0; us != NULL && k < us->key_count; k++) {
        has_key =
            has_key ||
            (us->keys[k].purpose == CHARTER_MIRROR && engine->mirror != NULL &&
             vkey_equal(&us->keys[k].vkey, mirror_key(engine)));
    }
    return named && has_key;
}

/* The newest charter under which we were no keeper yet; NULL: there is none
 * here, we were from the first on. */
static const struct charter *former(const struct engine *engine,
                                    const struct member *author)
{
    const struct charter *charter = engine->charter;
    while (charter != NULL && kept_under(engine, charter, author)) {
        charter = charters_before(engine, charter);
    }
    return charter;
}

static bool was_asked(const struct member *author, size_t i)
{
    return (author->origin.former_answers & (1u << i)) != 0;
}

static size_t count_answers(const struct member *author, size_t keepers)
{
    size_t count = 0;
    for (size_t i = 0; i < keepers; i++) {
        count += was_asked(author, i);
    }
    return count;
}

/* Whether what must be extended is known, and is: the longest copy that
 * m - q + 1 of the former keepers showed, or the point that the charter
 * names. */
static bool may_begin(struct engine *engine, struct member *author)
{
    const struct origin *origin = &author->origin;
    const struct head *base = &origin->former_base;
    const struct charter *charter = former(engine, author);
    const struct charter_node *node =
        charter == NULL ? NULL
                        : charter_find_node(charter, bytes_of_text(author->id));
    if (node == NULL || node->keeper_count == 0) {
        return true; /* nobody kept it before */
    }
    if (author->node->has_keepers_from) {
        base = &author->node->keepers_from;
    } else if (count_answers(author, node->keeper_count) <
               node->keeper_count - node->quorum + 1) {
        return false;
    }
    struct hl_hash root;
    return base->size == 0 ||
           (base->size <= origin->held.size &&
            tree_root(engine, author, base->size, &root) == HL_OK &&
            hash_equal(&root, &base->root));
}

/* Whether our last word as its keeper is of this keeping: by this very key, and
 * not from before a charter under which others kept it. */
static bool has_begun(const struct engine *engine, const struct member *author)
{
    struct note note = {0};
    bool begun = note_parse(writer_view(&author->origin.kept.raw), &note,
                            NULL) == HL_OK &&
                 note_line_of(&note, mirror_key(engine)) != NULL;
    note_fini(&note);
    const struct charter *charter = former(engine, author);
    while (begun && charter != NULL) {
        begun = !kept_under(engine, charter, author);
        charter = charters_before(engine, charter);
    }
    return begun;
}

static void ask_former(struct engine *engine, struct member *author)
{
    const struct charter *charter = former(engine, author);
    const struct charter_node *node =
        charter == NULL ? NULL
                        : charter_find_node(charter, bytes_of_text(author->id));
    for (size_t i = 0; node != NULL && i < node->keeper_count; i++) {
        struct member *keeper =
            member_find(engine, bytes_of_text(node->keepers[i]));
        if (keeper == NULL || keeper->stream == NULL || was_asked(author, i) ||
            keeper->stream->state != STREAM_LIVE) {
            continue;
        }
        struct sync_message message = {
            .kind = SYNC_KEPT_WANT,
            .kept_want = {.origin = bytes_of_text(author->name)}};
        stream_send(engine, keeper->stream, &message);
    }
}

/* --- Cosigning. ---------------------------------------------------------- */

/* None is made under a charter that may be succeeded before it is said: whoever
 * asks under the next one hears of all that were. */
static bool is_keeper(const struct engine *engine, const struct member *author)
{
    return engine->mirror != NULL && author != engine->self &&
           !engine_clock_is_ahead(engine, engine->wall) &&
           engine->own != ENGINE_OWN_SET_BACK && !charters_on_way(engine) &&
           engine->self->node != NULL && !engine->self->node->ended &&
           kept_under(engine, engine->charter, author) &&
           author->origin.standing == ENGINE_ORIGIN_GOOD &&
           author->origin.evidence.data == NULL && !author->origin.accusing;
}

static bool extends_kept(struct engine *engine, const struct member *author)
{
    const struct origin *origin = &author->origin;
    struct hl_hash root;
    return !signed_head_is(&origin->kept) ||
           (origin->kept.head.size <= origin->held.size &&
            tree_root(engine, author, origin->kept.head.size, &root) == HL_OK &&
            hash_equal(&root, &origin->kept.head.root));
}

/* Under a key that another has replaced nothing is cosigned any more: it could
 * stand beside what this keeper cosigned before the charter cut it. */
static bool is_of_this_epoch(const struct member *author,
                             const struct note *note)
{
    bool is = false;
    for (size_t k = 0; k < author->node->journal_key_count; k++) {
        is = is ||
             (charter_epoch(author->node, k) == member_epoch(author) &&
              note_line_of(note, &author->node->journal_keys[k].vkey) != NULL);
    }
    return is;
}

static void cosign(struct engine *engine, struct member *author)
{
    struct origin *origin = &author->origin;
    struct note note = {0};
    struct signed_head kept = {.head = origin->candidate.head};
    int64_t time_s = wall_seconds(engine->wall);
    writer_bytes(&kept.raw, writer_view(&origin->candidate.raw));
    if (time_s > 0 &&
        note_parse(writer_view(&origin->candidate.raw), &note, NULL) == HL_OK &&
        note_line_of(&note, mirror_key(engine)) == NULL &&
        is_of_this_epoch(author, &note) &&
        cosignature_sign(note.text, engine->mirror, time_s, &kept.raw) ==
            HL_OK) {
        origin->keeping = kept.head.size;
        store_note(engine, author, ENGINE_NOTE_KEPT, &kept);
    }
    note_fini(&note);
    signed_head_clear(&kept);
}

/* What we cosigned under a key that another has replaced binds nobody any more
 * where the charter has cut it: beyond the point from which the newer key
 * holds, or beside the way to that point, once our copy goes there. */
static bool is_settled(struct engine *engine, const struct member *author)
{
    const struct signed_head *kept = &author->origin.kept;
    struct note note = {0};
    size_t epoch = 0;
    bool accepted = true;
    if (author->node == NULL || !signed_head_is(kept) ||
        note_parse(writer_view(&kept->raw), &note, NULL) != HL_OK) {
        note_fini(&note);
        return false;
    }
    for (size_t k = 0; k < author->node->journal_key_count; k++) {
        if (note_line_of(&note, &author->node->journal_keys[k].vkey) != NULL) {
            epoch = charter_epoch(author->node, k);
            accepted =
                accepted && charter_accepts(author->node, k, kept->head.size);
        }
    }
    note_fini(&note);
    return !accepted || (epoch < member_epoch(author) &&
                         standing_goes_beside(engine, author, &kept->head));
}

/* A store that was set back has forgotten words of ours that partners have:
 * this key says nothing more. */
void keep_look_at(struct engine *engine, const struct member *author,
                  const struct note *note,
                  const struct charter_judgement *judgement)
{
    uint64_t size = judgement->checkpoint.head.size;
    if (engine->mirror == NULL || author == engine->self ||
        size <= author->origin.keeping || author->origin.way_failed ||
        note_line_of(note, mirror_key(engine)) == NULL ||
        !is_of_this_epoch(author, note)) {
        return;
    }
    for (size_t i = 0; i < author->node->keeper_count; i++) {
        if (judgement->keeper_time_s[i] != 0 &&
            strcmp(author->node->keepers[i], engine->node) == 0) {
            engine->mirror = NULL;
            engine_report(engine, ENGINE_REPORT_MIRROR, author, HL_EMARK, size,
                          "a partner has a cosignature of ours that this store "
                          "has not: it was set back, and a new mirror key is "
                          "needed");
            return;
        }
    }
}

void keep_settle(struct engine *engine, struct member *author)
{
    struct origin *origin = &author->origin;
    if (author != engine->self && is_settled(engine, author)) {
        signed_head_clear(&origin->kept);
        origin->kept.head = head_empty();
        origin->keeping = 0;
    }
}

void keep_try(struct engine *engine, struct member *author)
{
    struct origin *origin = &author->origin;
    const struct head *head = &origin->candidate.head;
    struct hl_hash root;
    if (!signed_head_is(&origin->candidate) || !is_keeper(engine, author) ||
        head->size > origin->held.size || head->size <= origin->keeping ||
        head->size <= origin->kept.head.size || origin->cutting ||
        tree_root(engine, author, head->size, &root) != HL_OK) {
        return;
    }
    if (!hash_equal(&root, &head->root)) {
        fault_note(engine, author, &origin->candidate);
        return;
    }
    if (!origin->candidate_followed || !extends_kept(engine, author)) {
        return;
    }
    if (!has_begun(engine, author) && !may_begin(engine, author)) {
        ask_former(engine, author);
        return;
    }
    cosign(engine, author);
}

/* --- Telling. ------------------------------------------------------------ */

static struct stream *towards(const struct member *author)
{
    if (author->stream != NULL && author->stream->state == STREAM_LIVE) {
        return author->stream;
    }
    return author->origin.upstream;
}

static void tell(struct engine *engine, struct stream *stream,
                 const struct member *author, const struct signed_head *note)
{
    struct sync_message message = {
        .kind = SYNC_HAVE,
        .have = {.origin = bytes_of_text(author->name),
                 .candidate =
                     scratch_copy(&engine->scratch, writer_view(&note->raw))}};
    stream_send(engine, stream, &message);
}

void keep_tell(struct engine *engine, struct member *author)
{
    struct stream *stream = towards(author);
    if (stream != NULL && signed_head_is(&author->origin.kept) &&
        author->origin.evidence.data == NULL) {
        tell(engine, stream, author, &author->origin.kept);
    }
}

void keep_pass_on(struct engine *engine, struct member *author,
                  const struct stream *from)
{
    struct stream *stream = towards(author);
    if (stream != NULL && stream != from) {
        tell(engine, stream, author, &author->origin.candidate);
    }
}

void keep_want(struct engine *engine, struct stream *stream,
               const struct sync_kept_want *want)
{
    struct member *author = member_of_origin(engine, want->origin);
    if (author == NULL) {
        return;
    }
    struct sync_message message = {
        .kind = SYNC_KEPT,
        .kept = {.origin = bytes_of_text(author->name),
                 .charter_version = engine->charter->version,
                 .charter_hash = engine->charter->hash,
                 .checkpoint = scratch_copy(
                     &engine->scratch, writer_view(&author->origin.kept.raw))}};
    stream_send(engine, stream, &message);
}

/* An answer for a keeper that is new to the journal. */
static void take_former(struct engine *engine, struct member *author,
                        const struct member *keeper, const struct head *shown)
{
    struct origin *origin = &author->origin;
    const struct charter *charter = former(engine, author);
    const struct charter_node *node =
        charter == NULL ? NULL
                        : charter_find_node(charter, bytes_of_text(author->id));
    for (size_t i = 0; node != NULL && i < node->keeper_count; i++) {
        if (bytes_equal_text(bytes_of_text(node->keepers[i]), keeper->id)) {
            origin->former_answers |= 1u << i;
            if (shown->size > origin->former_base.size) {
                origin->former_base = *shown;
            }
            keep_try(engine, author);
            return;
        }
    }
}

void keep_received(struct engine *engine, struct stream *stream,
                   const struct sync_kept *kept)
{
    struct member *author = member_of_origin(engine, kept->origin);
    struct member *keeper = stream->member;
    struct head shown = head_empty();
    struct bytes note = {0};
    if (author == NULL) {
        return;
    }
    if (kept->checkpoint.size > 0) {
        struct judged judged;
        hl_err err =
            judge_note(engine, stream, author, kept->checkpoint, &judged);
        if (err == HL_EPEER) {
            return;
        }
        if (err == HL_OK) {
            shown = judged.judgement.checkpoint.head;
            note = judged.raw;
        }
    }
    if (author == engine->self) {
        own_answered(engine, keeper, &shown);
    } else if (kept->charter_version >= engine->charter->version) {
        take_former(engine, author, keeper, &shown);
    }
    if (note.size > 0) {
        have_kept(engine, stream, author, &shown, note);
    }
    have_sealed(engine, stream, author, kept->checkpoint);
}

void keep_charter_changed(struct engine *engine)
{
    for (size_t i = 0; i < engine->member_count; i++) {
        struct member *author = engine->members[i];
        author->origin.former_answers = 0;
        author->origin.former_base = head_empty();
        keep_try(engine, author);
    }
}
