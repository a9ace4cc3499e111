/* SPDX-License-Identifier: Apache-2.0 */
#include "node/writer/proposal_command.h"

#include <stdio.h>
#include <string.h>

#include "node/projection/ledger.h"

/* Of all nodes' own entries that were found beside the writer. */
static const char caller[] = "heluo:proposal";

void proposal_command_init(struct proposal_command *command,
                           struct bytes origin, const struct proposal *proposal,
                           const struct write_type *type)
{
    struct writer whole = {0};
    *command = (struct proposal_command){
        .command = {.type = type},
        .body = entry_body_number(proposal->body_type),
        .has_cause = proposal->has_cause,
    };
    writer_bytes(&command->origin, origin);
    writer_bytes(&command->record, writer_view(&proposal->body));
    if (proposal->has_cause) {
        writer_bytes(&command->cause_origin, proposal->cause.origin);
        command->cause_index = proposal->cause.index;
        command->cause_leaf = proposal->cause.leaf;
    }
    writer_u32(&whole, command->body);
    writer_bytes(&whole, writer_view(&command->record));
    struct hl_hash hash = hash_bytes(writer_view(&whole));
    command->command.id.caller = hash_bytes(bytes_of_text(caller));
    memcpy(command->command.id.id, hash.bytes, HL_COMMAND_ID_BYTES);
    command->command.id.request = hash;
    writer_fini(&whole);
}

void proposal_command_fini(struct proposal_command *command)
{
    writer_fini(&command->origin);
    writer_fini(&command->record);
    writer_fini(&command->cause_origin);
}

hl_err proposal_command_run(struct write_command *of,
                            struct write_context *context,
                            struct hl_detail *detail)
{
    struct proposal_command *command = (struct proposal_command *)of;
    const struct record_type *type = ledger_body_type(command->body);
    union record_room record;
    struct ledger_cause cause = {0};
    struct writer room = {0};
    struct ledger_writer writer = {
        .txn = context->txn,
        .number = context->number,
        .origin = writer_view(&command->origin),
        .now = context->now,
        .seals = context->facts->seals,
        .member = context->facts->member,
        .ended = context->facts->ended,
        .context = context->facts->context,
    };
    record_decode(type, writer_view(&command->record), &record);
    if (command->has_cause) {
        cause.has = true;
        cause.index = command->cause_index;
        cause.leaf = command->cause_leaf;
        snprintf(cause.origin, sizeof(cause.origin), "%.*s",
                 BYTES_ARGS(writer_view(&command->cause_origin)));
    }
    hl_err err =
        ledger_decide(&writer, command->body, &record, &cause, &room, detail);
    if (err == HL_OK) {
        context->body_type = entry_body_type(command->body, true);
        record_encode(type, &record, context->body);
        context->has_cause = cause.has;
        context->cause_index = cause.index;
        context->cause_leaf = cause.leaf;
        memcpy(context->cause_origin, cause.origin, sizeof(cause.origin));
    }
    writer_fini(&room);
    return err;
}

/* Its id is of all of it. */
const char *proposal_command_difference(const struct write_command *command,
                                        const struct entry *former)
{
    (void)command;
    (void)former;
    return NULL;
}
