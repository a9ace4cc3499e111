/* SPDX-License-Identifier: Apache-2.0 */
#include "node/daemon/config_syntax.h"

#include <stdarg.h>
#include <string.h>

#include <confuse.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/text.h"

struct reading {
    struct config_draft *draft;
    struct hl_detail detail;
    bool failed;
};

/* libconfuse gives its callbacks no context, and its scanner is one per
 * process anyway: the one reading that is under way. */
static struct reading *reading;

enum { SUGGEST_MAX = 3, NAME_MAX_BYTES = 40 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edits from one name to the other (Levenshtein). */
static size_t distance(const char *from, const char *to)
{
    size_t row[NAME_MAX_BYTES + 1];
    size_t from_size = strlen(from), to_size = strlen(to);
    if (from_size > NAME_MAX_BYTES || to_size > NAME_MAX_BYTES) {
        return SIZE_MAX;
    }
    for (size_t i = 0; i <= to_size; i++) {
        row[i] = i;
    }
    for (size_t i = 1; i <= from_size; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t k = 1; k <= to_size; k++) {
            size_t above = row[k];
            size_t change = diagonal + (from[i - 1] != to[k - 1]);
            row[k] = least(change, least(above, row[k - 1]) + 1);
            diagonal = above;
        }
    }
    return row[to_size];
}

static const char *nearest(const char *name)
{
    size_t best = SUGGEST_MAX + 1;
    const char *found = NULL;
    for (size_t i = 0; i < config_key_count(); i++) {
        size_t edits = distance(name, config_key(i)->name);
        if (edits < best) {
            best = edits;
            found = config_key(i)->name;
        }
    }
    return found;
}

static void fail_unknown(uint64_t line, const char *name)
{
    const char *near = nearest(name);
    if (near != NULL) {
        (void)hl_fail_line(&reading->detail, line, HL_ECONFIG,
                           "no key is called \"%.40s\": did you mean %s?", name,
                           near);
    } else {
        (void)hl_fail_line(&reading->detail, line, HL_ECONFIG,
                           "no key is called \"%.40s\": `heluo help config` "
                           "lists them",
                           name);
    }
}

static HL_PRINTF(2, 0) void on_error(cfg_t *cfg, const char *format,
                                     va_list arguments)
{
    char text[HL_DETAIL_TEXT_BYTES / 2];
    uint64_t line = cfg->line > 0 ? (uint64_t)cfg->line : 1;
    if (reading->failed) {
        return;
    }
    reading->failed = true;
    if (strcmp(format, "no such option '%s'") == 0) {
        const char *name = va_arg(arguments, const char *);
        fail_unknown(line, name == NULL ? "" : name);
        return;
    }
    if (strcmp(format, "premature end of file") == 0) {
        (void)hl_fail_line(&reading->detail, line, HL_ECONFIG,
                           "the file ends within a value: is there a quote or "
                           "a brace that nothing closes, or no '='?");
        return;
    }
    vsnprintf(text, sizeof(text), format, arguments);
    (void)hl_fail_line(&reading->detail, line, HL_ECONFIG,
                       "%s: lines are like key = value, key = \"text\" or "
                       "key = {\"one\", \"two\"}",
                       text);
}

static size_t index_of(const char *name)
{
    size_t index = 0;
    while (strcmp(config_key(index)->name, name) != 0) {
        index++;
    }
    return index;
}

static bool refuse(const struct config_key *key, const struct config_said *said,
                   uint64_t line, bool first)
{
    if (said->line != 0 && first) {
        (void)hl_fail_line(&reading->detail, line, HL_ECONFIG,
                           "%s is set in line %llu already: keep one of them",
                           key->name, (unsigned long long)said->line);
        return true;
    }
    if (said->count == CONFIG_LIST_MAX) {
        (void)hl_fail_line(&reading->detail, line, HL_ECONFIG,
                           "%s has more than %d items", key->name,
                           CONFIG_LIST_MAX);
        return true;
    }
    return false;
}

/* Called with each value, in the order of the file. */
static int on_value(cfg_t *cfg, cfg_opt_t *option, const char *value,
                    void *result)
{
    size_t index = index_of(option->name);
    const struct config_key *key = config_key(index);
    struct config_said *said = &reading->draft->keys[index];
    uint64_t line = cfg->line > 0 ? (uint64_t)cfg->line : 1;
    /* A list that is set anew, not added to, begins with its first item. */
    bool first = !config_kind_is_list(key->kind) || option->nvalues <= 1;
    if (refuse(key, said, line, first)) {
        reading->failed = true;
        return -1;
    }
    said->texts[said->count++] = hl_copy(value, strlen(value));
    said->line = line;
    *(const char **)result = value;
    return 0;
}

static void fill_options(cfg_opt_t *options)
{
    for (size_t i = 0; i < config_key_count(); i++) {
        const struct config_key *key = config_key(i);
        cfg_flag_t list = config_kind_is_list(key->kind) ? CFGF_LIST : 0;
        options[i] =
            (cfg_opt_t)CFG_STR_CB(key->name, NULL, CFGF_NODEFAULT, on_value);
        options[i].flags |= list;
    }
    options[config_key_count()] = (cfg_opt_t)CFG_END();
}

static bool parse(const char *text)
{
    cfg_opt_t options[CONFIG_KEYS_MAX + 1];
    fill_options(options);
    cfg_t *cfg = cfg_init(options, CFGF_NONE);
    HL_ASSERT(cfg != NULL);
    cfg_set_error_function(cfg, on_error);
    int result = cfg_parse_buf(cfg, text);
    cfg_free(cfg);
    return result == CFG_SUCCESS && !reading->failed;
}

static bool is_comment(struct bytes line)
{
    size_t at = 0;
    while (at < line.size && (line.data[at] == ' ' || line.data[at] == '\t')) {
        at++;
    }
    return at < line.size && line.data[at] == '#';
}

static bool has_variable(struct bytes line)
{
    for (size_t at = 0; at + 1 < line.size; at++) {
        if (line.data[at] == '$' && line.data[at + 1] == '{') {
            return !is_comment(line);
        }
    }
    return false;
}

/* libconfuse takes a C string, does not know of encodings, and puts the
 * environment's variables in, "" for those that are not set: what the operator
 * checks in a shell would not be what the service gets. */
static hl_err check_line(struct bytes line, uint64_t number,
                         struct hl_detail *detail)
{
    if (memchr(line.data, 0, line.size) != NULL) {
        return hl_fail_line(detail, number, HL_ECONFIG,
                            "a NUL: this is no text file");
    }
    if (!text_utf8_valid(line)) {
        return hl_fail_line(detail, number, HL_ECONFIG,
                            "not UTF-8: save the file in that encoding");
    }
    if (has_variable(line)) {
        return hl_fail_line(detail, number, HL_ECONFIG,
                            "${...}: there are no variables here, write the "
                            "value itself");
    }
    return HL_OK;
}

static hl_err check_text(struct bytes text, struct hl_detail *detail)
{
    uint64_t number = 1;
    size_t from = 0;
    hl_err err = HL_OK;
    for (size_t at = 0; at <= text.size && err == HL_OK; at++) {
        if (at > from && (at == text.size || text.data[at] == '\n')) {
            err =
                check_line(bytes_slice(text, from, at - from), number, detail);
        }
        if (at < text.size && text.data[at] == '\n') {
            from = at + 1;
            number++;
        }
    }
    return err;
}

hl_err config_draft_read(struct bytes text, struct config_draft *draft,
                         struct hl_detail *detail)
{
    struct reading here = {.draft = draft};
    *draft = (struct config_draft){0};
    hl_err err = check_text(text, detail);
    if (err != HL_OK) {
        return err;
    }
    /* A backslash that ends the text would be echoed by the scanner. */
    struct writer terminated = {0};
    writer_bytes(&terminated, text);
    writer_bytes(&terminated, bytes_of("\n", 2));
    HL_ASSERT(reading == NULL);
    reading = &here;
    bool good = parse((const char *)terminated.data);
    reading = NULL;
    writer_fini(&terminated);
    if (good) {
        return HL_OK;
    }
    if (!here.failed) {
        return hl_fail(detail, HL_ECONFIG,
                       "the file ends in the middle of a line or of a list");
    }
    if (detail != NULL) {
        *detail = here.detail;
    }
    return HL_ECONFIG;
}

void config_draft_fini(struct config_draft *draft)
{
    for (size_t i = 0; i < CONFIG_KEYS_MAX; i++) {
        for (size_t k = 0; k < draft->keys[i].count; k++) {
            hl_free(draft->keys[i].texts[k]);
        }
    }
    *draft = (struct config_draft){0};
}
