/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/identity/pem.h"

#include <string.h>

#include <openssl/crypto.h>

#include "protocol/base/base64.h"

static const char begin_mark[] = "-----BEGIN ";
static const char end_mark[] = "-----END ";
static const char tail_mark[] = "-----";

/* The next line without LF or CR LF; the last one may lack it. */
static bool next_line(struct lines *lines, struct bytes *line)
{
    if (!lines_next(lines, line)) {
        *line = lines_rest(lines);
        if (line->size == 0) {
            return false;
        }
        lines->offset = lines->text.size;
        lines->number++;
    }
    if (line->size > 0 && line->data[line->size - 1] == '\r') {
        *line = bytes_slice(*line, 0, line->size - 1);
    }
    return true;
}

static bool starts_with(struct bytes line, const char *mark)
{
    size_t size = strlen(mark);
    return line.size >= size &&
           bytes_equal_text(bytes_slice(line, 0, size), mark);
}

/* The label of a boundary line; false where the line is not whole. */
static bool label_of(struct bytes line, const char *mark, struct bytes *label)
{
    size_t front = strlen(mark);
    size_t back = strlen(tail_mark);
    if (line.size < front + back ||
        !bytes_equal_text(bytes_slice(line, line.size - back, back),
                          tail_mark)) {
        return false;
    }
    *label = bytes_slice(line, front, line.size - front - back);
    return label->size > 0 && label->size < PEM_LABEL_BYTES;
}

static hl_err find_begin(struct lines *lines, struct pem_block *block,
                         struct hl_detail *detail)
{
    struct bytes line = {0};
    *block = (struct pem_block){0};
    while (next_line(lines, &line)) {
        if (!starts_with(line, begin_mark)) {
            continue;
        }
        struct bytes label = {0};
        if (!label_of(line, begin_mark, &label)) {
            return hl_fail_line(detail, lines->number, HL_EMALFORMED,
                                "a BEGIN line is not whole");
        }
        memcpy(block->label, label.data, label.size);
        block->line = lines->number;
        return HL_OK;
    }
    return HL_OK;
}

/* The lines up to END, whose label must be that of BEGIN. */
static hl_err read_body(struct lines *lines, const struct pem_block *block,
                        struct writer *der, struct hl_detail *detail)
{
    struct bytes line = {0};
    bool padded = false;
    while (next_line(lines, &line)) {
        struct bytes label = {0};
        if (starts_with(line, end_mark)) {
            bool same = label_of(line, end_mark, &label) &&
                        bytes_equal_text(label, block->label);
            return same ? HL_OK
                        : hl_fail_line(detail, lines->number, HL_EMALFORMED,
                                       "END does not match BEGIN in line %llu",
                                       (unsigned long long)block->line);
        }
        if (padded || line.size == 0 || base64_decode(line, der) != HL_OK) {
            return hl_fail_line(detail, lines->number, HL_EMALFORMED,
                                "no line of base64 in a PEM block");
        }
        padded = line.data[line.size - 1] == '=';
    }
    return hl_fail_line(detail, block->line, HL_EMALFORMED,
                        "a PEM block has no END line");
}

hl_err pem_next(struct lines *lines, struct pem_block *block,
                struct writer *der, struct hl_detail *detail)
{
    struct pem_block found = {0};
    hl_err err = find_begin(lines, &found, detail);
    if (err == HL_OK && found.label[0] != '\0') {
        size_t room = base64_decoded_size_max(lines_rest(lines).size);
        writer_extend(der, room);
        writer_shrink(der, room);
        size_t before = der->size;
        err = read_body(lines, &found, der, detail);
        if (err != HL_OK && der->size > before) {
            OPENSSL_cleanse(der->data + before, der->size - before);
            writer_shrink(der, der->size - before);
        }
    }
    if (err == HL_OK) {
        *block = found;
    }
    return err;
}

void pem_write(const char *label, struct bytes der, struct writer *out)
{
    enum { LINE_BYTES = 48 }; /* 64 characters */
    writer_format(out, "%s%s%s\n", begin_mark, label, tail_mark);
    for (size_t i = 0; i < der.size; i += LINE_BYTES) {
        size_t left = der.size - i;
        base64_encode(
            bytes_slice(der, i, left < LINE_BYTES ? left : LINE_BYTES), out);
        writer_text(out, "\n");
    }
    writer_format(out, "%s%s%s\n", end_mark, label, tail_mark);
}
