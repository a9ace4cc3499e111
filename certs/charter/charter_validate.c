/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/charter/charter.h"
#include "protocol/base/alloc.h"
#include "protocol/base/text.h"

static bool named(const struct vkey *key, enum vkey_kind kind, const char *name)
{
    return key->kind == kind && strcmp(key->name, name) == 0;
}

static hl_err check_coordinator(const struct charter *charter, size_t i,
                                struct hl_detail *detail)
{
    const struct vkey *key = &charter->coordinators[i];
    char prefix[CHARTER_DOMAIN_BYTES + sizeof("/coordinator/")];
    size_t size = (size_t)snprintf(prefix, sizeof(prefix), "%s/coordinator/",
                                   charter->alliance);
    struct bytes name = bytes_of_text(key->name);
    if (key->kind != VKEY_ED25519 || strncmp(key->name, prefix, size) != 0 ||
        !text_is_label(bytes_slice(name, size, name.size - size))) {
        return hl_fail(detail, HL_ECHARTER,
                       "coordinator '%s' is not an Ed25519 key named "
                       "%s and a label",
                       key->name, prefix);
    }
    if (i > 0 && strcmp(charter->coordinators[i - 1].name, key->name) == 0) {
        return hl_fail(detail, HL_ECHARTER,
                       "coordinator '%s' has two keys, and would count twice",
                       key->name);
    }
    return HL_OK;
}

static hl_err check_coordinators(const struct charter *charter,
                                 struct hl_detail *detail)
{
    size_t count = charter->coordinator_count;
    if (charter->threshold > count || 2 * charter->threshold <= count) {
        return hl_fail(detail, HL_ECHARTER,
                       "threshold %zu of %zu coordinators is not more than "
                       "half of them, and all of them at most",
                       charter->threshold, count);
    }
    for (size_t i = 0; i < count; i++) {
        hl_err err = check_coordinator(charter, i, detail);
        if (err != HL_OK) {
            return err;
        }
    }
    return HL_OK;
}

/* Only a replacement goes back: behind keys that it annuls, as the copy that is
 * left may be shorter than where they begin. */
static hl_err check_journal_keys(const struct charter *charter,
                                 const struct charter_node *node,
                                 struct hl_detail *detail)
{
    char name[CHARTER_DOMAIN_BYTES + CHARTER_LABEL_BYTES];
    snprintf(name, sizeof(name), "%s/%s", charter->alliance, node->id);
    if (node->journal_key_count == 0) {
        return hl_fail(detail, HL_ECHARTER, "node '%s' has no journal key",
                       node->id);
    }
    uint64_t lowest = 0;
    for (size_t k = 0; k < node->journal_key_count; k++) {
        const struct charter_journal_key *key = &node->journal_keys[k];
        if (!named(&key->vkey, VKEY_ED25519, name)) {
            return hl_fail(detail, HL_ECHARTER,
                           "a journal key of '%s' is not an Ed25519 key "
                           "named %s",
                           node->id, name);
        }
        bool first = key->succession == CHARTER_FIRST;
        if (first != (k == 0) || (first && key->from.size != 0)) {
            return hl_fail(detail, HL_ECHARTER,
                           "the journal keys of '%s' do not begin with one "
                           "'first' at size 0",
                           node->id);
        }
        if (key->succession == CHARTER_ROTATE && key->from.size < lowest) {
            return hl_fail(detail, HL_ECHARTER,
                           "the journal keys of '%s' go back in size",
                           node->id);
        }
        lowest = key->from.size;
    }
    return HL_OK;
}

static hl_err check_keys(const struct charter *charter,
                         const struct charter_node *node,
                         struct hl_detail *detail)
{
    char journal[CHARTER_DOMAIN_BYTES + CHARTER_LABEL_BYTES];
    char mirror[sizeof(journal) + sizeof("/mirror")];
    snprintf(journal, sizeof(journal), "%s/%s", charter->alliance, node->id);
    snprintf(mirror, sizeof(mirror), "%s/mirror", journal);
    for (size_t i = 0; i < node->key_count; i++) {
        const struct charter_key *key = &node->keys[i];
        if (key->purpose == CHARTER_MIRROR &&
            !named(&key->vkey, VKEY_COSIGNATURE, mirror)) {
            return hl_fail(detail, HL_ECHARTER,
                           "a mirror key of '%s' is not a cosignature key "
                           "named %s",
                           node->id, mirror);
        }
        if (key->purpose == CHARTER_SM2 &&
            !named(&key->vkey, VKEY_SM2, journal)) {
            return hl_fail(detail, HL_ECHARTER,
                           "an sm2 key of '%s' is not an SM2 key named %s",
                           node->id, journal);
        }
    }
    return HL_OK;
}

static bool has_purpose(const struct charter_node *node,
                        enum charter_purpose purpose)
{
    for (size_t i = 0; i < node->key_count; i++) {
        if (node->keys[i].purpose == purpose) {
            return true;
        }
    }
    return false;
}

static hl_err check_keeper(const struct charter *charter,
                           const struct charter_node *node, size_t i,
                           struct hl_detail *detail)
{
    const char *id = node->keepers[i];
    const struct charter_node *keeper =
        charter_find_node(charter, bytes_of_text(id));
    const char *problem = NULL;
    if (strcmp(id, node->id) == 0) {
        problem = "is the node itself";
    } else if (keeper == NULL) {
        problem = "is not in the charter";
    } else if (keeper->ended && !node->ended) {
        problem = "is ended: set-keepers first";
    } else if (!has_purpose(keeper, CHARTER_MIRROR)) {
        problem = "has no mirror key: set-key --mirror first";
    } else if (i > 0 && strcmp(node->keepers[i - 1], id) >= 0) {
        problem = "is named twice or not in order";
    }
    if (problem != NULL) {
        return hl_fail(detail, HL_ECHARTER, "keeper '%s' of '%s' %s", id,
                       node->id, problem);
    }
    return HL_OK;
}

static hl_err check_keepers(const struct charter *charter,
                            const struct charter_node *node,
                            struct hl_detail *detail)
{
    size_t m = node->keeper_count;
    if (m > 0 && (node->quorum > m || 2 * node->quorum <= m)) {
        return hl_fail(detail, HL_ECHARTER,
                       "quorum %zu of the %zu keepers of '%s' is not more "
                       "than half of them, and all of them at most",
                       node->quorum, m, node->id);
    }
    for (size_t i = 0; i < m; i++) {
        hl_err err = check_keeper(charter, node, i, detail);
        if (err != HL_OK) {
            return err;
        }
    }
    return HL_OK;
}

/* Every key of the charter once, to find one that is used twice. */
struct use {
    struct hl_hash fingerprint;
    const char *owner;
    const struct vkey *vkey; /* NULL of an encryption key */
};

static int use_order(const void *a, const void *b)
{
    const struct use *left = a;
    const struct use *right = b;
    return memcmp(left->fingerprint.bytes, right->fingerprint.bytes,
                  HL_HASH_BYTES);
}

/* By name and key id; what has none comes first. */
static int name_order(const void *a, const void *b)
{
    const struct vkey *left = ((const struct use *)a)->vkey;
    const struct vkey *right = ((const struct use *)b)->vkey;
    if (left == NULL || right == NULL) {
        return (left != NULL) - (right != NULL);
    }
    int order = strcmp(left->name, right->name);
    return order != 0 ? order : (left->id > right->id) - (left->id < right->id);
}

/* A signature line names its key by name and id alone, and an id is short
 * enough to be made to collide: two keys of one would spoil each other's
 * notes. */
static hl_err check_ids(struct use *uses, size_t count,
                        struct hl_detail *detail)
{
    qsort(uses, count, sizeof(*uses), name_order);
    for (size_t i = 1; i < count; i++) {
        const struct vkey *key = uses[i].vkey;
        if (uses[i - 1].vkey != NULL &&
            name_order(&uses[i - 1], &uses[i]) == 0) {
            return hl_fail(detail, HL_EAMBIGUOUS,
                           "two keys are named %s with the id %08x: make "
                           "another one",
                           key->name, key->id);
        }
    }
    return HL_OK;
}

static size_t collect_uses(const struct charter *charter, struct use *uses)
{
    size_t n = 0;
    for (size_t i = 0; i < charter->coordinator_count; i++) {
        const struct vkey *key = &charter->coordinators[i];
        uses[n++] = (struct use){key->fingerprint, key->name, key};
    }
    for (size_t i = 0; i < charter->node_count; i++) {
        const struct charter_node *node = &charter->nodes[i];
        for (size_t k = 0; k < node->journal_key_count; k++) {
            const struct vkey *key = &node->journal_keys[k].vkey;
            uses[n++] = (struct use){key->fingerprint, node->id, key};
        }
        for (size_t k = 0; k < node->key_count; k++) {
            const struct charter_key *key = &node->keys[k];
            struct bytes raw = bytes_of(key->x25519, sizeof(key->x25519));
            bool plain = key->purpose == CHARTER_ENCRYPTION;
            uses[n++] =
                (struct use){plain ? hash_bytes(raw) : key->vkey.fingerprint,
                             node->id, plain ? NULL : &key->vkey};
        }
    }
    return n;
}

static hl_err check_reuse(const struct charter *charter,
                          struct hl_detail *detail)
{
    size_t room = charter->coordinator_count +
                  charter->node_count * HL_CHARTER_KEYS_PER_NODE_MAX;
    struct use *uses = hl_alloc(room, sizeof(*uses));
    size_t count = collect_uses(charter, uses);
    qsort(uses, count, sizeof(*uses), use_order);
    hl_err err = HL_OK;
    for (size_t i = 1; i < count && err == HL_OK; i++) {
        if (use_order(&uses[i - 1], &uses[i]) == 0) {
            err = hl_fail(detail, HL_EKEYREUSE,
                          "the same public key stands at '%s' and at '%s'",
                          uses[i - 1].owner, uses[i].owner);
        }
    }
    if (err == HL_OK) {
        err = check_ids(uses, count, detail);
    }
    hl_free(uses);
    return err;
}

/* Names the roots that the charter gives for one journal; of one size they are
 * one. */
enum { POINTS_MAX = HL_CHARTER_KEYS_PER_NODE_MAX + CHARTER_ROLE_COUNT + 2 };

static size_t collect_points(const struct charter_node *node,
                             const struct head **points)
{
    size_t n = 0;
    for (size_t k = 0; k < node->journal_key_count; k++) {
        if (charter_accepts(node, k, node->journal_keys[k].from.size)) {
            points[n++] = &node->journal_keys[k].from;
        }
    }
    for (size_t i = 0; i < CHARTER_ROLE_COUNT; i++) {
        if (node->roles[i].ended) {
            points[n++] = &node->roles[i].end;
        }
    }
    if (node->has_keepers_from) {
        points[n++] = &node->keepers_from;
    }
    if (node->ended) {
        points[n++] = &node->end;
    }
    return n;
}

static hl_err check_points(const struct charter_node *node,
                           struct hl_detail *detail)
{
    const struct head *points[POINTS_MAX];
    size_t count = collect_points(node, points);
    for (size_t i = 1; i < count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (points[i]->size == points[k]->size &&
                !head_equal(points[i], points[k])) {
                return hl_fail(detail, HL_ECHARTER,
                               "the charter names two roots of the journal "
                               "of '%s' at size %llu",
                               node->id, (unsigned long long)points[i]->size);
            }
        }
    }
    return HL_OK;
}

hl_err charter_validate(const struct charter *charter, struct hl_detail *detail)
{
    hl_err err = check_coordinators(charter, detail);
    for (size_t i = 0; i < charter->node_count && err == HL_OK; i++) {
        const struct charter_node *node = &charter->nodes[i];
        err = check_journal_keys(charter, node, detail);
        if (err == HL_OK) {
            err = check_keys(charter, node, detail);
        }
        if (err == HL_OK) {
            err = check_keepers(charter, node, detail);
        }
        if (err == HL_OK) {
            err = check_points(node, detail);
        }
    }
    return err == HL_OK ? check_reuse(charter, detail) : err;
}
