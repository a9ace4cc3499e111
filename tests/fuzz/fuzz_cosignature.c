/* SPDX-License-Identifier: Apache-2.0 */

/* Over a note whose every line's key is known as a cosigner: a line verifies
 * under the message of its own time only, bad ones refuse the note, and no
 * key has a time that its first line does not carry. */

#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/reader.h"
#include "protocol/note/cosignature.h"
#include "tests/fuzz/fuzz.h"

/* Good is what begins with the hash's first byte, so that fuzzing finds it. */
static hl_err verify_by_hash(void *context, const struct vkey *key,
                             struct bytes message,
                             const uint8_t signature[SIGNATURE_BYTES])
{
    (void)context;
    (void)key;
    struct hl_hash hash = hash_bytes(message);
    return (hash.bytes[0] ^ signature[0]) % 4 == 0 ? HL_OK : HL_ESIGNATURE;
}

/* What the rules say of one line: its time, or 0 where it is bad. */
static int64_t time_of(const struct note *note,
                       const struct note_signature *line)
{
    struct reader reader;
    struct writer message = {0};
    reader_init(&reader, line->payload);
    uint64_t time_s = reader_u64(&reader);
    struct bytes signature = reader_bytes(&reader, SIGNATURE_BYTES);
    if (reader_finish(&reader) != HL_OK || time_s == 0 ||
        time_s > (uint64_t)INT64_MAX) {
        return 0;
    }
    cosignature_message((int64_t)time_s, note->text, &message);
    hl_err err =
        verify_by_hash(NULL, NULL, writer_view(&message), signature.data);
    writer_fini(&message);
    return err == HL_OK ? (int64_t)time_s : 0;
}

/* The distinct keys of the note's lines, the last of them as an author's. */
static size_t keys_of(const struct note *note, struct vkey *keys)
{
    size_t count = 0;
    for (size_t i = 0; i < note->signature_count; i++) {
        const struct note_signature *line = &note->signatures[i];
        struct vkey key = {.id = line->id, .kind = VKEY_COSIGNATURE};
        memcpy(key.name, line->name.data, line->name.size);
        if (note_line_of(note, &key) == line) {
            keys[count++] = key;
        }
    }
    if (count > 1) {
        keys[count - 1].kind = VKEY_ED25519;
    }
    return count;
}

static void check(const struct note *note, struct vkey *keys, int64_t *time_s)
{
    struct verifier verifier = {.verify = verify_by_hash};
    struct cosignature_verdict verdict = {.time_s = time_s};
    size_t count = keys_of(note, keys);
    size_t good = 0;
    size_t cosigners = 0;
    for (size_t i = 0; i < count; i++) {
        bool cosigner = keys[i].kind == VKEY_COSIGNATURE;
        cosigners += cosigner ? 1 : 0;
        good += cosigner && time_of(note, note_line_of(note, &keys[i])) != 0;
    }
    hl_err err =
        cosignature_verify(note, &verifier, keys, count, &verdict, NULL);
    HL_ASSERT(err == (good == cosigners ? HL_OK : HL_ESIGNATURE));
    for (size_t i = 0; err == HL_OK && i < count; i++) {
        bool cosigner = keys[i].kind == VKEY_COSIGNATURE;
        HL_ASSERT(time_s[i] ==
                  (cosigner ? time_of(note, note_line_of(note, &keys[i])) : 0));
    }
    HL_ASSERT(err != HL_OK || verdict.count == good);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct note note;
    if (note_parse(bytes_of(data, size), &note, NULL) != HL_OK) {
        return 0;
    }
    struct vkey *keys = hl_alloc(note.signature_count, sizeof(*keys));
    int64_t *time_s = hl_alloc(note.signature_count, sizeof(*time_s));
    check(&note, keys, time_s);
    hl_free(time_s);
    hl_free(keys);
    note_fini(&note);
    return 0;
}
