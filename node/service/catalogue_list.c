/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "node/service/services_internal.h"
#include "protocol/base/reader.h"

enum {
    LIST_PAGE = 100,
    LIST_PAGE_MAX = 1000,
    LIST_LOOKS_MAX = 10000, /* a page of retired records ends early */
};

/* --- List. --------------------------------------------------------------- */

/* Where a page ended, and where the first one began. As bytes: a version, the
 * kind, the home and the key, each with its length before it, and the watch
 * token. */
struct page {
    uint32_t kind;
    char home[HL_NAME_MAX_BYTES + 1];
    struct writer key;
    struct writer watch_token;
};

enum { PAGE_VERSION = 2 };

static void page_fini(struct page *page)
{
    writer_fini(&page->key);
    writer_fini(&page->watch_token);
}

static void page_write(const struct page *page, struct writer *out)
{
    writer_u8(out, PAGE_VERSION);
    writer_u32(out, page->kind);
    writer_u16(out, (uint16_t)strlen(page->home));
    writer_text(out, page->home);
    writer_u16(out, (uint16_t)page->key.size);
    writer_bytes(out, writer_view(&page->key));
    writer_bytes(out, writer_view(&page->watch_token));
}

static hl_err page_read(struct bytes token, struct page *page,
                        struct hl_detail *detail)
{
    struct reader reader;
    reader_init(&reader, token);
    uint8_t version = reader_u8(&reader);
    page->kind = reader_u32(&reader);
    struct bytes home = reader_bytes(&reader, reader_u16(&reader));
    struct bytes key = reader_bytes(&reader, reader_u16(&reader));
    struct bytes rest = reader_bytes(&reader, reader_left(&reader));
    if (reader_finish(&reader) != HL_OK || version != PAGE_VERSION ||
        home.size > HL_NAME_MAX_BYTES || key.size > STORE_KEY_MAX_BYTES) {
        return hl_fail(detail, HL_EMALFORMED,
                       "page_token: not one that List gave");
    }
    if (home.size > 0) {
        memcpy(page->home, home.data, home.size);
    }
    writer_bytes(&page->key, key);
    writer_bytes(&page->watch_token, rest);
    return HL_OK;
}

static hl_err first_page(struct store_txn *txn, struct page *page,
                         struct hl_detail *detail)
{
    struct positions positions = {0};
    hl_err err = positions_now(txn, &positions, detail);
    if (err == HL_OK) {
        positions_write(&positions, &page->watch_token);
    }
    positions_fini(&positions);
    return err;
}

struct listing {
    struct rpc_call *call;
    struct store_txn *txn;
    const Heluo__V1__CatalogueListRequest *request;
    const struct record_kind *kind;
    struct page *page;
    size_t left;  /* that this page may still take */
    size_t looks; /* rows that may still be looked at for it */
    struct record_views list;
};

/* A page goes on where the one before ended: asked for other records it would
 * give those of the former. */
static hl_err check_page(const struct page *page, uint32_t kind,
                         const char *only, struct hl_detail *detail)
{
    if (page->kind != kind) {
        return hl_fail(detail, HL_EMALFORMED,
                       "page_token: of a list of another kind; ask for the "
                       "first page without one");
    }
    if (only[0] == '\0' || strcmp(page->home, only) == 0) {
        return HL_OK;
    }
    return hl_fail(detail, HL_EMALFORMED,
                   "page_token: of a list of other origins; ask for the first "
                   "page of origin '%s' without one",
                   only);
}

/* Rows of one home from the page's key on. */
static hl_err list_home(struct listing *listing, struct bytes home,
                        uint32_t number, struct hl_detail *detail)
{
    while (listing->left > 0 && listing->looks > 0) {
        struct row row;
        struct bytes key;
        bool found = false;
        hl_err err = projection_next(listing->txn, listing->kind->type, number,
                                     writer_view(&listing->page->key), &row,
                                     &key, &found, detail);
        if (err != HL_OK || !found) {
            return err;
        }
        writer_clear(&listing->page->key);
        writer_bytes(&listing->page->key, key);
        listing->looks--;
        struct record_home at = {0};
        if (listing->kind->homed) {
            err = record_home_of(listing->txn, listing->kind, home, &row, &at,
                                 detail);
        }
        if (err != HL_OK) {
            return err;
        }
        if ((row.retired || record_is_elsewhere(&at, home, &row)) &&
            !listing->request->include_retired) {
            continue;
        }
        Heluo__V1__RecordView *view =
            record_view(listing->call, listing->kind, home, &row);
        record_view_home(listing->call, view, &at);
        record_views_add(listing->call, &listing->list, view);
        listing->left--;
    }
    return HL_OK;
}

/* Goes on to the next home; *more is false past the last one. */
static hl_err next_home(struct listing *listing, struct journal *journal,
                        bool *more, struct hl_detail *detail)
{
    struct bytes name;
    hl_err err =
        journal_next_origin(listing->txn, bytes_of_text(listing->page->home),
                            &name, journal, detail);
    *more = err == HL_OK && name.data != NULL;
    if (*more) {
        memcpy(listing->page->home, name.data, name.size);
        listing->page->home[name.size] = '\0';
        writer_clear(&listing->page->key);
    }
    return err;
}

static hl_err list_rows(struct listing *listing, bool *more,
                        struct hl_detail *detail)
{
    const char *only = listing->request->origin;
    struct journal journal;
    *more = true;
    hl_err err = HL_OK;
    if (listing->page->home[0] == '\0' && only[0] != '\0') {
        if (strlen(only) > HL_NAME_MAX_BYTES) {
            return hl_fail(detail, HL_ELIMIT, "origin: over %d bytes",
                           HL_NAME_MAX_BYTES);
        }
        memcpy(listing->page->home, only, strlen(only) + 1);
    }
    bool here = listing->page->home[0] != '\0';
    if (here) {
        err = journal_find(listing->txn, bytes_of_text(listing->page->home),
                           &journal, &here, detail);
    }
    if (err == HL_OK && !here) {
        err = only[0] != '\0'
                  ? hl_fail(detail, HL_ENOTFOUND,
                            "origin: this node has no journal '%s'", only)
                  : next_home(listing, &journal, more, detail);
    }
    while (err == HL_OK && *more) {
        err = list_home(listing, bytes_of_text(listing->page->home),
                        journal.number, detail);
        if (err != HL_OK || listing->left == 0 || listing->looks == 0) {
            return err;
        }
        *more = false;
        if (only[0] == '\0') {
            err = next_home(listing, &journal, more, detail);
        }
    }
    return err;
}

void catalogue_list(struct rpc_call *call, const ProtobufCMessage *message,
                    void *context)
{
    const Heluo__V1__CatalogueListRequest *request = (const void *)message;
    struct services *services = context;
    struct page page = {0};
    struct hl_detail detail = {0};
    struct writer next = {0};
    bool more = false;
    Heluo__V1__CatalogueListResponse response =
        HELUO__V1__CATALOGUE_LIST_RESPONSE__INIT;
    struct listing listing = {
        .call = call,
        .request = request,
        .kind = record_kind_of_number((uint32_t)request->kind),
        .page = &page,
        .left = request->page_size == 0 ? LIST_PAGE : request->page_size,
        .looks = LIST_LOOKS_MAX,
    };
    hl_err err = HL_OK;
    if (listing.kind == NULL) {
        err = hl_fail(&detail, HL_EMALFORMED,
                      "kind: missing, or one that this node does not know");
    } else if (listing.left > LIST_PAGE_MAX) {
        err =
            hl_fail(&detail, HL_ELIMIT, "page_size: at most %d", LIST_PAGE_MAX);
    }
    if (err == HL_OK && request->page_token.len > 0) {
        err = page_read(bytes_of_binary(&request->page_token), &page, &detail);
        if (err == HL_OK) {
            err = check_page(&page, (uint32_t)request->kind, request->origin,
                             &detail);
        }
    }
    if (err == HL_OK) {
        err = store_begin_read(services->options.store, &listing.txn, &detail);
    }
    if (err == HL_OK && request->page_token.len == 0) {
        page.kind = listing.kind->number;
        err = first_page(listing.txn, &page, &detail);
    }
    if (err == HL_OK) {
        err = list_rows(&listing, &more, &detail);
    }
    store_abort(&listing.txn);
    if (err == HL_OK) {
        if (more) {
            page_write(&page, &next);
        }
        response.records = listing.list.items;
        response.n_records = listing.list.count;
        response.next_page_token =
            (ProtobufCBinaryData){.len = next.size, .data = next.data};
        response.watch_token = (ProtobufCBinaryData){
            .len = page.watch_token.size, .data = page.watch_token.data};
        rpc_answer(call, &response.base);
    } else {
        rpc_fail(call, err, &detail);
    }
    writer_fini(&next);
    page_fini(&page);
}
