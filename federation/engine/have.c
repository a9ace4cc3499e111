/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "federation/engine/engine_inside.h"

/* What a peer says of an origin. Notes are signed, whoever brings them; claims
 * are not, and only make us ask. */

/* --- Checkpoints. -------------------------------------------------------- */

/* Of the very head that we hold whole: with a newer line of its author? */
static void take_newer_line(struct engine *engine, struct member *member,
                            const struct judged *judged)
{
    struct origin *origin = &member->origin;
    if (judged->as_of.ms > origin->as_of.ms) {
        origin->as_of = judged->as_of;
        signed_head_set(&origin->whole, &origin->whole.head, judged->raw);
        origin->whole_number++;
        push_origin(engine, member);
    }
}

static void take_hint(struct origin *origin, struct member *from, uint64_t size)
{
    if (size > origin->hint_size || origin->hint == NULL ||
        origin->hint == from) {
        origin->hint = from;
        origin->hint_size = size;
    }
}

void have_larger(struct engine *engine, struct stream *stream,
                 struct member *member, const struct head *head,
                 struct bytes raw)
{
    struct origin *origin = &member->origin;
    if (origin->upstream == stream) {
        if (head->size > origin->upstream_size) {
            origin->upstream_size = head->size;
        }
        return;
    }
    take_hint(origin, stream->member, head->size);
    if (head->size == origin->newest.head.size) {
        fault_head(engine, stream, member, head, raw, NULL);
    }
}

static void on_checkpoint(struct engine *engine, struct stream *stream,
                          struct member *member, struct bytes raw)
{
    struct origin *origin = &member->origin;
    struct judged judged;
    struct hl_hash root;
    if (raw.size == 0 || bytes_equal(raw, writer_view(&origin->whole.raw)) ||
        judge_note(engine, stream, member, raw, &judged) != HL_OK) {
        return;
    }
    if (stream->member == member && judged.as_of.ms > 0) {
        origin->heard = judged.as_of;
        origin->heard_at = engine->mono;
    }
    const struct head *head = &judged.judgement.checkpoint.head;
    if (head->size > origin->held.size) {
        have_larger(engine, stream, member, head, raw);
    } else if (head_equal(head, &origin->whole.head)) {
        take_newer_line(engine, member, &judged);
    } else if (tree_root(engine, member, head->size, &root) == HL_OK &&
               !hash_equal(&root, &head->root)) {
        fault_head(engine, stream, member, head, raw, NULL);
        if (standing_is_set_aside(engine, member)) {
            standing_give_way(engine, member, head);
        }
    }
}

/* --- Candidates. --------------------------------------------------------- */

/* Who may say what the candidate is. Where the journal is followed, the author
 * or who passes on his word: a keeper cosigns what comes from there alone. Else
 * anybody could have keepers cosign what the author did not mark, one keeper
 * this and one that, and nothing would be sealed. What others show is kept for
 * the lines under it, as long as none of the author's is open. Stream NULL: it
 * came as a keeper's word. */
static bool may_name(const struct origin *origin, const struct stream *stream,
                     const struct member *author, const struct head *head)
{
    bool larger = head->size > origin->candidate.head.size;
    bool open = origin->candidate_followed &&
                origin->candidate.head.size > origin->sealed.head.size;
    bool followed = stream != NULL && origin->upstream == stream;
    return followed ? larger || stream->member == author ||
                          !origin->candidate_followed
                    : larger && !open;
}

static void name(struct origin *origin, const struct stream *stream,
                 const struct judged *judged)
{
    signed_head_set(&origin->candidate, &judged->judgement.checkpoint.head,
                    judged->raw);
    origin->candidate_followed = origin->upstream == stream;
    origin->candidate_number++;
}

static void on_candidate(struct engine *engine, struct stream *stream,
                         struct member *member, struct bytes raw)
{
    struct origin *origin = &member->origin;
    struct judged judged;
    bool known = bytes_equal(raw, writer_view(&origin->candidate.raw));
    if (raw.size > 0) {
        keep_remind(engine, stream, member, raw);
    }
    if (raw.size == 0 ||
        (known && (origin->candidate_followed || origin->upstream != stream))) {
        return;
    }
    if (judge_note(engine, stream, member, raw, &judged) != HL_OK) {
        return;
    }
    const struct head *head = &judged.judgement.checkpoint.head;
    if (head_equal(head, &origin->candidate.head) &&
        signed_head_is(&origin->candidate)) {
        bool followed =
            origin->candidate_followed || origin->upstream == stream;
        bool news = seal_merge(engine, member, &origin->candidate, judged.raw);
        origin->candidate_number +=
            news || followed != origin->candidate_followed;
        origin->candidate_followed = followed;
        if (news) {
            keep_pass_on(engine, member, stream);
        }
    } else if (may_name(origin, stream, member, head)) {
        name(origin, stream, &judged);
    }
    push_origin(engine, member);
    keep_try(engine, member);
}

/* --- Sealed. ------------------------------------------------------------- */

void have_sealed(struct engine *engine, struct stream *stream,
                 struct member *member, struct bytes raw)
{
    struct origin *origin = &member->origin;
    struct judged judged;
    struct hl_hash root;
    struct head head;
    if (raw.size == 0 || !judge_reads(raw, &head) ||
        head_equal(&head, &origin->sealed.head) ||
        head_equal(&head, &origin->sealed_ahead.head) ||
        !judge_sealed(engine, stream, raw, &judged) ||
        strcmp(judged.judgement.checkpoint.origin, member->name) != 0) {
        return; /* known, or no such thing */
    }
    raw = judged.raw;
    if (head.size > 0 && head.size <= origin->sealed.head.size &&
        origin->sealed.head.size <= origin->held.size) {
        fault_sealed(engine, member, &head, raw);
        return;
    }
    if (head.size <= origin->sealed.head.size ||
        head.size <= origin->sealed_ahead.head.size) {
        return;
    }
    if (head.size > origin->held.size || origin->cutting) {
        signed_head_set(&origin->sealed_ahead, &head, raw);
        standing_settle(engine, member);
        return;
    }
    if (tree_root(engine, member, head.size, &root) != HL_OK) {
        return;
    }
    if (!hash_equal(&root, &head.root)) {
        /* Ours is the other branch. */
        signed_head_set(&origin->sealed_ahead, &head, raw);
        if (origin->standing == ENGINE_ORIGIN_GOOD && stream != NULL) {
            fault_head(engine, stream, member, &head, raw, NULL);
        }
        standing_settle(engine, member);
        return;
    }
    struct signed_head sealed = {0};
    signed_head_set(&sealed, &head, raw);
    seal_store(engine, member, &sealed);
    signed_head_clear(&sealed);
}

void have_kept(struct engine *engine, struct stream *stream,
               struct member *member, const struct head *head, struct bytes raw)
{
    struct origin *origin = &member->origin;
    if (member == engine->self || head->size == 0) {
        return;
    }
    if (head_equal(head, &origin->candidate.head)) {
        (void)seal_merge(engine, member, &origin->candidate, raw);
    } else if (may_name(origin, NULL, member, head)) {
        signed_head_set(&origin->candidate, head, raw);
        origin->candidate_followed = false;
    } else {
        return;
    }
    have_sealed(engine, stream, member, writer_view(&origin->candidate.raw));
}

/* --- Claims and digests. ------------------------------------------------- */

static void on_claim(struct engine *engine, struct stream *stream,
                     struct member *member, const struct head *claim)
{
    struct origin *origin = &member->origin;
    struct hl_hash root;
    if (claim->size > origin->held.size) {
        /* Where we follow it counts only what its author signed. */
        if (stream != origin->upstream ||
            is_due(engine, after_ms(origin->progress_at, STALL_MS))) {
            fault_ask(engine, stream, member, origin->held.size, 0);
        }
    } else if (claim->size > 0 &&
               tree_root(engine, member, claim->size, &root) == HL_OK &&
               !hash_equal(&root, &claim->root)) {
        fault_ask(engine, stream, member, claim->size, 0);
    }
}

void have_received(struct engine *engine, struct stream *stream,
                   const struct sync_have *have)
{
    struct member *member = member_of_origin(engine, have->origin);
    if (member == NULL) {
        return; /* of a newer charter than ours */
    }
    if (member == engine->self) {
        own_compare(engine, stream, have);
        return;
    }
    /* Each of these may end the stream. */
    engine_stream id = stream->id;
    on_checkpoint(engine, stream, member, have->checkpoint);
    if (stream_find(engine, id) != NULL) {
        on_candidate(engine, stream, member, have->candidate);
    }
    if (stream_find(engine, id) != NULL) {
        have_sealed(engine, stream, member, have->sealed);
    }
    if (stream_find(engine, id) != NULL && have->has_digest) {
        digest_compare(engine, stream, member, &have->digest);
    }
    if (stream_find(engine, id) != NULL && have->has_claim) {
        on_claim(engine, stream, member, &have->claim);
    }
}

/* What was beyond what we hold may be within it now. */
void have_new_size(struct engine *engine, struct member *member)
{
    struct origin *origin = &member->origin;
    if (signed_head_is(&origin->sealed_ahead) &&
        origin->sealed_ahead.head.size <= origin->held.size) {
        struct signed_head ahead = origin->sealed_ahead;
        struct hl_hash root;
        origin->sealed_ahead = (struct signed_head){.head = head_empty()};
        if (tree_root(engine, member, ahead.head.size, &root) == HL_OK &&
            hash_equal(&root, &ahead.head.root)) {
            seal_store(engine, member, &ahead);
            signed_head_clear(&ahead);
        } else {
            origin->sealed_ahead = ahead; /* ours is another branch */
            fault_note(engine, member, &ahead);
        }
    }
    standing_settle(engine, member);
    keep_try(engine, member);
}
