/* SPDX-License-Identifier: Apache-2.0 */
#include "node/table/sniff.h"

#include <ctype.h>
#include <string.h>

#include "protocol/base/alloc.h"

enum { HEAD_BYTES = 4096, CHUNK_BYTES = 65536 };

static bool begins(struct bytes head, const char *mark, size_t size)
{
    return head.size >= size && memcmp(head.data, mark, size) == 0;
}

/* An encrypted xlsx is a compound file with a stream of this name in UTF-16
 * (MS-OFFCRYPTO 2.3.4.4), an .xls one with others. */
static bool holds_mark(const uint8_t *data, size_t size)
{
    static const char word[] = "EncryptedPackage";
    enum { WORD_BYTES = 2 * (sizeof(word) - 1) };
    uint8_t mark[WORD_BYTES] = {0};
    for (size_t i = 0; i + 1 < sizeof(word); i++) {
        mark[2 * i] = (uint8_t)word[i];
    }
    for (size_t at = 0; at + WORD_BYTES <= size; at++) {
        const uint8_t *first =
            memchr(data + at, mark[0], size - at - WORD_BYTES + 1);
        if (first == NULL) {
            return false;
        }
        at = (size_t)(first - data);
        if (memcmp(first, mark, WORD_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

static hl_err is_encrypted(struct source *source, bool *is,
                           struct hl_detail *detail)
{
    enum { OVERLAP_BYTES = 32 };
    uint8_t *buffer = hl_alloc(CHUNK_BYTES, 1);
    size_t kept = 0;
    size_t got = 1;
    hl_err err = HL_OK;
    *is = false;
    source_rewind(source);
    while (err == HL_OK && got > 0 && !*is) {
        err = source_read(source, buffer + kept, CHUNK_BYTES - kept, &got,
                          detail);
        size_t size = kept + (err == HL_OK ? got : 0);
        *is = holds_mark(buffer, size);
        kept = size < OVERLAP_BYTES ? size : OVERLAP_BYTES;
        memmove(buffer, buffer + size - kept, kept);
    }
    hl_free(buffer);
    return err;
}

static hl_err refuse_compound(struct source *source, struct hl_detail *detail)
{
    bool encrypted = false;
    hl_err err = is_encrypted(source, &encrypted, detail);
    if (err != HL_OK) {
        return err;
    }
    return hl_fail(detail, HL_EUNSUPPORTED,
                   encrypted ? "encrypted: remove the password in Excel "
                               "(File, Info, Protect Workbook) and save it "
                               "again"
                             : "an old Excel workbook (.xls): open it in "
                               "Excel and save it as .xlsx");
}

/* The first character that is not white space, of whatever encoding: between
 * those of UTF-16 lie zeros. 0: none. */
static char first_character(struct bytes head)
{
    for (size_t i = 0; i < head.size; i++) {
        uint8_t c = head.data[i];
        if (c != 0 && c < 0x80 && !isspace(c)) {
            return (char)c;
        }
        bool mark = i < 3 && (c == 0xef || c == 0xbb || c == 0xbf ||
                              c == 0xff || c == 0xfe);
        if (c >= 0x80 && !mark) {
            return 0;
        }
    }
    return 0;
}

/* Objects a line, or one over many lines. */
static bool is_line_of_object(struct bytes head)
{
    const uint8_t *end = memchr(head.data, '\n', head.size);
    size_t size = end == NULL ? head.size : (size_t)(end - head.data);
    while (size > 0 && isspace(head.data[size - 1])) {
        size--;
    }
    return end != NULL && size > 0 && head.data[size - 1] == '}';
}

static enum table_format by_content(struct bytes head)
{
    switch (first_character(head)) {
    case '[':
        return TABLE_JSON;
    case '{':
        return is_line_of_object(head) ? TABLE_JSONL : TABLE_JSON;
    default:
        return TABLE_CSV;
    }
}

static hl_err decide(struct bytes head, const char *name,
                     enum table_format declared, enum table_format *out,
                     struct hl_detail *detail)
{
    bool zip = begins(head, "PK\3\4", 4) || begins(head, "PK\5\6", 4);
    enum table_format format =
        declared != TABLE_AUTO ? declared : table_format_of_name(name);
    if (declared == TABLE_AUTO && zip) {
        format = TABLE_XLSX;
    }
    if (zip != (format == TABLE_XLSX)) {
        return hl_fail(detail, HL_EMALFORMED,
                       zip ? "a zip, such as an xlsx, and not a %s"
                           : "not a workbook (no zip), though it is said to "
                             "be %s",
                       table_format_name(format));
    }
    if (format == TABLE_AUTO && first_character(head) == '<') {
        return hl_fail(detail, HL_EUNSUPPORTED,
                       "HTML or XML: open it in Excel and save it as .xlsx");
    }
    *out = format == TABLE_AUTO ? by_content(head) : format;
    return HL_OK;
}

hl_err sniff_format(struct source *source, const char *name,
                    enum table_format declared, enum table_format *out,
                    struct hl_detail *detail)
{
    uint8_t buffer[HEAD_BYTES];
    size_t got = 0;
    source_rewind(source);
    hl_err err = source_read(source, buffer, sizeof(buffer), &got, detail);
    if (err != HL_OK) {
        return err;
    }
    if (got == 0) {
        return hl_fail(detail, HL_EMALFORMED, "the file is empty");
    }
    struct bytes head = bytes_of(buffer, got);
    if (begins(head, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8)) {
        return refuse_compound(source, detail);
    }
    return decide(head, name, declared, out, detail);
}
