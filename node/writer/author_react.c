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
};

static hl_err append(struct reaction *reaction, struct hl_detail *detail)
{
    const struct proposal *proposal = &reaction->proposal;
    struct entry entry = author_frame(reaction->author);
    struct write_answer answer = {0};
    entry.has_cause = proposal->has_cause;
    entry.cause = proposal->cause;
    entry.body_type = proposal->body_type;
    entry.body = writer_view(&proposal->body);
    hl_err err =
        author_append(reaction->author, &entry, &answer, detail, detail);
    HL_ASSERT(err != HL_OK || answer.err == HL_OK); /* our own are well made */
    return err;
}

/* --- What waits for a seal. ---------------------------------------------- */

static struct waiting_item *find_waiting(struct author *author,
                                         struct bytes name)
{
    for (size_t i = 0; i < author->waiting_count; i++) {
        if (bytes_equal(writer_view(&author->waiting[i].name), name)) {
            return &author->waiting[i];
        }
    }
    return NULL;
}

static void note_waiting(struct author *author, struct bytes name,
                         const struct proposal *proposal)
{
    struct waiting_item *item = find_waiting(author, name);
    if (item == NULL) {
        if (author->waiting_count == author->waiting_capacity) {
            author->waiting_capacity = author->waiting_capacity * 2 + 16;
            author->waiting =
                hl_realloc(author->waiting, author->waiting_capacity,
                           sizeof(author->waiting[0]));
        }
        item = &author->waiting[author->waiting_count++];
        *item = (struct waiting_item){0};
        writer_bytes(&item->name, name);
    }
    memcpy(item->node, proposal->node, sizeof(item->node));
    item->index = proposal->index;
    item->answered = false;
}

void author_waited(struct author *author, bool committed)
{
    size_t left = 0;
    for (size_t i = 0; i < author->waiting_count; i++) {
        struct waiting_item *item = &author->waiting[i];
        if (committed && item->answered) {
            writer_fini(&item->name);
            continue;
        }
        item->answered = false;
        author->waiting[left++] = *item;
    }
    author->waiting_count = left;
}

void author_forget_waiting(struct author *author)
{
    for (size_t i = 0; i < author->waiting_count; i++) {
        writer_fini(&author->waiting[i].name);
    }
    hl_free(author->waiting);
    author->waiting = NULL;
    author->waiting_count = author->waiting_capacity = 0;
}

/* --- Looking. ------------------------------------------------------------ */

static hl_err look_at(struct reaction *reaction, struct bytes name,
                      struct hl_detail *detail)
{
    struct author *author = reaction->author;
    struct waiting_item *item = find_waiting(author, name);
    if (item != NULL) {
        item->answered = true; /* unless it goes on to wait */
    }
    hl_err err =
        reactor_answer(&reaction->view, name, &reaction->proposal, detail);
    if (err == HL_OK && reaction->proposal.waits) {
        note_waiting(author, name, &reaction->proposal);
    }
    return err == HL_OK && reaction->proposal.made ? append(reaction, detail)
                                                   : err;
}

/* Items of which that is there by now; each node's journal is asked for once,
 * as items of one come together. */
static hl_err look_at_waiting(struct reaction *reaction, bool *done,
                              struct hl_detail *detail)
{
    struct author *author = reaction->author;
    const char *node = NULL;
    uint64_t relied = 0;
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && *done && i < author->waiting_count;
         i++) {
        struct waiting_item *item = &author->waiting[i];
        if (node == NULL || strcmp(node, item->node) != 0) {
            node = item->node;
            err = reactor_relied(&reaction->view, bytes_of_text(node), &relied,
                                 detail);
        }
        if (err == HL_OK && !item->answered && item->index < relied) {
            *done = !author_is_large(author);
            err = *done ? look_at(reaction, writer_view(&item->name), detail)
                        : HL_OK;
            node = NULL; /* the list may have moved */
        }
    }
    return err;
}

/* *done is false where the transaction is full before the end. */
static hl_err look_at_changed(struct reaction *reaction, struct bytes names,
                              bool *done, struct hl_detail *detail)
{
    struct reader reader;
    reader_init(&reader, names);
    hl_err err = HL_OK;
    *done = true;
    while (err == HL_OK && *done && reader_left(&reader) > 0) {
        struct bytes name = reader_bytes(&reader, reader_u16(&reader));
        *done = !author_is_large(reaction->author);
        if (*done && reactor_concerns(name)) {
            err = look_at(reaction, name, detail);
        }
    }
    return err;
}

static hl_err look_at_all(struct reaction *reaction, bool *done,
                          struct hl_detail *detail)
{
    struct writer position = {0}, name = {0};
    bool found = true;
    hl_err err = HL_OK;
    while (err == HL_OK && found && !author_is_large(reaction->author)) {
        err = reactor_next(&reaction->view, &position, &name, &found, detail);
        if (err == HL_OK && found) {
            err = look_at(reaction, writer_view(&name), detail);
        }
    }
    *done = err == HL_OK && !found;
    writer_fini(&name);
    writer_fini(&position);
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

/* One look at all that is open, or at what changed since the last one. */
static hl_err react_once(struct reaction *reaction, bool all, bool *done,
                         struct hl_detail *detail)
{
    struct author *author = reaction->author;
    struct writer names = {0};
    projection_changed(author->projection, &names);
    hl_err err =
        names.size > 0 || all
            ? projection_settle_joint(author->projection, author->txn, detail)
            : HL_OK;
    if (err == HL_OK && all) {
        err = look_at_all(reaction, done, detail);
    } else if (err == HL_OK) {
        err = look_at_changed(reaction, writer_view(&names), done, detail);
    }
    writer_fini(&names);
    return err == HL_OK ? look_at_waiting(reaction, done, detail) : err;
}

hl_err author_react(struct author *author, struct hl_detail *detail)
{
    HL_ASSERT(author->txn != NULL);
    struct reaction reaction = {
        .author = author,
        .view = {.txn = author->txn,
                 .number = author->journal.number,
                 .origin = bytes_of_text(author->origin),
                 .now = author->now,
                 .dated = author_frame(author).recorded_at,
                 .facts = &author->facts},
    };
    bool all = author_wants_reaction(author, author->now) ||
               is_ending(author, &author->facts);
    bool done = true;
    size_t before = author->pending_count;
    hl_err err = react_once(&reaction, all, &done, detail);
    /* Our own answers may ask something of us, too. */
    while (err == HL_OK && done && author->pending_count > before) {
        before = author->pending_count;
        err = react_once(&reaction, false, &done, detail);
    }
    author->reacted = done;
    author->looked = all && done;
    author->endings_looked = author->facts.endings;
    author->day_looked = day_of_time(author->now);
    author->unsure_looked = author->facts.time_is_unsure;
    proposal_fini(&reaction.proposal);
    return err;
}

bool author_wants_reaction(const struct author *author, struct hl_wall now)
{
    return author->look_again || author->endings != author->facts.endings ||
           author->day != day_of_time(now) ||
           (author->unsure && !author->facts.time_is_unsure);
}

void author_know(struct author *author, const struct reactor_facts *facts)
{
    author->facts = *facts;
}

void author_settled(struct author *author)
{
    if (author->looked) {
        author->look_again = false;
        author->endings = author->endings_looked;
        author->day = author->day_looked;
        author->unsure = author->unsure_looked;
    } else if (!author->reacted) {
        author->look_again = true;
    }
    author_waited(author, true);
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
