/* SPDX-License-Identifier: Apache-2.0 */
#include "node/search/index_service.h"

#include <inttypes.h>
#include <string.h>

#include "node/search/question.h"
#include "node/search/suggest.h"
#include "protocol/base/alloc.h"

enum { SUGGESTIONS_USUAL = 10, REQUEST_MAX_BYTES = 65536 };

/* --- The answer. --------------------------------------------------------- */

static char *copy(struct rpc_call *call, struct bytes text)
{
    char *out = rpc_call_alloc(call, text.size + 1);
    if (text.size > 0) {
        memcpy(out, text.data, text.size);
    }
    return out;
}

static Heluo__V1__IndexFindResponse__Hit *
tell_hit(struct rpc_call *call, const struct search_hit *hit, unsigned parts)
{
    Heluo__V1__IndexFindResponse__Hit *out = rpc_call_alloc(call, sizeof(*out));
    const struct record_kind *kind;
    struct bytes key, origin;
    heluo__v1__index_find_response__hit__init(out);
    if (document_read_id(hit->id, &kind, &key, &origin)) {
        out->kind = kind->number;
        out->key.data = (uint8_t *)copy(call, key);
        out->key.len = key.size;
    }
    out->origin = copy(call, hit->origin);
    out->level = (Heluo__V1__SearchLevel)(hit->level + 1);
    out->parts = parts > hit->missing ? parts - hit->missing : 0;
    return out;
}

static Heluo__V1__SearchFacet *tell_facet(struct rpc_call *call,
                                          const char *field,
                                          const struct search_count *counts,
                                          size_t count)
{
    Heluo__V1__SearchFacet *out = rpc_call_alloc(call, sizeof(*out));
    heluo__v1__search_facet__init(out);
    out->field = (char *)(uintptr_t)field;
    out->n_values = count;
    out->values = rpc_call_alloc(call, (count + 1) * sizeof(out->values[0]));
    for (size_t i = 0; i < count; i++) {
        Heluo__V1__SearchFacet__Value *value =
            rpc_call_alloc(call, sizeof(*value));
        heluo__v1__search_facet__value__init(value);
        value->value = copy(call, bytes_of_text(counts[i].value));
        value->count = counts[i].count;
        out->values[i] = value;
    }
    return out;
}

static void tell_facets(struct rpc_call *call,
                        const struct search_result *result,
                        Heluo__V1__IndexFindResponse *out)
{
    static const char *const fields[FACETS] = {
        [FACET_CITY] = "region",
        [FACET_CLASS] = "class_code",
        [FACET_UNIT] = "unit",
        [FACET_ORIGIN] = "node",
    };
    out->n_facets = FACETS;
    out->facets = rpc_call_alloc(call, FACETS * sizeof(out->facets[0]));
    for (unsigned i = 0; i < FACETS; i++) {
        out->facets[i] = tell_facet(call, fields[i], result->facets[i],
                                    result->facet_count[i]);
    }
}

static void tell_words(struct rpc_call *call,
                       const struct search_result *result,
                       Heluo__V1__IndexFindResponse *out)
{
    out->words =
        rpc_call_alloc(call, (result->word_count + 1) * sizeof(out->words[0]));
    out->n_words = result->word_count;
    for (size_t i = 0; i < result->word_count; i++) {
        out->words[i] = copy(call, result->words[i]);
    }
}

static void answer(struct rpc_call *call,
                   const Heluo__V1__IndexFindRequest *request,
                   const struct search_result *result, struct bytes position)
{
    Heluo__V1__IndexFindResponse out = HELUO__V1__INDEX_FIND_RESPONSE__INIT;
    out.n_hits = result->hit_count;
    out.hits =
        rpc_call_alloc(call, (result->hit_count + 1) * sizeof(out.hits[0]));
    for (size_t i = 0; i < result->hit_count; i++) {
        out.hits[i] = tell_hit(call, &result->hits[i], result->part_count);
    }
    out.total = result->total;
    out.loose = result->loose;
    tell_facets(call, result, &out);
    tell_words(call, result, &out);
    if (result->more) {
        struct writer token = {0};
        question_write_token(request, result, &token);
        out.next_page_token.data = (uint8_t *)copy(call, writer_view(&token));
        out.next_page_token.len = token.size;
        writer_fini(&token);
    }
    out.position.data = (uint8_t *)copy(call, position);
    out.position.len = position.size;
    rpc_answer(call, &out.base);
}

/* --- Find. --------------------------------------------------------------- */

/* How far it is, where it is not there yet. */
static hl_err check_there(struct index_service *service,
                          const struct follower_view *view,
                          struct hl_detail *detail)
{
    if (!search_index_is_loading(service->index)) {
        return HL_OK;
    }
    return hl_fail(detail, HL_EAWAY,
                   "the text index is being made: %" PRIu64 " records so far%s",
                   search_index_count(service->index),
                   view->waits ? ", and the disk has no room for more" : "");
}

/* Runs in the server's thread: a question takes milliseconds, and nobody but
 * heluod asks. */
static void find(struct rpc_call *call, const ProtobufCMessage *message,
                 void *context)
{
    const Heluo__V1__IndexFindRequest *request = (const void *)message;
    struct index_service *service = context;
    struct search_query query;
    struct hl_detail detail = {0};
    struct follower_view view;
    struct writer position = {0}, unit = {0};
    follower_look(service->follower, &view, &position);
    struct search_result *result = hl_alloc(1, sizeof(*result));
    hl_err err = question_read(request, &query, &unit, &detail);
    if (err == HL_OK) {
        err = check_there(service, &view, &detail);
    }
    if (err == HL_OK) {
        err = search_ask(service->index, &query, result, &detail);
    }
    if (err == HL_OK) {
        answer(call, request, result, writer_view(&position));
    } else {
        rpc_fail(call, err, &detail);
    }
    search_result_fini(result);
    hl_free(result);
    writer_fini(&unit);
    writer_fini(&position);
}

/* --- Suggest. ------------------------------------------------------------ */

static void suggest(struct rpc_call *call, const ProtobufCMessage *message,
                    void *context)
{
    const Heluo__V1__SearchSuggestRequest *request = (const void *)message;
    struct index_service *service = context;
    struct hl_detail detail = {0};
    Heluo__V1__SearchSuggestResponse out =
        HELUO__V1__SEARCH_SUGGEST_RESPONSE__INIT;
    struct suggestions *found = hl_alloc(1, sizeof(*found));
    hl_err err =
        search_suggest(service->index, bytes_of_text(request->text),
                       request->count == 0 ? SUGGESTIONS_USUAL : request->count,
                       found, &detail);
    out.suggestions =
        rpc_call_alloc(call, (found->count + 1) * sizeof(out.suggestions[0]));
    for (size_t i = 0; err == HL_OK && i < found->count; i++) {
        Heluo__V1__SearchSuggestResponse__Suggestion *item =
            rpc_call_alloc(call, sizeof(*item));
        heluo__v1__search_suggest_response__suggestion__init(item);
        item->text = copy(call, found->items[i].text);
        item->records = found->items[i].records;
        out.suggestions[out.n_suggestions++] = item;
    }
    if (err == HL_OK) {
        rpc_answer(call, &out.base);
    } else {
        rpc_fail(call, err, &detail);
    }
    suggestions_fini(found);
    hl_free(found);
}

/* --- State. -------------------------------------------------------------- */

static void tell_state(struct rpc_call *call, const ProtobufCMessage *message,
                       void *context)
{
    (void)message;
    struct index_service *service = context;
    struct follower_view view;
    struct writer position = {0};
    Heluo__V1__IndexStateResponse out = HELUO__V1__INDEX_STATE_RESPONSE__INIT;
    follower_look(service->follower, &view, &position);
    out.records = search_index_count(service->index);
    out.loading = search_index_is_loading(service->index);
    out.disk_full = view.waits;
    out.following = view.connected;
    out.position =
        (ProtobufCBinaryData){.len = position.size, .data = position.data};
    rpc_answer(call, &out.base);
    writer_fini(&position);
}

static const struct rpc_method methods[] = {
    {.path = "/heluo.v1.Index/Find",
     .kind = RPC_UNARY,
     .roles = ROLE_BIT(ROLE_OPERATOR),
     .request = &heluo__v1__index_find_request__descriptor,
     .response = &heluo__v1__index_find_response__descriptor,
     .request_max_bytes = REQUEST_MAX_BYTES,
     .handle = find},
    {.path = "/heluo.v1.Index/Suggest",
     .kind = RPC_UNARY,
     .roles = ROLE_BIT(ROLE_OPERATOR),
     .request = &heluo__v1__search_suggest_request__descriptor,
     .response = &heluo__v1__search_suggest_response__descriptor,
     .request_max_bytes = REQUEST_MAX_BYTES,
     .handle = suggest},
    {.path = "/heluo.v1.Index/State",
     .kind = RPC_UNARY,
     .roles = ROLE_BIT(ROLE_OPERATOR),
     .request = &heluo__v1__index_state_request__descriptor,
     .response = &heluo__v1__index_state_response__descriptor,
     .request_max_bytes = REQUEST_MAX_BYTES,
     .handle = tell_state},
    {0},
};

void index_service_init(struct index_service *service,
                        struct search_index *index, struct follower *follower)
{
    *service = (struct index_service){.index = index, .follower = follower};
    service->table[0] = (struct rpc_service){
        .name = "heluo.v1.Index", .methods = methods, .context = service};
}
