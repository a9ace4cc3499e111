/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/describe.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "protocol/note/checkpoint.h"

bool describe_head(struct bytes note, struct head *out)
{
    struct note parsed;
    struct checkpoint checkpoint;
    if (note.size == 0 || note_parse(note, &parsed, NULL) != HL_OK) {
        return false;
    }
    hl_err err = checkpoint_parse(parsed.text, &checkpoint, NULL);
    note_fini(&parsed);
    if (err == HL_OK) {
        *out = checkpoint.head;
    }
    return err == HL_OK;
}

struct bytes describe_origin(struct bytes origin)
{
    for (size_t i = 0; i < origin.size; i++) {
        if (origin.data[i] == '/') {
            return bytes_slice(origin, i + 1, origin.size - i - 1);
        }
    }
    return origin;
}

struct line {
    char *text;
    size_t used;
};

static void HL_PRINTF(2, 3) add(struct line *line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int size = vsnprintf(line->text + line->used, DESCRIBE_BYTES - line->used,
                         format, args);
    va_end(args);
    size_t more = size < 0 ? 0 : (size_t)size;
    size_t room = DESCRIBE_BYTES - 1 - line->used;
    line->used += more < room ? more : room;
}

static void add_note(struct line *line, const char *what, struct bytes note)
{
    struct head head;
    if (describe_head(note, &head)) {
        add(line, "%s %" PRIu64, what, head.size);
    } else if (note.size > 0) {
        add(line, "%s ?", what);
    }
}

static void add_origin(struct line *line, struct bytes origin)
{
    struct bytes name = describe_origin(origin);
    add(line, " %.*s", BYTES_ARGS(name));
}

static void add_have(struct line *line, const struct sync_have *have)
{
    add_origin(line, have->origin);
    add_note(line, "", have->checkpoint);
    add_note(line, " candidate", have->candidate);
    add_note(line, " sealed", have->sealed);
    if (have->has_claim) {
        add(line, " claim %" PRIu64, have->claim.size);
    }
    if (have->has_digest) {
        add(line, " digest at %" PRIu64, have->digest.size);
    }
}

static void add_segment(struct line *line, const struct segment *segment)
{
    add_origin(line, segment->origin);
    add(line, " %" PRIu64 "..%" PRIu64, segment->first,
        segment->first + segment->count);
    add_note(line, " of", segment->checkpoint);
    add(line, "%s", segment->has_start ? " with start" : "");
}

const char *describe(const struct sync_message *message,
                     char out[DESCRIBE_BYTES])
{
    struct line line = {.text = out};
    add(&line, "%s", sync_kind_name(message->kind));
    switch (message->kind) {
    case SYNC_HELLO:
        add(&line, " charter %" PRIu64, message->hello.charter_version);
        break;
    case SYNC_HAVE:
        add_have(&line, &message->have);
        break;
    case SYNC_WANT:
        add_origin(&line, message->want.origin);
        if (message->want.stop) {
            add(&line, " no more");
        } else {
            add(&line, " from %" PRIu64, message->want.from);
        }
        break;
    case SYNC_SEGMENT:
        add_segment(&line, &message->segment);
        break;
    case SYNC_PROOF_WANT:
        add_origin(&line, message->proof_want.origin);
        add(&line, " %" PRIu64 " in %" PRIu64, message->proof_want.at,
            message->proof_want.size);
        break;
    case SYNC_PROOF:
        add_origin(&line, message->proof.origin);
        add_note(&line, "", message->proof.checkpoint);
        break;
    case SYNC_KEPT_WANT:
        add_origin(&line, message->kept_want.origin);
        break;
    case SYNC_KEPT:
        add_origin(&line, message->kept.origin);
        add_note(&line, "", message->kept.checkpoint);
        break;
    case SYNC_DIGEST_WANT:
    case SYNC_DIGEST:
        add_origin(&line, message->kind == SYNC_DIGEST
                              ? message->digest.origin
                              : message->digest_want.origin);
        break;
    case SYNC_BLOB_WANT:
        add_origin(&line, message->blob_want.origin);
        add(&line, " %" PRIu64 "+%" PRIu32, message->blob_want.first,
            message->blob_want.count);
        break;
    case SYNC_BLOB_PART:
        add_origin(&line, message->blob_part.origin);
        add(&line, " %" PRIu64 "%s", message->blob_part.index,
            message->blob_part.bytes.size == 0 ? " absent" : "");
        break;
    case SYNC_CREDIT:
    case SYNC_CHARTER:
    case SYNC_EVIDENCE:
    case SYNC_KIND_COUNT:
        break;
    }
    return out;
}
