/* SPDX-License-Identifier: Apache-2.0 */
#include "federation/engine/engine_inside.h"
#include "protocol/base/alloc.h"

/* All evidence that was ever accepted, on the disk and here: a few kB for each
 * accused in each epoch of keys. What a charter has settled counts no more;
 * where a rival sets that charter aside, it counts again. */

/* --- Telling. ------------------------------------------------------------ */

void evidence_send(struct engine *engine, struct stream *stream,
                   const struct kept_evidence *kept)
{
    if (kept == NULL) {
        return;
    }
    struct sync_message message = {
        .kind = SYNC_EVIDENCE, .evidence = {.raw = writer_view(&kept->raw)}};
    stream_send(engine, stream, &message);
}

static void tell_all(struct engine *engine, const struct kept_evidence *kept)
{
    for (size_t i = 0; i < engine->stream_count; i++) {
        if (engine->streams[i]->state == STREAM_LIVE) {
            evidence_send(engine, engine->streams[i], kept);
        }
    }
}

/* --- What counts. -------------------------------------------------------- */

/* Whether any charter here, also one that is set aside, may have had the keeper
 * follow from one history into another. */
static bool is_excused(const struct engine *engine,
                       const struct evidence *evidence)
{
    const struct charter_node *accused;
    bool excused = false;
    for (size_t i = 0; i < engine->charter_count && !excused; i++) {
        const struct kept_charter *kept = engine->charters[i];
        excused = kept->signed_over &&
                  charter_judge_evidence(&kept->charter, evidence, &accused,
                                         NULL) == HL_ESETTLED;
    }
    return excused;
}

struct member *evidence_accused(const struct engine *engine,
                                const struct evidence *evidence)
{
    const struct charter_node *accused;
    if (charter_judge_evidence(engine->charter, evidence, &accused, NULL) !=
            HL_OK ||
        (evidence->accused == EVIDENCE_COSIGNER &&
         is_excused(engine, evidence))) {
        return NULL;
    }
    return member_find(engine, bytes_of_text(accused->id));
}

static struct member *read_accused(const struct engine *engine,
                                   const struct kept_evidence *kept)
{
    struct evidence evidence;
    return evidence_parse(writer_view(&kept->raw), &evidence, NULL) == HL_OK
               ? evidence_accused(engine, &evidence)
               : NULL;
}

/* Found again, and told: partners may never have heard of it. */
static void tell_new(struct engine *engine, const struct kept_evidence *before,
                     const struct kept_evidence *now)
{
    if (engine->started && now != NULL && now != before) {
        tell_all(engine, now);
    }
}

static void choose(struct engine *engine)
{
    for (size_t i = 0; i < engine->member_count; i++) {
        engine->members[i]->origin.evidence = NULL;
        engine->members[i]->accusation = NULL;
    }
    for (size_t i = 0; i < engine->evidence_count; i++) {
        const struct kept_evidence *kept = engine->evidence[i];
        struct member *accused = read_accused(engine, kept);
        if (!kept->stored || accused == NULL) {
            continue;
        }
        const struct kept_evidence **counts = kept->whom == EVIDENCE_AUTHOR
                                                  ? &accused->origin.evidence
                                                  : &accused->accusation;
        *counts = *counts == NULL ? kept : *counts;
    }
}

void evidence_choose(struct engine *engine)
{
    size_t count = engine->member_count;
    const struct kept_evidence **before = scratch_alloc(
        &engine->scratch, (2 * count + 1) * sizeof(struct kept_evidence *));
    for (size_t i = 0; i < count; i++) {
        before[2 * i] = engine->members[i]->origin.evidence;
        before[2 * i + 1] = engine->members[i]->accusation;
    }
    choose(engine);
    for (size_t i = 0; i < count; i++) {
        tell_new(engine, before[2 * i], engine->members[i]->origin.evidence);
        tell_new(engine, before[2 * i + 1], engine->members[i]->accusation);
    }
}

static bool is_coming(const struct engine *engine, const struct member *accused,
                      enum evidence_accused whom)
{
    bool coming = false;
    for (size_t i = 0; i < engine->evidence_count; i++) {
        const struct kept_evidence *kept = engine->evidence[i];
        coming = coming || (!kept->stored && kept->accused == accused &&
                            kept->whom == whom);
    }
    return coming;
}

bool evidence_is_coming(const struct engine *engine,
                        const struct member *author)
{
    return is_coming(engine, author, EVIDENCE_AUTHOR);
}

bool evidence_is_known(const struct engine *engine,
                       const struct member *accused, enum evidence_accused whom)
{
    const struct kept_evidence *counts = whom == EVIDENCE_AUTHOR
                                             ? accused->origin.evidence
                                             : accused->accusation;
    return counts != NULL || is_coming(engine, accused, whom);
}

/* --- Keeping it. --------------------------------------------------------- */

static struct kept_evidence *add(struct engine *engine, struct bytes raw,
                                 enum evidence_accused whom)
{
    struct kept_evidence *kept = hl_alloc(1, sizeof(*kept));
    kept->whom = whom;
    writer_bytes(&kept->raw, raw);
    engine->evidence = hl_realloc(engine->evidence, engine->evidence_count + 1,
                                  sizeof(struct kept_evidence *));
    engine->evidence[engine->evidence_count++] = kept;
    return kept;
}

static void store(struct engine *engine, struct kept_evidence *kept)
{
    struct engine_action *action;
    struct pending *pending =
        pending_add(engine, PENDING_EVIDENCE, NULL, &action);
    pending->evidence = kept;
    action->origin = scratch_text(&engine->scratch, kept->accused->name);
    action->note = scratch_copy(&engine->scratch, writer_view(&kept->raw));
    kept->on_way = true;
}

void evidence_load(struct engine *engine, struct bytes raw,
                   enum evidence_accused whom)
{
    add(engine, raw, whom)->stored = true;
}

void evidence_take(struct engine *engine, struct member *accused,
                   struct bytes raw, enum evidence_accused whom)
{
    struct kept_evidence *kept = add(engine, raw, whom);
    kept->accused = accused;
    store(engine, kept);
}

/* What the disk refused. */
void evidence_retry(struct engine *engine)
{
    for (size_t i = 0; i < engine->evidence_count; i++) {
        struct kept_evidence *kept = engine->evidence[i];
        if (!kept->stored && !kept->on_way) {
            store(engine, kept);
        }
    }
}

void evidence_fini(struct engine *engine)
{
    for (size_t i = 0; i < engine->evidence_count; i++) {
        writer_fini(&engine->evidence[i]->raw);
        hl_free(engine->evidence[i]);
    }
    hl_free(engine->evidence);
    for (size_t i = 0; i < EVIDENCE_EARLY_MAX; i++) {
        writer_fini(&engine->early[i]);
    }
}

/* --- What comes before its charter. -------------------------------------- */

void evidence_offer(struct engine *engine, const struct evidence *evidence,
                    struct bytes raw)
{
    struct member *accused = evidence_accused(engine, evidence);
    if (accused == NULL) {
        /* Settled, or of a charter that is not here yet. */
        struct writer *slot =
            &engine->early[engine->early_next++ % EVIDENCE_EARLY_MAX];
        struct writer copy = {0};
        writer_bytes(&copy, raw);
        writer_fini(slot);
        *slot = copy;
    } else if (!evidence_is_known(engine, accused, evidence->accused)) {
        evidence_take(engine, accused, raw, evidence->accused);
    }
}

void evidence_offer_early(struct engine *engine)
{
    for (size_t i = 0; i < EVIDENCE_EARLY_MAX; i++) {
        struct evidence evidence;
        struct writer raw = engine->early[i];
        engine->early[i] = (struct writer){0};
        if (writer_view(&raw).size > 0 &&
            evidence_parse(writer_view(&raw), &evidence, NULL) == HL_OK) {
            evidence_offer(engine, &evidence, writer_view(&raw));
        }
        writer_fini(&raw);
    }
}

void evidence_stored(struct engine *engine, struct kept_evidence *kept,
                     hl_err err)
{
    struct evidence evidence;
    struct member *accused = kept->accused;
    kept->on_way = false;
    if (err != HL_OK ||
        evidence_parse(writer_view(&kept->raw), &evidence, NULL) != HL_OK) {
        return; /* evidence_retry() */
    }
    kept->stored = true;
    evidence_choose(engine);
    engine_report(engine, ENGINE_REPORT_EVIDENCE, accused, HL_EFORK,
                  evidence.at,
                  kept->whom == EVIDENCE_AUTHOR
                      ? "it signed two histories of its journal"
                      : "it cosigned two histories of a journal");
    if (kept->whom == EVIDENCE_AUTHOR) {
        fault_ask_keepers(engine, accused);
        standing_settle(engine, accused);
    }
}
