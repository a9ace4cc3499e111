/* SPDX-License-Identifier: Apache-2.0 */

/* The command `heluo`: everything an operator or a coordinator does. */

#include "node/cli/commands.h"

#define HELUO_VERSION "0.1.0"

static hl_err run_errors(struct cli_call *call)
{
    json_t *rows = call->json ? json_array() : NULL;
    for (int i = 0; i < HL_ERR_COUNT; i++) {
        hl_err err = (hl_err)i;
        if (!call->json) {
            printf("%3d  %-16s grpc %2d  %s\n", hl_err_exit(err),
                   hl_err_name(err), (int)hl_err_grpc(err), hl_err_text(err));
            continue;
        }
        json_array_append_new(
            rows, json_pack("{s:i, s:s, s:i, s:s}", "exit", hl_err_exit(err),
                            "name", hl_err_name(err), "grpc",
                            (int)hl_err_grpc(err), "text", hl_err_text(err)));
    }
    if (call->json) {
        cli_print_json(rows);
    }
    return HL_OK;
}

static hl_err run_version(struct cli_call *call)
{
    if (call->json) {
        cli_print_json(json_pack("{s:s}", "version", HELUO_VERSION));
    } else {
        printf("heluo %s\n", HELUO_VERSION);
    }
    return HL_OK;
}

static const struct cli_command commands[] = {
    {.name = "errors",
     .summary = "list every error: exit code, name, gRPC status, text",
     .description = "Lists the one error table of this program.",
     .json = true,
     .run = run_errors},
    {.name = "version",
     .summary = "print the version",
     .description = "Prints the version of this program.",
     .json = true,
     .run = run_version},
    {0},
};

static const struct cli_command heluo = {
    .name = "heluo",
    .summary = "federated synchronization for alliances of cities",
    .description =
        "Heluo keeps each city's catalogue of large instruments and its\n"
        "innovation-voucher ledger in a signed journal, and replicates the\n"
        "journals between the cities of an alliance.\n"
        "\n"
        "'heluo COMMAND --help' tells about each command.",
    .subcommands = commands,
};

int main(int argc, char **argv)
{
    return cli_main(&heluo, argc, argv);
}
