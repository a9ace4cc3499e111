/* SPDX-License-Identifier: Apache-2.0 */
#include "node/store/journal_checkpoint.h"

#include "node/store/key.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/reader.h"
#include "protocol/base/writer.h"
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

hl_err journal_sealed_size(struct store_txn *txn, const struct journal *journal,
                           uint64_t *size, struct hl_detail *detail)
{
    struct head sealed = {0};
    bool there = false;
    hl_err err =
        checkpoints_head(txn, journal, JOURNAL_SEALED, &sealed, &there, detail);
    *size = sealed.size;
    return err;
}

hl_err journal_cut_checkpoints(struct store_txn *txn,
                               const struct journal *journal, uint64_t size,
                               struct hl_detail *detail)
{
    static const enum journal_checkpoint_kind kinds[] = {JOURNAL_NEWEST,
                                                         JOURNAL_WHOLE};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct store_key key =
            key_checkpoint(journal->number, (uint8_t)kinds[i]);
        struct head head = {0};
        bool there = false;
        hl_err err =
            checkpoints_head(txn, journal, kinds[i], &head, &there, detail);
        if (err == HL_OK && there && head.size > size) {
            err = store_delete(txn, STORE_CHECKPOINTS, key_view(&key), detail);
        }
        if (err != HL_OK) {
            return err;
        }
    }
    return HL_OK;
}

/* --- The end proof -------------------------------------------------------- */

/* Behind the kinds. Its own size says to what size of the journal it belongs,
 * so that one that was left behind is not taken for a newer one. */
enum { END_PROOF_ROW = 4 };
_Static_assert((int)JOURNAL_CHECKPOINT_KINDS <= (int)END_PROOF_ROW,
               "a kind may not be taken for the end proof");

hl_err journal_put_end_proof(struct store_txn *txn,
                             const struct journal *journal,
                             const struct proof *proof,
                             struct hl_detail *detail)
{
    struct store_key key = key_checkpoint(journal->number, END_PROOF_ROW);
    struct writer row = {0};
    writer_u64(&row, journal->frontier.size);
    writer_bytes(&row, bytes_of(proof->hashes, proof->count * HL_HASH_BYTES));
    hl_err err = store_put(txn, STORE_CHECKPOINTS, key_view(&key),
                           writer_view(&row), detail);
    writer_fini(&row);
    return err;
}

hl_err journal_end_proof(struct store_txn *txn, const struct journal *journal,
                         struct proof *out, struct hl_detail *detail)
{
    struct store_key key = key_checkpoint(journal->number, END_PROOF_ROW);
    struct bytes row;
    hl_err err =
        store_get(txn, STORE_CHECKPOINTS, key_view(&key), &row, detail);
    if (err != HL_OK) {
        return err;
    }
    *out = (struct proof){0};
    struct reader in;
    reader_init(&in, row);
    uint64_t size = row.data == NULL ? 0 : reader_u64(&in);
    if (row.data == NULL || size != journal->frontier.size) {
        return HL_OK;
    }
    size_t count = reader_left(&in) / HL_HASH_BYTES;
    if (count > HL_PROOF_HASHES_MAX) {
        reader_fail(&in);
    } else {
        reader_copy(&in, count * HL_HASH_BYTES, out->hashes);
    }
    if (reader_finish(&in) != HL_OK) {
        return hl_fail(detail, HL_EDAMAGED,
                       "what the store keeps as the proof behind a journal's "
                       "end is none");
    }
    out->count = count;
    return HL_OK;
}

hl_err journal_known_size(struct store_txn *txn, const struct journal *journal,
                          uint64_t *size, struct hl_detail *detail)
{
    struct head head = {0};
    bool there = false;
    hl_err err =
        checkpoints_head(txn, journal, JOURNAL_NEWEST, &head, &there, detail);
    *size =
        head.size > journal->frontier.size ? head.size : journal->frontier.size;
    return err;
}
