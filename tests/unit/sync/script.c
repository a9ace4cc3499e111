/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/sync/script.h"

#include <stdio.h>

struct script script;

void script_reset(void)
{
    script = (struct script){0};
}

/* --- The engine ----------------------------------------------------------- */

struct engine {
    int unused;
};
static struct engine the_engine;

void engine_create(const struct engine_options *options, struct engine **out)
{
    script.tree = options->tree;
    *out = &the_engine;
}

size_t engine_blobs_wanted(const struct engine *engine)
{
    (void)engine;
    return 0;
}

bool engine_has_blob_room(const struct engine *engine)
{
    (void)engine;
    return true;
}

void engine_destroy(struct engine **engine)
{
    *engine = NULL;
}

hl_err engine_load_charter(struct engine *engine, struct bytes raw,
                           struct hl_detail *detail)
{
    (void)engine, (void)raw, (void)detail;
    script.charters++;
    return HL_OK;
}

hl_err engine_load_evidence(struct engine *engine, struct bytes raw,
                            struct hl_detail *detail)
{
    (void)engine, (void)raw, (void)detail;
    script.evidence++;
    return HL_OK;
}

void engine_load_journal(struct engine *engine,
                         const struct engine_journal *journal)
{
    (void)engine, (void)journal;
    script.journals++;
}

hl_err engine_start(struct engine *engine, struct hl_mono mono,
                    struct hl_wall wall, struct engine_actions *out,
                    struct hl_detail *detail)
{
    (void)engine, (void)mono, (void)wall, (void)detail;
    *out = script.start;
    return script.start_err;
}

void engine_step(struct engine *engine, const struct engine_event *event,
                 struct engine_actions *out)
{
    (void)engine;
    if (event->kind == ENGINE_STORED) {
        script.stored++;
        script.failed += event->err == HL_OK ? 0 : 1;
    }
    struct script_event beyond;
    struct script_event *seen =
        script.count < SCRIPT_MAX ? &script.events[script.count++] : &beyond;
    *seen = (struct script_event){
        .kind = event->kind,
        .stream = event->stream,
        .err = event->err,
        .ticket = event->ticket,
        .from = event->from,
        .next = event->next,
        .bytes = event->bytes,
        .digest_size = event->digest.size,
        .inside = script.stepping,
    };
    snprintf(seen->origin, sizeof(seen->origin), "%.*s",
             BYTES_ARGS(event->origin));
    *out = (struct engine_actions){0};
    script.stepping = true;
    if (script.step != NULL) {
        script.step(event, out);
    }
    script.stepping = false;
}

/* --- The codec ------------------------------------------------------------ */

/* A byte for the kind, and the first byte of an evidence's. */
hl_err sync_encode(struct segment_codec *codec,
                   const struct sync_message *message, bool want_deflate,
                   struct writer *out)
{
    if (message->kind == SYNC_SEGMENT) {
        writer_u8(out, SYNC_SEGMENT);
        return segment_encode(codec, &message->segment, want_deflate, out);
    }
    if (message->kind == SYNC_HELLO) {
        return HL_ELIMIT; /* one that cannot be encoded */
    }
    writer_u8(out, (uint8_t)message->kind);
    return HL_OK;
}

hl_err sync_decode(struct segment_codec *codec, struct bytes raw,
                   struct sync_message *out, struct hl_detail *detail)
{
    if (raw.size == 0 || raw.data[0] >= SYNC_KIND_COUNT) {
        return HL_EMALFORMED;
    }
    *out = (struct sync_message){.kind = (enum sync_kind)raw.data[0]};
    return out->kind == SYNC_SEGMENT
               ? segment_decode(codec, bytes_slice(raw, 1, raw.size - 1),
                                &out->segment, detail)
               : HL_OK;
}
