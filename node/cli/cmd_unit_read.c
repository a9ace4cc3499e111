/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo unit get` and `heluo unit list`. */

#include <inttypes.h>
#include <string.h>

#include "node/cli/cmd_unit.h"
#include "node/cli/connect.h"
#include "node/cli/term.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_time.h"

enum { PAGE_SIZE = 1000 };

static const Heluo__V1__UnitRecord no_record = HELUO__V1__UNIT_RECORD__INIT;

/* A node may leave out what it ought to say. */
static const Heluo__V1__UnitRecord *record_of(const Heluo__V1__UnitView *view)
{
    return view->unit == NULL ? &no_record : view->unit;
}

static void set_text(json_t *object, const char *name, const char *text)
{
    json_object_set_new(object, name, cli_json_text(text));
}

static void set_number(json_t *object, const char *name, uint64_t number)
{
    json_object_set_new(object, name, json_integer((json_int_t)number));
}

json_t *unit_view_json(const Heluo__V1__UnitView *view)
{
    const Heluo__V1__UnitRecord *unit = record_of(view);
    char kind[UNIT_KIND_WORD_BYTES];
    char when[WALL_TEXT_BYTES];
    unit_kind_word((int)unit->kind, kind);
    wall_format((struct hl_wall){(int64_t)view->recorded_at_ms}, when);
    json_t *object = json_object();
    set_text(object, "scheme", unit->scheme);
    set_text(object, "id", unit->id);
    set_text(object, "name_zh", unit->name_zh);
    set_text(object, "name_en", unit->name_en);
    set_text(object, "kind", kind);
    set_text(object, "division", unit->division);
    set_number(object, "division_revision", unit->division_revision);
    set_text(object, "switchboard", unit->switchboard);
    set_text(object, "mailbox", unit->mailbox);
    set_text(object, "home", view->home);
    set_number(object, "first_index", view->first_index);
    set_number(object, "index", view->index);
    set_text(object, "recorded_at", when);
    json_object_set_new(object, "retired", json_boolean(view->retired));
    if (view->retired) {
        set_text(object, "retire_reason", view->retire_reason);
    }
    return object;
}

static void print_view(const Heluo__V1__UnitView *view)
{
    json_t *object = unit_view_json(view);
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(object, name, value)
    {
        printf("%-18s ", name);
        if (json_is_integer(value)) {
            printf("%" JSON_INTEGER_FORMAT "\n", json_integer_value(value));
        } else if (json_is_boolean(value)) {
            puts(json_is_true(value) ? "yes" : "no");
        } else {
            term_put(stdout, json_string_value(value));
            putchar('\n');
        }
    }
    json_decref(object);
}

static json_t *positions_json(const Heluo__V1__UnitGetResponse *answer)
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

static void tell_units(const struct cli_call *call,
                       const Heluo__V1__UnitGetResponse *answer)
{
    json_t *units = json_array();
    for (size_t i = 0; i < answer->n_units; i++) {
        if (call->json) {
            json_array_append_new(units, unit_view_json(answer->units[i]));
            continue;
        }
        if (i > 0) {
            putchar('\n');
        }
        print_view(answer->units[i]);
    }
    if (call->json) {
        json_t *object = json_object();
        json_object_set(object, "units", units);
        json_object_set_new(object, "as_of", positions_json(answer));
        cli_print_json(object);
    }
    json_decref(units);
}

hl_err cmd_unit_get(struct cli_call *call)
{
    Heluo__V1__UnitGetRequest request = HELUO__V1__UNIT_GET_REQUEST__INIT;
    struct node_link link = {0};
    ProtobufCMessage *answer = NULL;
    const char *scheme = cli_get(call, "scheme");
    request.scheme = (char *)(uintptr_t)(scheme == NULL ? "uscc" : scheme);
    request.id = (char *)(uintptr_t)cli_get(call, "id");
    hl_err err = node_link_open(call, &link);
    if (err == HL_OK) {
        err = node_link_ask(call, &link, "/heluo.v1.Unit/Get", &request.base,
                            &heluo__v1__unit_get_response__descriptor, &answer);
    }
    if (err == HL_OK && ((Heluo__V1__UnitGetResponse *)answer)->n_units == 0) {
        err = hl_fail(&call->detail, HL_ENOTFOUND, "no unit %s:%s",
                      request.scheme, request.id);
    }
    if (err == HL_OK) {
        tell_units(call, (Heluo__V1__UnitGetResponse *)answer);
    }
    protobuf_c_message_free_unpacked(answer, NULL);
    node_link_close(&link);
    return err;
}

/* Pages as they come: a list of a million units takes the memory of one. */
struct listing {
    struct cli_call *call;
    struct term_table table;
    uint64_t count;
};

static void add_row(struct listing *listing, const Heluo__V1__UnitView *view)
{
    const Heluo__V1__UnitRecord *unit = record_of(view);
    char kind[UNIT_KIND_WORD_BYTES];
    unit_kind_word((int)unit->kind, kind);
    const char *const cells[] = {
        unit->scheme,   unit->id,   kind,
        unit->division, view->home, view->retired ? "retired" : "active",
        unit->name_zh};
    term_table_add(&listing->table, cells);
}

static void tell_page(struct listing *listing,
                      const Heluo__V1__UnitListResponse *page)
{
    static const char *const heads[] = {"SCHEME", "ID",    "KIND", "DIVISION",
                                        "HOME",   "STATE", "NAME"};
    if (listing->count == 0 && page->n_units > 0 && !listing->call->json) {
        term_table_add(&listing->table, heads);
    }
    for (size_t i = 0; i < page->n_units; i++) {
        if (listing->call->json) {
            fputs(listing->count + i == 0 ? "[\n" : ",\n", stdout);
            json_t *object = unit_view_json(page->units[i]);
            json_dumpf(object, stdout, JSON_PRESERVE_ORDER);
            json_decref(object);
        } else {
            add_row(listing, page->units[i]);
        }
    }
    listing->count += page->n_units;
    term_table_print(&listing->table, stdout);
}

/* Asks for a page and makes the request one for the next; *more is false
 * after the last. */
static hl_err next_page(struct listing *listing, struct node_link *link,
                        Heluo__V1__UnitListRequest *request, bool *more)
{
    ProtobufCMessage *answer = NULL;
    hl_err err = node_link_ask(
        listing->call, link, "/heluo.v1.Unit/List", &request->base,
        &heluo__v1__unit_list_response__descriptor, &answer);
    if (err != HL_OK) {
        return err;
    }
    Heluo__V1__UnitListResponse *page = (Heluo__V1__UnitListResponse *)answer;
    tell_page(listing, page);
    *more = page->next_page_token.len > 0;
    if (*more && page->n_units == 0) {
        err = hl_fail(&listing->call->detail, HL_EMALFORMED,
                      "the node gives pages without units, for ever");
    }
    /* The request takes the token over. */
    ProtobufCBinaryData former = request->page_token;
    request->page_token = page->next_page_token;
    page->next_page_token = former;
    protobuf_c_message_free_unpacked(answer, NULL);
    return err;
}

hl_err cmd_unit_list(struct cli_call *call)
{
    Heluo__V1__UnitListRequest request = HELUO__V1__UNIT_LIST_REQUEST__INIT;
    struct node_link link = {0};
    struct listing listing = {.call = call, .table.column_count = 7};
    bool more = true;
    const char *home = cli_get(call, "home");
    request.home = (char *)(uintptr_t)(home == NULL ? "" : home);
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
