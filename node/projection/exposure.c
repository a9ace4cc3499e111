/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/exposure.h"

#include "node/ledger/refusal.h"
#include "node/projection/ledger.h"
#include "protocol/entry/entry.h"
#include "protocol/entry/origin.h"

hl_err exposure_allotted(struct store_txn *txn, uint32_t number,
                         struct bytes node, uint64_t *fen,
                         struct hl_detail *detail)
{
    struct account account = {.account = ACCOUNT_ALLOTTED, .partner = node};
    struct row row;
    bool found = false;
    hl_err err = ledger_find_row(txn, number, &account_record, &account, &row,
                                 &found, detail);
    int64_t balance_fen = found ? account_balance_fen(&account) : 0;
    *fen = balance_fen > 0 ? (uint64_t)balance_fen : 0;
    return err;
}

/* --- Holds that are not sealed. ------------------------------------------ */

struct looking {
    struct store_txn *txn;
    struct bytes origin; /* whose orders they are */
    struct journal journal;
    uint64_t index;
    struct exposure_holds *out;
};

/* The order that a valid entry places at this node. */
static bool places(const struct looking *looking, uint32_t body,
                   struct bytes raw, struct order_key *key)
{
    union record_room record;
    const struct order_place *place = (const void *)&record;
    const struct order_allot *allot = (const void *)&record;
    record_decode(ledger_body_type(body), raw, &record);
    *key = place->key; /* begins both */
    return bytes_equal(body == ORDER_BODY_PLACE ? place->provider
                                                : allot->provider,
                       origin_node(looking->origin));
}

/* Whether that entry holds for it still, by what both halves say. */
static bool is_held(const struct looking *looking,
                    const struct order_view *view)
{
    bool given_up = view->answered && (view->answer.answer == ANSWER_DECLINED ||
                                       view->answer.answer == ANSWER_CLOSED);
    return view->placed && view->issuer_number == looking->journal.number &&
           view->order.placed_index == looking->index &&
           view->order.resolved == ORDER_OPEN && !given_up;
}

static hl_err look_at(const struct looking *looking, struct bytes raw,
                      struct hl_detail *detail)
{
    struct entry entry;
    struct canonical_unknown unknown;
    struct order_key key;
    struct order_view view;
    bool invalid = false;
    if (entry_decode(raw, &entry, &unknown, NULL) != HL_OK || unknown.present) {
        return HL_OK;
    }
    uint32_t body = entry_body_number(entry.body_type);
    if (body != ORDER_BODY_PLACE && body != ORDER_BODY_ALLOT) {
        return HL_OK;
    }
    hl_err err = projection_is_invalid(looking->txn, looking->journal.number,
                                       looking->index, &invalid, detail);
    if (err != HL_OK || invalid || !places(looking, body, entry.body, &key)) {
        return err;
    }
    err = ledger_order(looking->txn, looking->origin, &key, &view, detail);
    if (err == HL_OK && is_held(looking, &view)) {
        struct exposure_holds *out = looking->out;
        bool accepted = view.requested || view.answered;
        out->orders++;
        out->fen += view.order.of.hold_fen;
        out->accepted_fen += accepted ? view.order.of.hold_fen : 0;
    }
    return err;
}

hl_err exposure_unsealed(struct store_txn *txn, struct bytes origin,
                         struct bytes issuer, uint64_t sealed, uint64_t looks,
                         struct exposure_holds *out, struct hl_detail *detail)
{
    struct looking looking = {
        .txn = txn, .origin = origin, .index = sealed, .out = out};
    struct journal_walk *walk = NULL;
    struct half half = {0}; /* what is not applied has placed nothing */
    bool found = false;
    *out = (struct exposure_holds){0};
    hl_err err = journal_find(txn, issuer, &looking.journal, &found, detail);
    if (err == HL_OK && found) {
        err = projection_half(txn, looking.journal.number, &half, detail);
    }
    if (err != HL_OK || !found || sealed >= half.size) {
        return err;
    }
    uint64_t end = half.size - sealed > looks ? sealed + looks : half.size;
    out->unlooked = half.size - end;
    err = journal_walk_open(txn, &looking.journal, sealed, &walk, detail);
    for (; err == HL_OK && looking.index < end; looking.index++) {
        struct bytes raw;
        err = journal_walk_next(walk, &raw, detail);
        if (err == HL_OK) {
            err = look_at(&looking, raw, detail);
        }
    }
    journal_walk_close(&walk);
    return err;
}

/* --- Decisions. ---------------------------------------------------------- */

/* What is refused is journalled: the bound itself is nobody else's matter. */
static hl_err allow_allot(const struct ledger_writer *writer,
                          const struct order_allot *allot,
                          struct hl_detail *detail)
{
    uint64_t fen = 0, max_fen = writer->limits.allotted_max_fen;
    if (max_fen == 0) {
        return HL_OK;
    }
    hl_err err = exposure_allotted(writer->txn, writer->number, allot->provider,
                                   &fen, detail);
    return err == HL_OK && (fen > max_fen || allot->limit_fen > max_fen - fen)
               ? ledger_refuse(detail, LEDGER_ALLOTTED_MAX,
                               "%llu fen are allotted to %.*s and not given "
                               "back: this node's allotted_max_fen leaves not "
                               "so many more",
                               (unsigned long long)fen,
                               BYTES_ARGS(allot->provider))
               : err;
}

/* Who accepts begins to serve, and what keepers do not have yet may be lost
 * with the issuer's disk. More than may be relied on waits for their seal; an
 * order that is sealed is accepted whatever else is not. */
static hl_err allow_accept(const struct ledger_writer *writer,
                           const struct order_answer *accept,
                           const struct ledger_cause *order,
                           struct hl_detail *detail)
{
    struct bytes issuer = bytes_of_text(order->origin);
    struct order_view view;
    struct exposure_holds holds;
    uint64_t sealed = 0, max_fen = writer->limits.unsealed_max_fen;
    if (max_fen == 0) {
        return HL_OK;
    }
    hl_err err = ledger_relied(writer, origin_node(issuer), &sealed, detail);
    if (err != HL_OK || order->index < sealed) {
        return err;
    }
    err =
        ledger_order(writer->txn, writer->origin, &accept->key, &view, detail);
    if (err == HL_OK && view.requested) { /* and so relied on before */
        return HL_OK;
    }
    if (err == HL_OK) {
        err = exposure_unsealed(writer->txn, writer->origin, issuer, sealed,
                                EXPOSURE_LOOKS_MAX, &holds, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    uint64_t fen = holds.accepted_fen + view.order.of.hold_fen;
    return fen > max_fen || holds.unlooked > 0
               ? hl_fail(detail, HL_EUNSEALED,
                         "unsealed_max: with it this node would rely on %llu "
                         "fen%s of %.*s that are not sealed, above its "
                         "unsealed_max_fen: accept it again once it is sealed",
                         (unsigned long long)fen,
                         holds.unlooked > 0 ? " or more" : "",
                         BYTES_ARGS(origin_node(issuer)))
               : HL_OK;
}

hl_err exposure_allow(const struct ledger_writer *writer, uint32_t body,
                      const void *record, const struct ledger_cause *cause,
                      struct hl_detail *detail)
{
    return body == ORDER_BODY_ALLOT ? allow_allot(writer, record, detail)
           : body == ORDER_BODY_ACCEPT
               ? allow_accept(writer, record, cause, detail)
               : HL_OK;
}
