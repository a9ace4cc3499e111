/* SPDX-License-Identifier: Apache-2.0 */
#include "node/writer/writer_inside.h"

/* --- Answering. ---------------------------------------------------------- */

static void answer(struct write_command *command,
                   const struct write_answer *result)
{
    command->type->answer(command, result);
}

static void answer_all(struct write_command *commands, hl_err err,
                       const struct hl_detail *detail)
{
    while (commands != NULL) {
        struct write_command *next = commands->next;
        struct write_answer result = {.err = err, .detail = detail};
        answer(commands, &result);
        commands = next;
    }
}

static void answer_results(struct write_command *commands, struct bytes note)
{
    while (commands != NULL) {
        struct write_command *next = commands->next;
        struct write_answer result = commands->result;
        result.checkpoint = note;
        answer(commands, &result);
        commands = next;
    }
}

/* --- State that others see. ---------------------------------------------- */

void batch_set_refusal(struct writer_thread *writer, hl_err err,
                       const struct hl_detail *why)
{
    pthread_mutex_lock(&writer->mutex);
    bool changed = writer->refusal != err && !writer->sealed_off;
    if (!writer->sealed_off) {
        writer->refusal = err;
        writer->why = err == HL_OK ? (struct hl_detail){0} : *why;
    }
    pthread_mutex_unlock(&writer->mutex);
    if (changed && err == HL_OK) {
        log_event(writer->log, LOG_INFO, "writes.resumed",
                  LOG_TEXT("why", "the cause is gone"));
    } else if (changed) {
        log_failure(writer->log, LOG_ERROR, "writes.refused", "store", err,
                    why);
    }
}

void batch_publish(struct writer_thread *writer, size_t entries)
{
    struct bytes note = author_checkpoint(writer->author);
    pthread_mutex_lock(&writer->mutex);
    writer->head = author_head(writer->author);
    writer->recorded_at = author_recorded_at(writer->author);
    writer_clear(&writer->note);
    writer_bytes(&writer->note, note);
    if (entries > 0) {
        writer->writes += entries;
        writer->commits++;
    }
    pthread_mutex_unlock(&writer->mutex);
}

void batch_break_down(struct writer_thread *writer, const struct hl_detail *why)
{
    batch_set_refusal(writer, HL_EFLUSH, why);
    pthread_mutex_lock(&writer->mutex);
    writer->sealed_off = true;
    writer->broken = true;
    pthread_mutex_unlock(&writer->mutex);
    writer->failed(writer->context);
}

/* --- One transaction. ---------------------------------------------------- */

struct batch {
    struct write_command *first; /* all that are to be answered, in order */
    struct write_command **last;
    size_t count;
};

static void batch_init(struct batch *batch)
{
    *batch = (struct batch){.first = NULL};
    batch->last = &batch->first;
}

static void batch_add(struct batch *batch, struct write_command *command)
{
    command->next = NULL;
    *batch->last = command;
    batch->last = &command->next;
    batch->count++;
}

/* The next waiting command; NULL where there is none. */
static struct write_command *take(struct writer_thread *writer)
{
    pthread_mutex_lock(&writer->mutex);
    struct write_command *command = writer->first;
    if (command != NULL) {
        writer->first = command->next;
        if (writer->first == NULL) {
            writer->last = &writer->first;
        }
        writer->waiting--;
        writer_admit(writer);
    }
    pthread_mutex_unlock(&writer->mutex);
    return command;
}

/* Gives what was taken and not answered back to the front. */
static void untake(struct writer_thread *writer, struct batch *batch)
{
    if (batch->first == NULL) {
        return;
    }
    pthread_mutex_lock(&writer->mutex);
    *batch->last = writer->first;
    if (writer->first == NULL) {
        writer->last = batch->last;
    }
    writer->first = batch->first;
    writer->waiting += (uint32_t)batch->count;
    pthread_mutex_unlock(&writer->mutex);
}

static bool is_enough(struct writer_thread *writer, struct hl_mono began)
{
    if (author_pending(writer->author) >= writer->limits.commit_entries ||
        author_is_large(writer->author)) {
        return true;
    }
    int64_t passed_ns = mono_since_ns(writer->clock().mono, began);
    return passed_ns / 1000000 >= writer->limits.commit_ms;
}

/* A command met damage: it is answered with that, and the others, whose work
 * was in the same transaction, run again without it. */
static void set_aside(struct writer_thread *writer, struct batch *batch,
                      struct write_command *culprit, hl_err err,
                      const struct hl_detail *detail)
{
    author_abort(writer->author);
    untake(writer, batch);
    culprit->next = NULL;
    log_failure(writer->log, LOG_ERROR, "write.failed", culprit->type->name,
                err, detail);
    answer_all(culprit, err, detail);
}

/* --- The guest. ---------------------------------------------------------- */

bool batch_guest_waits(struct writer_thread *writer)
{
    return writer->has_guest && writer->guest.waits(writer->guest.context) &&
           mono_since_ns(writer->clock().mono, writer->blocked_until) >= 0;
}

static hl_err guest_apply(struct writer_thread *writer,
                          struct hl_detail *detail)
{
    return writer->guest.apply(writer->guest.context,
                               author_txn(writer->author),
                               author_projection(writer->author), detail);
}

/* What the store refuses is tried again a little later. */
static void guest_committed(struct writer_thread *writer, bool applied,
                            hl_err err)
{
    if (err != HL_OK) {
        writer->blocked_until = writer->clock().mono;
        writer->blocked_until.ns += (int64_t)PROBE_MS * NS_PER_MS;
    }
    if (applied) {
        writer->guest.committed(writer->guest.context, err);
    }
}

/* What commands and reactors may know now. */
static void tell_facts(struct writer_thread *writer)
{
    struct reactor_facts facts = {0};
    if (writer->has_guest && writer->guest.facts != NULL) {
        facts = writer->guest.facts(writer->guest.context);
    }
    author_know(writer->author, &facts);
}

static bool may_react(struct writer_thread *writer)
{
    return mono_since_ns(writer->clock().mono, writer->react_at) >= 0;
}

/* Whether all that is open is to be looked at, and that may be answered. */
bool batch_reacts(struct writer_thread *writer)
{
    tell_facts(writer);
    return !writer->mute && may_react(writer) &&
           author_wants_reaction(writer->author, writer->clock().wall);
}

/* What the reactors cannot do is no reason to refuse commands, nor partners'
 * journals: these run again without. False: the batch is done with. */
static bool react(struct writer_thread *writer, struct batch *batch,
                  bool applied)
{
    struct hl_detail detail = {0};
    if (!may_react(writer)) {
        return true;
    }
    tell_facts(writer);
    hl_err err = author_react(writer->author, &detail);
    if (err == HL_OK) {
        return true;
    }
    writer->react_at = writer->clock().mono;
    writer->react_at.ns += (int64_t)PROBE_MS * NS_PER_MS;
    author_abort(writer->author);
    if (applied) {
        guest_committed(writer, true, err);
    }
    untake(writer, batch);
    log_failure(writer->log, LOG_ERROR, "reaction.failed", NULL, err, &detail);
    return false;
}

static void guest_advanced(struct writer_thread *writer)
{
    if (writer->has_guest) {
        struct head head = author_head(writer->author);
        writer->guest.advanced(writer->guest.context, &head,
                               author_checkpoint(writer->author),
                               author_is_urgent(writer->author));
    }
}

/* False: the writer has broken down. */
static bool guest_turn(struct writer_thread *writer)
{
    struct hl_detail detail = {0};
    struct author *author = NULL;
    if (!writer->has_guest) {
        return true;
    }
    hl_err err = writer->guest.turn(writer->guest.context, &detail);
    if (err == HL_OK) {
        err = writer->guest.renew(writer->guest.context, writer->author,
                                  &author, &detail);
    }
    if (author != NULL) {
        writer->author = author;
        batch_publish(writer, 0);
        guest_advanced(writer);
    }
    if (err == HL_EFLUSH) {
        batch_break_down(writer, &detail);
    }
    return err != HL_EFLUSH;
}

/* What the guest could not do is no reason to refuse the commands of the same
 * transaction: they run again without it. */
static void set_guest_aside(struct writer_thread *writer, struct batch *batch,
                            hl_err err, const struct hl_detail *detail)
{
    author_abort(writer->author);
    guest_committed(writer, true, err);
    untake(writer, batch);
    log_failure(writer->log, LOG_ERROR, "store.failed", "partners' journals",
                err, detail);
}

/* The store takes nothing at this moment, or what it took is unknown. */
static void give_up(struct writer_thread *writer, struct batch *batch,
                    bool applied, hl_err err, const struct hl_detail *why)
{
    author_abort(writer->author);
    guest_committed(writer, applied, err);
    if (err == HL_EFLUSH) {
        batch_break_down(writer, why);
    } else {
        batch_set_refusal(writer, err, why);
    }
    answer_all(batch->first, err, why);
}

static void finish(struct writer_thread *writer, struct batch *batch,
                   bool applied)
{
    struct hl_detail detail = {0};
    size_t entries = author_pending(writer->author);
    if (!author_has_work(writer->author) && !applied) {
        author_dismiss(writer->author);
        answer_results(batch->first, author_checkpoint(writer->author));
        return;
    }
    hl_err err = author_commit(writer->author, &detail);
    if (err != HL_OK) {
        give_up(writer, batch, applied, err, &detail);
        return;
    }
    if (entries > 0) {
        batch_publish(writer, entries);
    }
    /* First, as what is visible now waits for nothing more: what the guest
     * makes of it takes a while. */
    writer->committed(writer->context);
    guest_committed(writer, applied, HL_OK);
    if (entries > 0) {
        batch_set_refusal(writer, HL_OK, NULL);
        guest_advanced(writer);
    }
    answer_results(batch->first, author_checkpoint(writer->author));
}

/* Answers all that waits, because nothing can be written. */
void batch_refuse_waiting(struct writer_thread *writer, hl_err err,
                          const struct hl_detail *why)
{
    struct batch batch;
    batch_init(&batch);
    struct write_command *command;
    while ((command = take(writer)) != NULL) {
        batch_add(&batch, command);
    }
    answer_all(batch.first, err, why);
}

/* A clock that was wrong from the start on, and is set right, jumps too. */
static hl_err check_clock(struct writer_thread *writer,
                          const struct clock_reading *now,
                          struct hl_detail *why)
{
    struct clock_guard *guard = &writer->guard;
    hl_err err = clock_guard_check(guard, *now, why);
    if (err != HL_ECLOCK || !writer->has_guest ||
        !writer->guest.clock_is_right(writer->guest.context, now,
                                      guard->jump_ms)) {
        return err;
    }
    clock_guard_init(guard, *now, guard->jump_ms);
    log_event(writer->log, LOG_INFO, "clock.believed",
              LOG_TEXT("why", "two partners say that it is right now"));
    return HL_OK;
}

hl_err batch_begin(struct writer_thread *writer, struct hl_mono *began,
                   struct hl_detail *detail)
{
    struct clock_reading now = writer->clock();
    *began = now.mono;
    hl_err err = check_clock(writer, &now, detail);
    if (err == HL_OK) {
        err = author_begin(writer->author, now.wall, detail);
    }
    return err;
}

/* HL_OK, or why nothing is signed any more. */
static hl_err check_allowed(struct writer_thread *writer, struct hl_detail *why)
{
    pthread_mutex_lock(&writer->mutex);
    hl_err err = writer->sealed_off ? writer->refusal : HL_OK;
    if (err != HL_OK) {
        *why = writer->why;
    }
    pthread_mutex_unlock(&writer->mutex);
    return err;
}

/* As many commands as one transaction takes. False: the batch is done with. */
static bool run_commands(struct writer_thread *writer, struct batch *batch,
                         struct hl_mono began)
{
    struct hl_detail detail = {0};
    struct write_command *command;
    while (!is_enough(writer, began) && (command = take(writer)) != NULL) {
        hl_err err = author_run(writer->author, command, &detail);
        if (err == HL_EDAMAGED) {
            set_aside(writer, batch, command, err, &detail);
            return false;
        }
        batch_add(batch, command);
        if (err != HL_OK) {
            give_up(writer, batch, false, err, &detail);
            return false;
        }
    }
    return true;
}

static void refuse(struct writer_thread *writer, hl_err err,
                   const struct hl_detail *why)
{
    if (err == HL_EFLUSH) {
        batch_break_down(writer, why);
    }
    batch_set_refusal(writer, err, why);
    batch_refuse_waiting(writer, err, why);
}

/* Whoever may not sign, and why: a clock that jumped, a charter. */
static hl_err may_sign(struct writer_thread *writer, struct hl_detail *why)
{
    struct clock_reading now = writer->clock();
    hl_err err = check_allowed(writer, why);
    if (err == HL_OK && writer->has_guest) {
        err = writer->guest.may_write(writer->guest.context, now.wall, why);
    }
    return err == HL_OK ? check_clock(writer, &now, why) : err;
}

static bool has_commands(struct writer_thread *writer)
{
    pthread_mutex_lock(&writer->mutex);
    bool has = writer->first != NULL;
    pthread_mutex_unlock(&writer->mutex);
    return has;
}

void batch_probe(struct writer_thread *writer)
{
    struct hl_detail detail = {0};
    struct clock_reading now = writer->clock();
    if (mono_since_ns(now.mono, writer->probed_at) <
        (int64_t)PROBE_MS * NS_PER_MS) {
        return;
    }
    writer->probed_at = now.mono;
    hl_err err = may_sign(writer, &detail);
    writer->mute = err != HL_OK;
    if (err == HL_OK) {
        err = author_begin(writer->author, now.wall, &detail);
    }
    if (err == HL_OK) {
        author_abort(writer->author);
    }
    batch_set_refusal(writer, err, &detail);
}

void batch_run(struct writer_thread *writer)
{
    struct hl_detail detail = {0}, why = {0};
    if (!guest_turn(writer)) {
        return;
    }
    bool applied = batch_guest_waits(writer);
    bool commands = has_commands(writer);
    bool reacts = batch_reacts(writer);
    /* Commands and partners' journals fill one transaction after the other:
     * what these had no room for gets every second one. */
    writer->alone =
        reacts && !writer->alone && author_is_behind(writer->author);
    if (writer->alone) {
        applied = commands = false;
    }
    if (!applied && !commands && !reacts) {
        batch_probe(writer);
        return;
    }
    hl_err refused = may_sign(writer, &why);
    writer->mute = refused != HL_OK;
    if (refused != HL_OK && commands) {
        refuse(writer, refused, &why);
    }
    if (refused != HL_OK && !applied) {
        return;
    }
    struct clock_reading now = writer->clock();
    hl_err err = author_begin(writer->author, now.wall, &detail);
    if (err != HL_OK) {
        guest_committed(writer, false, err);
        refuse(writer, err, &detail);
        return;
    }
    struct batch batch;
    batch_init(&batch);
    if (commands && refused == HL_OK &&
        !run_commands(writer, &batch, now.mono)) {
        return;
    }
    if (applied) {
        err = guest_apply(writer, &detail);
    }
    if (err == HL_EFLUSH) {
        give_up(writer, &batch, applied, err, &detail);
        return;
    }
    if (err != HL_OK) {
        set_guest_aside(writer, &batch, err, &detail);
        return;
    }
    if (refused == HL_OK && !react(writer, &batch, applied)) {
        return;
    }
    finish(writer, &batch, applied);
}
