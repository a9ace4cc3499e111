/* SPDX-License-Identifier: Apache-2.0 */

/* Charters: what is read is written back to the byte, unknown lines too. */

#include "certs/charter/charter_chain.h"
#include "protocol/base/hl_assert.h"
#include "tests/fuzz/fuzz.h"

static void check_read_back(struct bytes text)
{
    struct charter again = {0};
    struct writer written = {0};
    HL_ASSERT(charter_parse_text(text, &again, NULL) == HL_OK);
    charter_write(&again, &written);
    HL_ASSERT(bytes_equal(writer_view(&written), text));
    writer_fini(&written);
    charter_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct charter charter = {0};
    struct hl_detail detail = {0};
    hl_err err = charter_parse(bytes_of(data, size), &charter, &detail);
    if (err != HL_OK) {
        HL_ASSERT(detail.text[0] != '\0');
        return 0;
    }
    struct writer text = {0};
    charter_write(&charter, &text);
    HL_ASSERT(bytes_equal(writer_view(&text), charter.note.text));
    check_read_back(writer_view(&text));
    struct verifier verifier = verifier_openssl();
    HL_ASSERT(charter_check_next(&charter, &charter, &verifier, NULL) != HL_OK);
    writer_fini(&text);
    charter_fini(&charter);
    return 0;
}
