/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/identity/spiffe.h"

#include <string.h>

#include "protocol/base/hl_assert.h"
#include "protocol/base/text.h"

#define SCHEME "spiffe://"

struct row {
    const char *word;
    bool has_node;
    bool has_name;
};

static const struct row rows[ROLE_COUNT] = {
    [ROLE_NODE] = {"node", true, false},
    [ROLE_PLATFORM] = {"platform", true, true},
    [ROLE_OPERATOR] = {"operator", true, true},
    [ROLE_COORDINATOR] = {"coordinator", false, true},
    [ROLE_CLEARING] = {"clearing", false, true},
};

static const struct row *row_of(enum role role)
{
    HL_ASSERT((unsigned)role < ROLE_COUNT);
    return &rows[role];
}

const char *role_word(enum role role)
{
    return row_of(role)->word;
}

bool role_has_node(enum role role)
{
    return row_of(role)->has_node;
}

bool role_has_name(enum role role)
{
    return row_of(role)->has_name;
}

static hl_err check_label(struct bytes label, bool wanted, const char *what,
                          struct hl_detail *detail)
{
    if (!wanted && label.size > 0) {
        return hl_fail(detail, HL_EIDENTITY, "this role has no %s", what);
    }
    if (wanted && !text_is_label(label)) {
        return hl_fail(detail, HL_EIDENTITY,
                       "%s '%.*s' is no label: 1 to 63 of a-z, 0-9 and "
                       "inner '-'",
                       what, BYTES_ARGS(label));
    }
    return HL_OK;
}

static void copy_text(struct bytes text, char *out)
{
    if (text.size > 0) {
        memcpy(out, text.data, text.size);
    }
    out[text.size] = '\0';
}

hl_err identity_make(enum role role, struct bytes alliance, struct bytes node,
                     struct bytes name, struct identity *out,
                     struct hl_detail *detail)
{
    if (!text_is_domain(alliance)) {
        return hl_fail(detail, HL_EIDENTITY,
                       "alliance '%.*s' is no domain in lower case",
                       BYTES_ARGS(alliance));
    }
    hl_err err = check_label(node, role_has_node(role), "node", detail);
    if (err == HL_OK) {
        err = check_label(name, role_has_name(role), "name", detail);
    }
    if (err != HL_OK) {
        return err;
    }
    out->role = role;
    copy_text(alliance, out->alliance);
    copy_text(node, out->node);
    copy_text(name, out->name);
    return HL_OK;
}

enum { PARTS_MAX = 4 }; /* alliance, word, two fields */

/* How many parts '/' separates, PARTS_MAX + 1 where there are more; those not
 * there are empty. */
static size_t split(struct bytes path, struct bytes parts[PARTS_MAX])
{
    size_t count = 0;
    size_t start = 0;
    for (size_t i = 0; i <= path.size; i++) {
        if (i < path.size && path.data[i] != '/') {
            continue;
        }
        if (count == PARTS_MAX) {
            return PARTS_MAX + 1;
        }
        parts[count++] = bytes_slice(path, start, i - start);
        start = i + 1;
    }
    return count;
}

static bool find_role(struct bytes word, enum role *role)
{
    for (int i = 0; i < ROLE_COUNT; i++) {
        if (bytes_equal_text(word, rows[i].word)) {
            *role = (enum role)i;
            return true;
        }
    }
    return false;
}

static hl_err parse_role(struct bytes word, enum role *role,
                         struct hl_detail *detail)
{
    if (!text_is_label(word)) {
        return hl_fail(detail, HL_EIDENTITY, "role '%.*s' is no label",
                       BYTES_ARGS(word));
    }
    if (!find_role(word, role)) {
        return hl_fail(detail, HL_EROLE,
                       "role '%.*s' is not one of node, platform, operator, "
                       "coordinator, clearing",
                       BYTES_ARGS(word));
    }
    return HL_OK;
}

static struct bytes without_scheme(struct bytes uri)
{
    size_t size = strlen(SCHEME);
    return bytes_slice(uri, size, uri.size - size);
}

static bool has_scheme(struct bytes uri)
{
    size_t size = strlen(SCHEME);
    return uri.size >= size &&
           bytes_equal_text(bytes_slice(uri, 0, size), SCHEME);
}

hl_err spiffe_parse(struct bytes uri, struct identity *out,
                    struct hl_detail *detail)
{
    if (!has_scheme(uri)) {
        return hl_fail(detail, HL_EIDENTITY,
                       "'%.*s' does not begin with " SCHEME, BYTES_ARGS(uri));
    }
    struct bytes parts[PARTS_MAX] = {{0}};
    size_t count = split(without_scheme(uri), parts);
    if (!text_is_domain(parts[0])) {
        return hl_fail(detail, HL_EIDENTITY,
                       "alliance '%.*s' is no domain in lower case",
                       BYTES_ARGS(parts[0]));
    }
    enum role role = ROLE_COUNT;
    hl_err err = parse_role(parts[1], &role, detail);
    if (err != HL_OK) {
        return err;
    }
    bool node = role_has_node(role);
    bool name = role_has_name(role);
    if (count != 2u + node + name) {
        return hl_fail(detail, HL_EIDENTITY, "'%.*s' is not of the form %s%s%s",
                       BYTES_ARGS(uri), role_word(role), node ? "/<node>" : "",
                       name ? "/<name>" : "");
    }
    struct bytes none = {0};
    return identity_make(role, parts[0], node ? parts[2] : none,
                         name ? parts[2 + node] : none, out, detail);
}

bool spiffe_is_of(struct bytes uri, struct bytes alliance)
{
    if (!has_scheme(uri)) {
        return false;
    }
    struct bytes rest = without_scheme(uri);
    return rest.size > alliance.size && rest.data[alliance.size] == '/' &&
           bytes_equal(bytes_slice(rest, 0, alliance.size), alliance);
}

void spiffe_write(const struct identity *identity, struct writer *out)
{
    const struct row *row = row_of(identity->role);
    writer_format(out, SCHEME "%s/%s", identity->alliance, row->word);
    if (row->has_node) {
        writer_format(out, "/%s", identity->node);
    }
    if (row->has_name) {
        writer_format(out, "/%s", identity->name);
    }
}

bool identity_equal(const struct identity *a, const struct identity *b)
{
    return a->role == b->role && strcmp(a->alliance, b->alliance) == 0 &&
           strcmp(a->node, b->node) == 0 && strcmp(a->name, b->name) == 0;
}
