/* SPDX-License-Identifier: Apache-2.0 */
#include "node/writer/author_inside.h"

#include <inttypes.h>
#include <string.h>

#include "node/ledger/cycle.h"
#include "node/ledger/order.h"
#include "node/ledger/refusal.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/note/checkpoint.h"

/* --- Opening. ------------------------------------------------------------ */

static hl_err sign(struct author *author, const struct head *head,
                   struct writer *note, struct hl_detail *detail)
{
    struct checkpoint checkpoint = {.head = *head};
    memcpy(checkpoint.origin, author->origin, strlen(author->origin) + 1);
    writer_clear(note);
    hl_err err = checkpoint_sign(&checkpoint, author->signers,
                                 author->signer_count, note);
    if (err != HL_OK) {
        return hl_fail(detail, err,
                       "the checkpoint of %s at size %" PRIu64
                       " cannot be signed",
                       author->origin, head->size);
    }
    return HL_OK;
}

static struct projection_origin own_origin(const struct author *author)
{
    return (struct projection_origin){
        .number = author->journal.number,
        .name = bytes_of_text(author->origin),
        .own = true,
    };
}

/* Applies what stands in the journal and not in the projection, as much as one
 * transaction takes: entries at which an older program paused, or none. */
static hl_err catch_up(struct author *author, struct store_txn *txn,
                       struct hl_detail *detail)
{
    struct half half = {0};
    hl_err err = projection_half(txn, author->journal.number, &half, detail);
    if (err != HL_OK) {
        return err;
    }
    uint64_t size = author->journal.frontier.size;
    if (half.size > size) {
        return hl_fail(detail, HL_EDAMAGED,
                       "the projection of %s has %" PRIu64
                       " entries, its journal %" PRIu64
                       ": restore the store from a backup",
                       author->origin, half.size, size);
    }
    struct projection_origin origin = own_origin(author);
    for (uint64_t index = half.size;
         err == HL_OK && index < size && !store_txn_is_large(txn); index++) {
        struct bytes entry;
        err = journal_entry(txn, &author->journal, index, &entry, detail);
        if (err == HL_OK) {
            void *raw = hl_copy(entry.data, entry.size);
            err = projection_apply(author->projection, txn, &origin, index,
                                   bytes_of(raw, entry.size), detail);
            hl_free(raw);
        }
    }
    return err == HL_OK ? projection_settle(author->projection, txn, detail)
                        : err;
}

static hl_err catch_up_step(struct author *author, struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    hl_err err = store_begin_write(author->store, &txn, detail);
    if (err != HL_OK) {
        return err;
    }
    err = journal_find_or_create(txn, bytes_of_text(author->origin),
                                 &author->journal, detail);
    if (err == HL_OK) {
        err = catch_up(author, txn, detail);
    }
    if (err != HL_OK) {
        projection_reset(author->projection);
        store_abort(&txn);
        return err;
    }
    return store_commit(&txn, detail);
}

/* The journal and how far it is applied; *there is false where the store has
 * none of that name. */
static hl_err look(struct author *author, uint64_t *applied, bool *there,
                   struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    struct half half = {0};
    hl_err err = store_begin_read(author->store, &txn, detail);
    if (err == HL_OK) {
        err = journal_find(txn, bytes_of_text(author->origin), &author->journal,
                           there, detail);
    }
    if (err == HL_OK && *there) {
        err = projection_half(txn, author->journal.number, &half, detail);
    }
    store_abort(&txn);
    *applied = half.size;
    return err;
}

/* *paused: the own journal has entries that this program does not know. */
static hl_err open_journal(struct author *author, bool *paused,
                           struct hl_detail *detail)
{
    bool there = false;
    uint64_t applied = 0;
    *paused = false;
    hl_err err = look(author, &applied, &there, detail);
    while (err == HL_OK &&
           (!there || applied != author->journal.frontier.size)) {
        uint64_t before = applied;
        bool was_there = there;
        err = catch_up_step(author, detail);
        if (err == HL_OK) {
            err = look(author, &applied, &there, detail);
        }
        if (err == HL_OK && was_there && applied == before) {
            *paused = true;
            break;
        }
    }
    return err;
}

/* The root that the own journal had at a size. */
static hl_err root_at(struct author *author, uint64_t size,
                      struct hl_hash *root, struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    hl_err err = store_begin_read(author->store, &txn, detail);
    if (err != HL_OK) {
        return err;
    }
    struct journal_hashes hashes = {
        .txn = txn, .journal = author->journal, .detail = detail};
    struct hash_source source = journal_hash_source(&hashes);
    err = prove_root(&source, size, root);
    store_abort(&txn);
    return err;
}

/* What was signed before: a node that may not sign shows that. */
static hl_err load_note(struct author *author, struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    hl_err err = store_begin_read(author->store, &txn, detail);
    if (err != HL_OK) {
        return err;
    }
    struct bytes note = {0};
    err = journal_checkpoint(txn, &author->journal, JOURNAL_NEWEST, &note,
                             detail);
    if (err == HL_OK) {
        writer_bytes(&author->note, note);
    }
    store_abort(&txn);
    return err;
}

/* HL_EMARK where the mark does not allow to go on. */
static hl_err judge_mark(struct author *author, const struct mark *mark,
                         struct hl_detail *detail)
{
    if (mark == NULL) {
        return hl_fail(detail, HL_EMARK,
                       "there is no mark: nothing says how far the journal %s "
                       "had come when something last left this machine. The "
                       "node reads and serves; it signs nothing new",
                       author->origin);
    }
    if (!vkey_equal(&mark->key, &author->signers[0].vkey)) {
        return hl_fail(detail, HL_EMARK,
                       "the mark is of another key than the journal key: give "
                       "the mark that was made with it");
    }
    uint64_t size = author->journal.frontier.size;
    if (mark->head.size > size) {
        return hl_fail(detail, HL_EMARK,
                       "the mark says that %" PRIu64 " entries of %s had left "
                       "this machine, and the store has %" PRIu64
                       ": it was set back. Signing on would make a second "
                       "history; recover the journal from partners",
                       mark->head.size, author->origin, size);
    }
    struct hl_hash root;
    hl_err err = root_at(author, mark->head.size, &root, detail);
    if (err != HL_OK) {
        return err;
    }
    if (!hash_equal(&root, &mark->head.root)) {
        return hl_fail(detail, HL_EMARK,
                       "the store has another history of %s than the mark, at "
                       "size %" PRIu64 ": this is not the store that the mark "
                       "belongs to",
                       author->origin, mark->head.size);
    }
    return HL_OK;
}

/* Whether the note over the journal has the journal key's line. */
static bool bears_our_line(const struct author *author)
{
    struct note note = {0};
    bool bears = note_parse(writer_view(&author->note), &note, NULL) == HL_OK &&
                 note_line_of(&note, &author->signers[0].vkey) != NULL;
    note_fini(&note);
    return bears;
}

/* Whether the journal reaches the point from which the key may sign it. Short
 * of that others hold entries that this store has not, under the former key;
 * and what the former key signed beyond it, where that was replaced, is no part
 * of the journal any more: the new one must not make it one. */
static hl_err judge_key(struct author *author,
                        const struct author_options *options,
                        struct hl_detail *detail)
{
    struct hl_hash root;
    uint64_t size = author->journal.frontier.size;
    const struct head *from = &options->key_from;
    if (from->size > size) {
        return hl_fail(detail, HL_EMARK,
                       "the charter has this journal key from size %" PRIu64
                       " of %s on, and the store has %" PRIu64
                       ": signing below would make a second history; recover "
                       "the journal from partners",
                       from->size, author->origin, size);
    }
    hl_err err =
        from->size == 0 ? HL_OK : root_at(author, from->size, &root, detail);
    if (err != HL_OK) {
        return err;
    }
    if (from->size > 0 && !hash_equal(&root, &from->root)) {
        return hl_fail(detail, HL_EMARK,
                       "the store has another history of %s than the charter, "
                       "which names the root at size %" PRIu64
                       " from which this journal key holds",
                       author->origin, from->size);
    }
    if (options->key_replaces && size > from->size &&
        size > options->mark->head.size && !bears_our_line(author)) {
        return hl_fail(detail, HL_EMARK,
                       "the charter has this journal key replace the former "
                       "one from size %" PRIu64 " of %s on, and the store has "
                       "%" PRIu64 " entries under that: they are taken out "
                       "first",
                       from->size, author->origin, size);
    }
    return HL_OK;
}

static hl_err judge(struct author *author, const struct author_options *options,
                    struct hl_detail *why)
{
    hl_err err = judge_mark(author, options->mark, why);
    return err == HL_OK ? judge_key(author, options, why) : err;
}

/* What was committed but had not left when the process ended may leave now. A
 * mark that was read may never have been flushed, so it is written also where
 * it says the same. */
static hl_err publish_all(struct author *author, struct hl_detail *detail)
{
    struct head head = journal_head(&author->journal);
    return author->keeper.write(author->keeper.context, &head, detail);
}

hl_err author_create(const struct author_options *options, struct author **out,
                     hl_err *refusal, struct hl_detail *why,
                     struct hl_detail *detail)
{
    HL_ASSERT(options->signer_count > 0);
    struct author *author = hl_alloc(1, sizeof(*author));
    author->store = options->store;
    author->origin = hl_copy(options->origin, strlen(options->origin));
    author->signers = options->signers;
    author->signer_count = options->signer_count;
    author->keeper = options->keeper;
    author->refusals_per_second = options->refusals_per_second;
    author->projection = projection_create();
    agenda_init(&author->agenda);

    hl_err verdict = HL_OK;
    bool paused = false;
    hl_err err = open_journal(author, &paused, detail);
    if (err == HL_OK) {
        err = load_note(author, detail);
    }
    if (err == HL_OK && paused) {
        verdict = hl_fail(why, HL_ENEWER,
                          "the journal %s has entries of a newer program, and "
                          "nothing may be written behind them: upgrade heluod",
                          author->origin);
    } else if (err == HL_OK) {
        verdict = judge(author, options, why);
        if (verdict == HL_OK) {
            err = publish_all(author, detail);
        } else if (verdict != HL_EMARK) {
            err = verdict;
            *detail = *why;
        }
    }
    if (err == HL_OK && verdict == HL_OK) {
        struct head head = journal_head(&author->journal);
        err = sign(author, &head, &author->note, detail);
    }
    if (err != HL_OK) {
        author_destroy(&author);
        return err;
    }
    *refusal = verdict;
    *out = author;
    return HL_OK;
}

void author_destroy(struct author **author)
{
    struct author *gone = *author;
    if (gone == NULL) {
        return;
    }
    author_abort(gone);
    agenda_fini(&gone->agenda);
    projection_destroy(&gone->projection);
    writer_fini(&gone->note);
    writer_fini(&gone->bytes);
    writer_fini(&gone->body);
    hl_free(gone->pending);
    hl_free(gone->origin);
    hl_free(gone);
    *author = NULL;
}

/* --- A transaction. ------------------------------------------------------ */

hl_err author_begin(struct author *author, struct hl_wall now,
                    struct hl_detail *detail)
{
    HL_ASSERT(author->txn == NULL);
    author->now = now;
    author->recorded_at = author->journal.recorded_at;
    author->reacted = false;
    return store_begin_write(author->store, &author->txn, detail);
}

struct store_txn *author_txn(struct author *author)
{
    return author->txn;
}

struct projection *author_projection(struct author *author)
{
    return author->projection;
}

void author_abort(struct author *author)
{
    projection_reset(author->projection);
    store_abort(&author->txn);
    writer_clear(&author->bytes);
    author->pending_count = 0;
    author->touched = author->urgent = false;
    agenda_drop(&author->agenda);
}

static uint64_t next_index(const struct author *author)
{
    return author->journal.frontier.size + author->pending_count;
}

/* An entry of the own journal, also one that is not appended yet. */
static hl_err own_entry(struct author *author, uint64_t index,
                        struct bytes *entry, struct hl_detail *detail)
{
    uint64_t size = author->journal.frontier.size;
    if (index < size) {
        return journal_entry(author->txn, &author->journal, index, entry,
                             detail);
    }
    HL_ASSERT(index < next_index(author));
    const struct pending *at = &author->pending[index - size];
    *entry = bytes_slice(writer_view(&author->bytes), at->offset, at->size);
    return HL_OK;
}

static void refuse(struct write_command *command, hl_err err)
{
    command->result =
        (struct write_answer){.err = err, .detail = &command->detail};
}

/* --- Refusals that are journalled. --------------------------------------- */

static const hl_err remembered[] = {HL_ESTATE, HL_ENOTFOUND, HL_EEXISTS};

/* As it was answered the first time. */
static void repeat_refusal(struct write_command *command, struct bytes body)
{
    struct command_refused refused;
    hl_err err = HL_ESTATE;
    record_decode(&command_refusing, body, &refused);
    for (size_t i = 0; i < sizeof(remembered) / sizeof(remembered[0]); i++) {
        if (bytes_equal(refused.error,
                        bytes_of_text(hl_err_name(remembered[i])))) {
            err = remembered[i];
        }
    }
    refuse(command,
           hl_fail(&command->detail, err, "%.*s", BYTES_ARGS(refused.text)));
}

/* HL_EBUSY  too many in this second. */
static hl_err count_refusal(struct author *author, struct hl_detail *why)
{
    int64_t second = wall_seconds(author->now);
    if (second != author->refusals_second) {
        author->refusals_second = second;
        author->refusals = 0;
    }
    if (author->refusals_per_second > 0 &&
        author->refusals >= author->refusals_per_second) {
        return hl_fail(why, HL_EBUSY,
                       "more than %u commands were refused in this second, and "
                       "this one would be, too: nothing is remembered of it",
                       author->refusals_per_second);
    }
    author->refusals++;
    return HL_OK;
}

static hl_err make_entry(struct author *author, struct write_command *command,
                         const struct write_context *context,
                         struct hl_detail *detail);

/* The refusal, which stands in the command, becomes an entry. */
static hl_err remember_refusal(struct author *author,
                               struct write_command *command, hl_err refusal,
                               struct write_context *context,
                               struct hl_detail *detail)
{
    struct hl_detail why = command->detail;
    HL_ASSERT(context->body_type != 0);
    hl_err err = count_refusal(author, &command->detail);
    if (err != HL_OK) {
        refuse(command, err);
        return HL_OK;
    }
    struct command_refused refused = {
        .asked = context->body_type,
        .error = bytes_of_text(hl_err_name(refusal)),
        .text = bytes_of_text(why.text),
    };
    context->body_type = entry_body_type(LEDGER_BODY_REFUSED, false);
    context->has_cause = false;
    writer_clear(&author->body);
    record_encode(&command_refusing, &refused, &author->body);
    err = make_entry(author, command, context, detail);
    if (err == HL_OK && command->result.err == HL_OK) {
        command->detail = why;
        refuse(command, refusal);
    }
    return err;
}

/* The id was used before, by the entry at `index`. */
static hl_err repeat(struct author *author, struct write_command *command,
                     uint64_t index, struct hl_detail *detail)
{
    struct bytes raw;
    struct entry former;
    struct canonical_unknown unknown;
    hl_err err = own_entry(author, index, &raw, detail);
    if (err != HL_OK) {
        return err;
    }
    err = entry_decode(raw, &former, &unknown, detail);
    if (err != HL_OK) {
        return hl_fail(detail, HL_EDAMAGED,
                       "entry %" PRIu64 " of our own journal does not decode",
                       index);
    }
    bool refused = entry_body_number(former.body_type) == LEDGER_BODY_REFUSED;
    if (!hash_equal(&former.command.request, &command->id.request)) {
        const char *field =
            refused ? NULL : command->type->difference(command, &former);
        refuse(command,
               hl_fail(&command->detail, HL_EEXISTS,
                       "this command id made entry %" PRIu64
                       " with another %s: take a new id for a new request",
                       index, field == NULL ? "request" : field));
        return HL_OK;
    }
    if (refused) {
        repeat_refusal(command, former.body);
        return HL_OK;
    }
    command->result = (struct write_answer){
        .index = index,
        .leaf = merkle_leaf(raw),
        .recorded_at = former.recorded_at,
        .repeated = true,
    };
    return HL_OK;
}

static void remember(struct author *author, size_t offset)
{
    if (author->pending_count == author->pending_capacity) {
        author->pending_capacity = author->pending_capacity * 2 + 64;
        author->pending = hl_realloc(author->pending, author->pending_capacity,
                                     sizeof(author->pending[0]));
    }
    author->pending[author->pending_count++] = (struct pending){
        .offset = offset,
        .size = author->bytes.size - offset,
    };
}

struct entry author_frame(const struct author *author)
{
    return (struct entry){
        .origin = bytes_of_text(author->origin),
        .index = next_index(author),
        .recorded_at = author->now.ms > author->recorded_at.ms
                           ? author->now
                           : author->recorded_at,
    };
}

static bool is_urgent(uint32_t body_type)
{
    uint32_t body = entry_body_number(body_type);
    return body == ORDER_BODY_PLACE || body == ORDER_BODY_DELIVER ||
           body == ORDER_BODY_ALLOT || body == ORDER_BODY_CLOSE ||
           (body >= CYCLE_BODY_PROPOSAL && body <= CYCLE_BODY_ABORT);
}

hl_err author_append(struct author *author, const struct entry *entry,
                     struct write_answer *answer, struct hl_detail *why,
                     struct hl_detail *detail)
{
    size_t offset = author->bytes.size;
    answer->err = entry_encode(entry, &author->bytes, why);
    if (answer->err != HL_OK) {
        return HL_OK;
    }
    struct projection_origin origin = own_origin(author);
    struct bytes raw = bytes_slice(writer_view(&author->bytes), offset,
                                   author->bytes.size - offset);
    hl_err err = projection_apply(author->projection, author->txn, &origin,
                                  entry->index, raw, detail);
    if (err != HL_OK) {
        return err;
    }
    *answer = (struct write_answer){
        .index = entry->index,
        .leaf = merkle_leaf(raw),
        .recorded_at = entry->recorded_at,
    };
    remember(author, offset);
    author->recorded_at = entry->recorded_at;
    author->urgent = author->urgent || is_urgent(entry->body_type);
    return HL_OK;
}

static hl_err make_entry(struct author *author, struct write_command *command,
                         const struct write_context *context,
                         struct hl_detail *detail)
{
    struct entry entry = author_frame(author);
    struct write_answer answer = {0};
    entry.has_cause = context->has_cause;
    entry.cause = (struct citation){bytes_of_text(context->cause_origin),
                                    context->cause_index, context->cause_leaf};
    entry.has_command = true;
    entry.command = command->id;
    entry.body_type = context->body_type;
    entry.body = writer_view(&author->body);
    hl_err err =
        author_append(author, &entry, &answer, &command->detail, detail);
    if (err == HL_OK && answer.err != HL_OK) {
        refuse(command, answer.err);
    } else if (err == HL_OK) {
        command->result = answer;
    }
    return err;
}

/* Whether the error says something of the store, not of the request. */
static bool is_of_store(hl_err err)
{
    return err == HL_EDAMAGED || err == HL_EIO || err == HL_EFULL ||
           err == HL_EFLUSH;
}

/* What its id made before is the answer; *found: so it was. */
static hl_err answer_again(struct author *author, struct write_command *command,
                           bool *found, struct hl_detail *detail)
{
    uint64_t index = 0;
    hl_err err =
        projection_command(author->txn, &command->id, &index, found, detail);
    return err == HL_OK && *found ? repeat(author, command, index, detail)
                                  : err;
}

hl_err author_run(struct author *author, struct write_command *command,
                  struct hl_detail *detail)
{
    HL_ASSERT(author->txn != NULL);
    bool found = false;
    writer_clear(&author->body);
    struct write_context context = {
        .txn = author->txn,
        .number = author->journal.number,
        .now = author_frame(author).recorded_at,
        .body = &author->body,
        .facts = &author->facts,
    };
    hl_err err =
        command->type->identify == NULL
            ? HL_OK
            : command->type->identify(command, &context, &command->detail);
    if (err == HL_OK) {
        err = answer_again(author, command, &found, detail);
        if (err != HL_OK || found) {
            return err;
        }
        err = command->type->run(command, &context, &command->detail);
    }
    if (is_of_store(err)) {
        *detail = command->detail;
        return err;
    }
    if (command->type->remembers && ledger_is_refusal(err)) {
        return remember_refusal(author, command, err, &context, detail);
    }
    if (err != HL_OK) {
        refuse(command, err);
        return HL_OK;
    }
    author->touched = author->touched || context.touched;
    if (context.body_type == 0) {
        command->result = (struct write_answer){.silent = true};
        return HL_OK;
    }
    return make_entry(author, command, &context, detail);
}

bool author_has_work(const struct author *author)
{
    return author->pending_count > 0 || author->touched;
}

size_t author_pending(const struct author *author)
{
    return author->pending_count;
}

bool author_is_large(const struct author *author)
{
    return store_txn_is_large(author->txn);
}

static hl_err append_pending(struct author *author, struct journal *journal,
                             struct hl_detail *detail)
{
    struct bytes *entries = hl_alloc(author->pending_count, sizeof(entries[0]));
    struct bytes all = writer_view(&author->bytes);
    for (size_t i = 0; i < author->pending_count; i++) {
        entries[i] = bytes_slice(all, author->pending[i].offset,
                                 author->pending[i].size);
    }
    struct journal_run run = {
        .entries = entries,
        .count = author->pending_count,
        .recorded_at = author->recorded_at,
    };
    hl_err err = journal_append(author->txn, journal, &run, detail);
    hl_free(entries);
    return err;
}

static hl_err write_all(struct author *author, struct journal *journal,
                        struct writer *note, struct hl_detail *detail)
{
    hl_err err = HL_OK;
    if (author->pending_count > 0) {
        err = append_pending(author, journal, detail);
    }
    if (err == HL_OK) {
        err = projection_settle(author->projection, author->txn, detail);
    }
    if (err != HL_OK || author->pending_count == 0) {
        return err;
    }
    struct head head = journal_head(journal);
    err = sign(author, &head, note, detail);
    if (err == HL_OK) {
        err = journal_put_checkpoint(author->txn, journal, JOURNAL_NEWEST,
                                     writer_view(note), detail);
    }
    return err;
}

hl_err author_commit(struct author *author, struct hl_detail *detail)
{
    HL_ASSERT(author->txn != NULL);
    struct journal journal = author->journal;
    struct writer note = {0};
    bool appends = author->pending_count > 0;
    hl_err err = write_all(author, &journal, &note, detail);
    if (err == HL_OK) {
        err = store_commit(&author->txn, detail);
    }
    if (err == HL_OK && appends) {
        struct head head = journal_head(&journal);
        err = author->keeper.write(author->keeper.context, &head, detail);
    }
    if (err == HL_OK) {
        author_settled(author);
    }
    if (err == HL_OK && appends) {
        author->was_urgent = author->urgent;
        author->journal = journal;
        writer_fini(&author->note);
        author->note = note;
        note = (struct writer){0};
    }
    writer_fini(&note);
    author_abort(author);
    return err;
}

struct head author_head(const struct author *author)
{
    return journal_head(&author->journal);
}

bool author_is_urgent(const struct author *author)
{
    return author->was_urgent;
}

struct hl_wall author_recorded_at(const struct author *author)
{
    return author->journal.recorded_at;
}

struct bytes author_checkpoint(const struct author *author)
{
    return writer_view(&author->note);
}
