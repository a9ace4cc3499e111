/* SPDX-License-Identifier: Apache-2.0 */

/* A receipt that is read is written back to the same text; of its entry it
 * proves nothing that the Merkle rule does not, whatever the checkpoint. */

#include "protocol/base/hl_assert.h"
#include "protocol/note/receipt.h"
#include "tests/fuzz/fuzz.h"

static void check_inclusion(const struct receipt *receipt)
{
    struct note note;
    struct checkpoint checkpoint;
    if (note_parse(receipt->checkpoint, &note, NULL) != HL_OK) {
        return;
    }
    if (checkpoint_parse_foreign(note.text, &checkpoint, NULL) == HL_OK) {
        struct hl_hash leaf = merkle_leaf(receipt->entry);
        hl_err expected = receipt->has_entry
                              ? merkle_verify_inclusion(
                                    receipt->index, checkpoint.head.size, &leaf,
                                    &checkpoint.head.root, &receipt->proof)
                              : HL_ENOTFOUND;
        HL_ASSERT(receipt_verify_inclusion(receipt, &checkpoint, NULL) ==
                  expected);
        HL_ASSERT(expected != HL_OK || receipt->index < checkpoint.head.size);
    }
    note_fini(&note);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct receipt receipt;
    struct hl_detail detail = {0};
    struct bytes raw = bytes_of(data, size);
    hl_err err = receipt_parse(raw, &receipt, &detail);
    HL_ASSERT((err == HL_OK) == (detail.text[0] == '\0'));
    if (err != HL_OK) {
        return 0;
    }
    struct writer back = {0};
    receipt_write(&receipt, &back);
    HL_ASSERT(bytes_equal(writer_view(&back), raw));
    check_inclusion(&receipt);
    writer_fini(&back);
    receipt_fini(&receipt);
    return 0;
}
