/* SPDX-License-Identifier: Apache-2.0 */

/* Whatever an xlsx holds: texts are valid, rows have the heading's cells. The
 * input is a zip; or, where it is not, parts of a workbook with '|' between
 * them (sheet, strings, styles, workbook), which are put into a zip here: a
 * checksum and a deflated stream are nothing that a fuzzer finds. */

#include <string.h>
#include <zlib.h>

#include "protocol/base/hl_assert.h"
#include "protocol/base/writer.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/table_check.h"

#define NS "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

static const char root_relations[] =
    "<R><Relationship Id=\"1\" Type=\"" NS
    "/officeDocument\" Target=\"xl/workbook.xml\"/></R>";
static const char book_relations[] =
    "<R><Relationship Id=\"1\" Type=\"" NS
    "/worksheet\" Target=\"sheet.xml\"/><Relationship Id=\"2\" Type=\"" NS
    "/sharedStrings\" Target=\"strings.xml\"/><Relationship Id=\"3\" "
    "Type=\"" NS "/styles\" Target=\"styles.xml\"/></R>";
static const char book[] = "<b><sheet name=\"s\" id=\"1\"/></b>";

static void put_u16(struct writer *out, unsigned value)
{
    writer_u8(out, (uint8_t)value);
    writer_u8(out, (uint8_t)(value >> 8));
}

static void put_u32(struct writer *out, unsigned long value)
{
    put_u16(out, (unsigned)(value & 0xffff));
    put_u16(out, (unsigned)(value >> 16 & 0xffff));
}

struct zip {
    struct writer file;
    struct writer central;
    unsigned count;
};

/* What both of a part's headers have (APPNOTE.TXT 4.3.7, 4.3.12): stored. */
static void put_header(struct writer *out, const char *name, struct bytes part)
{
    put_u16(out, 20);
    put_u16(out, 0);
    put_u16(out, 0);
    put_u32(out, 0x00210000);
    put_u32(out, crc32(0, part.data, (unsigned)part.size));
    put_u32(out, part.size);
    put_u32(out, part.size);
    put_u16(out, (unsigned)strlen(name));
    put_u16(out, 0);
}

static void zip_put(struct zip *zip, const char *name, struct bytes part)
{
    size_t offset = zip->file.size;
    put_u32(&zip->file, 0x04034b50);
    put_header(&zip->file, name, part);
    writer_text(&zip->file, name);
    writer_bytes(&zip->file, part);
    put_u32(&zip->central, 0x02014b50);
    put_u16(&zip->central, 20);
    put_header(&zip->central, name, part);
    put_u16(&zip->central, 0);
    put_u16(&zip->central, 0);
    put_u16(&zip->central, 0);
    put_u32(&zip->central, 0);
    put_u32(&zip->central, offset);
    writer_text(&zip->central, name);
    zip->count++;
}

static void zip_end(struct zip *zip)
{
    size_t offset = zip->file.size;
    writer_bytes(&zip->file, writer_view(&zip->central));
    put_u32(&zip->file, 0x06054b50);
    put_u32(&zip->file, 0);
    put_u16(&zip->file, zip->count);
    put_u16(&zip->file, zip->count);
    put_u32(&zip->file, zip->central.size);
    put_u32(&zip->file, offset);
    put_u16(&zip->file, 0);
    writer_fini(&zip->central);
}

static bool next_part(struct bytes *rest, struct bytes *part)
{
    if (rest->data == NULL) {
        return false;
    }
    const uint8_t *bar =
        rest->size == 0 ? NULL : memchr(rest->data, '|', rest->size);
    size_t size = bar == NULL ? rest->size : (size_t)(bar - rest->data);
    *part = bytes_of(rest->data, size);
    *rest = bar == NULL ? (struct bytes){0}
                        : bytes_slice(*rest, size + 1, rest->size - size - 1);
    return true;
}

static void make_zip(struct bytes input, struct writer *out)
{
    static const char *const names[] = {"xl/sheet.xml", "xl/strings.xml",
                                        "xl/styles.xml", "xl/workbook.xml"};
    struct zip zip = {0};
    bool has_book = false;
    struct bytes part;
    for (size_t i = 0; i < 4 && next_part(&input, &part); i++) {
        zip_put(&zip, names[i], part);
        has_book = i == 3;
    }
    if (!has_book) {
        zip_put(&zip, names[3], bytes_of_text(book));
    }
    zip_put(&zip, "_rels/.rels", bytes_of_text(root_relations));
    zip_put(&zip, "xl/_rels/workbook.xml.rels", bytes_of_text(book_relations));
    zip_end(&zip);
    *out = zip.file;
}

static void check(struct bytes file)
{
    const struct table_options options = {.format = TABLE_XLSX};
    struct table_reader *reader = table_check_open(file, &options);
    uint64_t last = 0;
    if (reader != NULL) {
        const struct table_row *row = table_check_next(reader);
        while (row != NULL) {
            HL_ASSERT(row->line > last);
            last = row->line;
            row = table_check_next(reader);
        }
    }
    table_reader_close(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct writer made = {0};
    if (size > 2 && memcmp(data, "PK", 2) == 0) {
        check(bytes_of(data, size));
        return 0;
    }
    make_zip(bytes_of(data, size), &made);
    check(writer_view(&made));
    writer_fini(&made);
    return 0;
}
