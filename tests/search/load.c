/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/search/load.h"

#include <stdio.h>
#include <stdlib.h>

#include "node/catalogue/rules.h"
#include "node/import/convert.h"

static void must(hl_err err, const char *path, const struct hl_detail *detail)
{
    if (err != HL_OK) {
        fprintf(stderr, "%s: %s\n", path, detail->text);
        exit(EXIT_FAILURE);
    }
}

static void pass_over(void *context, const struct defect *defect)
{
    (void)context;
    (void)defect;
}

struct load {
    const char *path;
    const struct record_kind *kind;
    struct mapping *mapping;
    struct table_reader *reader;
    struct binding binding;
    struct converter *converter;
    struct hl_detail detail;
};

static void begin(struct load *load)
{
    must(mapping_open(NULL, load->kind, &load->mapping, &load->detail),
         load->path, &load->detail);
    struct table_options options = mapping_options(load->mapping);
    must(table_reader_open(load->path, &options, &load->reader, &load->detail),
         load->path, &load->detail);
    must(mapping_bind(load->mapping, load->reader, &load->binding,
                      &load->detail),
         load->path, &load->detail);
    load->converter = converter_create(&load->binding, NULL, pass_over, NULL);
}

static void end(struct load *load)
{
    converter_destroy(&load->converter);
    binding_fini(&load->binding);
    table_reader_close(&load->reader);
    mapping_close(&load->mapping);
}

static void give(const struct load *load, union record_room *record,
                 document_fn take, void *context)
{
    struct document document;
    if (load->kind->homed) {
        ((struct homed *)record)->home = bytes_of_text("home");
    }
    document_init(&document, load->kind, record,
                  bytes_of_text("alliance.example/home"));
    take(context, &document);
    document_fini(&document);
}

uint64_t load_documents(const char *path, const char *kind, document_fn take,
                        void *context)
{
    struct load load = {.path = path, .kind = record_kind_of_word(kind)};
    const struct table_row *row = NULL;
    union record_room record;
    uint64_t count = 0;
    begin(&load);
    must(table_reader_next(load.reader, &row, &load.detail), path,
         &load.detail);
    while (row != NULL) {
        bool identified = false;
        if (row->err == HL_OK &&
            convert_row(load.converter, row, &record, &identified)) {
            give(&load, &record, take, context);
            count++;
        }
        must(table_reader_next(load.reader, &row, &load.detail), path,
             &load.detail);
    }
    end(&load);
    return count;
}

struct bytes load_inner_id(struct bytes document_id)
{
    const struct record_kind *kind;
    struct bytes key, origin;
    if (!document_read_id(document_id, &kind, &key, &origin) || key.size < 2) {
        return (struct bytes){0};
    }
    /* Each part of a key ends in two NULs. */
    size_t last = key.size - 2, from = last;
    while (from > 0 && key.data[from - 1] != '\0') {
        from--;
    }
    return bytes_slice(key, from, last - from);
}
