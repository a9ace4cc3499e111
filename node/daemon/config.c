/* SPDX-License-Identifier: Apache-2.0 */
#define _XOPEN_SOURCE 700 /* realpath */

#include "node/daemon/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/daemon/config_syntax.h"
#include "node/daemon/config_value.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

static hl_err fail_missing(const struct config_key *key,
                           struct hl_detail *detail)
{
    return hl_fail(detail, HL_ECONFIG,
                   "%s is missing: add a line such as  "
                   "%s = %s",
                   key->name, key->name, key->example);
}

static hl_err take_list(const struct config_place *place,
                        const struct config_said *said,
                        struct config_list *list, struct hl_detail *detail)
{
    for (size_t i = 0; i < said->count; i++) {
        hl_err err = config_value_text(place, said->texts[i],
                                       &list->items[list->count], detail);
        if (err != HL_OK) {
            return err;
        }
        list->count++;
    }
    return HL_OK;
}

static void take_default(const struct config_key *key, struct config *out)
{
    if (config_kind_is_number(key->kind)) {
        *config_number_at(out, key) = key->number;
    } else if (!config_kind_is_list(key->kind)) {
        *config_text_at(out, key) = hl_copy(key->initial, strlen(key->initial));
    }
}

static hl_err take(const struct config_place *place,
                   const struct config_said *said, struct config *out,
                   struct hl_detail *detail)
{
    const struct config_key *key = place->key;
    if (said->count == 0 && key->required) {
        return fail_missing(key, detail);
    }
    if (said->count == 0) {
        take_default(key, out);
        return HL_OK;
    }
    if (config_kind_is_list(key->kind)) {
        return take_list(place, said, config_list_at(out, key), detail);
    }
    if (config_kind_is_number(key->kind)) {
        return config_value_number(place, said->texts[0],
                                   config_number_at(out, key), detail);
    }
    return config_value_text(place, said->texts[0], config_text_at(out, key),
                             detail);
}

/* Two keys of which one bounds the other. */
static const struct bound {
    const char *below, *above;
} bounds[] = {
    {"max_store_bytes", "map_bytes"},
    {"calls_per_caller", "calls"},
};

static size_t find(const char *name)
{
    size_t index = 0;
    while (strcmp(config_key(index)->name, name) != 0) {
        index++;
    }
    return index;
}

static hl_err check_bounds(const struct config_draft *draft,
                           struct config *config, struct hl_detail *detail)
{
    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        size_t below = find(bounds[i].below), above = find(bounds[i].above);
        uint64_t line = draft->keys[below].line > 0 ? draft->keys[below].line
                                                    : draft->keys[above].line;
        if (*config_number_at(config, config_key(below)) >
            *config_number_at(config, config_key(above))) {
            return hl_fail_line(detail, line, HL_ECONFIG,
                                "%s is above %s: lower the one or raise the "
                                "other",
                                bounds[i].below, bounds[i].above);
        }
    }
    return HL_OK;
}

hl_err config_parse(struct bytes text, struct bytes folder, struct config *out,
                    struct hl_detail *detail)
{
    struct config config = {0};
    struct config_draft draft;
    hl_err err = config_draft_read(text, &draft, detail);
    for (size_t i = 0; i < config_key_count() && err == HL_OK; i++) {
        const struct config_place place = {
            .key = config_key(i), .line = draft.keys[i].line, .folder = folder};
        err = take(&place, &draft.keys[i], &config, detail);
    }
    if (err == HL_OK) {
        err = check_bounds(&draft, &config, detail);
    }
    if (err == HL_OK) {
        *out = config;
        config = (struct config){0};
    }
    config_draft_fini(&draft);
    config_fini(&config);
    return err;
}

static hl_err fail_file(struct hl_detail *detail)
{
    hl_err err = errno == ENOENT || errno == ENOTDIR ? HL_ENOTFOUND : HL_EIO;
    return hl_fail(detail, err, "cannot be read: %s", strerror(errno));
}

static hl_err read_file(int fd, struct writer *out, struct hl_detail *detail)
{
    struct stat status;
    ssize_t got = 0;
    if (fstat(fd, &status) != 0) {
        return fail_file(detail);
    }
    if (!S_ISREG(status.st_mode)) {
        return hl_fail(detail, HL_EIO, "is not a regular file");
    }
    do {
        enum { CHUNK_BYTES = 65536 };
        uint8_t *to = writer_extend(out, CHUNK_BYTES);
        got = read(fd, to, CHUNK_BYTES);
        writer_shrink(out, CHUNK_BYTES - (got > 0 ? (size_t)got : 0));
    } while ((got > 0 && out->size <= CONFIG_FILE_MAX_BYTES) ||
             (got < 0 && errno == EINTR));
    if (got < 0) {
        return fail_file(detail);
    }
    if (out->size > CONFIG_FILE_MAX_BYTES) {
        return hl_fail(detail, HL_ELIMIT, "is larger than %d bytes",
                       CONFIG_FILE_MAX_BYTES);
    }
    return HL_OK;
}

/* The folder that the file was named in, absolute. NULL: errno says why. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *named = slash == NULL   ? hl_copy(".", 1)
                  : slash == path ? hl_copy("/", 1)
                                  : hl_copy(path, (size_t)(slash - path));
    char *folder = realpath(named, NULL);
    hl_free(named);
    return folder;
}

hl_err config_read(const char *path, struct config *out,
                   struct hl_detail *detail)
{
    struct writer text = {0};
    char *folder = folder_of(path);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    hl_err err = fd < 0 || folder == NULL ? fail_file(detail)
                                          : read_file(fd, &text, detail);
    if (err == HL_OK) {
        err = config_parse(writer_view(&text), bytes_of_text(folder), out,
                           detail);
    }
    if (fd >= 0) {
        close(fd);
    }
    free(folder);
    writer_fini(&text);
    return err;
}

void config_fini(struct config *config)
{
    for (size_t i = 0; i < config_key_count(); i++) {
        const struct config_key *key = config_key(i);
        if (config_kind_is_list(key->kind)) {
            struct config_list *list = config_list_at(config, key);
            for (size_t k = 0; k < list->count; k++) {
                hl_free(list->items[k]);
            }
        } else if (!config_kind_is_number(key->kind)) {
            hl_free(*config_text_at(config, key));
        }
    }
    *config = (struct config){0};
}

static bool list_equal(const struct config_list *a, const struct config_list *b)
{
    bool equal = a->count == b->count;
    for (size_t i = 0; equal && i < a->count; i++) {
        equal = strcmp(a->items[i], b->items[i]) == 0;
    }
    return equal;
}

/* The table's accessors are for changing; here nothing is. */
static bool same(struct config *a, struct config *b,
                 const struct config_key *key)
{
    if (config_kind_is_list(key->kind)) {
        return list_equal(config_list_at(a, key), config_list_at(b, key));
    }
    if (config_kind_is_number(key->kind)) {
        return *config_number_at(a, key) == *config_number_at(b, key);
    }
    return strcmp(*config_text_at(a, key), *config_text_at(b, key)) == 0;
}

const char *config_restart_needed(const struct config *running,
                                  const struct config *next)
{
    struct config a = *running, b = *next;
    for (size_t i = 0; i < config_key_count(); i++) {
        const struct config_key *key = config_key(i);
        if (!key->reloadable && !same(&a, &b, key)) {
            return key->name;
        }
    }
    return NULL;
}

void config_take_reloadable(struct config *running, struct config *next)
{
    for (size_t i = 0; i < config_key_count(); i++) {
        const struct config_key *key = config_key(i);
        if (!key->reloadable) {
            continue;
        }
        if (config_kind_is_list(key->kind)) {
            struct config_list *to = config_list_at(running, key);
            struct config_list *from = config_list_at(next, key);
            struct config_list former = *to;
            *to = *from;
            *from = former;
        } else if (config_kind_is_number(key->kind)) {
            *config_number_at(running, key) = *config_number_at(next, key);
        } else {
            char **to = config_text_at(running, key);
            char **from = config_text_at(next, key);
            char *former = *to;
            *to = *from;
            *from = former;
        }
    }
}
