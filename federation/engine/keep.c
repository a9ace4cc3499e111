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

static bool names_us(const struct engine *engine, const struct charter *charter,
                     const struct member *author)
{
    const struct charter_node *node =
        charter_find_node(charter, bytes_of_text(author->id));
    bool named = false;
    for (size_t i = 0; node != NULL && i < node->keeper_count; i++) {
        named = named || strcmp(node->keepers[i], engine->node) == 0;
    }
    return named;
}

/* Whether that charter has us, with this very key, among the keepers. */
static bool kept_under(const struct engine *engine,
                       const struct charter *charter,
                       const struct member *author)
{
    const struct charter_node *us =
        charter_find_node(charter, bytes_of_text(engine->node));
    bool has_key = false;
    for (size_t k = 0; us != NULL && k < us->key_count; k++) {
        has_key =
            has_key ||
            (us->keys[k].purpose == CHARTER_MIRROR && engine->mirror != NULL &&
             vkey_equal(&us->keys[k].vkey, mirror_key(engine)));
    }
    return has_key && names_us(engine, charter, author);
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

/* Of the charters before our keeping: the newest in which somebody kept the
 * journal. */
static const struct charter_node *former_node(const struct engine *engine,
                                              const struct member *author)
{
    const struct charter *charter = former(engine, author);
    const struct charter_node *node = NULL;
    while (charter != NULL && (node == NULL || node->keeper_count == 0)) {
        node = charter_find_node(charter, bytes_of_text(author->id));
        charter = charters_before(engine, charter);
    }
    return node;
}

static bool was_asked(const struct member *author, size_t i)
{
    return (author->origin.former_answers & (1u << i)) != 0;
}

/* It is looked at far more often than it changes. */
void keep_read(struct origin *origin)
{
    note_fini(&origin->kept_note);
    if (signed_head_is(&origin->kept) &&
        note_parse(writer_view(&origin->kept.raw), &origin->kept_note, NULL) !=
            HL_OK) {
        origin->kept_note = (struct note){0};
    }
}

static bool spoke_by_this_key(const struct engine *engine,
                              const struct member *author)
{
    return engine->mirror != NULL &&
           note_line_of(&author->origin.kept_note, mirror_key(engine)) != NULL;
}

/* What we said by this key, if ever we did, is in our store. */
static size_t count_answers(const struct engine *engine,
                            const struct member *author,
                            const struct charter_node *before)
{
    size_t count = 0;
    for (size_t i = 0; i < before->keeper_count; i++) {
        bool ours = strcmp(before->keepers[i], engine->node) == 0 &&
                    spoke_by_this_key(engine, author);
        count += was_asked(author, i) || ours;
    }
    return count;
}

/* Whether that charter names a point, and the one before it did not name the
 * same: what a version only carries on was not meant for who came with it. */
static bool brings_point(const struct engine *engine,
                         const struct charter *charter,
                         const struct member *author, struct head *point)
{
    const struct charter *before = charters_before(engine, charter);
    const struct charter_node *now =
        charter_find_node(charter, bytes_of_text(author->id));
    const struct charter_node *then =
        before == NULL ? NULL
                       : charter_find_node(before, bytes_of_text(author->id));
    if (now == NULL || !now->has_keepers_from ||
        (then != NULL && then->has_keepers_from &&
         head_equal(&now->keepers_from, &then->keepers_from))) {
        return false;
    }
    *point = now->keepers_from;
    return true;
}

/* The newest point that a charter named for new keepers since we are one. */
static bool given_point(const struct engine *engine,
                        const struct member *author, struct head *point)
{
    const struct charter *end = former(engine, author);
    for (const struct charter *charter = engine->charter;
         charter != NULL && charter != end;
         charter = charters_before(engine, charter)) {
        if (brings_point(engine, charter, author, point)) {
            return true;
        }
    }
    return false;
}

/* Whether what must be extended is known: the longest copy that q of the former
 * keepers showed, or the point that the charter names. (Two times q of m are so
 * many the same that an honest one of them has what was sealed.) */
static bool knows_base(const struct engine *engine, const struct member *author,
                       struct head *base)
{
    const struct charter_node *before = former_node(engine, author);
    *base = head_empty();
    if (before == NULL || before->keeper_count == 0) {
        return true; /* nobody kept it before */
    }
    if (given_point(engine, author, base)) {
        return true;
    }
    *base = author->origin.former_base.head;
    return count_answers(engine, author, before) >= before->quorum;
}

/* And our copy goes on from there. */
static bool may_begin(struct engine *engine, struct member *author)
{
    struct head base;
    struct hl_hash root;
    return knows_base(engine, author, &base) &&
           (base.size == 0 ||
            (base.size <= author->origin.held.size &&
             tree_root(engine, author, base.size, &root) == HL_OK &&
             hash_equal(&root, &base.root)));
}

/* --- Our last word. ------------------------------------------------------ */

/* What it is to the charter that holds. A charter that replaces a journal key
 * may cut what we cosigned under the one before; where a rival sets that
 * charter aside, the word binds again. */
enum word {
    WORD_NONE,
    WORD_BINDS,
    WORD_SETTLED, /* beyond the point from which the newer key holds, or beside
                     the way to that point, once our copy goes there */
    WORD_FOREIGN, /* given under a charter that is set aside: what we said
                     before it is not known any more */
};

static enum word last_word(struct engine *engine, const struct member *author)
{
    const struct signed_head *kept = &author->origin.kept;
    const struct charter_node *node = author->node;
    const struct note *note = &author->origin.kept_note;
    size_t epoch = 0;
    bool known = false;
    bool accepted = true;
    if (!signed_head_is(kept)) {
        return WORD_NONE;
    }
    for (size_t k = 0; node != NULL && k < node->journal_key_count; k++) {
        if (note_line_of(note, &node->journal_keys[k].vkey) != NULL) {
            known = true;
            epoch = charter_epoch(node, k);
            accepted = accepted && charter_accepts(node, k, kept->head.size);
        }
    }
    if (!known) {
        return spoke_by_this_key(engine, author) ? WORD_FOREIGN : WORD_NONE;
    }
    bool settled =
        !accepted || (epoch < member_epoch(author) &&
                      standing_goes_beside(engine, author, &kept->head));
    return settled ? WORD_SETTLED : WORD_BINDS;
}

/* When this very key cosigned the note; 0: it did not. */
static int64_t word_time(const struct engine *engine, const struct note *note)
{
    int64_t time_s = 0;
    struct cosignature_verdict verdict = {.time_s = &time_s};
    if (engine->mirror == NULL ||
        cosignature_verify(note, engine->verifier, mirror_key(engine), 1,
                           &verdict, NULL) != HL_OK) {
        return 0;
    }
    return time_s;
}

/* Whether our last word as its keeper is of this keeping: by this very key, and
 * not from before a charter under which others kept it. */
static bool has_begun(const struct engine *engine, const struct member *author)
{
    bool begun = spoke_by_this_key(engine, author);
    const struct charter *charter = former(engine, author);
    while (begun && charter != NULL) {
        begun = !kept_under(engine, charter, author);
        charter = charters_before(engine, charter);
    }
    return begun;
}

/* Whether we know whatever our node cosigned of this journal, by any of its
 * keys. One that lost its store, and has not begun anew, does not: its silence
 * says that, where an empty answer would say that there was nothing. */
bool keep_vouches(struct engine *engine, const struct member *author)
{
    const struct charter *last = engine->charter;
    struct head base;
    if (last_word(engine, author) == WORD_FOREIGN) {
        return false;
    }
    while (last != NULL && !names_us(engine, last, author)) {
        last = charters_before(engine, last);
    }
    if (last == NULL || spoke_by_this_key(engine, author)) {
        return true;
    }
    if (last == engine->charter) {
        return kept_under(engine, last, author) &&
               knows_base(engine, author, &base);
    }
    while (last != NULL && kept_under(engine, last, author)) {
        last = charters_before(engine, last);
    }
    return last == NULL;
}

static void ask_former(struct engine *engine, struct member *author)
{
    const struct charter_node *node = former_node(engine, author);
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
           author->origin.evidence == NULL &&
           !evidence_is_coming(engine, author);
}

/* Whether nothing that we said stands in the way of that head. */
static bool may_follow(struct engine *engine, const struct member *author,
                       const struct head *head)
{
    const struct origin *origin = &author->origin;
    const struct head *kept = &origin->kept.head;
    struct hl_hash root;
    switch (last_word(engine, author)) {
    case WORD_NONE:
    case WORD_SETTLED:
        return true;
    case WORD_FOREIGN:
        return false;
    case WORD_BINDS:
        break;
    }
    /* The same again by a newer key: then it counts for that one. */
    bool further = spoke_by_this_key(engine, author) ? kept->size < head->size
                                                     : kept->size <= head->size;
    return further && kept->size <= origin->held.size &&
           tree_root(engine, author, kept->size, &root) == HL_OK &&
           hash_equal(&root, &kept->root);
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

/* The charter that holds counts no word of the key outside its time. */
static bool key_is_in_force(const struct engine *engine, int64_t time_s)
{
    const struct charter_node *us = engine->self->node;
    bool is = false;
    for (size_t k = 0; k < us->key_count; k++) {
        const struct charter_key *key = &us->keys[k];
        is = is || (key->purpose == CHARTER_MIRROR &&
                    vkey_equal(&key->vkey, mirror_key(engine)) &&
                    key->from_s <= time_s && time_s < key->until_s);
    }
    return is;
}

/* Where a charter has cut the journal, the words of one key can contradict: by
 * their times it can be told which came after the cut. So they never go back.
 */
static int64_t time_to_say(struct engine *engine, const struct member *author)
{
    int64_t time_s = wall_seconds(engine->wall);
    if (time_s < 1) {
        return time_s;
    }
    int64_t last_s = word_time(engine, &author->origin.kept_note);
    int64_t soonest_s =
        last_word(engine, author) == WORD_SETTLED ? last_s + 1 : last_s;
    return time_s < soonest_s ? soonest_s : time_s;
}

static void cosign(struct engine *engine, struct member *author)
{
    struct origin *origin = &author->origin;
    struct note note = {0};
    struct signed_head kept = {.head = origin->candidate.head};
    int64_t time_s = time_to_say(engine, author);
    writer_bytes(&kept.raw, writer_view(&origin->candidate.raw));
    if (time_s > 0 && key_is_in_force(engine, time_s) &&
        note_parse(writer_view(&origin->candidate.raw), &note, NULL) == HL_OK &&
        note_line_of(&note, mirror_key(engine)) == NULL &&
        is_of_this_epoch(author, &note) &&
        cosignature_sign(note.text, engine->mirror, time_s, &kept.raw) ==
            HL_OK) {
        origin->keeping = true;
        store_note(engine, author, ENGINE_NOTE_KEPT, &kept);
    }
    note_fini(&note);
    signed_head_clear(&kept);
}

/* Whether our word under that note is none that this store knows: beyond our
 * last one, and not older, as words are that a charter has cut. (A cosignature
 * covers the text alone: any author's line may be put beside it later.) */
static bool is_forgotten(struct engine *engine, const struct member *author,
                         const struct note *note, uint64_t size)
{
    const struct signed_head *kept = &author->origin.kept;
    if (!spoke_by_this_key(engine, author)) {
        return word_time(engine, note) > 0;
    }
    int64_t time_s = word_time(engine, note);
    return size > kept->head.size && time_s > 0 &&
           time_s >= word_time(engine, &author->origin.kept_note);
}

/* A store that was set back has forgotten words of ours that partners have:
 * this key says nothing more. */
void keep_look_at(struct engine *engine, const struct member *author,
                  const struct note *note, uint64_t size)
{
    if (engine->mirror == NULL || author == engine->self ||
        note_line_of(note, mirror_key(engine)) == NULL ||
        !kept_under(engine, engine->charter, author) ||
        !is_forgotten(engine, author, note, size)) {
        return;
    }
    engine->mirror = NULL;
    engine_report(engine, ENGINE_REPORT_MIRROR, author, HL_EMARK, size,
                  "a partner has a cosignature of ours that this store has "
                  "not: it was set back, and a new mirror key is needed");
}

void keep_try(struct engine *engine, struct member *author)
{
    struct origin *origin = &author->origin;
    const struct head *head = &origin->candidate.head;
    struct hl_hash root;
    if (!signed_head_is(&origin->candidate) || !is_keeper(engine, author) ||
        head->size > origin->held.size || origin->keeping || origin->cutting ||
        tree_root(engine, author, head->size, &root) != HL_OK) {
        return;
    }
    if (!hash_equal(&root, &head->root)) {
        fault_note(engine, author, &origin->candidate);
        return;
    }
    if (!origin->candidate_followed || !may_follow(engine, author, head)) {
        return;
    }
    if (!has_begun(engine, author) && !may_begin(engine, author)) {
        return; /* keep_beat() asks */
    }
    cosign(engine, author);
}

bool keep_asks(const struct engine *engine, const struct member *author)
{
    struct head base;
    return kept_under(engine, engine->charter, author) &&
           !has_begun(engine, author) && !knows_base(engine, author, &base);
}

void keep_beat(struct engine *engine, struct member *author)
{
    keep_try(engine, author);
    if (keep_asks(engine, author)) {
        ask_former(engine, author);
    }
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
    if (stream != NULL && last_word(engine, author) == WORD_BINDS &&
        author->origin.evidence == NULL) {
        tell(engine, stream, author, &author->origin.kept);
    }
}

/* Whether the note has our line. */
static bool has_our_line(const struct engine *engine, struct bytes raw)
{
    struct note note = {0};
    bool has = note_parse(raw, &note, NULL) == HL_OK &&
               note_line_of(&note, mirror_key(engine)) != NULL;
    note_fini(&note);
    return has;
}

void keep_remind(struct engine *engine, struct stream *stream,
                 struct member *author, struct bytes raw)
{
    const struct origin *origin = &author->origin;
    struct head head;
    if (stream->member != author || !judge_reads(raw, &head)) {
        return;
    }
    if (engine->mirror != NULL && head_equal(&head, &origin->kept.head)) {
        if (!has_our_line(engine, raw)) {
            keep_tell(engine, author);
        }
    } else if (signed_head_is(&origin->candidate) &&
               head_equal(&head, &origin->candidate.head) &&
               writer_view(&origin->candidate.raw).size > raw.size) {
        tell(engine, stream, author, &origin->candidate);
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
    if (!keep_vouches(engine, author)) {
        return; /* it is asked again; and we ask at the heartbeat */
    }
    const struct origin *origin = &author->origin;
    bool binds = last_word(engine, author) == WORD_BINDS;
    const struct signed_head *longest =
        binds && origin->kept.head.size >= origin->former_base.head.size
            ? &origin->kept
            : &origin->former_base;
    struct sync_message message = {
        .kind = SYNC_KEPT,
        .kept = {.origin = bytes_of_text(author->name),
                 .charter_version = engine->charter->version,
                 .charter_hash = engine->charter->hash,
                 .checkpoint = scratch_copy(&engine->scratch,
                                            writer_view(&longest->raw))}};
    stream_send(engine, stream, &message);
}

/* An answer for a keeper that is new to the journal. */
static void take_former(struct engine *engine, struct member *author,
                        const struct member *keeper, const struct head *shown,
                        struct bytes raw)
{
    struct origin *origin = &author->origin;
    const struct charter_node *node = former_node(engine, author);
    for (size_t i = 0; node != NULL && i < node->keeper_count; i++) {
        if (bytes_equal_text(bytes_of_text(node->keepers[i]), keeper->id)) {
            origin->former_answers |= 1u << i;
            if (shown->size > origin->former_base.head.size) {
                signed_head_set(&origin->former_base, shown, raw);
            }
            keep_try(engine, author);
            return;
        }
    }
}

/* Whether the note is the keeper's own word: then it held the entries. */
static bool is_word_of(const struct member *keeper, const struct judged *judged)
{
    const struct charter_node *author = judged->judgement.author;
    bool is = false;
    for (size_t i = 0; i < author->keeper_count; i++) {
        is = is || (strcmp(author->keepers[i], keeper->id) == 0 &&
                    judged->judgement.keeper_time_s[i] != 0);
    }
    return is;
}

/* One whose note the charter here cannot judge is heard when that has changed:
 * it is no word that there is nothing. */
void keep_received(struct engine *engine, struct stream *stream,
                   const struct sync_kept *kept)
{
    struct member *author = member_of_origin(engine, kept->origin);
    struct member *keeper = stream->member;
    struct head shown = head_empty();
    struct judged judged = {0};
    bool word = false;
    hl_err err = HL_OK;
    if (author == NULL) {
        return;
    }
    if (kept->checkpoint.size > 0) {
        err = judge_note(engine, stream, author, kept->checkpoint, &judged);
        if (err == HL_EPEER) {
            return;
        }
    }
    if (err == HL_OK && judged.raw.size > 0) {
        shown = judged.judgement.checkpoint.head;
        word = is_word_of(keeper, &judged);
    }
    if (err == HL_OK && author == engine->self) {
        own_answered(engine, keeper, &shown, judged.raw, word);
    } else if (err == HL_OK &&
               hash_equal(&kept->charter_hash, &engine->charter->hash)) {
        take_former(engine, author, keeper, &shown, judged.raw);
    }
    engine_stream id = stream->id;
    if (judged.raw.size > 0) {
        have_kept(engine, stream, author, &shown, judged.raw);
    }
    if (stream_find(engine, id) != NULL) {
        have_sealed(engine, stream, author, kept->checkpoint);
    }
}

void keep_charter_changed(struct engine *engine)
{
    for (size_t i = 0; i < engine->member_count; i++) {
        struct member *author = engine->members[i];
        author->origin.former_answers = 0;
        signed_head_clear(&author->origin.former_base);
        keep_try(engine, author);
    }
}
