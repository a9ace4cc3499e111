/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/rand.h>
#include <string.h>

#include "node/service/services_internal.h"

hl_err write_choose_id(uint8_t id[HL_COMMAND_ID_BYTES],
                       struct hl_detail *detail)
{
    return RAND_bytes(id, HL_COMMAND_ID_BYTES) == 1
               ? HL_OK
               : hl_fail(detail, HL_ECRYPTO, "no random numbers are to be had");
}

hl_err write_call_identify(struct write_call *write, struct bytes command_id,
                           struct hl_detail *detail)
{
    if (command_id.size != HL_COMMAND_ID_BYTES) {
        return hl_fail(detail, HL_EMALFORMED,
                       "command_id has %zu bytes, and needs %d: choose them "
                       "at random, and keep them for retries",
                       command_id.size, HL_COMMAND_ID_BYTES);
    }
    struct command *id = &write->command.id;
    memcpy(id->id, command_id.data, sizeof(id->id));
    id->caller = rpc_call_caller(write->call)->hash;
    uint8_t type[4] = {
        (uint8_t)(write->body_type >> 24), (uint8_t)(write->body_type >> 16),
        (uint8_t)(write->body_type >> 8), (uint8_t)write->body_type};
    struct bytes parts[] = {bytes_of(type, sizeof(type)),
                            write->asked.size > 0 ? write->asked : write->body};
    id->request = hash_parts(parts, 2);
    return HL_OK;
}

hl_err write_call_run(struct write_command *command,
                      struct write_context *context, struct hl_detail *detail)
{
    struct write_call *write = (struct write_call *)command;
    bool silent = false;
    if (write->allow != NULL) {
        hl_err err = write->allow(write, context, &silent, detail);
        if (err != HL_OK || silent) {
            return err;
        }
    }
    context->body_type = write->body_type;
    writer_bytes(context->body, write->body);
    return HL_OK;
}

const char *write_call_difference(const struct write_command *command,
                                  const struct entry *former)
{
    const struct write_call *write = (const struct write_call *)command;
    if (former->body_type != write->body_type) {
        return "method";
    }
    if (write->difference != NULL) {
        return write->difference(write, former);
    }
    union record_room one, other;
    record_decode(write->type, write->body, &one);
    record_decode(write->type, former->body, &other);
    return record_difference(write->type, &one, &other);
}

static hl_err add_receipt(struct write_call *write, uint64_t index,
                          ProtobufCBinaryData *out, struct hl_detail *detail)
{
    struct journal_view view;
    hl_err err = journal_view_open(write->services, "", &view, detail);
    if (err != HL_OK) {
        return err;
    }
    struct writer text = {0};
    err = journal_view_receipt(&view, index, &text, detail);
    if (err == HL_OK) {
        *out = call_bytes(write->call, writer_view(&text));
    }
    writer_fini(&text);
    journal_view_close(&view);
    return err;
}

/* What is on the disk, and with `known` what is known of keepers. */
static void respond(struct write_call *write, Heluo__V1__Written *written)
{
    struct rpc_call *call = write->call;
    const struct write_answer *answer = &write->answer;
    written->origin = write->services->origin;
    written->index = answer->index;
    written->leaf_hash = (ProtobufCBinaryData){
        .len = HL_HASH_BYTES, .data = (uint8_t *)answer->leaf.bytes};
    written->recorded_at_ms = (uint64_t)answer->recorded_at.ms;
    written->repeated = answer->repeated;
    written->checkpoint = (ProtobufCBinaryData){
        .len = answer->checkpoint.size,
        .data = (uint8_t *)(uintptr_t)answer->checkpoint.data};
    if (write->want_receipt) {
        struct hl_detail detail = {0};
        hl_err err =
            add_receipt(write, answer->index, &written->receipt, &detail);
        if (err != HL_OK) {
            rpc_fail(call, err, &detail);
            return;
        }
    }
    write->respond(write, written);
}

static void waited(struct waiting *waiting, hl_err err, uint32_t keepers,
                   bool sealed)
{
    struct write_call *write =
        (struct write_call *)((char *)waiting -
                              offsetof(struct write_call, waiting));
    Heluo__V1__Written written;
    heluo__v1__written__init(&written);
    written.keepers = keepers;
    written.sealed = sealed;
    written.reached = err == HL_OK;
    respond(write, &written);
}

void write_call_answer(struct write_command *command,
                       const struct write_answer *answer)
{
    struct write_call *write = (struct write_call *)command;
    if (answer->err != HL_OK) {
        rpc_fail(write->call, answer->err, answer->detail);
        return;
    }
    ProtobufCBinaryData note = call_bytes(write->call, answer->checkpoint);
    write->answer = *answer;
    write->answer.checkpoint = bytes_of(note.data, note.len);
    if (write->waiting.keepers > 0) {
        write->waiting.index = answer->index;
        write->services->room.wait(write->services->room.context,
                                   &write->waiting);
        return;
    }
    Heluo__V1__Written written;
    heluo__v1__written__init(&written);
    respond(write, &written);
}

enum { WAIT_MS = 10000, WAIT_MS_MAX = 60000 };

hl_err write_take_durability(struct services *services,
                             const Heluo__V1__Write *how, struct waiting *out,
                             struct hl_detail *detail)
{
    uint32_t keepers = !services->has_room || services->room.keepers == NULL
                           ? 0
                           : services->room.keepers(services->room.context);
    if (how->durability == 0 && !how->sealed) {
        return HL_OK;
    }
    if (how->wait_ms > WAIT_MS_MAX) {
        return hl_fail(detail, HL_EMALFORMED,
                       "wait_ms is %u, and at most %d may be", how->wait_ms,
                       WAIT_MS_MAX);
    }
    if (how->durability > keepers || keepers == 0) {
        return hl_fail(detail, HL_EKEEPERS,
                       "%u keepers keep this node's journal by the charter: "
                       "nothing was written",
                       keepers);
    }
    out->keepers = how->sealed ? WAITING_SEALED : how->durability;
    out->wait_ms = how->wait_ms == 0 ? WAIT_MS : (int64_t)how->wait_ms;
    return HL_OK;
}

const struct write_type write_call_type = {
    .name = "record",
    .run = write_call_run,
    .difference = write_call_difference,
    .answer = write_call_answer,
};

hl_err write_call_try(struct write_call *write, const Heluo__V1__Write *how,
                      struct hl_detail *detail)
{
    struct bytes id = {0};
    if (how != NULL) {
        id = bytes_of_binary(&how->command_id);
        write->want_receipt = how->want_receipt;
    }
    if (write->command.type == NULL) {
        write->command.type = &write_call_type;
    }
    write->waiting.done = waited;
    hl_err err = how == NULL ? HL_OK
                             : write_take_durability(write->services, how,
                                                     &write->waiting, detail);
    if (err == HL_OK) {
        err = write_call_identify(write, id, detail);
    }
    return err == HL_OK ? writer_submit(write->services->writer,
                                        &write->command, 1, detail)
                        : err;
}

void write_call_submit(struct write_call *write, const Heluo__V1__Write *how)
{
    struct rpc_call *call = write->call;
    struct hl_detail detail = {0};
    hl_err err = write_call_try(write, how, &detail);
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
    }
}
