/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/text.h"
#include "protocol/note/policy.h"

enum { ALG_COSIGNATURE = 0x04, ALG_MLDSA44 = 0x06 };

/* One line at a time: what is left of it, and where it stands. */
struct parser {
    struct policy policy;
    bool has_quorum;
    struct bytes rest;
    uint64_t line;
    struct hl_detail *detail;
};

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* The next item of the line; false where there is none. */
static bool next_item(struct parser *parser, struct bytes *item)
{
    struct bytes rest = parser->rest;
    size_t start = 0;
    while (start < rest.size && is_blank(rest.data[start])) {
        start++;
    }
    size_t end = start;
    while (end < rest.size && !is_blank(rest.data[end])) {
        end++;
    }
    *item = bytes_slice(rest, start, end - start);
    parser->rest = bytes_slice(rest, end, rest.size - end);
    return end > start;
}

static hl_err fail(const struct parser *parser, const char *reason)
{
    return hl_fail_line(parser->detail, parser->line, HL_EMALFORMED, "%s",
                        reason);
}

static hl_err fail_item(const struct parser *parser, struct bytes item,
                        const char *reason)
{
    return hl_fail_line(parser->detail, parser->line, HL_EMALFORMED,
                        "'%.*s' %s", BYTES_ARGS(item), reason);
}

static hl_err fail_limit(const struct parser *parser, const char *what)
{
    return hl_fail_line(parser->detail, parser->line, HL_ELIMIT,
                        "policy has more than %d %s", HL_POLICY_ITEMS_MAX,
                        what);
}

/* The optional address, and then the end of the line. */
static hl_err take_url(struct parser *parser, struct bytes *url)
{
    struct bytes more;
    next_item(parser, url);
    if (next_item(parser, &more)) {
        return fail_item(parser, more,
                         "follows the address (a comment needs its own line)");
    }
    return HL_OK;
}

static hl_err parse_key(struct parser *parser, struct bytes text,
                        const struct vkey *others, size_t other_count,
                        struct vkey *out)
{
    hl_err err = vkey_parse(text, out, parser->detail);
    if (err != HL_OK) {
        if (parser->detail != NULL) {
            parser->detail->where = HL_AT_LINE;
            parser->detail->at = parser->line;
        }
        return err;
    }
    for (size_t i = 0; i < other_count; i++) {
        if (hash_equal(&others[i].fingerprint, &out->fingerprint)) {
            return fail_item(parser, text, "has the public key of another");
        }
    }
    return HL_OK;
}

static hl_err parse_log(struct parser *parser)
{
    struct policy *policy = &parser->policy;
    struct policy_log log = {0};
    struct vkey key;
    if (policy->log_count == HL_POLICY_ITEMS_MAX) {
        return fail_limit(parser, "logs");
    }
    if (!next_item(parser, &log.vkey)) {
        return fail(parser, "expected: log <vkey> [<url>]");
    }
    hl_err err = take_url(parser, &log.url);
    if (err == HL_OK) {
        err = parse_key(parser, log.vkey, policy->log_keys, policy->log_count,
                        &key);
    }
    if (err == HL_OK && key.alg == ALG_COSIGNATURE) {
        err = fail_item(parser, log.vkey, "is a witness's key (04), no log's");
    }
    if (err == HL_OK) {
        policy->logs[policy->log_count] = log;
        policy->log_keys[policy->log_count] = key;
        policy->log_count++;
    }
    return err;
}

static struct policy_node *find_node(const struct policy *policy,
                                     struct bytes name)
{
    for (size_t i = 0; i < policy->node_count; i++) {
        if (bytes_equal(policy->nodes[i].name, name)) {
            return &policy->nodes[i];
        }
    }
    return NULL;
}

static hl_err validate_new_name(const struct parser *parser, struct bytes name)
{
    if (name.size > HL_NAME_MAX_BYTES) {
        return hl_fail_line(parser->detail, parser->line, HL_ELIMIT,
                            "name is longer than %d bytes", HL_NAME_MAX_BYTES);
    }
    if (bytes_equal_text(name, "none")) {
        return fail(parser, "the name 'none' is reserved");
    }
    if (find_node(&parser->policy, name) != NULL) {
        return fail_item(parser, name, "is defined twice");
    }
    return HL_OK;
}

static hl_err parse_witness(struct parser *parser)
{
    struct policy *policy = &parser->policy;
    struct policy_node node = {.witness = policy->witness_count};
    struct vkey key;
    if (policy->witness_count == HL_POLICY_ITEMS_MAX) {
        return fail_limit(parser, "witnesses");
    }
    if (!next_item(parser, &node.name) || !next_item(parser, &node.vkey)) {
        return fail(parser, "expected: witness <name> <vkey> [<url>]");
    }
    hl_err err = take_url(parser, &node.url);
    if (err == HL_OK) {
        err = validate_new_name(parser, node.name);
    }
    if (err == HL_OK) {
        err = parse_key(parser, node.vkey, policy->witness_keys,
                        policy->witness_count, &key);
    }
    if (err == HL_OK && key.alg != ALG_COSIGNATURE && key.alg != ALG_MLDSA44) {
        err = fail_item(parser, node.vkey, "is no cosignature key (04 or 06)");
    }
    if (err == HL_OK) {
        policy->witness_keys[policy->witness_count++] = key;
        policy->nodes[policy->node_count++] = node;
    }
    return err;
}

/* Makes the rest of the line members of the group that comes next. */
static hl_err take_members(struct parser *parser, size_t *count)
{
    struct policy *policy = &parser->policy;
    struct bytes name;
    size_t members = 0;
    while (next_item(parser, &name)) {
        struct policy_node *member = find_node(policy, name);
        if (member == NULL) {
            return fail_item(parser, name, "is not defined above");
        }
        if (member->is_member) {
            return fail_item(parser, name, "is a member already");
        }
        member->is_member = true;
        member->group = policy->node_count;
        members++;
    }
    *count = members;
    return HL_OK;
}

static hl_err parse_threshold(const struct parser *parser, struct bytes text,
                              size_t members, size_t *threshold)
{
    uint64_t value = 0;
    if (bytes_equal_text(text, "any")) {
        value = 1;
    } else if (bytes_equal_text(text, "all")) {
        value = members;
    } else if (text_decimal(text, members, &value) != HL_OK) {
        value = 0;
    }
    if (value == 0) {
        return fail_item(parser, text,
                         "is not all, any, or a number from 1 to the count of "
                         "the members");
    }
    *threshold = (size_t)value;
    return HL_OK;
}

static hl_err parse_group(struct parser *parser)
{
    struct policy *policy = &parser->policy;
    struct policy_node node = {.is_group = true};
    struct bytes threshold;
    if (policy->node_count - policy->witness_count == HL_POLICY_ITEMS_MAX) {
        return fail_limit(parser, "groups");
    }
    if (!next_item(parser, &node.name) || !next_item(parser, &threshold)) {
        return fail(parser, "expected: group <name> all|any|<k> <member>...");
    }
    hl_err err = validate_new_name(parser, node.name);
    if (err == HL_OK) {
        err = take_members(parser, &node.member_count);
    }
    if (err == HL_OK && node.member_count == 0) {
        err = fail(parser, "group has no members");
    }
    if (err == HL_OK) {
        err = parse_threshold(parser, threshold, node.member_count,
                              &node.threshold);
    }
    if (err == HL_OK) {
        policy->nodes[policy->node_count++] = node;
    }
    return err;
}

static hl_err parse_quorum(struct parser *parser)
{
    struct bytes name;
    struct bytes more;
    if (!next_item(parser, &name) || next_item(parser, &more)) {
        return fail(parser, "expected: quorum <name>|none");
    }
    if (parser->has_quorum) {
        return fail(parser, "policy has a second quorum line");
    }
    parser->has_quorum = true;
    if (bytes_equal_text(name, "none")) {
        parser->policy.quorum_none = true;
        return HL_OK;
    }
    const struct policy_node *node = find_node(&parser->policy, name);
    if (node == NULL) {
        return fail_item(parser, name, "is not defined above");
    }
    parser->policy.quorum = (size_t)(node - parser->policy.nodes);
    return HL_OK;
}

static const struct keyword {
    const char *name;
    hl_err (*parse)(struct parser *parser);
} keywords[] = {
    {"log", parse_log},
    {"witness", parse_witness},
    {"group", parse_group},
    {"quorum", parse_quorum},
};

static hl_err parse_line(struct parser *parser)
{
    struct bytes first;
    if (!next_item(parser, &first) || first.data[0] == '#') {
        return HL_OK;
    }
    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
        if (bytes_equal_text(first, keywords[i].name)) {
            return keywords[i].parse(parser);
        }
    }
    return fail_item(parser, first, "is not log, witness, group or quorum");
}

/* Tab, LF, printable ASCII, and bytes from 80 on, which are opaque. */
static hl_err validate_octets(struct bytes text, struct hl_detail *detail)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7f) {
            return hl_fail_at(detail, i, HL_EMALFORMED,
                              "control byte %02x in a policy", c);
        }
    }
    return HL_OK;
}

static hl_err parse_lines(struct parser *parser, struct bytes text)
{
    struct lines lines;
    hl_err err = HL_OK;
    lines_init(&lines, text);
    while (err == HL_OK && lines_next(&lines, &parser->rest)) {
        parser->line = lines.number;
        err = parse_line(parser);
    }
    if (err != HL_OK) {
        return err;
    }
    parser->line++;
    if (!lines_at_end(&lines)) {
        return fail(parser, "last line does not end in LF");
    }
    if (!parser->has_quorum) {
        return fail(parser, "policy has no quorum line");
    }
    return HL_OK;
}

static size_t count_lines(struct bytes text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++) {
        count += text.data[i] == '\n' ? 1 : 0;
    }
    return count;
}

/* Room for as many items as the text has lines, or as there may be. */
static void reserve(struct policy *policy, struct bytes text)
{
    size_t lines = count_lines(text);
    size_t items = lines < HL_POLICY_ITEMS_MAX ? lines : HL_POLICY_ITEMS_MAX;
    policy->logs = hl_alloc(items, sizeof(*policy->logs));
    policy->log_keys = hl_alloc(items, sizeof(*policy->log_keys));
    policy->witness_keys = hl_alloc(items, sizeof(*policy->witness_keys));
    policy->nodes = hl_alloc(2 * items, sizeof(*policy->nodes));
    policy->text = hl_copy(text.data, text.size);
}

hl_err policy_parse(struct bytes text, struct policy *out,
                    struct hl_detail *detail)
{
    struct parser parser = {.detail = detail};
    if (text.size > HL_POLICY_BYTES_MAX) {
        return hl_fail(detail, HL_ELIMIT, "policy is longer than %d bytes",
                       HL_POLICY_BYTES_MAX);
    }
    hl_err err = validate_octets(text, detail);
    if (err != HL_OK) {
        return err;
    }
    reserve(&parser.policy, text);
    err = parse_lines(&parser, bytes_of(parser.policy.text, text.size));
    if (err != HL_OK) {
        policy_fini(&parser.policy);
        return err;
    }
    *out = parser.policy;
    return HL_OK;
}

void policy_fini(struct policy *policy)
{
    hl_free(policy->text);
    hl_free(policy->nodes);
    hl_free(policy->witness_keys);
    hl_free(policy->log_keys);
    hl_free(policy->logs);
    *policy = (struct policy){0};
}
