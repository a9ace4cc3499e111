/* SPDX-License-Identifier: Apache-2.0 */

/* The methods of Clearing. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/clearing/step.h"
#include "node/desk/desk.h"
#include "node/projection/cycles.h"
#include "node/service/clearing_call.h"
#include "node/service/ledger_call.h"
#include "protocol/base/alloc.h"
#include "protocol/base/reader.h"
#include "protocol/entry/origin.h"

enum {
    REQUEST_MAX_BYTES = 65536,
    READ_MAX_BYTES = 4096,
    CLAIMS_OPEN_MAX = 4,
    PAGE = 20,
    PAGE_MAX = 100,
    REASON_MAX_BYTES = 500,
};

/* --- Reading. ------------------------------------------------------------ */

static void end(struct clearing_reading *reading, hl_err err,
                const struct hl_detail *detail,
                const ProtobufCMessage *response)
{
    struct rpc_call *call = reading->call;
    if (reading->view.txn != NULL) {
        clearing_close(reading);
    }
    if (err == HL_OK) {
        rpc_answer(call, response);
    } else {
        rpc_fail(call, err, detail);
    }
}

/* Where a cycle stands in the list: the newest first. */
struct place_in_list {
    uint64_t at_ms, index;
    char proposer[64];
};

struct all_cycles {
    struct place_in_list *items;
    size_t count, capacity;
};

static int compare_places(const void *a, const void *b)
{
    const struct place_in_list *left = a, *right = b;
    if (left->at_ms != right->at_ms) {
        return left->at_ms < right->at_ms ? 1 : -1;
    }
    int order = strcmp(left->proposer, right->proposer);
    return order != 0
               ? order
               : (left->index < right->index) - (left->index > right->index);
}

/* Each stands in its proposer's half. */
static hl_err add_place(void *context, const struct cycle *cycle,
                        struct hl_detail *detail)
{
    struct all_cycles *all = context;
    (void)detail;
    if (!cycle_is_proposed(cycle)) {
        return HL_OK;
    }
    if (all->count == all->capacity) {
        all->capacity = all->capacity == 0 ? 64 : 2 * all->capacity;
        all->items = hl_realloc(all->items, all->capacity, sizeof(*all->items));
    }
    struct place_in_list *place = &all->items[all->count++];
    *place =
        (struct place_in_list){cycle->proposed_at_ms, cycle->key.index, {0}};
    snprintf(place->proposer, sizeof(place->proposer), "%.*s",
             BYTES_ARGS(cycle->key.proposer));
    return HL_OK;
}

static hl_err gather(const struct clearing_reading *reading,
                     struct all_cycles *all, struct hl_detail *detail)
{
    hl_err err = clearing_each_cycle(&reading->view, add_place, all, detail);
    if (all->count > 0) {
        qsort(all->items, all->count, sizeof(*all->items), compare_places);
    }
    return err;
}

static hl_err find_place(const struct clearing_reading *reading,
                         const struct place_in_list *place, struct cycle *cycle,
                         struct hl_detail *detail)
{
    struct cycle_key key = {bytes_of_text(place->proposer), place->index};
    bool found = false;
    return cycles_find(reading->view.txn, clearing_alliance(&reading->view),
                       &key, cycle, &found, detail);
}

static bool is_open(const Heluo__V1__CycleView *view)
{
    return view->standing == HELUO__V1__CYCLE_STANDING__CYCLE_STANDING_OPEN ||
           view->standing == HELUO__V1__CYCLE_STANDING__CYCLE_STANDING_DECLARED;
}

/* From the place behind the token's on. */
static hl_err list(const struct clearing_reading *reading,
                   const Heluo__V1__ClearingListRequest *request,
                   const struct all_cycles *all, struct place_in_list *last,
                   Heluo__V1__ClearingListResponse *response, bool *more,
                   struct hl_detail *detail)
{
    size_t max = request->page_size == 0 ? PAGE : request->page_size;
    hl_err err = HL_OK;
    bool from_start = request->page_token.len == 0;
    *more = false;
    response->cycles =
        rpc_call_alloc(reading->call, (max + 1) * sizeof(*response->cycles));
    for (size_t i = 0; err == HL_OK && i < all->count; i++) {
        struct cycle cycle;
        Heluo__V1__CycleView *view = NULL;
        if (!from_start && compare_places(&all->items[i], last) <= 0) {
            continue;
        }
        if (response->n_cycles == max) {
            *more = true;
            break;
        }
        err = find_place(reading, &all->items[i], &cycle, detail);
        if (err == HL_OK) {
            err = clearing_show(reading, &cycle, false, &view, detail);
        }
        if (err == HL_OK && (!request->open || is_open(view))) {
            response->cycles[response->n_cycles++] = view;
            *last = all->items[i];
            from_start = true; /* the rest is behind it */
        }
    }
    return err;
}

static hl_err read_token(const ProtobufCBinaryData *token,
                         struct place_in_list *out, struct hl_detail *detail)
{
    struct reader reader;
    reader_init(&reader, bytes_of_binary(token));
    out->at_ms = reader_u64(&reader);
    out->index = reader_u64(&reader);
    struct bytes name = reader_bytes(&reader, reader_u8(&reader));
    if (reader_finish(&reader) != HL_OK || name.size >= 64) {
        return hl_fail(detail, HL_EMALFORMED,
                       "page_token: not one that List gave");
    }
    snprintf(out->proposer, sizeof(out->proposer), "%.*s", BYTES_ARGS(name));
    return HL_OK;
}

static void clearing_list(struct rpc_call *call,
                          const ProtobufCMessage *message, void *context)
{
    const Heluo__V1__ClearingListRequest *request = (const void *)message;
    Heluo__V1__ClearingListResponse response =
        HELUO__V1__CLEARING_LIST_RESPONSE__INIT;
    struct clearing_reading reading = {.call = call};
    struct all_cycles all = {0};
    struct place_in_list last = {0};
    struct hl_detail detail = {0};
    bool more = false;
    hl_err err =
        request->page_size > PAGE_MAX
            ? hl_fail(&detail, HL_ELIMIT, "page_size: at most %d", PAGE_MAX)
            : HL_OK;
    if (err == HL_OK && request->page_token.len > 0) {
        err = read_token(&request->page_token, &last, &detail);
    }
    if (err == HL_OK) {
        err = clearing_open(call, context, &reading, &detail);
    }
    if (err == HL_OK) {
        err = gather(&reading, &all, &detail);
    }
    if (err == HL_OK) {
        err = list(&reading, request, &all, &last, &response, &more, &detail);
    }
    if (more) {
        struct writer token = {0};
        writer_u64(&token, last.at_ms);
        writer_u64(&token, last.index);
        writer_u8(&token, (uint8_t)strlen(last.proposer));
        writer_text(&token, last.proposer);
        response.next_page_token = call_bytes(call, writer_view(&token));
        writer_fini(&token);
    }
    hl_free(all.items);
    end(&reading, err, &detail, &response.base);
}

/* That of the name, or the newest. */
static hl_err find_named(const struct clearing_reading *reading,
                         const char *name, struct cycle *cycle,
                         struct hl_detail *detail)
{
    struct all_cycles all = {0};
    struct cycle_key key;
    bool found = false;
    hl_err err = HL_OK;
    if (name[0] == '\0') {
        err = gather(reading, &all, detail);
        found = err == HL_OK && all.count > 0;
        if (found) {
            err = find_place(reading, &all.items[0], cycle, detail);
        }
        hl_free(all.items);
        return err == HL_OK && !found
                   ? hl_fail(detail, HL_ENOTFOUND, "no cycle is here yet")
                   : err;
    }
    err = clearing_parse_name(name, &key, detail);
    if (err == HL_OK) {
        err = cycles_find(reading->view.txn, clearing_alliance(&reading->view),
                          &key, cycle, &found, detail);
    }
    return err == HL_OK && !found ? hl_fail(detail, HL_ENOTFOUND,
                                            "no such cycle is here: %s", name)
                                  : err;
}

static void clearing_get(struct rpc_call *call, const ProtobufCMessage *message,
                         void *context)
{
    const Heluo__V1__ClearingGetRequest *request = (const void *)message;
    Heluo__V1__ClearingGetResponse response =
        HELUO__V1__CLEARING_GET_RESPONSE__INIT;
    struct services *services = context;
    struct clearing_reading reading = {.call = call};
    struct cycle cycle;
    struct hl_detail detail = {0};
    hl_err err = clearing_open(call, services, &reading, &detail);
    if (err == HL_OK) {
        err = find_named(&reading, request->name, &cycle, &detail);
    }
    if (err == HL_OK) {
        err = clearing_show(&reading, &cycle, true, &response.cycle, &detail);
    }
    response.alliance =
        call_text(call, bytes_of_text(services->options.alliance));
    end(&reading, err, &detail, &response.base);
}

/* --- The desk. ----------------------------------------------------------- */

struct desk_call {
    struct rpc_call *call;
    struct services *services;
    bool preview;
};

static struct desk_call *desk_call_new(struct rpc_call *call, void *context)
{
    struct desk_call *desk_call = rpc_call_alloc(call, sizeof(*desk_call));
    desk_call->call = call;
    desk_call->services = context;
    return desk_call;
}

static void proposed(void *context, hl_err err, const struct hl_detail *detail,
                     const struct desk_result *result)
{
    struct desk_call *of = context;
    Heluo__V1__ClearingProposeResponse response =
        HELUO__V1__CLEARING_PROPOSE_RESPONSE__INIT;
    if (err != HL_OK) {
        rpc_fail(of->call, err, detail);
        return;
    }
    struct cycle_key key = {origin_node(bytes_of_text(of->services->origin)),
                            result->index};
    if (!of->preview) {
        response.name = clearing_name(of->call, &key);
        response.index = result->index;
    }
    response.count = result->count;
    response.gross_fen = result->gross_fen;
    rpc_answer(of->call, &response.base);
}

static void clearing_do_propose(struct rpc_call *call,
                                const ProtobufCMessage *message, void *context)
{
    const Heluo__V1__ClearingProposeRequest *request = (const void *)message;
    struct services *services = context;
    struct hl_detail detail = {0};
    struct bytes *nodes =
        rpc_call_alloc(call, (request->n_nodes + 1) * sizeof(*nodes));
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && i < request->n_nodes; i++) {
        nodes[i] = bytes_of_text(request->nodes[i]);
        err = rule_home(nodes[i], &detail);
    }
    if (err == HL_OK && request->n_nodes == 1) {
        err = hl_fail(&detail, HL_EMALFORMED,
                      "nodes: two at least clear with each other");
    }
    if (err == HL_OK) {
        struct desk_call *of = desk_call_new(call, context);
        of->preview = request->preview;
        err = desk_propose(services->desk, nodes, request->n_nodes,
                           request->preview, proposed, of, &detail);
    }
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
    }
}

static void answered(void *context, hl_err err, const struct hl_detail *detail,
                     const struct desk_result *result)
{
    struct desk_call *of = context;
    Heluo__V1__ClearingAnswerResponse response =
        HELUO__V1__CLEARING_ANSWER_RESPONSE__INIT;
    if (err == HL_OK) {
        response.index = result->index;
        rpc_answer(of->call, &response.base);
    } else {
        rpc_fail(of->call, err, detail);
    }
}

static hl_err check_text(const Heluo__V1__ClearingAnswerRequest *request,
                         struct hl_detail *detail)
{
    struct bytes text = bytes_of_text(request->text);
    if (request->approve && text.size > 0) {
        return hl_fail(detail, HL_EMALFORMED,
                       "text: what is approved has no reason");
    }
    if (!request->approve && text.size == 0) {
        return hl_fail(detail, HL_EMALFORMED,
                       "text: say why it is not approved");
    }
    return text.size > REASON_MAX_BYTES
               ? hl_fail(detail, HL_ELIMIT, "text: at most %d bytes",
                         REASON_MAX_BYTES)
               : character_validate_line(text, detail);
}

static void clearing_do_answer(struct rpc_call *call,
                               const ProtobufCMessage *message, void *context)
{
    const Heluo__V1__ClearingAnswerRequest *request = (const void *)message;
    struct services *services = context;
    struct hl_detail detail = {0};
    struct cycle_key key;
    hl_err err = clearing_parse_name(request->name, &key, &detail);
    if (err == HL_OK && key.proposer.size >= 64) {
        err = hl_fail(&detail, HL_EMALFORMED, "name: no node's name");
    }
    if (err == HL_OK) {
        err = check_text(request, &detail);
    }
    if (err == HL_OK) {
        err = desk_answer(services->desk, &key, request->approve,
                          bytes_of_text(request->text), answered,
                          desk_call_new(call, context), &detail);
    }
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
    }
}

/* --- Positions. ---------------------------------------------------------- */

static void position(void *context, const struct clearing_view *view,
                     hl_err err, const struct hl_detail *why)
{
    struct desk_call *of = context;
    Heluo__V1__ClearingPositionResponse response =
        HELUO__V1__CLEARING_POSITION_RESPONSE__INIT;
    struct clearing_position *positions = NULL;
    struct hl_detail detail = {0};
    size_t count = 0;
    if (err != HL_OK) {
        rpc_fail(of->call, err, why);
        return;
    }
    err = clearing_positions(view, &positions, &count, &detail);
    response.positions =
        rpc_call_alloc(of->call, (count + 1) * sizeof(*response.positions));
    for (size_t i = 0; err == HL_OK && i < count; i++) {
        Heluo__V1__ClearingPosition *shown =
            rpc_call_alloc(of->call, sizeof(*shown));
        heluo__v1__clearing_position__init(shown);
        shown->partner = call_text(of->call, positions[i].partner);
        shown->gets_fen = positions[i].gets_fen;
        shown->pays_fen = positions[i].pays_fen;
        shown->to_get_fen = positions[i].to_get_fen;
        shown->to_pay_fen = positions[i].to_pay_fen;
        response.positions[response.n_positions++] = shown;
    }
    hl_free(positions);
    if (err == HL_OK) {
        rpc_answer(of->call, &response.base);
    } else {
        rpc_fail(of->call, err, &detail);
    }
}

static void clearing_position_of(struct rpc_call *call,
                                 const ProtobufCMessage *message, void *context)
{
    struct services *services = context;
    struct hl_detail detail = {0};
    (void)message;
    hl_err err = desk_read(services->desk, position,
                           desk_call_new(call, context), &detail);
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
    }
}

/* --- The table. ---------------------------------------------------------- */

#define DESKS (ROLE_BIT(ROLE_OPERATOR) | ROLE_BIT(ROLE_CLEARING))
#define READERS (DESKS | ROLE_BIT(ROLE_PLATFORM) | ROLE_BIT(ROLE_COORDINATOR))
#define METHOD(name, kind_, roles_, request_, response_, max_, open_, handle_) \
    {                                                                          \
        .path = "/heluo.v1.Clearing/" name, .kind = (kind_),                   \
        .roles = (roles_), .request = &heluo__v1__##request_##__descriptor,    \
        .response = &heluo__v1__##response_##__descriptor,                     \
        .request_max_bytes = (max_), .open_max = (open_), .handle = (handle_)  \
    }

const struct rpc_method clearing_methods[] = {
    METHOD("Answer", RPC_UNARY, DESKS, clearing_answer_request,
           clearing_answer_response, READ_MAX_BYTES, 0, clearing_do_answer),
    METHOD("Claims", RPC_SERVER_STREAM, READERS, clearing_claims_request,
           clearing_claim, READ_MAX_BYTES, CLAIMS_OPEN_MAX, clearing_claims),
    METHOD("Get", RPC_UNARY, READERS, clearing_get_request,
           clearing_get_response, READ_MAX_BYTES, 0, clearing_get),
    METHOD("List", RPC_UNARY, READERS, clearing_list_request,
           clearing_list_response, READ_MAX_BYTES, 0, clearing_list),
    METHOD("Position", RPC_UNARY, READERS, clearing_position_request,
           clearing_position_response, READ_MAX_BYTES, CLAIMS_OPEN_MAX,
           clearing_position_of),
    METHOD("Propose", RPC_UNARY, DESKS, clearing_propose_request,
           clearing_propose_response, REQUEST_MAX_BYTES, 0,
           clearing_do_propose),
    METHOD("Received", RPC_UNARY, DESKS, payment_received_request,
           ledger_response, REQUEST_MAX_BYTES, 0, ledger_write),
    METHOD("Sent", RPC_UNARY, DESKS, payment_sent_request, ledger_response,
           REQUEST_MAX_BYTES, 0, ledger_write),
    {0},
};
