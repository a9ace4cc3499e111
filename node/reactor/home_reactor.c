/* SPDX-License-Identifier: Apache-2.0 */
#include "node/reactor/home_reactor.h"

#include "node/projection/home.h"
#include "node/reactor/reactor_inside.h"
#include "protocol/entry/origin.h"
#include "protocol/tree/merkle.h"

/* A record of ours that is under way. */
struct item {
    struct writer texts;
    struct home_key key; /* borrows texts */
    struct writer to;    /* origin of the named node's journal */
    struct journal journal;
    bool known; /* that journal is here */
    struct citation release;
};

static void item_fini(struct item *item)
{
    writer_fini(&item->texts);
    writer_fini(&item->to);
}

/* *open is false where the record is not ours, or not under way: by our own
 * half, which may be ahead of joint state. */
static hl_err open_item(const struct reactor_view *view, struct bytes name,
                        struct item *item, bool *open, struct hl_detail *detail)
{
    struct open_release release;
    *open = home_of_name(name, &item->texts, &item->key);
    hl_err err = HL_OK;
    if (*open) {
        err = projection_open_release(view->txn, view->number, &item->key,
                                      &release, open, detail);
    }
    if (err != HL_OK || !*open) {
        return err;
    }
    item->release = release.cite;
    item->release.origin = view->origin;
    size_t alliance = view->origin.size - origin_node(view->origin).size;
    writer_bytes(&item->to, bytes_slice(view->origin, 0, alliance));
    writer_bytes(&item->to, release.to);
    return journal_find(view->txn, writer_view(&item->to), &item->journal,
                        &item->known, detail);
}

static hl_err cite_answer(const struct reactor_view *view,
                          const struct item *item, uint64_t index,
                          struct proposal *out, struct hl_detail *detail)
{
    struct bytes raw;
    hl_err err = journal_entry(view->txn, &item->journal, index, &raw, detail);
    if (err == HL_OK) {
        out->has_cause = true;
        out->cause.index = index;
        out->cause.leaf = merkle_leaf(raw);
        writer_bytes(&out->cause_origin, writer_view(&item->to));
        out->cause.origin = writer_view(&out->cause_origin);
    }
    return err;
}

static hl_err decide(const struct reactor_view *view, const struct item *item,
                     struct proposal *out, struct hl_detail *detail)
{
    struct home_answered answered = {0};
    bool ended = false;
    hl_err err = HL_OK;
    if (item->known) {
        err =
            projection_home_answer(view->txn, item->journal.number, &item->key,
                                   &item->release, &answered, detail);
    }
    if (err == HL_OK && answered.answer == 0) {
        err = reactor_is_at_end(view, writer_view(&item->to), &ended, detail);
    }
    if (err == HL_OK && answered.answer == HOME_REFUSED) {
        err = cite_answer(view, item, answered.index, out, detail);
    }
    bool resumes = answered.answer == HOME_REFUSED || ended;
    if (err == HL_OK && resumes) {
        struct home_resume resume = {.key = item->key};
        out->made = true;
        out->body_type = entry_body_type(HOME_BODY_RESUME, true);
        record_encode(&home_resuming, &resume, &out->body);
    }
    return err;
}

bool home_reactor_concerns(struct bytes name)
{
    for (size_t i = 0; name.size > 0 && i < RECORD_KINDS; i++) {
        if (record_kinds[i].homed &&
            record_kinds[i].type->number == name.data[0]) {
            return true;
        }
    }
    return false;
}

hl_err home_reactor_answer(const struct reactor_view *view, struct bytes name,
                           struct proposal *out, struct hl_detail *detail)
{
    struct item item = {0};
    bool open = false;
    hl_err err = open_item(view, name, &item, &open, detail);
    if (err == HL_OK && open) {
        err = decide(view, &item, out, detail);
    }
    item_fini(&item);
    return err;
}

hl_err home_reactor_next(const struct reactor_view *view,
                         struct writer *position, struct writer *name,
                         bool *found, struct hl_detail *detail)
{
    struct transit_query query = {.owner = view->origin};
    return projection_next_transit(view->txn, &query, position, name, found,
                                   detail);
}
