/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/charter/charter_lines.h"

#include <string.h>

#include "protocol/base/base64.h"
#include "protocol/base/text.h"

/* Copies text that fits its buffer with a NUL. */
static void copy_text(struct bytes text, char *out)
{
    memcpy(out, text.data, text.size);
    out[text.size] = '\0';
}

hl_err charter_bad_line(struct charter_parser *p, const char *what)
{
    return hl_fail_line(p->detail, p->line, HL_EMALFORMED, "%s", what);
}

static hl_err parse_hash(struct charter_parser *p, struct bytes text,
                         struct hl_hash *out)
{
    if (base64_decode_exact(text, HL_HASH_BYTES, out->bytes) != HL_OK) {
        return charter_bad_line(p, "the hash is not 32 bytes in strict base64");
    }
    return HL_OK;
}

/* Two fields, size and root, from number `first` on. */
static hl_err parse_head(struct charter_parser *p, size_t first,
                         struct head *out)
{
    struct head_text text = {p->fields[first], p->fields[first + 1], p->line,
                             p->line};
    return head_parse(&text, out, p->detail);
}

static hl_err parse_vkey(struct charter_parser *p, struct bytes text,
                         struct vkey *out)
{
    struct hl_detail detail = {0};
    hl_err err = vkey_parse(text, out, &detail);
    if (err != HL_OK) {
        return hl_fail_line(p->detail, p->line, err, "vkey: %s", detail.text);
    }
    if (out->kind == VKEY_IGNORED) {
        return charter_bad_line(
            p, "vkey: its algorithm is not one that a charter holds");
    }
    return HL_OK;
}

static hl_err parse_time(struct charter_parser *p, struct bytes text,
                         int64_t *out)
{
    struct hl_wall wall;
    if (wall_parse(text, &wall) != HL_OK) {
        return charter_bad_line(p, "a time is not like 2026-11-21T08:30:00Z");
    }
    *out = wall_seconds(wall);
    return HL_OK;
}

/* The node that the line names, which is the one being described. */
static hl_err current_node(struct charter_parser *p, struct charter_node **node)
{
    size_t count = p->charter->node_count;
    if (count == 0 ||
        !bytes_equal_text(p->fields[1], p->charter->nodes[count - 1].id)) {
        return hl_fail_line(p->detail, p->line, HL_EMALFORMED,
                            "the line is not below its 'node %.*s' line",
                            BYTES_ARGS(p->fields[1]));
    }
    *node = &p->charter->nodes[count - 1];
    return HL_OK;
}

static hl_err line_alliance(struct charter_parser *p)
{
    if (!text_is_domain(p->fields[1])) {
        return charter_bad_line(p,
                                "the alliance is not a lower-case domain name");
    }
    copy_text(p->fields[1], p->charter->alliance);
    return HL_OK;
}

static hl_err line_version(struct charter_parser *p)
{
    uint64_t version = 0;
    if (text_decimal(p->fields[1], INT64_MAX, &version) != HL_OK ||
        version == 0) {
        return charter_bad_line(p, "the version is no decimal from 1 on");
    }
    p->charter->version = version;
    return HL_OK;
}

static hl_err line_previous(struct charter_parser *p)
{
    bool none = bytes_equal_text(p->fields[1], "none");
    if (none != (p->charter->version == 1)) {
        return charter_bad_line(
            p, "'previous none' belongs to version 1, and to no other");
    }
    return none ? HL_OK : parse_hash(p, p->fields[1], &p->charter->previous);
}

static hl_err line_threshold(struct charter_parser *p)
{
    uint64_t threshold = 0;
    if (text_decimal(p->fields[1], HL_CHARTER_COORDINATORS_MAX, &threshold) !=
        HL_OK) {
        return charter_bad_line(p, "the threshold is no decimal up to 32");
    }
    p->charter->threshold = (size_t)threshold;
    return HL_OK;
}

/* Puts the line's number on an error that was made without one. */
static hl_err with_line(struct charter_parser *p, hl_err err)
{
    if (err != HL_OK && p->detail != NULL) {
        p->detail->where = HL_AT_LINE;
        p->detail->at = p->line;
    }
    return err;
}

static hl_err line_coordinator(struct charter_parser *p)
{
    struct vkey key;
    hl_err err = parse_vkey(p, p->fields[1], &key);
    if (err == HL_OK) {
        err =
            with_line(p, charter_add_coordinator(p->charter, &key, p->detail));
    }
    return err;
}

static hl_err line_policy(struct charter_parser *p)
{
    for (size_t i = 0; i < CHARTER_POLICY_COUNT; i++) {
        const struct charter_policy_row *row =
            charter_policy_row((enum charter_policy)i);
        uint64_t value = 0;
        if (!bytes_equal_text(p->fields[1], row->name)) {
            continue;
        }
        if (text_decimal(p->fields[2], row->max, &value) != HL_OK ||
            value < row->min) {
            return hl_fail_line(p->detail, p->line, HL_EMALFORMED,
                                "%s is not a decimal from %llu to %llu",
                                row->name, (unsigned long long)row->min,
                                (unsigned long long)row->max);
        }
        p->charter->policies[i] = value;
        return HL_OK;
    }
    p->unknown = true;
    return HL_OK;
}

static hl_err line_node(struct charter_parser *p)
{
    const struct charter *charter = p->charter;
    if (!charter_node_id_valid(p->fields[1])) {
        return charter_bad_line(p, "the node's id is not a lower-case DNS "
                                   "label, or it is 'coordinator'");
    }
    if (!charter_region_valid(p->fields[2])) {
        return charter_bad_line(p,
                                "the region is no six-digit code of GB/T 2260");
    }
    if (charter_find_node(charter, p->fields[1]) != NULL) {
        return hl_fail_line(p->detail, p->line, HL_EDUPNODE,
                            "node '%.*s' stands above already",
                            BYTES_ARGS(p->fields[1]));
    }
    if (charter->node_count > 0 &&
        bytes_compare(bytes_of_text(charter->nodes[charter->node_count - 1].id),
                      p->fields[1]) > 0) {
        return charter_bad_line(p, "the nodes are not in order of their ids");
    }
    struct charter_node *node = NULL;
    hl_err err = with_line(
        p, charter_add_node(p->charter, p->fields[1], &node, p->detail));
    if (err == HL_OK) {
        copy_text(p->fields[2], node->region);
    }
    return err;
}

static hl_err line_endpoint(struct charter_parser *p)
{
    struct charter_node *node = NULL;
    hl_err err = current_node(p, &node);
    if (err != HL_OK) {
        return err;
    }
    if (!charter_endpoint_valid(p->fields[2])) {
        return charter_bad_line(
            p, "the endpoint is not like city.example.org:7443");
    }
    for (size_t i = 0; i < node->endpoint_count; i++) {
        if (bytes_equal_text(p->fields[2], node->endpoints[i])) {
            return charter_bad_line(p, "the endpoint is said already");
        }
    }
    if (node->endpoint_count == HL_CHARTER_ENDPOINTS_MAX) {
        return hl_fail_line(p->detail, p->line, HL_ELIMIT,
                            "more than %d endpoints of one node",
                            HL_CHARTER_ENDPOINTS_MAX);
    }
    copy_text(p->fields[2], node->endpoints[node->endpoint_count++]);
    return HL_OK;
}

static hl_err line_keepers(struct charter_parser *p)
{
    struct charter_node *node = NULL;
    uint64_t quorum = 0;
    hl_err err = current_node(p, &node);
    if (err != HL_OK) {
        return err;
    }
    if (text_decimal(p->fields[2], HL_KEEPERS_MAX, &quorum) != HL_OK ||
        quorum == 0) {
        return charter_bad_line(p, "the quorum is no decimal from 1 to 7");
    }
    node->quorum = (size_t)quorum;
    node->keeper_count = 0;
    for (size_t i = 3; i < p->field_count; i++) {
        if (!text_is_label(p->fields[i])) {
            return charter_bad_line(
                p, "a keeper's id is not a lower-case DNS label, or "
                   "there are more than 7");
        }
        copy_text(p->fields[i], node->keepers[node->keeper_count++]);
    }
    return HL_OK;
}

static hl_err line_keepers_from(struct charter_parser *p)
{
    struct charter_node *node = NULL;
    hl_err err = current_node(p, &node);
    if (err == HL_OK) {
        err = parse_head(p, 2, &node->keepers_from);
    }
    if (err == HL_OK) {
        node->has_keepers_from = true;
    }
    return err;
}

/* The place of the word in the names, or count. */
static size_t word_of(struct bytes word, const char *(*name)(size_t),
                      size_t count)
{
    size_t i = 0;
    while (i < count && !bytes_equal_text(word, name(i))) {
        i++;
    }
    return i;
}

static const char *succession_at(size_t i)
{
    return charter_succession_name((enum charter_succession)i);
}

static const char *purpose_at(size_t i)
{
    return charter_purpose_name((enum charter_purpose)i);
}

static const char *role_at(size_t i)
{
    return charter_role_name((enum charter_role)i);
}

static hl_err line_journal_key(struct charter_parser *p)
{
    struct charter_node *node = NULL;
    struct charter_journal_key key;
    hl_err err = current_node(p, &node);
    if (err != HL_OK) {
        return err;
    }
    size_t word = word_of(p->fields[2], succession_at, CHARTER_REPLACE + 1);
    if (word > CHARTER_REPLACE) {
        return charter_bad_line(
            p, "a journal key comes by first, rotate or replace");
    }
    key.succession = (enum charter_succession)word;
    err = parse_head(p, 3, &key.from);
    if (err == HL_OK) {
        err = parse_vkey(p, p->fields[5], &key.vkey);
    }
    if (err == HL_OK) {
        err = with_line(p, charter_add_journal_key(node, &key, p->detail));
    }
    return err;
}

static hl_err parse_range(struct charter_parser *p, struct charter_key *key)
{
    hl_err err = parse_time(p, p->fields[3], &key->from_s);
    key->until_s = CHARTER_NO_END;
    if (err == HL_OK && !bytes_equal_text(p->fields[4], "-")) {
        err = parse_time(p, p->fields[4], &key->until_s);
    }
    if (err == HL_OK && key->from_s >= key->until_s) {
        return charter_bad_line(p, "the key's time ends before it begins");
    }
    return err;
}

static hl_err line_key(struct charter_parser *p)
{
    struct charter_node *node = NULL;
    struct charter_key key = {0};
    size_t word = word_of(p->fields[2], purpose_at, CHARTER_PURPOSE_COUNT);
    p->unknown = word == CHARTER_PURPOSE_COUNT;
    if (p->unknown) {
        return HL_OK;
    }
    key.purpose = (enum charter_purpose)word;
    hl_err err = current_node(p, &node);
    if (err == HL_OK) {
        err = parse_range(p, &key);
    }
    if (err == HL_OK && key.purpose != CHARTER_ENCRYPTION) {
        err = parse_vkey(p, p->fields[5], &key.vkey);
    } else if (err == HL_OK &&
               base64_decode_exact(p->fields[5], sizeof(key.x25519),
                                   key.x25519) != HL_OK) {
        err = charter_bad_line(p, "the key is not 32 bytes in strict base64");
    }
    if (err == HL_OK) {
        err = with_line(p, charter_add_key(node, &key, p->detail));
    }
    return err;
}

static hl_err line_role(struct charter_parser *p)
{
    struct charter_node *node = NULL;
    size_t word = word_of(p->fields[2], role_at, CHARTER_ROLE_COUNT);
    p->unknown = word == CHARTER_ROLE_COUNT;
    if (p->unknown) {
        return HL_OK;
    }
    hl_err err = current_node(p, &node);
    if (err == HL_OK) {
        node->roles[word].granted = true;
    }
    return err;
}

static hl_err line_role_ended(struct charter_parser *p)
{
    struct charter_node *node = NULL;
    size_t word = word_of(p->fields[2], role_at, CHARTER_ROLE_COUNT);
    p->unknown = word == CHARTER_ROLE_COUNT;
    if (p->unknown) {
        return HL_OK;
    }
    hl_err err = current_node(p, &node);
    if (err != HL_OK) {
        return err;
    }
    struct charter_grant *grant = &node->roles[word];
    if (!grant->granted) {
        return charter_bad_line(p, "the role that ends was not granted above");
    }
    err = parse_head(p, 3, &grant->end);
    grant->ended = err == HL_OK;
    return err;
}

static hl_err line_ended(struct charter_parser *p)
{
    struct charter_node *node = NULL;
    hl_err err = current_node(p, &node);
    if (err == HL_OK) {
        err = parse_head(p, 2, &node->end);
    }
    if (err == HL_OK) {
        node->ended = true;
    }
    return err;
}

/* The first line's word is no unknown kind of line further down. */
static hl_err line_heluo(struct charter_parser *p)
{
    return charter_bad_line(p, "'heluo' begins the first line, and no other");
}

/* Each line's first word, the fields with it, and its reader. */
struct verb {
    const char *word;
    size_t fields_min, fields_max;
    hl_err (*read)(struct charter_parser *p);
};

static const struct verb verbs[] = {
    {"heluo", 1, CHARTER_FIELDS_MAX, line_heluo},
    {"alliance", 2, 2, line_alliance},
    {"version", 2, 2, line_version},
    {"previous", 2, 2, line_previous},
    {"threshold", 2, 2, line_threshold},
    {"coordinator", 2, 2, line_coordinator},
    {"policy", 3, 3, line_policy},
    {"node", 3, 3, line_node},
    {"endpoint", 3, 3, line_endpoint},
    {"keepers", 4, CHARTER_FIELDS_MAX, line_keepers},
    {"keepers-from", 4, 4, line_keepers_from},
    {"journal-key", 6, 6, line_journal_key},
    {"key", 6, 6, line_key},
    {"role", 3, 3, line_role},
    {"role-ended", 5, 5, line_role_ended},
    {"ended", 4, 4, line_ended},
};

static const struct verb *verb_of(struct bytes word)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (bytes_equal_text(word, verbs[i].word)) {
            return &verbs[i];
        }
    }
    return NULL;
}

/* Single spaces between words, none at an end, in the whole line. */
static bool is_spaced(struct bytes line)
{
    for (size_t i = 0; i < line.size; i++) {
        bool edge = i == 0 || i + 1 == line.size || line.data[i + 1] == ' ';
        if (line.data[i] == ' ' && edge) {
            return false;
        }
    }
    return line.size > 0;
}

/* A word that a later version may use: what looks like one of ours, but for
 * case or a blank, is no unknown kind of line. */
static bool is_word(struct bytes word)
{
    return text_is_label(word) && word.data[0] >= 'a';
}

hl_err charter_read_line(struct charter_parser *p, struct bytes line)
{
    if (!is_spaced(line)) {
        return charter_bad_line(
            p, "an empty line, or two spaces, or one at an end");
    }
    p->field_count = text_fields(line, p->fields, CHARTER_FIELDS_MAX);
    if (!is_word(p->fields[0])) {
        return charter_bad_line(
            p, "the first word is not one of a-z, 0-9 and '-'");
    }
    const struct verb *verb = verb_of(p->fields[0]);
    p->unknown = verb == NULL;
    if (verb == NULL) {
        return HL_OK;
    }
    if (p->field_count < verb->fields_min ||
        p->field_count > verb->fields_max) {
        return hl_fail_line(p->detail, p->line, HL_EMALFORMED,
                            "a '%s' line has %zu to %zu words, not %zu",
                            verb->word, verb->fields_min, verb->fields_max,
                            p->field_count);
    }
    return verb->read(p);
}
