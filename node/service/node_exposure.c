/* SPDX-License-Identifier: Apache-2.0 */

/* What this node stands to lose by its partners, for Node.Status. */

#include <string.h>

#include "node/projection/ledger.h"
#include "node/service/services_internal.h"
#include "protocol/entry/origin.h"

enum { LOOKS_MAX = 20000 }; /* at entries of all partners */

struct showing {
    struct services *services;
    struct store_txn *txn;
    struct journal own;
    struct exposure_limits limits;
    uint64_t looks;
    struct node_facts *facts;
};

/* Up to where its entries are relied on, as ledger_relied() has it: no keeper
 * seals what a charter ended, and all of that is here as far as is known. */
static uint64_t relied_size(const struct partner *partner)
{
    bool whole = partner->standing == ENGINE_ORIGIN_ENDED &&
                 partner->held.size >= partner->newest;
    return partner->keepers == 0 || whole ? UINT64_MAX : partner->sealed;
}

static hl_err look_unsealed(struct showing *showing,
                            const struct partner *partner,
                            struct exposure_holds *out,
                            struct hl_detail *detail)
{
    struct bytes own = bytes_of_text(showing->services->origin);
    uint64_t sealed = relied_size(partner), size = partner->held.size;
    uint64_t looks = showing->looks < EXPOSURE_LOOKS_MAX ? showing->looks
                                                         : EXPOSURE_LOOKS_MAX;
    struct writer issuer = {0};
    writer_bytes(&issuer,
                 bytes_slice(own, 0, own.size - origin_node(own).size));
    writer_text(&issuer, partner->id);
    hl_err err = exposure_unsealed(showing->txn, own, writer_view(&issuer),
                                   sealed, looks, out, detail);
    uint64_t left = size > sealed ? size - sealed : 0;
    showing->looks -= left < looks ? left : looks;
    writer_fini(&issuer);
    return err;
}

/* By whom a limit is reached, or nearly; of no limit nobody. */
static void judge(const char *node, uint64_t fen, uint64_t max_fen,
                  char high[FACTS_NAMES_BYTES], char full[FACTS_NAMES_BYTES])
{
    if (max_fen > 0 && fen >= max_fen) {
        node_add_name(full, node);
    } else if (max_fen > 0 && fen >= max_fen - max_fen / 5) {
        node_add_name(high, node);
    }
}

static hl_err show(struct showing *showing, const struct partner *partner,
                   Heluo__V1__NodePeer *peer, struct hl_detail *detail)
{
    struct node_facts *facts = showing->facts;
    const struct exposure_limits *limits = &showing->limits;
    struct exposure_holds holds = {0};
    hl_err err = exposure_allotted(showing->txn, showing->own.number,
                                   bytes_of_text(partner->id),
                                   &peer->allotted_fen, detail);
    if (err == HL_OK) {
        err = look_unsealed(showing, partner, &holds, detail);
    }
    peer->allotted_max_fen = limits->allotted_max_fen;
    peer->unsealed_fen = holds.fen;
    peer->unsealed_orders = holds.orders;
    peer->unsealed_accepted_fen = holds.accepted_fen;
    peer->unsealed_unlooked = holds.unlooked;
    peer->unsealed_max_fen = limits->unsealed_max_fen;
    judge(partner->id, peer->allotted_fen, limits->allotted_max_fen,
          facts->allotted_high, facts->allotted_full);
    judge(partner->id, peer->unsealed_fen, limits->unsealed_max_fen,
          facts->unsealed_high, facts->unsealed_full);
    return err;
}

hl_err node_put_exposure(struct services *services,
                         const struct partners_view *view,
                         const Heluo__V1__NodeStatusResponse *response,
                         struct node_facts *facts, struct hl_detail *detail)
{
    struct showing showing = {.services = services,
                              .limits = services_limits(services),
                              .looks = LOOKS_MAX,
                              .facts = facts};
    bool found = false;
    hl_err err =
        store_begin_read(services->options.store, &showing.txn, detail);
    if (err == HL_OK) {
        err = journal_find(showing.txn, bytes_of_text(services->origin),
                           &showing.own, &found, detail);
    }
    for (size_t i = 0; err == HL_OK && found && i < response->n_peers; i++) {
        Heluo__V1__NodePeer *peer = response->peers[i];
        const struct partner *partner =
            partners_find(view, bytes_of_text(peer->node));
        err = show(&showing, partner, peer, detail);
    }
    store_abort(&showing.txn);
    return err;
}
