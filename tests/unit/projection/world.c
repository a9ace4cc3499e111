/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/projection/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/catalogue/unit.h"
#include "protocol/base/hl_assert.h"
#include "tests/support/scratch.h"

static void must(hl_err err, const struct hl_detail *detail)
{
    if (err != HL_OK) {
        fprintf(stderr, "%s: %s\n", hl_err_name(err), detail->text);
        abort();
    }
}

void world_init(struct world *world)
{
    world_init_narrow(world, 64ull << 20);
}

void world_init_narrow(struct world *world, uint64_t reserve_bytes)
{
    *world = (struct world){0};
    scratch_make(world->folder, sizeof(world->folder));
    struct store_options options = {
        .folder = world->folder,
        .map_bytes = (uint64_t)8 << 30,
        .max_bytes = (uint64_t)8 << 30,
        .readers_max = 4,
        .reserve_bytes = reserve_bytes,
        .volatile_disk = true,
    };
    struct hl_detail detail = {0};
    must(store_open(&options, &world->store, &detail), &detail);
    world->projection = projection_create();
}

void world_fini(struct world *world)
{
    projection_destroy(&world->projection);
    store_abort(&world->txn);
    store_close(&world->store);
    scratch_remove(world->folder);
}

void world_know(struct world *world, const struct body_table *bodies)
{
    projection_destroy(&world->projection);
    world->projection = projection_create_with(bodies, GENERATION_LIVING);
}

void world_begin(struct world *world)
{
    struct hl_detail detail = {0};
    must(store_begin_write(world->store, &world->txn, &detail), &detail);
}

void world_settle(struct world *world)
{
    struct hl_detail detail = {0};
    must(projection_settle(world->projection, world->txn, &detail), &detail);
}

void world_commit(struct world *world)
{
    struct hl_detail detail = {0};
    world_settle(world);
    must(store_commit(&world->txn, &detail), &detail);
}

static struct journal journal_of(struct world *world, const char *origin)
{
    struct hl_detail detail = {0};
    struct journal journal;
    must(journal_find_or_create(world->txn, bytes_of_text(origin), &journal,
                                &detail),
         &detail);
    return journal;
}

static uint64_t append(struct world *world, struct journal *journal,
                       struct bytes raw)
{
    struct hl_detail detail = {0};
    uint64_t index = journal->frontier.size;
    struct journal_run run = {&raw, 1, {(int64_t)index * 1000}};
    must(journal_append(world->txn, journal, &run, &detail), &detail);
    return index;
}

void world_append_unapplied(struct world *world, const char *origin,
                            struct bytes raw)
{
    struct journal journal = journal_of(world, origin);
    append(world, &journal, raw);
}

void world_append(struct world *world, const char *origin, struct bytes raw)
{
    struct hl_detail detail = {0};
    struct journal journal = journal_of(world, origin);
    uint64_t index = append(world, &journal, raw);
    struct projection_origin by = {
        .number = journal.number,
        .name = bytes_of_text(origin),
        .own = world->own != NULL && strcmp(world->own, origin) == 0,
    };
    must(projection_apply(world->projection, world->txn, &by, index, raw,
                          &detail),
         &detail);
}

void world_append_body(struct world *world, const char *origin,
                       uint32_t body_type, struct bytes body)
{
    uint64_t index = world_size(world, origin);
    struct entry entry = {
        .origin = bytes_of_text(origin),
        .index = index,
        .recorded_at = {(int64_t)index * 1000},
        .body_type = body_type,
        .body = body,
    };
    struct hl_detail detail = {0};
    struct writer raw = {0};
    must(entry_encode(&entry, &raw, &detail), &detail);
    world_append(world, origin, writer_view(&raw));
    writer_fini(&raw);
}

void world_unit_id(unsigned unit, char id[33])
{
    snprintf(id, 33, "%032x", unit * 2654435761u);
}

void world_put_unit(struct world *world, const char *origin, unsigned number,
                    const char *name)
{
    char id[33];
    world_unit_id(number, id);
    struct unit unit = {
        .scheme = bytes_of_text("nrii"),
        .id = bytes_of_text(id),
        .name_zh = bytes_of_text(name),
        .kind = 1,
        .division = bytes_of_text("410105"),
        .division_revision = 2023,
    };
    struct writer body = {0};
    record_encode(&unit_record, &unit, &body);
    world_append_body(world, origin, entry_body_type(UNIT_BODY_PUT, false),
                      writer_view(&body));
    writer_fini(&body);
}

void world_retire_unit(struct world *world, const char *origin, unsigned number)
{
    char id[33];
    world_unit_id(number, id);
    struct unit_retire retire = {
        .scheme = bytes_of_text("nrii"),
        .id = bytes_of_text(id),
        .reason = bytes_of_text("merged"),
    };
    struct writer body = {0};
    record_encode(&unit_retiring, &retire, &body);
    world_append_body(world, origin, entry_body_type(UNIT_BODY_RETIRE, false),
                      writer_view(&body));
    writer_fini(&body);
}

struct writer world_unit_key(unsigned number)
{
    char id[33];
    world_unit_id(number, id);
    struct unit unit = {.scheme = bytes_of_text("nrii"),
                        .id = bytes_of_text(id)};
    struct writer key = {0};
    record_key(&unit_record, &unit, &key);
    return key;
}

uint64_t world_size(struct world *world, const char *origin)
{
    return journal_of(world, origin).frontier.size;
}

uint32_t world_number(struct world *world, const char *origin)
{
    return journal_of(world, origin).number;
}

struct half world_half(struct world *world, const char *origin)
{
    struct hl_detail detail = {0};
    struct half half;
    must(projection_half(world->txn, world_number(world, origin), &half,
                         &detail),
         &detail);
    return half;
}

bool world_row(struct world *world, const char *origin, unsigned unit,
               struct row *row)
{
    struct hl_detail detail = {0};
    struct writer key = world_unit_key(unit);
    bool found = false;
    must(projection_get(world->txn, &unit_record, world_number(world, origin),
                        writer_view(&key), row, &found, &detail),
         &detail);
    writer_fini(&key);
    return found;
}

uint64_t world_findings(struct world *world, const char *origin)
{
    struct hl_detail detail = {0};
    uint64_t count = 0;
    must(projection_count_findings(world->txn, bytes_of_text(origin), &count,
                                   &detail),
         &detail);
    return count;
}

static void add_line(void *context, struct bytes line)
{
    writer_bytes(context, line);
    writer_u8(context, '\n');
}

struct writer world_dump(struct world *world)
{
    struct hl_detail detail = {0};
    struct writer out = {0};
    must(projection_dump(world->txn, add_line, &out, &detail), &detail);
    return out;
}
