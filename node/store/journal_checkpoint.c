/* SPDX-License-Identifier: Apache-2.0 */
#include "node/store/journal_checkpoint.h"

#include "node/store/key.h"
#include "protocol/base/hl_assert.h"
#include "protocol/note/checkpoint.h"

hl_err journal_checkpoint(struct store_txn *txn, const struct journal *journal,
                          enum journal_checkpoint_kind kind, struct bytes *note,
                          struct hl_detail *detail)
{
    struct store_key key = key_checkpoint(journal->number, (uint8_t)kind);
    return store_get(txn, STORE_CHECKPOINTS, key_view(&key), note, detail);
}

hl_err journal_put_checkpoint(struct store_txn *txn,
                              const struct journal *journal,
                              enum journal_checkpoint_kind kind,
                              struct bytes note, struct hl_detail *detail)
{
    HL_ASSERT(kind < JOURNAL_CHECKPOINT_KINDS);
    struct store_key key = key_checkpoint(journal->number, (uint8_t)kind);
    return store_put(txn, STORE_CHECKPOINTS, key_view(&key), note, detail);
}

hl_err checkpoints_head(struct store_txn *txn, const struct journal *journal,
                        enum journal_checkpoint_kind kind, struct head *out,
                        bool *there, struct hl_detail *detail)
{
    struct bytes raw;
    struct note note = {0};
    struct checkpoint checkpoint;
    hl_err err = journal_checkpoint(txn, journal, kind, &raw, detail);
    if (err != HL_OK || raw.data == NULL) {
        *there = false;
        return err;
    }
    err = note_parse(raw, &note, NULL);
    if (err == HL_OK) {
        err = checkpoint_parse(note.text, &checkpoint, NULL);
    }
    note_fini(&note);
    if (err != HL_OK) {
        return hl_fail(detail, HL_EDAMAGED,
                       "what the store keeps as a checkpoint (kind %d) is none",
                       (int)kind);
    }
    *out = checkpoint.head;
    *there = true;
    return HL_OK;
}

hl_err checkpoints_cut(struct store_txn *txn, const struct journal *journal,
                       uint64_t size, struct hl_detail *detail)
{
    for (unsigned kind = 0; kind < JOURNAL_CHECKPOINT_KINDS; kind++) {
        struct store_key key = key_checkpoint(journal->number, (uint8_t)kind);
        struct head head = {0};
        bool there = false;
        hl_err err =
            checkpoints_head(txn, journal, (enum journal_checkpoint_kind)kind,
                             &head, &there, detail);
        if (err == HL_OK && there && head.size > size) {
            err = store_delete(txn, STORE_CHECKPOINTS, key_view(&key), detail);
        }
        if (err != HL_OK) {
            return err;
        }
    }
    return HL_OK;
}
