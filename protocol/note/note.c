/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/note/note.h"

#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/base64.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/reader.h"
#include "protocol/base/text.h"

static const char em_dash[] = "\xe2\x80\x94";

enum { ID_BYTES = 4 };

static size_t count_lines(struct bytes text)
{
    struct lines lines;
    struct bytes line;
    lines_init(&lines, text);
    while (lines_next(&lines, &line)) {
    }
    return (size_t)lines.number;
}

/* The first line that is not UTF-8; a sequence never spans a LF. */
static uint64_t broken_line(struct bytes text)
{
    struct lines lines;
    struct bytes line;
    lines_init(&lines, text);
    while (lines_next(&lines, &line)) {
        if (!text_utf8_valid(line)) {
            return lines.number;
        }
    }
    return lines.number + 1;
}

static hl_err validate_characters(struct bytes text, struct hl_detail *detail)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < 0x20 && text.data[i] != '\n') {
            return hl_fail_at(detail, i, HL_EMALFORMED,
                              "control byte %02x in a note", text.data[i]);
        }
    }
    if (!text_utf8_valid(text)) {
        return hl_fail_line(detail, broken_line(text), HL_EMALFORMED,
                            "note is not valid UTF-8");
    }
    return HL_OK;
}

/* Splits at the last blank line, which belongs to neither part. */
static bool split_note(struct bytes raw, struct bytes *text,
                       struct bytes *signatures)
{
    for (size_t i = raw.size; i >= 2; i--) {
        if (raw.data[i - 1] == '\n' && raw.data[i - 2] == '\n') {
            *text = bytes_slice(raw, 0, i - 1);
            *signatures = bytes_slice(raw, i, raw.size - i);
            return true;
        }
    }
    return false;
}

/* The bytes of a line's base64, appended to payloads, which has room. */
static hl_err parse_payload(struct bytes base64, struct writer *payloads,
                            struct note_signature *out,
                            struct hl_detail *detail)
{
    if (base64.size > base64_encoded_size(ID_BYTES + HL_SIGNATURE_MAX_BYTES)) {
        return hl_fail_line(detail, out->line, HL_ELIMIT,
                            "signature is longer than %d bytes",
                            HL_SIGNATURE_MAX_BYTES);
    }
    size_t start = payloads->size;
    if (base64_decode(base64, payloads) != HL_OK) {
        return hl_fail_line(detail, out->line, HL_EMALFORMED,
                            "signature is not canonical base64");
    }
    struct bytes all = writer_view(payloads);
    struct bytes payload = bytes_slice(all, start, all.size - start);
    if (payload.size <= ID_BYTES) {
        return hl_fail_line(detail, out->line, HL_EMALFORMED,
                            "signature has %zu bytes, no more than a key id",
                            payload.size);
    }
    struct reader reader;
    reader_init(&reader, payload);
    out->id = reader_u32(&reader);
    out->payload = reader_bytes(&reader, reader_left(&reader));
    return HL_OK;
}

static hl_err parse_line(struct bytes line, uint64_t number,
                         struct writer *payloads, struct note_signature *out,
                         struct hl_detail *detail)
{
    struct bytes fields[3];
    if (text_fields(line, fields, 3) != 3 ||
        !bytes_equal_text(fields[0], em_dash)) {
        return hl_fail_line(detail, number, HL_EMALFORMED,
                            "expected a signature line: em dash, key name, "
                            "base64, one space between them");
    }
    if (!vkey_name_valid(fields[1])) {
        return hl_fail_line(detail, number, HL_EMALFORMED,
                            "key name is too long or has a character that may "
                            "not stand in a note");
    }
    out->name = fields[1];
    out->line = number;
    return parse_payload(fields[2], payloads, out, detail);
}

/* Fills note->signatures from lines whose first has the given number. The
 * payloads' buffer is made large enough first, so that it never moves. */
static hl_err parse_lines(struct bytes text, uint64_t first, struct note *note,
                          struct hl_detail *detail)
{
    struct writer payloads = {0};
    struct lines lines;
    struct bytes line;
    hl_err err = HL_OK;
    note->signatures = hl_alloc(count_lines(text), sizeof(*note->signatures));
    writer_extend(&payloads, text.size);
    note->payloads = payloads.data;
    writer_clear(&payloads);
    lines_init(&lines, text);
    while (err == HL_OK && lines_next(&lines, &line)) {
        err = parse_line(line, first + lines.number - 1, &payloads,
                         &note->signatures[note->signature_count++], detail);
    }
    HL_ASSERT(payloads.data == note->payloads);
    return err;
}

static hl_err validate_block(struct bytes signatures, uint64_t first,
                             struct hl_detail *detail)
{
    if (signatures.size == 0) {
        return hl_fail_line(detail, first, HL_EMALFORMED,
                            "note has no signature lines");
    }
    size_t count = count_lines(signatures);
    if (count > HL_NOTE_SIGNATURES_MAX) {
        return hl_fail_line(detail, first + HL_NOTE_SIGNATURES_MAX, HL_ELIMIT,
                            "note has more than %d signature lines",
                            HL_NOTE_SIGNATURES_MAX);
    }
    if (signatures.data[signatures.size - 1] != '\n') {
        return hl_fail_line(detail, first + count, HL_EMALFORMED,
                            "last line does not end in LF");
    }
    return HL_OK;
}

hl_err note_parse(struct bytes raw, struct note *out, struct hl_detail *detail)
{
    if (raw.size > HL_NOTE_MAX_BYTES) {
        return hl_fail(detail, HL_ELIMIT, "note is longer than %d bytes",
                       HL_NOTE_MAX_BYTES);
    }
    hl_err err = validate_characters(raw, detail);
    if (err != HL_OK) {
        return err;
    }
    struct note note = {0};
    struct bytes signatures;
    if (!split_note(raw, &note.text, &signatures)) {
        return hl_fail(detail, HL_EMALFORMED,
                       "note has no blank line before its signature lines");
    }
    uint64_t first = count_lines(note.text) + 2;
    err = validate_block(signatures, first, detail);
    if (err == HL_OK) {
        err = parse_lines(signatures, first, &note, detail);
    }
    if (err != HL_OK) {
        note_fini(&note);
        return err;
    }
    *out = note;
    return HL_OK;
}

void note_fini(struct note *note)
{
    hl_free(note->payloads);
    hl_free(note->signatures);
    *note = (struct note){0};
}

const struct note_signature *note_line_of(const struct note *note,
                                          const struct vkey *key)
{
    for (size_t i = 0; i < note->signature_count; i++) {
        const struct note_signature *line = &note->signatures[i];
        if (line->id == key->id && bytes_equal_text(line->name, key->name)) {
            return line;
        }
    }
    return NULL;
}

/* Whether a key's line is there and verifies. */
static hl_err verify_key(const struct note *note,
                         const struct verifier *verifier,
                         const struct vkey *key, bool *present,
                         struct hl_detail *detail)
{
    const struct note_signature *line = NULL;
    if (key->kind == VKEY_ED25519 || key->kind == VKEY_SM2) {
        line = note_line_of(note, key);
    }
    if (line == NULL) {
        *present = false;
        return HL_OK;
    }
    hl_err err = HL_ESIGNATURE;
    if (line->payload.size == SIGNATURE_BYTES) {
        err = verifier_verify(verifier, key, note->text, line->payload.data);
    }
    if (err != HL_OK) {
        return hl_fail_line(detail, line->line, err, "signature of %s+%08x: %s",
                            key->name, key->id, hl_err_text(err));
    }
    *present = true;
    return HL_OK;
}

hl_err note_verify(const struct note *note, const struct verifier *verifier,
                   const struct vkey *keys, size_t key_count,
                   struct note_verdict *verdict, struct hl_detail *detail)
{
    hl_err err = vkey_validate_distinct(keys, key_count, detail);
    size_t count = 0;
    bool *signed_by = hl_alloc(key_count, sizeof(*signed_by));
    for (size_t i = 0; err == HL_OK && i < key_count; i++) {
        err = verify_key(note, verifier, &keys[i], &signed_by[i], detail);
        count += signed_by[i] ? 1 : 0;
    }
    if (err == HL_OK && count == 0) {
        err = hl_fail(detail, HL_ENOKEY, "none of the %zu known keys signed",
                      key_count);
    }
    if (err == HL_OK) {
        memcpy(verdict->signed_by, signed_by, key_count * sizeof(*signed_by));
        verdict->count = count;
    }
    hl_free(signed_by);
    return err;
}

hl_err note_text_validate(struct bytes text, struct hl_detail *detail)
{
    if (text.size > NOTE_TEXT_MAX_BYTES) {
        return hl_fail(detail, HL_ELIMIT, "text is longer than %d bytes",
                       NOTE_TEXT_MAX_BYTES);
    }
    if (text.size == 0 || text.data[text.size - 1] != '\n') {
        return hl_fail_at(detail, text.size, HL_EMALFORMED,
                          "text does not end in LF");
    }
    return validate_characters(text, detail);
}

void note_begin(struct bytes text, struct writer *out)
{
    HL_ASSERT(note_text_validate(text, NULL) == HL_OK);
    writer_bytes(out, text);
    writer_u8(out, '\n');
}

void note_add_line(const struct vkey *key, struct bytes payload,
                   struct writer *out)
{
    HL_ASSERT(payload.size > 0);
    HL_ASSERT(payload.size <= HL_SIGNATURE_MAX_BYTES);
    struct writer signature = {0};
    writer_u32(&signature, key->id);
    writer_bytes(&signature, payload);
    writer_format(out, "%s %s ", em_dash, key->name);
    base64_encode(writer_view(&signature), out);
    writer_u8(out, '\n');
    writer_fini(&signature);
}

hl_err note_sign(struct bytes text, const struct signer *signer,
                 struct writer *out)
{
    HL_ASSERT(signer->vkey.kind == VKEY_ED25519 ||
              signer->vkey.kind == VKEY_SM2);
    uint8_t signature[SIGNATURE_BYTES];
    hl_err err = signer_sign(signer, text, signature);
    if (err != HL_OK) {
        return err;
    }
    note_add_line(&signer->vkey, bytes_of(signature, SIGNATURE_BYTES), out);
    return HL_OK;
}
