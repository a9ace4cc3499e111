/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo unit get` and `list`, and the same of the other kinds. */

#include <inttypes.h>
#include <string.h>

#include "node/catalogue/rules.h"
#include "node/cli/cmd_record.h"
#include "node/cli/connect.h"
#include "node/cli/term.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_time.h"

enum { PAGE_SIZE = 1000 };

bool record_of_view(const Heluo__V1__RecordView *view,
                    const struct record_kind **kind, union record_room *out)
{
    memset(out, 0, sizeof(*out));
    *kind = view->record == NULL
                ? NULL
                : record_kind_of_number((uint32_t)view->record->record_case);
    if (*kind == NULL || *record_member(view->record) == NULL) {
        return false;
    }
    record_from_message((*kind)->type, *record_member(view->record), out);
    return true;
}

bool record_is_taken(const Heluo__V1__RecordView *view)
{
    const struct record_kind *kind;
    union record_room record;
    const char *slash = strrchr(view->origin, '/');
    return record_of_view(view, &kind, &record) && kind->homed &&
           slash != NULL &&
           !bytes_equal_text(((struct homed *)(void *)&record)->home,
                             slash + 1);
}

static json_t *bytes_json(struct bytes text)
{
    return json_stringn(text.size == 0 ? "" : (const char *)text.data,
                        text.size);
}

static void set_text(json_t *object, const char *name, const char *text)
{
    json_object_set_new(object, name, cli_json_text(text));
}

static void set_number(json_t *object, const char *name, uint64_t number)
{
    json_object_set_new(object, name, json_integer((json_int_t)number));
}

/* By the field's name: numbers as they are kept, words as words. */
static void set_fields(json_t *object, const struct record_kind *kind,
                       const union record_room *record)
{
    size_t count;
    const struct attribute *attributes = attributes_of(kind, &count);
    for (size_t i = 0; i < count; i++) {
        const struct attribute *attribute = &attributes[i];
        const struct field *field = attribute_field(kind, attribute);
        const void *place = record->bytes + field->offset;
        if (field->kind == FIELD_UINT && attribute->words == NULL) {
            set_number(object, field->name, *(const uint64_t *)place);
            continue;
        }
        struct writer text = {0};
        attribute_format(kind, attribute, record, &text);
        json_object_set_new(object, field->name,
                            bytes_json(writer_view(&text)));
        writer_fini(&text);
    }
}

/* Of a record that has a home: its first one is not here, or never stated it,
 * so that nobody knows whose it is. */
static bool is_nobodys(const Heluo__V1__RecordView *view)
{
    const struct record_kind *kind =
        view->record == NULL
            ? NULL
            : record_kind_of_number((uint32_t)view->record->record_case);
    return kind != NULL && kind->homed && view->owner[0] == '\0';
}

json_t *record_view_json(const Heluo__V1__RecordView *view)
{
    const struct record_kind *kind;
    union record_room record;
    char when[WALL_TEXT_BYTES];
    json_t *object = json_object();
    if (record_of_view(view, &kind, &record)) {
        set_fields(object, kind, &record);
    }
    wall_format((struct hl_wall){(int64_t)view->recorded_at_ms}, when);
    set_text(object, "origin", view->origin);
    set_number(object, "first_index", view->first_index);
    set_number(object, "index", view->index);
    set_text(object, "recorded_at", when);
    json_object_set_new(object, "retired", json_boolean(view->retired));
    if (view->retired) {
        set_text(object, "retire_reason", view->retire_reason);
    }
    if (is_nobodys(view)) {
        json_object_set_new(object, "owner", json_null());
    } else if (view->owner[0] != '\0' &&
               strcmp(view->owner, view->origin) != 0) {
        set_text(object, "owner", view->owner);
    }
    if (view->moving_to[0] != '\0') {
        set_text(object, "moving_to", view->moving_to);
    }
    return object;
}

/* What is empty is left out, where the record has many fields. */
static void print_view(const Heluo__V1__RecordView *view)
{
    json_t *object = record_view_json(view);
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(object, name, value)
    {
        bool empty = json_is_string(value) && json_string_length(value) == 0;
        if (empty) {
            continue;
        }
        printf("%-22s ", name);
        if (json_is_integer(value)) {
            printf("%" JSON_INTEGER_FORMAT "\n", json_integer_value(value));
        } else if (json_is_boolean(value)) {
            puts(json_is_true(value) ? "yes" : "no");
        } else if (json_is_null(value)) {
            puts("not known here");
        } else {
            term_put(stdout, json_string_value(value));
            putchar('\n');
        }
    }
    json_decref(object);
}

static json_t *positions_json(const Heluo__V1__CatalogueGetResponse *answer)
{
    json_t *object = json_object();
    for (size_t i = 0; i < answer->n_as_of; i++) {
        const Heluo__V1__Position *position = answer->as_of[i];
        /* Fails, and leaves it out, where that is no text. */
        json_object_set_new(object, position->origin,
                            json_integer((json_int_t)position->size));
    }
    return object;
}

static void tell_records(const struct cli_call *call,
                         const Heluo__V1__CatalogueGetResponse *answer)
{
    json_t *records = json_array();
    for (size_t i = 0; i < answer->n_records; i++) {
        if (call->json) {
            json_array_append_new(records,
                                  record_view_json(answer->records[i]));
            continue;
        }
        if (i > 0) {
            putchar('\n');
        }
        print_view(answer->records[i]);
    }
    if (call->json) {
        json_t *object = json_object();
        json_object_set(object, "records", records);
        json_object_set_new(object, "as_of", positions_json(answer));
        cli_print_json(object);
    }
    json_decref(records);
}

hl_err cmd_record_get(struct cli_call *call)
{
    Heluo__V1__CatalogueGetRequest request =
        HELUO__V1__CATALOGUE_GET_REQUEST__INIT;
    Heluo__V1__RecordKey key = HELUO__V1__RECORD_KEY__INIT;
    struct node_link link = {0};
    ProtobufCMessage *answer = NULL;
    request.key = &key;
    record_take_key(call, &key);
    hl_err err = node_link_open(call, &link);
    if (err == HL_OK) {
        err = node_link_ask(
            call, &link, "/heluo.v1.Catalogue/Get", &request.base,
            &heluo__v1__catalogue_get_response__descriptor, &answer);
    }
    if (err == HL_OK &&
        ((Heluo__V1__CatalogueGetResponse *)answer)->n_records == 0) {
        err = hl_fail(&call->detail, HL_ENOTFOUND, "no %s %s:%s",
                      record_kind_called(call)->word, key.unit_scheme,
                      key.unit_id);
    }
    if (err == HL_OK) {
        tell_records(call, (Heluo__V1__CatalogueGetResponse *)answer);
    }
    protobuf_c_message_free_unpacked(answer, NULL);
    node_link_close(&link);
    return err;
}

/* Pages as they come: a list of a million records takes the memory of one. */
struct listing {
    struct cli_call *call;
    struct term_table table;
    uint64_t count;
};

enum { COLUMNS = 6 };

static const char *const heads[COLUMNS] = {"ID",     "PLACE", "KIND",
                                           "ORIGIN", "STATE", "NAME"};

/* What a line says of the record itself. */
struct line {
    char id[320];
    char place[8];
    char kind[32];
    char name[304];
};

static void put_attribute(const struct record_kind *kind, const char *name,
                          const union record_room *record, char *out,
                          size_t size)
{
    const struct attribute *attribute =
        attribute_find(kind, bytes_of_text(name));
    size_t used = strlen(out);
    struct writer text = {0};
    if (attribute == NULL) {
        return;
    }
    attribute_format(kind, attribute, record, &text);
    snprintf(out + used, size - used, "%.*s", BYTES_ARGS(writer_view(&text)));
    writer_fini(&text);
}

static void describe(const struct record_kind *kind,
                     const union record_room *record, struct line *line)
{
    *line = (struct line){0};
    put_attribute(kind, kind->homed ? "unit_scheme" : "scheme", record,
                  line->id, sizeof(line->id));
    strcat(line->id, ":");
    put_attribute(kind, kind->homed ? "unit_id" : "id", record, line->id,
                  sizeof(line->id));
    if (kind->homed) {
        strcat(line->id, " ");
        put_attribute(kind, "inner_id", record, line->id, sizeof(line->id));
    }
    put_attribute(kind, "division", record, line->place, sizeof(line->place));
    put_attribute(kind, "kind", record, line->kind, sizeof(line->kind));
    put_attribute(kind, "name_zh", record, line->name, sizeof(line->name));
    put_attribute(kind, "title", record, line->name, sizeof(line->name));
    if (line->name[0] == '\0') {
        put_attribute(kind, "name_en", record, line->name, sizeof(line->name));
    }
}

void record_describe(const Heluo__V1__RecordView *view,
                     char id[RECORD_ID_BYTES], char name[RECORD_NAME_BYTES])
{
    const struct record_kind *kind;
    union record_room record;
    struct line line = {0};
    if (record_of_view(view, &kind, &record)) {
        describe(kind, &record, &line);
    }
    snprintf(id, RECORD_ID_BYTES, "%s", line.id);
    snprintf(name, RECORD_NAME_BYTES, "%s", line.name);
}

static void add_row(struct listing *listing, const Heluo__V1__RecordView *view)
{
    const struct record_kind *kind;
    union record_room record;
    struct line line = {0};
    if (record_of_view(view, &kind, &record)) {
        describe(kind, &record, &line);
    }
    bool moved =
        view->owner[0] != '\0' && strcmp(view->owner, view->origin) != 0;
    const char *const cells[COLUMNS] = {line.id,
                                        line.place,
                                        line.kind,
                                        view->origin,
                                        view->retired                ? "retired"
                                        : moved                      ? "moved"
                                        : is_nobodys(view)           ? "claimed"
                                        : view->moving_to[0] != '\0' ? "moving"
                                                                     : "active",
                                        line.name};
    term_table_add(&listing->table, cells);
}

static void tell_page(struct listing *listing,
                      const Heluo__V1__CatalogueListResponse *page)
{
    if (listing->count == 0 && page->n_records > 0 && !listing->call->json) {
        term_table_add(&listing->table, heads);
    }
    for (size_t i = 0; i < page->n_records; i++) {
        if (listing->call->json) {
            fputs(listing->count + i == 0 ? "[\n" : ",\n", stdout);
            json_t *object = record_view_json(page->records[i]);
            json_dumpf(object, stdout, JSON_PRESERVE_ORDER);
            json_decref(object);
        } else {
            add_row(listing, page->records[i]);
        }
    }
    listing->count += page->n_records;
    term_table_print(&listing->table, stdout);
}

/* Asks for a page and makes the request one for the next; *more is false
 * after the last. */
static hl_err next_page(struct listing *listing, struct node_link *link,
                        Heluo__V1__CatalogueListRequest *request, bool *more)
{
    ProtobufCMessage *answer = NULL;
    hl_err err = node_link_ask(
        listing->call, link, "/heluo.v1.Catalogue/List", &request->base,
        &heluo__v1__catalogue_list_response__descriptor, &answer);
    if (err != HL_OK) {
        return err;
    }
    Heluo__V1__CatalogueListResponse *page =
        (Heluo__V1__CatalogueListResponse *)answer;
    tell_page(listing, page);
    *more = page->next_page_token.len > 0;
    if (*more &&
        bytes_equal(
            bytes_of(page->next_page_token.data, page->next_page_token.len),
            bytes_of(request->page_token.data, request->page_token.len))) {
        err = hl_fail(&listing->call->detail, HL_EMALFORMED,
                      "the node gives the same page for ever");
    }
    /* The request takes the token over. */
    ProtobufCBinaryData former = request->page_token;
    request->page_token = page->next_page_token;
    page->next_page_token = former;
    protobuf_c_message_free_unpacked(answer, NULL);
    return err;
}

hl_err cmd_record_list(struct cli_call *call)
{
    Heluo__V1__CatalogueListRequest request =
        HELUO__V1__CATALOGUE_LIST_REQUEST__INIT;
    struct node_link link = {0};
    struct listing listing = {.call = call, .table.column_count = COLUMNS};
    bool more = true;
    const char *origin = cli_get(call, "origin");
    request.kind = (Heluo__V1__RecordKind)record_kind_called(call)->number;
    request.origin = (char *)(uintptr_t)(origin == NULL ? "" : origin);
    request.include_retired = cli_has(call, "retired");
    request.page_size = PAGE_SIZE;
    hl_err err = node_link_open(call, &link);
    while (err == HL_OK && more) {
        err = next_page(&listing, &link, &request, &more);
    }
    if (err == HL_OK && call->json) {
        puts(listing.count == 0 ? "[]" : "\n]");
    }
    if (request.page_token.len > 0) {
        hl_free(request.page_token.data);
    }
    term_table_fini(&listing.table);
    node_link_close(&link);
    return err;
}
