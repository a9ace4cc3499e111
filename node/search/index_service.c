/* SPDX-License-Identifier: Apache-2.0 */
#include "node/search/index_service.h"

#include <heluo/v1/index.pb-c.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/search/query.h"
#include "node/search/suggest.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hash.h"
#include "protocol/base/reader.h"

enum {
    HITS_USUAL = 20,
    FACETS_USUAL = 10,
    SUGGESTIONS_USUAL = 10,
    REQUEST_MAX_BYTES = 65536,
    TOKEN_FORM = 1,
    ASKED_BYTES = 8,
};

typedef Heluo__V1__SearchFindRequest find_t;

/* --- Pages. -------------------------------------------------------------- */

/* A page goes on in the same question alone: its conditions, without which
 * page, and how much of it. */
static uint64_t asked_of(const Heluo__V1__IndexFindRequest *request)
{
    find_t find = *request->find;
    Heluo__V1__IndexFindRequest asked = *request;
    find.page_token = (ProtobufCBinaryData){0};
    find.page_size = find.facet_values = 0;
    asked.find = &find;
    size_t size = protobuf_c_message_get_packed_size(&asked.base);
    uint8_t *packed = hl_alloc(size + 1, 1);
    protobuf_c_message_pack(&asked.base, packed);
    struct hl_hash hash = hash_bytes(bytes_of(packed, size));
    uint64_t out = 0;
    for (unsigned i = 0; i < ASKED_BYTES; i++) {
        out = out << 8 | hash.bytes[i];
    }
    hl_free(packed);
    return out;
}

static hl_err read_token(const Heluo__V1__IndexFindRequest *request,
                         struct search_query *query, struct hl_detail *detail)
{
    const ProtobufCBinaryData *token = &request->find->page_token;
    struct reader reader;
    if (token->len == 0) {
        return HL_OK;
    }
    reader_init(&reader, bytes_of(token->data, token->len));
    unsigned form = reader_u8(&reader), loose = reader_u8(&reader);
    query->after.rank = reader_u64(&reader);
    query->after.tie = reader_u64(&reader);
    uint64_t asked = reader_u64(&reader);
    if (reader_finish(&reader) != HL_OK || form != TOKEN_FORM || loose > 1) {
        return hl_fail(detail, HL_EMALFORMED,
                       "page_token: not one that a page before gave");
    }
    if (asked != asked_of(request)) {
        return hl_fail(detail, HL_EMALFORMED,
                       "page_token: of another question: ask for its first "
                       "page");
    }
    query->goes_on = true;
    query->loose = loose == 1;
    return HL_OK;
}

static void write_token(struct rpc_call *call,
                        const Heluo__V1__IndexFindRequest *request,
                        const struct search_result *result,
                        ProtobufCBinaryData *out)
{
    struct writer token = {0};
    writer_u8(&token, TOKEN_FORM);
    writer_u8(&token, result->loose ? 1 : 0);
    writer_u64(&token, result->last.rank);
    writer_u64(&token, result->last.tie);
    writer_u64(&token, asked_of(request));
    out->data = rpc_call_alloc(call, token.size);
    out->len = token.size;
    memcpy(out->data, token.data, token.size);
    writer_fini(&token);
}

/* --- The question. ------------------------------------------------------- */

static hl_err take_digits(const char *field, const char *text,
                          struct bytes *out, struct hl_detail *detail)
{
    size_t size = strlen(text);
    if (size > 6 || size % 2 != 0 || strspn(text, "0123456789") != size) {
        return hl_fail(detail, HL_EMALFORMED,
                       "%s: '%.20s': two, four or six digits", field, text);
    }
    *out = bytes_of(text, size);
    return HL_OK;
}

static hl_err take_bits(const find_t *find, struct search_query *query,
                        struct hl_detail *detail)
{
    query->kinds = find->n_kinds == 0
                       ? 1u << HELUO__V1__RECORD_KIND__RECORD_KIND_INSTRUMENT
                       : 0;
    for (size_t i = 0; i < find->n_kinds; i++) {
        if (record_kind_of_number((uint32_t)find->kinds[i]) == NULL) {
            return hl_fail(detail, HL_EMALFORMED,
                           "kinds: %d is one that this node does not know",
                           (int)find->kinds[i]);
        }
        query->kinds |= 1u << find->kinds[i];
    }
    for (size_t i = 0; i < find->n_statuses; i++) {
        if (find->statuses[i] > 31) {
            return hl_fail(detail, HL_EMALFORMED, "statuses: %" PRIu32,
                           find->statuses[i]);
        }
        query->statuses |= 1u << find->statuses[i];
    }
    return HL_OK;
}

static hl_err take_numbers(const find_t *find, struct search_query *query,
                           struct hl_detail *detail)
{
    if (find->page_size > SEARCH_HITS_MAX ||
        find->facet_values > SEARCH_FACET_MAX) {
        return hl_fail(detail, HL_ELIMIT, "%s: at most %d",
                       find->page_size > SEARCH_HITS_MAX ? "page_size"
                                                         : "facet_values",
                       SEARCH_HITS_MAX);
    }
    query->hits = find->page_size == 0 ? HITS_USUAL : find->page_size;
    query->facets = find->facet_values == 0 ? FACETS_USUAL : find->facet_values;
    query->min_worth_fen = find->min_worth_fen;
    query->max_worth_fen =
        find->max_worth_fen == 0 ? UINT64_MAX : find->max_worth_fen;
    query->usable = find->usable;
    return HL_OK;
}

static hl_err take_sort(const find_t *find, struct search_query *query,
                        struct hl_detail *detail)
{
    static const enum search_sort sorts[] = {
        [HELUO__V1__SEARCH_SORT__SEARCH_SORT_BEST] = SEARCH_BEST,
        [HELUO__V1__SEARCH_SORT__SEARCH_SORT_NEAREST] = SEARCH_NEAREST,
        [HELUO__V1__SEARCH_SORT__SEARCH_SORT_DEAREST] = SEARCH_DEAREST,
        [HELUO__V1__SEARCH_SORT__SEARCH_SORT_CHEAPEST] = SEARCH_CHEAPEST,
        [HELUO__V1__SEARCH_SORT__SEARCH_SORT_NEWEST] = SEARCH_NEWEST,
    };
    if ((unsigned)find->sort >= sizeof(sorts) / sizeof(sorts[0])) {
        return hl_fail(detail, HL_EMALFORMED,
                       "sort: %d is one that this node does not know",
                       (int)find->sort);
    }
    query->sort = sorts[find->sort];
    if (query->sort == SEARCH_NEAREST && find->near[0] == '\0') {
        return hl_fail(detail, HL_EMALFORMED,
                       "sort: nearest to what? near is missing");
    }
    return HL_OK;
}

/* unit: of a scheme and an id, in the call's memory. */
static hl_err take_texts(struct rpc_call *call,
                         const Heluo__V1__IndexFindRequest *request,
                         struct search_query *query, struct hl_detail *detail)
{
    const find_t *find = request->find;
    query->text = bytes_of_text(find->text);
    query->origin = bytes_of_text(request->origin);
    size_t max = SEARCH_TEXT_MAX_BYTES;
    if (request->how == HELUO__V1__INDEX_HOW__INDEX_HOW_NAMES) {
        query->how = SEARCH_NAMES;
        max = SEARCH_PROSE_MAX_BYTES;
    } else if (request->how == HELUO__V1__INDEX_HOW__INDEX_HOW_LINES) {
        query->how = SEARCH_LINES;
        max = SEARCH_PROSE_MAX_BYTES;
    }
    if (query->text.size > max) {
        return hl_fail(detail, HL_ELIMIT, "text: %zu bytes, and at most %zu",
                       query->text.size, max);
    }
    if (find->near[0] != '\0' && strlen(find->near) != 6) {
        return hl_fail(detail, HL_EMALFORMED,
                       "near: '%.20s' is no division's code of six digits",
                       find->near);
    }
    hl_err err = take_digits("class_code", find->class_code,
                             &query->class_prefix, detail);
    if (err == HL_OK) {
        err = take_digits("region", find->region, &query->division_prefix,
                          detail);
    }
    if (err == HL_OK) {
        err = take_digits("near", find->near, &query->near, detail);
    }
    if (err == HL_OK && find->unit[0] != '\0') {
        size_t room = strlen(request->unit_scheme) + strlen(find->unit) + 2;
        char *unit = rpc_call_alloc(call, room);
        int size =
            snprintf(unit, room, "%s %s", request->unit_scheme, find->unit);
        query->unit = bytes_of(unit, (size_t)size);
    }
    return err;
}

static hl_err take_query(struct rpc_call *call,
                         const Heluo__V1__IndexFindRequest *request,
                         struct search_query *query, struct hl_detail *detail)
{
    *query = (struct search_query){0};
    if (request->find == NULL) {
        return hl_fail(detail, HL_EMALFORMED, "find: missing");
    }
    hl_err err = take_texts(call, request, query, detail);
    if (err == HL_OK) {
        err = take_bits(request->find, query, detail);
    }
    if (err == HL_OK) {
        err = take_numbers(request->find, query, detail);
    }
    if (err == HL_OK) {
        err = take_sort(request->find, query, detail);
    }
    return err == HL_OK ? read_token(request, query, detail) : err;
}

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
        write_token(call, request, result, &out.next_page_token);
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
    struct writer position = {0};
    follower_look(service->follower, &view, &position);
    struct search_result *result = hl_alloc(1, sizeof(*result));
    hl_err err = take_query(call, request, &query, &detail);
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
