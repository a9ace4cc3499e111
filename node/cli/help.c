/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "node/cli/cli.h"

static void print_indented(const char *text, const char *indent, FILE *out)
{
    while (*text != '\0') {
        size_t size = strcspn(text, "\n");
        if (size > 0) {
            fprintf(out, "%s%.*s", indent, (int)size, text);
        }
        fputc('\n', out);
        text += size + (text[size] == '\n');
    }
}

static void print_name(const struct cli_command *const *path, size_t depth,
                       FILE *out)
{
    for (size_t i = 0; i < depth; i++) {
        fprintf(out, "%s%s", i == 0 ? "" : " ", path[i]->name);
    }
}

enum { LINE_COLUMNS = 78, INDENT_COLUMNS = 8 };

/* Prints a word after a space, on the next line where this one is full. */
static void print_word(const char *word, size_t *column, FILE *out)
{
    size_t size = strlen(word);
    if (*column + 1 + size > LINE_COLUMNS) {
        fprintf(out, "\n%*s%s", INDENT_COLUMNS, "", word);
        *column = INDENT_COLUMNS + size;
        return;
    }
    fprintf(out, " %s", word);
    *column += 1 + size;
}

static void print_option_word(const struct cli_option *option, size_t *column,
                              FILE *out)
{
    char word[128];
    bool needed = option->need == CLI_REQUIRED;
    snprintf(word, sizeof(word), "%s--%s%s%s%s%s", needed ? "" : "[",
             option->name, option->value == NULL ? "" : " ",
             option->value == NULL ? "" : option->value, needed ? "" : "]",
             option->need == CLI_REPEATED ? "..." : "");
    print_word(word, column, out);
}

static void print_synopsis(const struct cli_command *const *path, size_t depth,
                           FILE *out)
{
    const struct cli_command *command = path[depth - 1];
    size_t column = 3;
    fputs("\nSYNOPSIS\n   ", out);
    for (size_t i = 0; i < depth; i++) {
        print_word(path[i]->name, &column, out);
    }
    if (command->subcommands != NULL) {
        print_word("COMMAND ...", &column, out);
    }
    const struct cli_option *option = command->options;
    for (; option != NULL && option->name != NULL; option++) {
        print_option_word(option, &column, out);
    }
    if (command->json) {
        print_word("[--json]", &column, out);
    }
    if (command->operands != NULL) {
        print_word(command->operands, &column, out);
    }
    fputc('\n', out);
}

static void print_commands(const struct cli_command *group, FILE *out)
{
    fputs("\nCOMMANDS\n", out);
    for (const struct cli_command *c = group->subcommands; c->name != NULL;
         c++) {
        fprintf(out, "    %-12s %s\n", c->name, c->summary);
    }
}

static void print_options(const struct cli_command *command, FILE *out)
{
    fputs("\nOPTIONS\n", out);
    const struct cli_option *option = command->options;
    for (; option != NULL && option->name != NULL; option++) {
        fprintf(out, "    --%s%s%s%s\n", option->name,
                option->value == NULL ? "" : " ",
                option->value == NULL ? "" : option->value,
                option->need == CLI_REQUIRED   ? "   (needed)"
                : option->need == CLI_REPEATED ? "   (any number of times)"
                                               : "");
        print_indented(option->help, "        ", out);
    }
    if (command->json) {
        fputs("    --json\n        Answer, and errors, as JSON.\n", out);
    }
    fputs("    --help\n        This text.\n", out);
}

void cli_print_help(const struct cli_command *const *path, size_t depth,
                    FILE *out)
{
    const struct cli_command *command = path[depth - 1];
    fputs("NAME\n    ", out);
    print_name(path, depth, out);
    fprintf(out, " - %s\n", command->summary);
    print_synopsis(path, depth, out);
    fputs("\nDESCRIPTION\n", out);
    print_indented(command->description, "    ", out);
    if (command->subcommands != NULL) {
        print_commands(command, out);
    }
    print_options(command, out);
    if (command->examples != NULL) {
        fputs("\nEXAMPLES\n", out);
        print_indented(command->examples, "    ", out);
    }
    fputs("\nEXIT STATUS\n    0 on success; each kind of error has its own "
          "number: see 'heluo errors'.\n",
          out);
}
