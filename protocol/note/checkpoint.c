/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/note/checkpoint.h"

#include <string.h>

#include "protocol/base/base64.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/text.h"
#include "protocol/tree/merkle.h"

static bool has_control(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < 0x20) {
            return true;
        }
    }
    return false;
}

static hl_err parse_origin(struct bytes line, struct checkpoint *out,
                           struct hl_detail *detail)
{
    if (line.size == 0) {
        return hl_fail_line(detail, 1, HL_EMALFORMED, "origin is empty");
    }
    if (line.size > HL_NAME_MAX_BYTES) {
        return hl_fail_line(detail, 1, HL_ELIMIT,
                            "origin is longer than %d bytes",
                            HL_NAME_MAX_BYTES);
    }
    if (has_control(line) || !text_utf8_valid(line)) {
        return hl_fail_line(detail, 1, HL_EMALFORMED,
                            "origin has a control byte or is not UTF-8");
    }
    memcpy(out->origin, line.data, line.size);
    out->origin[line.size] = '\0';
    return HL_OK;
}

static hl_err parse_extension(struct lines *lines, bool *has_extension,
                              struct hl_detail *detail)
{
    struct bytes line;
    while (lines_next(lines, &line)) {
        if (line.size == 0) {
            return hl_fail_line(detail, lines->number, HL_EMALFORMED,
                                "extension line is empty");
        }
        *has_extension = true;
    }
    if (!lines_at_end(lines)) {
        return hl_fail_line(detail, lines->number + 1, HL_EMALFORMED,
                            "last line does not end in LF");
    }
    return HL_OK;
}

hl_err checkpoint_parse_foreign(struct bytes text, struct checkpoint *out,
                                struct hl_detail *detail)
{
    struct checkpoint checkpoint = {0};
    struct bytes fields[3];
    struct lines lines;
    lines_init(&lines, text);
    for (size_t i = 0; i < 3; i++) {
        if (!lines_next(&lines, &fields[i])) {
            return hl_fail_line(detail, lines.number + 1, HL_EMALFORMED,
                                "checkpoint needs three lines: origin, size, "
                                "root");
        }
    }
    hl_err err = parse_origin(fields[0], &checkpoint, detail);
    if (err == HL_OK) {
        struct head_text head = {fields[1], fields[2], 2, 3};
        err = head_parse(&head, &checkpoint.head, detail);
    }
    if (err == HL_OK) {
        err = parse_extension(&lines, &checkpoint.has_extension, detail);
    }
    if (err == HL_OK) {
        *out = checkpoint;
    }
    return err;
}

hl_err checkpoint_parse(struct bytes text, struct checkpoint *out,
                        struct hl_detail *detail)
{
    struct checkpoint checkpoint;
    hl_err err = checkpoint_parse_foreign(text, &checkpoint, detail);
    if (err != HL_OK) {
        return err;
    }
    if (checkpoint.has_extension) {
        return hl_fail_line(detail, 4, HL_EMALFORMED,
                            "checkpoint has extension lines");
    }
    *out = checkpoint;
    return HL_OK;
}

void checkpoint_write(const struct checkpoint *checkpoint, struct writer *out)
{
    size_t origin_size = strnlen(checkpoint->origin, HL_NAME_MAX_BYTES + 1);
    HL_ASSERT(origin_size > 0);
    HL_ASSERT(origin_size <= HL_NAME_MAX_BYTES);
    HL_ASSERT(!checkpoint->has_extension);
    HL_ASSERT(head_validate(&checkpoint->head) == HL_OK);
    writer_format(out, "%s\n%llu\n", checkpoint->origin,
                  (unsigned long long)checkpoint->head.size);
    base64_encode(bytes_of(checkpoint->head.root.bytes, HL_HASH_BYTES), out);
    writer_u8(out, '\n');
}

hl_err checkpoint_sign(const struct checkpoint *checkpoint,
                       const struct signer *signers, size_t count,
                       struct writer *out)
{
    HL_ASSERT(count > 0);
    struct writer text = {0};
    struct writer note = {0};
    hl_err err = HL_OK;
    checkpoint_write(checkpoint, &text);
    note_begin(writer_view(&text), &note);
    for (size_t i = 0; err == HL_OK && i < count; i++) {
        HL_ASSERT(strcmp(signers[i].vkey.name, checkpoint->origin) == 0);
        err = note_sign(writer_view(&text), &signers[i], &note);
    }
    if (err == HL_OK) {
        writer_bytes(out, writer_view(&note));
    }
    writer_fini(&note);
    writer_fini(&text);
    return err;
}

/* Whether the note has a line by a key of the author's of that kind. */
static bool has_line_by(const struct note *note, const struct vkey *key,
                        enum vkey_kind kind, const char *origin)
{
    return key->kind == kind && strcmp(key->name, origin) == 0 &&
           note_line_of(note, key) != NULL;
}

static hl_err verify_line_by(const struct note *note,
                             const struct verifier *verifier,
                             const struct vkey *key, struct hl_detail *detail)
{
    bool signed_by = false;
    struct note_verdict verdict = {.signed_by = &signed_by};
    return note_verify(note, verifier, key, 1, &verdict, detail);
}

static hl_err verify_ed25519(const struct note *note,
                             const struct verifier *verifier,
                             const struct checkpoint_author *author,
                             const struct vkey **signed_by,
                             struct hl_detail *detail)
{
    const struct vkey *found = NULL;
    for (size_t i = 0; i < author->key_count; i++) {
        const struct vkey *key = &author->keys[i];
        if (!has_line_by(note, key, VKEY_ED25519, author->origin)) {
            continue;
        }
        hl_err err = verify_line_by(note, verifier, key, detail);
        if (err != HL_OK) {
            return err;
        }
        found = found == NULL ? key : found;
    }
    if (found == NULL) {
        return hl_fail(detail, HL_ENOKEY,
                       "no Ed25519 signature by a known key of %s",
                       author->origin);
    }
    *signed_by = found;
    return HL_OK;
}

static hl_err verify_sm2(const struct note *note,
                         const struct verifier *verifier,
                         const struct checkpoint_author *author,
                         enum checkpoint_sm2 *sm2, struct hl_detail *detail)
{
    enum checkpoint_sm2 found = CHECKPOINT_SM2_ABSENT;
    for (size_t i = 0; i < author->key_count; i++) {
        const struct vkey *key = &author->keys[i];
        if (!has_line_by(note, key, VKEY_SM2, author->origin)) {
            continue;
        }
        hl_err err = verify_line_by(note, verifier, key, NULL);
        if (err == HL_ESIGNATURE) {
            found = CHECKPOINT_SM2_FAILED;
        } else if (err != HL_OK) {
            return hl_fail(detail, err, "cannot verify the SM2 line of %s",
                           key->name);
        } else if (found == CHECKPOINT_SM2_ABSENT) {
            found = CHECKPOINT_SM2_VALID;
        }
    }
    *sm2 = found;
    return HL_OK;
}

hl_err checkpoint_verify(const struct note *note,
                         const struct verifier *verifier,
                         const struct checkpoint_author *author,
                         struct checkpoint_verdict *out,
                         struct hl_detail *detail)
{
    struct checkpoint_verdict verdict = {.sm2 = CHECKPOINT_SM2_ABSENT};
    hl_err err =
        vkey_validate_distinct(author->keys, author->key_count, detail);
    if (err == HL_OK) {
        err =
            verify_ed25519(note, verifier, author, &verdict.signed_by, detail);
    }
    if (err == HL_OK) {
        err = checkpoint_parse(note->text, &verdict.checkpoint, detail);
    }
    if (err == HL_OK &&
        strcmp(verdict.checkpoint.origin, author->origin) != 0) {
        err =
            hl_fail_line(detail, 1, HL_EMALFORMED, "origin is %s, expected %s",
                         verdict.checkpoint.origin, author->origin);
    }
    if (err == HL_OK) {
        err = verify_sm2(note, verifier, author, &verdict.sm2, detail);
    }
    if (err == HL_OK) {
        *out = verdict;
    }
    return err;
}

hl_err checkpoint_authenticate(struct bytes raw,
                               const struct verifier *verifier,
                               const struct checkpoint_author *author,
                               struct checkpoint_verdict *out,
                               struct hl_detail *detail)
{
    struct note note;
    hl_err err = note_parse(raw, &note, detail);
    if (err != HL_OK) {
        return err;
    }
    err = checkpoint_verify(&note, verifier, author, out, detail);
    note_fini(&note);
    return err;
}
