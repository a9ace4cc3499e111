/* SPDX-License-Identifier: Apache-2.0 */

/* Sealed forms: whatever comes, opening it in pieces says the same as opening
 * it at once, and what opens is no longer than it says. The key is one of
 * bytes that count from 0x60, as in the corpus. */

#include <sodium.h>

#include "protocol/base/hl_assert.h"
#include "protocol/blob/blob.h"
#include "tests/fuzz/fuzz.h"

static hl_err open_in(struct bytes form, size_t piece, struct writer *document)
{
    static struct blob_key key;
    struct blob_opener *opener = NULL;
    struct hl_detail detail = {0};
    struct hl_hash id = {{0}};
    hl_err err = HL_OK;
    for (uint8_t i = 0; i < BLOB_KEY_BYTES; i++) {
        key.private[i] = (uint8_t)(0x60 + i);
    }
    int made = crypto_scalarmult_base(key.public, key.private);
    HL_ASSERT(made == 0);
    blob_opener_create(&key, 1, form.size, &opener);
    for (size_t at = 0; at < form.size && err == HL_OK; at += piece) {
        size_t left = form.size - at;
        err = blob_opener_add(
            opener, bytes_slice(form, at, left < piece ? left : piece),
            document, &detail);
    }
    if (err == HL_OK) {
        err = blob_opener_finish(opener, &id, &detail);
        HL_ASSERT(err != HL_OK); /* nobody finds what hashes to that */
    }
    HL_ASSERT(detail.text[0] != '\0');
    const struct blob_head *head = blob_opener_head(opener);
    HL_ASSERT(head == NULL || document->size <= head->size);
    HL_ASSERT(head != NULL || document->size == 0);
    blob_opener_destroy(&opener);
    return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes form = bytes_of(data, size);
    struct writer whole = {0}, pieces = {0};
    hl_err err = open_in(form, size + 1, &whole);
    hl_err same = open_in(form, 100, &pieces);
    HL_ASSERT(err == same);
    HL_ASSERT(bytes_equal(writer_view(&whole), writer_view(&pieces)));
    writer_fini(&whole);
    writer_fini(&pieces);
    return 0;
}
