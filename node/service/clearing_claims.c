/* SPDX-License-Identifier: Apache-2.0 */

/* Clearing.Claims: counted in the desk's thread, as that takes seconds, then
 * sent one by one. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/clearing/count.h"
#include "node/desk/desk.h"
#include "node/projection/cycles.h"
#include "node/projection/ledger.h"
#include "node/service/clearing_call.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/reader.h"

struct claims {
    struct rpc_call *call;
    char name[96], node[64];

    pthread_mutex_t mutex; /* of what follows */
    bool counted, gone;
    hl_err err;
    struct hl_detail detail;

    /* First the desk's, then the pump's: messages, each behind its size. */
    struct writer messages;
    struct reader reader;
    const struct clearing_view *view;
    const struct cycle_lists *lists;
    struct bytes wanted;
};

static void release(struct claims *claims)
{
    writer_fini(&claims->messages);
    pthread_mutex_destroy(&claims->mutex);
    hl_free(claims);
}

/* --- Counting. ----------------------------------------------------------- */

static void hex_name(struct bytes begun_at, struct bytes id, char *out,
                     size_t room)
{
    int size = snprintf(out, room, "%.*s/", BYTES_ARGS(begun_at));
    for (size_t i = 0; i < id.size; i++) {
        size += snprintf(out + size, room - (size_t)size, "%02x", id.data[i]);
    }
}

/* The entry that made it. */
static hl_err fill_entry(const struct claims *claims, const char *node,
                         Heluo__V1__ClearingClaim *message,
                         struct hl_detail *detail)
{
    struct store_txn *txn = claims->view->txn;
    struct journal journal;
    struct writer origin = {0};
    struct bytes raw;
    struct entry entry;
    struct canonical_unknown unknown;
    bool found = false;
    writer_bytes(&origin, clearing_alliance(claims->view));
    writer_text(&origin, node);
    hl_err err =
        journal_find(txn, writer_view(&origin), &journal, &found, detail);
    if (err == HL_OK && found) {
        err = journal_entry(txn, &journal, message->index, &raw, detail);
    }
    if (err == HL_OK && found) {
        err = entry_decode(raw, &entry, &unknown, detail);
    }
    if (err == HL_OK && found) {
        message->body = entry_body_number(entry.body_type);
        message->recorded_at_ms = (uint64_t)entry.recorded_at.ms;
    }
    writer_fini(&origin);
    return err;
}

static void text_of(struct bytes from, char out[64])
{
    snprintf(out, 64, "%.*s", BYTES_ARGS(from));
}

static hl_err keep(void *context, const struct claim *claim,
                   struct hl_detail *detail)
{
    struct claims *claims = context;
    const struct cycle_place *places = claims->lists->places;
    struct bytes debtor = places[claim->debtor].node;
    struct bytes creditor = places[claim->creditor].node;
    char from[64], to[64], journal[64], order[128] = "", transfer[128] = "";
    hl_err err = HL_OK;
    if (claims->wanted.size > 0 && !bytes_equal(claims->wanted, debtor) &&
        !bytes_equal(claims->wanted, creditor)) {
        return HL_OK;
    }
    text_of(debtor, from);
    text_of(creditor, to);
    text_of(places[claim->journal].node, journal);
    Heluo__V1__ClearingClaim message = HELUO__V1__CLEARING_CLAIM__INIT;
    message.kind = (Heluo__V1__ClaimKind)claim->kind;
    message.debtor = from;
    message.creditor = to;
    message.amount_fen = claim->fen;
    if (claim->kind != CLAIM_TRANSFER) {
        message.journal = journal;
        message.index = claim->index;
        err = fill_entry(claims, journal, &message, detail);
    }
    if (claim->order_id.size > 0) {
        hex_name(claim->order_begun_at, claim->order_id, order, sizeof(order));
    } else {
        snprintf(transfer, sizeof(transfer), "%.*s/%" PRIu64 "/%" PRIu64,
                 BYTES_ARGS(claim->transfer.proposer), claim->transfer.index,
                 claim->transfer.transfer);
    }
    message.order = order;
    message.transfer = transfer;
    size_t size = protobuf_c_message_get_packed_size(&message.base);
    uint8_t packed[1024];
    HL_ASSERT(size <= sizeof(packed));
    protobuf_c_message_pack(&message.base, packed);
    writer_u16(&claims->messages, (uint16_t)size);
    writer_bytes(&claims->messages, bytes_of(packed, size));
    return err;
}

static hl_err count(struct claims *claims, const struct clearing_view *view,
                    struct hl_detail *detail)
{
    struct cycle_key key;
    struct cycle cycle;
    struct cycle_lists lists;
    bool found = false;
    hl_err err = clearing_parse_name(claims->name, &key, detail);
    if (err == HL_OK) {
        err = cycles_find(view->txn, clearing_alliance(view), &key, &cycle,
                          &found, detail);
    }
    if (err == HL_OK && !found) {
        err = hl_fail(detail, HL_ENOTFOUND, "no such cycle is here: %s",
                      claims->name);
    }
    if (err == HL_OK && claims->node[0] != '\0' &&
        charter_find_node(view->charter, bytes_of_text(claims->node)) == NULL) {
        err = hl_fail(detail, HL_EUNKNOWNNODE,
                      "node: the charter has no node %s", claims->node);
    }
    if (err != HL_OK) {
        return err;
    }
    cycle_read(&cycle.of, &lists);
    struct counting counting = {
        .txn = view->txn,
        .alliance = clearing_alliance(view),
        .lists = {.places = lists.places, .place_count = lists.place_count},
        .day = cycle.of.day,
        .each = keep,
        .context = claims,
    };
    claims->view = view;
    claims->lists = &lists;
    claims->wanted = bytes_of_text(claims->node);
    err = clearing_count(&counting, detail);
    const char *field = NULL;
    if (err == HL_OK && counting.outcome == COUNT_NO_ROOM) {
        err =
            hl_fail(detail, HL_EDIFFERS, "by this node's count it has no room");
    } else if (err == HL_OK && counting.outcome != COUNT_DONE) {
        err = hl_fail(detail, HL_EUNSEALED,
                      "the journals below its cut are not all here yet");
    } else if (err == HL_OK && !clearing_agrees(&counting, &cycle.of, &field)) {
        err = hl_fail(detail, HL_EDIFFERS,
                      "by this node's count field %s is another", field);
    }
    counting.lists.places = NULL;
    cycle_lists_fini(&counting.lists);
    cycle_lists_fini(&lists);
    return err;
}

static void work(void *context, const struct clearing_view *view, hl_err err,
                 const struct hl_detail *why)
{
    struct claims *claims = context;
    struct hl_detail detail = {0};
    if (why != NULL) {
        detail = *why;
    }
    if (err == HL_OK) {
        err = count(claims, view, &detail);
    }
    pthread_mutex_lock(&claims->mutex);
    claims->counted = true;
    claims->err = err;
    claims->detail = detail;
    reader_init(&claims->reader, writer_view(&claims->messages));
    bool gone = claims->gone;
    if (!gone) {
        rpc_wake(claims->call);
    }
    pthread_mutex_unlock(&claims->mutex);
    if (gone) {
        release(claims);
    }
}

/* --- Sending. ------------------------------------------------------------ */

static void pump(struct rpc_call *call, void *context)
{
    struct claims *claims = context;
    pthread_mutex_lock(&claims->mutex);
    bool counted = claims->counted;
    pthread_mutex_unlock(&claims->mutex);
    if (!counted) {
        return;
    }
    if (claims->err != HL_OK) {
        rpc_fail(call, claims->err, &claims->detail);
        return;
    }
    if (reader_left(&claims->reader) == 0) {
        rpc_finish(call);
        return;
    }
    struct bytes packed =
        reader_bytes(&claims->reader, reader_u16(&claims->reader));
    Heluo__V1__ClearingClaim *message =
        heluo__v1__clearing_claim__unpack(NULL, packed.size, packed.data);
    HL_ASSERT(message != NULL);
    rpc_send(call, &message->base);
    heluo__v1__clearing_claim__free_unpacked(message, NULL);
}

static void gone(struct rpc_call *call, void *context)
{
    struct claims *claims = context;
    (void)call;
    pthread_mutex_lock(&claims->mutex);
    claims->gone = true;
    bool counted = claims->counted;
    pthread_mutex_unlock(&claims->mutex);
    if (counted) {
        release(claims);
    }
}

void clearing_claims(struct rpc_call *call, const ProtobufCMessage *message,
                     void *context)
{
    const Heluo__V1__ClearingClaimsRequest *request = (const void *)message;
    struct services *services = context;
    struct hl_detail detail = {0};
    struct cycle_key key;
    hl_err err = clearing_parse_name(request->name, &key, &detail);
    if (err == HL_OK &&
        (strlen(request->name) >= 96 || strlen(request->node) >= 64)) {
        err = hl_fail(&detail, HL_EMALFORMED, "node: no node's name");
    }
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
        return;
    }
    struct claims *claims = hl_alloc(1, sizeof(*claims));
    pthread_mutex_init(&claims->mutex, NULL);
    claims->call = call;
    snprintf(claims->name, sizeof(claims->name), "%s", request->name);
    snprintf(claims->node, sizeof(claims->node), "%s", request->node);
    rpc_stream_start(call, &(struct rpc_stream){pump, gone, claims});
    err = desk_read(services->desk, work, claims, &detail);
    if (err != HL_OK) {
        work(claims, NULL, err, &detail);
    }
}
