/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_CLI_H
#define HL_NODE_CLI_CLI_H

/* The frame of the command `heluo`: a table of commands, from which parsing,
 * --help and the documents derive. A command reads its options from the call,
 * prints its answer to stdout, and returns an hl_err; what went wrong is
 * printed once, here. One thread. */

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "protocol/base/hl_err.h"
#include "protocol/base/writer.h"

enum cli_need {
    CLI_OPTIONAL,
    CLI_REQUIRED,
    CLI_REPEATED, /* any number of times, order kept */
};

/* --name VALUE, or --name where value is NULL. */
struct cli_option {
    const char *name;
    const char *value;
    const char *help; /* a sentence or more; '\n' starts a new line */
    enum cli_need need;
};

struct cli_call;
typedef hl_err (*cli_run_fn)(struct cli_call *call);

/* Either a group (subcommands) or a command (run). Arrays end in an all-zero
 * row; NULL is an empty one. */
struct cli_command {
    const char *name;
    const char *operands; /* as the synopsis shows them, or NULL */
    size_t operands_min, operands_max;
    const char *summary;     /* one line, no full stop */
    const char *description; /* paragraphs, wrapped at 76 by hand */
    const char *examples;    /* lines; NULL where there are none */
    const struct cli_option *options;
    bool json; /* takes --json */
    cli_run_fn run;
    const struct cli_command *subcommands;
};

enum { CLI_VALUES_MAX = 1024, CLI_DEPTH_MAX = 4 };

struct cli_value {
    const struct cli_option *option;
    const char *text; /* "" for an option without value */
};

struct cli_call {
    const struct cli_command *path[CLI_DEPTH_MAX];
    size_t depth;
    struct cli_value values[CLI_VALUES_MAX];
    size_t value_count;
    const char **operands;
    size_t operand_count;
    bool json;

    /* What an error is about, filled by the command. */
    struct hl_detail detail;
    char subject[512]; /* a file's name or the like; may be empty */
};

/* The option's value, its last one if given several times; NULL if absent.
 * The name is one of the command's table (asserts). */
const char *cli_get(const struct cli_call *call, const char *name);
bool cli_has(const struct cli_call *call, const char *name);
/* The n-th value of a CLI_REPEATED option, from 0; NULL past the last. */
const char *cli_get_nth(const struct cli_call *call, const char *name,
                        size_t n);

/* The option as a decimal in [min, max]; fallback where it is absent.
 *
 * HL_EUSAGE  no decimal, or out of bounds; the message says which. */
HL_MUST_USE hl_err cli_get_decimal(struct cli_call *call, const char *name,
                                   uint64_t min, uint64_t max,
                                   uint64_t fallback, uint64_t *value);

/* Says what the next error is about: a file's name. Returns &call->detail. */
struct hl_detail *cli_about(struct cli_call *call, const char *subject);
/* The same afterwards: keeps the detail. */
void cli_name(struct cli_call *call, const char *subject);

/* HL_EUSAGE with a text. */
hl_err cli_usage(struct cli_call *call, const char *format, ...)
    HL_PRINTF(2, 3);

/* A JSON string of a text that need not be UTF-8, as names of files: bytes
 * that JSON cannot hold become '?'. */
json_t *cli_json_text(const char *text);

/* Prints a JSON value and a line end to stdout, and releases it. */
void cli_print_json(json_t *value);

/* Parses argv against the table, runs the command, prints what went wrong,
 * and returns the exit code. root is the program itself: a group. */
int cli_main(const struct cli_command *root, int argc, char **argv);

/* Prints the manual of a command, whose path from the root is given. */
void cli_print_help(const struct cli_command *const *path, size_t depth,
                    FILE *out);

#endif
