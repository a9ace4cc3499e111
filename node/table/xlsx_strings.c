/* SPDX-License-Identifier: Apache-2.0 */
#include "node/table/xlsx_strings.h"

#include <string.h>

#include "node/table/spool.h"
#include "node/table/xlsx_text.h"
#include "node/table/xml.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/hl_limits.h"

enum { OFFSET_BYTES = 8 };
/* Of an offset: the string there was too long and is not there. */
#define TOO_LONG (UINT64_C(1) << 63)

struct xlsx_strings {
    struct spool *texts;
    struct spool *offsets; /* of each string, big-endian */
    uint64_t count;
    struct writer scratch;
    /* While they are read: */
    struct xlsx_collected text;
    bool in_string;
    bool in_text;
    unsigned phonetic; /* elements of it that are open */
};

static void on_start(void *context, struct xml *xml, const char *name,
                     const char **attributes)
{
    struct xlsx_strings *strings = context;
    (void)xml;
    (void)attributes;
    if (strcmp(name, "si") == 0) {
        strings->in_string = true;
        xlsx_collect_anew(&strings->text);
    } else if (strcmp(name, "rPh") == 0) {
        strings->phonetic++;
    } else if (strcmp(name, "t") == 0) {
        strings->in_text = strings->in_string && strings->phonetic == 0;
    }
}

static void on_text(void *context, struct xml *xml, struct bytes text)
{
    struct xlsx_strings *strings = context;
    (void)xml;
    if (strings->in_text) {
        xlsx_collect(&strings->text, text);
    }
}

static hl_err add(struct xlsx_strings *strings, struct hl_detail *detail)
{
    if (strings->count == HL_TABLE_STRINGS_MAX) {
        return hl_fail(detail, HL_ELIMIT, "more than %d strings",
                       HL_TABLE_STRINGS_MAX);
    }
    uint64_t offset = spool_size(strings->texts);
    writer_clear(&strings->scratch);
    xlsx_unescape(writer_view(&strings->text.text), &strings->scratch);
    bool fits = xlsx_collected_fits(&strings->text) &&
                strings->scratch.size <= HL_TABLE_CELL_MAX_BYTES;
    hl_err err = fits ? spool_append(strings->texts,
                                     writer_view(&strings->scratch), detail)
                      : HL_OK;
    writer_clear(&strings->scratch);
    writer_u64(&strings->scratch, fits ? offset : offset | TOO_LONG);
    if (err == HL_OK) {
        err = spool_append(strings->offsets, writer_view(&strings->scratch),
                           detail);
    }
    strings->count++;
    return err;
}

static void on_end(void *context, struct xml *xml, const char *name)
{
    struct xlsx_strings *strings = context;
    if (strcmp(name, "t") == 0) {
        strings->in_text = false;
    } else if (strcmp(name, "rPh") == 0 && strings->phonetic > 0) {
        strings->phonetic--;
    } else if (strcmp(name, "si") == 0) {
        struct hl_detail detail = {0};
        strings->in_string = false;
        hl_err err = add(strings, &detail);
        if (err != HL_OK) {
            xml_fail(xml, err, detail.text);
        }
    }
}

static const struct xml_handlers handlers = {on_start, on_end, on_text};

hl_err xlsx_strings_open(struct package *package, const char *part,
                         struct xlsx_strings **out, struct hl_detail *detail)
{
    struct xlsx_strings *strings = hl_alloc(1, sizeof(*strings));
    strings->texts = spool_create();
    strings->offsets = spool_create();
    hl_err err = xml_read(package, part, &handlers, strings, detail);
    if (err == HL_OK) {
        err = spool_finish(strings->texts, detail);
    }
    if (err == HL_OK) {
        err = spool_finish(strings->offsets, detail);
    }
    if (err != HL_OK) {
        xlsx_strings_close(strings);
        return err;
    }
    *out = strings;
    return HL_OK;
}

void xlsx_strings_close(struct xlsx_strings *strings)
{
    if (strings != NULL) {
        spool_destroy(strings->texts);
        spool_destroy(strings->offsets);
        writer_fini(&strings->scratch);
        writer_fini(&strings->text.text);
    }
    hl_free(strings);
}

uint64_t xlsx_strings_count(const struct xlsx_strings *strings)
{
    return strings == NULL ? 0 : strings->count;
}

static uint64_t offset_of(struct bytes offsets, size_t index)
{
    uint64_t value = 0;
    for (size_t i = 0; i < OFFSET_BYTES; i++) {
        value = value << 8 | offsets.data[index * OFFSET_BYTES + i];
    }
    return value;
}

hl_err xlsx_strings_read(struct xlsx_strings *strings, uint64_t index,
                         struct writer *out, bool *fits,
                         struct hl_detail *detail)
{
    HL_ASSERT(index < strings->count);
    bool last = index + 1 == strings->count;
    size_t size = last ? OFFSET_BYTES : (size_t)2 * OFFSET_BYTES;
    writer_clear(&strings->scratch);
    hl_err err = spool_read(strings->offsets, index * OFFSET_BYTES, size,
                            &strings->scratch, detail);
    if (err != HL_OK) {
        return err;
    }
    struct bytes offsets = writer_view(&strings->scratch);
    uint64_t from = offset_of(offsets, 0);
    uint64_t to = last ? spool_size(strings->texts) : offset_of(offsets, 1);
    *fits = (from & TOO_LONG) == 0;
    return *fits ? spool_read(strings->texts, from,
                              (size_t)((to & ~TOO_LONG) - from), out, detail)
                 : HL_OK;
}
