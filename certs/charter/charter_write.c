/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/charter/charter.h"
#include "protocol/base/base64.h"

static void write_hash(const struct hl_hash *hash, struct writer *out)
{
    base64_encode(bytes_of(hash->bytes, HL_HASH_BYTES), out);
}

static void write_head(const struct head *head, struct writer *out)
{
    writer_format(out, "%llu ", (unsigned long long)head->size);
    write_hash(&head->root, out);
}

static void write_time(int64_t posix_s, struct writer *out)
{
    char text[WALL_TEXT_BYTES];
    wall_format(wall_from_seconds(posix_s), text);
    writer_text(out, posix_s == CHARTER_NO_END ? "-" : text);
}

static void write_unknown(const struct charter_unknown *unknown,
                          struct writer *out)
{
    for (size_t i = 0; i < unknown->count; i++) {
        writer_format(out, "%s\n", unknown->lines[i]);
    }
}

static void write_top(const struct charter *charter, struct writer *out)
{
    writer_format(out, "heluo charter v1\nalliance %s\nversion %llu\n",
                  charter->alliance, (unsigned long long)charter->version);
    writer_text(out, "previous ");
    if (charter->version == 1) {
        writer_text(out, "none");
    } else {
        write_hash(&charter->previous, out);
    }
    writer_format(out, "\nthreshold %zu\n", charter->threshold);
    for (size_t i = 0; i < charter->coordinator_count; i++) {
        writer_text(out, "coordinator ");
        vkey_write(&charter->coordinators[i], out);
        writer_text(out, "\n");
    }
    for (size_t i = 0; i < CHARTER_POLICY_COUNT; i++) {
        writer_format(out, "policy %s %llu\n",
                      charter_policy_row((enum charter_policy)i)->name,
                      (unsigned long long)charter->policies[i]);
    }
    write_unknown(&charter->unknown, out);
}

static void write_keepers(const struct charter_node *node, struct writer *out)
{
    if (node->keeper_count > 0) {
        writer_format(out, "keepers %s %zu", node->id, node->quorum);
        for (size_t i = 0; i < node->keeper_count; i++) {
            writer_format(out, " %s", node->keepers[i]);
        }
        writer_text(out, "\n");
    }
    if (node->has_keepers_from) {
        writer_format(out, "keepers-from %s ", node->id);
        write_head(&node->keepers_from, out);
        writer_text(out, "\n");
    }
}

static void write_journal_key(const struct charter_node *node,
                              const struct charter_journal_key *key,
                              struct writer *out)
{
    writer_format(out, "journal-key %s %s ", node->id,
                  charter_succession_name(key->succession));
    write_head(&key->from, out);
    writer_text(out, " ");
    vkey_write(&key->vkey, out);
    writer_text(out, "\n");
}

static void write_key(const struct charter_node *node,
                      const struct charter_key *key, struct writer *out)
{
    writer_format(out, "key %s %s ", node->id,
                  charter_purpose_name(key->purpose));
    write_time(key->from_s, out);
    writer_text(out, " ");
    write_time(key->until_s, out);
    writer_text(out, " ");
    if (key->purpose == CHARTER_ENCRYPTION) {
        base64_encode(bytes_of(key->x25519, sizeof(key->x25519)), out);
    } else {
        vkey_write(&key->vkey, out);
    }
    writer_text(out, "\n");
}

static void write_role(const struct charter_node *node, enum charter_role role,
                       struct writer *out)
{
    const struct charter_grant *grant = &node->roles[role];
    if (!grant->granted) {
        return;
    }
    const char *name = charter_role_name(role);
    writer_format(out, "role %s %s\n", node->id, name);
    if (grant->ended) {
        writer_format(out, "role-ended %s %s ", node->id, name);
        write_head(&grant->end, out);
        writer_text(out, "\n");
    }
}

static void write_node(const struct charter_node *node, struct writer *out)
{
    writer_format(out, "node %s %s\n", node->id, node->region);
    for (size_t i = 0; i < node->endpoint_count; i++) {
        writer_format(out, "endpoint %s %s\n", node->id, node->endpoints[i]);
    }
    write_keepers(node, out);
    for (size_t i = 0; i < node->journal_key_count; i++) {
        write_journal_key(node, &node->journal_keys[i], out);
    }
    for (size_t i = 0; i < node->key_count; i++) {
        write_key(node, &node->keys[i], out);
    }
    for (size_t i = 0; i < CHARTER_ROLE_COUNT; i++) {
        write_role(node, (enum charter_role)i, out);
    }
    if (node->ended) {
        writer_format(out, "ended %s ", node->id);
        write_head(&node->end, out);
        writer_text(out, "\n");
    }
    write_unknown(&node->unknown, out);
}

void charter_write(const struct charter *charter, struct writer *out)
{
    write_top(charter, out);
    for (size_t i = 0; i < charter->node_count; i++) {
        write_node(&charter->nodes[i], out);
    }
}
