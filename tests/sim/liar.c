/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/liar.h"

#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/note/checkpoint.h"
#include "tests/sim/describe.h"
#include "tests/sim/world.h"

static const char *const lie_names[LIE_KIND_COUNT] = {
    [LIE_NONE] = "honest",
    [LIE_CHANGED_ENTRY] = "changed-entry",
    [LIE_CHANGED_BYTE] = "changed-byte",
    [LIE_WRONG_ORIGIN] = "wrong-origin",
    [LIE_OVERSIZE] = "oversize",
    [LIE_CUT_SHORT] = "cut-short",
    [LIE_REPLAY] = "replay",
    [LIE_NO_ENTRIES] = "no-entries",
    [LIE_OLD_TAIL] = "old-tail",
    [LIE_FOREIGN_KEY] = "foreign-key",
    [LIE_OTHER_CANDIDATE] = "other-candidate",
};

const char *lie_name(enum lie lie)
{
    return lie_names[lie];
}

void liar_init(struct liar *liar, struct rng rng)
{
    *liar = (struct liar){.rng = rng, .codec = segment_codec_create()};
}

void liar_fini(struct liar *liar)
{
    segment_codec_destroy(liar->codec);
    writer_fini(&liar->kept);
}

/* --- The lies. Each appends what is said instead; false: nothing to lie about
 * here. ------------------------------------------------------------------- */

static void encode(struct liar *liar, const struct sync_message *message,
                   struct writer *out)
{
    hl_err err = sync_encode(liar->codec, message, false, out);
    (void)err; /* what nobody would read is not said */
}

static bool change_bit(struct liar *liar, struct bytes raw, struct writer *out)
{
    size_t before = out->size;
    writer_bytes(out, raw);
    out->data[before + rng_below(&liar->rng, raw.size)] ^=
        (uint8_t)(1u << rng_below(&liar->rng, 8));
    return true;
}

static bool change_entry(struct host *host, const struct sync_message *message,
                         struct bytes raw, struct writer *out)
{
    (void)raw;
    if (message->kind != SYNC_SEGMENT) {
        return false;
    }
    struct writer bundle = {0};
    struct sync_message told = *message;
    writer_bytes(&bundle, message->segment.bundle);
    bundle.data[bundle.size - 1] ^= 1; /* of the last entry's last byte */
    told.segment.bundle = writer_view(&bundle);
    encode(&host->liar, &told, out);
    writer_fini(&bundle);
    return true;
}

static bool change_byte(struct host *host, const struct sync_message *message,
                        struct bytes raw, struct writer *out)
{
    return message->kind != SYNC_HELLO && change_bit(&host->liar, raw, out);
}

static bool wrong_origin(struct host *host, const struct sync_message *message,
                         struct bytes raw, struct writer *out)
{
    (void)raw;
    if (message->kind != SYNC_SEGMENT) {
        return false;
    }
    struct sync_message told = *message;
    size_t city = rng_below(&host->liar.rng, host->world->alliance.city_count);
    told.segment.origin =
        bytes_of_text(host->world->alliance.cities[city].origin);
    if (bytes_equal(told.segment.origin, message->segment.origin)) {
        return false;
    }
    encode(&host->liar, &told, out);
    return true;
}

static bool oversize(struct host *host, const struct sync_message *message,
                     struct bytes raw, struct writer *out)
{
    (void)host;
    (void)message;
    writer_bytes(out, raw);
    memset(writer_extend(out, SYNC_MESSAGE_MAX_BYTES), 0,
           SYNC_MESSAGE_MAX_BYTES);
    return true;
}

static bool cut_short(struct host *host, const struct sync_message *message,
                      struct bytes raw, struct writer *out)
{
    (void)message;
    size_t size =
        raw.size < 2 ? raw.size : rng_below(&host->liar.rng, raw.size);
    writer_bytes(out, bytes_slice(raw, 0, size));
    return true;
}

static bool replay(struct host *host, const struct sync_message *message,
                   struct bytes raw, struct writer *out)
{
    struct writer *kept = &host->liar.kept;
    bool has = kept->size > 0;
    if (has) {
        writer_bytes(out, writer_view(kept));
    }
    if (message->kind != SYNC_HELLO &&
        (!has || rng_below(&host->liar.rng, 2) == 0)) {
        writer_clear(kept);
        writer_bytes(kept, raw);
    }
    return has;
}

static bool no_entries(struct host *host, const struct sync_message *message,
                       struct bytes raw, struct writer *out)
{
    (void)host;
    (void)raw;
    (void)out;
    return message->kind == SYNC_SEGMENT;
}

static bool old_tail(struct host *host, const struct sync_message *message,
                     struct bytes raw, struct writer *out)
{
    (void)host;
    (void)raw;
    (void)out;
    return message->kind == SYNC_HAVE || message->kind == SYNC_SEGMENT;
}

/* A checkpoint of the own journal under a key that the charter has not, or no
 * more: the first one of the ring where there are several. */
static bool foreign_key(struct host *host, const struct sync_message *message,
                        struct bytes raw, struct writer *out)
{
    (void)raw;
    struct world *world = host->world;
    if (message->kind != SYNC_HAVE ||
        !bytes_equal(message->have.origin, host_origin(host)) ||
        message->have.checkpoint.size == 0) {
        return false;
    }
    struct checkpoint checkpoint = {
        .head = truth_head(&world->truths[host->city], host->branch)};
    memcpy(checkpoint.origin, world->alliance.cities[host->city].origin,
           sizeof(world->alliance.cities[0].origin));
    struct signer signer = world->alliance.cities[host->city].journal.keys[0];
    if (host->journal_key == 0) {
        signer.vkey.public_key[0] ^= 1;
        signer.vkey.id ^= 1;
    }
    struct writer note = {0};
    struct sync_message told = *message;
    hl_err err = checkpoint_sign(&checkpoint, &signer, 1, &note);
    told.have.checkpoint = writer_view(&note);
    if (err == HL_OK) {
        encode(&host->liar, &told, out);
    }
    writer_fini(&note);
    return err == HL_OK;
}

/* Of the same size, signed by the true key, over entries that are nowhere. */
static bool other_candidate(struct host *host,
                            const struct sync_message *message,
                            struct bytes raw, struct writer *out)
{
    (void)raw;
    const struct city *city = &host->world->alliance.cities[host->city];
    struct checkpoint checkpoint = {0};
    if (message->kind != SYNC_HAVE ||
        !bytes_equal(message->have.origin, host_origin(host)) ||
        !describe_head(message->have.candidate, &checkpoint.head)) {
        return false;
    }
    memcpy(checkpoint.origin, city->origin, sizeof(city->origin));
    checkpoint.head.root.bytes[0] ^= 1;
    struct writer note = {0};
    struct sync_message told = *message;
    hl_err err = checkpoint_sign(
        &checkpoint, &city->journal.keys[host->journal_key], 1, &note);
    told.have.checkpoint = told.have.sealed = bytes_of(NULL, 0);
    told.have.candidate = writer_view(&note);
    if (err == HL_OK) {
        encode(&host->liar, &told, out);
    }
    writer_fini(&note);
    return err == HL_OK;
}

typedef bool (*lie_fn)(struct host *host, const struct sync_message *message,
                       struct bytes raw, struct writer *out);

static const lie_fn lies[LIE_KIND_COUNT] = {
    [LIE_CHANGED_ENTRY] = change_entry, [LIE_CHANGED_BYTE] = change_byte,
    [LIE_WRONG_ORIGIN] = wrong_origin,  [LIE_OVERSIZE] = oversize,
    [LIE_CUT_SHORT] = cut_short,        [LIE_REPLAY] = replay,
    [LIE_NO_ENTRIES] = no_entries,      [LIE_OLD_TAIL] = old_tail,
    [LIE_FOREIGN_KEY] = foreign_key,    [LIE_OTHER_CANDIDATE] = other_candidate,
};

/* --- At the network. ----------------------------------------------------- */

bool liar_tell(struct host *host, const struct host *to, struct bytes raw,
               struct writer *out)
{
    struct liar *liar = &host->liar;
    struct sync_message message;
    struct hl_detail detail = {0};
    if (liar->lie != LIE_NONE && rng_below(&liar->rng, 1000000) < liar->ppm &&
        sync_decode(liar->codec, raw, &message, &detail) == HL_OK &&
        lies[liar->lie](host, &message, raw, out)) {
        liar->told++;
        bool blunt =
            liar->lie == LIE_CHANGED_ENTRY || liar->lie == LIE_OVERSIZE;
        liar->blunt += blunt && to != NULL && to->honest;
        world_trace(host->world, "%s lies: %s", host_label(host),
                    lie_name(liar->lie));
        return out->size > 0;
    }
    writer_clear(out);
    writer_bytes(out, raw);
    return true;
}

static struct bytes origin_of(const struct sync_message *message)
{
    switch (message->kind) {
    case SYNC_HAVE:
        return message->have.origin;
    case SYNC_SEGMENT:
        return message->segment.origin;
    case SYNC_PROOF:
        return message->proof.origin;
    case SYNC_PROOF_WANT:
        return message->proof_want.origin;
    default:
        return bytes_of(NULL, 0);
    }
}

static void leave_out_others(struct host *host, struct bytes *note)
{
    struct head head;
    if (!describe_head(*note, &head) ||
        !truth_branch_has(&host->world->truths[host->city], host->branch,
                          &head)) {
        *note = bytes_of(NULL, 0);
    }
}

/* A deaf one does not learn that it was found out: of its own journal it hears
 * what is said of the history that this machine wrote. */
bool liar_hears(struct host *host, struct bytes raw, struct writer *heard)
{
    struct sync_message message;
    struct hl_detail detail = {0};
    if (!host->liar.deaf ||
        sync_decode(host->liar.codec, raw, &message, &detail) != HL_OK) {
        writer_bytes(heard, raw);
        return true;
    }
    bool own = bytes_equal(origin_of(&message), host_origin(host));
    if (message.kind == SYNC_EVIDENCE || (own && message.kind != SYNC_HAVE)) {
        return false;
    }
    if (own) {
        leave_out_others(host, &message.have.checkpoint);
        leave_out_others(host, &message.have.candidate);
        leave_out_others(host, &message.have.sealed);
        message.have.has_claim = false;
        encode(&host->liar, &message, heard);
    } else {
        writer_bytes(heard, raw);
    }
    return true;
}
