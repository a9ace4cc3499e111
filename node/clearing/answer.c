/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/clearing/count.h"
#include "node/clearing/step_inside.h"
#include "node/ledger/scheme.h"
#include "node/projection/cycles.h"

/* A proposal as this node looks at it. */
struct answering {
    const struct clearing_view *view;
    const struct clearing_options *options;
    const struct clearing_word *word;
    struct clearing_step *step;
    struct cycle cycle;
    struct cycle_lists lists; /* of the proposal */
    size_t own;               /* this node's place */
};

/* --- Saying no. ---------------------------------------------------------- */

static hl_err reject(struct answering *answering, enum cycle_reason reason,
                     struct bytes paused, uint64_t paused_at, const char *text,
                     struct hl_detail *detail)
{
    struct cycle_rejection rejection = {
        .key = answering->cycle.key,
        .reason = reason,
        .text = bytes_of_text(text),
        .paused = paused,
        .paused_at = paused_at,
    };
    hl_err err = step_make(answering->view, CYCLE_BODY_REJECTION, &rejection,
                           &answering->cycle, answering->step, detail);
    snprintf(answering->step->why, sizeof(answering->step->why), "%s", text);
    return err;
}

static hl_err wrong(struct answering *answering, const char *text,
                    struct hl_detail *detail)
{
    return reject(answering, CYCLE_WRONG, (struct bytes){0}, 0, text, detail);
}

static hl_err busy(struct answering *answering, const char *text,
                   struct hl_detail *detail)
{
    return reject(answering, CYCLE_BUSY, (struct bytes){0}, 0, text, detail);
}

/* --- Waiting. ----------------------------------------------------------- */

/* clearing_sealed() ends where a journal is paused: that is to be said. */
static hl_err wait_for_seal(struct answering *answering,
                            const struct cycle_place *place, uint64_t sealed,
                            struct hl_detail *detail)
{
    const struct clearing_view *view = answering->view;
    struct half half = {0};
    uint32_t number = 0;
    bool found = false;
    hl_err err = cycles_half(view->txn, clearing_alliance(view), place->node,
                             &number, &found, detail);
    if (err == HL_OK && found) {
        err = projection_half(view->txn, number, &half, detail);
    }
    if (err == HL_OK && half.paused && half.size < place->size) {
        char text[128];
        snprintf(text, sizeof(text), "paused at entry %" PRIu64 " of %.*s",
                 half.size, BYTES_ARGS(place->node));
        return reject(answering, CYCLE_PAUSED, place->node, half.size, text,
                      detail);
    }
    step_say(answering->step, CLEARING_WAITS,
             "for the seal of %.*s up to %" PRIu64 "; it is at %" PRIu64,
             BYTES_ARGS(place->node), place->size, sealed);
    return err;
}

/* --- The former approval. ------------------------------------------------ */

/* This node's last approval, and where its proposer's journal is cut now. */
struct closing {
    struct cycle_key key;
    struct cycle former;
    bool found;
    enum cycle_standing_as as;
    uint64_t sealed;                 /* of its proposer's journal */
    const struct cycle_place *place; /* NULL: in none */
};

static hl_err find_former(struct answering *answering, struct closing *closing,
                          bool *any, struct hl_detail *detail)
{
    const struct clearing_view *view = answering->view;
    const struct cycle_lists *lists = &answering->lists;
    size_t place = 0;
    hl_err err =
        cycles_standing(view->txn, view->number, CYCLE_STANDING_APPROVED,
                        &closing->key, any, detail);
    if (err != HL_OK || !*any) {
        return err;
    }
    if (cycle_find_place(lists, closing->key.proposer, &place)) {
        closing->place = &lists->places[place];
    }
    err = cycles_find(view->txn, clearing_alliance(view), &closing->key,
                      &closing->former, &closing->found, detail);
    if (err == HL_OK && closing->found) {
        err = clearing_stands(view, &closing->former, &closing->as, detail);
    }
    return err == HL_OK ? clearing_sealed(view, closing->key.proposer,
                                          &closing->sealed, detail)
                        : err;
}

static hl_err is_open(struct answering *answering,
                      const struct closing *closing, struct hl_detail *detail)
{
    char text[192];
    snprintf(text, sizeof(text), "its approval of %.*s/%" PRIu64 " is open",
             BYTES_ARGS(closing->key.proposer), closing->key.index);
    return busy(answering, text, detail);
}

/* It is decided, or a charter ended it, which the proposal says. */
static hl_err check_back(struct answering *answering,
                         const struct closing *closing, bool *goes_on,
                         struct hl_detail *detail)
{
    const struct cycle *former = &closing->former;
    char text[192];
    bool back = false;
    hl_err err = step_goes_back(answering->view, &answering->lists, former,
                                closing->as, &back, detail);
    back = back || closing->place == NULL ||
           (closing->as != CYCLE_AS_ABANDONED &&
            closing->place->size <= former->decided_index);
    *goes_on = err == HL_OK && !back;
    if (err == HL_OK && back) {
        snprintf(text, sizeof(text), "the cut goes back behind %.*s/%" PRIu64,
                 BYTES_ARGS(closing->key.proposer), closing->key.index);
        err = busy(answering, text, detail);
    }
    return err;
}

/* What ended this node's last approval. *goes_on: nothing stands in the way,
 * else the step says it. By a charter: nothing is cited, and the proposal says,
 * too, that it ended that role. An approval that cites nothing is known by it
 * from one that overlaps. */
static hl_err close_former(struct answering *answering,
                           struct cycle_approval *approval, bool *goes_on,
                           struct hl_detail *detail)
{
    struct closing closing = {.as = CYCLE_AS_OPEN};
    const struct cycle *former = &closing.former;
    bool any = false;
    hl_err err = find_former(answering, &closing, &any, detail);
    *goes_on = err == HL_OK && !any;
    if (err != HL_OK || !any) {
        return err;
    }
    if (closing.as == CYCLE_AS_OPEN) {
        /* The decision may be below the cut, and not here yet. */
        return closing.place != NULL && closing.place->size > closing.sealed
                   ? wait_for_seal(answering, closing.place, closing.sealed,
                                   detail)
                   : is_open(answering, &closing, detail);
    }
    bool abandoned = closing.as == CYCLE_AS_ABANDONED;
    if (abandoned && (closing.place == NULL || closing.place->ended == 0)) {
        return is_open(answering, &closing, detail);
    }
    if (closing.as == CYCLE_AS_DECLARED ||
        (!abandoned && former->decided_index >= closing.sealed)) {
        step_say(answering->step, CLEARING_WAITS,
                 "for the seal of the decision of %.*s/%" PRIu64,
                 BYTES_ARGS(closing.key.proposer), closing.key.index);
        return HL_OK;
    }
    err = check_back(answering, &closing, goes_on, detail);
    if (!abandoned) {
        approval->closed_index = former->decided_index;
        approval->closed_leaf = former->decided_leaf;
    }
    return err;
}

/* --- The proposal. ------------------------------------------------------- */

/* Another's proposal is approved once it is sealed: it could be lost before,
 * and whoever approved what is no more could never approve anything again. */
static hl_err check_proposal(struct answering *answering, bool *goes_on,
                             struct hl_detail *detail)
{
    const struct clearing_view *view = answering->view;
    const struct cycle_key *key = &answering->cycle.key;
    uint64_t sealed = 0;
    bool own = bytes_equal(key->proposer, clearing_node(view));
    hl_err err = clearing_sealed(view, key->proposer, &sealed, detail);
    *goes_on = err == HL_OK && (own || key->index < sealed);
    if (err == HL_OK && !*goes_on) {
        step_say(answering->step, CLEARING_WAITS,
                 "for the seal of the proposal of %.*s/%" PRIu64,
                 BYTES_ARGS(key->proposer), key->index);
    }
    return err;
}

/* --- The count. ---------------------------------------------------------- */

/* Whether this node can stand by that place's cut: it is sealed, and the same
 * charter says who decides. */
static hl_err check_place(struct answering *answering,
                          const struct cycle_place *place, bool *goes_on,
                          struct hl_detail *detail)
{
    const struct clearing_view *view = answering->view;
    uint64_t sealed = 0;
    bool same = clearing_same_end(view, place);
    *goes_on = false;
    if (!same && view->charter->version < answering->cycle.of.charter) {
        step_say(answering->step, CLEARING_WAITS,
                 "for version %" PRIu64 " of the charter",
                 answering->cycle.of.charter);
        return HL_OK;
    }
    if (!same) {
        return busy(answering, "a newer charter says who decides", detail);
    }
    hl_err err = clearing_sealed(view, place->node, &sealed, detail);
    if (err == HL_OK && sealed < place->size) {
        return wait_for_seal(answering, place, sealed, detail);
    }
    *goes_on = err == HL_OK;
    return err;
}

static hl_err check_cut(struct answering *answering, bool *goes_on,
                        struct hl_detail *detail)
{
    const struct cycle_lists *lists = &answering->lists;
    hl_err err = HL_OK;
    *goes_on = true;
    for (size_t i = 0; err == HL_OK && *goes_on && i < lists->place_count;
         i++) {
        err = check_place(answering, &lists->places[i], goes_on, detail);
    }
    return err;
}

static hl_err answer_outcome(struct answering *answering,
                             const struct counting *counting,
                             struct hl_detail *detail)
{
    struct bytes node = counting->lists.places[counting->place].node;
    char text[192];
    switch (counting->outcome) {
    case COUNT_PAUSED:
        snprintf(text, sizeof(text), "paused at entry %" PRIu64 " of %.*s",
                 counting->at, BYTES_ARGS(node));
        return reject(answering, CYCLE_PAUSED, node, counting->at, text,
                      detail);
    case COUNT_OTHER_ROOT:
        snprintf(text, sizeof(text), "another root of %.*s", BYTES_ARGS(node));
        return wrong(answering, text, detail);
    case COUNT_NO_ROOM:
        return wrong(answering, "by this node's count it has no room", detail);
    default:
        step_say(answering->step, CLEARING_WAITS, "for the journal of %.*s",
                 BYTES_ARGS(node));
        return HL_OK;
    }
}

/* --- Bounds. ------------------------------------------------------------- */

/* For "%" PRIu64 ".%02u". */
#define YUAN_ARGS(fen) (fen) / 100, (unsigned)((fen) % 100)

static uint64_t pays(const struct answering *answering)
{
    const struct cycle_lists *lists = &answering->lists;
    for (size_t i = 0; i < lists->net_count; i++) {
        if (lists->nets[i].place == answering->own) {
            return lists->nets[i].pays_fen;
        }
    }
    return 0;
}

/* Whose transfer to this node is above the bound; NULL: nobody's. */
static const struct cycle_transfer *too_much(const struct answering *answering)
{
    const struct cycle_lists *lists = &answering->lists;
    for (size_t i = 0; i < lists->transfer_count; i++) {
        if (lists->transfers[i].to == answering->own &&
            lists->transfers[i].amount_fen >
                answering->options->debtor_max_fen) {
            return &lists->transfers[i];
        }
    }
    return NULL;
}

/* Who pays later than any node may be told to give time does not pay. */
static bool is_put_off(const struct answering *answering)
{
    char last[DAY_TEXT_BYTES];
    day_of(answering->view->now, CYCLE_PAY_DAYS_MAX, last);
    return bytes_compare(answering->cycle.of.pay_by, bytes_of_text(last)) > 0;
}

static hl_err judge(struct answering *answering,
                    struct cycle_approval *approval, struct hl_detail *detail)
{
    const struct cycle_transfer *over = too_much(answering);
    const struct clearing_word *word = answering->word;
    char text[192];
    if (word == NULL && is_put_off(answering)) {
        snprintf(text, sizeof(text),
                 "it is to be paid by %.*s, and later than in %d days",
                 BYTES_ARGS(answering->cycle.of.pay_by), CYCLE_PAY_DAYS_MAX);
        return reject(answering, CYCLE_LIMIT, (struct bytes){0}, 0, text,
                      detail);
    }
    if (over != NULL && word == NULL) {
        struct bytes node = answering->lists.places[over->from].node;
        snprintf(text, sizeof(text),
                 "%.*s would owe it ¥%" PRIu64 ".%02u, and it takes ¥%" PRIu64
                 ".%02u at most of one node (clearing_debtor_max_fen)",
                 BYTES_ARGS(node), YUAN_ARGS(over->amount_fen),
                 YUAN_ARGS(answering->options->debtor_max_fen));
        return reject(answering, CYCLE_LIMIT, (struct bytes){0}, 0, text,
                      detail);
    }
    if (word == NULL && pays(answering) > answering->options->pay_max_fen) {
        step_say(answering->step, CLEARING_HELD,
                 "this node would pay ¥%" PRIu64 ".%02u, and approves ¥%" PRIu64
                 ".%02u at most by itself (clearing_pay_max_fen)",
                 YUAN_ARGS(pays(answering)),
                 YUAN_ARGS(answering->options->pay_max_fen));
        return HL_OK;
    }
    return step_make(answering->view, CYCLE_BODY_APPROVAL, approval,
                     &answering->cycle, answering->step, detail);
}

static hl_err count_and_judge(struct answering *answering,
                              struct cycle_approval *approval,
                              struct hl_detail *detail)
{
    const struct clearing_view *view = answering->view;
    const char *field = NULL;
    char text[192];
    struct counting counting = {
        .txn = view->txn,
        .alliance = clearing_alliance(view),
        .lists = {.places = answering->lists.places,
                  .place_count = answering->lists.place_count},
        .day = answering->cycle.of.day,
    };
    hl_err err = clearing_count(&counting, detail);
    if (err == HL_OK && counting.outcome != COUNT_DONE) {
        err = answer_outcome(answering, &counting, detail);
    } else if (err == HL_OK &&
               !clearing_agrees(&counting, &answering->cycle.of, &field)) {
        snprintf(text, sizeof(text),
                 "by this node's count %s is another (%" PRIu64 " of %" PRIu64
                 " fen)",
                 field, counting.count, counting.gross_fen);
        err = wrong(answering, text, detail);
    } else if (err == HL_OK) {
        err = judge(answering, approval, detail);
    }
    counting.lists.places = NULL; /* the proposal's */
    cycle_lists_fini(&counting.lists);
    return err;
}

/* --- All of it. ---------------------------------------------------------- */

static bool is_party(const struct answering *answering)
{
    const struct cycle_lists *lists = &answering->lists;
    for (size_t i = 0; i < lists->net_count; i++) {
        if (lists->nets[i].place == answering->own) {
            return true;
        }
    }
    return false;
}

static hl_err answer(struct answering *answering, struct hl_detail *detail)
{
    const struct clearing_word *word = answering->word;
    struct cycle_approval approval = {.key = answering->cycle.key};
    bool goes_on = false;
    if (word != NULL && !word->yes) {
        struct writer text = {0};
        writer_bytes(&text, word->text);
        writer_u8(&text, 0);
        hl_err err = reject(answering, CYCLE_PERSON, (struct bytes){0}, 0,
                            (const char *)text.data, detail);
        writer_fini(&text);
        return err;
    }
    if (answering->view->now.ms > (int64_t)answering->cycle.of.answer_by_ms) {
        step_say(answering->step, CLEARING_NOTHING,
                 "its time is over: the proposer leaves this node out");
        return HL_OK;
    }
    hl_err err = close_former(answering, &approval, &goes_on, detail);
    if (err == HL_OK && goes_on) {
        err = check_cut(answering, &goes_on, detail);
    }
    if (err == HL_OK && goes_on) {
        err = check_proposal(answering, &goes_on, detail);
    }
    return err == HL_OK && goes_on
               ? count_and_judge(answering, &approval, detail)
               : err;
}

hl_err clearing_answer(const struct clearing_view *view,
                       const struct clearing_options *options,
                       const struct cycle_key *key,
                       const struct clearing_word *word,
                       struct clearing_step *step, struct hl_detail *detail)
{
    struct answering answering = {
        .view = view, .options = options, .word = word, .step = step};
    enum cycle_standing_as as = CYCLE_AS_OPEN;
    struct cycle own;
    bool found = false;
    clearing_step_clear(step);
    hl_err err = cycles_find(view->txn, clearing_alliance(view), key,
                             &answering.cycle, &found, detail);
    if (err != HL_OK || !found) {
        return err;
    }
    step->about = answering.cycle.key;
    err = cycles_answer(view->txn, clearing_alliance(view), clearing_node(view),
                        key, &own, detail);
    if (err == HL_OK) {
        err = clearing_stands(view, &answering.cycle, &as, detail);
    }
    bool open = as == CYCLE_AS_OPEN;
    if (err != HL_OK || own.answer != CYCLE_UNANSWERED ||
        (!open && as != CYCLE_AS_DECLARED) ||
        !clearing_may_propose(view, key->proposer, key->index)) {
        return err;
    }
    cycle_read(&answering.cycle.of, &answering.lists);
    if (cycle_find_place(&answering.lists, clearing_node(view),
                         &answering.own) &&
        is_party(&answering)) {
        err =
            open ? answer(&answering, detail)
                 : wrong(&answering,
                         "it is declared final, and not approved here", detail);
    }
    cycle_lists_fini(&answering.lists);
    return err;
}
