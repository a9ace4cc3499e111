/* SPDX-License-Identifier: Apache-2.0 */
#include "federation/message/layout.h"

#include "protocol/base/hl_assert.h"

#define AT(member) offsetof(struct sync_message, member)

static hl_err check_versions(const struct sync_message *message,
                             const struct wire_field *fields,
                             struct hl_detail *detail)
{
    const struct sync_hello *hello = &message->hello;
    if (hello->version_min == 0) {
        return hl_fail_at(detail, fields[1].offset, HL_EMALFORMED,
                          "Hello.version_min is missing");
    }
    if (hello->version_min > hello->version_max) {
        return hl_fail_at(detail, fields[2].offset, HL_EMALFORMED,
                          "Hello.version_max is below version_min");
    }
    return HL_OK;
}

static hl_err check_claim(const struct sync_message *message,
                          const struct wire_field *fields,
                          struct hl_detail *detail)
{
    if (head_validate(&message->have.claim) != HL_OK) {
        return hl_fail_at(detail, fields[1].offset, HL_EMALFORMED,
                          "Head.size and root are of no tree");
    }
    return HL_OK;
}

#define PART(name_, form_, member)                                             \
    {                                                                          \
        .name = (name_), .form = (form_), .at = AT(member)                     \
    }
#define BYTES(name_, member, max_)                                             \
    {                                                                          \
        .name = (name_), .form = PART_BYTES, .at = AT(member), .max = (max_)   \
    }
#define NOTE(name_, member) BYTES(name_, member, HL_NOTE_MAX_BYTES)
#define WITHIN(name_, has, inner_)                                             \
    {                                                                          \
        .name = (name_), .form = PART_MESSAGE, .when = PART_FLAGGED,           \
        .on = AT(has), .inner = (inner_)                                       \
    }
#define UNDER_NOTE(name_, form_, member, note)                                 \
    {                                                                          \
        .name = (name_), .form = (form_), .at = AT(member),                    \
        .when = PART_UNDER_NOTE, .on = AT(note)                                \
    }

static const struct layout head = {
    "Head",
    {PART("size", PART_U64, have.claim.size),
     PART("root", PART_HASH, have.claim.root)},
    2,
    check_claim,
};

static const struct layout digest_at = {
    "DigestAt",
    {PART("size", PART_DIGEST_SIZE, have.digest.size),
     PART("rules", PART_U64, have.digest.rules),
     PART("digest", PART_HASH, have.digest.digest)},
    3,
    NULL,
};

/* A segment has none here. */
static const struct layout layouts[SYNC_KIND_COUNT] = {
    [SYNC_HELLO] = {"Hello",
                    {PART("version_min", PART_U32, hello.version_min),
                     PART("version_max", PART_U32, hello.version_max),
                     PART("alliance", PART_DOMAIN, hello.alliance),
                     PART("sender", PART_LABEL, hello.sender),
                     PART("receiver", PART_LABEL, hello.receiver),
                     PART("charter_version", PART_U64, hello.charter_version),
                     PART("charter_hash", PART_HASH, hello.charter_hash),
                     PART("window_bytes", PART_U64, hello.window_bytes)},
                    8,
                    check_versions},
    [SYNC_HAVE] = {"Have",
                   {PART("origin", PART_ORIGIN, have.origin),
                    NOTE("checkpoint", have.checkpoint),
                    NOTE("candidate", have.candidate),
                    NOTE("sealed", have.sealed),
                    WITHIN("claim", have.has_claim, &head),
                    WITHIN("digest", have.has_digest, &digest_at)},
                   6,
                   NULL},
    [SYNC_WANT] = {"Want",
                   {PART("origin", PART_ORIGIN, want.origin),
                    PART("stop", PART_FLAG, want.stop),
                    PART("from", PART_SIZE, want.from)},
                   3,
                   NULL},
    [SYNC_CREDIT] = {"Credit",
                     {PART("bytes", PART_U64, credit.bytes)},
                     1,
                     NULL},
    [SYNC_PROOF_WANT] = {"ProofWant",
                         {PART("origin", PART_ORIGIN, proof_want.origin),
                          PART("at", PART_SIZE, proof_want.at),
                          PART("size", PART_SIZE, proof_want.size)},
                         3,
                         NULL},
    [SYNC_PROOF] =
        {"Proof",
         {PART("origin", PART_ORIGIN, proof.origin),
          NOTE("checkpoint", proof.checkpoint),
          UNDER_NOTE("at", PART_SIZE, proof.start.at, proof.checkpoint),
          UNDER_NOTE("root", PART_HASH, proof.start.root, proof.checkpoint),
          UNDER_NOTE("proof", PART_PROOF, proof.start.proof, proof.checkpoint)},
         5,
         NULL},
    [SYNC_KEPT_WANT] = {"KeptWant",
                        {PART("origin", PART_ORIGIN, kept_want.origin)},
                        1,
                        NULL},
    [SYNC_KEPT] = {"Kept",
                   {PART("origin", PART_ORIGIN, kept.origin),
                    PART("charter_version", PART_U64, kept.charter_version),
                    PART("charter_hash", PART_HASH, kept.charter_hash),
                    NOTE("checkpoint", kept.checkpoint)},
                   4,
                   NULL},
    [SYNC_CHARTER] = {"Charter", {NOTE("raw", charter.raw)}, 1, NULL},
    [SYNC_EVIDENCE] = {"Evidence",
                       {BYTES("raw", evidence.raw, HL_EVIDENCE_MAX_BYTES)},
                       1,
                       NULL},
    [SYNC_DIGEST_WANT] = {"DigestWant",
                          {PART("origin", PART_ORIGIN, digest_want.origin),
                           PART("size", PART_SIZE, digest_want.size),
                           PART("path", PART_PATH, digest_want.path)},
                          3,
                          NULL},
    [SYNC_DIGEST] = {"Digest",
                     {PART("origin", PART_ORIGIN, digest.origin),
                      PART("size", PART_SIZE, digest.size),
                      PART("path", PART_PATH, digest.path),
                      BYTES("node", digest.node, SYNC_DIGEST_NODE_MAX_BYTES)},
                     4,
                     NULL},
    [SYNC_BLOB_WANT] = {"BlobWant",
                        {PART("origin", PART_ORIGIN, blob_want.origin),
                         PART("id", PART_HASH, blob_want.id),
                         PART("first", PART_SIZE, blob_want.first),
                         PART("count", PART_U32, blob_want.count)},
                        4,
                        NULL},
    [SYNC_BLOB_PART] = {"BlobPart",
                        {PART("origin", PART_ORIGIN, blob_part.origin),
                         PART("id", PART_HASH, blob_part.id),
                         PART("index", PART_SIZE, blob_part.index),
                         BYTES("bytes", blob_part.bytes, BLOB_PART_BYTES),
                         UNDER_NOTE("proof", PART_PROOF, blob_part.proof,
                                    blob_part.bytes)},
                        5,
                        NULL},
};

const struct layout *layout_of(enum sync_kind kind)
{
    HL_ASSERT((unsigned)kind < SYNC_KIND_COUNT);
    HL_ASSERT(kind != SYNC_SEGMENT);
    return &layouts[kind];
}

const char *sync_kind_name(enum sync_kind kind)
{
    return kind == SYNC_SEGMENT ? "Segment" : layout_of(kind)->name;
}
