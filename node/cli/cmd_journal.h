/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_CMD_JOURNAL_H
#define HL_NODE_CLI_CMD_JOURNAL_H

/* What the files of `heluo journal` share: reading a journal through its
 * node, believing none of it. One thread. */

#include "heluo/v1/journal.pb-c.h"
#include "node/cli/connect.h"
#include "protocol/entry/entry.h"
#include "protocol/note/checkpoint.h"

/* The newest checkpoint of --origin: the note as it came, and what it says.
 * Its signatures are not verified. The caller releases raw. */
HL_MUST_USE hl_err ask_checkpoint(struct cli_call *call, struct node_link *link,
                                  struct writer *raw, struct checkpoint *out);

/* Walks entries of --origin, in order; stops at the visitor's first error. */
struct journal_walk {
    uint64_t first;
    uint64_t end; /* behind the last one */
    hl_err (*visit)(void *context, uint64_t index, struct bytes entry);
    void *context;
};

/* HL_EMALFORMED  the node gives others than those asked for, or none. */
HL_MUST_USE hl_err journal_walk(struct cli_call *call, struct node_link *link,
                                const struct journal_walk *walk);

/* An entry as JSON, with its body where the type is known; as lines. The
 * bytes may be wrong, which is told. */
json_t *entry_json(uint64_t index, struct bytes raw);
void entry_print(const json_t *entry, FILE *out);

hl_err cmd_journal_checkpoint(struct cli_call *call);
hl_err cmd_journal_export(struct cli_call *call);
hl_err cmd_journal_import(struct cli_call *call);
hl_err cmd_journal_audit(struct cli_call *call);
hl_err cmd_journal_receipt(struct cli_call *call);
hl_err cmd_journal_list(struct cli_call *call);
hl_err cmd_journal_show(struct cli_call *call);
hl_err cmd_journal_verify(struct cli_call *call);

#endif
