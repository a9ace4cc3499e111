/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tree/head.h"

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
    struct head empty = head_empty();
    if (head->size > MERKLE_SIZE_MAX) {
        return HL_EMALFORMED;
    }
    if (head->size == 0 && !head_equal(head, &empty)) {
        return HL_EMALFORMED;
    }
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
