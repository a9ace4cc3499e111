/* SPDX-License-Identifier: Apache-2.0 */
#include "node/report/nrii_cell.h"

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
