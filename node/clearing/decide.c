/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/clearing/step_inside.h"
#include "node/projection/cycles.h"

/* The own proposal, and what its parties say. */
struct deciding {
    const struct clearing_view *view;
    const struct clearing_options *options;
    struct clearing_step *step;
    struct cycle cycle;
    struct cycle_lists lists;
};

static hl_err give_up(struct deciding *deciding, const char *reason,
                      struct hl_detail *detail)
{
    struct cycle_abort abort = {.index = deciding->cycle.key.index,
                                .reason = bytes_of_text(reason)};
    hl_err err = step_make(deciding->view, CYCLE_BODY_ABORT, &abort, NULL,
                           deciding->step, detail);
    snprintf(deciding->step->why, sizeof(deciding->step->why), "%s", reason);
    return err;
}

/* Its time is not over, and is no longer than twice what this node would give.
 */
static bool is_awaited(const struct clearing_view *view,
                       const struct clearing_options *options,
                       const struct cycle *cycle)
{
    uint64_t now = (uint64_t)view->now.ms;
    return now <= cycle->of.answer_by_ms &&
           cycle->of.answer_by_ms - now <= 2 * options->answer_ms;
}

/* It becomes final never again: nobody answers twice. */
static hl_err is_rejected(const struct clearing_view *view,
                          const struct cycle *cycle,
                          const struct cycle_lists *lists, bool *out,
                          struct hl_detail *detail)
{
    hl_err err = HL_OK;
    *out = false;
    for (size_t i = 0; err == HL_OK && !*out && i < lists->net_count; i++) {
        struct cycle answer;
        err = cycles_answer(view->txn, clearing_alliance(view),
                            lists->places[lists->nets[i].place].node,
                            &cycle->key, &answer, detail);
        *out = err == HL_OK && answer.answer == CYCLE_REJECTED &&
               bytes_equal(answer.proposal_leaf, cycle->leaf);
    }
    return err;
}

hl_err step_find_rival(const struct clearing_view *view,
                       const struct clearing_options *options,
                       const struct cycle_lists *lists, struct bytes *rival,
                       struct hl_detail *detail)
{
    struct bytes own = clearing_node(view);
    hl_err err = HL_OK;
    *rival = (struct bytes){0};
    for (size_t i = 0;
         err == HL_OK && rival->size == 0 && i < view->charter->node_count;
         i++) {
        struct bytes node = bytes_of_text(view->charter->nodes[i].id);
        struct cycle theirs;
        struct cycle_lists other = {0};
        bool found = false, rejected = false;
        if (bytes_compare(node, own) >= 0) {
            break; /* by id */
        }
        err = step_open_of(view, node, &theirs, &found, detail);
        if (err != HL_OK || !found || !is_awaited(view, options, &theirs)) {
            continue;
        }
        cycle_read(&theirs.of, &other);
        err = is_rejected(view, &theirs, &other, &rejected, detail);
        *rival = !rejected && step_overlaps(lists, &other) ? node
                                                           : (struct bytes){0};
        cycle_lists_fini(&other);
    }
    return err;
}

/* --- Votes. -------------------------------------------------------------- */

enum vote_is { VOTE_NONE, VOTE_UNSEALED, VOTE_YES, VOTE_NO };

static hl_err look_at(struct deciding *deciding, struct bytes party,
                      enum vote_is *is, struct cycle *answer,
                      struct hl_detail *detail)
{
    const struct clearing_view *view = deciding->view;
    const struct cycle *cycle = &deciding->cycle;
    uint64_t sealed = 0;
    *is = VOTE_NONE;
    hl_err err = cycles_answer(view->txn, clearing_alliance(view), party,
                               &cycle->key, answer, detail);
    if (err != HL_OK || answer->answer == CYCLE_UNANSWERED ||
        !bytes_equal(answer->proposal_leaf, cycle->leaf)) {
        return err;
    }
    if (answer->answer == CYCLE_REJECTED) {
        *is = VOTE_NO;
        return HL_OK;
    }
    err = clearing_sealed(view, party, &sealed, detail);
    *is = answer->answer_index < sealed ? VOTE_YES : VOTE_UNSEALED;
    return err;
}

/* Of all parties: their votes; who is the first to say no; how many have not
 * said yes, and one of them. */
struct tally {
    struct writer votes;
    struct bytes refuser;
    uint64_t refusal;
    struct bytes text;
    size_t missing;
    struct bytes waited_for;
};

static hl_err tally_up(struct deciding *deciding, struct tally *tally,
                       struct hl_detail *detail)
{
    const struct cycle_lists *lists = &deciding->lists;
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && i < lists->net_count; i++) {
        struct bytes party = lists->places[lists->nets[i].place].node;
        struct cycle answer;
        enum vote_is is = VOTE_NONE;
        err = look_at(deciding, party, &is, &answer, detail);
        if (is == VOTE_YES) {
            struct cycle_vote vote = {answer.answer_index, answer.answer_leaf};
            cycle_add_vote(&vote, &tally->votes);
        } else if (is == VOTE_NO && tally->refuser.size == 0) {
            tally->refuser = party;
            tally->refusal = answer.rejection;
            tally->text = answer.text;
        } else if (is != VOTE_NO) {
            tally->missing++;
            tally->waited_for = party;
        }
    }
    return err;
}

static hl_err decide(struct deciding *deciding, const struct tally *tally,
                     struct hl_detail *detail)
{
    const struct clearing_view *view = deciding->view;
    struct bytes rival = {0};
    char text[256];
    if (tally->refuser.size > 0) {
        snprintf(text, sizeof(text), "%.*s rejects it: %.*s",
                 BYTES_ARGS(tally->refuser), BYTES_ARGS(tally->text));
        return give_up(deciding, text, detail);
    }
    if (tally->missing == 0) {
        struct cycle_final final = {.index = deciding->cycle.key.index,
                                    .votes = writer_view(&tally->votes)};
        return step_make(view, CYCLE_BODY_FINAL, &final, NULL, deciding->step,
                         detail);
    }
    if (view->now.ms > (int64_t)deciding->cycle.of.answer_by_ms) {
        snprintf(text, sizeof(text),
                 "%zu parties did not answer, %.*s among "
                 "them",
                 tally->missing, BYTES_ARGS(tally->waited_for));
        return give_up(deciding, text, detail);
    }
    hl_err err = step_find_rival(view, deciding->options, &deciding->lists,
                                 &rival, detail);
    if (err == HL_OK && rival.size > 0) {
        snprintf(text, sizeof(text), "the proposal of %.*s goes before",
                 BYTES_ARGS(rival));
        return give_up(deciding, text, detail);
    }
    step_say(deciding->step, CLEARING_WAITS,
             "for the sealed approvals of %zu parties, of %.*s among them",
             tally->missing, BYTES_ARGS(tally->waited_for));
    return err;
}

hl_err clearing_decide(const struct clearing_view *view,
                       const struct clearing_options *options,
                       struct clearing_step *step, struct hl_detail *detail)
{
    struct deciding deciding = {.view = view, .options = options, .step = step};
    struct tally tally = {0};
    bool found = false;
    clearing_step_clear(step);
    hl_err err = step_open_of(view, clearing_node(view), &deciding.cycle,
                              &found, detail);
    if (err != HL_OK || !found) {
        return err;
    }
    step->about = deciding.cycle.key;
    cycle_read(&deciding.cycle.of, &deciding.lists);
    err = tally_up(&deciding, &tally, detail);
    if (err == HL_OK) {
        err = decide(&deciding, &tally, detail);
    }
    cycle_lists_fini(&deciding.lists);
    writer_fini(&tally.votes);
    return err;
}
