/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "node/projection/half.h"
#include "node/projection/projection.h"
#include "node/projection/tables.h"
#include "node/projection/trie.h"
#include "protocol/base/writer.h"

/* The tree is that of the half as it is now, so two nodes can compare theirs
 * whenever both stand at the same size. */
static hl_err open_at(struct store_txn *txn, uint32_t number, uint64_t size,
                      struct tables *tables, struct hl_detail *detail)
{
    struct half_state state = {0};
    hl_err err = tables_living(txn, tables, detail);
    if (err == HL_OK) {
        err = half_load(tables, number, 0, &state, detail);
    }
    if (err == HL_OK && state.half.size != size) {
        return hl_fail(detail, HL_ENOTFOUND, "the half is of another size");
    }
    return err;
}

hl_err projection_digest_node(struct store_txn *txn, uint32_t number,
                              uint64_t size, struct bytes path,
                              struct writer *out, struct hl_detail *detail)
{
    struct tables tables;
    hl_err err = open_at(txn, number, size, &tables, detail);
    return err == HL_OK ? trie_bytes_at(&tables, number, path, out, detail)
                        : err;
}

/* A record's name is its type's byte and its key, for people. */
static void describe(struct bytes name, char *out, size_t size)
{
    size_t length = 0;
    for (size_t i = 0; i < name.size && length + 1 < size; i++) {
        uint8_t byte = name.data[i];
        out[length++] = byte >= 0x20 && byte < 0x7f ? (char)byte : '.';
    }
    out[length] = '\0';
}

hl_err projection_digest_compare(struct store_txn *txn, uint32_t number,
                                 uint64_t size, struct bytes path,
                                 struct bytes theirs, struct digest_step *out,
                                 struct hl_detail *detail)
{
    struct tables tables;
    struct writer name = {0};
    struct trie_comparison comparison = {.step = TRIE_SAME, .name = &name};
    *out = (struct digest_step){0};
    hl_err err = open_at(txn, number, size, &tables, detail);
    if (err == HL_OK) {
        err = trie_compare(&tables, number, path, theirs, &comparison, detail);
    }
    out->same = comparison.step == TRIE_SAME;
    out->below = comparison.step == TRIE_BELOW;
    out->child = comparison.child;
    describe(writer_view(&name), out->record, sizeof(out->record));
    writer_fini(&name);
    return err;
}
