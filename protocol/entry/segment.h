/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_ENTRY_SEGMENT_H
#define HL_PROTOCOL_ENTRY_SEGMENT_H

/* A run of entries of one journal on the wire: heluo.v1.Segment
 * (segment.proto) as a struct of ours, deflated where that pays.
 *
 * What is checked here is the form and every bound, before memory is spent.
 * The entries, the checkpoint and the proofs are verified by who has the tree
 * and the keys. Pure; a codec belongs to one thread at a time. */

#include "protocol/base/hl_limits.h"
#include "protocol/base/writer.h"
#include "protocol/entry/bundle.h"
#include "protocol/tree/head.h"

/* A whole Segment message: the bundle and the checkpoint at their bounds, and
 * room for the rest. Also what a transport should refuse above. */
enum {
    SEGMENT_MESSAGE_MAX_BYTES = HL_SEGMENT_MAX_BYTES + HL_NOTE_MAX_BYTES + 8192,
};

/* Level 6 takes twice the time for 5 % fewer bytes: what is not text in an
 * entry is mostly hashes. */
enum { SEGMENT_DEFLATE_LEVEL = 1 };

struct segment {
    struct bytes origin;     /* "<alliance>/<node>" */
    uint64_t first;          /* index of the first entry */
    uint32_t count;          /* entries; at least 1 */
    struct bytes bundle;     /* exactly `count` entries, never deflated here */
    struct bytes checkpoint; /* a signed note, not looked into; may be empty */
    struct proof end_proof; /* empty where the segment ends at the checkpoint */
    bool has_start;
    struct start_proof start; /* start.at is first */
};

/* zlib's streams and buffers, to be used again: opening a stream costs more
 * than deflating a small segment. About 320 KiB, and up to twice
 * HL_SEGMENT_MAX_BYTES once large segments have passed. */
struct segment_codec;

struct segment_codec *segment_codec_create(void);
void segment_codec_destroy(struct segment_codec *codec);

/* Appends the segment's canonical bytes; on failure nothing is appended. With
 * want_deflate the bundle is deflated, unless it then is not shorter.
 *
 * HL_ELIMIT, HL_EMALFORMED  segment_decode() would refuse it so. */
HL_MUST_USE hl_err segment_encode(struct segment_codec *codec,
                                  const struct segment *segment,
                                  bool want_deflate, struct writer *out);

/* Reads a segment. *out borrows raw and, when it came deflated, the codec
 * until its next use. Fields that we do not know are ignored. Bounds are
 * checked first: nothing is inflated that claims more than they allow, nor
 * into more room than it claims.
 *
 * HL_ELIMIT         raw over SEGMENT_MESSAGE_MAX_BYTES; the bundle, as it is
 *                   or as it claims to be, over HL_SEGMENT_MAX_BYTES; count
 *                   over HL_SEGMENT_ENTRIES_MAX; checkpoint over
 *                   HL_NOTE_MAX_BYTES; a proof over HL_PROOF_HASHES_MAX; an
 *                   origin over HL_NAME_MAX_BYTES; first + count above
 *                   MERKLE_SIZE_MAX.
 * HL_EMALFORMED     as canonical_check(); an origin that is missing or has
 *                   not the form of origin.h; count 0; a bundle that is not
 * exactly `count` entries; a proof that is not whole hashes; a root not of 32
 * bytes; an inflated_size not above the deflated size, or more than deflate can
 * reach (1032 to 1); deflated bytes that are broken, cut short, followed by
 *                   others, or do not inflate to exactly inflated_size.
 * HL_ENONCANONICAL  as canonical_check().
 *
 * detail has the offset in raw; of a fault between entries that came deflated,
 * the offset in the inflated bundle. */
HL_MUST_USE hl_err segment_decode(struct segment_codec *codec, struct bytes raw,
                                  struct segment *out,
                                  struct hl_detail *detail);

/* The same where a segment is a field of another message: appended as field
 * `number`, and read from the field's bytes, which begin at offset base of a
 * message that canonical_check() accepted (asserts). detail's offsets are then
 * in that message. */
HL_MUST_USE hl_err segment_add(struct segment_codec *codec,
                               const struct segment *segment, bool want_deflate,
                               uint32_t number, struct writer *out);
HL_MUST_USE hl_err segment_read(struct segment_codec *codec, struct bytes raw,
                                uint64_t base, struct segment *out,
                                struct hl_detail *detail);

/* Deflate pays when the line is slower than zlib. Both in bytes per second of
 * bundle, as measured; a line not measured yet counts as slow with 0. */
bool segment_wants_deflate(uint64_t line_bytes_per_s,
                           uint64_t deflate_bytes_per_s);

#endif
