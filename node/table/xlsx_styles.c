/* SPDX-License-Identifier: Apache-2.0 */
#include "node/table/xlsx_styles.h"

#include <string.h>

#include "node/table/xml.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_limits.h"
#include "protocol/base/text.h"

/* A format of the workbook's own. */
struct format {
    uint64_t id;
    enum number_kind kind;
};

struct reading {
    struct xlsx_styles styles;
    struct format *formats;
    size_t format_count;
    bool in_cells; /* cellXfs, not the named styles' */
};

static void add_format(struct reading *reading, struct xml *xml,
                       const char **attributes)
{
    const char *id = xml_attribute(attributes, "numFmtId");
    const char *code = xml_attribute(attributes, "formatCode");
    struct format format = {0};
    if (id == NULL || code == NULL ||
        text_decimal(bytes_of_text(id), UINT32_MAX, &format.id) != HL_OK) {
        return;
    }
    if (reading->format_count == HL_TABLE_STYLES_MAX) {
        xml_fail(xml, HL_ELIMIT, "too many number formats");
        return;
    }
    format.kind = number_kind_of_code(bytes_of_text(code));
    size_t count = reading->format_count;
    if ((count & (count - 1)) == 0) {
        reading->formats = hl_realloc(
            reading->formats, count == 0 ? 1 : count * 2, sizeof(format));
    }
    reading->formats[reading->format_count++] = format;
}

static enum number_kind kind_of(const struct reading *reading, const char *text)
{
    uint64_t id = 0;
    if (text == NULL ||
        text_decimal(bytes_of_text(text), UINT32_MAX, &id) != HL_OK) {
        return NUMBER_PLAIN;
    }
    /* From the end: files have their own first, and few. */
    for (size_t i = reading->format_count; i > 0; i--) {
        if (reading->formats[i - 1].id == id) {
            return reading->formats[i - 1].kind;
        }
    }
    return number_kind_of_id(id);
}

static void add_style(struct reading *reading, struct xml *xml,
                      const char **attributes)
{
    struct xlsx_styles *styles = &reading->styles;
    size_t count = styles->count;
    if (count == HL_TABLE_STYLES_MAX) {
        xml_fail(xml, HL_ELIMIT, "too many cell styles");
        return;
    }
    if ((count & (count - 1)) == 0) {
        styles->kinds =
            hl_realloc(styles->kinds, count == 0 ? 1 : count * 2, 1);
    }
    const char *id = xml_attribute(attributes, "numFmtId");
    styles->kinds[styles->count++] = (uint8_t)kind_of(reading, id);
}

static void on_start(void *context, struct xml *xml, const char *name,
                     const char **attributes)
{
    struct reading *reading = context;
    if (strcmp(name, "numFmt") == 0) {
        add_format(reading, xml, attributes);
    } else if (strcmp(name, "cellXfs") == 0) {
        reading->in_cells = true;
    } else if (strcmp(name, "xf") == 0 && reading->in_cells) {
        add_style(reading, xml, attributes);
    }
}

static void on_end(void *context, struct xml *xml, const char *name)
{
    struct reading *reading = context;
    (void)xml;
    if (strcmp(name, "cellXfs") == 0) {
        reading->in_cells = false;
    }
}

static void on_text(void *context, struct xml *xml, struct bytes text)
{
    (void)context;
    (void)xml;
    (void)text;
}

static const struct xml_handlers handlers = {on_start, on_end, on_text};

hl_err xlsx_styles_read(struct package *package, const char *part,
                        struct xlsx_styles *out, struct hl_detail *detail)
{
    struct reading reading = {0};
    hl_err err = xml_read(package, part, &handlers, &reading, detail);
    hl_free(reading.formats);
    if (err != HL_OK) {
        xlsx_styles_fini(&reading.styles);
        return err;
    }
    *out = reading.styles;
    return HL_OK;
}

void xlsx_styles_fini(struct xlsx_styles *styles)
{
    hl_free(styles->kinds);
    *styles = (struct xlsx_styles){0};
}

enum number_kind xlsx_styles_kind(const struct xlsx_styles *styles,
                                  const char *style)
{
    uint64_t index = 0;
    if (style == NULL ||
        text_decimal(bytes_of_text(style), UINT32_MAX, &index) != HL_OK ||
        index >= styles->count) {
        return NUMBER_PLAIN;
    }
    return (enum number_kind)styles->kinds[index];
}
