/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_COMMANDS_H
#define HL_NODE_CLI_COMMANDS_H

/* The groups of `heluo`, each a table in a file of its own. */

#include "node/cli/cli.h"

extern const struct cli_command ca_commands[];
extern const struct cli_command charter_commands[];
extern const struct cli_command key_commands[];

extern const struct cli_option verify_options[];
hl_err cmd_verify(struct cli_call *call);

#endif
