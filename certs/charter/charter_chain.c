/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/charter/charter_chain.h"

#include <inttypes.h>
#include <string.h>

#include "protocol/base/hl_assert.h"

hl_err charter_count_signatures(const struct charter *charter,
                                const struct charter *by,
                                const struct verifier *verifier, size_t *count,
                                struct hl_detail *detail)
{
    bool signed_by[HL_CHARTER_COORDINATORS_MAX] = {false};
    struct note_verdict verdict = {.signed_by = signed_by};
    hl_err err = note_verify(&charter->note, verifier, by->coordinators,
                             by->coordinator_count, &verdict, detail);
    if (err != HL_OK && err != HL_ENOKEY) {
        return err;
    }
    *count = err == HL_OK ? verdict.count : 0;
    return HL_OK;
}

static hl_err check_threshold(const struct charter *charter,
                              const struct charter *by,
                              const struct verifier *verifier,
                              struct hl_detail *detail)
{
    size_t count = 0;
    hl_err err =
        charter_count_signatures(charter, by, verifier, &count, detail);
    if (err == HL_OK && count < by->threshold) {
        return hl_fail(detail, HL_EQUORUM,
                       "version %" PRIu64 " has %zu signatures of the "
                       "coordinators of version %" PRIu64 ", and needs %zu",
                       charter->version, count, by->version, by->threshold);
    }
    return err;
}

hl_err charter_check_first(const struct charter *first,
                           const struct hl_hash *pin,
                           const struct verifier *verifier,
                           struct hl_detail *detail)
{
    if (!hash_equal(&first->hash, pin)) {
        return hl_fail(detail, HL_EPIN,
                       "the hash of this version %" PRIu64
                       " is not the pinned one",
                       first->version);
    }
    return first->version == 1 ? check_threshold(first, first, verifier, detail)
                               : HL_OK;
}

static bool vkeys_start_with(const struct charter_node *before,
                             const struct charter_node *after)
{
    if (after->journal_key_count < before->journal_key_count) {
        return false;
    }
    for (size_t k = 0; k < before->journal_key_count; k++) {
        const struct charter_journal_key *a = &before->journal_keys[k];
        const struct charter_journal_key *b = &after->journal_keys[k];
        if (a->succession != b->succession || !head_equal(&a->from, &b->from) ||
            !vkey_equal(&a->vkey, &b->vkey)) {
            return false;
        }
    }
    return true;
}

static bool same_key(const struct charter_key *a, const struct charter_key *b)
{
    if (a->purpose != b->purpose) {
        return false;
    }
    return a->purpose == CHARTER_ENCRYPTION
               ? memcmp(a->x25519, b->x25519, sizeof(a->x25519)) == 0
               : vkey_equal(&a->vkey, &b->vkey);
}

static const struct charter_key *find_key(const struct charter_node *node,
                                          const struct charter_key *key)
{
    for (size_t i = 0; i < node->key_count; i++) {
        if (same_key(&node->keys[i], key)) {
            return &node->keys[i];
        }
    }
    return NULL;
}

/* A key's time may be closed, or closed earlier. One that is closed may go: a
 * charter would grow for ever, and what the key signed is judged by the
 * charters that have it. */
static bool keys_are_kept(const struct charter_node *before,
                          const struct charter_node *after)
{
    for (size_t i = 0; i < before->key_count; i++) {
        const struct charter_key *old = &before->keys[i];
        const struct charter_key *now = find_key(after, old);
        bool kept = now == NULL ? old->until_s != CHARTER_NO_END
                                : now->from_s == old->from_s &&
                                      now->until_s <= old->until_s;
        if (!kept) {
            return false;
        }
    }
    return true;
}

/* Others have taken back what they held for it, and cleared in its stead. */
static bool end_stands(const struct charter_node *before,
                       const struct charter_node *after)
{
    return !before->ended ||
           (after->ended && head_equal(&before->end, &after->end));
}

static bool role_ends_stand(const struct charter_node *before,
                            const struct charter_node *after)
{
    for (size_t i = 0; i < CHARTER_ROLE_COUNT; i++) {
        const struct charter_grant *a = &before->roles[i];
        const struct charter_grant *b = &after->roles[i];
        if (a->ended && (!b->ended || !head_equal(&a->end, &b->end))) {
            return false;
        }
        if (a->granted && !b->granted) {
            return false;
        }
    }
    return true;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Keepers who stay go on with what they have, and need not ask. What a former
 * quorum sealed m - q of them may lack: were these a quorum of the new set,
 * they could seal another history. New ones ask, and cosign what goes on from
 * there. So that as many may be dishonest as in either set, the words of that
 * many others must be needed (for one set that is 2q - m). */
static bool keepers_follow(const struct charter_node *before,
                           const struct charter_node *after)
{
    if (before->keeper_count == 0 || after->keeper_count == 0) {
        return true;
    }
    size_t stay = 0;
    for (size_t i = 0; i < before->keeper_count; i++) {
        for (size_t k = 0; k < after->keeper_count; k++) {
            stay += strcmp(before->keepers[i], after->keepers[k]) == 0 ? 1 : 0;
        }
    }
    size_t lagging = smaller(stay, before->keeper_count - before->quorum);
    size_t others = smaller(2 * before->quorum - before->keeper_count,
                            2 * after->quorum - after->keeper_count);
    return after->quorum >= lagging + others;
}

static hl_err check_node_change(const struct charter_node *before,
                                const struct charter_node *after,
                                struct hl_detail *detail)
{
    const char *problem = NULL;
    if (after == NULL) {
        problem = "is removed: a node is only ever ended";
    } else if (!vkeys_start_with(before, after)) {
        problem = "has lost or changed a journal key: they are only added";
    } else if (!keys_are_kept(before, after)) {
        problem = "has lost or changed a key: its time may only be closed";
    } else if (!end_stands(before, after)) {
        problem = "is no longer ended where it was: it does not come back, "
                  "unless under another id (heluo charter add-node)";
    } else if (!keepers_follow(before, after)) {
        problem = "has a quorum that keepers who lag could meet alone: change "
                  "fewer keepers at once, or raise the quorum";
    } else if (!role_ends_stand(before, after)) {
        problem = "has lost a role, or its end: a role is only ever ended";
    }
    if (problem != NULL) {
        return hl_fail(detail, HL_ECHARTER, "node '%s' %s", before->id,
                       problem);
    }
    return HL_OK;
}

static hl_err check_link(const struct charter *previous,
                         const struct charter *next, struct hl_detail *detail)
{
    if (strcmp(previous->alliance, next->alliance) != 0) {
        return hl_fail(detail, HL_EALLIANCE, "'%s' follows '%s'",
                       next->alliance, previous->alliance);
    }
    if (next->version != previous->version + 1) {
        return hl_fail(detail, HL_EVERSIONGAP,
                       "version %" PRIu64 " does not follow version %" PRIu64
                       ": version %" PRIu64 " belongs there",
                       next->version, previous->version, previous->version + 1);
    }
    if (!hash_equal(&next->previous, &previous->hash)) {
        return hl_fail(detail, HL_EPREDECESSOR,
                       "version %" PRIu64 " names another version %" PRIu64
                       " than this one",
                       next->version, previous->version);
    }
    return HL_OK;
}

hl_err charter_check_change(const struct charter *previous,
                            const struct charter *next,
                            struct hl_detail *detail)
{
    hl_err err = check_link(previous, next, detail);
    for (size_t i = 0; i < previous->node_count && err == HL_OK; i++) {
        const struct charter_node *before = &previous->nodes[i];
        err = check_node_change(
            before, charter_find_node(next, bytes_of_text(before->id)), detail);
    }
    return err;
}

hl_err charter_check_next(const struct charter *previous,
                          const struct charter *next,
                          const struct verifier *verifier,
                          struct hl_detail *detail)
{
    hl_err err = charter_check_change(previous, next, detail);
    return err == HL_OK ? check_threshold(next, previous, verifier, detail)
                        : err;
}

static bool follows(const struct charter_set *set,
                    const struct charter *previous, const struct charter *next)
{
    return charter_check_next(previous, next, set->verifier, NULL) == HL_OK;
}

/* C decides for A, which follows P: C follows A, and P's coordinators too
 * signed C. */
static bool decides(const struct charter_set *set, const struct charter *p,
                    const struct charter *a, const struct charter *c)
{
    return follows(set, a, c) &&
           check_threshold(c, p, set->verifier, NULL) == HL_OK;
}

static bool is_decided(const struct charter_set *set, const struct charter *p,
                       const struct charter *a)
{
    for (size_t i = 0; i < set->count; i++) {
        if (decides(set, p, a, set->items[i])) {
            return true;
        }
    }
    return false;
}

/* The next charter that follows p, after number *at of the set, among those
 * (if decided) for which the matter is decided. */
static const struct charter *next_follower(const struct charter_set *set,
                                           const struct charter *p,
                                           bool decided, size_t *at)
{
    while (*at < set->count) {
        const struct charter *item = set->items[(*at)++];
        if (follows(set, p, item) && (!decided || is_decided(set, p, item))) {
            return item;
        }
    }
    return NULL;
}

/* Two followers of p with different texts; pair[1] stays NULL if all are one
 * text, pair[0] too if there are none. */
static void find_followers(const struct charter_set *set,
                           const struct charter *p, bool decided,
                           const struct charter *pair[2])
{
    size_t at = 0;
    pair[0] = next_follower(set, p, decided, &at);
    pair[1] = NULL;
    while (pair[0] != NULL && at < set->count) {
        const struct charter *other = next_follower(set, p, decided, &at);
        if (other != NULL && !hash_equal(&other->hash, &pair[0]->hash)) {
            pair[1] = other;
            return;
        }
    }
}

static void walk(const struct charter_set *set,
                 struct charter_standing *standing)
{
    for (;;) {
        const struct charter *any[2];
        const struct charter *chosen[2];
        find_followers(set, standing->holds, false, any);
        if (any[0] == NULL) {
            return;
        }
        if (any[1] == NULL) {
            standing->holds = any[0];
            continue;
        }
        find_followers(set, standing->holds, true, chosen);
        if (chosen[0] == NULL || chosen[1] != NULL) {
            standing->rivals[0] = any[0];
            standing->rivals[1] = any[1];
            return;
        }
        standing->holds = chosen[0];
    }
}

hl_err charter_resolve(const struct charter_set *set,
                       struct charter_standing *standing,
                       struct hl_detail *detail)
{
    hl_err err = hl_fail(detail, HL_EPIN, "no charter here has that hash");
    for (size_t i = 0; i < set->count; i++) {
        struct hl_detail why = {0};
        hl_err here =
            charter_check_first(set->items[i], set->pin, set->verifier, &why);
        if (here == HL_OK) {
            struct charter_standing found = {.holds = set->items[i]};
            walk(set, &found);
            *standing = found;
            return HL_OK;
        }
        if (here != HL_EPIN) {
            err = hl_fail(detail, here, "%s", why.text);
        }
    }
    return err;
}

/* Whether `charter` follows one of the set, by all the rules. */
static hl_err account_for(const struct charter_set *set,
                          const struct charter *charter,
                          struct hl_detail *detail)
{
    const struct charter *former = NULL;
    for (size_t i = 0; i < set->count; i++) {
        const struct charter *before = set->items[i];
        if (before->version + 1 != charter->version) {
            continue;
        }
        former = before;
        if (hash_equal(&charter->previous, &before->hash)) {
            return charter_check_next(before, charter, set->verifier, detail);
        }
    }
    if (former != NULL) {
        return check_link(former, charter, detail);
    }
    return hl_fail(detail, HL_EVERSIONGAP,
                   "version %" PRIu64 " is here, and version %" PRIu64
                   ", which it follows, is not",
                   charter->version, charter->version - 1);
}

static const struct charter *find_pinned(const struct charter_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        if (hash_equal(&set->items[i]->hash, set->pin)) {
            return set->items[i];
        }
    }
    return NULL;
}

hl_err charter_verify_all(const struct charter_set *set,
                          struct charter_standing *standing, size_t *culprit,
                          struct hl_detail *detail)
{
    const struct charter *pinned = find_pinned(set);
    for (size_t i = 0; i < set->count && pinned != NULL; i++) {
        const struct charter *charter = set->items[i];
        hl_err err =
            hash_equal(&charter->hash, set->pin)
                ? charter_check_first(charter, set->pin, set->verifier, detail)
            : charter->version > pinned->version
                ? account_for(set, charter, detail)
                : HL_OK;
        if (err != HL_OK) {
            *culprit = i;
            return err;
        }
    }
    *culprit = set->count;
    struct charter_standing found = {0};
    hl_err err = charter_resolve(set, &found, detail);
    if (err != HL_OK) {
        return err;
    }
    *standing = found;
    if (found.rivals[0] != NULL) {
        return hl_fail(detail, HL_ESUCCESSORS,
                       "two different versions %" PRIu64 " follow version "
                       "%" PRIu64 ", which holds until a charter follows one "
                       "of them: see 'heluo charter follow'",
                       found.rivals[0]->version, found.holds->version);
    }
    return HL_OK;
}
