/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "federation/engine/engine_inside.h"
#include "protocol/base/alloc.h"

/* The nodes of the charters, by id and in order of arrival. */

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
    origin->uncut_tried = origin->beside = head_empty();
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
