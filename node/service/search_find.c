/* SPDX-License-Identifier: Apache-2.0 */

/* Search.Find: heluo-search says which records, in which order; what they are
 * is read here. */

#include <heluo/v1/index.pb-c.h>
#include <string.h>

#include "node/catalogue/division.h"
#include "node/catalogue/instrument_class.h"
#include "node/service/search_room.h"
#include "node/service/services_internal.h"
#include "node/text/hits.h"
#include "protocol/entry/origin.h"

enum {
    REQUEST_MAX_BYTES = 16384,
    SNIPPETS_MAX = 3,
    SNIPPET_CHARS = 40,
    LIST_YEAR = 2023,
};

struct finding_call {
    struct search_wait wait; /* first */
    struct rpc_call *call;
    struct services *services;
    Heluo__V1__IndexFindRequest request;
    Heluo__V1__SearchFindRequest find;
    struct store_txn *txn; /* while it is answered */
    Heluo__V1__SearchFindResponse response;
};

/* --- Units. -------------------------------------------------------------- */

/* Several cities may state a unit: the first half that has it. */
static hl_err find_unit(struct store_txn *txn, struct bytes scheme,
                        struct bytes id, struct unit *out, bool *found,
                        struct hl_detail *detail)
{
    struct writer key = {0};
    struct row row;
    uint32_t number = 0;
    *out = (struct unit){.scheme = scheme, .id = id};
    record_key(&unit_record, out, &key);
    hl_err err = projection_next_home(txn, &unit_record, writer_view(&key),
                                      NULL, &number, found, detail);
    if (err == HL_OK && *found) {
        err = projection_get(txn, &unit_record, number, writer_view(&key), &row,
                             found, detail);
    }
    if (err == HL_OK && *found) {
        record_decode(&unit_record, row.record, out);
    }
    writer_fini(&key);
    return err;
}

static char *unit_name(struct finding_call *finding, struct bytes scheme,
                       struct bytes id)
{
    struct unit unit;
    bool found = false;
    return find_unit(finding->txn, scheme, id, &unit, &found, NULL) == HL_OK &&
                   found
               ? call_text(finding->call,
                           unit.name_zh.size > 0 ? unit.name_zh : unit.name_en)
               : (char *)"";
}

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
    if (space != NULL) {
        finding->request.unit_scheme =
            call_text(finding->call, bytes_of(given, (size_t)(space - given)));
        finding->find.unit = (char *)(uintptr_t)(space + 1);
        return HL_OK;
    }
    struct store_txn *txn = NULL;
    hl_err err =
        store_begin_read(finding->services->options.store, &txn, detail);
    for (size_t i = 0; err == HL_OK && i < sizeof(schemes) / sizeof(schemes[0]);
         i++) {
        struct unit unit;
        bool found = false;
        err = find_unit(txn, bytes_of_text(schemes[i]), bytes_of_text(given),
                        &unit, &found, detail);
        if (found) {
            finding->request.unit_scheme = (char *)(uintptr_t)schemes[i];
            break;
        }
        if (i == 0) { /* whose nobody states */
            finding->request.unit_scheme = (char *)(uintptr_t)schemes[0];
        }
    }
    store_abort(&txn);
    return err;
}

/* --- Hits. --------------------------------------------------------------- */

static const char *const shown_fields[] = {
    "name_zh",   "name_en",   "title",      "model",        "manufacturer",
    "function",  "technical", "text",       "content",      "service_content",
    "standards", "subjects",  "department", "carrier_name", "achievement",
};

static bool is_shown(const struct field *field)
{
    for (size_t i = 0; i < sizeof(shown_fields) / sizeof(shown_fields[0]);
         i++) {
        if (strcmp(field->name, shown_fields[i]) == 0) {
            return true;
        }
    }
    return false;
}

static Heluo__V1__SearchHit__Snippet *
snippet_of(struct rpc_call *call, const char *field, const struct hits *hits)
{
    Heluo__V1__SearchHit__Snippet *snippet =
        rpc_call_alloc(call, sizeof(*snippet));
    heluo__v1__search_hit__snippet__init(snippet);
    snippet->field = (char *)(uintptr_t)field;
    snippet->text = call_text(call, hits->part);
    snippet->marks =
        rpc_call_alloc(call, 2 * hits->count * sizeof(snippet->marks[0]));
    for (size_t i = 0; i < hits->count; i++) {
        snippet->marks[snippet->n_marks++] = (uint32_t)hits->marks[i].from;
        snippet->marks[snippet->n_marks++] = (uint32_t)hits->marks[i].to;
    }
    return snippet;
}

struct marking {
    struct rpc_call *call;
    struct bytes *words;
    size_t count;
    Heluo__V1__SearchHit *hit;
};

static void put_snippet(const struct marking *marking, const char *field,
                        struct bytes text)
{
    struct hits hits;
    Heluo__V1__SearchHit *hit = marking->hit;
    if (hit->n_snippets < SNIPPETS_MAX &&
        hits_mark(text, marking->words, marking->count, SNIPPET_CHARS, &hits)) {
        hit->snippets[hit->n_snippets++] =
            snippet_of(marking->call, field, &hits);
    }
}

/* The record's texts; then what stands elsewhere and is searched with it. */
static void put_snippets(const struct marking *marking,
                         const struct record_kind *kind, const void *record)
{
    const struct record_type *type = kind->type;
    struct bytes scheme = {0}, code = {0};
    for (size_t i = 0; i < type->field_count; i++) {
        const struct field *field = &type->fields[i];
        if (field->kind != FIELD_TEXT) {
            continue;
        }
        struct bytes text =
            *(const struct bytes *)(const void *)((const uint8_t *)record +
                                                  field->offset);
        scheme = strcmp(field->name, "class_scheme") == 0 ? text : scheme;
        code = strcmp(field->name, "class_code") == 0 ? text : code;
        if (is_shown(field)) {
            put_snippet(marking, field->name, text);
        }
    }
    const struct instrument_class *class = instrument_class_find(scheme, code);
    for (; class != NULL; class = instrument_class_parent(class)) {
        put_snippet(marking, "class", bytes_of_text(class->name_zh));
    }
    put_snippet(marking, "unit", bytes_of_text(marking->hit->unit_name));
}

static void mark(struct rpc_call *call, const struct record_kind *kind,
                 const void *record, const Heluo__V1__IndexFindResponse *found,
                 Heluo__V1__SearchHit *hit)
{
    struct marking marking = {.call = call, .hit = hit};
    marking.count = found->n_words;
    marking.words =
        rpc_call_alloc(call, (found->n_words + 1) * sizeof(struct bytes));
    for (size_t i = 0; i < found->n_words; i++) {
        marking.words[i] = bytes_of_text(found->words[i]);
    }
    hit->snippets =
        rpc_call_alloc(call, SNIPPETS_MAX * sizeof(hit->snippets[0]));
    put_snippets(&marking, kind, record);
}

/* NULL: it is none any more; the index has not heard of that yet. */
static hl_err make_hit(struct finding_call *finding,
                       const Heluo__V1__IndexFindResponse *found,
                       const Heluo__V1__IndexFindResponse__Hit *from,
                       Heluo__V1__SearchHit **out, struct hl_detail *detail)
{
    const struct record_kind *kind = record_kind_of_number(from->kind);
    struct bytes origin = bytes_of_text(from->origin);
    struct journal journal;
    struct row row;
    struct record_home home = {0};
    bool there = false;
    *out = NULL;
    if (kind == NULL) {
        return HL_OK;
    }
    hl_err err = journal_find(finding->txn, origin, &journal, &there, detail);
    if (err == HL_OK && there) {
        err = projection_get(finding->txn, kind->type, journal.number,
                             bytes_of_binary(&from->key), &row, &there, detail);
    }
    if (err == HL_OK && there && kind->homed) {
        err = record_home_of(finding->txn, kind, origin, &row, &home, detail);
    }
    if (err != HL_OK || !there || row.retired ||
        record_is_elsewhere(&home, origin, &row)) {
        return err;
    }
    union record_room record;
    Heluo__V1__SearchHit *hit = rpc_call_alloc(finding->call, sizeof(*hit));
    heluo__v1__search_hit__init(hit);
    record_decode(kind->type, row.record, &record);
    hit->record = record_view(finding->call, kind, origin, &row);
    hit->level = from->level;
    if (kind->homed) {
        const struct homed *homed = (const void *)&record;
        record_view_home(finding->call, hit->record, &home);
        hit->unit_name = unit_name(finding, homed->unit_scheme, homed->unit_id);
    }
    mark(finding->call, kind, &record, found, hit);
    *out = hit;
    return HL_OK;
}

static hl_err put_hits(struct finding_call *finding,
                       const Heluo__V1__IndexFindResponse *found,
                       struct hl_detail *detail)
{
    Heluo__V1__SearchFindResponse *response = &finding->response;
    response->hits = rpc_call_alloc(
        finding->call, (found->n_hits + 1) * sizeof(response->hits[0]));
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && i < found->n_hits; i++) {
        Heluo__V1__SearchHit *hit;
        err = make_hit(finding, found, found->hits[i], &hit, detail);
        if (err == HL_OK && hit != NULL) {
            response->hits[response->n_hits++] = hit;
        }
    }
    return err;
}

/* --- Facets. ------------------------------------------------------------- */

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
               ? unit_name(finding, bytes_of(value, (size_t)(space - value)),
                           bytes_of_text(space + 1))
               : (char *)"";
}

static Heluo__V1__SearchFacet *facet_of(struct finding_call *finding,
                                        const Heluo__V1__SearchFacet *from)
{
    struct rpc_call *call = finding->call;
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

/* --- As of when. --------------------------------------------------------- */

static uint64_t heard_of(const struct finding_call *finding,
                         const struct partners_view *view, const char *origin)
{
    const struct services *services = finding->services;
    if (strcmp(origin, services->origin) == 0) {
        return (uint64_t)services->options.wall().ms;
    }
    const struct partner *partner =
        partners_find(view, origin_node(bytes_of_text(origin)));
    return partner == NULL ? 0 : (uint64_t)partner->as_of.ms;
}

static hl_err put_as_of(struct finding_call *finding,
                        const Heluo__V1__IndexFindResponse *found,
                        struct hl_detail *detail)
{
    struct positions indexed = {0}, now = {0};
    Heluo__V1__SearchFindResponse *response = &finding->response;
    hl_err err =
        positions_read(bytes_of_binary(&found->position), &indexed, detail);
    if (err == HL_OK) {
        err = positions_now(finding->txn, &now, detail);
    }
    if (err == HL_OK) {
        struct partners_view view = partners_now(finding->services);
        response->as_of = rpc_call_alloc(
            finding->call, (now.count + 1) * sizeof(response->as_of[0]));
        for (size_t i = 0; i < now.count; i++) {
            Heluo__V1__SearchAsOf *as_of =
                rpc_call_alloc(finding->call, sizeof(*as_of));
            struct bytes origin = bytes_of_text(now.items[i].origin);
            heluo__v1__search_as_of__init(as_of);
            as_of->origin = call_text(finding->call, origin);
            as_of->indexed = positions_get(&indexed, origin);
            as_of->held = now.items[i].size;
            as_of->heard_ms = heard_of(finding, &view, as_of->origin);
            response->as_of[response->n_as_of++] = as_of;
        }
        partners_view_fini(&view);
    }
    positions_fini(&indexed);
    positions_fini(&now);
    return err;
}

/* --- Find. --------------------------------------------------------------- */

static hl_err make_answer(struct finding_call *finding,
                          const Heluo__V1__IndexFindResponse *found,
                          struct hl_detail *detail)
{
    Heluo__V1__SearchFindResponse *response = &finding->response;
    heluo__v1__search_find_response__init(response);
    hl_err err = store_begin_read(finding->services->options.store,
                                  &finding->txn, detail);
    if (err == HL_OK) {
        err = put_hits(finding, found, detail);
    }
    if (err == HL_OK) {
        err = put_as_of(finding, found, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    response->total = found->total;
    response->loose = found->loose;
    response->next_page_token =
        call_bytes(finding->call, bytes_of_binary(&found->next_page_token));
    response->facets = rpc_call_alloc(
        finding->call, (found->n_facets + 1) * sizeof(response->facets[0]));
    for (size_t i = 0; i < found->n_facets; i++) {
        response->facets[response->n_facets++] =
            facet_of(finding, found->facets[i]);
    }
    return HL_OK;
}

/* What lies between the two processes is no fault of the caller's. */
static hl_err translate(hl_err err, struct hl_detail *detail)
{
    return err == HL_ECONNECT || err == HL_EDEADLINE || err == HL_ESTOPPING
               ? hl_fail(detail, HL_EAWAY,
                         "heluo-search does not answer: everything but "
                         "searches goes on; heluo status says more")
               : err;
}

static void run(struct search_wait *wait, struct client *client)
{
    struct finding_call *finding = (struct finding_call *)wait;
    struct hl_detail detail = {0};
    ProtobufCMessage *answer = NULL;
    hl_err err = client_call(
        client, "/heluo.v1.Index/Find", &finding->request.base,
        &heluo__v1__index_find_response__descriptor, &answer, &detail);
    err = translate(err, &detail);
    if (err == HL_OK) {
        err = make_answer(finding, (const Heluo__V1__IndexFindResponse *)answer,
                          &detail);
    }
    store_abort(&finding->txn);
    if (err == HL_OK) {
        rpc_answer(finding->call, &finding->response.base);
    } else {
        rpc_fail(finding->call, err, &detail);
    }
    protobuf_c_message_free_unpacked(answer, NULL);
}

static void give_up(struct search_wait *wait)
{
    struct finding_call *finding = (struct finding_call *)wait;
    struct hl_detail detail = {0};
    rpc_fail(finding->call,
             hl_fail(&detail, HL_ESTOPPING, "the node is shutting down"),
             &detail);
}

/* The node's id, as its journal's origin. */
static void take_node(struct finding_call *finding)
{
    struct writer origin = {0};
    const char *node = finding->find.node;
    finding->request.origin = (char *)"";
    if (node[0] != '\0') {
        writer_format(&origin, "%s/%s", finding->services->options.alliance,
                      node);
        finding->request.origin =
            call_text(finding->call, writer_view(&origin));
        writer_fini(&origin);
    }
}

static void find(struct rpc_call *call, const ProtobufCMessage *message,
                 void *context)
{
    struct services *services = context;
    struct hl_detail detail = {0};
    hl_err err = HL_OK;
    struct finding_call *finding = rpc_call_alloc(call, sizeof(*finding));
    finding->wait = (struct search_wait){.run = run, .give_up = give_up};
    finding->call = call;
    finding->services = services;
    finding->find = *(const Heluo__V1__SearchFindRequest *)message;
    heluo__v1__index_find_request__init(&finding->request);
    finding->request.find = &finding->find;
    if (services->search == NULL) {
        err = hl_fail(&detail, HL_EAWAY,
                      "this node has no heluo-search: its configuration says "
                      "search = off");
    }
    if (err == HL_OK) {
        take_node(finding);
        err = take_unit(finding, &detail);
    }
    if (err == HL_OK) {
        err = search_room_enter(services->search, &finding->wait, &detail);
    }
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
    }
}

#define READERS                                                                \
    (ROLE_BIT(ROLE_PLATFORM) | ROLE_BIT(ROLE_OPERATOR) |                       \
     ROLE_BIT(ROLE_COORDINATOR) | ROLE_BIT(ROLE_CLEARING))

const struct rpc_method search_methods[] = {
    {.path = "/heluo.v1.Search/Find",
     .kind = RPC_UNARY,
     .roles = READERS,
     .request = &heluo__v1__search_find_request__descriptor,
     .response = &heluo__v1__search_find_response__descriptor,
     .request_max_bytes = REQUEST_MAX_BYTES,
     .handle = find},
    {0},
};
