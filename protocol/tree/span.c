/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tree/span.h"

hl_err span_prove_start(const struct hash_source *source, uint64_t at,
                        uint64_t head_size, struct start_proof *out)
{
    if (at > head_size || head_size > MERKLE_SIZE_MAX) {
        return HL_EMALFORMED;
    }
    struct start_proof start = {.at = at};
    hl_err err = prove_root(source, at, &start.root);
    if (err == HL_OK && at > 0) {
        err = prove_consistency(source, at, head_size, &start.proof);
    }
    if (err == HL_OK) {
        *out = start;
    }
    return err;
}

hl_err span_prove_end(const struct hash_source *source, uint64_t end,
                      uint64_t head_size, struct proof *out)
{
    struct start_proof start = {0};
    hl_err err = span_prove_start(source, end, head_size, &start);
    if (err == HL_OK) {
        *out = start.proof;
    }
    return err;
}

hl_err span_append(struct frontier *frontier, const struct span *span)
{
    hl_err err = head_validate(&span->head);
    if (err != HL_OK) {
        return err;
    }
    if (span->first != frontier->size || span->first > span->head.size ||
        span->count > span->head.size - span->first) {
        return HL_EMALFORMED;
    }
    struct frontier grown = *frontier;
    for (size_t i = 0; i < span->count; i++) {
        frontier_append(&grown, &span->leaves[i]);
    }
    struct start_proof end = {
        .at = grown.size,
        .root = frontier_root(&grown),
        .proof = *span->end_proof,
    };
    err = start_proof_verify(&end, &span->head);
    if (err == HL_OK) {
        *frontier = grown;
    }
    return err;
}
