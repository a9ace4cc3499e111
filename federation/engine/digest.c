/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "federation/engine/engine_inside.h"

/* Two nodes with the same journal must have computed the same half of it. Their
 * digests say whether; where they differ a walk down both trees finds the first
 * record that does. It goes on while both stand at the same size, and begins
 * again at a heartbeat where one of them moved. */

static void report(struct engine *engine, struct member *member,
                   const struct member *peer, const char *record)
{
    char text[256];
    (void)snprintf(text, sizeof(text), "%s computes it differently%s%s",
                   peer->id, record[0] == '\0' ? "" : ", first at ", record);
    engine_report(engine, ENGINE_REPORT_DIGEST, member, HL_EDIFFERS,
                  member->origin.digest.size, text);
}

static void ask(struct engine *engine, struct stream *stream,
                const struct member *member, uint64_t size, struct bytes path)
{
    struct sync_message message = {
        .kind = SYNC_DIGEST_WANT,
        .digest_want = {.origin = bytes_of_text(member->name),
                        .size = size,
                        .path = scratch_copy(&engine->scratch, path)}};
    stream_send(engine, stream, &message);
}

void digest_compare(struct engine *engine, struct stream *stream,
                    struct member *member, const struct sync_digest_at *theirs)
{
    struct origin *origin = &member->origin;
    const struct sync_digest_at *ours = &origin->digest;
    if (ours->size == 0 || ours->size != theirs->size ||
        ours->rules != theirs->rules ||
        hash_equal(&ours->digest, &theirs->digest)) {
        return;
    }
    if (origin->digest_reported != ours->size) {
        origin->digest_reported = ours->size;
        origin->digest_walked = false;
        report(engine, member, stream->member, "");
    }
    if (!origin->digest_walked && engine->tree.digest_compare != NULL) {
        ask(engine, stream, member, origin->held.size, (struct bytes){0});
    }
}

void digest_want(struct engine *engine, struct stream *stream,
                 const struct sync_digest_want *want)
{
    struct member *member = member_of_origin(engine, want->origin);
    struct writer node = {0};
    if (member == NULL) {
        return;
    }
    if (engine->tree.digest_node == NULL ||
        engine->tree.digest_node(engine->tree.context,
                                 bytes_of_text(member->name), want->size,
                                 want->path, &node) != HL_OK ||
        writer_view(&node).size > SYNC_DIGEST_NODE_MAX_BYTES) {
        writer_clear(&node);
    }
    struct sync_message message = {
        .kind = SYNC_DIGEST,
        .digest = {.origin = bytes_of_text(member->name),
                   .size = want->size,
                   .path = scratch_copy(&engine->scratch, want->path),
                   .node = scratch_copy(&engine->scratch, writer_view(&node))}};
    stream_send(engine, stream, &message);
    writer_fini(&node);
}

/* Only where a difference was seen and not found yet: else nobody asked. */
void digest_received(struct engine *engine, struct stream *stream,
                     const struct sync_digest *digest)
{
    struct member *member = member_of_origin(engine, digest->origin);
    struct engine_digest_step step = {0};
    if (member == NULL || member->origin.digest_reported == 0 ||
        member->origin.digest_walked || digest->node.size == 0 ||
        engine->tree.digest_compare == NULL ||
        engine->tree.digest_compare(
            engine->tree.context, bytes_of_text(member->name), digest->size,
            digest->path, digest->node, &step) != HL_OK ||
        step.same) {
        return;
    }
    if (!step.below) {
        member->origin.digest_walked = true;
        report(engine, member, stream->member,
               step.record[0] == '\0' ? "the number of records" : step.record);
        return;
    }
    uint8_t path[SYNC_DIGEST_PATH_MAX];
    if (digest->path.size < sizeof(path)) {
        if (digest->path.size > 0) {
            memcpy(path, digest->path.data, digest->path.size);
        }
        path[digest->path.size] = step.child;
        ask(engine, stream, member, digest->size,
            bytes_of(path, digest->path.size + 1));
    }
}
