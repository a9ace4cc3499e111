/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_CMD_CHARTER_H
#define HL_NODE_CLI_CMD_CHARTER_H

/* What the files of `heluo charter` share. */

#include "certs/charter/charter_chain.h"
#include "node/cli/cli.h"

/* Reads and checks one charter file; errors are about that file.
 *
 * HL_ENOTFOUND, HL_EIO, HL_ELIMIT, and charter_parse()'s. */
HL_MUST_USE hl_err cmd_charter_read(struct cli_call *call, const char *path,
                                    struct charter *out);

/* The same, of one that others are judged by: not of a draft.
 *
 * HL_EQUORUM  nobody has signed it. */
HL_MUST_USE hl_err cmd_charter_read_signed(struct cli_call *call,
                                           const char *path,
                                           struct charter *out);

/* True while nobody has signed it. */
bool cmd_charter_is_draft(const struct charter *charter);

/* Prints the lines that one text has and the other has not. */
void cmd_charter_print_diff(const struct charter *before,
                            const struct charter *after);
json_t *cmd_charter_diff_json(const struct charter *before,
                              const struct charter *after);

void cmd_charter_print(const struct charter *charter);
json_t *cmd_charter_json(const struct charter *charter);

/* Base64 of a hash as a text that lives in out. */
enum { HASH_TEXT_BYTES = 45 };
const char *cmd_hash_text(const struct hl_hash *hash,
                          char out[HASH_TEXT_BYTES]);

/* The rows of `heluo charter`. */
hl_err cmd_charter_new(struct cli_call *call);
hl_err cmd_charter_add_node(struct cli_call *call);
hl_err cmd_charter_set_node(struct cli_call *call);
hl_err cmd_charter_end_node(struct cli_call *call);
hl_err cmd_charter_readmit(struct cli_call *call);
hl_err cmd_charter_set_key(struct cli_call *call);
hl_err cmd_charter_set_keepers(struct cli_call *call);
hl_err cmd_charter_set_policy(struct cli_call *call);
hl_err cmd_charter_set_coordinators(struct cli_call *call);
hl_err cmd_charter_end_role(struct cli_call *call);
hl_err cmd_charter_follow(struct cli_call *call);
hl_err cmd_charter_sign(struct cli_call *call);
hl_err cmd_charter_verify(struct cli_call *call);
hl_err cmd_charter_show(struct cli_call *call);
hl_err cmd_charter_diff(struct cli_call *call);
hl_err cmd_charter_submit(struct cli_call *call);
hl_err cmd_charter_fetch(struct cli_call *call);

#endif
