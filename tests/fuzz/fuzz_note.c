/* SPDX-License-Identifier: Apache-2.0 */

/* A note that is read is its text, a blank line and its lines, to the byte;
 * the lines carry what was written into them; its text may be signed again
 * and then comes back. */

#include <string.h>

#include "protocol/base/hl_assert.h"
#include "protocol/note/note.h"
#include "tests/fuzz/fuzz.h"

/* A key that has the name and id of a line. */
static struct vkey key_of(const struct note_signature *line)
{
    struct vkey key = {.id = line->id, .kind = VKEY_ED25519};
    HL_ASSERT(line->name.size <= HL_NAME_MAX_BYTES);
    memcpy(key.name, line->name.data, line->name.size);
    return key;
}

static void check_rewrite(const struct note *note, struct bytes raw)
{
    struct writer back = {0};
    writer_bytes(&back, note->text);
    writer_u8(&back, '\n');
    for (size_t i = 0; i < note->signature_count; i++) {
        const struct note_signature *line = &note->signatures[i];
        struct vkey key = key_of(line);
        const struct note_signature *first = note_line_of(note, &key);
        HL_ASSERT(first != NULL);
        HL_ASSERT(first <= line);
        note_add_line(&key, line->payload, &back);
    }
    HL_ASSERT(bytes_equal(writer_view(&back), raw));
    writer_fini(&back);
}

/* The first byte of a signature says whether it verifies. */
static hl_err verify_by_first_byte(void *context, const struct vkey *key,
                                   struct bytes message,
                                   const uint8_t signature[SIGNATURE_BYTES])
{
    (void)context;
    (void)key;
    (void)message;
    return signature[0] % 2 == 0 ? HL_OK : HL_ESIGNATURE;
}

/* The verdict for one known key follows from its first line alone. */
static void check_verdict(const struct note *note)
{
    struct verifier verifier = {.verify = verify_by_first_byte};
    const struct note_signature *last =
        &note->signatures[note->signature_count - 1];
    struct vkey key = key_of(last);
    const struct note_signature *first = note_line_of(note, &key);
    bool good = first->payload.size == SIGNATURE_BYTES &&
                first->payload.data[0] % 2 == 0;
    bool signed_by = false;
    struct note_verdict verdict = {.signed_by = &signed_by};
    hl_err err = note_verify(note, &verifier, &key, 1, &verdict, NULL);
    HL_ASSERT(err == (good ? HL_OK : HL_ESIGNATURE));
    HL_ASSERT(signed_by == good);
    key.id++;
    HL_ASSERT(note_line_of(note, &key) != NULL ||
              note_verify(note, &verifier, &key, 1, &verdict, NULL) ==
                  HL_ENOKEY);
}

static void check_resign(const struct note *note)
{
    struct vkey key = key_of(&note->signatures[0]);
    struct writer again = {0};
    struct note back;
    if (note->text.size > NOTE_TEXT_MAX_BYTES) {
        return;
    }
    HL_ASSERT(note_text_validate(note->text, NULL) == HL_OK);
    note_begin(note->text, &again);
    note_add_line(&key, bytes_of_text("x"), &again);
    HL_ASSERT(note_parse(writer_view(&again), &back, NULL) == HL_OK);
    HL_ASSERT(bytes_equal(back.text, note->text));
    note_fini(&back);
    writer_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct note note;
    struct hl_detail detail = {0};
    hl_err err = note_parse(bytes_of(data, size), &note, &detail);
    HL_ASSERT((err == HL_OK) == (detail.text[0] == '\0'));
    if (err != HL_OK) {
        return 0;
    }
    HL_ASSERT(note.signature_count > 0);
    HL_ASSERT(note.signature_count <= HL_NOTE_SIGNATURES_MAX);
    check_rewrite(&note, bytes_of(data, size));
    check_verdict(&note);
    check_resign(&note);
    note_fini(&note);
    return 0;
}
