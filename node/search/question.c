/* SPDX-License-Identifier: Apache-2.0 */
#include "node/search/question.h"

#include <inttypes.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hash.h"
#include "protocol/base/reader.h"

enum {
    HITS_USUAL = 20,
    FACETS_USUAL = 10,
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

void question_write_token(const Heluo__V1__IndexFindRequest *request,
                          const struct search_result *result,
                          struct writer *out)
{
    writer_u8(out, TOKEN_FORM);
    writer_u8(out, result->loose ? 1 : 0);
    writer_u64(out, result->last.rank);
    writer_u64(out, result->last.tie);
    writer_u64(out, asked_of(request));
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
            return hl_fail(detail, HL_EMALFORMED,
                           "statuses: %" PRIu32 " is none that there is",
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

static hl_err take_texts(const Heluo__V1__IndexFindRequest *request,
                         struct search_query *query, struct writer *unit,
                         struct hl_detail *detail)
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
        writer_format(unit, "%s %s", request->unit_scheme, find->unit);
        query->unit = writer_view(unit);
    }
    return err;
}

hl_err question_read(const Heluo__V1__IndexFindRequest *request,
                     struct search_query *query, struct writer *unit,
                     struct hl_detail *detail)
{
    *query = (struct search_query){0};
    if (request->find == NULL) {
        return hl_fail(detail, HL_EMALFORMED, "find: missing");
    }
    hl_err err = take_texts(request, query, unit, detail);
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
