/* SPDX-License-Identifier: Apache-2.0 */
#include "federation/engine/engine_inside.h"
#include "protocol/note/cosignature.h"

/* What a peer says of an origin. Notes are signed, whoever brings them; claims
 * are not, and only make us ask. */

/* Errors that say: the note is good for other charters than ours. */
static bool is_charters_matter(hl_err err)
{
    return err == HL_ENOKEY || err == HL_EENDED || err == HL_EUNKNOWNNODE ||
           err == HL_EPROOF || err == HL_ECRYPTO || err == HL_EAMBIGUOUS;
}

hl_err have_judge(struct engine *engine, struct stream *stream,
                  const struct member *member, struct bytes raw,
                  struct charter_judgement *out)
{
    struct hl_detail detail = {0};
    struct note note = {0};
    if (raw.size > NOTE_MAX_BYTES) {
        return HL_ELIMIT; /* whoever passed it on may not have padded it */
    }
    hl_err err = note_parse(raw, &note, &detail);
    if (err == HL_OK) {
        err = charter_judge_checkpoint(engine->charter, &note, engine->verifier,
                                       out, &detail);
    }
    if (err == HL_OK && out->author != member->node) {
        err = hl_fail(&detail, HL_EMALFORMED, "a note of another journal");
    }
    note_fini(&note);
    if (err == HL_OK || is_charters_matter(err)) {
        return err;
    }
    peer_fault(engine, stream, err, detail.text);
    return HL_EPEER;
}

/* --- The author's own line: "as of". ------------------------------------- */

static struct hl_wall as_of(const struct engine *engine,
                            const struct member *member, struct bytes raw)
{
    struct note note = {0};
    int64_t newest = 0;
    if (member->node == NULL || note_parse(raw, &note, NULL) != HL_OK) {
        return (struct hl_wall){0};
    }
    for (size_t k = 0; k < member->node->key_count; k++) {
        const struct charter_key *key = &member->node->keys[k];
        int64_t time_s = 0;
        struct cosignature_verdict verdict = {.time_s = &time_s};
        if (key->purpose == CHARTER_MIRROR &&
            cosignature_verify(&note, engine->verifier, &key->vkey, 1, &verdict,
                               NULL) == HL_OK &&
            time_s > newest) {
            newest = time_s;
        }
    }
    note_fini(&note);
    return wall_from_seconds(newest);
}

/* --- Checkpoints. -------------------------------------------------------- */

/* Of the very head that we hold whole: with a newer line of its author? */
static void take_newer_line(struct engine *engine, struct member *member,
                            struct bytes raw)
{
    struct origin *origin = &member->origin;
    struct hl_wall time = as_of(engine, member, raw);
    if (time.ms > origin->as_of.ms) {
        origin->as_of = time;
        signed_head_set(&origin->whole, &origin->whole.head, raw);
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
    struct charter_judgement judgement;
    struct hl_hash root;
    if (raw.size == 0 || bytes_equal(raw, writer_view(&origin->whole.raw)) ||
        have_judge(engine, stream, member, raw, &judgement) != HL_OK) {
        return;
    }
    const struct head *head = &judgement.checkpoint.head;
    if (head->size > origin->held.size) {
        have_larger(engine, stream, member, head, raw);
    } else if (head_equal(head, &origin->whole.head)) {
        take_newer_line(engine, member, raw);
    } else if (tree_root(engine, member, head->size, &root) == HL_OK &&
               !hash_equal(&root, &head->root)) {
        fault_head(engine, stream, member, head, raw, NULL);
    }
}

/* --- Candidates. --------------------------------------------------------- */

static void on_candidate(struct engine *engine, struct stream *stream,
                         struct member *member, struct bytes raw)
{
    struct origin *origin = &member->origin;
    struct charter_judgement judgement;
    if (raw.size == 0 ||
        bytes_equal(raw, writer_view(&origin->candidate.raw)) ||
        have_judge(engine, stream, member, raw, &judgement) != HL_OK) {
        return;
    }
    const struct head *head = &judgement.checkpoint.head;
    if (head_equal(head, &origin->candidate.head) &&
        signed_head_is(&origin->candidate)) {
        if (seal_merge(engine, member, &origin->candidate, raw)) {
            origin->candidate_number++;
            push_origin(engine, member);
            keep_pass_on(engine, member, stream);
        }
    } else if (head->size > origin->candidate.head.size ||
               (origin->upstream == stream && stream->member == member)) {
        signed_head_set(&origin->candidate, head, raw);
        origin->candidate_number++;
        push_origin(engine, member);
        keep_try(engine, member);
    }
}

/* --- Sealed. ------------------------------------------------------------- */

/* What a quorum of keepers cosigned stays sealed under every later charter;
 * one that does not hold, and never did, seals nothing. */
static bool is_sealed(struct engine *engine, struct bytes raw,
                      struct charter_judgement *out)
{
    struct note note = {0};
    bool sealed = false;
    if (note_parse(raw, &note, NULL) != HL_OK) {
        return false;
    }
    for (const struct charter *charter = engine->charter;
         charter != NULL && !sealed;
         charter = charters_before(engine, charter)) {
        struct charter_judgement judgement;
        if (charter_judge_checkpoint(charter, &note, engine->verifier,
                                     &judgement, NULL) == HL_OK &&
            judgement.sealed) {
            *out = judgement;
            sealed = true;
        }
    }
    note_fini(&note);
    return sealed;
}

void have_sealed(struct engine *engine, struct stream *stream,
                 struct member *member, struct bytes raw)
{
    struct origin *origin = &member->origin;
    struct charter_judgement judgement;
    struct hl_hash root;
    if (raw.size == 0 || raw.size > NOTE_MAX_BYTES ||
        bytes_equal(raw, writer_view(&origin->sealed.raw)) ||
        bytes_equal(raw, writer_view(&origin->sealed_ahead.raw)) ||
        !is_sealed(engine, raw, &judgement)) {
        return;
    }
    struct head head = judgement.checkpoint.head;
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
        if (origin->standing == ENGINE_ORIGIN_GOOD) {
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
    if (!signed_head_is(&origin->candidate) ||
        head->size > origin->candidate.head.size) {
        signed_head_set(&origin->candidate, head, raw);
    } else if (head_equal(head, &origin->candidate.head)) {
        (void)seal_merge(engine, member, &origin->candidate, raw);
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
