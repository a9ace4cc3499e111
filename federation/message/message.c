/* SPDX-License-Identifier: Apache-2.0 */
#include "federation/message/message.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "heluo/v1/sync.pb-c.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/text.h"
#include "protocol/entry/canonical.h"
#include "protocol/entry/origin.h"
#include "protocol/entry/wire.h"

/* --- The table: every field of every kind, by number. -------------------- */

enum field_type {
    FIELD_UINT,   /* uint64_t, min to max */
    FIELD_UINT32, /* uint32_t, the same */
    FIELD_BOOL,
    FIELD_BYTES, /* struct bytes, min to max bytes */
    FIELD_ORIGIN,
    FIELD_DOMAIN,
    FIELD_LABEL,
    FIELD_HASH,      /* struct hl_hash, always there */
    FIELD_PROOF,     /* struct proof */
    FIELD_HEAD,      /* struct head in a message of its own, or none: flag */
    FIELD_DIGEST_AT, /* struct sync_digest_at likewise */
};

struct field_row {
    const char *name;
    enum field_type type;
    size_t at; /* in struct sync_message */
    uint64_t min, max;
    size_t flag; /* where it says that the message is there */
};

#define AT(member) offsetof(struct sync_message, member)

enum { FIELDS_MAX = 9, HEAD_FIELDS = 3, DIGEST_AT_FIELDS = 4 };

/* Rows begin with field 1. */
static const struct field_row rows[SYNC_KIND_COUNT][FIELDS_MAX] =
    {
        [SYNC_HELLO] =
            {
                {"version_min", FIELD_UINT32, AT(hello.version_min), 1,
                 UINT32_MAX, 0},
                {"version_max", FIELD_UINT32, AT(hello.version_max), 1,
                 UINT32_MAX, 0},
                {"alliance", FIELD_DOMAIN, AT(hello.alliance), 0, 0, 0},
                {"sender", FIELD_LABEL, AT(hello.sender), 0, 0, 0},
                {"receiver", FIELD_LABEL, AT(hello.receiver), 0, 0, 0},
                {"charter_version", FIELD_UINT, AT(hello.charter_version), 1,
                 UINT64_MAX, 0},
                {"charter_hash", FIELD_HASH, AT(hello.charter_hash), 0, 0, 0},
                {"window_bytes", FIELD_UINT, AT(hello.window_bytes), 0,
                 UINT64_MAX, 0},
            },
        [SYNC_HAVE] =
            {
                {"origin", FIELD_ORIGIN, AT(have.origin), 0, 0, 0},
                {"checkpoint", FIELD_BYTES, AT(have.checkpoint), 0,
                 HL_NOTE_MAX_BYTES, 0},
                {"candidate", FIELD_BYTES, AT(have.candidate), 0,
                 HL_NOTE_MAX_BYTES, 0},
                {"sealed", FIELD_BYTES, AT(have.sealed), 0, HL_NOTE_MAX_BYTES,
                 0},
                {"claim", FIELD_HEAD, AT(have.claim), 0, 0, AT(have.has_claim)},
                {"digest", FIELD_DIGEST_AT, AT(have.digest), 0, 0,
                 AT(have.has_digest)},
            },
        [SYNC_WANT] =
            {
                {"origin", FIELD_ORIGIN, AT(want.origin), 0, 0, 0},
                {"stop", FIELD_BOOL, AT(want.stop), 0, 1, 0},
                {"from", FIELD_UINT, AT(want.from), 0, MERKLE_SIZE_MAX, 0},
            },
        [SYNC_CREDIT] = {{"bytes", FIELD_UINT, AT(credit.bytes), 0, UINT64_MAX,
                          0}},
        [SYNC_PROOF_WANT] =
            {
                {"origin", FIELD_ORIGIN, AT(proof_want.origin), 0, 0, 0},
                {"at", FIELD_UINT, AT(proof_want.at), 0, MERKLE_SIZE_MAX, 0},
                {"size", FIELD_UINT, AT(proof_want.size), 0, MERKLE_SIZE_MAX,
                 0},
            },
        [SYNC_PROOF] =
            {
                {"origin", FIELD_ORIGIN, AT(proof.origin), 0, 0, 0},
                {"checkpoint", FIELD_BYTES, AT(proof.checkpoint), 0,
                 HL_NOTE_MAX_BYTES, 0},
                {"at", FIELD_UINT, AT(proof.start.at), 0, MERKLE_SIZE_MAX, 0},
                {"root", FIELD_HASH, AT(proof.start.root), 0, 0, 0},
                {"proof", FIELD_PROOF, AT(proof.start.proof), 0, 0, 0},
            },
        [SYNC_KEPT_WANT] = {{"origin", FIELD_ORIGIN, AT(kept_want.origin), 0, 0,
                             0}},
        [SYNC_KEPT] =
            {
                {"origin", FIELD_ORIGIN, AT(kept.origin), 0, 0, 0},
                {"charter_version", FIELD_UINT, AT(kept.charter_version), 1,
                 UINT64_MAX, 0},
                {"charter_hash", FIELD_HASH, AT(kept.charter_hash), 0, 0, 0},
                {"checkpoint", FIELD_BYTES, AT(kept.checkpoint), 0,
                 HL_NOTE_MAX_BYTES, 0},
            },
        [SYNC_CHARTER] = {{"note", FIELD_BYTES, AT(charter.raw), 1,
                           HL_NOTE_MAX_BYTES, 0}},
        [SYNC_EVIDENCE] = {{"file", FIELD_BYTES, AT(evidence.raw), 1,
                            HL_EVIDENCE_MAX_BYTES, 0}},
        [SYNC_DIGEST_WANT] =
            {
                {"origin", FIELD_ORIGIN, AT(digest_want.origin), 0, 0, 0},
                {"size", FIELD_UINT, AT(digest_want.size), 1, MERKLE_SIZE_MAX,
                 0},
                {"path", FIELD_BYTES, AT(digest_want.path), 0,
                 SYNC_DIGEST_PATH_MAX, 0},
            },
        [SYNC_DIGEST] =
            {
                {"origin", FIELD_ORIGIN, AT(digest.origin), 0, 0, 0},
                {"size", FIELD_UINT, AT(digest.size), 1, MERKLE_SIZE_MAX, 0},
                {"path", FIELD_BYTES, AT(digest.path), 0, SYNC_DIGEST_PATH_MAX,
                 0},
                {"node", FIELD_BYTES, AT(digest.node), 0,
                 SYNC_DIGEST_NODE_MAX_BYTES, 0},
            },
};

static const char *const names[SYNC_KIND_COUNT] = {
    "Hello",     "Have",       "Want",     "Credit", "Segment",
    "ProofWant", "Proof",      "KeptWant", "Kept",   "Charter",
    "Evidence",  "DigestWant", "Digest",
};

const char *sync_kind_name(enum sync_kind kind)
{
    HL_ASSERT((unsigned)kind < SYNC_KIND_COUNT);
    return names[kind];
}

/* A kind's number in SyncMessage. */
static uint32_t number_of(enum sync_kind kind)
{
    return (uint32_t)kind + 1;
}

static void *member_at(struct sync_message *message, size_t at)
{
    return (char *)message + at;
}

static const void *member_of(const struct sync_message *message, size_t at)
{
    return (const char *)message + at;
}

/* --- Checking, on both ways. --------------------------------------------- */

struct place {
    const char *message;
    const struct field_row *row;
    uint64_t offset;
    struct hl_detail *detail;
};

static hl_err wrong(const struct place *place, hl_err err, const char *what)
{
    return hl_fail_at(place->detail, place->offset, err, "%s.%s %s",
                      place->message, place->row->name, what);
}

static hl_err check_range(const struct place *place, uint64_t value)
{
    if (value < place->row->min) {
        return wrong(place, HL_EMALFORMED, "is missing");
    }
    return value > place->row->max ? wrong(place, HL_ELIMIT, "is too large")
                                   : HL_OK;
}

static hl_err check_bytes(const struct place *place, struct bytes value)
{
    switch (place->row->type) {
    case FIELD_ORIGIN:
        return origin_validate(value, place->message, place->offset,
                               place->detail);
    case FIELD_DOMAIN:
        return text_is_domain(value)
                   ? HL_OK
                   : wrong(place, HL_EMALFORMED, "is no alliance's name");
    case FIELD_LABEL:
        return text_is_label(value)
                   ? HL_OK
                   : wrong(place, HL_EMALFORMED, "is no node id");
    default:
        return check_range(place, value.size);
    }
}

static hl_err check_head(const struct place *place, const struct head *head)
{
    if (head->size > MERKLE_SIZE_MAX) {
        return wrong(place, HL_ELIMIT, "has a size above 2^63 - 1");
    }
    return head_validate(head) == HL_OK
               ? HL_OK
               : wrong(place, HL_EMALFORMED, "has a root of another size");
}

static hl_err check_digest_at(const struct place *place,
                              const struct sync_digest_at *digest)
{
    if (digest->size > MERKLE_SIZE_MAX) {
        return wrong(place, HL_ELIMIT, "has a size above 2^63 - 1");
    }
    return digest->size != 0 && digest->size % 256 == 0
               ? HL_OK
               : wrong(place, HL_EMALFORMED,
                       "has a size that is no multiple of 256");
}

static bool is_there(const struct sync_message *message,
                     const struct field_row *row)
{
    return *(const bool *)member_of(message, row->flag);
}

static hl_err check_field(const struct sync_message *message,
                          const struct place *place)
{
    const struct field_row *row = place->row;
    const void *member = member_of(message, row->at);
    switch (row->type) {
    case FIELD_UINT:
        return check_range(place, *(const uint64_t *)member);
    case FIELD_UINT32:
        return check_range(place, *(const uint32_t *)member);
    case FIELD_BYTES:
    case FIELD_ORIGIN:
    case FIELD_DOMAIN:
    case FIELD_LABEL:
        return check_bytes(place, *(const struct bytes *)member);
    case FIELD_PROOF:
        return ((const struct proof *)member)->count > HL_PROOF_HASHES_MAX
                   ? wrong(place, HL_ELIMIT, "has too many hashes")
                   : HL_OK;
    case FIELD_HEAD:
        return is_there(message, row) ? check_head(place, member) : HL_OK;
    case FIELD_DIGEST_AT:
        return is_there(message, row) ? check_digest_at(place, member) : HL_OK;
    case FIELD_BOOL:
    case FIELD_HASH:
        return HL_OK;
    }
    return HL_OK;
}

/* What no row alone says. */
static hl_err check_whole(const struct sync_message *message,
                          const struct wire_field *fields,
                          struct hl_detail *detail)
{
    switch (message->kind) {
    case SYNC_HELLO:
        return message->hello.version_min <= message->hello.version_max
                   ? HL_OK
                   : hl_fail_at(detail, fields[2].offset, HL_EMALFORMED,
                                "Hello.version_max is below version_min");
    case SYNC_WANT:
        return !message->want.stop || message->want.from == 0
                   ? HL_OK
                   : hl_fail_at(detail, fields[3].offset, HL_EMALFORMED,
                                "Want.from stands beside stop");
    case SYNC_PROOF:
        return message->proof.checkpoint.size > 0 ||
                       (message->proof.start.at == 0 &&
                        message->proof.start.proof.count == 0 &&
                        fields[4].number == 0)
                   ? HL_OK
                   : hl_fail_at(detail, fields[1].offset, HL_EMALFORMED,
                                "Proof proves without a checkpoint");
    case SYNC_PROOF_WANT:
        return message->proof_want.size == 0 ||
                       message->proof_want.at <= message->proof_want.size
                   ? HL_OK
                   : hl_fail_at(detail, fields[2].offset, HL_EMALFORMED,
                                "ProofWant.at is above size");
    default:
        return HL_OK;
    }
}

static hl_err check_message(const struct sync_message *message,
                            const struct wire_field *fields,
                            struct hl_detail *detail)
{
    for (size_t i = 0; i < FIELDS_MAX; i++) {
        const struct field_row *row = &rows[message->kind][i];
        if (row->name == NULL) {
            break;
        }
        struct place place = {.message = names[message->kind],
                              .row = row,
                              .offset = fields[i + 1].offset,
                              .detail = detail};
        hl_err err = check_field(message, &place);
        if (err != HL_OK) {
            return err;
        }
    }
    return check_whole(message, fields, detail);
}

/* --- Reading. ------------------------------------------------------------ */

static hl_err read_hash(const struct place *place,
                        const struct wire_field *field, struct hl_hash *out)
{
    if (field->bytes.size != HL_HASH_BYTES) {
        return wrong(place, HL_EMALFORMED, "is not 32 bytes");
    }
    memcpy(out->bytes, field->bytes.data, HL_HASH_BYTES);
    return HL_OK;
}

static hl_err read_proof(const struct place *place,
                         const struct wire_field *field, struct proof *out)
{
    size_t size = field->bytes.size;
    if (size > (size_t)HL_PROOF_HASHES_MAX * HL_HASH_BYTES) {
        return wrong(place, HL_ELIMIT, "has too many hashes");
    }
    if (size % HL_HASH_BYTES != 0) {
        return wrong(place, HL_EMALFORMED, "is not whole hashes");
    }
    out->count = size / HL_HASH_BYTES;
    if (size > 0) {
        memcpy(out->hashes, field->bytes.data, size);
    }
    return HL_OK;
}

static hl_err read_head(const struct place *place,
                        const struct wire_field *field, struct head *out)
{
    struct wire_field fields[HEAD_FIELDS];
    wire_collect(field->bytes, field->content, fields, HEAD_FIELDS);
    out->size = fields[1].value;
    return read_hash(place, &fields[2], &out->root);
}

static hl_err read_digest_at(const struct place *place,
                             const struct wire_field *field,
                             struct sync_digest_at *out)
{
    struct wire_field fields[DIGEST_AT_FIELDS];
    wire_collect(field->bytes, field->content, fields, DIGEST_AT_FIELDS);
    out->size = fields[1].value;
    out->rules = fields[2].value;
    return read_hash(place, &fields[3], &out->digest);
}

/* A Proof without a checkpoint has no root. */
static bool may_lack(const struct sync_message *message,
                     const struct wire_field *field)
{
    return message->kind == SYNC_PROOF && field->number == 0 &&
           message->proof.checkpoint.size == 0;
}

static hl_err read_field(const struct place *place,
                         const struct wire_field *field,
                         struct sync_message *out)
{
    const struct field_row *row = place->row;
    void *member = member_at(out, row->at);
    switch (row->type) {
    case FIELD_UINT:
        *(uint64_t *)member = field->value;
        return HL_OK;
    case FIELD_UINT32:
        *(uint32_t *)member = (uint32_t)field->value;
        return HL_OK;
    case FIELD_BOOL:
        *(bool *)member = field->value != 0;
        return HL_OK;
    case FIELD_BYTES:
    case FIELD_ORIGIN:
    case FIELD_DOMAIN:
    case FIELD_LABEL:
        *(struct bytes *)member = field->bytes;
        return HL_OK;
    case FIELD_HASH:
        return may_lack(out, field) ? HL_OK : read_hash(place, field, member);
    case FIELD_PROOF:
        return read_proof(place, field, member);
    case FIELD_HEAD:
        *(bool *)member_at(out, row->flag) = field->number != 0;
        return field->number == 0 ? HL_OK : read_head(place, field, member);
    case FIELD_DIGEST_AT:
        *(bool *)member_at(out, row->flag) = field->number != 0;
        return field->number == 0 ? HL_OK
                                  : read_digest_at(place, field, member);
    }
    return HL_OK;
}

static hl_err read_rows(const struct wire_field *whole,
                        struct sync_message *out, struct hl_detail *detail)
{
    struct wire_field fields[FIELDS_MAX + 1];
    wire_collect(whole->bytes, whole->content, fields, FIELDS_MAX + 1);
    for (size_t i = 0; i < FIELDS_MAX; i++) {
        const struct field_row *row = &rows[out->kind][i];
        if (row->name == NULL) {
            break;
        }
        struct place place = {.message = names[out->kind],
                              .row = row,
                              .offset = fields[i + 1].offset,
                              .detail = detail};
        hl_err err = read_field(&place, &fields[i + 1], out);
        if (err != HL_OK) {
            return err;
        }
    }
    return check_message(out, fields, detail);
}

static hl_err read_segment(struct segment_codec *codec,
                           const struct wire_field *field, struct segment *out,
                           struct hl_detail *detail)
{
    hl_err err = segment_decode(codec, field->bytes, out, detail);
    if (err != HL_OK && detail != NULL && detail->where == HL_AT_OFFSET) {
        detail->at += field->content;
    }
    return err;
}

static hl_err find_kind(const struct wire_field *fields,
                        const struct canonical_unknown *unknown,
                        enum sync_kind *kind, struct hl_detail *detail)
{
    for (unsigned i = 0; i < SYNC_KIND_COUNT; i++) {
        if (fields[i + 1].number != 0) {
            *kind = (enum sync_kind)i;
            return HL_OK;
        }
    }
    if (unknown->present) {
        return hl_fail_at(detail, unknown->offset, HL_EUNSUPPORTED,
                          "a kind of message, %" PRIu32
                          ", that this version does not know",
                          unknown->number);
    }
    return hl_fail(detail, HL_EMALFORMED, "a message of no kind");
}

hl_err sync_decode(struct segment_codec *codec, struct bytes raw,
                   struct sync_message *out, struct hl_detail *detail)
{
    if (raw.size > SYNC_MESSAGE_MAX_BYTES) {
        return hl_fail(detail, HL_ELIMIT, "message of %zu bytes is over %d",
                       raw.size, SYNC_MESSAGE_MAX_BYTES);
    }
    struct canonical_unknown unknown;
    struct wire_field fields[SYNC_KIND_COUNT + 1];
    struct sync_message message = {0};
    hl_err err = canonical_check(raw, &heluo__v1__sync_message__descriptor,
                                 &unknown, detail);
    if (err != HL_OK) {
        return err;
    }
    wire_collect(raw, 0, fields, SYNC_KIND_COUNT + 1);
    err = find_kind(fields, &unknown, &message.kind, detail);
    if (err == HL_OK) {
        const struct wire_field *whole = &fields[number_of(message.kind)];
        err = message.kind == SYNC_SEGMENT
                  ? read_segment(codec, whole, &message.segment, detail)
                  : read_rows(whole, &message, detail);
    }
    if (err == HL_OK) {
        *out = message;
    }
    return err;
}

/* --- Writing. ------------------------------------------------------------ */

static struct bytes hash_view(const struct hl_hash *hash)
{
    return bytes_of(hash->bytes, HL_HASH_BYTES);
}

static void write_head(struct writer *out, uint32_t number,
                       const struct head *head)
{
    wire_add_message(out, number,
                     wire_uint_size(head->size) +
                         wire_bytes_size(HL_HASH_BYTES));
    wire_add_uint(out, 1, head->size);
    wire_add_bytes(out, 2, hash_view(&head->root));
}

static void write_digest_at(struct writer *out, uint32_t number,
                            const struct sync_digest_at *digest)
{
    wire_add_message(out, number,
                     wire_uint_size(digest->size) +
                         wire_uint_size(digest->rules) +
                         wire_bytes_size(HL_HASH_BYTES));
    wire_add_uint(out, 1, digest->size);
    wire_add_uint(out, 2, digest->rules);
    wire_add_bytes(out, 3, hash_view(&digest->digest));
}

static void write_field(struct writer *out, uint32_t number,
                        const struct sync_message *message,
                        const struct field_row *row)
{
    const void *member = member_of(message, row->at);
    const struct proof *proof = member;
    switch (row->type) {
    case FIELD_UINT:
        wire_add_uint(out, number, *(const uint64_t *)member);
        break;
    case FIELD_UINT32:
        wire_add_uint(out, number, *(const uint32_t *)member);
        break;
    case FIELD_BOOL:
        wire_add_uint(out, number, *(const bool *)member);
        break;
    case FIELD_BYTES:
    case FIELD_ORIGIN:
    case FIELD_DOMAIN:
    case FIELD_LABEL:
        wire_add_bytes(out, number, *(const struct bytes *)member);
        break;
    case FIELD_HASH:
        wire_add_bytes(out, number, hash_view(member));
        break;
    case FIELD_PROOF:
        wire_add_bytes(out, number,
                       bytes_of(proof->hashes, proof->count * HL_HASH_BYTES));
        break;
    case FIELD_HEAD:
        if (is_there(message, row)) {
            write_head(out, number, member);
        }
        break;
    case FIELD_DIGEST_AT:
        if (is_there(message, row)) {
            write_digest_at(out, number, member);
        }
        break;
    }
}

/* A Proof that proves nothing has the origin alone. */
static size_t rows_of(const struct sync_message *message)
{
    bool empty =
        message->kind == SYNC_PROOF && message->proof.checkpoint.size == 0;
    size_t count = 0;
    while (count < FIELDS_MAX && rows[message->kind][count].name != NULL) {
        count++;
    }
    return empty ? 1 : count;
}

static hl_err write_content(struct segment_codec *codec,
                            const struct sync_message *message,
                            bool want_deflate, struct writer *out)
{
    static const struct wire_field nowhere[FIELDS_MAX + 1];
    if (message->kind == SYNC_SEGMENT) {
        return segment_encode(codec, &message->segment, want_deflate, out);
    }
    hl_err err = check_message(message, nowhere, NULL);
    for (size_t i = 0; err == HL_OK && i < rows_of(message); i++) {
        write_field(out, (uint32_t)i + 1, message, &rows[message->kind][i]);
    }
    return err;
}

hl_err sync_encode(struct segment_codec *codec,
                   const struct sync_message *message, bool want_deflate,
                   struct writer *out)
{
    struct writer content = {0};
    HL_ASSERT((unsigned)message->kind < SYNC_KIND_COUNT);
    hl_err err = write_content(codec, message, want_deflate, &content);
    if (err == HL_OK) {
        struct bytes view = writer_view(&content);
        wire_add_message(out, number_of(message->kind), view.size);
        writer_bytes(out, view);
    }
    writer_fini(&content);
    return err;
}
