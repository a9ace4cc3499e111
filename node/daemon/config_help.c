/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "node/daemon/config_schema.h"

enum { WIDTH = 80, INDENT = 8 };

/* Words, as many as fit a line. */
static void print_wrapped(FILE *out, const char *text)
{
    size_t column = 0;
    while (*text != '\0') {
        size_t word = strcspn(text, " ");
        if (column == 0 || column + 1 + word > WIDTH) {
            fprintf(out, "%s%*s", column == 0 ? "" : "\n", INDENT, "");
            column = INDENT;
        } else {
            fputc(' ', out);
            column++;
        }
        fwrite(text, 1, word, out);
        column += word;
        text += word;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

static void print_number(FILE *out, const struct config_key *key)
{
    char initial[CONFIG_SIZE_TEXT_BYTES], min[CONFIG_SIZE_TEXT_BYTES],
        max[CONFIG_SIZE_TEXT_BYTES];
    if (key->kind == CONFIG_SIZE) {
        config_size_text(key->number, initial);
        config_size_text(key->min, min);
        config_size_text(key->max, max);
        fprintf(out, "    %s = %s\n        From %s to %s.", key->name, initial,
                min, max);
        return;
    }
    fprintf(out,
            "    %s = %" PRIu64 "\n        From %" PRIu64 " to %" PRIu64 " %s.",
            key->name, key->number, key->min, key->max, key->unit);
}

static void print_words(FILE *out, const struct config_key *key)
{
    fprintf(out, "    %s = %s\n        One of: ", key->name, key->initial);
    for (const char *at = key->words; *at != '\0'; at++) {
        fputs(*at == ' ' ? ", " : (char[]){*at, '\0'}, out);
    }
    fputc('.', out);
}

static void print_text(FILE *out, const struct config_key *key)
{
    bool list = config_kind_is_list(key->kind);
    if (key->required) {
        fprintf(out, "    %s = %s\n        Required; this is an example.",
                key->name, key->example);
    } else if (key->initial[0] != '\0') {
        fprintf(out, "    %s = \"%s\"\n       ", key->name, key->initial);
    } else {
        fprintf(out,
                "    %s = %s\n        Not given by default, for example "
                "%s.\n       ",
                key->name, list ? "{}" : "\"\"", key->example);
    }
}

static void print_key(FILE *out, const struct config_key *key)
{
    if (config_kind_is_number(key->kind)) {
        print_number(out, key);
    } else if (key->kind == CONFIG_WORD) {
        print_words(out, key);
    } else {
        print_text(out, key);
    }
    fputs(key->reloadable ? " Taken up by a reload.\n"
                          : " Taken up by a restart.\n",
          out);
    print_wrapped(out, key->text);
    fputc('\n', out);
}

void config_print_help(FILE *out)
{
    fputs("heluod reads one file, by default /etc/heluo/heluod.conf: lines\n"
          "  key = value    key = \"text\"    key = {\"one\", \"two\"}\n"
          "and comments behind '#'. Relative paths are taken from the file's "
          "folder.\nSizes are bytes, or have KiB, MiB, GiB, TiB behind them. "
          "`heluod --check-config`\nsays what is wrong with a file; `systemctl "
          "reload heluod` takes up what a\nreload can.\n\n",
          out);
    for (size_t i = 0; i < config_key_count(); i++) {
        const struct config_key *key = config_key(i);
        if (key->heading != NULL) {
            fprintf(out, "%s\n\n", key->heading);
        }
        print_key(out, key);
    }
}
