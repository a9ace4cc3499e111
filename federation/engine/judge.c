/* SPDX-License-Identifier: Apache-2.0 */
#include "federation/engine/engine_inside.h"
#include "protocol/note/cosignature.h"

/* Notes that come from peers: what a charter makes of them, and what of them is
 * kept and passed on. */

/* Errors that say: the note is good for other charters than ours. */
static bool is_charters_matter(hl_err err)
{
    return err == HL_ENOKEY || err == HL_EENDED || err == HL_EUNKNOWNNODE ||
           err == HL_EPROOF || err == HL_ECRYPTO || err == HL_EAMBIGUOUS;
}

/* --- What is passed on. -------------------------------------------------- */

/* Only lines that were verified here: who gets it under a newer charter may
 * know keys that we do not, and would hold a false line against us. */

static void keep_line(const struct note *note, const struct vkey *key,
                      struct writer *out)
{
    const struct note_signature *line = note_line_of(note, key);
    if (line != NULL) {
        note_add_line(key, line->payload, out);
    }
}

static void keep_mirror_lines(const struct charter_node *node,
                              const struct note *note, struct writer *out)
{
    for (size_t k = 0; k < node->key_count; k++) {
        if (node->keys[k].purpose == CHARTER_MIRROR) {
            keep_line(note, &node->keys[k].vkey, out);
        }
    }
}

/* The author's own lines; one by SM2 that fails is a finding of its own. */
static void keep_author_lines(const struct charter_node *author, uint64_t size,
                              const struct note *note, struct writer *out)
{
    for (size_t k = 0; k < author->journal_key_count; k++) {
        if (charter_accepts(author, k, size)) {
            keep_line(note, &author->journal_keys[k].vkey, out);
        }
    }
    for (size_t k = 0; k < author->key_count; k++) {
        if (author->keys[k].purpose == CHARTER_SM2) {
            keep_line(note, &author->keys[k].vkey, out);
        }
    }
}

/* When the author said that this is his newest; 0: he did not, or by a line
 * that does not verify. */
static int64_t author_time_s(const struct engine *engine,
                             const struct charter_node *author,
                             const struct note *note)
{
    int64_t newest = 0;
    for (size_t k = 0; k < author->key_count; k++) {
        const struct charter_key *key = &author->keys[k];
        int64_t time_s = 0;
        struct cosignature_verdict verdict = {.time_s = &time_s};
        if (key->purpose != CHARTER_MIRROR) {
            continue;
        }
        if (cosignature_verify(note, engine->verifier, &key->vkey, 1, &verdict,
                               NULL) != HL_OK) {
            return 0;
        }
        if (heartbeat_is_time(engine, wall_from_seconds(time_s))) {
            newest = time_s > newest ? time_s : newest;
        }
    }
    return newest;
}

static void clean(struct engine *engine, const struct charter *charter,
                  const struct note *note, struct judged *judged)
{
    const struct charter_judgement *judgement = &judged->judgement;
    const struct charter_node *author = judgement->author;
    int64_t time_s = author_time_s(engine, author, note);
    struct writer out = {0};
    judged->as_of = wall_from_seconds(time_s);
    note_begin(note->text, &out);
    keep_author_lines(author, judgement->checkpoint.head.size, note, &out);
    if (time_s > 0) {
        keep_mirror_lines(author, note, &out);
    }
    for (size_t i = 0; i < author->keeper_count; i++) {
        keep_mirror_lines(
            charter_find_node(charter, bytes_of_text(author->keepers[i])), note,
            &out);
    }
    judged->raw = scratch_copy(&engine->scratch, writer_view(&out));
    writer_fini(&out);
}

/* --- Judging. ------------------------------------------------------------ */

hl_err judge_note(struct engine *engine, struct stream *stream,
                  const struct member *member, struct bytes raw,
                  struct judged *out)
{
    struct hl_detail detail = {0};
    struct note note = {0};
    if (raw.size > NOTE_MAX_BYTES) {
        return HL_ELIMIT; /* whoever passed it on may not have padded it */
    }
    hl_err err = note_parse(raw, &note, &detail);
    if (err == HL_OK) {
        err = charter_judge_checkpoint(engine->charter, &note, engine->verifier,
                                       &out->judgement, &detail);
    }
    if (err == HL_OK && out->judgement.author != member->node) {
        err = hl_fail(&detail, HL_EMALFORMED, "a note of another journal");
    }
    if (err == HL_OK) {
        clean(engine, engine->charter, &note, out);
        keep_look_at(engine, member, &note,
                     out->judgement.checkpoint.head.size);
    }
    note_fini(&note);
    if (err == HL_OK || is_charters_matter(err) || stream == NULL) {
        return err;
    }
    peer_fault(engine, stream, err, detail.text);
    return HL_EPEER;
}

static bool is_sealed_under(struct engine *engine,
                            const struct charter *charter,
                            const struct note *note, struct judged *out)
{
    bool sealed = charter_judge_checkpoint(charter, note, engine->verifier,
                                           &out->judgement, NULL) == HL_OK &&
                  out->judgement.sealed;
    if (sealed) {
        clean(engine, charter, note, out);
    }
    return sealed;
}

/* What a quorum of keepers cosigned stays sealed under every later charter, and
 * where two contest, under both: so it does not matter which came first. To try
 * them all is work that a peer may ask for so often, and no more. */
bool judge_sealed(struct engine *engine, struct stream *stream,
                  struct bytes raw, struct judged *out)
{
    struct note note = {0};
    if (raw.size > NOTE_MAX_BYTES || note_parse(raw, &note, NULL) != HL_OK) {
        note_fini(&note);
        return false;
    }
    bool sealed = is_sealed_under(engine, engine->charter, &note, out);
    bool tries = !sealed && engine->charter_count > 1 &&
                 (stream == NULL || stream_may_ask(engine, stream));
    for (size_t i = tries ? engine->charter_count : 0; i > 0 && !sealed; i--) {
        const struct kept_charter *kept = engine->charters[i - 1];
        sealed = kept->signed_over && &kept->charter != engine->charter &&
                 is_sealed_under(engine, &kept->charter, &note, out);
    }
    note_fini(&note);
    return sealed;
}

/* The head that a note is over, as it says. */
bool judge_reads(struct bytes raw, struct head *out)
{
    struct note note = {0};
    struct checkpoint checkpoint;
    bool reads = note_parse(raw, &note, NULL) == HL_OK &&
                 checkpoint_parse(note.text, &checkpoint, NULL) == HL_OK;
    note_fini(&note);
    if (reads) {
        *out = checkpoint.head;
    }
    return reads;
}

bool judge_accepts(const struct engine *engine, struct bytes raw)
{
    struct note note = {0};
    struct charter_judgement judgement;
    bool accepted =
        note_parse(raw, &note, NULL) == HL_OK &&
        charter_judge_checkpoint(engine->charter, &note, engine->verifier,
                                 &judgement, NULL) == HL_OK;
    note_fini(&note);
    return accepted;
}
