/* SPDX-License-Identifier: Apache-2.0 */
#include "federation/engine/engine_inside.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/bundle.h"
#include "protocol/tree/span.h"

/* What an operator brings in a file (protocol/README.md, archives): journals of
 * nodes that no line leads to, out of an archive of any age. It is verified as
 * what a peer sends is, but accuses nobody: who carried the file is not known,
 * and a stick breaks. What contradicts what is here is refused. */

void import_done(struct engine *engine, uint64_t number, hl_err err,
                 uint64_t size, const char *text)
{
    struct engine_action *action = engine_act(engine, ENGINE_IMPORT_DONE);
    action->wait = number;
    action->err = err;
    action->size = size;
    action->text = scratch_text(&engine->scratch, text);
}

/* --- Segments. ----------------------------------------------------------- */

/* An import that is answered at once. */
struct verdict {
    hl_err err;
    const char *why;
};

static const struct verdict fine = {HL_OK, ""};

/* Whether it may go behind what is here, as things stand. */
static struct verdict may_take(const struct engine *engine,
                               const struct member *member)
{
    const struct origin *origin = &member->origin;
    if (member_ended(member) || origin->standing != ENGINE_ORIGIN_GOOD) {
        return (struct verdict){
            HL_EFORK, "its journal is ended, or in quarantine: it stops where "
                      "it is"};
    }
    if (origin->cutting || origin->way_failed ||
        !is_due(engine, origin->retry_at)) {
        return (struct verdict){HL_EBUSY, "the store is not ready for it"};
    }
    return fine;
}

/* What is here already is compared with what was signed. */
static struct verdict compare(struct engine *engine, struct member *member,
                              const struct head *head)
{
    struct hl_hash root;
    if (head->size > member->origin.held.size ||
        tree_root(engine, member, head->size, &root) != HL_OK ||
        hash_equal(&root, &head->root)) {
        return fine;
    }
    return (struct verdict){HL_EFORK,
                            "its author signed another history than the one "
                            "that is here: keep the file, and show it to the "
                            "coordinators"};
}

/* The part of the segment that is not here yet; false: there is none. */
static bool rest_of(const struct segment *segment, uint64_t size,
                    struct segment *out)
{
    struct bundle_walk walk;
    struct bytes entry;
    uint64_t skip = size - segment->first;
    if (skip >= segment->count) {
        return false;
    }
    *out = *segment;
    bundle_walk_init(&walk, segment->bundle);
    for (uint64_t i = 0; i < skip; i++) {
        bool more = bundle_walk_next(&walk, &entry);
        HL_ASSERT(more); /* sync_decode() counted them */
    }
    out->bundle = bytes_slice(segment->bundle, walk.reader.offset,
                              segment->bundle.size - walk.reader.offset);
    out->first = size;
    out->count -= (uint32_t)skip;
    out->has_start = false;
    return true;
}

static struct verdict take_rest(struct engine *engine, struct member *member,
                                const struct segment *rest, uint64_t number,
                                bool *taken)
{
    struct origin *origin = &member->origin;
    struct frontier frontier = origin->taken;
    struct span span = {.first = rest->first,
                        .leaves = pull_leaves(engine, rest),
                        .count = rest->count,
                        .head = origin->under.head,
                        .end_proof = &rest->end_proof};
    if (span_append(&frontier, &span) != HL_OK) {
        return (struct verdict){HL_EPROOF,
                                "its entries do not continue those that are "
                                "here under the checkpoint that it names"};
    }
    struct pending *pending = pull_store(engine, member, rest, &frontier);
    pending->imported = true;
    pending->import = number;
    *taken = true;
    return fine;
}

static struct verdict take_segment(struct engine *engine, struct member *member,
                                   const struct segment *segment,
                                   uint64_t number, bool *taken)
{
    struct origin *origin = &member->origin;
    struct judged judged;
    struct segment rest;
    struct verdict verdict = may_take(engine, member);
    if (verdict.err != HL_OK) {
        return verdict;
    }
    hl_err err = judge_note(engine, NULL, member, segment->checkpoint, &judged);
    if (err != HL_OK) {
        return (struct verdict){err, "the charter that holds here does not "
                                     "accept the checkpoint"};
    }
    const struct head *head = &judged.judgement.checkpoint.head;
    verdict = compare(engine, member, head);
    if (verdict.err != HL_OK ||
        segment->first + segment->count <= origin->taken.size) {
        return verdict;
    }
    if (segment->first > origin->taken.size) {
        return (struct verdict){HL_EAHEAD,
                                "it begins behind what is here: an earlier "
                                "archive is needed first"};
    }
    if (!rest_of(segment, origin->taken.size, &rest)) {
        return fine;
    }
    signed_head_set(&origin->under, head, judged.raw);
    verdict = take_rest(engine, member, &rest, number, taken);
    signed_head_clear(&origin->under); /* that of a stream is judged anew */
    return verdict;
}

static void on_segment(struct engine *engine, const struct segment *segment,
                       uint64_t number)
{
    struct member *member = member_of_origin(engine, segment->origin);
    bool taken = false;
    if (member == NULL) {
        import_done(engine, number, HL_EUNKNOWNNODE, 0,
                    "the charter has no such node");
        return;
    }
    /* Our own is what we wrote, or comes back from partners who answer. */
    static const struct verdict own = {
        HL_OK, "a node's own journal comes back from its keepers alone"};
    struct verdict verdict =
        member == engine->self
            ? own
            : take_segment(engine, member, segment, number, &taken);
    if (taken) {
        pull_again(engine, member); /* from there on, where we follow it */
    } else {
        import_done(engine, number, verdict.err, member->origin.held.size,
                    verdict.why);
    }
}

/* --- Notes, charters, evidence. ------------------------------------------ */

static void on_have(struct engine *engine, const struct sync_have *have)
{
    struct member *member = member_of_origin(engine, have->origin);
    if (member != NULL && member != engine->self) {
        have_sealed(engine, NULL, member, have->sealed);
    }
}

/* A keeper's word, on its way to the author or to anybody. */
static void on_kept(struct engine *engine, const struct sync_kept *kept)
{
    struct member *member = member_of_origin(engine, kept->origin);
    struct judged judged;
    if (member == NULL || kept->checkpoint.size == 0 ||
        judge_note(engine, NULL, member, kept->checkpoint, &judged) != HL_OK) {
        return;
    }
    if (member == engine->self) {
        seal_cosigned(engine, NULL, kept->checkpoint);
    } else {
        have_kept(engine, NULL, member, &judged.judgement.checkpoint.head,
                  judged.raw);
    }
}

static struct verdict on_evidence(struct engine *engine, struct bytes raw)
{
    struct evidence evidence;
    hl_err err = evidence_parse(raw, &evidence, NULL);
    if (err == HL_OK) {
        err = evidence_verify(&evidence, engine->verifier, NULL);
    }
    if (err != HL_OK) {
        return (struct verdict){err, "the evidence proves nothing"};
    }
    evidence_offer(engine, &evidence, raw);
    return fine;
}

void import_message(struct engine *engine, const struct engine_event *event)
{
    const struct sync_message *message = event->message;
    struct verdict verdict = fine;
    switch (message->kind) {
    case SYNC_SEGMENT:
        on_segment(engine, &message->segment, event->wait);
        return;
    case SYNC_HAVE:
        on_have(engine, &message->have);
        break;
    case SYNC_KEPT:
        on_kept(engine, &message->kept);
        break;
    case SYNC_CHARTER:
        charters_offer(engine, message->charter.raw, NULL);
        break;
    case SYNC_EVIDENCE:
        verdict = on_evidence(engine, message->evidence.raw);
        break;
    default:
        verdict =
            (struct verdict){HL_EMALFORMED, "no archive has such a message"};
        break;
    }
    import_done(engine, event->wait, verdict.err, 0, verdict.why);
}
