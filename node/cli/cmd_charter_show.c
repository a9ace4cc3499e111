/* SPDX-License-Identifier: Apache-2.0 */

/* A charter for people and as JSON, and what differs between two. */

#include <inttypes.h>
#include <string.h>

#include "node/cli/cmd_charter.h"
#include "protocol/base/base64.h"
#include "protocol/base/text.h"

const char *cmd_hash_text(const struct hl_hash *hash, char out[HASH_TEXT_BYTES])
{
    struct writer text = {0};
    base64_encode(bytes_of(hash->bytes, HL_HASH_BYTES), &text);
    snprintf(out, HASH_TEXT_BYTES, "%.*s", BYTES_ARGS(writer_view(&text)));
    writer_fini(&text);
    return out;
}

static const char *time_text(int64_t posix_s, char out[WALL_TEXT_BYTES])
{
    wall_format(wall_from_seconds(posix_s), out);
    return posix_s == CHARTER_NO_END ? "-" : out;
}

static bool has_line(struct bytes text, struct bytes wanted)
{
    struct lines lines;
    struct bytes line;
    lines_init(&lines, text);
    while (lines_next(&lines, &line)) {
        if (bytes_equal(line, wanted)) {
            return true;
        }
    }
    return false;
}

/* One side of a difference. */
struct side {
    const struct charter *charter;
    const char *sign;
    json_t *rows; /* NULL: print */
};

static void say_line(const struct side *side, struct bytes line)
{
    if (side->rows != NULL) {
        json_array_append_new(side->rows,
                              json_stringn((const char *)line.data, line.size));
        return;
    }
    bool unknown = charter_is_unknown(side->charter, line);
    printf("%s %.*s%s\n", side->sign, BYTES_ARGS(line),
           unknown ? "   (NOT KNOWN to this version, means nothing here)" : "");
}

/* The lines of `side` that the other charter has not. */
static void each_missing(const struct side *side, const struct charter *other)
{
    struct lines lines;
    struct bytes line;
    lines_init(&lines, side->charter->note.text);
    while (lines_next(&lines, &line)) {
        if (!has_line(other->note.text, line)) {
            say_line(side, line);
        }
    }
}

void cmd_charter_print_diff(const struct charter *before,
                            const struct charter *after)
{
    struct side removed = {before, "-", NULL};
    struct side added = {after, "+", NULL};
    each_missing(&removed, after);
    each_missing(&added, before);
}

json_t *cmd_charter_diff_json(const struct charter *before,
                              const struct charter *after)
{
    struct side removed = {before, "-", json_array()};
    struct side added = {after, "+", json_array()};
    each_missing(&removed, after);
    each_missing(&added, before);
    return json_pack("{s:o, s:o}", "removed", removed.rows, "added",
                     added.rows);
}

static void print_head(const struct head *head)
{
    char root[HASH_TEXT_BYTES];
    printf("size %" PRIu64 ", root %s", head->size,
           cmd_hash_text(&head->root, root));
}

static void print_vkey(const struct vkey *key)
{
    struct writer text = {0};
    vkey_write(key, &text);
    printf("%.*s", BYTES_ARGS(writer_view(&text)));
    writer_fini(&text);
}

static void print_journal_keys(const struct charter_node *node)
{
    for (size_t i = 0; i < node->journal_key_count; i++) {
        const struct charter_journal_key *key = &node->journal_keys[i];
        printf("  journal key  ");
        print_vkey(&key->vkey);
        printf("\n               %s, from ",
               charter_succession_name(key->succession));
        print_head(&key->from);
        printf("\n");
    }
}

static void print_keys(const struct charter_node *node)
{
    for (size_t i = 0; i < node->key_count; i++) {
        const struct charter_key *key = &node->keys[i];
        char from[WALL_TEXT_BYTES];
        char until[WALL_TEXT_BYTES];
        printf("  %-11s  ", charter_purpose_name(key->purpose));
        if (key->purpose == CHARTER_ENCRYPTION) {
            struct hl_hash raw;
            char text[HASH_TEXT_BYTES];
            memcpy(raw.bytes, key->x25519, sizeof(raw.bytes));
            printf("%s", cmd_hash_text(&raw, text));
        } else {
            print_vkey(&key->vkey);
        }
        printf("\n               from %s until %s\n",
               time_text(key->from_s, from), time_text(key->until_s, until));
    }
}

static void print_roles(const struct charter_node *node)
{
    for (size_t i = 0; i < CHARTER_ROLE_COUNT; i++) {
        const struct charter_grant *grant = &node->roles[i];
        if (!grant->granted) {
            continue;
        }
        printf("  role         %s", charter_role_name((enum charter_role)i));
        if (grant->ended) {
            printf(", ended at ");
            print_head(&grant->end);
        }
        printf("\n");
    }
}

static void print_unknown(const struct charter_unknown *unknown)
{
    for (size_t i = 0; i < unknown->count; i++) {
        printf("  NOT KNOWN to this version, means nothing here: %s\n",
               unknown->lines[i]);
    }
}

static void print_node(const struct charter_node *node)
{
    printf("node %s, region %s\n", node->id, node->region);
    if (node->ended) {
        printf("  ENDED at     ");
        print_head(&node->end);
        printf("\n");
    }
    for (size_t i = 0; i < node->endpoint_count; i++) {
        printf("  endpoint     %s\n", node->endpoints[i]);
    }
    if (node->keeper_count == 0) {
        printf("  keepers      none: nothing of this journal is sealed\n");
    } else {
        printf("  keepers      %zu of", node->quorum);
        for (size_t i = 0; i < node->keeper_count; i++) {
            printf(" %s", node->keepers[i]);
        }
        printf("\n");
    }
    if (node->has_keepers_from) {
        printf("  keepers from ");
        print_head(&node->keepers_from);
        printf("\n");
    }
    print_journal_keys(node);
    print_keys(node);
    print_roles(node);
    print_unknown(&node->unknown);
}

void cmd_charter_print(const struct charter *charter)
{
    char hash[HASH_TEXT_BYTES];
    printf("charter of %s, version %" PRIu64 "\n", charter->alliance,
           charter->version);
    printf("hash           %s\n", cmd_hash_text(&charter->hash, hash));
    printf("previous       %s\n",
           charter->version == 1 ? "none"
                                 : cmd_hash_text(&charter->previous, hash));
    printf("threshold      %zu of %zu coordinators\n", charter->threshold,
           charter->coordinator_count);
    for (size_t i = 0; i < charter->coordinator_count; i++) {
        printf("  ");
        print_vkey(&charter->coordinators[i]);
        printf("\n");
    }
    for (size_t i = 0; i < CHARTER_POLICY_COUNT; i++) {
        printf("%-23s %" PRIu64 "\n",
               charter_policy_row((enum charter_policy)i)->name,
               charter->policies[i]);
    }
    for (size_t i = 0; i < charter->node_count; i++) {
        print_node(&charter->nodes[i]);
    }
    print_unknown(&charter->unknown);
    for (size_t i = 0; i < charter->note.signature_count; i++) {
        printf("signature by   %.*s (not checked here: see 'heluo charter "
               "verify')\n",
               BYTES_ARGS(charter->note.signatures[i].name));
    }
    if (charter->note.signature_count == 0) {
        printf("no signatures  this is a draft\n");
    }
}

static json_t *vkey_json(const struct vkey *key)
{
    struct writer text = {0};
    vkey_write(key, &text);
    json_t *value = json_stringn((const char *)text.data, text.size);
    writer_fini(&text);
    return value;
}

static json_t *hash_json(const struct hl_hash *hash)
{
    char text[HASH_TEXT_BYTES];
    return json_string(cmd_hash_text(hash, text));
}

static json_t *head_json(const struct head *head)
{
    return json_pack("{s:I, s:o}", "size", (json_int_t)head->size, "root",
                     hash_json(&head->root));
}

static json_t *journal_keys_json(const struct charter_node *node)
{
    json_t *array = json_array();
    for (size_t i = 0; i < node->journal_key_count; i++) {
        const struct charter_journal_key *key = &node->journal_keys[i];
        json_array_append_new(
            array,
            json_pack("{s:s, s:o, s:o}", "succession",
                      charter_succession_name(key->succession), "from",
                      head_json(&key->from), "vkey", vkey_json(&key->vkey)));
    }
    return array;
}

static json_t *keys_json(const struct charter_node *node)
{
    json_t *array = json_array();
    for (size_t i = 0; i < node->key_count; i++) {
        const struct charter_key *key = &node->keys[i];
        char from[WALL_TEXT_BYTES];
        char until[WALL_TEXT_BYTES];
        struct hl_hash raw;
        memcpy(raw.bytes, key->x25519, sizeof(raw.bytes));
        bool plain = key->purpose == CHARTER_ENCRYPTION;
        json_array_append_new(
            array,
            json_pack("{s:s, s:s, s:s, s:o}", "purpose",
                      charter_purpose_name(key->purpose), "from",
                      time_text(key->from_s, from), "until",
                      time_text(key->until_s, until), plain ? "x25519" : "vkey",
                      plain ? hash_json(&raw) : vkey_json(&key->vkey)));
    }
    return array;
}

static json_t *roles_json(const struct charter_node *node)
{
    json_t *array = json_array();
    for (size_t i = 0; i < CHARTER_ROLE_COUNT; i++) {
        const struct charter_grant *grant = &node->roles[i];
        if (!grant->granted) {
            continue;
        }
        json_array_append_new(
            array,
            json_pack("{s:s, s:o}", "role",
                      charter_role_name((enum charter_role)i), "ended",
                      grant->ended ? head_json(&grant->end) : json_null()));
    }
    return array;
}

static json_t *node_json(const struct charter_node *node)
{
    json_t *endpoints = json_array();
    json_t *keepers = json_array();
    for (size_t i = 0; i < node->endpoint_count; i++) {
        json_array_append_new(endpoints, json_string(node->endpoints[i]));
    }
    for (size_t i = 0; i < node->keeper_count; i++) {
        json_array_append_new(keepers, json_string(node->keepers[i]));
    }
    return json_pack(
        "{s:s, s:s, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "id", node->id,
        "region", node->region, "endpoints", endpoints, "quorum",
        (int)node->quorum, "keepers", keepers, "keepers_from",
        node->has_keepers_from ? head_json(&node->keepers_from) : json_null(),
        "journal_keys", journal_keys_json(node), "keys", keys_json(node),
        "roles", roles_json(node), "ended",
        node->ended ? head_json(&node->end) : json_null());
}

static json_t *names_json(const struct charter *charter)
{
    json_t *array = json_array();
    for (size_t i = 0; i < charter->note.signature_count; i++) {
        struct bytes name = charter->note.signatures[i].name;
        json_array_append_new(array,
                              json_stringn((const char *)name.data, name.size));
    }
    return array;
}

static void add_unknown(const struct charter_unknown *unknown, json_t *array)
{
    for (size_t i = 0; i < unknown->count; i++) {
        json_array_append_new(array, json_string(unknown->lines[i]));
    }
}

json_t *cmd_charter_json(const struct charter *charter)
{
    json_t *coordinators = json_array();
    json_t *policies = json_object();
    json_t *nodes = json_array();
    json_t *unknown = json_array();
    for (size_t i = 0; i < charter->coordinator_count; i++) {
        json_array_append_new(coordinators,
                              vkey_json(&charter->coordinators[i]));
    }
    for (size_t i = 0; i < CHARTER_POLICY_COUNT; i++) {
        json_object_set_new(policies,
                            charter_policy_row((enum charter_policy)i)->name,
                            json_integer((json_int_t)charter->policies[i]));
    }
    for (size_t i = 0; i < charter->node_count; i++) {
        json_array_append_new(nodes, node_json(&charter->nodes[i]));
    }
    add_unknown(&charter->unknown, unknown);
    for (size_t i = 0; i < charter->node_count; i++) {
        add_unknown(&charter->nodes[i].unknown, unknown);
    }
    return json_pack(
        "{s:s, s:I, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:o}", "alliance",
        charter->alliance, "version", (json_int_t)charter->version, "hash",
        hash_json(&charter->hash), "previous",
        charter->version == 1 ? json_null() : hash_json(&charter->previous),
        "threshold", (int)charter->threshold, "coordinators", coordinators,
        "policies", policies, "nodes", nodes, "unknown_lines", unknown,
        "signature_lines", names_json(charter));
}
