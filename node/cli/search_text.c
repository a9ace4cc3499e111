/* SPDX-License-Identifier: Apache-2.0 */
#include "node/cli/search_text.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "node/cli/cmd_record.h"
#include "node/cli/term.h"
#include "protocol/base/alloc.h"

static const char *const levels[] = {"",      "exact", "name", "name_partly",
                                     "about", "prose", "loose"};

static const char *level_word(Heluo__V1__SearchLevel level)
{
    size_t count = sizeof(levels) / sizeof(levels[0]);
    return (size_t)level < count ? levels[level] : "";
}

static const char *const nearness[] = {"", "county", "city", "province",
                                       "elsewhere"};

const char *search_near_word(Heluo__V1__SearchNearness near)
{
    return (size_t)near < sizeof(nearness) / sizeof(nearness[0])
               ? nearness[near]
               : "";
}

/* --- JSON. --------------------------------------------------------------- */

static json_t *snippet_json(const Heluo__V1__SearchHit__Snippet *snippet)
{
    json_t *object = json_object();
    json_t *marks = json_array();
    json_object_set_new(object, "field", cli_json_text(snippet->field));
    json_object_set_new(object, "text", cli_json_text(snippet->text));
    for (size_t i = 0; i < snippet->n_marks; i++) {
        json_array_append_new(marks, json_integer(snippet->marks[i]));
    }
    json_object_set_new(object, "marks", marks);
    return object;
}

json_t *search_hit_json(const Heluo__V1__SearchHit *hit)
{
    json_t *object = json_object();
    json_t *snippets = json_array();
    json_object_set_new(object, "level", json_string(level_word(hit->level)));
    json_object_set_new(object, "unit_name", cli_json_text(hit->unit_name));
    for (size_t i = 0; i < hit->n_snippets; i++) {
        json_array_append_new(snippets, snippet_json(hit->snippets[i]));
    }
    json_object_set_new(object, "snippets", snippets);
    if (hit->record != NULL) {
        json_object_set_new(object, "record", record_view_json(hit->record));
    }
    return object;
}

static json_t *facets_json(const Heluo__V1__SearchFindResponse *found)
{
    json_t *object = json_object();
    for (size_t i = 0; i < found->n_facets; i++) {
        const Heluo__V1__SearchFacet *facet = found->facets[i];
        json_t *values = json_array();
        for (size_t k = 0; k < facet->n_values; k++) {
            const Heluo__V1__SearchFacet__Value *value = facet->values[k];
            json_array_append_new(values,
                                  json_pack("{s:o, s:o, s:I}", "value",
                                            cli_json_text(value->value), "name",
                                            cli_json_text(value->name), "count",
                                            (json_int_t)value->count));
        }
        json_object_set_new(object, facet->field, values);
    }
    return object;
}

json_t *search_as_of_json(Heluo__V1__SearchAsOf *const *list, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        const Heluo__V1__SearchAsOf *as_of = list[i];
        json_array_append_new(array,
                              json_pack("{s:o, s:I, s:I, s:I}", "origin",
                                        cli_json_text(as_of->origin), "indexed",
                                        (json_int_t)as_of->indexed, "held",
                                        (json_int_t)as_of->held, "heard_ms",
                                        (json_int_t)as_of->heard_ms));
    }
    return array;
}

static json_t *token_json(const Heluo__V1__SearchFindResponse *found)
{
    struct writer hex = {0};
    term_hex(bytes_of(found->next_page_token.data, found->next_page_token.len),
             &hex);
    json_t *text =
        json_stringn(hex.size == 0 ? "" : (const char *)hex.data, hex.size);
    writer_fini(&hex);
    return text;
}

void search_print_json(const Heluo__V1__SearchFindResponse *found)
{
    json_t *object = json_object();
    json_t *hits = json_array();
    for (size_t i = 0; i < found->n_hits; i++) {
        json_array_append_new(hits, search_hit_json(found->hits[i]));
    }
    json_object_set_new(object, "total",
                        json_integer((json_int_t)found->total));
    json_object_set_new(object, "loose", json_boolean(found->loose));
    json_object_set_new(object, "hits", hits);
    json_object_set_new(object, "facets", facets_json(found));
    json_object_set_new(object, "as_of",
                        search_as_of_json(found->as_of, found->n_as_of));
    json_object_set_new(object, "next_page", token_json(found));
    cli_print_json(object);
}

/* --- Text. --------------------------------------------------------------- */

static void put_part(FILE *out, const char *text, size_t from, size_t to)
{
    char *part = hl_copy(text + from, to - from); /* ends in a NUL */
    term_put(out, part);
    hl_free(part);
}

/* Offsets are the node's word: those that do not fit are left out. */
static void put_marked(FILE *out, const Heluo__V1__SearchHit__Snippet *snippet)
{
    bool bold = isatty(fileno(out)) == 1;
    size_t size = strlen(snippet->text), at = 0;
    for (size_t i = 0; i + 1 < snippet->n_marks; i += 2) {
        size_t from = snippet->marks[i], to = snippet->marks[i + 1];
        if (from < at || to < from || to > size) {
            break;
        }
        put_part(out, snippet->text, at, from);
        fputs(bold ? "\033[1m" : "«", out);
        put_part(out, snippet->text, from, to);
        fputs(bold ? "\033[0m" : "»", out);
        at = to;
    }
    put_part(out, snippet->text, at, size);
}

/* A worth of nothing is one that nobody stated. */
static bool is_unstated(const struct field *field,
                        const union record_room *record)
{
    return field->kind == FIELD_UINT &&
           *(const uint64_t *)(const void *)(record->bytes + field->offset) ==
               0;
}

static void put_attribute(FILE *out, const struct record_kind *kind,
                          const union record_room *record, const char *name,
                          const char *before)
{
    const struct attribute *attribute =
        attribute_find(kind, bytes_of_text(name));
    struct writer text = {0};
    if (attribute == NULL ||
        is_unstated(attribute_field(kind, attribute), record)) {
        return;
    }
    if (attribute->form == ATTRIBUTE_MONEY &&
        *(const uint64_t *)(const void *)(record->bytes +
                                          attribute_field(kind, attribute)
                                              ->offset) == 0) {
        return; /* none is stated */
    }
    attribute_format(kind, attribute, record, &text);
    if (text.size > 0) {
        writer_u8(&text, 0);
        fputs(before, out);
        term_put(out, (const char *)text.data);
    }
    writer_fini(&text);
}

void search_print_hit(const Heluo__V1__SearchHit *hit, FILE *out)
{
    const struct record_kind *kind;
    union record_room record;
    char id[RECORD_ID_BYTES], name[RECORD_NAME_BYTES];
    if (hit->record == NULL || !record_of_view(hit->record, &kind, &record)) {
        return;
    }
    record_describe(hit->record, id, name);
    term_put(out, name);
    put_attribute(out, kind, &record, "model", "  ");
    put_attribute(out, kind, &record, "worth", "  ¥");
    put_attribute(out, kind, &record, "price", "  ¥");
    put_attribute(out, kind, &record, "budget", "  ¥");
    put_attribute(out, kind, &record, "status", "  ");
    fputs("\n    ", out);
    if (hit->unit_name[0] != '\0') {
        term_put(out, hit->unit_name);
        fputs("  ", out);
    }
    term_put(out, id);
    fputs("  ", out);
    term_put(out, hit->record->origin);
    if (hit->record->moving_to[0] != '\0') {
        fputs(", moving to ", out);
        term_put(out, hit->record->moving_to);
    }
    fputc('\n', out);
    for (size_t i = 0; i < hit->n_snippets; i++) {
        fprintf(out, "    %s: ", hit->snippets[i]->field);
        put_marked(out, hit->snippets[i]);
        fputc('\n', out);
    }
}

static void put_facet(FILE *out, const Heluo__V1__SearchFacet *facet)
{
    if (facet->n_values == 0) {
        return;
    }
    fprintf(out, "%-11s", facet->field);
    for (size_t i = 0; i < facet->n_values; i++) {
        const Heluo__V1__SearchFacet__Value *value = facet->values[i];
        fputs(i == 0 ? "" : ", ", out);
        term_put(out, value->name[0] != '\0' ? value->name : value->value);
        fprintf(out, " %" PRIu64, value->count);
    }
    fputc('\n', out);
}

/* What is not all there yet, or not heard of for long, is said. */
void search_print_as_of(Heluo__V1__SearchAsOf *const *list, size_t count,
                        FILE *out)
{
    for (size_t i = 0; i < count; i++) {
        const Heluo__V1__SearchAsOf *as_of = list[i];
        char when[WALL_TEXT_BYTES] = "never";
        if (as_of->heard_ms > 0) {
            wall_format((struct hl_wall){(int64_t)as_of->heard_ms}, when);
        }
        fputs(i == 0 ? "as of      " : "           ", out);
        term_put(out, as_of->origin);
        fprintf(out, " %s", when);
        if (as_of->indexed < as_of->held) {
            fprintf(out, ", %" PRIu64 " of %" PRIu64 " entries indexed",
                    as_of->indexed, as_of->held);
        }
        fputc('\n', out);
    }
}

void search_print(const Heluo__V1__SearchFindResponse *found, FILE *out)
{
    fprintf(out, "%" PRIu64 " found%s\n\n", found->total,
            found->total == 0 ? ""
            : found->loose    ? ", those at the end with a part of the words"
                              : "");
    for (size_t i = 0; i < found->n_hits; i++) {
        search_print_hit(found->hits[i], out);
    }
    fputs(found->n_hits > 0 ? "\n" : "", out);
    for (size_t i = 0; i < found->n_facets; i++) {
        put_facet(out, found->facets[i]);
    }
    search_print_as_of(found->as_of, found->n_as_of, out);
    if (found->next_page_token.len > 0) {
        struct writer hex = {0};
        term_hex(
            bytes_of(found->next_page_token.data, found->next_page_token.len),
            &hex);
        fprintf(out, "more       --page %.*s\n", BYTES_ARGS(writer_view(&hex)));
        writer_fini(&hex);
    }
}

void search_print_suggestions(const Heluo__V1__SearchSuggestResponse *found,
                              bool json)
{
    json_t *list = json_array();
    for (size_t i = 0; i < found->n_suggestions; i++) {
        const Heluo__V1__SearchSuggestResponse__Suggestion *item =
            found->suggestions[i];
        json_array_append_new(
            list, json_pack("{s:o, s:I}", "text", cli_json_text(item->text),
                            "records", (json_int_t)item->records));
        if (!json && item->records > 0) {
            printf("%7" PRIu64 "  ", item->records);
        } else if (!json) {
            printf("%7s  ", "class");
        }
        if (!json) {
            term_put(stdout, item->text);
            putchar('\n');
        }
    }
    if (json) {
        cli_print_json(list);
    } else {
        json_decref(list);
    }
}
