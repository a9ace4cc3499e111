/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "federation/engine/engine_inside.h"
#include "protocol/base/alloc.h"
#include "protocol/tree/span.h"

/* Contradictions, and who is at fault (protocol/tree/fork.h decides). */

/* --- The store's tree. --------------------------------------------------- */

struct tree_context {
    const struct engine_tree *tree;
    const char *origin;
};

static hl_err read_hash(void *context, uint64_t level, uint64_t index,
                        struct hl_hash *out)
{
    const struct tree_context *of = context;
    return of->tree->read(of->tree->context, bytes_of_text(of->origin), level,
                          index, out);
}

struct hash_source tree_source(struct engine *engine,
                               const struct member *member)
{
    struct tree_context *context =
        scratch_alloc(&engine->scratch, sizeof(*context));
    *context =
        (struct tree_context){.tree = &engine->tree, .origin = member->name};
    return (struct hash_source){.context = context, .read = read_hash};
}

hl_err tree_root(struct engine *engine, const struct member *member,
                 uint64_t size, struct hl_hash *root)
{
    const struct origin *origin = &member->origin;
    struct hash_source source = tree_source(engine, member);
    if (signed_head_is(&origin->whole) && size == origin->whole.head.size) {
        *root = origin->whole.head.root; /* is asked for most */
        return HL_OK;
    }
    return prove_root(&source, size, root);
}

/* --- Evidence. ----------------------------------------------------------- */

/* The author's key whose line the note has. */
static const struct vkey *author_key(const struct member *member,
                                     const struct note *note, uint64_t size)
{
    for (size_t k = 0; k < member->node->journal_key_count; k++) {
        const struct vkey *key = &member->node->journal_keys[k].vkey;
        if (charter_accepts(member->node, k, size) &&
            note_line_of(note, key) != NULL) {
            return key;
        }
    }
    return NULL;
}

/* A mirror key of that keeper whose line both notes have. */
static const struct vkey *common_key(const struct member *keeper,
                                     const struct note *notes)
{
    for (size_t k = 0; keeper->node != NULL && k < keeper->node->key_count;
         k++) {
        const struct charter_key *key = &keeper->node->keys[k];
        if (key->purpose == CHARTER_MIRROR &&
            note_line_of(&notes[0], &key->vkey) != NULL &&
            note_line_of(&notes[1], &key->vkey) != NULL) {
            return &key->vkey;
        }
    }
    return NULL;
}

/* Two sides of a fork, with the notes over their heads. */
struct dispute {
    struct member *member;
    const struct fork *fork;
    struct note notes[2];
    struct bytes raw[2];
};

static bool accuse(struct engine *engine, const struct dispute *dispute,
                   enum evidence_accused whom, struct member *accused,
                   const struct vkey *const keys[2])
{
    struct evidence evidence = {.accused = whom, .at = dispute->fork->at};
    struct writer raw = {0};
    memcpy(evidence.name, keys[0]->name, sizeof(evidence.name));
    memcpy(evidence.origin, dispute->member->name, sizeof(evidence.origin));
    for (size_t i = 0; i < 2; i++) {
        const struct fork_branch *branch = &dispute->fork->branches[i];
        evidence.branches[i] = (struct evidence_branch){
            .key = *keys[i],
            .root_at = branch->root_at,
            .proof = branch->proof,
            .note = dispute->raw[i],
        };
    }
    bool proven = evidence_verify(&evidence, engine->verifier, NULL) == HL_OK &&
                  evidence_accused(engine, &evidence) == accused;
    if (proven) {
        evidence_write(&evidence, &raw);
        evidence_take(engine, accused, writer_view(&raw), whom);
    }
    writer_fini(&raw);
    return proven;
}

static void accuse_author(struct engine *engine, const struct dispute *dispute)
{
    struct member *member = dispute->member;
    const struct vkey *keys[2];
    for (size_t i = 0; i < 2; i++) {
        keys[i] = author_key(member, &dispute->notes[i],
                             dispute->fork->branches[i].head.size);
    }
    if (keys[0] != NULL && keys[1] != NULL &&
        !evidence_is_known(engine, member, EVIDENCE_AUTHOR)) {
        (void)accuse(engine, dispute, EVIDENCE_AUTHOR, member, keys);
    }
}

static bool accuse_keepers(struct engine *engine, const struct dispute *dispute)
{
    bool any = false;
    for (size_t i = 0; i < engine->member_count; i++) {
        struct member *keeper = engine->members[i];
        const struct vkey *key = common_key(keeper, dispute->notes);
        if (key != NULL &&
            !evidence_is_known(engine, keeper, EVIDENCE_COSIGNER)) {
            const struct vkey *keys[2] = {key, key};
            any =
                accuse(engine, dispute, EVIDENCE_COSIGNER, keeper, keys) || any;
        }
    }
    return any;
}

/* Whether a keeper was accused. */
static bool accuse_all(struct engine *engine, struct member *member,
                       const struct fork *fork, const struct bytes raw[2])
{
    struct dispute dispute = {.member = member, .fork = fork};
    bool read = true;
    bool keepers = false;
    for (size_t i = 0; i < 2; i++) {
        dispute.raw[i] = raw[i];
        read = note_parse(raw[i], &dispute.notes[i], NULL) == HL_OK && read;
    }
    if (read && member->node != NULL) {
        accuse_author(engine, &dispute);
        keepers = accuse_keepers(engine, &dispute);
    }
    note_fini(&dispute.notes[0]);
    note_fini(&dispute.notes[1]);
    return keepers;
}

/* --- Deciding. ----------------------------------------------------------- */

struct theirs {
    struct stream *stream; /* NULL: nobody to ask or to blame */
    struct bytes note;
    struct fork_theirs shown;
};

/* The note over that head: theirs, or one that we hold. */
static struct bytes note_over(const struct member *member,
                              const struct theirs *theirs,
                              const struct head *head)
{
    const struct origin *origin = &member->origin;
    if (head_equal(head, &theirs->shown.head)) {
        return theirs->note;
    }
    return writer_view(&origin->newest.raw);
}

static enum fault decide(struct engine *engine, struct member *member,
                         const struct theirs *theirs)
{
    struct origin *origin = &member->origin;
    struct hash_source source = tree_source(engine, member);
    struct fork_ours ours = {.size = origin->held.size,
                             .source = &source,
                             .head = origin->newest.head,
                             .end_proof = &origin->end_proof};
    struct fork_verdict verdict;
    if (fork_decide(&ours, &theirs->shown, &verdict) != HL_OK) {
        return FAULT_UNDECIDED; /* our store's trouble: nobody is accused */
    }
    switch (verdict.fault) {
    case FAULT_NONE:
        break;
    case FAULT_AUTHOR: {
        const struct fork *fork = &verdict.fork;
        struct bytes raw[2] = {
            note_over(member, theirs, &fork->branches[0].head),
            note_over(member, theirs, &fork->branches[1].head)};
        (void)accuse_all(engine, member, fork, raw);
        break;
    }
    case FAULT_PEER:
        if (theirs->stream != NULL) {
            peer_fault(engine, theirs->stream, HL_EPROOF,
                       "what it shows belongs to no tree that was signed");
        }
        break;
    case FAULT_UNDECIDED:
        if (theirs->stream != NULL) {
            fault_ask(engine, theirs->stream, member, verdict.ask.at,
                      verdict.ask.size);
        }
        break;
    }
    return verdict.fault;
}

void fault_segment(struct engine *engine, struct stream *stream,
                   struct member *member, const struct segment *segment,
                   const struct head *head)
{
    struct theirs theirs = {
        .stream = stream,
        .note = segment->checkpoint,
        .shown = {.head = *head, .start = &segment->start, .run_failed = true}};
    enum fault fault = decide(engine, member, &theirs);
    if (evidence_is_coming(engine, member)) {
        pull_stop(engine, member);
    } else if (fault == FAULT_AUTHOR) {
        standing_give_way(engine, member, head);
    }
}

void fault_head(struct engine *engine, struct stream *stream,
                struct member *member, const struct head *head,
                struct bytes note, const struct start_proof *start)
{
    struct theirs theirs = {.stream = stream,
                            .note = note,
                            .shown = {.head = *head, .start = start}};
    (void)decide(engine, member, &theirs);
}

void fault_note(struct engine *engine, struct member *member,
                const struct signed_head *note)
{
    fault_head(engine, NULL, member, &note->head, writer_view(&note->raw),
               NULL);
}

void fault_sealed(struct engine *engine, struct member *member,
                  const struct head *head, struct bytes note)
{
    const struct signed_head *sealed = &member->origin.sealed;
    struct hash_source source = tree_source(engine, member);
    struct fork fork = {
        .at = head->size,
        .branches = {{.head = *head, .root_at = head->root},
                     {.head = sealed->head}},
    };
    struct fork_branch *ours = &fork.branches[1];
    struct bytes raw[2] = {note, writer_view(&sealed->raw)};
    if (prove_root(&source, head->size, &ours->root_at) != HL_OK ||
        hash_equal(&ours->root_at, &head->root) ||
        prove_consistency(&source, head->size, sealed->head.size,
                          &ours->proof) != HL_OK) {
        return;
    }
    if (accuse_all(engine, member, &fork, raw)) {
        engine_report(engine, ENGINE_REPORT_SEALED_TWICE, member, HL_EFORK,
                      head->size, "two histories of it are sealed");
    }
}

/* --- Proofs. ------------------------------------------------------------- */

void fault_ask(struct engine *engine, struct stream *stream,
               const struct member *member, uint64_t at, uint64_t size)
{
    struct sync_message message = {
        .kind = SYNC_PROOF_WANT,
        .proof_want = {
            .origin = bytes_of_text(member->name), .at = at, .size = size}};
    stream_send(engine, stream, &message);
}

/* The note of that size (0: the longest whole one) that we can prove under. */
static const struct signed_head *note_of(const struct origin *origin,
                                         uint64_t size)
{
    const struct signed_head *notes[] = {&origin->whole, &origin->newest,
                                         &origin->sealed};
    for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
        if (signed_head_is(notes[i]) &&
            (size == 0 || notes[i]->head.size == size)) {
            return notes[i];
        }
    }
    return NULL;
}

static hl_err prove_start(struct engine *engine, const struct member *member,
                          uint64_t at, const struct head *head,
                          struct start_proof *out)
{
    const struct origin *origin = &member->origin;
    struct hash_source source = tree_source(engine, member);
    if (head->size <= origin->held.size) {
        return span_prove_start(&source, at, head->size, out);
    }
    struct prove_beyond beyond = {.source = &source,
                                  .held = origin->held.size,
                                  .size = head->size,
                                  .end_proof = &origin->end_proof};
    *out = (struct start_proof){.at = at};
    if (at == 0 || at > origin->held.size) {
        return HL_ENOTFOUND;
    }
    hl_err err = prove_root(&source, at, &out->root);
    return err == HL_OK ? prove_consistency_beyond(&beyond, at, &out->proof)
                        : err;
}

void fault_proof_want(struct engine *engine, struct stream *stream,
                      const struct sync_proof_want *want)
{
    struct member *member = member_of_origin(engine, want->origin);
    struct sync_message message = {.kind = SYNC_PROOF,
                                   .proof = {.origin = want->origin}};
    if (member == NULL ||
        (member == engine->self &&
         (stream->state != STREAM_LIVE || !own_may_show(engine)))) {
        return; /* of ours nothing leaves before it is compared */
    }
    const struct signed_head *note = note_of(&member->origin, want->size);
    message.proof.origin = bytes_of_text(member->name);
    if (note != NULL && want->at <= note->head.size &&
        prove_start(engine, member, want->at, &note->head,
                    &message.proof.start) == HL_OK) {
        message.proof.checkpoint =
            scratch_copy(&engine->scratch, writer_view(&note->raw));
    } else {
        message.proof.start = (struct start_proof){0};
    }
    stream_send(engine, stream, &message);
}

void fault_proof(struct engine *engine, struct stream *stream,
                 const struct sync_proof *proof)
{
    struct member *member = member_of_origin(engine, proof->origin);
    struct judged judged;
    if (member == NULL || proof->checkpoint.size == 0 ||
        judge_note(engine, stream, member, proof->checkpoint, &judged) !=
            HL_OK) {
        return;
    }
    struct head head = judged.judgement.checkpoint.head;
    engine_stream id = stream->id;
    if (member == engine->self) {
        own_proof(engine, stream, &head, judged.raw);
    } else if (head.size > member->origin.held.size) {
        have_larger(engine, stream, member, &head, judged.raw);
    }
    if (stream_find(engine, id) != NULL) {
        fault_head(engine, stream, member, &head, judged.raw, &proof->start);
    }
}

/* --- Evidence that comes. ------------------------------------------------ */

void fault_evidence(struct engine *engine, struct stream *stream,
                    struct bytes raw)
{
    struct evidence evidence;
    struct hl_detail detail = {0};
    hl_err err = evidence_parse(raw, &evidence, &detail);
    if (err == HL_OK) {
        err = evidence_verify(&evidence, engine->verifier, &detail);
    }
    if (err != HL_OK) {
        peer_fault(engine, stream, err, "its evidence proves nothing");
        return;
    }
    evidence_offer(engine, &evidence, raw);
}

void fault_ask_keepers(struct engine *engine, const struct member *accused)
{
    for (size_t i = 0; i < engine->stream_count; i++) {
        struct stream *stream = engine->streams[i];
        if (stream->state == STREAM_LIVE &&
            member_keeps(stream->member, accused)) {
            struct sync_message message = {
                .kind = SYNC_KEPT_WANT,
                .kept_want = {.origin = bytes_of_text(accused->name)}};
            stream_send(engine, stream, &message);
        }
    }
}
