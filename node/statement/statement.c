/* SPDX-License-Identifier: Apache-2.0 */
#include "node/statement/statement.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hash.h"
#include "protocol/base/text.h"

enum { YUAN_FEN = 100, LEAF_DIGITS = 28 };

/* --- What a node answered. ----------------------------------------------- */

static hl_err fail(struct hl_detail *detail, const char *what)
{
    return hl_fail(detail, HL_EMALFORMED, "the node's answer: %s", what);
}

static bool is_hash(ProtobufCBinaryData data)
{
    return data.len == HL_HASH_BYTES;
}

/* "<proposer>/<index>" */
static bool is_named(const Heluo__V1__CycleView *cycle)
{
    char name[160];
    snprintf(name, sizeof(name), "%.63s/%" PRIu64, cycle->proposer,
             cycle->index);
    return text_is_label(bytes_of_text(cycle->proposer)) &&
           strcmp(name, cycle->name) == 0;
}

static bool is_day(const char *text)
{
    char whole[WALL_TEXT_BYTES];
    struct hl_wall wall;
    snprintf(whole, sizeof(whole), "%.10sT00:00:00Z", text);
    return strlen(text) == (DAY_TEXT_BYTES - 1) &&
           wall_parse(bytes_of_text(whole), &wall) == HL_OK;
}

static bool is_day_or_none(const char *text)
{
    return text[0] == '\0' || is_day(text);
}

static hl_err check_places(const Heluo__V1__CycleView *cycle,
                           struct hl_detail *detail)
{
    for (size_t i = 0; i < cycle->n_places; i++) {
        const Heluo__V1__CyclePlace *place = cycle->places[i];
        if (!text_is_label(bytes_of_text(place->node)) ||
            (place->size > 0 && !is_hash(place->root))) {
            return fail(detail, "a place of the cut that is none");
        }
    }
    for (size_t i = 0; i < cycle->n_nets; i++) {
        if (cycle->nets[i]->place >= cycle->n_places) {
            return fail(detail, "a net of no place");
        }
    }
    for (size_t i = 0; i < cycle->n_stops; i++) {
        if (cycle->stops[i]->provider >= cycle->n_places ||
            cycle->stops[i]->issuer >= cycle->n_places) {
            return fail(detail, "a stop of no place");
        }
    }
    return HL_OK;
}

static hl_err check_cycle(const struct statement_input *input,
                          struct hl_detail *detail)
{
    const Heluo__V1__CycleView *cycle = input->cycle;
    bool decided = cycle->decided_leaf.len > 0;
    if (!is_named(cycle) || !text_is_domain(bytes_of_text(input->alliance))) {
        return fail(detail, "no name of a cycle, or of an alliance");
    }
    if (!is_hash(cycle->leaf) || !is_hash(cycle->digest) ||
        (decided && !is_hash(cycle->decided_leaf))) {
        return fail(detail, "a hash that is none");
    }
    if (!is_day_or_none(cycle->day) || !is_day_or_none(cycle->pay_by)) {
        return fail(detail, "a day that is none");
    }
    if (cycle->standing == HELUO__V1__CYCLE_STANDING__CYCLE_STANDING_FINAL &&
        !decided) {
        return fail(detail, "a final cycle without its decision");
    }
    return check_places(cycle, detail);
}

static bool has_place(const struct statement_input *input)
{
    const Heluo__V1__CycleView *cycle = input->cycle;
    for (size_t i = 0; i < cycle->n_places; i++) {
        if (strcmp(cycle->places[i]->node, input->node) == 0) {
            return true;
        }
    }
    return false;
}

/* --- Sums. --------------------------------------------------------------- */

static hl_err add(uint64_t *sum, uint64_t fen, struct hl_detail *detail)
{
    uint64_t more = 0;
    if (__builtin_add_overflow(*sum, fen, &more) || more > INT64_MAX) {
        return hl_fail(detail, HL_ELIMIT, "a sum is beyond 64 bits");
    }
    *sum = more;
    return HL_OK;
}

static struct statement_partner *partner_of(struct statement *statement,
                                            const char *node)
{
    for (size_t i = 0; i < statement->partner_count; i++) {
        if (strcmp(statement->partners[i].node, node) == 0) {
            return &statement->partners[i];
        }
    }
    statement->partners =
        hl_realloc(statement->partners, statement->partner_count + 1,
                   sizeof(*statement->partners));
    struct statement_partner *fresh =
        &statement->partners[statement->partner_count++];
    *fresh = (struct statement_partner){.node = node};
    return fresh;
}

bool statement_owes(const struct statement *statement,
                    const Heluo__V1__ClearingClaim *claim)
{
    return strcmp(claim->debtor, statement->of.node) == 0;
}

static hl_err add_claim(struct statement *statement,
                        const Heluo__V1__ClearingClaim *claim,
                        struct hl_detail *detail)
{
    bool owes = statement_owes(statement, claim);
    bool due = strcmp(claim->creditor, statement->of.node) == 0;
    const char *other = owes ? claim->creditor : claim->debtor;
    /* A transfer of a former cycle is no entry. */
    bool entry = claim->kind != HELUO__V1__CLAIM_KIND__CLAIM_KIND_TRANSFER;
    if (owes == due || !text_is_label(bytes_of_text(other)) ||
        (entry && !text_is_label(bytes_of_text(claim->journal)))) {
        return fail(detail, "a line that is not between that node and another");
    }
    struct statement_partner *partner = partner_of(statement, other);
    partner->lines++;
    hl_err err = add(owes ? &partner->owed_fen : &partner->due_fen,
                     claim->amount_fen, detail);
    return err != HL_OK ? err
                        : add(owes ? &statement->owed_fen : &statement->due_fen,
                              claim->amount_fen, detail);
}

static int by_name(const void *a, const void *b)
{
    const struct statement_partner *one = a, *other = b;
    return strcmp(one->node, other->node);
}

static hl_err add_claims(struct statement *statement, struct hl_detail *detail)
{
    hl_err err = HL_OK;
    for (size_t i = 0; i < statement->of.claim_count && err == HL_OK; i++) {
        err = add_claim(statement, statement->of.claims[i], detail);
    }
    if (statement->partner_count > 0) {
        qsort(statement->partners, statement->partner_count,
              sizeof(*statement->partners), by_name);
    }
    return err;
}

/* --- Transfers. ---------------------------------------------------------- */

static bool is_past(const struct statement *statement, const char *day)
{
    char today[DAY_TIME_BYTES];
    day_time((uint64_t)statement->of.now.ms, today);
    return strncmp(day, today, (DAY_TEXT_BYTES - 1)) < 0;
}

static bool may_be_final(const struct statement *statement)
{
    Heluo__V1__CycleStanding is = statement->of.cycle->standing;
    return is == HELUO__V1__CYCLE_STANDING__CYCLE_STANDING_OPEN ||
           is == HELUO__V1__CYCLE_STANDING__CYCLE_STANDING_DECLARED;
}

static enum transfer_state state_of(const struct statement *statement,
                                    const Heluo__V1__TransferView *view,
                                    bool pays)
{
    if (!statement->final) {
        return may_be_final(statement) ? TRANSFER_NOT_FINAL : TRANSFER_VOID;
    }
    if (view->received_day[0] != '\0') {
        return TRANSFER_RECEIVED;
    }
    if (view->replaced_by[0] != '\0') {
        return TRANSFER_REPLACED;
    }
    if (is_past(statement, view->pay_by)) {
        return TRANSFER_OVERDUE;
    }
    if (view->sent_reference[0] != '\0') {
        return TRANSFER_SENT;
    }
    return pays ? TRANSFER_TO_PAY : TRANSFER_TO_GET;
}

static hl_err add_transfer(struct statement *statement,
                           const Heluo__V1__TransferView *view,
                           uint64_t sums[2], struct hl_detail *detail)
{
    bool pays = strcmp(view->from, statement->of.node) == 0;
    bool gets = strcmp(view->to, statement->of.node) == 0;
    if (!pays && !gets) {
        return HL_OK;
    }
    const char *partner = pays ? view->to : view->from;
    if (pays == gets || !text_is_label(bytes_of_text(partner))) {
        return fail(detail, "a transfer that is not between two nodes");
    }
    if (!is_day(view->pay_by) ||
        strcmp(view->pay_by, statement->of.cycle->pay_by) != 0 ||
        !is_day_or_none(view->sent_day) ||
        !is_day_or_none(view->received_day)) {
        return fail(detail, "a transfer whose day is none");
    }
    statement->transfers =
        hl_realloc(statement->transfers, statement->transfer_count + 1,
                   sizeof(*statement->transfers));
    statement->transfers[statement->transfer_count++] =
        (struct statement_transfer){.view = view,
                                    .partner = partner,
                                    .pays = pays,
                                    .state = state_of(statement, view, pays)};
    return add(&sums[pays ? 0 : 1], view->amount_fen, detail);
}

/* --- That all of it agrees. ---------------------------------------------- */

static hl_err check_net(const struct statement *statement,
                        struct hl_detail *detail)
{
    const Heluo__V1__CycleView *cycle = statement->of.cycle;
    uint64_t pays = 0, gets = 0;
    char counted[STATEMENT_YUAN_BYTES], said[STATEMENT_YUAN_BYTES];
    for (size_t i = 0; i < cycle->n_nets; i++) {
        const Heluo__V1__CycleNet *net = cycle->nets[i];
        if (strcmp(cycle->places[net->place]->node, statement->of.node) == 0) {
            pays = net->pays_fen;
            gets = net->gets_fen;
        }
    }
    if (pays == statement->pays_fen && gets == statement->gets_fen) {
        return HL_OK;
    }
    statement_yuan(statement->pays_fen + statement->gets_fen,
                   statement->pays_fen > 0, counted);
    statement_yuan(pays > 0 ? pays : gets, pays > 0, said);
    return hl_fail(detail, HL_EMALFORMED,
                   "the node's answer: its lines of %s sum up to a net of %s, "
                   "and the cycle has %s",
                   statement->of.node, counted, said);
}

static hl_err add_transfers(struct statement *statement,
                            struct hl_detail *detail)
{
    const Heluo__V1__CycleView *cycle = statement->of.cycle;
    uint64_t sums[2] = {0, 0};
    hl_err err = HL_OK;
    for (size_t i = 0; i < cycle->n_transfers && err == HL_OK; i++) {
        err = cycle->transfers[i]->number == i
                  ? add_transfer(statement, cycle->transfers[i], sums, detail)
                  : fail(detail, "transfers that are not numbered from 0 on");
    }
    if (err == HL_OK &&
        (sums[0] != statement->pays_fen || sums[1] != statement->gets_fen)) {
        err = fail(detail, "transfers that do not sum up to the net");
    }
    return err;
}

hl_err statement_make(const struct statement_input *input,
                      struct statement *out, struct hl_detail *detail)
{
    struct statement made = {
        .of = *input,
        .final = input->cycle->standing ==
                 HELUO__V1__CYCLE_STANDING__CYCLE_STANDING_FINAL};
    hl_err err = check_cycle(input, detail);
    if (err == HL_OK && !has_place(input)) {
        err = hl_fail(detail, HL_ENOTFOUND, "%s has no place in cycle %s",
                      input->node, input->cycle->name);
    }
    if (err == HL_OK) {
        err = add_claims(&made, detail);
    }
    if (err == HL_OK) {
        bool gets = made.due_fen >= made.owed_fen;
        made.gets_fen = gets ? made.due_fen - made.owed_fen : 0;
        made.pays_fen = gets ? 0 : made.owed_fen - made.due_fen;
        err = check_net(&made, detail);
    }
    if (err == HL_OK) {
        err = add_transfers(&made, detail);
    }
    if (err == HL_OK) {
        *out = made;
    } else {
        statement_fini(&made);
    }
    return err;
}

void statement_fini(struct statement *statement)
{
    hl_free(statement->partners);
    hl_free(statement->transfers);
    *statement = (struct statement){0};
}

/* --- Texts. -------------------------------------------------------------- */

void statement_payment_name(const struct statement *statement,
                            const Heluo__V1__TransferView *transfer,
                            char out[STATEMENT_PAYMENT_BYTES])
{
    const Heluo__V1__CycleView *cycle = statement->of.cycle;
    int size = snprintf(out, STATEMENT_PAYMENT_BYTES, "%s/%" PRIu32,
                        cycle->name, transfer->number);
    if (size < STATEMENT_PAYMENT_BYTES) {
        return;
    }
    for (size_t i = 0; i < LEAF_DIGITS / 2; i++) {
        snprintf(out + 2 * i, 3, "%02x", cycle->leaf.data[i]);
    }
    snprintf(out + LEAF_DIGITS, STATEMENT_PAYMENT_BYTES - LEAF_DIGITS,
             "/%06" PRIu32, transfer->number % 1000000);
}

void statement_yuan(uint64_t fen, bool below_zero,
                    char out[STATEMENT_YUAN_BYTES])
{
    snprintf(out, STATEMENT_YUAN_BYTES, "%s%" PRIu64 ".%02" PRIu64,
             below_zero && fen > 0 ? "-" : "", fen / YUAN_FEN, fen % YUAN_FEN);
}
