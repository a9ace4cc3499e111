/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "federation/engine/engine_inside.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

/* --- The set. ------------------------------------------------------------ */

static struct kept_charter *find_charter(const struct engine *engine,
                                         const struct hl_hash *hash)
{
    for (size_t i = 0; i < engine->charter_count; i++) {
        if (hash_equal(&engine->charters[i]->charter.hash, hash)) {
            return engine->charters[i];
        }
    }
    return NULL;
}

bool charters_on_way(const struct engine *engine)
{
    bool any = false;
    for (size_t i = 0; i < engine->charter_count; i++) {
        any = any || !engine->charters[i]->stored;
    }
    return any;
}

static void charter_drop(struct kept_charter *kept)
{
    charter_fini(&kept->charter);
    hl_free(kept);
}

void charters_fini(struct engine *engine)
{
    for (size_t i = 0; i < engine->charter_count; i++) {
        charter_drop(engine->charters[i]);
    }
    hl_free(engine->charters);
}

/* What the coordinators of its predecessor did not sign is not kept, so that
 * the set is as long as they make it. */
static hl_err check_predecessor(const struct engine *engine,
                                const struct charter *charter,
                                struct hl_detail *detail)
{
    if (hash_equal(&charter->hash, &engine->pin)) {
        return charter_check_first(charter, &engine->pin, engine->verifier,
                                   detail);
    }
    const struct kept_charter *previous =
        find_charter(engine, &charter->previous);
    if (previous == NULL) {
        return hl_fail(detail, HL_EVERSIONGAP,
                       "the charter that it follows is not here");
    }
    return charter_check_next(&previous->charter, charter, engine->verifier,
                              detail);
}

static hl_err add_parsed(struct engine *engine, struct kept_charter *kept,
                         struct hl_detail *detail)
{
    if (engine->charter_count == engine->limits.charters_max) {
        return hl_fail(detail, HL_ELIMIT,
                       "%u charters are kept already: pin a newer one",
                       (unsigned)engine->limits.charters_max);
    }
    if (engine->started) {
        hl_err err = check_predecessor(engine, &kept->charter, detail);
        if (err != HL_OK) {
            return err;
        }
    }
    engine->charters = hl_realloc(engine->charters, engine->charter_count + 1,
                                  sizeof(struct kept_charter *));
    engine->charters[engine->charter_count++] = kept;
    return HL_OK;
}

hl_err charters_add(struct engine *engine, struct bytes raw,
                    struct kept_charter **added, struct hl_detail *detail)
{
    struct kept_charter *kept = hl_alloc(1, sizeof(*kept));
    *added = NULL;
    charter_init(&kept->charter);
    hl_err err = charter_parse(raw, &kept->charter, detail);
    if (err == HL_OK && find_charter(engine, &kept->charter.hash) != NULL) {
        charter_drop(kept);
        return HL_OK;
    }
    if (err == HL_OK) {
        err = add_parsed(engine, kept, detail);
    }
    if (err != HL_OK) {
        charter_drop(kept);
        return err;
    }
    kept->stored = !engine->started;
    *added = kept;
    return HL_OK;
}

/* --- Members. ------------------------------------------------------------ */

static int compare_id(const void *key, const void *item)
{
    const struct member *const *member = item;
    return bytes_compare(*(const struct bytes *)key,
                         bytes_of_text((*member)->id));
}

struct member *member_find(const struct engine *engine, struct bytes id)
{
    if (engine->member_count == 0) {
        return NULL;
    }
    struct member **found = bsearch(&id, engine->members, engine->member_count,
                                    sizeof(struct member *), compare_id);
    return found == NULL ? NULL : *found;
}

struct member *member_of_origin(const struct engine *engine,
                                struct bytes origin)
{
    size_t size = strlen(engine->alliance);
    if (origin.size <= size + 1 ||
        memcmp(origin.data, engine->alliance, size) != 0 ||
        origin.data[size] != '/') {
        return NULL;
    }
    return member_find(engine,
                       bytes_slice(origin, size + 1, origin.size - size - 1));
}

bool member_ended(const struct member *member)
{
    return member->node == NULL || member->node->ended;
}

bool member_keeps(const struct member *keeper, const struct member *author)
{
    if (author->node == NULL || keeper->node == NULL) {
        return false;
    }
    for (size_t i = 0; i < author->node->keeper_count; i++) {
        if (strcmp(author->node->keepers[i], keeper->id) == 0) {
            return true;
        }
    }
    return false;
}

size_t member_epoch(const struct member *author)
{
    return charter_epoch(author->node, author->node->journal_key_count - 1);
}

static struct member *member_create(const struct engine *engine, const char *id)
{
    struct member *member = hl_alloc(1, sizeof(*member));
    memcpy(member->id, id, strlen(id) + 1);
    size_t size = strlen(engine->alliance);
    memcpy(member->name, engine->alliance, size);
    member->name[size] = '/';
    memcpy(member->name + size + 1, id, strlen(id) + 1);
    struct origin *origin = &member->origin;
    frontier_init(&origin->held);
    frontier_init(&origin->taken);
    struct signed_head *notes[] = {&origin->newest,      &origin->whole,
                                   &origin->sealed,      &origin->sealed_ahead,
                                   &origin->candidate,   &origin->kept,
                                   &origin->former_base, &origin->under};
    for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
        notes[i]->head = head_empty();
    }
    member->peer.retry_at = engine->mono;
    return member;
}

/* In its place by id, in both lists. */
struct member *member_add(struct engine *engine, const char *id)
{
    struct member *member = member_find(engine, bytes_of_text(id));
    if (member != NULL) {
        return member;
    }
    member = member_create(engine, id);
    size_t count = engine->member_count;
    engine->members =
        hl_realloc(engine->members, count + 1, sizeof(struct member *));
    engine->numbered =
        hl_realloc(engine->numbered, count + 1, sizeof(struct member *));
    size_t at = 0;
    while (at < count && strcmp(engine->members[at]->id, id) < 0) {
        at++;
    }
    memmove(&engine->members[at + 1], &engine->members[at],
            (count - at) * sizeof(struct member *));
    engine->members[at] = member;
    engine->numbered[count] = member;
    member->number = count;
    engine->member_count++;
    return member;
}

static void update_members(struct engine *engine)
{
    const struct charter *charter = engine->charter;
    for (size_t i = 0; i < engine->member_count; i++) {
        engine->members[i]->node = NULL;
    }
    for (size_t i = 0; i < charter->node_count; i++) {
        struct member *member = member_add(engine, charter->nodes[i].id);
        member->node = &charter->nodes[i];
    }
    engine->self = member_add(engine, engine->node);
}

/* --- What holds. --------------------------------------------------------- */

static void close_outsiders(struct engine *engine)
{
    for (size_t i = engine->stream_count; i > 0; i--) {
        struct stream *stream = engine->streams[i - 1];
        if (member_ended(stream->member)) {
            stream_close(engine, stream, HL_EENDED,
                         "the charter does not have it any more");
        }
    }
}

static void charter_changed(struct engine *engine)
{
    update_members(engine);
    if (!engine->started) {
        return;
    }
    engine_report(engine, ENGINE_REPORT_CHARTER, NULL, HL_OK,
                  engine->charter->version, "another charter holds");
    close_outsiders(engine);
    own_changed(engine);
    standing_settle_all(engine);
    keep_charter_changed(engine);
    seal_charter_changed(engine);
    pull_choose_all(engine);
    peer_connect(engine);
}

/* Those that lie before the one that holds are so by its hash. */
static void find_signed(struct engine *engine, const struct charter *holds)
{
    bool more = true;
    for (const struct charter *charter = holds; charter != NULL;
         charter = charters_before(engine, charter)) {
        find_charter(engine, &charter->hash)->signed_over = true;
    }
    while (more) {
        more = false;
        for (size_t i = 0; i < engine->charter_count; i++) {
            struct kept_charter *kept = engine->charters[i];
            const struct kept_charter *before =
                find_charter(engine, &kept->charter.previous);
            if (kept->stored && !kept->signed_over && before != NULL &&
                before->signed_over &&
                charter_check_next(&before->charter, &kept->charter,
                                   engine->verifier, NULL) == HL_OK) {
                kept->signed_over = true;
                more = true;
            }
        }
    }
}

hl_err charters_resolve(struct engine *engine, struct hl_detail *detail)
{
    const struct charter **items =
        hl_alloc(engine->charter_count, sizeof(*items));
    struct charter_set set = {
        .items = items, .pin = &engine->pin, .verifier = engine->verifier};
    for (size_t i = 0; i < engine->charter_count; i++) {
        if (engine->charters[i]->stored) {
            items[set.count++] = &engine->charters[i]->charter;
        }
    }
    struct charter_standing standing = {0};
    hl_err err = charter_resolve(&set, &standing, detail);
    hl_free(items);
    if (err != HL_OK) {
        return err;
    }
    find_signed(engine, standing.holds);
    if (standing.rivals[0] != NULL && engine->started) {
        engine_report(engine, ENGINE_REPORT_CHARTER_CONTEST, NULL,
                      HL_ESUCCESSORS, standing.holds->version,
                      "two charters follow the one that holds");
    }
    if (engine->charter != standing.holds) {
        engine->charter = standing.holds;
        charter_changed(engine);
    }
    return HL_OK;
}

void charters_hear_again(struct engine *engine)
{
    for (size_t i = 0; i < engine->member_count; i++) {
        if (engine->members[i]->origin.upstream != NULL) {
            pull_again(engine, engine->members[i]);
        }
    }
}

void charters_stored(struct engine *engine, struct kept_charter *kept,
                     hl_err err)
{
    struct hl_detail detail;
    kept->on_way = false;
    if (err != HL_OK) {
        return; /* charters_retry() */
    }
    kept->stored = true;
    struct sync_message message = {.kind = SYNC_CHARTER,
                                   .charter = {.raw = kept->charter.raw}};
    for (size_t i = 0; i < engine->stream_count; i++) {
        if (engine->streams[i]->state != STREAM_GREETING) {
            stream_send(engine, engine->streams[i], &message);
        }
    }
    err = charters_resolve(engine, &detail);
    HL_ASSERT(err == HL_OK || err == HL_ECRYPTO);
    charters_hear_again(engine);
}

static void store(struct engine *engine, struct kept_charter *kept)
{
    struct engine_action *action;
    struct pending *pending =
        pending_add(engine, PENDING_CHARTER, NULL, &action);
    pending->charter = kept;
    action->note = kept->charter.raw;
    action->size = kept->charter.version;
    kept->on_way = true;
}

void charters_offer(struct engine *engine, struct bytes raw,
                    struct stream *from)
{
    struct hl_detail detail = {0};
    struct kept_charter *added = NULL;
    hl_err err = charters_add(engine, raw, &added, &detail);
    if (err != HL_OK) {
        engine_report(engine, ENGINE_REPORT_CHARTER_REFUSED,
                      from == NULL ? NULL : from->member, err, 0, detail.text);
        return;
    }
    if (added != NULL) {
        store(engine, added);
    }
}

void charters_retry(struct engine *engine)
{
    for (size_t i = 0; i < engine->charter_count; i++) {
        struct kept_charter *kept = engine->charters[i];
        if (!kept->stored && !kept->on_way) {
            store(engine, kept);
        }
    }
}

const struct charter *charters_before(const struct engine *engine,
                                      const struct charter *charter)
{
    for (size_t i = 0; i < engine->charter_count; i++) {
        const struct charter *item = &engine->charters[i]->charter;
        if (item->version + 1 == charter->version &&
            hash_equal(&item->hash, &charter->previous)) {
            return item;
        }
    }
    return NULL;
}

/* All that the other side may not have, in order, so that each comes with its
 * predecessor known. Where two contest for us what still holds for them, the
 * rivals are older than theirs. */
void charters_send_newer(struct engine *engine, struct stream *stream,
                         const struct sync_hello *hello)
{
    uint64_t version = hello->charter_version < engine->charter->version
                           ? hello->charter_version
                           : engine->charter->version;
    for (;; version++) {
        bool more = false;
        for (size_t i = 0; i < engine->charter_count; i++) {
            const struct charter *charter = &engine->charters[i]->charter;
            more = more || charter->version > version;
            if (!engine->charters[i]->stored || charter->version != version ||
                hash_equal(&charter->hash, &hello->charter_hash)) {
                continue;
            }
            stream_send(
                engine, stream,
                &(struct sync_message){.kind = SYNC_CHARTER,
                                       .charter = {.raw = charter->raw}});
        }
        if (!more) {
            return;
        }
    }
}

struct bytes engine_charter(const struct engine *engine)
{
    return engine->charter->raw;
}
