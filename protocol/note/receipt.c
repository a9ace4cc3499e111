/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/note/receipt.h"

#include "protocol/base/alloc.h"
#include "protocol/base/base64.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/text.h"

static const char header[] = "c2sp.org/tlog-proof@v1";
static const char extra_label[] = "extra ";
static const char index_label[] = "index ";

/* What follows a label at the front of a line. */
static bool after_label(struct bytes line, const char *label,
                        struct bytes *value)
{
    struct bytes expected = bytes_of_text(label);
    if (line.size < expected.size ||
        !bytes_equal(bytes_slice(line, 0, expected.size), expected)) {
        return false;
    }
    *value = bytes_slice(line, expected.size, line.size - expected.size);
    return true;
}

static hl_err parse_entry(struct bytes text, uint64_t line,
                          struct receipt *receipt, struct hl_detail *detail)
{
    struct writer entry = {0};
    if (text.size > base64_encoded_size(HL_ENTRY_MAX_BYTES)) {
        return hl_fail_line(detail, line, HL_ELIMIT,
                            "entry is longer than %d bytes",
                            HL_ENTRY_MAX_BYTES);
    }
    if (base64_decode(text, &entry) != HL_OK) {
        writer_fini(&entry);
        return hl_fail_line(detail, line, HL_EMALFORMED,
                            "extra is not canonical base64");
    }
    receipt->has_entry = true;
    receipt->entry = writer_view(&entry);
    receipt->owned = entry.data;
    return HL_OK;
}

static hl_err parse_index(struct bytes line, uint64_t number,
                          struct receipt *receipt, struct hl_detail *detail)
{
    struct bytes value;
    if (!after_label(line, index_label, &value)) {
        return hl_fail_line(detail, number, HL_EMALFORMED,
                            "expected a line 'index <decimal>'");
    }
    if (text_decimal(value, MERKLE_SIZE_MAX - 1, &receipt->index) != HL_OK) {
        return hl_fail_line(detail, number, HL_EMALFORMED,
                            "index is not a decimal number below 2^63 - 1");
    }
    return HL_OK;
}

/* Up to the blank line. */
static hl_err parse_hashes(struct lines *lines, struct proof *proof,
                           struct hl_detail *detail)
{
    struct bytes line;
    while (lines_next(lines, &line)) {
        if (line.size == 0) {
            return HL_OK;
        }
        if (proof->count == HL_PROOF_HASHES_MAX) {
            return hl_fail_line(detail, lines->number, HL_ELIMIT,
                                "proof has more than %d hashes",
                                HL_PROOF_HASHES_MAX);
        }
        if (base64_decode_exact(line, HL_HASH_BYTES,
                                proof->hashes[proof->count].bytes) != HL_OK) {
            return hl_fail_line(detail, lines->number, HL_EMALFORMED,
                                "hash is not canonical base64 of 32 bytes");
        }
        proof->count++;
    }
    return hl_fail_line(detail, lines->number + 1, HL_EMALFORMED,
                        "expected a hash, or a blank line and a checkpoint");
}

static hl_err parse_head(struct lines *lines, struct receipt *receipt,
                         struct hl_detail *detail)
{
    struct bytes line;
    struct bytes value;
    if (!lines_next(lines, &line) || !bytes_equal_text(line, header)) {
        return hl_fail_line(detail, 1, HL_EMALFORMED, "first line is not '%s'",
                            header);
    }
    bool more = lines_next(lines, &line);
    if (more && after_label(line, extra_label, &value)) {
        hl_err err = parse_entry(value, lines->number, receipt, detail);
        if (err != HL_OK) {
            return err;
        }
        more = lines_next(lines, &line);
    }
    if (!more) {
        return hl_fail_line(detail, lines->number + 1, HL_EMALFORMED,
                            "expected a line 'index <decimal>'");
    }
    return parse_index(line, lines->number, receipt, detail);
}

static hl_err take_checkpoint(const struct lines *lines,
                              struct receipt *receipt, struct hl_detail *detail)
{
    receipt->checkpoint = lines_rest(lines);
    receipt->checkpoint_line = lines->number + 1;
    if (receipt->checkpoint.size == 0) {
        return hl_fail_line(detail, receipt->checkpoint_line, HL_EMALFORMED,
                            "receipt has no checkpoint");
    }
    if (receipt->checkpoint.size > HL_NOTE_MAX_BYTES) {
        return hl_fail_line(detail, receipt->checkpoint_line, HL_ELIMIT,
                            "checkpoint is longer than %d bytes",
                            HL_NOTE_MAX_BYTES);
    }
    return HL_OK;
}

hl_err receipt_parse(struct bytes raw, struct receipt *out,
                     struct hl_detail *detail)
{
    struct receipt receipt = {0};
    struct lines lines;
    if (raw.size > RECEIPT_MAX_BYTES) {
        return hl_fail(detail, HL_ELIMIT, "receipt is longer than %d bytes",
                       RECEIPT_MAX_BYTES);
    }
    lines_init(&lines, raw);
    hl_err err = parse_head(&lines, &receipt, detail);
    if (err == HL_OK) {
        err = parse_hashes(&lines, &receipt.proof, detail);
    }
    if (err == HL_OK) {
        err = take_checkpoint(&lines, &receipt, detail);
    }
    if (err != HL_OK) {
        receipt_fini(&receipt);
        return err;
    }
    *out = receipt;
    return HL_OK;
}

void receipt_fini(struct receipt *receipt)
{
    hl_free(receipt->owned);
    *receipt = (struct receipt){0};
}

static void write_base64_line(struct bytes data, struct writer *out)
{
    base64_encode(data, out);
    writer_u8(out, '\n');
}

void receipt_write(const struct receipt *receipt, struct writer *out)
{
    HL_ASSERT(receipt->entry.size <= HL_ENTRY_MAX_BYTES);
    HL_ASSERT(receipt->index < MERKLE_SIZE_MAX);
    HL_ASSERT(receipt->proof.count <= HL_PROOF_HASHES_MAX);
    HL_ASSERT(receipt->checkpoint.size > 0);
    HL_ASSERT(receipt->checkpoint.size <= HL_NOTE_MAX_BYTES);
    writer_format(out, "%s\n", header);
    if (receipt->has_entry) {
        writer_text(out, extra_label);
        write_base64_line(receipt->entry, out);
    }
    writer_format(out, "%s%llu\n", index_label,
                  (unsigned long long)receipt->index);
    for (size_t i = 0; i < receipt->proof.count; i++) {
        write_base64_line(
            bytes_of(receipt->proof.hashes[i].bytes, HL_HASH_BYTES), out);
    }
    writer_u8(out, '\n');
    writer_bytes(out, receipt->checkpoint);
}

hl_err receipt_verify_inclusion(const struct receipt *receipt,
                                const struct checkpoint *checkpoint,
                                struct hl_detail *detail)
{
    if (!receipt->has_entry) {
        return hl_fail(detail, HL_ENOTFOUND,
                       "receipt carries no entry ('extra' line)");
    }
    struct hl_hash leaf = merkle_leaf(receipt->entry);
    hl_err err =
        merkle_verify_inclusion(receipt->index, checkpoint->head.size, &leaf,
                                &checkpoint->head.root, &receipt->proof);
    if (err != HL_OK) {
        return hl_fail(detail, err,
                       "entry %llu is not proven to be under the checkpoint "
                       "of %s at size %llu",
                       (unsigned long long)receipt->index, checkpoint->origin,
                       (unsigned long long)checkpoint->head.size);
    }
    return HL_OK;
}

/* Makes a line of the checkpoint one of the receipt. */
static hl_err fail_in_checkpoint(const struct receipt *receipt, hl_err err,
                                 struct hl_detail *detail)
{
    if (detail != NULL && detail->where == HL_AT_LINE &&
        receipt->checkpoint_line > 0) {
        detail->at += receipt->checkpoint_line - 1;
    }
    return err;
}

hl_err receipt_verify(const struct receipt *receipt,
                      const struct policy *policy,
                      const struct verifier *verifier,
                      struct policy_verdict *out, struct hl_detail *detail)
{
    struct policy_verdict verdict;
    hl_err err =
        policy_verify(policy, receipt->checkpoint, verifier, &verdict, detail);
    if (err != HL_OK) {
        return fail_in_checkpoint(receipt, err, detail);
    }
    err = receipt_verify_inclusion(receipt, &verdict.checkpoint, detail);
    if (err == HL_OK) {
        *out = verdict;
    }
    return err;
}

hl_err receipt_verify_author(const struct receipt *receipt,
                             const struct checkpoint_author *author,
                             const struct verifier *verifier,
                             struct checkpoint_verdict *out,
                             struct hl_detail *detail)
{
    struct checkpoint_verdict verdict;
    hl_err err = checkpoint_authenticate(receipt->checkpoint, verifier, author,
                                         &verdict, detail);
    if (err != HL_OK) {
        return fail_in_checkpoint(receipt, err, detail);
    }
    err = receipt_verify_inclusion(receipt, &verdict.checkpoint, detail);
    if (err == HL_OK) {
        *out = verdict;
    }
    return err;
}
