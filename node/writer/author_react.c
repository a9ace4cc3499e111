/* SPDX-License-Identifier: Apache-2.0 */
#include "node/writer/author_inside.h"

#include "protocol/base/hl_assert.h"
#include "protocol/base/reader.h"
#include "protocol/tree/merkle.h"

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

static hl_err look_at(struct reaction *reaction, struct bytes name,
                      struct hl_detail *detail)
{
    hl_err err =
        reactor_answer(&reaction->view, name, &reaction->proposal, detail);
    return err == HL_OK && reaction->proposal.made ? append(reaction, detail)
                                                   : err;
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

hl_err author_react(struct author *author, const struct reactor_facts *facts,
                    struct hl_detail *detail)
{
    HL_ASSERT(author->txn != NULL);
    struct writer names = {0};
    struct reaction reaction = {
        .author = author,
        .view = {.txn = author->txn,
                 .number = author->journal.number,
                 .origin = bytes_of_text(author->origin),
                 .facts = facts},
    };
    bool all = author_wants_reaction(author, facts->endings) ||
               is_ending(author, facts);
    bool done = true;
    projection_changed(author->projection, &names);
    hl_err err = names.size > 0 || all ? projection_settle(author->projection,
                                                           author->txn, detail)
                                       : HL_OK;
    if (err == HL_OK && all) {
        err = look_at_all(&reaction, &done, detail);
    } else if (err == HL_OK) {
        err = look_at_changed(&reaction, writer_view(&names), &done, detail);
    }
    author->reacted = done;
    author->looked = all && done;
    author->endings_looked = facts->endings;
    proposal_fini(&reaction.proposal);
    writer_fini(&names);
    return err;
}

bool author_wants_reaction(const struct author *author, uint64_t endings)
{
    return author->look_again || author->endings != endings;
}

void author_settled(struct author *author)
{
    if (author->looked) {
        author->look_again = false;
        author->endings = author->endings_looked;
    } else if (!author->reacted) {
        author->look_again = true;
    }
}

void author_dismiss(struct author *author)
{
    HL_ASSERT(author->pending_count == 0);
    author_settled(author);
    author_abort(author);
}

struct hl_hash author_pending_leaf(const struct author *author, size_t i)
{
    HL_ASSERT(i < author->pending_count);
    const struct pending *pending = &author->pending[i];
    return merkle_leaf(bytes_slice(writer_view(&author->bytes), pending->offset,
                                   pending->size));
}
