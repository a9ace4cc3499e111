/* SPDX-License-Identifier: Apache-2.0 */

/* What is under way between nodes, and waits for an answer. */

#include <string.h>

#include "node/service/services_internal.h"

enum {
    MOVES_PAGE = 100,
    MOVES_PAGE_MAX = 1000,
    MOVES_LOOKS_MAX = 10000, /* a page of others' ends early */
};

struct moves {
    struct rpc_call *call;
    struct store_txn *txn;
    const struct services *services;
    uint32_t kind;
    bool outgoing;
    struct transit_query query;
    struct writer position;
    Heluo__V1__CatalogueMove **items;
    size_t count, max;
};

static struct bytes node_of(const char *origin)
{
    const char *slash = strrchr(origin, '/');
    return bytes_of_text(slash == NULL ? origin : slash + 1);
}

/* Whether the node that it is released to refused, and the old home has not
 * answered that. */
static hl_err add_refusal(struct moves *moves, const struct home_key *key,
                          const struct record_home *home,
                          const struct open_release *release,
                          Heluo__V1__CatalogueMove *move,
                          struct hl_detail *detail)
{
    struct writer to = {0};
    struct journal journal;
    struct home_answered answered = {0};
    bool found = false;
    struct bytes owner = bytes_of_text(home->owner);
    writer_bytes(&to,
                 bytes_slice(owner, 0, owner.size - node_of(home->owner).size));
    writer_text(&to, home->moving_to);
    hl_err err =
        journal_find(moves->txn, writer_view(&to), &journal, &found, detail);
    writer_fini(&to);
    if (err == HL_OK && found) {
        struct citation cause = release->cite;
        cause.origin = owner;
        err = projection_home_answer(moves->txn, journal.number, key, &cause,
                                     &answered, detail);
    }
    move->refused = answered.answer == HOME_REFUSED;
    move->refuse_reason = call_text(moves->call, answered.reason);
    return err;
}

static hl_err add(struct moves *moves, const struct home_key *key,
                  const struct record_home *home, struct hl_detail *detail)
{
    const struct record_kind *kind = home_kind(key->kind);
    struct homed_retire retire = {.of = key->of};
    struct journal journal;
    struct row row;
    struct open_release release;
    bool found = false;
    hl_err err = journal_find(moves->txn, bytes_of_text(home->owner), &journal,
                              &found, detail);
    if (err == HL_OK && found) {
        err = record_find(moves->txn, journal.number, kind, &retire, &row,
                          &found, detail);
    }
    if (err == HL_OK && found) {
        err = projection_open_release(moves->txn, journal.number, key, &release,
                                      &found, detail);
    }
    if (err != HL_OK || !found) {
        return err;
    }
    Heluo__V1__CatalogueMove *move = rpc_call_alloc(moves->call, sizeof(*move));
    heluo__v1__catalogue_move__init(move);
    move->record =
        record_view(moves->call, kind, bytes_of_text(home->owner), &row);
    record_view_home(moves->call, move->record, home);
    move->release_index = release.cite.index;
    moves->items[moves->count++] = move;
    return add_refusal(moves, key, home, &release, move, detail);
}

static hl_err look_at(struct moves *moves, struct bytes name,
                      struct hl_detail *detail)
{
    struct writer texts = {0};
    struct home_key key;
    struct record_home home = {0};
    hl_err err = HL_OK;
    if (home_of_name(name, &texts, &key) &&
        (moves->kind == 0 || moves->kind == key.kind)) {
        err =
            projection_home(moves->txn, home_kind(key.kind)->type,
                            bytes_slice(name, 1, name.size - 1), &home, detail);
    }
    bool wanted =
        home.moving_to[0] != '\0' &&
        (!moves->outgoing || strcmp(home.owner, moves->services->origin) == 0);
    if (err == HL_OK && wanted) {
        err = add(moves, &key, &home, detail);
    }
    writer_fini(&texts);
    return err;
}

static hl_err collect(struct moves *moves, bool *more, struct hl_detail *detail)
{
    struct writer name = {0};
    hl_err err = HL_OK;
    *more = true;
    for (size_t looks = 0; err == HL_OK && *more && looks < MOVES_LOOKS_MAX &&
                           moves->count < moves->max;
         looks++) {
        err = projection_next_transit(moves->txn, &moves->query,
                                      &moves->position, &name, more, detail);
        if (err == HL_OK && *more) {
            err = look_at(moves, writer_view(&name), detail);
        }
    }
    writer_fini(&name);
    return err;
}

/* Whether this node has not answered that release yet. */
static hl_err is_open(const struct services *services, struct store_txn *txn,
                      uint32_t number, struct bytes name, bool *out,
                      struct hl_detail *detail)
{
    struct writer texts = {0};
    struct home_key key;
    struct home_standing now = {0};
    hl_err err = HL_OK;
    if (home_of_name(name, &texts, &key)) {
        err = projection_home_standing(
            txn, number, bytes_of_text(services->origin), &key, &now, detail);
    }
    *out = err == HL_OK && now.is == HOME_IS_OFFERED;
    writer_fini(&texts);
    return err;
}

static hl_err count_open(const struct services *services, struct store_txn *txn,
                         uint32_t number, uint64_t *count,
                         struct hl_detail *detail)
{
    struct writer position = {0}, name = {0};
    struct transit_query query = {.to = bytes_of_text(services->origin)};
    bool found = true, open = false;
    hl_err err = HL_OK;
    for (size_t looks = 0; err == HL_OK && found && looks < MOVES_PAGE_MAX;
         looks++) {
        err = projection_next_transit(txn, &query, &position, &name, &found,
                                      detail);
        if (err == HL_OK && found) {
            err = is_open(services, txn, number, writer_view(&name), &open,
                          detail);
            *count += open;
        }
    }
    writer_fini(&name);
    writer_fini(&position);
    return err;
}

hl_err moves_count(const struct services *services, uint64_t *count,
                   struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    struct journal journal;
    bool found = false;
    hl_err err = store_begin_read(services->options.store, &txn, detail);
    *count = 0;
    if (err == HL_OK) {
        err = journal_find(txn, bytes_of_text(services->origin), &journal,
                           &found, detail);
    }
    if (err == HL_OK && found) {
        err = count_open(services, txn, journal.number, count, detail);
    }
    store_abort(&txn);
    return err;
}

static hl_err check(const Heluo__V1__CatalogueMovesRequest *request,
                    struct hl_detail *detail)
{
    if (request->kind != 0 && home_kind((uint64_t)request->kind) == NULL) {
        return hl_fail(detail, HL_EMALFORMED,
                       "kind: one that does not move, or is not known here");
    }
    if ((unsigned)request->direction >
        HELUO__V1__MOVE_DIRECTION__MOVE_DIRECTION_OUT) {
        return hl_fail(detail, HL_EMALFORMED, "direction: not known here");
    }
    if (request->page_size > MOVES_PAGE_MAX) {
        return hl_fail(detail, HL_ELIMIT, "page_size: at most %d",
                       MOVES_PAGE_MAX);
    }
    if (request->page_token.len > STORE_KEY_MAX_BYTES) {
        return hl_fail(detail, HL_EMALFORMED,
                       "page_token: not one that Moves gave");
    }
    return HL_OK;
}

void catalogue_moves(struct rpc_call *call, const ProtobufCMessage *message,
                     void *context)
{
    const Heluo__V1__CatalogueMovesRequest *request = (const void *)message;
    struct services *services = context;
    struct hl_detail detail = {0};
    bool more = false;
    Heluo__V1__CatalogueMovesResponse response =
        HELUO__V1__CATALOGUE_MOVES_RESPONSE__INIT;
    struct moves moves = {
        .call = call,
        .services = services,
        .kind = (uint32_t)request->kind,
        .outgoing =
            request->direction == HELUO__V1__MOVE_DIRECTION__MOVE_DIRECTION_OUT,
        .max = request->page_size == 0 ? MOVES_PAGE : request->page_size,
    };
    if (request->direction == HELUO__V1__MOVE_DIRECTION__MOVE_DIRECTION_IN) {
        moves.query.to = bytes_of_text(services->origin);
    }
    writer_bytes(&moves.position, bytes_of_binary(&request->page_token));
    hl_err err = check(request, &detail);
    if (err == HL_OK) {
        moves.items = rpc_call_alloc(call, moves.max * sizeof(moves.items[0]));
        err = store_begin_read(services->options.store, &moves.txn, &detail);
    }
    if (err == HL_OK) {
        err = collect(&moves, &more, &detail);
    }
    store_abort(&moves.txn);
    if (err == HL_OK) {
        response.moves = moves.items;
        response.n_moves = moves.count;
        if (more) {
            response.next_page_token = (ProtobufCBinaryData){
                .len = moves.position.size, .data = moves.position.data};
        }
        rpc_answer(call, &response.base);
    } else {
        rpc_fail(call, err, &detail);
    }
    writer_fini(&moves.position);
}
