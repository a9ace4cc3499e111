/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_WRITER_PROPOSAL_COMMAND_H
#define HL_NODE_WRITER_PROPOSAL_COMMAND_H

/* An entry about money that was found on a snapshot, beside the writer, as a
 * command: it is judged again where it is to stand. */

#include "node/reactor/reactor.h"
#include "node/writer/command.h"

struct proposal_command {
    struct write_command command; /* first */
    struct writer origin;         /* the own journal's name */
    uint32_t body;                /* number */
    struct writer record;         /* as it is encoded */
    bool has_cause;
    struct writer cause_origin;
    uint64_t cause_index;
    struct hl_hash cause_leaf;
};

/* A command that appends that entry once: its id is made of its body, so that
 * the same one asked for again is answered by the first. `answer` is the
 * type's, and is told on the writer's thread. */
void proposal_command_init(struct proposal_command *command,
                           struct bytes origin, const struct proposal *proposal,
                           const struct write_type *type);
void proposal_command_fini(struct proposal_command *command);

/* For write_type.run and .difference. Errors: those of ledger_decide(). */
hl_err proposal_command_run(struct write_command *command,
                            struct write_context *context,
                            struct hl_detail *detail);
const char *proposal_command_difference(const struct write_command *command,
                                        const struct entry *former);

#endif
