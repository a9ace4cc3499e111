/* SPDX-License-Identifier: Apache-2.0 */
#include "node/cli/cli.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/text.h"

static const struct cli_command *leaf_of(const struct cli_call *call)
{
    return call->path[call->depth - 1];
}

static const struct cli_option *find_option(const struct cli_command *command,
                                            struct bytes name)
{
    const struct cli_option *option = command->options;
    while (option != NULL && option->name != NULL) {
        if (bytes_equal_text(name, option->name)) {
            return option;
        }
        option++;
    }
    return NULL;
}

static const struct cli_command *find_command(const struct cli_command *group,
                                              const char *name)
{
    for (const struct cli_command *c = group->subcommands; c->name != NULL;
         c++) {
        if (strcmp(c->name, name) == 0) {
            return c;
        }
    }
    return NULL;
}

const char *cli_get_nth(const struct cli_call *call, const char *name, size_t n)
{
    const struct cli_option *option =
        find_option(leaf_of(call), bytes_of_text(name));
    HL_ASSERT(option != NULL);
    for (size_t i = 0; i < call->value_count; i++) {
        if (call->values[i].option == option && n-- == 0) {
            return call->values[i].text;
        }
    }
    return NULL;
}

const char *cli_get(const struct cli_call *call, const char *name)
{
    const char *found = NULL;
    const char *value = cli_get_nth(call, name, 0);
    for (size_t n = 1; value != NULL; n++) {
        found = value;
        value = cli_get_nth(call, name, n);
    }
    return found;
}

bool cli_has(const struct cli_call *call, const char *name)
{
    return cli_get_nth(call, name, 0) != NULL;
}

hl_err cli_get_decimal(struct cli_call *call, const char *name, uint64_t min,
                       uint64_t max, uint64_t fallback, uint64_t *value)
{
    const char *text = cli_get(call, name);
    if (text == NULL) {
        *value = fallback;
        return HL_OK;
    }
    uint64_t number = 0;
    if (text_decimal(bytes_of_text(text), max, &number) != HL_OK ||
        number < min) {
        return cli_usage(
            call, "--%s is '%s': give a whole number from %llu to %llu", name,
            text, (unsigned long long)min, (unsigned long long)max);
    }
    *value = number;
    return HL_OK;
}

void cli_name(struct cli_call *call, const char *subject)
{
    snprintf(call->subject, sizeof(call->subject), "%s", subject);
}

struct hl_detail *cli_about(struct cli_call *call, const char *subject)
{
    cli_name(call, subject);
    call->detail = (struct hl_detail){0};
    return &call->detail;
}

hl_err cli_usage(struct cli_call *call, const char *format, ...)
{
    char text[HL_DETAIL_TEXT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return hl_fail(cli_about(call, ""), HL_EUSAGE, "%s", text);
}

json_t *cli_json_text(const char *text)
{
    json_t *value = json_string(text);
    if (value != NULL) {
        return value;
    }
    char *plain = hl_copy(text, strlen(text));
    for (char *c = plain; *c != '\0'; c++) {
        *c = (unsigned char)*c < 0x80 ? *c : '?';
    }
    value = json_string(plain);
    hl_free(plain);
    return value;
}

void cli_print_json(json_t *value)
{
    HL_ASSERT(value != NULL);
    json_dumpf(value, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(value);
}

static void print_path(const struct cli_call *call, FILE *out)
{
    for (size_t i = 0; i < call->depth; i++) {
        fprintf(out, "%s%s", i == 0 ? "" : " ", call->path[i]->name);
    }
}

static json_t *error_json(const struct cli_call *call, hl_err err)
{
    json_t *object = json_object();
    json_object_set_new(object, "error", json_string(hl_err_name(err)));
    json_object_set_new(object, "exit", json_integer(hl_err_exit(err)));
    json_object_set_new(object, "text", json_string(hl_err_text(err)));
    if (call->subject[0] != '\0') {
        json_object_set_new(object, "about", cli_json_text(call->subject));
    }
    if (call->detail.where != HL_NOWHERE) {
        const char *key = call->detail.where == HL_AT_LINE ? "line" : "offset";
        json_object_set_new(object, key,
                            json_integer((json_int_t)call->detail.at));
    }
    json_object_set_new(object, "detail", cli_json_text(call->detail.text));
    return object;
}

static void print_error_text(const struct cli_call *call, hl_err err)
{
    print_path(call, stderr);
    if (call->subject[0] != '\0') {
        fprintf(stderr, ": %s", call->subject);
    }
    if (call->detail.where != HL_NOWHERE) {
        fprintf(stderr, ", %s %llu",
                call->detail.where == HL_AT_LINE ? "line" : "offset",
                (unsigned long long)call->detail.at);
    }
    fprintf(stderr, ": %s", hl_err_text(err));
    if (call->detail.text[0] != '\0') {
        fprintf(stderr, ": %s", call->detail.text);
    }
    fputc('\n', stderr);
    if (err == HL_EUSAGE) {
        fputs("Try '", stderr);
        print_path(call, stderr);
        fputs(" --help'.\n", stderr);
    }
}

static void print_error(const struct cli_call *call, hl_err err)
{
    if (!call->json) {
        print_error_text(call, err);
        return;
    }
    json_t *object = error_json(call, err);
    json_dumpf(object, stderr, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    fputc('\n', stderr);
    json_decref(object);
}

static hl_err add_value(struct cli_call *call, const struct cli_option *option,
                        const char *text)
{
    for (size_t i = 0; i < call->value_count; i++) {
        if (option->need != CLI_REPEATED && call->values[i].option == option) {
            return cli_usage(call, "--%s is given twice", option->name);
        }
    }
    bool names_file =
        option->value != NULL && (strcmp(option->value, "FILE") == 0 ||
                                  strcmp(option->name, "out") == 0);
    if (names_file && strcmp(text, "-") == 0) {
        return cli_usage(call,
                         "--%s: '-' is no file: give one a name (where it is "
                         "to be called so: ./-)",
                         option->name);
    }
    if (call->value_count == CLI_VALUES_MAX) {
        return cli_usage(call, "more than %d options", CLI_VALUES_MAX);
    }
    call->values[call->value_count++] =
        (struct cli_value){.option = option, .text = text};
    return HL_OK;
}

/* Takes argv[0], which begins with "--", and what belongs to it. */
static hl_err take_option(struct cli_call *call, char **argv, size_t argc,
                          size_t *used)
{
    const char *name = argv[0] + 2;
    const char *equals = strchr(name, '=');
    size_t size = equals == NULL ? strlen(name) : (size_t)(equals - name);
    *used = 1;
    if (leaf_of(call)->json && strcmp(name, "json") == 0) {
        call->json = true;
        return HL_OK;
    }
    const struct cli_option *option =
        find_option(leaf_of(call), bytes_of(name, size));
    if (option == NULL) {
        return cli_usage(call, "there is no option --%.*s", (int)size, name);
    }
    if (option->value == NULL) {
        return equals != NULL
                   ? cli_usage(call, "--%s takes no value", option->name)
                   : add_value(call, option, "");
    }
    if (equals != NULL) {
        return add_value(call, option, equals + 1);
    }
    if (argc < 2) {
        return cli_usage(call, "--%s needs %s", option->name, option->value);
    }
    *used = 2;
    return add_value(call, option, argv[1]);
}

static hl_err check_needs(struct cli_call *call)
{
    const struct cli_command *command = leaf_of(call);
    const struct cli_option *option = command->options;
    for (; option != NULL && option->name != NULL; option++) {
        if (option->need == CLI_REQUIRED && !cli_has(call, option->name)) {
            return cli_usage(call, "--%s %s is needed", option->name,
                             option->value);
        }
    }
    if (call->operand_count < command->operands_min ||
        call->operand_count > command->operands_max) {
        return cli_usage(
            call, "%zu operands given; it takes %s", call->operand_count,
            command->operands == NULL ? "none" : command->operands);
    }
    return HL_OK;
}

static hl_err parse(struct cli_call *call, size_t argc, char **argv)
{
    bool only_operands = false;
    /* Known before the first error, so that the error has its form. */
    for (size_t i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        call->json |= leaf_of(call)->json && strcmp(argv[i], "--json") == 0;
    }
    for (size_t i = 0; i < argc;) {
        size_t used = 1;
        hl_err err = HL_OK;
        if (!only_operands && strcmp(argv[i], "--") == 0) {
            only_operands = true;
        } else if (!only_operands && strncmp(argv[i], "--", 2) == 0) {
            err = take_option(call, argv + i, argc - i, &used);
        } else if (!only_operands && argv[i][0] == '-' && argv[i][1] != '\0') {
            err = cli_usage(call, "options have two dashes: '%s'", argv[i]);
        } else {
            call->operands[call->operand_count++] = argv[i];
        }
        if (err != HL_OK) {
            return err;
        }
        i += used;
    }
    return check_needs(call);
}

static bool asks_for_help(size_t argc, char **argv)
{
    for (size_t i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            return true;
        }
    }
    return false;
}

static hl_err run(struct cli_call *call, size_t argc, char **argv)
{
    while (leaf_of(call)->subcommands != NULL) {
        if (argc == 0 || argv[0][0] == '-') {
            return argc == 0 ? cli_usage(call, "a command is missing")
                             : cli_usage(call, "'%s' is no command", argv[0]);
        }
        const struct cli_command *next = find_command(leaf_of(call), argv[0]);
        if (next == NULL) {
            return cli_usage(call, "there is no command '%s'", argv[0]);
        }
        HL_ASSERT(call->depth < CLI_DEPTH_MAX);
        call->path[call->depth++] = next;
        argv++;
        argc--;
        if (next->subcommands != NULL && argc > 0 && asks_for_help(1, argv)) {
            cli_print_help(call->path, call->depth, stdout);
            return HL_OK;
        }
    }
    if (asks_for_help(argc, argv)) {
        cli_print_help(call->path, call->depth, stdout);
        return HL_OK;
    }
    call->operands = hl_alloc(argc + 1, sizeof(*call->operands));
    hl_err err = parse(call, argc, argv);
    if (err == HL_OK) {
        err = leaf_of(call)->run(call);
    }
    hl_free(call->operands);
    return err;
}

int cli_main(const struct cli_command *root, int argc, char **argv)
{
    size_t count = argc > 0 ? (size_t)argc - 1 : 0;
    struct cli_call *call = hl_alloc(1, sizeof(*call));
    call->path[call->depth++] = root;
    hl_err err = HL_OK;
    if (count > 0 && asks_for_help(1, argv + 1)) {
        cli_print_help(call->path, call->depth, stdout);
    } else {
        err = run(call, count, argv + 1);
    }
    /* An answer that did not reach its reader is no success. */
    if (fflush(stdout) != 0 && err == HL_OK) {
        err = hl_fail(cli_about(call, "standard output"), HL_EIO,
                      "it cannot be written");
    }
    if (err != HL_OK) {
        print_error(call, err);
    }
    hl_free(call);
    return hl_err_exit(err);
}
