/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/charter/charter.h"

#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/text.h"

static const char *const purpose_names[] = {"mirror", "encryption", "sm2"};
static const char *const role_names[] = {"clearing", "coordinator"};
static const char *const succession_names[] = {"first", "rotate", "replace"};

static const struct charter_policy_row policy_rows[] = {
    {"clearing-period-days", 1, 366, 7, "days between two clearing cycles"},
    {"approval-deadline-hours", 1, 720, 48,
     "hours a party has to approve a cycle before it is left out"},
    {"money-durability", 0, HL_KEEPERS_MAX, 2,
     "keepers that callers of money commands ask for"},
};

const char *charter_purpose_name(enum charter_purpose purpose)
{
    HL_ASSERT(purpose < CHARTER_PURPOSE_COUNT);
    return purpose_names[purpose];
}

const char *charter_role_name(enum charter_role role)
{
    HL_ASSERT(role < CHARTER_ROLE_COUNT);
    return role_names[role];
}

const char *charter_succession_name(enum charter_succession succession)
{
    HL_ASSERT(succession <= CHARTER_REPLACE);
    return succession_names[succession];
}

const struct charter_policy_row *charter_policy_row(enum charter_policy policy)
{
    HL_ASSERT(policy < CHARTER_POLICY_COUNT);
    return &policy_rows[policy];
}

void charter_init(struct charter *charter)
{
    *charter = (struct charter){.version = 1};
    for (size_t i = 0; i < CHARTER_POLICY_COUNT; i++) {
        charter->policies[i] = policy_rows[i].initial;
    }
}

static void unknown_fini(struct charter_unknown *unknown)
{
    for (size_t i = 0; i < unknown->count; i++) {
        hl_free(unknown->lines[i]);
    }
    hl_free(unknown->lines);
}

void charter_fini(struct charter *charter)
{
    for (size_t i = 0; i < charter->node_count; i++) {
        unknown_fini(&charter->nodes[i].unknown);
        hl_free(charter->nodes[i].journal_keys);
        hl_free(charter->nodes[i].keys);
    }
    unknown_fini(&charter->unknown);
    hl_free(charter->nodes);
    hl_free(charter->coordinators);
    note_fini(&charter->note);
    hl_free(charter->owned);
    *charter = (struct charter){0};
}

/* The index of the node, or where it belongs. */
static size_t place_of(const struct charter *charter, struct bytes id,
                       bool *found)
{
    size_t low = 0;
    size_t high = charter->node_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = bytes_compare(bytes_of_text(charter->nodes[middle].id), id);
        if (order == 0) {
            *found = true;
            return middle;
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    *found = false;
    return low;
}

hl_err charter_add_node(struct charter *charter, struct bytes id,
                        struct charter_node **node, struct hl_detail *detail)
{
    HL_ASSERT(charter_node_id_valid(id));
    bool found = false;
    size_t place = place_of(charter, id, &found);
    if (found) {
        return hl_fail(detail, HL_EDUPNODE, "node '%.*s' is there already",
                       BYTES_ARGS(id));
    }
    if (charter->node_count == HL_CHARTER_NODES_MAX) {
        return hl_fail(detail, HL_ELIMIT, "more than %d nodes",
                       HL_CHARTER_NODES_MAX);
    }
    size_t count = charter->node_count + 1;
    charter->nodes = hl_realloc(charter->nodes, count, sizeof(*charter->nodes));
    struct charter_node *at = &charter->nodes[place];
    memmove(at + 1, at, (charter->node_count - place) * sizeof(*at));
    *at = (struct charter_node){0};
    memcpy(at->id, id.data, id.size);
    charter->node_count = count;
    *node = at;
    return HL_OK;
}

static hl_err check_key_room(const struct charter_node *node,
                             struct hl_detail *detail)
{
    if (node->journal_key_count + node->key_count ==
        HL_CHARTER_KEYS_PER_NODE_MAX) {
        return hl_fail(detail, HL_ELIMIT, "node '%s' has more than %d keys",
                       node->id, HL_CHARTER_KEYS_PER_NODE_MAX);
    }
    return HL_OK;
}

hl_err charter_add_journal_key(struct charter_node *node,
                               const struct charter_journal_key *key,
                               struct hl_detail *detail)
{
    hl_err err = check_key_room(node, detail);
    if (err != HL_OK) {
        return err;
    }
    size_t count = node->journal_key_count + 1;
    node->journal_keys =
        hl_realloc(node->journal_keys, count, sizeof(*node->journal_keys));
    node->journal_keys[count - 1] = *key;
    node->journal_key_count = count;
    return HL_OK;
}

static bool key_precedes(const struct charter_key *a,
                         const struct charter_key *b)
{
    return a->purpose != b->purpose ? a->purpose < b->purpose
                                    : a->from_s <= b->from_s;
}

hl_err charter_add_key(struct charter_node *node, const struct charter_key *key,
                       struct hl_detail *detail)
{
    hl_err err = check_key_room(node, detail);
    if (err != HL_OK) {
        return err;
    }
    node->keys =
        hl_realloc(node->keys, node->key_count + 1, sizeof(*node->keys));
    size_t place = node->key_count++;
    while (place > 0 && !key_precedes(&node->keys[place - 1], key)) {
        node->keys[place] = node->keys[place - 1];
        place--;
    }
    node->keys[place] = *key;
    return HL_OK;
}

hl_err charter_add_coordinator(struct charter *charter, const struct vkey *key,
                               struct hl_detail *detail)
{
    size_t count = charter->coordinator_count;
    if (count == HL_CHARTER_COORDINATORS_MAX) {
        return hl_fail(detail, HL_ELIMIT, "more than %d coordinators",
                       HL_CHARTER_COORDINATORS_MAX);
    }
    struct vkey *all =
        hl_realloc(charter->coordinators, count + 1, sizeof(*all));
    size_t place = count;
    while (place > 0 && strcmp(all[place - 1].name, key->name) > 0) {
        all[place] = all[place - 1];
        place--;
    }
    all[place] = *key;
    charter->coordinators = all;
    charter->coordinator_count = count + 1;
    return HL_OK;
}

bool charter_node_id_valid(struct bytes text)
{
    return text_is_label(text) && !bytes_equal_text(text, "coordinator");
}

static bool is_bracketed_ipv6(struct bytes host)
{
    if (host.size < 4 || host.data[0] != '[' ||
        host.data[host.size - 1] != ']') {
        return false;
    }
    for (size_t i = 1; i + 1 < host.size; i++) {
        const char *allowed = "0123456789abcdef:.";
        if (memchr(allowed, host.data[i], strlen(allowed)) == NULL) {
            return false;
        }
    }
    return true;
}

bool charter_endpoint_valid(struct bytes text)
{
    size_t colon = text.size;
    while (colon > 0 && text.data[colon - 1] != ':') {
        colon--;
    }
    if (colon == 0 || text.size >= CHARTER_ENDPOINT_BYTES) {
        return false;
    }
    struct bytes host = bytes_slice(text, 0, colon - 1);
    struct bytes port = bytes_slice(text, colon, text.size - colon);
    uint64_t number = 0;
    return (text_is_domain(host) || is_bracketed_ipv6(host)) &&
           text_decimal(port, 65535, &number) == HL_OK && number > 0;
}

bool charter_region_valid(struct bytes text)
{
    static const char provinces[] = "11 12 13 14 15 21 22 23 31 32 33 34 35 "
                                    "36 37 41 42 43 44 45 46 50 51 52 53 54 "
                                    "61 62 63 64 65 71 81 82 ";
    if (text.size != CHARTER_REGION_BYTES - 1) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
    }
    for (const char *p = provinces; *p != '\0'; p += 3) {
        if (memcmp(p, text.data, 2) == 0) {
            return true;
        }
    }
    return false;
}

struct charter_node *charter_find_node_mutable(struct charter *charter,
                                               struct bytes id)
{
    bool found = false;
    size_t place = place_of(charter, id, &found);
    return found ? &charter->nodes[place] : NULL;
}

const struct charter_node *charter_find_node(const struct charter *charter,
                                             struct bytes id)
{
    bool found = false;
    size_t place = place_of(charter, id, &found);
    return found ? &charter->nodes[place] : NULL;
}

bool charter_accepts(const struct charter_node *node, size_t k, uint64_t size)
{
    HL_ASSERT(k < node->journal_key_count);
    const struct head *from = &node->journal_keys[k].from;
    if (size < from->size) {
        return false;
    }
    for (size_t i = k + 1; i < node->journal_key_count; i++) {
        const struct charter_journal_key *later = &node->journal_keys[i];
        bool annulled =
            from->size == later->from.size && !head_equal(from, &later->from);
        if (later->succession == CHARTER_REPLACE &&
            (annulled || size > later->from.size)) {
            return false;
        }
    }
    return true;
}

const struct charter_key *charter_key_at(const struct charter_node *node,
                                         enum charter_purpose purpose,
                                         int64_t posix_s)
{
    const struct charter_key *found = NULL;
    for (size_t i = 0; i < node->key_count; i++) {
        const struct charter_key *key = &node->keys[i];
        if (key->purpose == purpose && key->from_s <= posix_s &&
            posix_s < key->until_s) {
            found = key;
        }
    }
    return found;
}

size_t charter_epoch(const struct charter_node *node, size_t k)
{
    HL_ASSERT(k < node->journal_key_count);
    size_t epoch = 0;
    for (size_t i = 1; i <= k; i++) {
        epoch += node->journal_keys[i].succession == CHARTER_REPLACE ? 1 : 0;
    }
    return epoch;
}

uint64_t charter_cut_from(const struct charter_node *node)
{
    uint64_t lowest = UINT64_MAX;
    for (size_t k = 0; k < node->journal_key_count; k++) {
        const struct charter_journal_key *key = &node->journal_keys[k];
        if (key->succession == CHARTER_REPLACE && key->from.size < lowest) {
            lowest = key->from.size;
        }
    }
    return lowest;
}

static bool holds_line(const struct charter_unknown *unknown, struct bytes line)
{
    for (size_t i = 0; i < unknown->count; i++) {
        if (bytes_equal_text(line, unknown->lines[i])) {
            return true;
        }
    }
    return false;
}

bool charter_is_unknown(const struct charter *charter, struct bytes line)
{
    bool found = holds_line(&charter->unknown, line);
    for (size_t i = 0; i < charter->node_count && !found; i++) {
        found = holds_line(&charter->nodes[i].unknown, line);
    }
    return found;
}
