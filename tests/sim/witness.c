/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/witness.h"

#include <inttypes.h>
#include <string.h>

#include "certs/charter/charter_judge.h"
#include "protocol/base/alloc.h"
#include "tests/sim/describe.h"
#include "tests/sim/witness_inside.h"

void witness_init(struct witness *witness, struct world *world)
{
    enum { SEEN = 1 << 14 };
    *witness = (struct witness){
        .world = world,
        .codec = segment_codec_create(),
        .seen = hl_alloc(SEEN, sizeof(witness->seen[0])),
        .seen_size = SEEN,
    };
    for (size_t i = 0; i < 64; i++) {
        witness->sealed[i] = head_empty();
    }
}

void witness_fini(struct witness *witness)
{
    segment_codec_destroy(witness->codec);
    signed_by_destroy(witness);
    hl_free(witness->seen);
}

bool witness_trusts(const struct world *world, size_t city)
{
    for (size_t i = 0; i < world->host_count; i++) {
        if (world->hosts[i]->city == city && !world->hosts[i]->honest) {
            return false;
        }
    }
    return true;
}

/* --- Messages. ----------------------------------------------------------- */

/* What leaves an honest node as evidence holds before anybody. */
static void look_at_evidence(struct witness *witness, struct host *host,
                             struct bytes raw)
{
    struct world *world = witness->world;
    struct evidence evidence;
    struct hl_detail detail = {0};
    hl_err err = evidence_parse(raw, &evidence, &detail);
    if (err == HL_OK) {
        err = evidence_verify(&evidence, &world->alliance.verifier, &detail);
    }
    if (err != HL_OK) {
        world_violation(world, "%s shows evidence that proves nothing: %s %s",
                        host_label(host), hl_err_name(err), detail.text);
        return;
    }
    const struct charter_node *accused = NULL;
    err = charter_judge_evidence(&world->alliance.charter, &evidence, &accused,
                                 &detail);
    if (err == HL_ESETTLED) {
        return;
    }
    size_t city = err == HL_OK ? alliance_find(&world->alliance,
                                               bytes_of_text(accused->id))
                               : SIZE_MAX;
    if (city == SIZE_MAX || witness_trusts(world, city)) {
        world_violation(world, "%s accuses %s at %" PRIu64 ": %s %s",
                        host_label(host), evidence.name, evidence.at,
                        hl_err_name(err), detail.text);
        return;
    }
    witness->caught[city]++;
}

static void look_at(struct witness *witness, struct host *host,
                    const struct sync_message *message)
{
    switch (message->kind) {
    case SYNC_HAVE:
        signed_look(witness, host, message->have.checkpoint);
        signed_look(witness, host, message->have.candidate);
        signed_look(witness, host, message->have.sealed);
        break;
    case SYNC_SEGMENT:
        signed_look(witness, host, message->segment.checkpoint);
        break;
    case SYNC_PROOF:
        signed_look(witness, host, message->proof.checkpoint);
        break;
    case SYNC_KEPT:
        signed_look(witness, host, message->kept.checkpoint);
        break;
    case SYNC_EVIDENCE:
        if (host->honest) {
            look_at_evidence(witness, host, message->evidence.raw);
        }
        break;
    default:
        break;
    }
}

void witness_message(struct witness *witness, struct host *host, size_t peer,
                     struct bytes raw)
{
    struct world *world = witness->world;
    const char *to =
        peer == SIZE_MAX ? "nobody" : world->network.ports[peer].id;
    if (world->options.unchecked && !trace_wanted(&world->trace)) {
        world_trace(world, "%s > %s %zu", host_label(host), to, raw.size);
        return;
    }
    struct sync_message message;
    struct hl_detail detail = {0};
    hl_err err = sync_decode(witness->codec, raw, &message, &detail);
    if (err != HL_OK) {
        world_trace(world, "%s > %s %s", host_label(host), to,
                    hl_err_name(err));
        if (host->honest) {
            world_violation(world, "%s sends what nobody can read: %s %s",
                            host_label(host), hl_err_name(err), detail.text);
        }
        return;
    }
    char text[DESCRIBE_BYTES];
    world_trace(world, "%s > %s %s", host_label(host), to,
                describe(&message, text));
    trace_mix(&world->trace, raw);
    look_at(witness, host, &message);
}

/* --- Reports. ------------------------------------------------------------ */

static const char *const report_names[ENGINE_REPORT_COUNT] = {
    [ENGINE_REPORT_PEER_FAULT] = "finds fault with",
    [ENGINE_REPORT_EVIDENCE] = "has evidence",
    [ENGINE_REPORT_QUARANTINE] = "quarantines",
    [ENGINE_REPORT_RETURN] = "lets return",
    [ENGINE_REPORT_SEALED_TWICE] = "sees sealed twice",
    [ENGINE_REPORT_CHARTER] = "has a charter",
    [ENGINE_REPORT_CHARTER_CONTEST] = "sees charters contest",
    [ENGINE_REPORT_CHARTER_REFUSED] = "refuses a charter",
    [ENGINE_REPORT_DIGEST] = "computes otherwise than",
    [ENGINE_REPORT_MIRROR] = "has lost words of its own on",
};

static void blame(struct witness *witness, struct host *host,
                  const struct engine_action *action, struct bytes whom,
                  uint64_t *counts)
{
    struct world *world = witness->world;
    size_t city = alliance_find(&world->alliance, whom);
    if (city == SIZE_MAX) {
        return;
    }
    const struct charter_node *node =
        charter_find_node(&world->alliance.charter, whom);
    if (node->ended) {
        return; /* by charter; nobody is accused */
    }
    counts[city]++;
    if (host->honest && witness_trusts(world, city)) {
        world_violation(world, "%s, honest, %s %.*s, honest: %s %.*s",
                        host_label(host), report_names[action->report],
                        BYTES_ARGS(whom), hl_err_name(action->err),
                        BYTES_ARGS(action->text));
    }
}

/* It says so after each start. */
static void note_quarantine(struct world *world, struct host *host,
                            struct bytes origin)
{
    size_t city = alliance_find(&world->alliance, origin);
    if (city != SIZE_MAX && host->honest &&
        !charter_find_node(&world->alliance.charter, origin)->ended &&
        (host->quarantined & 1ull << city) == 0) {
        host->quarantined |= 1ull << city;
        audit_quarantined(&world->audit, host, city);
    }
}

static struct bytes first_word(struct bytes text)
{
    size_t end = 0;
    while (end < text.size && text.data[end] != ' ') {
        end++;
    }
    return bytes_slice(text, 0, end);
}

void witness_report(struct witness *witness, struct host *host,
                    const struct engine_action *action)
{
    struct bytes origin = describe_origin(action->origin);
    struct bytes what = action->peer.size > 0 ? action->peer : origin;
    world_trace(witness->world, "%s %s %.*s at %" PRIu64 "%s%s%s%.*s",
                host_label(host), report_names[action->report],
                BYTES_ARGS(what), action->size,
                action->err == HL_OK ? "" : ": ",
                action->err == HL_OK ? "" : hl_err_name(action->err),
                action->err == HL_OK ? "" : " ",
                action->err == HL_OK ? 0 : (int)action->text.size,
                (const char *)action->text.data);
    switch (action->report) {
    case ENGINE_REPORT_PEER_FAULT:
        blame(witness, host, action, action->peer, witness->faulted);
        break;
    case ENGINE_REPORT_QUARANTINE:
        blame(witness, host, action, origin, witness->caught);
        note_quarantine(witness->world, host, origin);
        break;
    case ENGINE_REPORT_DIGEST: /* who says so may be a liar */
        blame(witness, host, action, first_word(action->text),
              witness->faulted);
        break;
    case ENGINE_REPORT_SEALED_TWICE: {
        size_t city = alliance_find(&witness->world->alliance, origin);
        if (city != SIZE_MAX && host->honest) {
            witness->sealed_twice[city] = true;
        }
        break;
    }
    case ENGINE_REPORT_CHARTER:
        break;
    case ENGINE_REPORT_MIRROR:
        if (host->honest && witness_trusts(witness->world, host->city) &&
            host->losses == 0) {
            world_violation(witness->world,
                            "%s forgot that it cosigned %" PRIu64 " of %.*s",
                            host_label(host), action->size, BYTES_ARGS(origin));
        }
        break;
    default:
        break;
    }
}

/* --- What stands in the stores. ------------------------------------------ */

/* A store that was set back goes on where its mark is. What was committed
 * behind the mark has never left the machine, and is gone. */
static void start_short(struct witness *witness, struct host *host,
                        const struct head *head)
{
    struct world *world = witness->world;
    if (head->size < host->mark.head.size) {
        world_violation(world,
                        "%s was set back to %" PRIu64 ", its mark says %" PRIu64
                        ", and it signs",
                        host_label(host), head->size, host->mark.head.size);
        return;
    }
    witness_cut(witness, host->city, head->size);
    platform_cut(&world->platform, host->city, head->size);
    truth_cut(&world->truths[host->city], head->size);
    host->set_back = false;
}

void witness_start(struct witness *witness, struct host *host)
{
    struct world *world = witness->world;
    const struct truth *truth = &world->truths[host->city];
    struct head head = author_head(host->author);
    struct head full = truth_head(truth, host->branch);
    if (truth_branches_of(truth, &head) == 0) {
        world_violation(world,
                        "%s begins at size %" PRIu64
                        " of a journal that nobody wrote",
                        host_label(host), head.size);
    }
    if (head_equal(&head, &full)) {
        host->set_back = false;
    } else if (!witness_trusts(world, host->city)) {
        return; /* evidence has cut it, or a charter will */
    } else if (!host->set_back) {
        world_violation(world,
                        "%s had committed %" PRIu64 " entries and starts with "
                        "%" PRIu64,
                        host_label(host), full.size, head.size);
    } else if (host->refusal == HL_OK && !host->snapshot) {
        start_short(witness, host, &head);
    }
}

void witness_cut(struct witness *witness, size_t city, uint64_t size)
{
    if (size < witness->sealed[city].size &&
        platform_losses(witness->world, city) == 0 &&
        platform_liars(witness->world, city) == 0) {
        world_violation(witness->world,
                        "%s was sealed to %" PRIu64 " and is cut at %" PRIu64,
                        witness->world->alliance.cities[city].id,
                        witness->sealed[city].size, size);
    }
}

/* Fewer than 2q - m dishonest keepers cannot seal two histories. */
static bool may_seal_twice(const struct world *world, size_t city)
{
    size_t liars = 0;
    const struct charter_node *node =
        charter_find_node(&world->alliance.charter,
                          bytes_of_text(world->alliance.cities[city].id));
    for (size_t i = 0; i < node->keeper_count; i++) {
        liars += !witness_trusts(
            world,
            alliance_find(&world->alliance, bytes_of_text(node->keepers[i])));
    }
    return liars + node->keeper_count >= 2 * node->quorum;
}

/* By every honest keeper's word that ever left it. */
static bool may_be_sealed(const struct witness *witness, size_t city,
                          uint64_t size)
{
    const struct world *world = witness->world;
    size_t keepers = 0;
    for (size_t i = 0; i < world->alliance.city_count; i++) {
        keepers += i != city && (!witness_trusts(world, i) ||
                                 signed_by_keeper(witness, i, city, size));
    }
    return keepers >= world->alliance.cities[city].quorum_min;
}

static void look_at_sealed(struct witness *witness, struct host *host,
                           size_t city, const struct engine_origin_view *view)
{
    struct world *world = witness->world;
    struct head *before = &host->sealed_seen[city];
    if (view->sealed.size < before->size) {
        world_violation(world, "%s had sealed %" PRIu64 " of %s, now %" PRIu64,
                        host_label(host), before->size,
                        world->alliance.cities[city].id, view->sealed.size);
    }
    if (view->sealed.size == before->size) {
        return;
    }
    *before = view->sealed;
    if (!may_be_sealed(witness, city, before->size)) {
        world_violation(world, "%s has %" PRIu64 " of %s sealed by too few",
                        host_label(host), before->size,
                        world->alliance.cities[city].id);
    }
    const struct truth *truth = &world->truths[city];
    struct head *longest = &witness->sealed[city];
    bool fits = (truth_branches_of(truth, before) &
                 truth_branches_of(truth, longest)) != 0;
    if (before->size > longest->size) {
        *longest = *before;
    }
    if (!fits && world->alliance.cities[city].keeper_changes > 0) {
        /* A word does not say under which keepers it was given; see Limits in
         * federation/README.md. */
        witness->sealed_twice[city] = true;
    } else if (!fits && !may_seal_twice(world, city)) {
        world_violation(world, "two histories of %s are sealed",
                        world->alliance.cities[city].id);
    }
}

void witness_stored(struct witness *witness, struct host *host)
{
    struct world *world = witness->world;
    if (!host->honest || !host->up || world->options.unchecked) {
        return;
    }
    struct engine_origin_view view;
    const struct engine *engine = driver_engine(host->driver);
    for (size_t i = 0; engine_origin_at(engine, i, &view); i++) {
        size_t city = alliance_find_origin(&world->alliance, view.origin);
        if (city == SIZE_MAX) {
            world_violation(world, "%s has a journal of %.*s", host_label(host),
                            BYTES_ARGS(view.origin));
            return;
        }
        if (truth_branches_of(&world->truths[city], &view.held) == 0) {
            world_violation(
                world, "%s holds %" PRIu64 " entries of %s that nobody wrote",
                host_label(host), view.held.size,
                world->alliance.cities[city].id);
        }
        look_at_sealed(witness, host, city, &view);
    }
}
