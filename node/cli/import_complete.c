/* SPDX-License-Identifier: Apache-2.0 */

/* --complete: what the node has and the file does not is retired. */

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "node/catalogue/rules.h"
#include "node/cli/import_run.h"
#include "protocol/base/alloc.h"

enum { PAGE = 500, MISSING_ASK_PART = 20 /* one in so many */ };

struct missing {
    struct import_run *run;
    uint64_t active, missing, refused;
    char why[256]; /* the first was */
    /* Of the page that is looked at, when they are retired. */
    bool retire;
    Heluo__V1__CataloguePutBatchRequest__Item items[PAGE];
    Heluo__V1__CataloguePutBatchRequest__Item *list[PAGE];
    Heluo__V1__RecordKey keys[PAGE];
    size_t count;
};

static bool is_missing(const struct import_run *run,
                       const Heluo__V1__RecordView *view)
{
    const struct record_kind *kind;
    union record_room record;
    /* One under way to another home is not for this node to retire. */
    if (view->moving_to[0] != '\0' || !record_of_view(view, &kind, &record) ||
        kind != run->binding.kind) {
        return false;
    }
    if (kind->homed) {
        ((struct homed *)(void *)&record)->home = (struct bytes){0};
    }
    return !seen_has(run->seen, record_mark(kind, &record, false));
}

static void take_key(struct missing *missing, const Heluo__V1__RecordView *view)
{
    const Heluo__V1__Record *record = view->record;
    Heluo__V1__RecordKey *key = &missing->keys[missing->count];
    heluo__v1__record_key__init(key);
    key->kind = (Heluo__V1__RecordKind)record->record_case;
    switch (record->record_case) {
    case HELUO__V1__RECORD__RECORD_UNIT:
        key->unit_scheme = record->unit->scheme;
        key->unit_id = record->unit->id;
        break;
    case HELUO__V1__RECORD__RECORD_INSTRUMENT:
        key->home = record->instrument->home;
        key->unit_scheme = record->instrument->unit_scheme;
        key->unit_id = record->instrument->unit_id;
        key->inner_id = record->instrument->inner_id;
        break;
    case HELUO__V1__RECORD__RECORD_SERVICE_ITEM:
        key->home = record->service_item->home;
        key->unit_scheme = record->service_item->unit_scheme;
        key->unit_id = record->service_item->unit_id;
        key->inner_id = record->service_item->inner_id;
        break;
    case HELUO__V1__RECORD__RECORD_DEMAND:
        key->home = record->demand->home;
        key->unit_scheme = record->demand->unit_scheme;
        key->unit_id = record->demand->unit_id;
        key->inner_id = record->demand->inner_id;
        break;
    default:
        break;
    }
    Heluo__V1__CataloguePutBatchRequest__Item *item =
        &missing->items[missing->count];
    heluo__v1__catalogue_put_batch_request__item__init(item);
    item->retire = key;
    item->reason = "不在完整清单中 (not in the complete list)";
    missing->list[missing->count++] = item;
}

static void take_result(struct missing *missing,
                        const Heluo__V1__CataloguePutBatchResponse__Result *of)
{
    if (of->error[0] == '\0') {
        missing->run->counts.retired++;
    } else if (missing->refused++ == 0) {
        snprintf(missing->why, sizeof(missing->why), "%s", of->text);
    }
}

static hl_err retire_page(struct missing *missing)
{
    Heluo__V1__CataloguePutBatchRequest request =
        HELUO__V1__CATALOGUE_PUT_BATCH_REQUEST__INIT;
    ProtobufCMessage *answer = NULL;
    if (missing->count == 0) {
        return HL_OK;
    }
    request.items = missing->list;
    request.n_items = missing->count;
    request.reconcile = true;
    hl_err err = import_ask(
        missing->run, "/heluo.v1.Catalogue/PutBatch", &request.base,
        &heluo__v1__catalogue_put_batch_response__descriptor, &answer);
    if (err == HL_OK) {
        const Heluo__V1__CataloguePutBatchResponse *response =
            (const Heluo__V1__CataloguePutBatchResponse *)answer;
        for (size_t i = 0; i < response->n_results; i++) {
            take_result(missing, response->results[i]);
        }
    }
    protobuf_c_message_free_unpacked(answer, NULL);
    missing->count = 0;
    return err;
}

static hl_err look_at(struct missing *missing,
                      const Heluo__V1__CatalogueListResponse *page)
{
    struct import_run *run = missing->run;
    for (size_t i = 0; i < page->n_records && i < PAGE; i++) {
        missing->active++;
        if (!is_missing(run, page->records[i])) {
            continue;
        }
        missing->missing++;
        if (missing->retire) {
            take_key(missing, page->records[i]);
        } else {
            import_show_missing(run, page->records[i]);
        }
    }
    return missing->retire ? retire_page(missing) : HL_OK;
}

/* All active records of the node's own, page by page. */
static hl_err walk(struct missing *missing, bool retire)
{
    struct import_run *run = missing->run;
    Heluo__V1__CatalogueListRequest request =
        HELUO__V1__CATALOGUE_LIST_REQUEST__INIT;
    bool more = true;
    hl_err err = HL_OK;
    missing->retire = retire;
    missing->active = missing->missing = 0;
    request.kind = (Heluo__V1__RecordKind)run->binding.kind->number;
    request.origin = run->origin;
    request.page_size = PAGE;
    while (err == HL_OK && more) {
        ProtobufCMessage *answer = NULL;
        err = import_ask(run, "/heluo.v1.Catalogue/List", &request.base,
                         &heluo__v1__catalogue_list_response__descriptor,
                         &answer);
        if (err != HL_OK) {
            break;
        }
        Heluo__V1__CatalogueListResponse *page =
            (Heluo__V1__CatalogueListResponse *)answer;
        err = look_at(missing, page);
        more = page->next_page_token.len > 0;
        ProtobufCBinaryData former = request.page_token;
        request.page_token = page->next_page_token;
        page->next_page_token = former;
        protobuf_c_message_free_unpacked(answer, NULL);
    }
    if (request.page_token.len > 0) {
        hl_free(request.page_token.data);
    }
    return err;
}

static bool agrees(const struct missing *missing)
{
    if (cli_has(missing->run->call, "yes")) {
        return true;
    }
    if (!isatty(STDIN_FILENO)) {
        return false;
    }
    char answer[16] = "";
    fprintf(stderr,
            "%" PRIu64 " of the node's %" PRIu64
            " records are not in the file. Retire them? [y/N] ",
            missing->missing, missing->active);
    return fgets(answer, sizeof(answer), stdin) != NULL &&
           (answer[0] == 'y' || answer[0] == 'Y');
}

hl_err import_complete(struct import_run *run)
{
    if (run->counts.unidentified > 0) {
        return hl_fail(cli_about(run->call, run->path), HL_EMALFORMED,
                       "nothing was retired: of %" PRIu64
                       " refused rows not even the number is known, so what "
                       "is missing is not, either",
                       run->counts.unidentified);
    }
    if (run->origin[0] == '\0') {
        return hl_fail(cli_about(run->call, run->path), HL_EMALFORMED,
                       "nothing was retired: the file has no row that could "
                       "be taken");
    }
    struct missing *missing = hl_alloc(1, sizeof(*missing));
    missing->run = run;
    hl_err err = walk(missing, false);
    if (err == HL_OK && run->dry) {
        run->counts.retired = missing->missing;
    } else if (err == HL_OK && missing->missing > 0) {
        bool many = missing->missing * MISSING_ASK_PART > missing->active;
        err = many && !agrees(missing)
                  ? hl_fail(cli_about(run->call, run->path), HL_ELIMIT,
                            "nothing was retired: %" PRIu64
                            " of the node's %" PRIu64
                            " records are not in the file, which is over 5 %%: "
                            "if that is right, say --yes",
                            missing->missing, missing->active)
                  : walk(missing, true);
    }
    if (err == HL_OK && missing->refused > 0) {
        err = hl_fail(cli_about(run->call, run->path), HL_EMALFORMED,
                      "%" PRIu64 " of %" PRIu64
                      " records could not be retired, the first: %s",
                      missing->refused, missing->missing, missing->why);
    }
    hl_free(missing);
    return err;
}
