/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_NOTE_RECEIPT_H
#define HL_PROTOCOL_NOTE_RECEIPT_H

/* Receipts (c2sp.org/tlog-proof@v1, file suffix .tlog-proof): an entry, where
 * it stands in its journal, the Merkle proof, and a cosigned checkpoint, all
 * in one text that anyone can check offline. The optional "extra" line, which
 * the format leaves to the application, carries the entry's bytes: they are
 * proven by the Merkle proof, not by standing there. Pure; a struct receipt
 * belongs to its caller. */

#include "protocol/note/checkpoint.h"
#include "protocol/note/policy.h"
#include "protocol/tree/merkle.h"

struct receipt {
    bool has_entry;
    struct bytes entry; /* at most HL_ENTRY_MAX_BYTES */
    uint64_t index;     /* below 2^63 - 1 */
    struct proof proof;
    struct bytes checkpoint;  /* the note, verbatim; not empty */
    uint64_t checkpoint_line; /* where it begins in the text that was parsed;
                                 0 in a receipt made by hand */
    uint8_t *owned;           /* what entry points into, after parsing */
};

/* The longest text of a receipt: every part at its own limit. */
enum {
    RECEIPT_MAX_BYTES = HL_NOTE_MAX_BYTES + (HL_ENTRY_MAX_BYTES + 2) / 3 * 4 +
                        HL_PROOF_HASHES_MAX * 45 + 256,
};

/* Splits a receipt into its parts and verifies nothing; the checkpoint is not
 * looked into. The receipt borrows raw (checkpoint); receipt_fini() releases
 * the rest.
 *
 * HL_EMALFORMED  detail names the line and the field.
 * HL_ELIMIT      entry, proof, checkpoint or the whole is too long. */
HL_MUST_USE hl_err receipt_parse(struct bytes raw, struct receipt *out,
                                 struct hl_detail *detail);

/* Releases what receipt_parse() made; all-zero, and one that was filled in by
 * hand, are fine. */
void receipt_fini(struct receipt *receipt);

/* Appends the text: what was parsed comes back byte by byte. The parts keep
 * within their bounds and the checkpoint is not empty (asserts). */
void receipt_write(const struct receipt *receipt, struct writer *out);

/* The receipt's entry is under that checkpoint, whose signatures are the
 * caller's to verify.
 *
 * HL_ENOTFOUND  the receipt carries no entry.
 * HL_EPROOF     the proof does not verify, or the index lies beyond the
 *               checkpoint. */
HL_MUST_USE hl_err receipt_verify_inclusion(const struct receipt *receipt,
                                            const struct checkpoint *checkpoint,
                                            struct hl_detail *detail);

/* All of it, by a policy: policy_verify() of the checkpoint and
 * receipt_verify_inclusion(), and their errors. A line in detail is one of
 * the text that was parsed. */
HL_MUST_USE hl_err receipt_verify(const struct receipt *receipt,
                                  const struct policy *policy,
                                  const struct verifier *verifier,
                                  struct policy_verdict *out,
                                  struct hl_detail *detail);

/* All of it, by the keys of an author: checkpoint_authenticate() and
 * receipt_verify_inclusion(), and their errors. Nothing is said of
 * cosignatures. */
HL_MUST_USE hl_err receipt_verify_author(const struct receipt *receipt,
                                         const struct checkpoint_author *author,
                                         const struct verifier *verifier,
                                         struct checkpoint_verdict *out,
                                         struct hl_detail *detail);

#endif
