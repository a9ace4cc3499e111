/* SPDX-License-Identifier: Apache-2.0 */
#include "node/service/search_call.h"

#include <string.h>

#include "node/catalogue/instrument_class.h"
#include "node/text/hits.h"
#include "protocol/entry/origin.h"

enum { SNIPPETS_MAX = 3, SNIPPET_CHARS = 40 };

/* --- Asking. ------------------------------------------------------------- */

/* What lies between the two processes is no fault of the caller's. */
static hl_err translate(hl_err err, struct hl_detail *detail)
{
    return err == HL_ECONNECT || err == HL_EDEADLINE || err == HL_ESTOPPING
               ? hl_fail(detail, HL_EAWAY,
                         "heluo-search does not answer: everything but "
                         "searches goes on; heluo status says more")
               : err;
}

hl_err search_call_pass(struct search_call *search, const char *path,
                        const ProtobufCMessage *request,
                        const ProtobufCMessageDescriptor *answer,
                        ProtobufCMessage **out, struct hl_detail *detail)
{
    return translate(
        search_asker_call(search->asker, path, request, answer, out, detail),
        detail);
}

hl_err search_call_ask(struct search_call *search,
                       const Heluo__V1__IndexFindRequest *request,
                       Heluo__V1__IndexFindResponse **out,
                       struct hl_detail *detail)
{
    ProtobufCMessage *answer = NULL;
    hl_err err = search_call_pass(
        search, "/heluo.v1.Index/Find", &request->base,
        &heluo__v1__index_find_response__descriptor, &answer, detail);
    *out = (Heluo__V1__IndexFindResponse *)answer;
    return err;
}

hl_err search_call_read(struct search_call *search, struct hl_detail *detail)
{
    return search->txn != NULL
               ? HL_OK
               : store_begin_read(search->services->options.store, &search->txn,
                                  detail);
}

static void run(struct search_wait *wait, struct search_asker *asker)
{
    struct search_call *search = (struct search_call *)wait;
    struct rpc_call *call = search->call;
    struct hl_detail detail = {0};
    search->asker = asker;
    hl_err err = search->run(search, &detail);
    if (err != HL_OK) {
        store_abort(&search->txn);
        rpc_fail(call, err, &detail);
    }
}

static void give_up(struct search_wait *wait)
{
    struct search_call *search = (struct search_call *)wait;
    struct hl_detail detail = {0};
    rpc_fail(search->call,
             hl_fail(&detail, HL_ESTOPPING, "the node is shutting down"),
             &detail);
}

hl_err search_call_check(const struct services *services,
                         struct hl_detail *detail)
{
    return services->search == NULL
               ? hl_fail(detail, HL_EAWAY,
                         "this node has no heluo-search: its configuration "
                         "says search = off")
               : HL_OK;
}

void search_call_enter(struct search_call *search)
{
    struct hl_detail detail = {0};
    search->wait.run = run;
    search->wait.give_up = give_up;
    hl_err err = search_call_check(search->services, &detail);
    if (err == HL_OK) {
        err =
            search_room_enter(search->services->search, &search->wait, &detail);
    }
    if (err != HL_OK) {
        rpc_fail(search->call, err, &detail);
    }
}

/* --- Units. -------------------------------------------------------------- */

hl_err search_unit(struct store_txn *txn, struct bytes scheme, struct bytes id,
                   struct unit *out, bool *found, struct hl_detail *detail)
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

char *search_unit_name(struct search_call *search, struct bytes scheme,
                       struct bytes id)
{
    struct unit unit;
    bool found = false;
    return search_unit(search->txn, scheme, id, &unit, &found, NULL) == HL_OK &&
                   found
               ? call_text(search->call,
                           unit.name_zh.size > 0 ? unit.name_zh : unit.name_en)
               : (char *)"";
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

Heluo__V1__SearchHit *search_hit_of(struct search_call *search,
                                    const struct search_record *record,
                                    struct bytes origin, char *const *words,
                                    size_t word_count)
{
    struct rpc_call *call = search->call;
    const struct record_kind *kind = record->kind;
    Heluo__V1__SearchHit *hit = rpc_call_alloc(call, sizeof(*hit));
    heluo__v1__search_hit__init(hit);
    hit->record = record_view(call, kind, origin, &record->row);
    if (kind->homed) {
        const struct homed *homed = (const void *)&record->record;
        record_view_home(call, hit->record, &record->home);
        hit->unit_name =
            search_unit_name(search, homed->unit_scheme, homed->unit_id);
    }
    struct marking marking = {.call = call, .hit = hit, .count = word_count};
    marking.words =
        rpc_call_alloc(call, (word_count + 1) * sizeof(struct bytes));
    for (size_t i = 0; i < word_count; i++) {
        marking.words[i] = bytes_of_text(words[i]);
    }
    hit->snippets =
        rpc_call_alloc(call, SNIPPETS_MAX * sizeof(hit->snippets[0]));
    put_snippets(&marking, kind, &record->record);
    return hit;
}

hl_err search_record_of(struct search_call *search,
                        const Heluo__V1__IndexFindResponse__Hit *hit,
                        struct search_record *out, struct hl_detail *detail)
{
    struct bytes origin = bytes_of_text(hit->origin);
    struct journal journal;
    bool there = false;
    *out = (struct search_record){.kind = record_kind_of_number(hit->kind)};
    if (out->kind == NULL) {
        return HL_OK;
    }
    hl_err err = journal_find(search->txn, origin, &journal, &there, detail);
    if (err == HL_OK && there) {
        err = projection_get(search->txn, out->kind->type, journal.number,
                             bytes_of_binary(&hit->key), &out->row, &there,
                             detail);
    }
    if (err == HL_OK && there && out->kind->homed) {
        err = record_home_of(search->txn, out->kind, origin, &out->row,
                             &out->home, detail);
    }
    out->there = err == HL_OK && there && !out->row.retired &&
                 !record_is_elsewhere(&out->home, origin, &out->row);
    if (out->there) {
        record_decode(out->kind->type, out->row.record, &out->record);
    }
    return err;
}

/* --- As of when. --------------------------------------------------------- */

static uint64_t heard_of(const struct search_call *search,
                         const struct partners_view *view, const char *origin)
{
    const struct services *services = search->services;
    if (strcmp(origin, services->origin) == 0) {
        return (uint64_t)services->options.wall().ms;
    }
    const struct partner *partner =
        partners_find(view, origin_node(bytes_of_text(origin)));
    return partner == NULL ? 0 : (uint64_t)partner->as_of.ms;
}

hl_err search_as_of(struct search_call *search,
                    const ProtobufCBinaryData *position, size_t *count,
                    Heluo__V1__SearchAsOf ***list, struct hl_detail *detail)
{
    struct positions indexed = {0}, now = {0};
    hl_err err = positions_read(bytes_of_binary(position), &indexed, detail);
    if (err == HL_OK) {
        err = positions_now(search->txn, &now, detail);
    }
    if (err == HL_OK) {
        struct partners_view view = partners_now(search->services);
        *list =
            rpc_call_alloc(search->call, (now.count + 1) * sizeof((*list)[0]));
        for (*count = 0; *count < now.count; (*count)++) {
            Heluo__V1__SearchAsOf *as_of =
                rpc_call_alloc(search->call, sizeof(*as_of));
            const struct position *item = &now.items[*count];
            heluo__v1__search_as_of__init(as_of);
            as_of->origin =
                call_text(search->call, bytes_of_text(item->origin));
            as_of->indexed =
                positions_get(&indexed, bytes_of_text(item->origin)).size;
            as_of->held = item->size;
            as_of->heard_ms = heard_of(search, &view, item->origin);
            (*list)[*count] = as_of;
        }
        partners_view_fini(&view);
    }
    positions_fini(&indexed);
    positions_fini(&now);
    return err;
}
