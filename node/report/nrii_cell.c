/* SPDX-License-Identifier: Apache-2.0 */
#include "node/report/nrii_cell.h"

#include <inttypes.h>

#include "node/catalogue/subject.h"

enum {
    INS_CODE_DIGITS = 32,
    SUBJECT_DIGITS = 3,
    FEN_OF_WAN_HUNDREDTH = 10000, /* 100 yuan */
};

bool nrii_row_is_complete(const struct nrii_row *row)
{
    return row->missing == 0 && row->wrong == 0;
}

/* --- JSON ----------------------------------------------------------------- */

static void put_string(struct writer *out, struct bytes text)
{
    writer_u8(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte == '"' || byte == '\\') {
            writer_u8(out, '\\');
            writer_u8(out, byte);
        } else if (byte == '\n') {
            writer_text(out, "\\n");
        } else if (byte < 0x20) {
            writer_format(out, "\\u%04x", byte);
        } else {
            writer_u8(out, byte);
        }
    }
    writer_u8(out, '"');
}

void nrii_cell_word(struct nrii_cell *cell, const char *word)
{
    put_string(cell->out, bytes_of_text(word));
}

void nrii_cell_lack(struct nrii_cell *cell)
{
    cell->row->missing |= cell->bit;
}

void nrii_cell_refuse(struct nrii_cell *cell)
{
    cell->row->wrong |= cell->bit;
    nrii_cell_word(cell, "");
}

/* --- Texts ---------------------------------------------------------------- */

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\n';
}

/* The front of it that has no more than so many characters. */
static struct bytes front(struct bytes text, size_t characters)
{
    size_t seen = 0, end = 0;
    while (end < text.size) {
        bool begins = (text.data[end] & 0xc0) != 0x80;
        if (begins && ++seen > characters) {
            break;
        }
        end++;
    }
    struct bytes kept = bytes_slice(text, 0, end);
    while (kept.size < text.size && kept.size > 0 &&
           is_blank(kept.data[kept.size - 1])) {
        kept.size--;
    }
    return kept;
}

static bool is_too_long(const struct nrii_cell *cell, struct bytes text)
{
    size_t limit = cell->key->characters;
    return limit > 0 && front(text, limit).size < text.size;
}

void nrii_cell_text(struct nrii_cell *cell, struct bytes text)
{
    if (text.size == 0 && cell->key->needed) {
        nrii_cell_lack(cell);
    }
    if (is_too_long(cell, text)) {
        cell->row->cut |= cell->bit;
        text = front(text, cell->key->characters);
    }
    put_string(cell->out, text);
}

void nrii_cell_whole(struct nrii_cell *cell, struct bytes text)
{
    if (!is_too_long(cell, text)) {
        nrii_cell_text(cell, text);
    } else if (cell->key->needed) {
        nrii_cell_refuse(cell);
    } else {
        cell->row->cut |= cell->bit;
        nrii_cell_word(cell, "");
    }
}

/* --- Of several forms ----------------------------------------------------- */

bool nrii_ins_code_valid(struct bytes text)
{
    bool good = text.size == INS_CODE_DIGITS;
    for (size_t i = 0; i < text.size && good; i++) {
        uint8_t byte = character_to_lower(text.data[i]);
        good = character_is_digit(byte) || (byte >= 'a' && byte <= 'f');
    }
    return good;
}

void nrii_cell_ins_code(struct nrii_cell *cell, struct bytes code)
{
    if (code.size > 0 && !nrii_ins_code_valid(code)) {
        nrii_cell_refuse(cell);
        return;
    }
    nrii_cell_text(cell, code);
}

void nrii_cell_subjects(struct nrii_cell *cell, struct bytes codes)
{
    struct writer names = {0};
    bool good = true;
    for (size_t at = 0; at + SUBJECT_DIGITS <= codes.size;
         at += SUBJECT_DIGITS + 1) {
        const struct subject *subject =
            subject_find(bytes_slice(codes, at, SUBJECT_DIGITS));
        good = good && subject != NULL;
        writer_format(&names, "%s%s", at == 0 ? "" : ",",
                      subject == NULL ? "" : subject->name_zh);
    }
    if (good) {
        nrii_cell_text(cell, writer_view(&names));
    } else {
        nrii_cell_refuse(cell);
    }
    writer_fini(&names);
}

uint64_t nrii_cell_wan(struct nrii_cell *cell, uint64_t fen)
{
    uint64_t hundredths = fen / FEN_OF_WAN_HUNDREDTH;
    hundredths += fen % FEN_OF_WAN_HUNDREDTH >= FEN_OF_WAN_HUNDREDTH / 2;
    writer_format(cell->out, "%" PRIu64 ".%02" PRIu64, hundredths / 100,
                  hundredths % 100);
    return hundredths;
}
