/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/writer/writer_world.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/scratch.h"
#include "tests/support/support.h"

static hl_err write_mark(void *context, const struct head *head,
                         struct hl_detail *detail)
{
    struct world *world = context;
    if (world->mark_fails) {
        return hl_fail(detail, HL_EFLUSH, "no disk");
    }
    world->mark.head = *head;
    return HL_OK;
}

static void make_key(struct world *world, uint8_t number)
{
    const uint8_t seed[32] = {number};
    assert_ok(signer_ed25519(bytes_of_text(WORLD_ORIGIN), VKEY_ED25519, seed,
                             &world->signer));
    world->mark =
        (struct mark){.key = world->signer.vkey, .head = head_empty()};
}

void world_init(struct world *world)
{
    *world = (struct world){.has_mark = true};
    scratch_make(world->folder, sizeof(world->folder));
    make_key(world, 7);
}

void world_new_key(struct world *world)
{
    signer_fini(&world->signer);
    make_key(world, 8);
}

void world_open(struct world *world)
{
    struct store_options options = {
        .folder = world->folder,
        .map_bytes = 1ull << 30,
        .max_bytes = 1ull << 30,
        .reserve_bytes = 8 << 20,
        .readers_max = 16,
        .volatile_disk = true,
    };
    struct hl_detail detail = {0};
    assert_ok(store_open(&options, &world->store, &detail));
    struct author_options author = {
        .store = world->store,
        .origin = WORLD_ORIGIN,
        .signers = &world->signer,
        .signer_count = 1,
        .key_from = world->key_from,
        .key_replaces = world->key_replaces,
        .refusals_per_second = world->refusals_per_second,
        .mark = world->has_mark ? &world->mark : NULL,
        .keeper = {.context = world, .write = write_mark},
    };
    assert_ok(author_create(&author, &world->author, &world->refusal,
                            &world->why, &detail));
}

void world_close(struct world *world)
{
    author_destroy(&world->author);
    store_close(&world->store);
}

void world_fini(struct world *world)
{
    world_close(world);
    signer_fini(&world->signer);
    scratch_remove(world->folder);
}

static hl_err run(struct write_command *command, struct write_context *context,
                  struct hl_detail *detail)
{
    struct put *put = (struct put *)command;
    if (put->refuse != HL_OK) {
        return hl_fail(detail, put->refuse, "refused");
    }
    context->body_type = entry_body_type(UNIT_BODY_PUT, false);
    record_encode(&unit_record, &put->unit, context->body);
    return HL_OK;
}

static const char *difference(const struct write_command *command,
                              const struct entry *former)
{
    const struct put *put = (const struct put *)command;
    struct unit unit;
    record_decode(&unit_record, former->body, &unit);
    return record_difference(&unit_record, &put->unit, &unit);
}

static void answer(struct write_command *command,
                   const struct write_answer *result)
{
    struct put *put = (struct put *)command;
    put->err = result->err;
    put->answer = *result;
    if (result->err != HL_OK) {
        put->said = *result->detail;
    }
    writer_clear(&put->checkpoint);
    writer_bytes(&put->checkpoint, result->checkpoint);
    atomic_fetch_add(&put->answers, 1);
}

static const struct write_type type = {
    .name = "put", .run = run, .difference = difference, .answer = answer};

void put_init(struct put *put, unsigned number, const char *name)
{
    *put = (struct put){.command = {.type = &type}};
    snprintf(put->id, sizeof(put->id), "%032x", number);
    snprintf(put->name, sizeof(put->name), "%s", name);
    put->unit = (struct unit){
        .scheme = bytes_of_text("nrii"),
        .id = bytes_of_text(put->id),
        .name_zh = bytes_of_text(put->name),
        .kind = 1,
        .division = bytes_of_text("410100"),
        .division_revision = 2023,
    };
    memcpy(put->command.id.id, &number, sizeof(number));
    put->command.id.caller = hash_bytes(bytes_of_text("caller"));
    struct writer body = {0};
    record_encode(&unit_record, &put->unit, &body);
    put->command.id.request = hash_bytes(writer_view(&body));
    writer_fini(&body);
}

void put_fini(struct put *put)
{
    writer_fini(&put->checkpoint);
}
