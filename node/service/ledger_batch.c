/* SPDX-License-Identifier: Apache-2.0 */

/* Ledger.Batch: many commands, each with an answer of its own. */

#include <string.h>

#include "node/service/ledger_call.h"
#include "protocol/base/hl_assert.h"

/* Of one call, and of all that are open: a command takes 8 KB until its call is
 * answered. */
enum {
    COMMANDS_MAX = 8190,
    COMMANDS_OPEN_MAX = 4 * COMMANDS_MAX,
    INVOICES_MAX = 32, /* each takes up to some 60 ms before the writer */
};

struct ledger_batch {
    struct rpc_call *call;
    struct services *services;
    Heluo__V1__LedgerBatchResponse response;
    struct waiting waiting; /* for keepers; .keepers 0: nobody waits */
    struct writer_round round;
    size_t open; /* commands without an answer; the writer's thread */
    bool wrote;
    uint64_t last; /* the largest index */
    struct writer checkpoint;
};

struct batch_command {
    struct ledger_call call; /* first */
    struct ledger_batch *batch;
    Heluo__V1__LedgerResult result;
    struct hl_hash leaf;
};

/* --- Room. --------------------------------------------------------------- */

static hl_err enter(struct ledger_batch *batch, struct hl_detail *detail)
{
    size_t count = batch->response.n_results;
    size_t open = atomic_fetch_add(&batch->services->batched, count);
    if (open <= COMMANDS_OPEN_MAX - count) {
        return HL_OK;
    }
    atomic_fetch_sub(&batch->services->batched, count);
    return hl_fail(detail, HL_EBUSY,
                   "%zu commands of other batches are open, and %d may be",
                   open, COMMANDS_OPEN_MAX);
}

static void leave(struct ledger_batch *batch)
{
    atomic_fetch_sub(&batch->services->batched, batch->response.n_results);
}

/* --- Answers. ------------------------------------------------------------ */

static void respond(struct ledger_batch *batch)
{
    leave(batch);
    struct writer checkpoint = batch->checkpoint;
    batch->response.checkpoint =
        (ProtobufCBinaryData){.len = checkpoint.size, .data = checkpoint.data};
    rpc_answer(batch->call, &batch->response.base);
    writer_fini(&checkpoint);
}

static void waited(struct waiting *waiting, hl_err err, uint32_t keepers,
                   bool sealed)
{
    struct ledger_batch *batch =
        (struct ledger_batch *)((char *)waiting -
                                offsetof(struct ledger_batch, waiting));
    batch->response.keepers = keepers;
    batch->response.sealed = sealed;
    batch->response.reached = err == HL_OK;
    respond(batch);
}

static void refuse(struct batch_command *command, hl_err err,
                   const struct hl_detail *detail)
{
    command->result.error = (char *)(uintptr_t)hl_err_name(err);
    command->result.text =
        call_text(command->batch->call, bytes_of_text(detail->text));
}

static void note_written(struct batch_command *command,
                         const struct write_answer *answer)
{
    struct ledger_batch *batch = command->batch;
    batch->wrote = true;
    batch->last = answer->index > batch->last ? answer->index : batch->last;
    command->leaf = answer->leaf;
    command->result.index = answer->index;
    command->result.leaf_hash = (ProtobufCBinaryData){
        .len = HL_HASH_BYTES, .data = command->leaf.bytes};
    command->result.recorded_at_ms = (uint64_t)answer->recorded_at.ms;
    command->result.repeated = answer->repeated;
    if (answer->checkpoint.data != NULL) {
        writer_clear(&batch->checkpoint);
        writer_bytes(&batch->checkpoint, answer->checkpoint);
    }
}

static void answer_command(struct write_command *of,
                           const struct write_answer *answer)
{
    struct batch_command *command = (struct batch_command *)of;
    struct ledger_batch *batch = command->batch;
    if (answer->err != HL_OK) {
        refuse(command, answer->err, answer->detail);
    } else {
        note_written(command, answer);
    }
    if (--batch->open > 0) {
        return;
    }
    if (batch->waiting.keepers > 0 && batch->wrote) {
        batch->waiting.index = batch->last;
        batch->services->room.wait(batch->services->room.context,
                                   &batch->waiting);
        return;
    }
    respond(batch);
}

static const struct write_type batched = {
    .name = "ledger",
    .remembers = true,
    .identify = ledger_call_identify,
    .run = ledger_call_run,
    .difference = ledger_call_difference,
    .answer = answer_command,
};

/* --- Commands. ----------------------------------------------------------- */

#define MEMBER(NAME, body) [HELUO__V1__LEDGER_COMMAND__WHAT_##NAME] = (body)
static const uint32_t bodies[] = {
    MEMBER(ISSUE, VOUCHER_BODY_ISSUE),   MEMBER(END, VOUCHER_BODY_END),
    MEMBER(PLACE, ORDER_BODY_PLACE),     MEMBER(ACCEPT, ORDER_BODY_ACCEPT),
    MEMBER(DECLINE, ORDER_BODY_DECLINE), MEMBER(DELIVER, ORDER_BODY_DELIVER),
    MEMBER(DISPUTE, ORDER_BODY_DISPUTE), MEMBER(RESOLVE, ORDER_BODY_RESOLVE),
    MEMBER(CONFIRM, ORDER_BODY_CONFIRM), MEMBER(CANCEL, ORDER_BODY_CANCEL),
    MEMBER(ADJUST, ORDER_BODY_ADJUST),   MEMBER(REVIEW, ORDER_BODY_REVIEW),
    MEMBER(REQUEST, ORDER_BODY_REQUEST), MEMBER(ALLOT, ORDER_BODY_ALLOT),
    MEMBER(SPEND, ORDER_BODY_SPEND),     MEMBER(CLOSE, ORDER_BODY_CLOSE),
};

static hl_err take(struct batch_command *command,
                   const Heluo__V1__LedgerCommand *from,
                   struct hl_detail *detail)
{
    unsigned which = (unsigned)from->what_case;
    if (which >= sizeof(bodies) / sizeof(bodies[0]) || bodies[which] == 0) {
        return hl_fail(detail, HL_EMALFORMED,
                       "field what: missing, or of another program");
    }
    if (bodies[which] != VOUCHER_BODY_ISSUE &&
        (from->holder != NULL || from->controller != NULL)) {
        return hl_fail(detail, HL_EMALFORMED,
                       "field holder: of an issue alone");
    }
    if (bodies[which] != ORDER_BODY_DELIVER &&
        bodies[which] != ORDER_BODY_SPEND && from->invoice != NULL) {
        return hl_fail(detail, HL_EMALFORMED,
                       "field invoice: of a deliver or a spend alone");
    }
    command->call.holder = from->holder;
    command->call.controller = from->controller;
    /* All members are pointers to messages, in one place. */
    const ProtobufCMessage *body = &from->issue->base;
    hl_err err =
        order_take_invoice(&command->call, from->invoice, &body, detail);
    return err == HL_OK
               ? ledger_call_take(&command->call, bodies[which], body,
                                  bytes_of_binary(&from->command_id), detail)
               : err;
}

static void take_all(struct ledger_batch *batch,
                     const Heluo__V1__LedgerBatchRequest *request)
{
    struct write_command **end = &batch->round.commands;
    struct batch_command *commands =
        rpc_call_alloc(batch->call, request->n_commands * sizeof(commands[0]));
    for (size_t i = 0; i < request->n_commands; i++) {
        struct batch_command *command = &commands[i];
        struct hl_detail detail = {0};
        command->batch = batch;
        command->call.write.call = batch->call;
        command->call.write.services = batch->services;
        command->call.write.command.type = &batched;
        heluo__v1__ledger_result__init(&command->result);
        batch->response.results[i] = &command->result;
        hl_err err = take(command, request->commands[i], &detail);
        if (err != HL_OK) {
            refuse(command, err, &detail);
            continue;
        }
        *end = &command->call.write.command;
        end = &command->call.write.command.next;
        batch->round.count++;
    }
    batch->open = batch->round.count;
}

static hl_err check_invoices(const Heluo__V1__LedgerBatchRequest *request,
                             struct hl_detail *detail)
{
    size_t count = 0;
    for (size_t i = 0; i < request->n_commands; i++) {
        count += request->commands[i]->invoice != NULL;
    }
    return count <= INVOICES_MAX
               ? HL_OK
               : hl_fail(detail, HL_ELIMIT,
                         "commands: %zu have invoices, and at most %d may",
                         count, INVOICES_MAX);
}

static hl_err make(struct rpc_call *call, struct services *services,
                   const Heluo__V1__LedgerBatchRequest *request,
                   struct ledger_batch **out, struct hl_detail *detail)
{
    size_t count = request->n_commands;
    if (count == 0 || count > COMMANDS_MAX) {
        return hl_fail(detail, count == 0 ? HL_EMALFORMED : HL_ELIMIT,
                       "commands: %zu, and 1 to %d may be", count,
                       COMMANDS_MAX);
    }
    hl_err err = check_invoices(request, detail);
    if (err != HL_OK) {
        return err;
    }
    struct ledger_batch *batch = rpc_call_alloc(call, sizeof(*batch));
    batch->call = call;
    batch->services = services;
    batch->waiting.done = waited;
    heluo__v1__ledger_batch_response__init(&batch->response);
    batch->response.origin = services->origin;
    batch->response.n_results = count;
    batch->response.results =
        rpc_call_alloc(call, count * sizeof(batch->response.results[0]));
    *out = batch;
    Heluo__V1__Write how = HELUO__V1__WRITE__INIT;
    how.durability = request->durability;
    how.sealed = request->sealed;
    how.wait_ms = request->wait_ms;
    return write_take_durability(services, &how, &batch->waiting, detail);
}

void ledger_batch(struct rpc_call *call, const ProtobufCMessage *message,
                  void *context)
{
    const Heluo__V1__LedgerBatchRequest *request = (const void *)message;
    struct services *services = context;
    struct ledger_batch *batch = NULL;
    struct hl_detail detail = {0};
    hl_err err = make(call, services, request, &batch, &detail);
    if (err == HL_OK) {
        err = enter(batch, &detail);
    }
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
        return;
    }
    take_all(batch, request);
    if (batch->open == 0) {
        respond(batch);
        return;
    }
    err = writer_submit_round(services->writer, &batch->round, &detail);
    if (err != HL_OK) {
        leave(batch);
        rpc_fail(call, err, &detail);
    }
}
