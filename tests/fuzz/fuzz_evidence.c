/* SPDX-License-Identifier: Apache-2.0 */

/* Evidence: what is read is written back to the byte, and nobody is accused
 * by keys that signed nothing. */

#include "protocol/base/hl_assert.h"
#include "protocol/note/evidence.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes raw = bytes_of(data, size);
    struct evidence evidence;
    struct hl_detail detail = {0};
    if (evidence_parse(raw, &evidence, &detail) != HL_OK) {
        HL_ASSERT(detail.text[0] != '\0');
        return 0;
    }
    struct writer written = {0};
    evidence_write(&evidence, &written);
    HL_ASSERT(bytes_equal(writer_view(&written), raw));
    writer_fini(&written);

    struct verifier verifier = verifier_openssl();
    detail.text[0] = '\0';
    if (evidence_verify(&evidence, &verifier, &detail) == HL_OK) {
        HL_ASSERT(!hash_equal(&evidence.branches[0].root_at,
                              &evidence.branches[1].root_at));
    } else {
        HL_ASSERT(detail.text[0] != '\0');
    }
    return 0;
}
