/* SPDX-License-Identifier: Apache-2.0 */
#include "node/daemon/config_value.h"

#include <inttypes.h>
#include <string.h>
#include <sys/un.h>

#include "certs/charter/charter.h"
#include "protocol/base/alloc.h"
#include "protocol/base/base64.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/text.h"

enum { HASH_DIGITS = 2 * HL_HASH_BYTES, GROUP_MAX_BYTES = 32 };

static bool is_hash(struct bytes text)
{
    bool hex = text.size == HASH_DIGITS;
    for (size_t i = 0; hex && i < text.size; i++) {
        uint8_t c = text.data[i];
        hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    }
    return hex;
}

/* The hash in base64, as `heluo charter show` prints it. */
static bool is_hash_base64(struct bytes text)
{
    uint8_t bytes[HL_HASH_BYTES];
    return base64_decode_exact(text, sizeof(bytes), bytes) == HL_OK;
}

static char *hex_of_base64(struct bytes text)
{
    uint8_t bytes[HL_HASH_BYTES] = {0};
    struct writer hex = {0};
    hl_err err = base64_decode_exact(text, sizeof(bytes), bytes);
    HL_ASSERT(err == HL_OK);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        writer_format(&hex, "%02x", bytes[i]);
    }
    char *out = hl_copy(hex.data, hex.size);
    writer_fini(&hex);
    return out;
}

/* As useradd(8) and its like accept. */
static bool is_group(struct bytes text)
{
    bool good = text.size > 0 && text.size <= GROUP_MAX_BYTES;
    for (size_t i = 0; good && i < text.size; i++) {
        uint8_t c = text.data[i];
        good = (c >= 'a' && c <= 'z') || c == '_' ||
               (i > 0 && ((c >= '0' && c <= '9') || c == '-'));
    }
    return good;
}

/* An endpoint as in the charter; its port may be 0 besides. */
static bool is_listen(struct bytes text)
{
    char other[CHARTER_ENDPOINT_BYTES];
    if (text.size < 2 || memcmp(text.data + text.size - 2, ":0", 2) != 0) {
        return charter_endpoint_valid(text);
    }
    snprintf(other, sizeof(other), "%.*s", BYTES_ARGS(text));
    other[strlen(other) - 1] = '1';
    return text.size < sizeof(other) &&
           charter_endpoint_valid(bytes_of_text(other));
}

static bool is_path(struct bytes text)
{
    bool good = text.size > 0;
    for (size_t i = 0; good && i < text.size; i++) {
        good = text.data[i] >= 0x20 && text.data[i] != 0x7F;
    }
    return good;
}

static bool is_word(const char *words, struct bytes text)
{
    struct bytes fields[8];
    size_t count = text_fields(bytes_of_text(words), fields, 8);
    for (size_t i = 0; i < count; i++) {
        if (bytes_equal(fields[i], text)) {
            return true;
        }
    }
    return false;
}

static bool has_form(const struct config_key *key, struct bytes text)
{
    switch (key->kind) {
    case CONFIG_DOMAIN:
        return text_is_domain(text);
    case CONFIG_NODE_ID:
        return charter_node_id_valid(text);
    case CONFIG_LISTEN:
        return is_listen(text);
    case CONFIG_HASH:
        return is_hash(text) || is_hash_base64(text);
    case CONFIG_GROUP:
        return is_group(text);
    case CONFIG_WORD:
        return is_word(key->words, text);
    case CONFIG_FILE:
    case CONFIG_FILES:
    case CONFIG_SOCKET:
        return is_path(text);
    case CONFIG_COUNT:
    case CONFIG_SIZE:
        break;
    }
    HL_ASSERT(!config_kind_is_number(key->kind));
    return false;
}

/* What a value of that kind is like, behind "is not". */
static const char *form_of(const struct config_key *key)
{
    static const char *const forms[] = {
        [CONFIG_DOMAIN] = "a domain in lower case, such as zhongyuan.example",
        [CONFIG_NODE_ID] = "a node's id: a-z, 0-9 and inner '-', at most 63, "
                           "and not \"coordinator\"",
        [CONFIG_FILE] = "a path: it is empty or has control characters",
        [CONFIG_FILES] = "a path: it is empty or has control characters",
        [CONFIG_SOCKET] = "a path: it has control characters",
        [CONFIG_LISTEN] = "host:port, such as 0.0.0.0:7443 or [::]:7443",
        [CONFIG_HASH] = "64 hex digits in lower case, nor the base64 that "
                        "`heluo charter show` prints",
        [CONFIG_GROUP] = "a group's name: a-z, 0-9, '_' and '-', at most 32",
    };
    return key->kind == CONFIG_WORD ? key->words : forms[key->kind];
}

static char *resolve(const struct config_place *place, const char *text)
{
    struct writer path = {0};
    if (text[0] != '/') {
        writer_bytes(&path, place->folder);
        bool rooted = bytes_equal_text(place->folder, "/");
        writer_text(&path, rooted ? "" : "/");
    }
    writer_text(&path, text);
    char *out = hl_copy(path.data, path.size);
    writer_fini(&path);
    return out;
}

static bool is_path_kind(enum config_kind kind)
{
    return kind == CONFIG_FILE || kind == CONFIG_FILES || kind == CONFIG_SOCKET;
}

static char *make_text(const struct config_place *place, const char *text)
{
    struct bytes bytes = bytes_of_text(text);
    if (is_path_kind(place->key->kind)) {
        return resolve(place, text);
    }
    if (place->key->kind == CONFIG_HASH && !is_hash(bytes)) {
        return hex_of_base64(bytes);
    }
    return hl_copy(bytes.data, bytes.size);
}

hl_err config_value_text(const struct config_place *place, const char *text,
                         char **out, struct hl_detail *detail)
{
    const struct config_key *key = place->key;
    /* "" takes back what is not required. */
    bool absent = text[0] == '\0' && !key->required &&
                  key->kind != CONFIG_WORD && !config_kind_is_list(key->kind) &&
                  (key->initial[0] == '\0' || key->kind == CONFIG_SOCKET);
    if (!absent && !has_form(key, bytes_of_text(text))) {
        return hl_fail_line(detail, place->line, HL_ECONFIG,
                            "%s: \"%.60s\" is not %s%s", key->name, text,
                            key->kind == CONFIG_WORD ? "one of: " : "",
                            form_of(key));
    }
    char *value = absent ? hl_copy("", 0) : make_text(place, text);
    const size_t socket_max = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;
    if (key->kind == CONFIG_SOCKET && strlen(value) > socket_max) {
        hl_free(value);
        return hl_fail_line(detail, place->line, HL_ECONFIG,
                            "%s: the path is longer than the %zu bytes that a "
                            "socket's may have: choose a shorter one",
                            key->name, socket_max);
    }
    *out = value;
    return HL_OK;
}

/* Digits, and for a size maybe a unit behind them. False: neither. */
static bool read_number(enum config_kind kind, struct bytes text, uint64_t *out)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    size_t digits = 0;
    while (digits < text.size && text.data[digits] >= '0' &&
           text.data[digits] <= '9') {
        digits++;
    }
    struct bytes unit = bytes_slice(text, digits, text.size - digits);
    if (text_decimal(bytes_slice(text, 0, digits), UINT64_MAX, out) != HL_OK) {
        return false;
    }
    for (unsigned i = 0; kind == CONFIG_SIZE && i < 4; i++) {
        unsigned bits = 10 * (i + 1);
        if (bytes_equal_text(unit, units[i])) {
            *out = *out > UINT64_MAX >> bits ? UINT64_MAX : *out << bits;
            return true;
        }
    }
    return unit.size == 0;
}

static hl_err fail_bounds(const struct config_place *place, const char *text,
                          struct hl_detail *detail)
{
    const struct config_key *key = place->key;
    char min[CONFIG_SIZE_TEXT_BYTES], max[CONFIG_SIZE_TEXT_BYTES];
    bool size = key->kind == CONFIG_SIZE;
    if (size) {
        config_size_text(key->min, min);
        config_size_text(key->max, max);
    } else {
        snprintf(min, sizeof(min), "%" PRIu64, key->min);
        snprintf(max, sizeof(max), "%" PRIu64, key->max);
    }
    return hl_fail_line(detail, place->line, HL_ECONFIG,
                        "%s: %.40s is out of bounds: from %s to %s%s%s",
                        key->name, text, min, max, size ? "" : " ",
                        size ? "" : key->unit);
}

hl_err config_value_number(const struct config_place *place, const char *text,
                           uint64_t *out, struct hl_detail *detail)
{
    const struct config_key *key = place->key;
    uint64_t value = 0;
    if (!read_number(key->kind, bytes_of_text(text), &value)) {
        return hl_fail_line(detail, place->line, HL_ECONFIG,
                            key->kind == CONFIG_SIZE
                                ? "%s: \"%.40s\" is no size: write bytes, or "
                                  "a whole number of KiB, MiB, GiB or TiB "
                                  "such as 64GiB"
                                : "%s: \"%.40s\" is no whole number from 0 up, "
                                  "without a unit or leading zeros",
                            key->name, text);
    }
    if (value < key->min || value > key->max) {
        return fail_bounds(place, text, detail);
    }
    *out = value;
    return HL_OK;
}
