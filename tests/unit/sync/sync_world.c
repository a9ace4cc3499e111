/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/sync/sync_world.h"

#include <stdio.h>

#include "protocol/note/checkpoint.h"

static struct sync_target target_of(struct world *world)
{
    return (struct sync_target){
        .txn = world->txn,
        .projection = world->projection,
        .own = bytes_of_text(world->own == NULL ? "" : world->own),
    };
}

hl_err sync_apply(struct world *world, const struct engine_action *action,
                  uint64_t steps_max, struct sync_progress *progress)
{
    struct sync_op *op = sync_op_of(action);
    world_begin(world);
    struct sync_target target = target_of(world);
    struct hl_detail detail = {0};
    hl_err err = sync_op_apply(op, &target, steps_max, progress, &detail);
    if (err == HL_OK) {
        world_commit(world);
    } else {
        projection_reset(world->projection);
        store_abort(&world->txn);
    }
    sync_op_destroy(&op);
    return err;
}

void sync_bring_on(struct world *world, const char *origin, uint64_t steps_max)
{
    struct sync_progress progress = {0};
    while (!progress.done) {
        world_begin(world);
        struct sync_target target = target_of(world);
        assert_ok(sync_store_bring_on(&target, bytes_of_text(origin), steps_max,
                                      &progress, NULL));
        world_commit(world);
    }
}

void sync_apply_whole(struct world *world, const struct engine_action *action,
                      uint64_t steps_max)
{
    struct sync_progress progress = {0};
    while (!progress.done) {
        assert_ok(sync_apply(world, action, steps_max, &progress));
    }
    if (progress.behind) {
        char origin[64];
        snprintf(origin, sizeof(origin), "%.*s", BYTES_ARGS(action->origin));
        sync_bring_on(world, origin, steps_max);
    }
}

struct journal sync_journal(struct world *world, const char *origin)
{
    struct store_txn *txn = NULL;
    struct journal journal;
    bool found = false;
    assert_ok(store_begin_read(world->store, &txn, NULL));
    assert_ok(journal_find(txn, bytes_of_text(origin), &journal, &found, NULL));
    store_abort(&txn);
    if (!found) {
        journal = (struct journal){0};
    }
    return journal;
}

static struct store_txn *read_hashes(struct world *world, const char *origin,
                                     struct journal_hashes *hashes)
{
    struct store_txn *txn = NULL;
    *hashes = (struct journal_hashes){.journal = sync_journal(world, origin)};
    assert_ok(store_begin_read(world->store, &txn, NULL));
    hashes->txn = txn;
    return txn;
}

struct writer sync_note(struct world *world, const char *origin, uint64_t size)
{
    struct journal_hashes hashes;
    struct store_txn *txn = read_hashes(world, origin, &hashes);
    struct hash_source source = journal_hash_source(&hashes);
    struct checkpoint checkpoint = {.head = {.size = size}};
    snprintf(checkpoint.origin, sizeof(checkpoint.origin), "%s", origin);
    assert_ok(prove_root(&source, size, &checkpoint.head.root));
    store_abort(&txn);
    struct writer note = {0};
    checkpoint_write(&checkpoint, &note);
    /* Nobody verifies signatures here; the form is enough. */
    writer_format(&note, "\n\xe2\x80\x94 %s AAAAAAAA\n", origin);
    return note;
}

void sync_send(struct world *source, const char *origin, uint64_t from,
               uint64_t head, uint64_t bytes_max, struct sent *out)
{
    *out = (struct sent){.note = sync_note(source, origin, head)};
    struct engine_action send = {
        .kind = ENGINE_SEND_SEGMENT,
        .origin = bytes_of_text(origin),
        .note = writer_view(&out->note),
        .from = from,
        .size = head,
        .bytes_max = bytes_max,
        .with_start = true,
    };
    struct journal_hashes hashes;
    struct store_txn *txn = read_hashes(source, origin, &hashes);
    assert_ok(sync_store_segment(txn, &send, &out->buffer, &out->segment,
                                 &out->next, NULL));
    struct hash_source hash_source = journal_hash_source(&hashes);
    assert_ok(prove_frontier(&hash_source, out->next, &out->after));
    store_abort(&txn);
    out->action = (struct engine_action){
        .kind = ENGINE_STORE_SEGMENT,
        .ticket = from,
        .origin = bytes_of_text(origin),
        .segment = &out->segment,
        .frontier = &out->after,
        .note_kind = ENGINE_NOTE_NEWEST,
        .note = writer_view(&out->note),
        .end_proof = &out->segment.end_proof,
    };
}

void sent_fini(struct sent *sent)
{
    writer_fini(&sent->note);
    writer_fini(&sent->buffer);
}

void sync_copy(struct world *source, struct world *target, const char *origin,
               uint64_t head, uint64_t bytes_max)
{
    uint64_t at = sync_journal(target, origin).frontier.size;
    while (at < head) {
        struct sent sent;
        struct sync_progress progress = {0};
        sync_send(source, origin, at, head, bytes_max, &sent);
        assert_true(sent.next > at);
        assert_ok(sync_apply(target, &sent.action, UINT64_MAX, &progress));
        assert_true(progress.done);
        at = sent.next;
        sent_fini(&sent);
    }
}

struct writer sync_dump(struct world *world)
{
    world_begin(world);
    struct writer out = world_dump(world);
    store_abort(&world->txn);
    return out;
}

void sync_assert_same(struct world *a, struct world *b)
{
    struct writer left = sync_dump(a);
    struct writer right = sync_dump(b);
    assert_true(left.size > 0);
    writer_u8(&left, 0);
    writer_u8(&right, 0);
    assert_string_equal((const char *)left.data, (const char *)right.data);
    writer_fini(&left);
    writer_fini(&right);
}

void sync_verify(struct world *world, const char *origin, uint64_t size)
{
    struct journal journal = sync_journal(world, origin);
    struct store_txn *txn = NULL;
    uint64_t entries = 0;
    assert_ok(store_begin_read(world->store, &txn, NULL));
    assert_ok(journal_verify(txn, &journal, &entries, NULL));
    store_abort(&txn);
    assert_int_equal(entries, size);
}
