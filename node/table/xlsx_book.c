/* SPDX-License-Identifier: Apache-2.0 */
#include "node/table/xlsx_book.h"

#include <stdio.h>
#include <string.h>

#include "node/table/xml.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_limits.h"
#include "protocol/base/writer.h"

/* What the workbook's relations are asked for, and the package's own. */
#define WORKBOOK_ENDING "/officeDocument"
enum { RELATION_ID_BYTES = 64 };
static const char and_more[] = "...";

struct sheet {
    char *name;
    char relation[RELATION_ID_BYTES];
    bool hidden;
};

struct book {
    struct sheet *sheets;
    size_t count;
    bool is_1904;
};

/* One relation, by its id or by the end of its type. */
struct search {
    const char *id;   /* or NULL */
    const char *type; /* or NULL */
    char target[XLSX_PART_NAME_BYTES];
};

static bool ends_in(const char *text, const char *end)
{
    size_t size = strlen(text);
    size_t tail = strlen(end);
    return size >= tail && strcmp(text + size - tail, end) == 0;
}

static void no_end(void *context, struct xml *xml, const char *name)
{
    (void)context;
    (void)xml;
    (void)name;
}

static void no_text(void *context, struct xml *xml, struct bytes text)
{
    (void)context;
    (void)xml;
    (void)text;
}

/* --- Relations. ---------------------------------------------------------- */

static void on_relation(void *context, struct xml *xml, const char *name,
                        const char **attributes)
{
    struct search *search = context;
    const char *id = xml_attribute(attributes, "Id");
    const char *type = xml_attribute(attributes, "Type");
    const char *target = xml_attribute(attributes, "Target");
    if (strcmp(name, "Relationship") != 0 || id == NULL || type == NULL ||
        target == NULL || search->target[0] != '\0' ||
        (search->id != NULL && strcmp(id, search->id) != 0) ||
        (search->type != NULL && !ends_in(type, search->type))) {
        return;
    }
    if (strlen(target) >= sizeof(search->target)) {
        xml_fail(xml, HL_ELIMIT, "a part's name is too long");
        return;
    }
    snprintf(search->target, sizeof(search->target), "%s", target);
}

static const struct xml_handlers relation_handlers = {on_relation, no_end,
                                                      no_text};

/* The size of a part's folder in its name, '/' included. */
static size_t folder_size(const char *part)
{
    const char *slash = strrchr(part, '/');
    return slash == NULL ? 0 : (size_t)(slash - part) + 1;
}

/* Targets are from the root, or from the folder of the part they belong to. */
static hl_err resolve(const char *part, const char *target,
                      char out[XLSX_PART_NAME_BYTES], struct hl_detail *detail)
{
    size_t folder = target[0] == '/' ? 0 : folder_size(part);
    target += target[0] == '/' ? 1 : 0;
    while (strncmp(target, "../", 3) == 0 && folder > 0) {
        char above[XLSX_PART_NAME_BYTES];
        snprintf(above, sizeof(above), "%.*s", (int)folder - 1, part);
        folder = folder_size(above);
        target += 3;
    }
    int size = snprintf(out, XLSX_PART_NAME_BYTES, "%.*s%s", (int)folder, part,
                        target);
    return size < XLSX_PART_NAME_BYTES
               ? HL_OK
               : hl_fail(detail, HL_ELIMIT, "a part's name is too long");
}

/* *out is "" where there is no such relation, or no relations at all. */
static hl_err find_part(struct package *package, const char *of,
                        struct search search, char out[XLSX_PART_NAME_BYTES],
                        struct hl_detail *detail)
{
    char part[XLSX_PART_NAME_BYTES + 16];
    size_t folder = folder_size(of);
    snprintf(part, sizeof(part), "%.*s_rels/%s.rels", (int)folder, of,
             of + folder);
    out[0] = '\0';
    if (!package_has(package, part)) {
        return HL_OK;
    }
    hl_err err = xml_read(package, part, &relation_handlers, &search, detail);
    if (err == HL_OK && search.target[0] != '\0') {
        err = resolve(of, search.target, out, detail);
    }
    return err;
}

/* --- The workbook. ------------------------------------------------------- */

static void add_sheet(struct book *book, struct xml *xml,
                      const char **attributes)
{
    const char *name = xml_attribute(attributes, "name");
    const char *relation = xml_attribute(attributes, "id");
    const char *state = xml_attribute(attributes, "state");
    if (name == NULL || relation == NULL ||
        strlen(relation) >= RELATION_ID_BYTES) {
        return;
    }
    if (book->count == HL_TABLE_SHEETS_MAX) {
        xml_fail(xml, HL_ELIMIT, "too many sheets");
        return;
    }
    book->sheets =
        hl_realloc(book->sheets, book->count + 1, sizeof(*book->sheets));
    struct sheet *sheet = &book->sheets[book->count++];
    *sheet = (struct sheet){
        .name = hl_copy(name, strlen(name)),
        .hidden = state != NULL && strcmp(state, "visible") != 0,
    };
    snprintf(sheet->relation, sizeof(sheet->relation), "%s", relation);
}

static void on_workbook(void *context, struct xml *xml, const char *name,
                        const char **attributes)
{
    struct book *book = context;
    if (strcmp(name, "sheet") == 0) {
        add_sheet(book, xml, attributes);
    } else if (strcmp(name, "workbookPr") == 0) {
        const char *is = xml_attribute(attributes, "date1904");
        book->is_1904 =
            is != NULL && (strcmp(is, "1") == 0 || strcmp(is, "true") == 0);
    }
}

static const struct xml_handlers workbook_handlers = {on_workbook, no_end,
                                                      no_text};

static void book_fini(struct book *book)
{
    for (size_t i = 0; i < book->count; i++) {
        hl_free(book->sheets[i].name);
    }
    hl_free(book->sheets);
}

/* One more name, if there is room for it and for saying that there are more;
 * no name is cut. */
static void add_name(char names[XLSX_NAMES_BYTES], const char *name)
{
    size_t used = strlen(names);
    const char *between = used == 0 ? "" : ", ";
    if (ends_in(names, and_more)) {
        return;
    }
    if (used + strlen(name) + sizeof(", ") + sizeof(and_more) >
        XLSX_NAMES_BYTES) {
        name = and_more;
    }
    snprintf(names + used, XLSX_NAMES_BYTES - used, "%s%s", between, name);
}

static hl_err fail_no_sheet(const struct book *book, const char *wanted,
                            struct hl_detail *detail)
{
    char names[XLSX_NAMES_BYTES] = "";
    for (size_t i = 0; i < book->count; i++) {
        add_name(names, book->sheets[i].name);
    }
    return wanted == NULL
               ? hl_fail(detail, HL_EMALFORMED,
                         "no sheet with cells that is not hidden, of: %s",
                         names)
               : hl_fail(detail, HL_EMALFORMED,
                         "no sheet '%s' with cells; there are: %s", wanted,
                         names);
}

static void on_cell(void *context, struct xml *xml, const char *name,
                    const char **attributes)
{
    bool *has = context;
    (void)attributes;
    if (strcmp(name, "v") == 0 || strcmp(name, "is") == 0 ||
        strcmp(name, "f") == 0) {
        *has = true;
        xml_pause(xml);
    }
}

static const struct xml_handlers cell_handlers = {on_cell, no_end, no_text};

/* Also where that cannot be seen: whoever reads the sheet will say why. */
static bool has_cells(struct package *package, const char *part)
{
    struct xml *xml = NULL;
    bool has = false, more = true;
    hl_err err = xml_open(package, part, &cell_handlers, &has, &xml, NULL);
    while (err == HL_OK && more && !has) {
        err = xml_run(xml, &more, NULL);
    }
    xml_close(xml);
    return has || err != HL_OK;
}

/* Chart sheets are sheets without cells. */
static hl_err find_sheet(struct package *package, const char *workbook,
                         const struct book *book, const char *wanted,
                         struct xlsx_book *out, struct hl_detail *detail)
{
    for (size_t i = 0; i < book->count; i++) {
        const struct sheet *sheet = &book->sheets[i];
        struct search search = {.id = sheet->relation, .type = "/worksheet"};
        char part[XLSX_PART_NAME_BYTES];
        if (wanted == NULL ? sheet->hidden : strcmp(sheet->name, wanted) != 0) {
            continue;
        }
        hl_err err = find_part(package, workbook, search, part, detail);
        if (err != HL_OK && out->sheet[0] == '\0') {
            return err;
        }
        if (err != HL_OK || part[0] == '\0' ||
            (wanted == NULL && !has_cells(package, part))) {
            continue;
        }
        if (out->sheet[0] != '\0') {
            add_name(out->others, sheet->name);
            continue;
        }
        memcpy(out->sheet, part, sizeof(part));
        add_name(out->name, sheet->name);
    }
    return out->sheet[0] != '\0' ? HL_OK : fail_no_sheet(book, wanted, detail);
}

static hl_err fail_no_workbook(struct package *package,
                               struct hl_detail *detail)
{
    static const struct {
        const char *part;
        const char *what;
    } others[] = {
        {"xl/workbook.bin", "a binary workbook (.xlsb)"},
        {"content.xml", "an OpenDocument file (.ods)"},
        {"word/document.xml", "a text document (.docx)"},
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
        if (package_has(package, others[i].part)) {
            return hl_fail(detail, HL_EUNSUPPORTED,
                           "%s: save it as .xlsx or as .csv", others[i].what);
        }
    }
    return hl_fail(detail, HL_EMALFORMED, "a zip, but no workbook is in it");
}

static hl_err find_workbook(struct package *package,
                            char out[XLSX_PART_NAME_BYTES],
                            struct hl_detail *detail)
{
    struct search search = {.type = WORKBOOK_ENDING};
    hl_err err = find_part(package, "", search, out, detail);
    if (err != HL_OK) {
        return err;
    }
    if (out[0] == '\0') {
        snprintf(out, XLSX_PART_NAME_BYTES, "xl/workbook.xml");
    }
    return package_has(package, out) && ends_in(out, ".xml") &&
                   strncmp(out, "word/", 5) != 0
               ? HL_OK
               : fail_no_workbook(package, detail);
}

hl_err xlsx_book_read(struct package *package, const char *sheet,
                      struct xlsx_book *out, struct hl_detail *detail)
{
    struct xlsx_book result = {0};
    struct book book = {0};
    char workbook[XLSX_PART_NAME_BYTES];
    struct search strings = {.type = "/sharedStrings"};
    struct search styles = {.type = "/styles"};
    hl_err err = find_workbook(package, workbook, detail);
    if (err == HL_OK) {
        err = xml_read(package, workbook, &workbook_handlers, &book, detail);
    }
    if (err == HL_OK) {
        err = find_sheet(package, workbook, &book, sheet, &result, detail);
    }
    if (err == HL_OK) {
        err = find_part(package, workbook, strings, result.strings, detail);
    }
    if (err == HL_OK) {
        err = find_part(package, workbook, styles, result.styles, detail);
    }
    result.is_1904 = book.is_1904;
    book_fini(&book);
    if (err == HL_OK) {
        *out = result;
    }
    return err;
}
