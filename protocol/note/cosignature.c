/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/note/cosignature.h"

#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/reader.h"

void cosignature_message(int64_t time_s, struct bytes text, struct writer *out)
{
    writer_format(out, "cosignature/v1\ntime %lld\n", (long long)time_s);
    writer_bytes(out, text);
}

hl_err cosignature_sign(struct bytes text, const struct signer *signer,
                        int64_t time_s, struct writer *out)
{
    HL_ASSERT(signer->vkey.kind == VKEY_COSIGNATURE);
    HL_ASSERT(time_s >= 1);
    struct writer message = {0};
    struct writer payload = {0};
    cosignature_message(time_s, text, &message);
    writer_u64(&payload, (uint64_t)time_s);
    uint8_t *signature = writer_extend(&payload, SIGNATURE_BYTES);
    hl_err err = signer_sign(signer, writer_view(&message), signature);
    if (err == HL_OK) {
        note_add_line(&signer->vkey, writer_view(&payload), out);
    }
    writer_fini(&payload);
    writer_fini(&message);
    return err;
}

static hl_err verify_payload(struct bytes text, struct bytes payload,
                             const struct verifier *verifier,
                             const struct vkey *key, int64_t *time_s)
{
    struct reader reader;
    reader_init(&reader, payload);
    uint64_t claimed_s = reader_u64(&reader);
    struct bytes signature = reader_bytes(&reader, SIGNATURE_BYTES);
    if (reader_finish(&reader) != HL_OK || claimed_s < 1 ||
        claimed_s > (uint64_t)INT64_MAX) {
        return HL_ESIGNATURE;
    }
    struct writer message = {0};
    cosignature_message((int64_t)claimed_s, text, &message);
    hl_err err =
        verifier_verify(verifier, key, writer_view(&message), signature.data);
    writer_fini(&message);
    if (err == HL_OK) {
        *time_s = (int64_t)claimed_s;
    }
    return err;
}

/* Sets *time_s if the key has a line. */
static hl_err verify_key(const struct note *note,
                         const struct verifier *verifier,
                         const struct vkey *key, int64_t *time_s,
                         struct hl_detail *detail)
{
    const struct note_signature *line = NULL;
    if (key->kind == VKEY_COSIGNATURE) {
        line = note_line_of(note, key);
    }
    if (line == NULL) {
        return HL_OK;
    }
    hl_err err =
        verify_payload(note->text, line->payload, verifier, key, time_s);
    if (err != HL_OK) {
        return hl_fail_line(detail, line->line, err,
                            "cosignature of %s+%08x: %s", key->name, key->id,
                            hl_err_text(err));
    }
    return HL_OK;
}

hl_err cosignature_verify(const struct note *note,
                          const struct verifier *verifier,
                          const struct vkey *keys, size_t key_count,
                          struct cosignature_verdict *verdict,
                          struct hl_detail *detail)
{
    hl_err err = vkey_validate_distinct(keys, key_count, detail);
    size_t count = 0;
    int64_t *time_s = hl_alloc(key_count, sizeof(*time_s));
    for (size_t i = 0; err == HL_OK && i < key_count; i++) {
        err = verify_key(note, verifier, &keys[i], &time_s[i], detail);
        count += time_s[i] != 0 ? 1 : 0;
    }
    if (err == HL_OK && key_count > 0) {
        memcpy(verdict->time_s, time_s, key_count * sizeof(*time_s));
    }
    if (err == HL_OK) {
        verdict->count = count;
    }
    hl_free(time_s);
    return err;
}
