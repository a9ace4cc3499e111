/* SPDX-License-Identifier: Apache-2.0 */

/* What heluod passes on to heluo-search, most of it as a caller sent it: an
 * IndexFindRequest of any bytes. What the guard lets pass and question_read()
 * takes is asked of a small index: Groonga answers it, in order, with counts
 * that agree, and the page after it goes on where it ended. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/catalogue/demand.h"
#include "node/catalogue/instrument.h"
#include "node/rpc/guard.h"
#include "node/search/question.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/scratch.h"

enum { REQUEST_MAX_BYTES = 65536, STOCK = 24 };

/* libFuzzer looks for leaks after an input, while the index is open: its memory
 * is reached through Groonga's maps, where LeakSanitizer does not look. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int __lsan_is_turned_off(void);
static int is_fuzzing;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    is_fuzzing = 1;
    return 0;
}

int __lsan_is_turned_off(void)
{
    return is_fuzzing;
}

static char folder[256];
static struct search_index *stock;

static void close_stock(void)
{
    hl_err err = search_index_close(&stock, false, NULL);
    HL_ASSERT(err == HL_OK);
    search_library_close();
    scratch_remove(folder);
}

static void put(unsigned number, const void *record, const char *kind)
{
    struct document document;
    document_init(&document, record_kind_of_word(kind), record,
                  bytes_of_text(number % 3 == 0 ? "zy.example/luoyang"
                                                : "zy.example/zhengzhou"));
    document.recorded_at_ms = number / 4;
    hl_err err = search_index_put(stock, &document, NULL);
    HL_ASSERT(err == HL_OK);
    document_fini(&document);
}

static void put_one(unsigned number)
{
    static const char *const names[] = {"扫描电子显微镜", "JEM-2100 电镜",
                                        "气相色谱-质谱联用仪", "离心机"};
    static const char *const places[] = {"410105", "410305", "370102", ""};
    static const char *const classes[] = {"010102", "010101", "010201", ""};
    unsigned is = number % 4;
    char text[16];
    snprintf(text, sizeof(text), "YQ-%u", number);
    const struct homed of = {.home = bytes_of_text("zhengzhou"),
                             .unit_scheme = bytes_of_text("uscc"),
                             .unit_id = bytes_of_text("12410000415800018L"),
                             .inner_id = bytes_of_text(text)};
    const struct instrument instrument = {
        .of = of,
        .name_zh = bytes_of_text(names[is]),
        .name_en = bytes_of_text("Scanning Electron Microscope"),
        .class_scheme = bytes_of_text(classes[is][0] == '\0' ? "" : "nrii"),
        .class_code = bytes_of_text(classes[is]),
        .division = bytes_of_text(places[is]),
        .status = number % 5,
        .worth_fen = number % 3 * 100000};
    const struct demand demand = {
        .of = of, .title = instrument.name_zh, .text = bytes_of_text("SEM")};
    if (number % 6 == 5) {
        put(number, &demand, "demand");
    } else {
        put(number, &instrument, "instrument");
    }
}

static void open_stock(void)
{
    scratch_make_in_memory(folder, sizeof(folder));
    hl_err err = search_library_open(NULL);
    HL_ASSERT(err == HL_OK);
    err = search_index_create(folder, &stock, NULL);
    HL_ASSERT(err == HL_OK);
    for (unsigned i = 0; i < STOCK; i++) {
        put_one(i);
    }
    err = search_index_loaded(stock, NULL);
    HL_ASSERT(err == HL_OK);
    atexit(close_stock);
}

static bool is_before(struct search_place a, struct search_place b)
{
    return a.rank != b.rank ? a.rank < b.rank : a.tie < b.tie;
}

static void check_facets(const struct search_result *result)
{
    for (unsigned f = 0; f < FACETS; f++) {
        uint64_t sum = 0, last = UINT64_MAX;
        for (size_t i = 0; i < result->facet_count[f]; i++) {
            const struct search_count *item = &result->facets[f][i];
            HL_ASSERT(item->value[0] != '\0' && item->count > 0);
            HL_ASSERT(item->count <= last);
            last = item->count;
            sum += item->count;
        }
        HL_ASSERT(sum <= result->total);
    }
}

/* Every document that is found lies behind `after`, where a page goes on. */
static void check_answer(const struct search_query *query,
                         const struct search_result *result)
{
    HL_ASSERT(result->total <= STOCK);
    HL_ASSERT(result->hit_count <= query->hits);
    HL_ASSERT(result->hit_count <= result->total);
    HL_ASSERT(!result->more || result->hit_count == query->hits);
    HL_ASSERT(query->goes_on || result->more ||
              result->hit_count == result->total);
    for (size_t i = 0; i < result->hit_count; i++) {
        const struct search_hit *hit = &result->hits[i];
        const struct record_kind *kind;
        struct bytes key, origin;
        HL_ASSERT(document_read_id(hit->id, &kind, &key, &origin));
        HL_ASSERT((query->kinds >> kind->number & 1) != 0);
        HL_ASSERT(i == 0 || is_before(result->hits[i - 1].place, hit->place));
        HL_ASSERT(!query->goes_on || is_before(query->after, hit->place));
    }
    check_facets(result);
}

static void ask(const Heluo__V1__IndexFindRequest *request, bool again)
{
    struct search_query query;
    struct search_result *result = hl_alloc(1, sizeof(*result));
    struct writer unit = {0}, token = {0};
    if (question_read(request, &query, &unit, NULL) == HL_OK) {
        HL_ASSERT(query.goes_on == (request->find->page_token.len > 0));
        hl_err err = search_ask(stock, &query, result, NULL);
        HL_ASSERT(err == HL_OK);
        check_answer(&query, result);
    } else {
        HL_ASSERT(!again);
    }
    if (result->more && !again) {
        Heluo__V1__SearchFindRequest find = *request->find;
        Heluo__V1__IndexFindRequest next = *request;
        question_write_token(request, result, &token);
        find.page_token =
            (ProtobufCBinaryData){.len = token.size, .data = token.data};
        next.find = &find;
        ask(&next, true);
    }
    search_result_fini(result);
    hl_free(result);
    writer_fini(&token);
    writer_fini(&unit);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const ProtobufCMessageDescriptor *schema =
        &heluo__v1__index_find_request__descriptor;
    if (stock == NULL) {
        open_stock();
    }
    if (size > REQUEST_MAX_BYTES ||
        guard_check(bytes_of(size == 0 ? NULL : data, size), schema, NULL) !=
            HL_OK) {
        return 0;
    }
    Heluo__V1__IndexFindRequest *request =
        heluo__v1__index_find_request__unpack(NULL, size, data);
    if (request != NULL) {
        ask(request, false);
        heluo__v1__index_find_request__free_unpacked(request, NULL);
    }
    return 0;
}
