/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_FEDERATION_MESSAGE_MESSAGE_H
#define HL_FEDERATION_MESSAGE_MESSAGE_H

/* What two nodes say to each other on a stream: heluo.v1.SyncMessage
 * (sync.proto) as structs of ours. A decoded message borrows the bytes it came
 * from (a segment also its codec). Plain memory. Pure, any thread. */

#include "protocol/blob/blob.h"
#include "protocol/entry/segment.h"
#include "protocol/tree/head.h"

enum sync_kind {
    SYNC_HELLO,
    SYNC_HAVE,
    SYNC_WANT,
    SYNC_CREDIT,
    SYNC_SEGMENT,
    SYNC_PROOF_WANT,
    SYNC_PROOF,
    SYNC_KEPT_WANT,
    SYNC_KEPT,
    SYNC_CHARTER,
    SYNC_EVIDENCE,
    SYNC_DIGEST_WANT,
    SYNC_DIGEST,
    SYNC_BLOB_WANT,
    SYNC_BLOB_PART,
    SYNC_KIND_COUNT,
};

enum { SYNC_VERSION = 1 };

/* The first message of each side, and never again. Not signed: TLS names the
 * peer, the charter admits it, journals are signed. */
struct sync_hello {
    uint32_t version_min, version_max; /* of this protocol; 1 <= min <= max */
    struct bytes alliance;
    struct bytes sender, receiver; /* node ids */
    uint64_t charter_version;      /* of the one that holds there */
    struct hl_hash charter_hash;
    uint64_t window_bytes; /* what may be under way to the sender at first,
                              in bytes of messages Segment */
};

/* The digest of a half when it had `size` entries, which is a multiple of
 * SYNC_DIGEST_EVERY_ENTRIES and not 0. */
struct sync_digest_at {
    uint64_t size;
    uint64_t rules;
    struct hl_hash digest;
};

/* How far an origin has come at the sender. Any part may be missing. */
struct sync_have {
    struct bytes origin;
    struct bytes checkpoint; /* note: the longest that the sender holds whole */
    struct bytes candidate;  /* note that keepers are asked to cosign, with
                                the cosignatures known to the sender */
    struct bytes sealed;     /* note: the longest under which a quorum is */
    bool has_claim;          /* in a heartbeat, in place of a checkpoint: */
    struct head claim;       /* unsigned: a reason to ask, not to accuse */
    bool has_digest;
    struct sync_digest_at digest;
};

/* A standing subscription to an origin, or its end. */
struct sync_want {
    struct bytes origin;
    bool stop;
    uint64_t from; /* entries that the sender has */
};

/* The receiver may have sent, since the stream began, so many bytes of
 * messages Segment in all. Never goes back. */
struct sync_credit {
    uint64_t bytes;
};

/* Asks for the root at `at` under a checkpoint of `size`, or, where size is 0,
 * under the newest that the receiver holds whole. */
struct sync_proof_want {
    struct bytes origin;
    uint64_t at, size;
};

/* The answer. Without a checkpoint: the sender has none of that size, or not
 * so much of the journal. */
struct sync_proof {
    struct bytes origin;
    struct bytes checkpoint;
    struct start_proof start; /* where there is a checkpoint */
};

/* Asks a keeper for the longest checkpoint that it ever cosigned. */
struct sync_kept_want {
    struct bytes origin;
};

struct sync_kept {
    struct bytes origin;
    uint64_t charter_version; /* that the keeper goes by, so that it cosigns
                                 no more under an earlier one */
    struct hl_hash charter_hash;
    struct bytes checkpoint; /* note with its line; empty: it never did */
};

/* A signed note, or a file of evidence, as it is. */
struct sync_raw {
    struct bytes raw;
};

/* Asks what an origin's half of that size is made of: the node of its digest's
 * tree at the path (protocol/README.md), one nibble a byte. */
struct sync_digest_want {
    struct bytes origin;
    uint64_t size; /* of the half, now */
    struct bytes path;
};

/* The node's own bytes as they are hashed; empty: the sender's half is of
 * another size, or its tree has no such node. */
struct sync_digest {
    struct bytes origin;
    uint64_t size;
    struct bytes path;
    struct bytes node;
};

/* Asks for parts of a blob that the origin's journal names. */
struct sync_blob_want {
    struct bytes origin;
    struct hl_hash id;
    uint64_t first;
    uint32_t count; /* of 0, or above SYNC_BLOB_WINDOW_PARTS, so many */
};

struct sync_blob_part {
    struct bytes origin;
    struct hl_hash id;
    uint64_t index;
    struct bytes bytes; /* empty: the sender does not have it */
    struct proof proof;
};

struct sync_message {
    enum sync_kind kind;
    union {
        struct sync_hello hello;
        struct sync_have have;
        struct sync_want want;
        struct sync_credit credit;
        struct segment segment;
        struct sync_proof_want proof_want;
        struct sync_proof proof;
        struct sync_kept_want kept_want;
        struct sync_kept kept;
        struct sync_raw charter;
        struct sync_raw evidence;
        struct sync_digest_want digest_want;
        struct sync_digest digest;
        struct sync_blob_want blob_want;
        struct sync_blob_part blob_part;
    };
};

enum {
    SYNC_DIGEST_EVERY_ENTRIES = 256,
    SYNC_DIGEST_NODE_MAX_BYTES = 65536,
    SYNC_DIGEST_PATH_MAX = 64,
    SYNC_BLOB_WINDOW_PARTS = 8,
    /* The largest message: evidence, or a segment, with room for the frame. */
    SYNC_MESSAGE_MAX_BYTES =
        (int)HL_EVIDENCE_MAX_BYTES > (int)SEGMENT_MESSAGE_MAX_BYTES
            ? HL_EVIDENCE_MAX_BYTES + 16
            : SEGMENT_MESSAGE_MAX_BYTES + 16,
};

const char *sync_kind_name(enum sync_kind kind);

/* Appends the message's canonical bytes; on failure nothing is appended. A
 * segment is deflated if want_deflate, and where that makes it shorter.
 *
 * HL_ELIMIT, HL_EMALFORMED  sync_decode() would refuse it. */
HL_MUST_USE hl_err sync_encode(struct segment_codec *codec,
                               const struct sync_message *message,
                               bool want_deflate, struct writer *out);

/* Reads a message. Every bound is checked before memory is spent; nothing is
 * said of signatures and proofs. Fields that we do not know are ignored.
 *
 * HL_EUNSUPPORTED   a kind that we do not know, and no fault of the peer.
 * HL_ELIMIT         a part over its bound (hl_limits.h; a path or a node over
 *                   the ones above; a size over MERKLE_SIZE_MAX); the whole
 *                   over SYNC_MESSAGE_MAX_BYTES.
 * HL_EMALFORMED     as canonical_check(); no kind; a name of the wrong form; a
 *                   hash not of 32 bytes; a proof that is not whole hashes, or
 *                   stands without a checkpoint; a head that head_validate()
 *                   refuses; versions that are 0 or crossed; a size that no
 *                   digest has; a path of other than nibbles; as
 *                   segment_decode().
 * HL_ENONCANONICAL  as canonical_check().
 *
 * detail has the offset in raw, but as segment_decode() where entries came
 * deflated. */
HL_MUST_USE hl_err sync_decode(struct segment_codec *codec, struct bytes raw,
                               struct sync_message *out,
                               struct hl_detail *detail);

#endif
