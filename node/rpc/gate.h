/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_RPC_GATE_H
#define HL_NODE_RPC_GATE_H

/* The gate: who may call what, by the one admission function
 * (certs/identity/admission.h) over the trust and the charter of the moment.
 * Verdicts on certificates are cached by fingerprint, and dropped on a change
 * of trust or charter and at their next bound of validity. Any thread. */

#include "certs/charter/charter.h"
#include "certs/identity/admission.h"

struct gate;

struct rpc_caller {
    struct identity identity;
    bool local; /* through the unix socket, not by certificate */
    char spiffe[SPIFFE_MAX_BYTES + 1];
    struct hl_hash hash; /* SHA-256 of that text: entries name callers so */
};

/* Admits nobody until gate_set(). node is this node's id. */
struct gate *gate_create(struct bytes alliance, struct bytes node);
void gate_destroy(struct gate **gate);

/* Takes both, sets the pointers to NULL. Drops every cached verdict. Either may
 * be NULL, or point to NULL: then the former one stays. The charter is from
 * hl_alloc(). Waits for checks that are under way, a millisecond. */
void gate_set(struct gate *gate, struct trust **trust,
              struct charter **charter);

/* A number that changes with every gate_set(). */
uint64_t gate_epoch(const struct gate *gate);

/* presented: PEM, leaf first. Beside admission_check()'s own errors:
 *
 * HL_ECHAIN   there is no trust or no charter yet.
 * HL_EDENIED  a platform or an operator of another node: they call their own.
 *             Also where the role is not among `roles`. */
HL_MUST_USE hl_err gate_admit(struct gate *gate, struct bytes presented,
                              unsigned roles, struct hl_wall now,
                              struct rpc_caller *out, struct hl_detail *detail);

/* Who calls through the unix socket: operator/<node>/local. */
void gate_local(const struct gate *gate, struct rpc_caller *out);

#endif
