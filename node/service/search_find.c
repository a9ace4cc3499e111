/* SPDX-License-Identifier: Apache-2.0 */

/* Search.Find, and the table of Search's methods. */

#include <string.h>

#include "node/catalogue/division.h"
#include "node/catalogue/instrument_class.h"
#include "node/service/search_call.h"
#include "protocol/entry/origin.h"

enum { REQUEST_MAX_BYTES = 16384, LIST_YEAR = 2023 };

struct finding_call {
    struct search_call search; /* first */
    Heluo__V1__IndexFindRequest request;
    Heluo__V1__SearchFindRequest find;
    Heluo__V1__SearchFindResponse response;
};

/* --- The question. ------------------------------------------------------- */

/* A unit may be given by its id alone: then of the scheme in which there is
 * one. */
static hl_err take_unit(struct finding_call *finding, struct hl_detail *detail)
{
    static const char *const schemes[] = {"uscc", "org", "nrii", "ror"};
    const char *given = finding->find.unit;
    const char *space = strchr(given, ' ');
    if (given[0] == '\0') {
        return HL_OK;
    }
    if (space != NULL && space[1] == '\0') {
        return hl_fail(detail, HL_EMALFORMED,
                       "unit: '%.40s': its id, or its scheme, a blank and its "
                       "id",
                       given);
    }
    if (space != NULL) {
        finding->request.unit_scheme = call_text(
            finding->search.call, bytes_of(given, (size_t)(space - given)));
        finding->find.unit = (char *)(uintptr_t)(space + 1);
        return HL_OK;
    }
    hl_err err = search_call_read(&finding->search, detail);
    for (size_t i = 0; err == HL_OK && i < sizeof(schemes) / sizeof(schemes[0]);
         i++) {
        struct unit unit;
        bool found = false;
        err = search_unit(finding->search.txn, bytes_of_text(schemes[i]),
                          bytes_of_text(given), &unit, &found, detail);
        if (found) {
            finding->request.unit_scheme = (char *)(uintptr_t)schemes[i];
            break;
        }
        if (i == 0) { /* whose nobody states */
            finding->request.unit_scheme = (char *)(uintptr_t)schemes[0];
        }
    }
    return err;
}

/* The node's id, as its journal's origin. */
static void take_node(struct finding_call *finding)
{
    struct writer origin = {0};
    const char *node = finding->find.node;
    finding->request.origin = (char *)"";
    if (node[0] != '\0') {
        writer_format(&origin, "%s/%s",
                      finding->search.services->options.alliance, node);
        finding->request.origin =
            call_text(finding->search.call, writer_view(&origin));
        writer_fini(&origin);
    }
}

/* --- The answer. --------------------------------------------------------- */

static hl_err put_hits(struct finding_call *finding,
                       const Heluo__V1__IndexFindResponse *found,
                       struct hl_detail *detail)
{
    struct search_call *search = &finding->search;
    Heluo__V1__SearchFindResponse *response = &finding->response;
    response->hits = rpc_call_alloc(
        search->call, (found->n_hits + 1) * sizeof(response->hits[0]));
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && i < found->n_hits; i++) {
        struct search_record record;
        err = search_record_of(search, found->hits[i], &record, detail);
        if (err == HL_OK && record.there) {
            Heluo__V1__SearchHit *hit = search_hit_of(
                search, &record, bytes_of_text(found->hits[i]->origin),
                found->words, found->n_words);
            hit->level = found->hits[i]->level;
            response->hits[response->n_hits++] = hit;
        }
    }
    return err;
}

static char *name_of_value(struct finding_call *finding, const char *field,
                           const char *value)
{
    if (strcmp(field, "region") == 0) {
        const struct division *at =
            division_find(LIST_YEAR, bytes_of_text(value));
        return (char *)(uintptr_t)(at == NULL ? "" : at->name_zh);
    }
    if (strcmp(field, "class_code") == 0) {
        const struct instrument_class *class =
            instrument_class_find(bytes_of_text("nrii"), bytes_of_text(value));
        return (char *)(uintptr_t)(class == NULL ? "" : class->name_zh);
    }
    const char *space = strchr(value, ' ');
    return strcmp(field, "unit") == 0 && space != NULL
               ? search_unit_name(&finding->search,
                                  bytes_of(value, (size_t)(space - value)),
                                  bytes_of_text(space + 1))
               : (char *)"";
}

static Heluo__V1__SearchFacet *facet_of(struct finding_call *finding,
                                        const Heluo__V1__SearchFacet *from)
{
    struct rpc_call *call = finding->search.call;
    Heluo__V1__SearchFacet *facet = rpc_call_alloc(call, sizeof(*facet));
    heluo__v1__search_facet__init(facet);
    facet->field = call_text(call, bytes_of_text(from->field));
    facet->values =
        rpc_call_alloc(call, (from->n_values + 1) * sizeof(facet->values[0]));
    for (size_t i = 0; i < from->n_values; i++) {
        Heluo__V1__SearchFacet__Value *value =
            rpc_call_alloc(call, sizeof(*value));
        struct bytes text = bytes_of_text(from->values[i]->value);
        heluo__v1__search_facet__value__init(value);
        value->name =
            name_of_value(finding, facet->field, from->values[i]->value);
        value->value = call_text(
            call, strcmp(from->field, "node") == 0 ? origin_node(text) : text);
        value->count = from->values[i]->count;
        facet->values[facet->n_values++] = value;
    }
    return facet;
}

static hl_err make_answer(struct finding_call *finding,
                          const Heluo__V1__IndexFindResponse *found,
                          struct hl_detail *detail)
{
    struct rpc_call *call = finding->search.call;
    Heluo__V1__SearchFindResponse *response = &finding->response;
    heluo__v1__search_find_response__init(response);
    hl_err err = search_call_read(&finding->search, detail);
    if (err == HL_OK) {
        err = put_hits(finding, found, detail);
    }
    if (err == HL_OK) {
        err = search_as_of(&finding->search, &found->position,
                           &response->n_as_of, &response->as_of, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    response->total = found->total;
    response->loose = found->loose;
    response->next_page_token =
        call_bytes(call, bytes_of_binary(&found->next_page_token));
    response->facets = rpc_call_alloc(call, (found->n_facets + 1) *
                                                sizeof(response->facets[0]));
    for (size_t i = 0; i < found->n_facets; i++) {
        response->facets[response->n_facets++] =
            facet_of(finding, found->facets[i]);
    }
    return HL_OK;
}

static hl_err run(struct search_call *search, struct hl_detail *detail)
{
    struct finding_call *finding = (struct finding_call *)search;
    Heluo__V1__IndexFindResponse *found = NULL;
    take_node(finding);
    hl_err err = take_unit(finding, detail);
    store_abort(&search->txn); /* what is found is read as of later */
    if (err == HL_OK) {
        err = search_call_ask(search, &finding->request, &found, detail);
    }
    if (err == HL_OK) {
        err = make_answer(finding, found, detail);
    }
    if (err == HL_OK) {
        store_abort(&search->txn);
        rpc_answer(search->call, &finding->response.base);
    }
    if (found != NULL) {
        protobuf_c_message_free_unpacked(&found->base, NULL);
    }
    return err;
}

void search_find(struct rpc_call *call, const ProtobufCMessage *message,
                 void *context)
{
    struct finding_call *finding = rpc_call_alloc(call, sizeof(*finding));
    finding->search =
        (struct search_call){.call = call, .services = context, .run = run};
    finding->find = *(const Heluo__V1__SearchFindRequest *)message;
    heluo__v1__index_find_request__init(&finding->request);
    finding->request.find = &finding->find;
    search_call_enter(&finding->search);
}

/* --- Suggest. ------------------------------------------------------------ */

enum { SUGGEST_TEXT_MAX_BYTES = 1000, SUGGESTIONS_MAX = 100 };

struct suggesting {
    struct search_call search; /* first */
    const Heluo__V1__SearchSuggestRequest *asked;
};

static hl_err run_suggest(struct search_call *search, struct hl_detail *detail)
{
    struct suggesting *suggesting = (struct suggesting *)search;
    ProtobufCMessage *found = NULL;
    hl_err err = search_call_pass(
        search, "/heluo.v1.Index/Suggest", &suggesting->asked->base,
        &heluo__v1__search_suggest_response__descriptor, &found, detail);
    if (err == HL_OK) {
        rpc_answer(search->call, found);
    }
    protobuf_c_message_free_unpacked(found, NULL);
    return err;
}

static void search_suggest(struct rpc_call *call,
                           const ProtobufCMessage *message, void *context)
{
    struct suggesting *suggesting = rpc_call_alloc(call, sizeof(*suggesting));
    struct hl_detail detail = {0};
    suggesting->search = (struct search_call){
        .call = call, .services = context, .run = run_suggest};
    suggesting->asked = (const void *)message;
    if (strlen(suggesting->asked->text) > SUGGEST_TEXT_MAX_BYTES ||
        suggesting->asked->count > SUGGESTIONS_MAX) {
        rpc_fail(call,
                 hl_fail(&detail, HL_ELIMIT,
                         "text: at most %d bytes; count: at most %d",
                         SUGGEST_TEXT_MAX_BYTES, SUGGESTIONS_MAX),
                 &detail);
        return;
    }
    search_call_enter(&suggesting->search);
}

#define READERS                                                                \
    (ROLE_BIT(ROLE_PLATFORM) | ROLE_BIT(ROLE_OPERATOR) |                       \
     ROLE_BIT(ROLE_COORDINATOR) | ROLE_BIT(ROLE_CLEARING))

#define METHOD(name_, type_, handle_)                                          \
    {                                                                          \
        .path = "/heluo.v1.Search/" name_, .kind = RPC_UNARY,                  \
        .roles = READERS,                                                      \
        .request = &heluo__v1__search_##type_##_request__descriptor,           \
        .response = &heluo__v1__search_##type_##_response__descriptor,         \
        .request_max_bytes = REQUEST_MAX_BYTES, .handle = (handle_)            \
    }

enum { MATCH_WATCHES_MAX = 16 }; /* open at a time */

const struct rpc_method search_methods[] = {
    METHOD("Find", find, search_find),
    METHOD("Match", match, search_match),
    METHOD("Review", review, search_review),
    METHOD("Suggest", suggest, search_suggest),
    {.path = "/heluo.v1.Search/WatchMatches",
     .kind = RPC_SERVER_STREAM,
     .roles = READERS,
     .request = &heluo__v1__search_watch_matches_request__descriptor,
     .response = &heluo__v1__search_new_match__descriptor,
     .request_max_bytes = TOKEN_MAX_BYTES + REQUEST_MAX_BYTES,
     .open_max = MATCH_WATCHES_MAX,
     .handle = search_watch_matches},
    {0},
};
