/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo instrument move ...`, and the same of the other kinds that have a
 * home. */

#include <inttypes.h>
#include <string.h>

#include "node/catalogue/rules.h"
#include "node/cli/cmd_record.h"
#include "node/cli/connect.h"
#include "node/cli/term.h"
#include "protocol/base/alloc.h"

enum { PAGE_SIZE = 1000 };

/* protobuf-c's texts are not const, and it does not change them. */
static char *text_of(const struct cli_call *call, const char *option)
{
    const char *text = cli_get(call, option);
    return (char *)(uintptr_t)(text == NULL ? "" : text);
}

hl_err cmd_record_release(struct cli_call *call)
{
    Heluo__V1__CatalogueReleaseRequest request =
        HELUO__V1__CATALOGUE_RELEASE_REQUEST__INIT;
    Heluo__V1__RecordKey key = HELUO__V1__RECORD_KEY__INIT;
    request.key = &key;
    request.to = text_of(call, "to");
    record_take_key(call, &key);
    return record_write(call, "/heluo.v1.Catalogue/Release", &request.base,
                        &heluo__v1__catalogue_release_response__descriptor);
}

hl_err cmd_record_take(struct cli_call *call)
{
    Heluo__V1__CatalogueTakeRequest request =
        HELUO__V1__CATALOGUE_TAKE_REQUEST__INIT;
    Heluo__V1__RecordKey key = HELUO__V1__RECORD_KEY__INIT;
    request.key = &key;
    record_take_key(call, &key);
    return record_write(call, "/heluo.v1.Catalogue/Take", &request.base,
                        &heluo__v1__catalogue_take_response__descriptor);
}

hl_err cmd_record_refuse(struct cli_call *call)
{
    Heluo__V1__CatalogueRefuseRequest request =
        HELUO__V1__CATALOGUE_REFUSE_REQUEST__INIT;
    Heluo__V1__RecordKey key = HELUO__V1__RECORD_KEY__INIT;
    request.key = &key;
    request.reason = text_of(call, "reason");
    record_take_key(call, &key);
    return record_write(call, "/heluo.v1.Catalogue/Refuse", &request.base,
                        &heluo__v1__catalogue_refuse_response__descriptor);
}

/* --- What is under way. --------------------------------------------------- */

enum { COLUMNS = 6 };

static const char *const heads[COLUMNS] = {"ID", "HOME",  "FROM",
                                           "TO", "STATE", "NAME"};

struct listing {
    struct cli_call *call;
    struct term_table table;
    json_t *all;
    uint64_t count;
};

static const char *home_of(const Heluo__V1__RecordView *view)
{
    static char home[64];
    const struct record_kind *kind;
    union record_room record;
    home[0] = '\0';
    if (record_of_view(view, &kind, &record) && kind->homed) {
        const struct homed *of = (const void *)&record;
        snprintf(home, sizeof(home), "%.*s", BYTES_ARGS(of->home));
    }
    return home;
}

static void add(struct listing *listing, const Heluo__V1__CatalogueMove *move)
{
    char id[RECORD_ID_BYTES], name[RECORD_NAME_BYTES];
    if (move->record == NULL) {
        return;
    }
    if (listing->call->json) {
        json_t *object = record_view_json(move->record);
        json_object_set_new(object, "release_index",
                            json_integer((json_int_t)move->release_index));
        json_object_set_new(object, "refused", json_boolean(move->refused));
        if (move->refused) {
            json_object_set_new(object, "refuse_reason",
                                cli_json_text(move->refuse_reason));
        }
        json_array_append_new(listing->all, object);
        return;
    }
    if (listing->count++ == 0) {
        term_table_add(&listing->table, heads);
    }
    const char *slash = strrchr(move->record->origin, '/');
    record_describe(move->record, id, name);
    const char *const cells[COLUMNS] = {id,
                                        home_of(move->record),
                                        slash == NULL ? move->record->origin
                                                      : slash + 1,
                                        move->record->moving_to,
                                        move->refused ? "refused" : "waits",
                                        name};
    term_table_add(&listing->table, cells);
}

/* Asks for a page and makes the request one for the next. */
static hl_err next_page(struct listing *listing, struct node_link *link,
                        Heluo__V1__CatalogueMovesRequest *request, bool *more)
{
    ProtobufCMessage *answer = NULL;
    hl_err err = node_link_ask(
        listing->call, link, "/heluo.v1.Catalogue/Moves", &request->base,
        &heluo__v1__catalogue_moves_response__descriptor, &answer);
    if (err != HL_OK) {
        return err;
    }
    Heluo__V1__CatalogueMovesResponse *page =
        (Heluo__V1__CatalogueMovesResponse *)answer;
    for (size_t i = 0; i < page->n_moves; i++) {
        add(listing, page->moves[i]);
    }
    term_table_print(&listing->table, stdout);
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

hl_err cmd_record_moves(struct cli_call *call)
{
    Heluo__V1__CatalogueMovesRequest request =
        HELUO__V1__CATALOGUE_MOVES_REQUEST__INIT;
    struct node_link link = {0};
    struct listing listing = {.call = call, .table.column_count = COLUMNS};
    bool more = true;
    request.kind = (Heluo__V1__RecordKind)record_kind_called(call)->number;
    request.page_size = PAGE_SIZE;
    request.direction =
        cli_has(call, "all")
            ? HELUO__V1__MOVE_DIRECTION__MOVE_DIRECTION_UNSPECIFIED
        : cli_has(call, "out") ? HELUO__V1__MOVE_DIRECTION__MOVE_DIRECTION_OUT
                               : HELUO__V1__MOVE_DIRECTION__MOVE_DIRECTION_IN;
    if (cli_has(call, "all") && cli_has(call, "out")) {
        return cli_usage(call, "--all and --out: give one of them");
    }
    listing.all = call->json ? json_array() : NULL;
    hl_err err = node_link_open(call, &link);
    while (err == HL_OK && more) {
        err = next_page(&listing, &link, &request, &more);
    }
    if (err == HL_OK && call->json) {
        cli_print_json(listing.all);
        listing.all = NULL;
    }
    json_decref(listing.all);
    if (request.page_token.len > 0) {
        hl_free(request.page_token.data);
    }
    term_table_fini(&listing.table);
    node_link_close(&link);
    return err;
}
