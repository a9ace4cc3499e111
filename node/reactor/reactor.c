/* SPDX-License-Identifier: Apache-2.0 */
#include "node/reactor/reactor.h"

#include <string.h>

#include "node/ledger/refusal.h"
#include "node/reactor/home_reactor.h"
#include "node/reactor/order_reactor.h"
#include "node/reactor/reactor_inside.h"
#include "node/reactor/voucher_reactor.h"

/* One for each kind of item. */
static const struct {
    bool (*concerns)(struct bytes name);
    hl_err (*answer)(const struct reactor_view *view, struct bytes name,
                     struct proposal *out, struct hl_detail *detail);
} reactors[] = {
    {home_reactor_concerns, home_reactor_answer},
    {order_reactor_concerns, order_reactor_answer},
    {voucher_reactor_concerns, voucher_reactor_answer},
};

/* What goes through open items. */
static hl_err (*const walks[])(const struct reactor_view *view,
                               struct writer *position, struct writer *name,
                               bool *found, struct hl_detail *detail) = {
    home_reactor_next,
    order_reactor_next_placed,
    order_reactor_next_asked,
    voucher_reactor_next,
};

enum {
    REACTORS = sizeof(reactors) / sizeof(reactors[0]),
    WALKS = sizeof(walks) / sizeof(walks[0]),
};

void proposal_clear(struct proposal *proposal)
{
    writer_clear(&proposal->body);
    writer_clear(&proposal->cause_origin);
    proposal->made = false;
    proposal->has_cause = false;
    proposal->waits = false;
    proposal->seen_count = 0;
    for (size_t i = 0; i < PROPOSAL_SEEN_MAX; i++) {
        writer_clear(&proposal->seen_origins[i]);
    }
}

void proposal_fini(struct proposal *proposal)
{
    writer_fini(&proposal->body);
    writer_fini(&proposal->cause_origin);
    for (size_t i = 0; i < PROPOSAL_SEEN_MAX; i++) {
        writer_fini(&proposal->seen_origins[i]);
    }
}

struct ledger_writer reactor_writer(const struct reactor_view *view)
{
    return (struct ledger_writer){
        .txn = view->txn,
        .number = view->number,
        .origin = view->origin,
        .now = view->dated,
        .seals = view->facts->seals,
        .member = view->facts->member,
        .ended = view->facts->ended,
        .context = view->facts->context,
    };
}

hl_err reactor_relied(const struct reactor_view *view, struct bytes node,
                      uint64_t *size, struct hl_detail *detail)
{
    struct ledger_writer writer = reactor_writer(view);
    return ledger_relied(&writer, node, size, detail);
}

hl_err reactor_is_at_end(const struct reactor_view *view, struct bytes origin,
                         bool *out, struct hl_detail *detail)
{
    struct head end;
    struct journal journal;
    struct half half = {0};
    bool found = false;
    *out = view->facts->ended != NULL &&
           view->facts->ended(view->facts->context, origin, &end);
    if (!*out) {
        return HL_OK;
    }
    hl_err err = journal_find(view->txn, origin, &journal, &found, detail);
    if (err == HL_OK && !found) {
        *out = end.size == 0;
        return HL_OK;
    }
    if (err == HL_OK) {
        err = projection_half(view->txn, journal.number, &half, detail);
    }
    struct head head = journal_head(&journal);
    *out = err == HL_OK && head_equal(&head, &end) && half.size == end.size;
    return err;
}

hl_err reactor_propose(const struct reactor_view *view, uint32_t body,
                       void *record, const struct citation *cause,
                       struct proposal *out, struct hl_detail *detail)
{
    struct hl_detail why;
    return reactor_propose_or(view, body, record, cause, out, &why, detail);
}

hl_err reactor_propose_or(const struct reactor_view *view, uint32_t body,
                          void *record, const struct citation *cause,
                          struct proposal *out, struct hl_detail *why,
                          struct hl_detail *detail)
{
    struct ledger_writer writer = reactor_writer(view);
    struct ledger_cause cite = {0};
    struct writer room = {0};
    *why = (struct hl_detail){0};
    if (cause != NULL) {
        cite.has = true;
        cite.index = cause->index;
        cite.leaf = cause->leaf;
        memcpy(cite.origin, cause->origin.data, cause->origin.size);
    }
    hl_err err = ledger_decide(&writer, body, record, &cite, &room, why);
    if (err == HL_OK) {
        out->made = true;
        out->body_type = entry_body_type(body, true);
        record_encode(ledger_body_type(body), record, &out->body);
        out->has_cause = cite.has;
        writer_text(&out->cause_origin, cite.origin);
        out->cause = (struct citation){writer_view(&out->cause_origin),
                                       cite.index, cite.leaf};
    } else if (ledger_is_refusal(err) || err == HL_EUNSEALED) {
        err = HL_OK;
    } else if (detail != NULL) {
        *detail = *why;
    }
    writer_fini(&room);
    return err;
}

bool reactor_concerns(struct bytes name)
{
    bool concerns = false;
    for (size_t i = 0; i < REACTORS; i++) {
        concerns = concerns || reactors[i].concerns(name);
    }
    return concerns;
}

hl_err reactor_answer(const struct reactor_view *view, struct bytes name,
                      struct proposal *out, struct hl_detail *detail)
{
    hl_err err = HL_OK;
    proposal_clear(out);
    for (size_t i = 0; i < REACTORS && err == HL_OK && !out->made; i++) {
        if (reactors[i].concerns(name)) {
            err = reactors[i].answer(view, name, out, detail);
        }
    }
    return err;
}

/* A position is the walk's number and then its own. */
hl_err reactor_next(const struct reactor_view *view, struct writer *position,
                    struct writer *name, bool *found, struct hl_detail *detail)
{
    struct writer at = {0};
    size_t i = 0;
    if (position->size > 0) {
        i = position->data[0];
        writer_bytes(&at,
                     bytes_slice(writer_view(position), 1, position->size - 1));
    }
    hl_err err = HL_OK;
    *found = false;
    for (; i < WALKS && err == HL_OK && !*found; i++) {
        err = walks[i](view, &at, name, found, detail);
        if (err == HL_OK && *found) {
            writer_clear(position);
            writer_u8(position, (uint8_t)i);
            writer_bytes(position, writer_view(&at));
        }
        writer_clear(&at);
    }
    writer_fini(&at);
    return err;
}
