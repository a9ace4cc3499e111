/* SPDX-License-Identifier: Apache-2.0 */
#include "node/writer/author_inside.h"

#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/reader.h"

/* One pass of the reactors in the open transaction. */
struct reaction {
    struct author *author;
    struct reactor_view view;
    struct proposal proposal;
    size_t looks;
    bool ripe; /* something that waited was not looked at any more */
};

/* In one transaction: some 20 ms of them. */
enum { LOOKS_MAX = 2000 };

static hl_err append(struct reaction *reaction, struct hl_detail *detail)
{
    const struct proposal *proposal = &reaction->proposal;
    struct entry entry = author_frame(reaction->author);
    struct write_answer answer = {0};
    entry.has_cause = proposal->has_cause;
    entry.cause = proposal->cause;
    entry.seen_count = proposal->seen_count;
    memcpy(entry.seen, proposal->seen, sizeof(proposal->seen));
    entry.body_type = proposal->body_type;
    entry.body = writer_view(&proposal->body);
    hl_err err =
        author_append(reaction->author, &entry, &answer, detail, detail);
    HL_ASSERT(err != HL_OK || answer.err == HL_OK); /* our own are well made */
    return err;
}

/* --- Looking. ------------------------------------------------------------ */

/* Whether the transaction has room for no more. */
static bool is_full(const struct reaction *reaction)
{
    return reaction->looks >= LOOKS_MAX || author_is_large(reaction->author);
}

static hl_err look_at(struct reaction *reaction, struct bytes name,
                      struct hl_detail *detail)
{
    struct proposal *proposal = &reaction->proposal;
    reaction->looks++;
    hl_err err = reactor_answer(&reaction->view, name, proposal, detail);
    if (err == HL_OK && proposal->waits) {
        agenda_wait(&reaction->author->agenda, bytes_of_text(proposal->node),
                    proposal->index, name);
    }
    return err == HL_OK && proposal->made ? append(reaction, detail) : err;
}

/* What changed stands behind what was left before. */
static hl_err take_changed(struct reaction *reaction, struct hl_detail *detail)
{
    struct author *author = reaction->author;
    struct writer names = {0};
    struct reader reader;
    projection_changed(author->projection, &names);
    reader_init(&reader, writer_view(&names));
    while (reader_left(&reader) > 0) {
        struct bytes name = reader_bytes(&reader, reader_u16(&reader));
        if (reactor_concerns(name)) {
            agenda_leave(&author->agenda, name);
        }
    }
    writer_fini(&names);
    return projection_settle_joint(author->projection, author->txn, detail);
}

static hl_err look_at_changed(struct reaction *reaction,
                              struct hl_detail *detail)
{
    struct bytes name;
    hl_err err = take_changed(reaction, detail);
    while (err == HL_OK && !is_full(reaction) &&
           agenda_next_left(&reaction->author->agenda, &name)) {
        err = look_at(reaction, name, detail);
    }
    return err;
}

static hl_err look_at_waiting(struct reaction *reaction,
                              struct hl_detail *detail)
{
    struct agenda *agenda = &reaction->author->agenda;
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && i < agenda->node_count; i++) {
        struct writer name = {0};
        struct bytes item;
        uint64_t relied = 0;
        if (agenda->nodes[i].at < agenda->nodes[i].count) {
            err = reactor_relied(&reaction->view,
                                 bytes_of_text(agenda->nodes[i].node), &relied,
                                 detail);
        }
        while (err == HL_OK && !is_full(reaction) &&
               agenda_next_ripe(&agenda->nodes[i], relied, &item)) {
            writer_clear(&name); /* the list may move */
            writer_bytes(&name, item);
            err = look_at(reaction, writer_view(&name), detail);
        }
        reaction->ripe =
            reaction->ripe || agenda_has_ripe(&agenda->nodes[i], relied);
        writer_fini(&name);
    }
    return err;
}

static hl_err look_at_all(struct reaction *reaction, struct hl_detail *detail)
{
    struct agenda_look *look = &reaction->author->agenda.open;
    struct writer name = {0};
    hl_err err = HL_OK;
    while (err == HL_OK && look->walking && !is_full(reaction)) {
        err = reactor_next(&reaction->view, &look->position, &name,
                           &look->walking, detail);
        if (err == HL_OK && look->walking) {
            err = look_at(reaction, writer_view(&name), detail);
        }
    }
    writer_fini(&name);
    return err;
}

/* Whether something came of a journal that a charter ends: that it is here to
 * its end may be what is waited for. */
static bool is_ending(const struct author *author,
                      const struct reactor_facts *facts)
{
    struct bytes origin;
    struct head end;
    bool ending = false;
    for (size_t i = 0; facts->ended != NULL && !ending &&
                       projection_applied(author->projection, i, &origin);
         i++) {
        ending = facts->ended(facts->context, origin, &end);
    }
    return ending;
}

static int64_t day_of_time(struct hl_wall now)
{
    enum { SECONDS_OF_DAY = 86400, UTC8_SECONDS = 8 * 3600 };
    return (wall_seconds(now) + UTC8_SECONDS) / SECONDS_OF_DAY;
}

static bool is_due(const struct author *author, const struct agenda_look *look,
                   struct hl_wall now)
{
    return look->due || look->reasons.endings != author->facts.endings ||
           look->reasons.day != day_of_time(now) ||
           (look->reasons.unsure && !author->facts.time_is_unsure);
}

/* One at a time: what is due meanwhile comes when that is at its end. */
static void begin_walk(struct author *author)
{
    struct agenda_look *look = &author->agenda.open;
    look->due = look->due || is_ending(author, &author->facts);
    if (look->walking || !is_due(author, look, author->now)) {
        return;
    }
    look->due = false;
    look->walking = true;
    writer_clear(&look->position);
    look->reasons = (struct agenda_reasons){
        .endings = author->facts.endings,
        .day = day_of_time(author->now),
        .unsure = author->facts.time_is_unsure,
    };
}

/* Our own answers may ask something of us, too. */
static hl_err look(struct reaction *reaction, struct hl_detail *detail)
{
    struct author *author = reaction->author;
    size_t before;
    hl_err err = HL_OK;
    do {
        before = author->pending_count;
        err = look_at_changed(reaction, detail);
        if (err == HL_OK) {
            err = look_at_waiting(reaction, detail);
        }
        if (err == HL_OK) {
            err = look_at_all(reaction, detail);
        }
    } while (err == HL_OK && author->pending_count > before);
    return err;
}

hl_err author_react(struct author *author, struct hl_detail *detail)
{
    HL_ASSERT(author->txn != NULL);
    struct agenda_look *open = &author->agenda.open;
    struct reaction reaction = {
        .author = author,
        .view = {.txn = author->txn,
                 .number = author->journal.number,
                 .origin = bytes_of_text(author->origin),
                 .now = author->now,
                 .dated = author_frame(author).recorded_at,
                 .facts = &author->facts},
    };
    agenda_open(&author->agenda);
    begin_walk(author);
    /* Also of what is looked at alone: it may wait for that. */
    open->reasons.unsure = open->reasons.unsure || author->facts.time_is_unsure;
    hl_err err = look(&reaction, detail);
    open->behind =
        reaction.ripe || open->walking || open->names.size > open->names_at;
    author->reacted = err == HL_OK;
    proposal_fini(&reaction.proposal);
    return err;
}

bool author_wants_reaction(const struct author *author, struct hl_wall now)
{
    return author->agenda.now.behind ||
           is_due(author, &author->agenda.now, now);
}

bool author_is_behind(const struct author *author)
{
    return author->agenda.now.behind;
}

void author_know(struct author *author, const struct reactor_facts *facts)
{
    author->facts = *facts;
}

void author_settled(struct author *author)
{
    if (author->reacted) {
        agenda_keep(&author->agenda);
    } else {
        author->agenda.now.due = true;
    }
    author->reacted = false;
}

void author_dismiss(struct author *author)
{
    HL_ASSERT(author->pending_count == 0);
    author_settled(author);
    author_abort(author);
}

struct bytes author_pending_entry(const struct author *author, size_t i)
{
    HL_ASSERT(i < author->pending_count);
    const struct pending *pending = &author->pending[i];
    return bytes_slice(writer_view(&author->bytes), pending->offset,
                       pending->size);
}
