/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/charter/charter_lines.h"
#include "protocol/base/alloc.h"
#include "protocol/base/text.h"

/* Keeps a line that means nothing here with the block it stands in. */
static hl_err keep_unknown(struct charter_parser *p, struct bytes line)
{
    struct charter *charter = p->charter;
    if (p->unknown_count++ == HL_CHARTER_UNKNOWN_MAX) {
        return hl_fail_line(p->detail, p->line, HL_ELIMIT,
                            "more than %d lines of unknown kinds",
                            HL_CHARTER_UNKNOWN_MAX);
    }
    struct charter_unknown *block =
        charter->node_count == 0
            ? &charter->unknown
            : &charter->nodes[charter->node_count - 1].unknown;
    block->lines =
        hl_realloc(block->lines, block->count + 1, sizeof(*block->lines));
    block->lines[block->count++] = hl_copy(line.data, line.size);
    return HL_OK;
}

/* Printable ASCII, so that what a coordinator sees is what is there. */
static bool is_plain(struct bytes line)
{
    for (size_t i = 0; i < line.size; i++) {
        if (line.data[i] < 0x20 || line.data[i] > 0x7e) {
            return false;
        }
    }
    return true;
}

static hl_err read_line(struct charter_parser *p, struct bytes line)
{
    if (!is_plain(line)) {
        return charter_bad_line(p, "a charter is printable ASCII");
    }
    hl_err err = charter_read_line(p, line);
    return err == HL_OK && p->unknown ? keep_unknown(p, line) : err;
}

/* Compares the text with the one form in which it may stand. */
static hl_err check_form(const struct charter_parser *p, struct bytes text)
{
    struct writer form = {0};
    charter_write(p->charter, &form);
    struct lines want, have;
    struct bytes want_line = {0}, have_line = {0};
    lines_init(&want, writer_view(&form));
    lines_init(&have, text);
    hl_err err = HL_OK;
    while (err == HL_OK && lines_next(&want, &want_line)) {
        bool had = lines_next(&have, &have_line);
        if (!had || !bytes_equal(want_line, have_line)) {
            err = hl_fail_line(p->detail, have.number + (had ? 0 : 1),
                               HL_EMALFORMED, "here belongs the line '%.*s'",
                               BYTES_ARGS(want_line));
        }
    }
    if (err == HL_OK && !lines_at_end(&have)) {
        err = hl_fail_line(p->detail, have.number + 1, HL_EMALFORMED,
                           "the line is said already");
    }
    writer_fini(&form);
    return err;
}

static hl_err read_lines(struct charter_parser *p, struct bytes text)
{
    struct lines lines;
    struct bytes line = {0};
    lines_init(&lines, text);
    p->line = 1;
    if (!lines_next(&lines, &line) ||
        !bytes_equal_text(line, "heluo charter v1")) {
        return charter_bad_line(p, "the first line is not 'heluo charter v1'");
    }
    hl_err err = HL_OK;
    while (err == HL_OK && lines_next(&lines, &line)) {
        p->line = lines.number;
        err = read_line(p, line);
    }
    if (err == HL_OK && !lines_at_end(&lines)) {
        return charter_bad_line(p, "the last line does not end in a line feed");
    }
    return err == HL_OK ? check_form(p, text) : err;
}

hl_err charter_parse_text(struct bytes text, struct charter *out,
                          struct hl_detail *detail)
{
    struct charter charter;
    charter_init(&charter);
    struct charter_parser p = {.charter = &charter, .detail = detail};
    hl_err err = read_lines(&p, text);
    if (err != HL_OK) {
        charter_fini(&charter);
        return err;
    }
    charter.hash = hash_bytes(text);
    *out = charter;
    return HL_OK;
}

/* A draft is a text and its blank line, with no signature yet. */
static hl_err split_note(struct bytes raw, struct note *note,
                         struct hl_detail *detail)
{
    bool draft = raw.size >= 2 && raw.data[raw.size - 1] == '\n' &&
                 raw.data[raw.size - 2] == '\n';
    if (!draft) {
        return note_parse(raw, note, detail);
    }
    struct bytes text = bytes_slice(raw, 0, raw.size - 1);
    hl_err err = note_text_validate(text, detail);
    if (err == HL_OK) {
        *note = (struct note){.text = text};
    }
    return err;
}

hl_err charter_parse(struct bytes raw, struct charter *out,
                     struct hl_detail *detail)
{
    if (raw.size > HL_NOTE_MAX_BYTES) {
        return hl_fail(detail, HL_ELIMIT, "larger than %d bytes",
                       HL_NOTE_MAX_BYTES);
    }
    uint8_t *copy = hl_copy(raw.data, raw.size);
    struct note note = {0};
    struct charter charter = {0};
    hl_err err = split_note(bytes_of(copy, raw.size), &note, detail);
    if (err == HL_OK) {
        err = charter_parse_text(note.text, &charter, detail);
    }
    if (err == HL_OK) {
        err = charter_validate(&charter, detail);
    }
    if (err != HL_OK) {
        charter_fini(&charter);
        note_fini(&note);
        hl_free(copy);
        return err;
    }
    charter.raw = bytes_of(copy, raw.size);
    charter.owned = copy;
    charter.note = note;
    *out = charter;
    return HL_OK;
}

hl_err charter_take_signatures(struct charter *charter, struct bytes raw,
                               struct hl_detail *detail)
{
    uint8_t *copy = hl_copy(raw.data, raw.size);
    struct note note = {0};
    hl_err err = note_parse(bytes_of(copy, raw.size), &note, detail);
    if (err == HL_OK && !bytes_equal(note.text, charter->note.text)) {
        err = hl_fail(detail, HL_EMALFORMED, "signatures over another text");
    }
    if (err != HL_OK) {
        note_fini(&note);
        hl_free(copy);
        return err;
    }
    note_fini(&charter->note);
    hl_free(charter->owned);
    charter->raw = bytes_of(copy, raw.size);
    charter->owned = copy;
    charter->note = note;
    return HL_OK;
}
