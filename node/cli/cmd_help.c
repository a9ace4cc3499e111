/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo help`. */

#include <string.h>

#include "node/cli/commands.h"
#include "node/daemon/config.h"

static const struct cli_command *find(const struct cli_command *group,
                                      const char *name)
{
    const struct cli_command *command = group->subcommands;
    while (command != NULL && command->name != NULL) {
        if (strcmp(command->name, name) == 0) {
            return command;
        }
        command++;
    }
    return NULL;
}

hl_err cmd_help(struct cli_call *call)
{
    const struct cli_command *path[CLI_DEPTH_MAX] = {call->path[0]};
    size_t depth = 1;
    if (call->operand_count == 1 && strcmp(call->operands[0], "config") == 0) {
        config_print_help(stdout);
        return HL_OK;
    }
    for (size_t i = 0; i < call->operand_count; i++) {
        const struct cli_command *next =
            depth < CLI_DEPTH_MAX ? find(path[depth - 1], call->operands[i])
                                  : NULL;
        if (next == NULL) {
            return cli_usage(call, "there is no command '%s'",
                             call->operands[i]);
        }
        path[depth++] = next;
    }
    cli_print_help(path, depth, stdout);
    return HL_OK;
}
