/* SPDX-License-Identifier: Apache-2.0 */

/* A key that is read is written back to the same text, and its name may stand
 * in a note; a signer key never reads as a key of another id. */

#include "protocol/base/hl_assert.h"
#include "protocol/note/signer.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vkey key;
    struct signer signer;
    struct hl_detail detail = {0};
    struct bytes text = bytes_of(data, size);
    hl_err err = vkey_parse(text, &key, &detail);
    HL_ASSERT((err == HL_OK) == (detail.text[0] == '\0'));
    if (err == HL_OK) {
        HL_ASSERT(vkey_name_valid(bytes_of_text(key.name)));
        HL_ASSERT(vkey_equal(&key, &key));
    }
    if (err == HL_OK && key.kind != VKEY_IGNORED) {
        struct writer back = {0};
        vkey_write(&key, &back);
        HL_ASSERT(bytes_equal(writer_view(&back), text));
        writer_fini(&back);
    }
    if (signer_from_skey(text, &signer, NULL) == HL_OK) {
        HL_ASSERT(err != HL_OK);
        HL_ASSERT(signer.vkey.kind == VKEY_ED25519);
        signer_fini(&signer);
    }
    return 0;
}
