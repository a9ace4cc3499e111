/* SPDX-License-Identifier: Apache-2.0 */
#include "node/rpc/gate.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "certs/charter/charter_judge.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

enum {
    VERDICTS = 1024, /* remembered at a time; a newer one takes the place */
    /* A refusal is remembered too, but briefly: what it rests on may be about
     * to begin. It keeps those who are refused from costing us a verification
     * with each call. */
    REFUSAL_MS = 1000,
};

struct verdict {
    struct hl_hash key; /* SHA-256 of what was presented */
    hl_err err;
    struct hl_detail detail;
    struct rpc_caller caller;
    struct hl_wall checked_at, valid_until;
};

struct gate {
    char alliance[SPIFFE_ALLIANCE_BYTES];
    char node[SPIFFE_LABEL_BYTES];
    struct rpc_caller local;

    /* Held for reading through a check, which takes a millisecond. */
    pthread_rwlock_t trust_lock;
    struct trust *trust;
    struct charter *charter;
    atomic_uint_fast64_t epoch;

    pthread_mutex_t cache_lock; /* taken within trust_lock */
    struct verdict *verdicts[VERDICTS];
};

static void fill_caller(struct rpc_caller *caller,
                        const struct identity *identity)
{
    struct writer text = {0};
    spiffe_write(identity, &text);
    HL_ASSERT(text.size <= SPIFFE_MAX_BYTES);
    *caller = (struct rpc_caller){.identity = *identity,
                                  .hash = hash_bytes(writer_view(&text))};
    memcpy(caller->spiffe, text.data, text.size);
    writer_fini(&text);
}

struct gate *gate_create(struct bytes alliance, struct bytes node)
{
    struct gate *gate = hl_alloc(1, sizeof(*gate));
    HL_ASSERT(alliance.size < sizeof(gate->alliance));
    HL_ASSERT(node.size < sizeof(gate->node));
    memcpy(gate->alliance, alliance.data, alliance.size);
    memcpy(gate->node, node.data, node.size);
    struct identity identity = {0};
    hl_err err = identity_make(ROLE_OPERATOR, alliance, node,
                               bytes_of_text("local"), &identity, NULL);
    HL_ASSERT(err == HL_OK);
    fill_caller(&gate->local, &identity);
    gate->local.local = true;
    pthread_rwlock_init(&gate->trust_lock, NULL);
    pthread_mutex_init(&gate->cache_lock, NULL);
    return gate;
}

static void forget_verdicts(struct gate *gate)
{
    pthread_mutex_lock(&gate->cache_lock);
    for (size_t i = 0; i < VERDICTS; i++) {
        hl_free(gate->verdicts[i]);
        gate->verdicts[i] = NULL;
    }
    pthread_mutex_unlock(&gate->cache_lock);
}

static void destroy_charter(struct charter *charter)
{
    if (charter != NULL) {
        charter_fini(charter);
        hl_free(charter);
    }
}

void gate_destroy(struct gate **gate)
{
    struct gate *g = *gate;
    *gate = NULL;
    if (g == NULL) {
        return;
    }
    forget_verdicts(g);
    trust_destroy(&g->trust);
    destroy_charter(g->charter);
    pthread_mutex_destroy(&g->cache_lock);
    pthread_rwlock_destroy(&g->trust_lock);
    hl_free(g);
}

void gate_set(struct gate *gate, struct trust **trust, struct charter **charter)
{
    struct trust *old_trust = NULL;
    struct charter *old_charter = NULL;
    pthread_rwlock_wrlock(&gate->trust_lock);
    if (trust != NULL && *trust != NULL) {
        old_trust = gate->trust;
        gate->trust = *trust;
        *trust = NULL;
    }
    if (charter != NULL && *charter != NULL) {
        old_charter = gate->charter;
        gate->charter = *charter;
        *charter = NULL;
    }
    forget_verdicts(gate);
    atomic_fetch_add(&gate->epoch, 1);
    pthread_rwlock_unlock(&gate->trust_lock);
    trust_destroy(&old_trust);
    destroy_charter(old_charter);
}

uint64_t gate_epoch(const struct gate *gate)
{
    return atomic_load(&gate->epoch);
}

void gate_local(const struct gate *gate, struct rpc_caller *out)
{
    *out = gate->local;
}

/* --- Verdicts, remembered. ---------------------------------------------- */

static struct verdict **slot_of(struct gate *gate, const struct hl_hash *key)
{
    size_t at = ((size_t)key->bytes[0] << 8 | key->bytes[1]) % VERDICTS;
    return &gate->verdicts[at];
}

/* A clock that was set back to before the check asks for a new one. */
static bool recall(struct gate *gate, const struct hl_hash *key,
                   struct hl_wall now, struct verdict *out)
{
    pthread_mutex_lock(&gate->cache_lock);
    const struct verdict *kept = *slot_of(gate, key);
    bool good = kept != NULL && hash_equal(&kept->key, key) &&
                kept->checked_at.ms <= now.ms && now.ms < kept->valid_until.ms;
    if (good) {
        *out = *kept;
    }
    pthread_mutex_unlock(&gate->cache_lock);
    return good;
}

static void remember(struct gate *gate, const struct verdict *verdict)
{
    pthread_mutex_lock(&gate->cache_lock);
    struct verdict **slot = slot_of(gate, &verdict->key);
    if (*slot == NULL) {
        *slot = hl_alloc(1, sizeof(**slot));
    }
    **slot = *verdict;
    pthread_mutex_unlock(&gate->cache_lock);
}

/* A city's platforms and operators call their own node, which knows their
 * unit and keeps their commands. */
static hl_err check_home(const struct gate *gate,
                         const struct rpc_caller *caller,
                         struct hl_detail *detail)
{
    const struct identity *identity = &caller->identity;
    bool bound =
        identity->role == ROLE_PLATFORM || identity->role == ROLE_OPERATOR;
    if (!bound || strcmp(identity->node, gate->node) == 0) {
        return HL_OK;
    }
    return hl_fail(detail, HL_EDENIED,
                   "this is node %s, and a caller of node %s calls that node "
                   "(%s)",
                   gate->node, identity->node, caller->spiffe);
}

/* Roles are asked for afterwards, so that one verdict serves every method. */
static void judge(struct gate *gate, struct bytes presented, struct hl_wall now,
                  struct verdict *out)
{
    out->checked_at = now;
    out->valid_until.ms = now.ms + REFUSAL_MS;
    if (gate->trust == NULL || gate->charter == NULL) {
        out->err = hl_fail(&out->detail, HL_ECHAIN,
                           "this node has not loaded %s yet: try again",
                           gate->trust == NULL ? "the alliance's authority"
                                               : "a charter");
        return;
    }
    struct admission_verdict verdict;
    struct admission_input input = {.presented = presented,
                                    .trust = gate->trust,
                                    .now = now,
                                    .purpose = TRUST_CALLER,
                                    .roles = ROLE_ALL};
    charter_admit_by(gate->charter, &input);
    input.alliance = bytes_of_text(gate->alliance);
    out->err = admission_check(&input, &verdict, &out->detail);
    if (out->err == HL_OK) {
        fill_caller(&out->caller, &verdict.identity);
        out->err = check_home(gate, &out->caller, &out->detail);
    }
    if (out->err == HL_OK) {
        out->valid_until = verdict.valid_until;
    }
}

static hl_err check_role(const struct rpc_caller *caller, unsigned roles,
                         struct hl_detail *detail)
{
    if ((ROLE_BIT(caller->identity.role) & roles) != 0) {
        return HL_OK;
    }
    return hl_fail(detail, HL_EDENIED, "the role %s may not do this (%s)",
                   role_word(caller->identity.role), caller->spiffe);
}

hl_err gate_admit(struct gate *gate, struct bytes presented, unsigned roles,
                  struct hl_wall now, struct rpc_caller *out,
                  struct hl_detail *detail)
{
    struct verdict verdict = {.key = hash_bytes(presented)};
    pthread_rwlock_rdlock(&gate->trust_lock);
    if (!recall(gate, &verdict.key, now, &verdict)) {
        judge(gate, presented, now, &verdict);
        remember(gate, &verdict);
    }
    pthread_rwlock_unlock(&gate->trust_lock);
    if (verdict.err != HL_OK) {
        if (detail != NULL) {
            *detail = verdict.detail;
        }
        return verdict.err;
    }
    hl_err err = check_role(&verdict.caller, roles, detail);
    if (err == HL_OK) {
        *out = verdict.caller;
    }
    return err;
}
