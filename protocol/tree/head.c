/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tree/head.h"

#include "protocol/base/base64.h"
#include "protocol/base/text.h"

struct head head_empty(void)
{
    return (struct head){.size = 0, .root = merkle_empty_root()};
}

bool head_equal(const struct head *a, const struct head *b)
{
    return a->size == b->size && hash_equal(&a->root, &b->root);
}

hl_err head_validate(const struct head *head)
{
    struct hl_hash empty = merkle_empty_root();
    bool valid = head->size <= MERKLE_SIZE_MAX &&
                 (head->size == 0) == hash_equal(&head->root, &empty);
    return valid ? HL_OK : HL_EMALFORMED;
}

hl_err head_parse(const struct head_text *text, struct head *out,
                  struct hl_detail *detail)
{
    struct head head;
    if (text_decimal(text->size, MERKLE_SIZE_MAX, &head.size) != HL_OK) {
        return hl_fail_line(detail, text->size_line, HL_EMALFORMED,
                            "size is not a decimal number below 2^63");
    }
    if (base64_decode_exact(text->root, HL_HASH_BYTES, head.root.bytes) !=
        HL_OK) {
        return hl_fail_line(detail, text->root_line, HL_EMALFORMED,
                            "root is not canonical base64 of 32 bytes");
    }
    if (head_validate(&head) != HL_OK) {
        return hl_fail_line(detail, text->root_line, HL_EMALFORMED,
                            "size 0 goes with the root of the empty tree, "
                            "and no other size does");
    }
    *out = head;
    return HL_OK;
}

hl_err start_proof_verify(const struct start_proof *start,
                          const struct head *head)
{
    if (start->at == 0) {
        struct hl_hash empty = merkle_empty_root();
        bool holds =
            start->proof.count == 0 && hash_equal(&start->root, &empty);
        return holds ? HL_OK : HL_EPROOF;
    }
    return merkle_verify_consistency(start->at, &start->root, head->size,
                                     &head->root, &start->proof);
}
