/* SPDX-License-Identifier: Apache-2.0 */
#include "node/table/encoding.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { HEAD_BYTES = 4096 };

/* Names that people and Excel use, and what iconv(3) calls it. GB 18030 holds
 * all of its two forerunners. */
static const struct {
    const char *name;
    const char *meant;
} aliases[] = {
    {"UTF8", "UTF-8"},          {"GBK", "GB18030"},
    {"GB2312", "GB18030"},      {"GB-18030", "GB18030"},
    {"CP936", "GB18030"},       {"MACROMAN", "MACINTOSH"},
    {"MAC-ROMAN", "MACINTOSH"}, {"X-MAC-ROMAN", "MACINTOSH"},
    {"WINDOWS-936", "GB18030"},
};

static const struct {
    const char *mark;
    size_t size;
    const char *encoding;
} marks[] = {
    {"\xef\xbb\xbf", 3, "UTF-8"},
    {"\xff\xfe", 2, "UTF-16LE"},
    {"\xfe\xff", 2, "UTF-16BE"},
};

static void name_it(const char *name, char out[ENCODING_NAME_BYTES])
{
    for (size_t i = 0; i < sizeof(aliases) / sizeof(*aliases); i++) {
        if (strcasecmp(name, aliases[i].name) == 0) {
            name = aliases[i].meant;
        }
    }
    snprintf(out, ENCODING_NAME_BYTES, "%s", name);
}

static const char *marked(struct bytes head)
{
    for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
        if (head.size >= marks[i].size &&
            memcmp(head.data, marks[i].mark, marks[i].size) == 0) {
            return marks[i].encoding;
        }
    }
    return NULL;
}

/* Every other byte of Latin text in UTF-16 is 0. */
static bool looks_like_utf16(struct bytes head)
{
    size_t zeros = 0;
    for (size_t i = 0; i < head.size; i++) {
        zeros += head.data[i] == 0;
    }
    return head.size > 1 && zeros > head.size / 4;
}

/* What a whole file is like in one encoding. */
struct trial {
    bool valid;
    uint64_t line; /* where it is not */
    unsigned byte;
    uint64_t characters; /* beyond ASCII */
};

static uint64_t count_lines(struct bytes text, uint8_t *last)
{
    uint64_t lines = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        lines += c == '\r' || (c == '\n' && *last != '\r');
        *last = c;
    }
    return lines;
}

static uint64_t count_characters(struct bytes text)
{
    uint64_t count = 0;
    for (size_t i = 0; i < text.size; i++) {
        count += (text.data[i] & 0xc0) == 0xc0;
    }
    return count;
}

static unsigned bad_byte(struct bytes shown)
{
    char hex[DECODER_BAD_HEX + 1] = {0};
    unsigned byte = 0;
    memcpy(hex, shown.data + DECODER_BAD_BYTES, DECODER_BAD_HEX);
    (void)sscanf(hex, "%2x", &byte);
    return byte;
}

/* Reads all of it, or up to the first byte that is not valid. */
static hl_err try_encoding(struct source *source, const char *encoding,
                           struct trial *out, struct hl_detail *detail)
{
    struct decoder decoder = {0};
    struct writer text = {0};
    struct trial trial = {.line = 1};
    uint8_t last = 0;
    hl_err err = decoder_start(source, encoding, &decoder, detail);
    while (err == HL_OK && !decoder.ended && decoder.bad == 0) {
        writer_clear(&text);
        err = decoder_read(&decoder, &text, detail);
        struct bytes good = writer_view(&text);
        if (decoder.bad > 0) {
            trial.byte = bad_byte(
                bytes_slice(good, decoder.bad_at, good.size - decoder.bad_at));
            good.size = decoder.bad_at;
        }
        trial.line += count_lines(good, &last);
        trial.characters += count_characters(good);
    }
    trial.valid = decoder.bad == 0;
    decoder_close(&decoder);
    writer_fini(&text);
    if (err == HL_OK) {
        *out = trial;
    }
    return err;
}

static hl_err count_high(struct source *source, uint64_t *high,
                         struct hl_detail *detail)
{
    uint8_t buffer[HEAD_BYTES];
    size_t got = 1;
    hl_err err = HL_OK;
    *high = 0;
    source_rewind(source);
    while (err == HL_OK && got > 0) {
        err = source_read(source, buffer, sizeof(buffer), &got, detail);
        for (size_t i = 0; err == HL_OK && i < got; i++) {
            *high += buffer[i] >= 0x80;
        }
    }
    return err;
}

/* In Chinese text nearly every character is two bytes above 0x7F; where a
 * letter of Latin-1 or Mac Roman makes a pair by chance, its second byte is
 * mostly the ASCII letter behind it. */
static hl_err try_chinese(struct source *source, bool *is,
                          struct hl_detail *detail)
{
    struct trial trial = {0};
    uint64_t high = 0;
    hl_err err = try_encoding(source, "GB18030", &trial, detail);
    if (err == HL_OK && trial.valid) {
        err = count_high(source, &high, detail);
    }
    *is = err == HL_OK && trial.valid && high * 2 >= trial.characters * 3;
    return err;
}

static hl_err detect(struct source *source, char out[ENCODING_NAME_BYTES],
                     struct hl_detail *detail)
{
    struct trial utf8 = {0};
    bool chinese = false;
    hl_err err = try_encoding(source, "UTF-8", &utf8, detail);
    if (err == HL_OK && !utf8.valid) {
        err = try_chinese(source, &chinese, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    if (!utf8.valid && !chinese) {
        return hl_fail_line(detail, utf8.line, HL_EMALFORMED,
                            "byte 0x%02X is not UTF-8, and the file is not "
                            "GB18030: declare its encoding, such as "
                            "macintosh, windows-1252, utf-16le; or declare "
                            "utf-8 or gb18030 all the same, and only rows with "
                            "such bytes are refused",
                            utf8.byte);
    }
    name_it(chinese ? "GB18030" : "UTF-8", out);
    return HL_OK;
}

hl_err encoding_choose(struct source *source, const char *declared,
                       char out[ENCODING_NAME_BYTES], struct hl_detail *detail)
{
    uint8_t buffer[HEAD_BYTES];
    size_t got = 0;
    source_rewind(source);
    hl_err err = source_read(source, buffer, sizeof(buffer), &got, detail);
    if (err != HL_OK) {
        return err;
    }
    struct bytes head = bytes_of(buffer, got);
    const char *name = marked(head) != NULL ? marked(head) : declared;
    if (name != NULL) {
        name_it(name, out);
        return HL_OK;
    }
    if (looks_like_utf16(head)) {
        return hl_fail(detail, HL_EMALFORMED,
                       "every other byte is 0: declare the encoding, it looks "
                       "like utf-16le or utf-16be without a mark");
    }
    return detect(source, out, detail);
}
