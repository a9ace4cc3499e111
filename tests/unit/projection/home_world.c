/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/projection/home_world.h"

#include <stdio.h>
#include <string.h>

#include "node/catalogue/instrument.h"
#include "protocol/tree/merkle.h"
#include "tests/support/support.h"

static const char *origin_of(const char *node, char out[64])
{
    snprintf(out, 64, ALLIANCE "%s", node);
    return out;
}

struct home_key home_key_of(const char *home, unsigned number, char inner[16])
{
    snprintf(inner, 16, "%u", number);
    return (struct home_key){
        .of = {.home = bytes_of_text(home),
               .unit_scheme = bytes_of_text("nrii"),
               .unit_id = bytes_of_text("0123456789abcdef0123456789abcdef"),
               .inner_id = bytes_of_text(inner)},
        .kind = 2,
    };
}

static struct place append(struct world *world, const char *node, uint32_t type,
                           const struct record_type *of, const void *record,
                           const struct place *cause)
{
    char origin[64], cited[64];
    struct writer body = {0}, raw = {0};
    struct place place = {.index = world_size(world, origin_of(node, origin))};
    snprintf(place.node, sizeof(place.node), "%s", node);
    record_encode(of, record, &body);
    struct entry entry = {
        .origin = bytes_of_text(origin),
        .index = place.index,
        .recorded_at = {(int64_t)place.index * 1000},
        .has_cause = cause != NULL,
        .body_type = type,
        .body = writer_view(&body),
    };
    if (cause != NULL) {
        entry.cause =
            (struct citation){bytes_of_text(origin_of(cause->node, cited)),
                              cause->index, cause->leaf};
    }
    assert_ok(entry_encode(&entry, &raw, NULL));
    world_append(world, origin, writer_view(&raw));
    place.leaf = merkle_leaf(writer_view(&raw));
    writer_fini(&raw);
    writer_fini(&body);
    return place;
}

struct place home_put(struct world *world, const char *node, const char *home,
                      unsigned number, const struct place *cause)
{
    char inner[16];
    struct home_key key = home_key_of(home, number, inner);
    return home_put_of(world, node, &key, cause);
}

struct place home_put_of(struct world *world, const char *node,
                         const struct home_key *key, const struct place *cause)
{
    struct instrument record = {.of = key->of, .name_zh = bytes_of_text(node)};
    return append(world, node, entry_body_type(INSTRUMENT_BODY_PUT, false),
                  &instrument_record, &record, cause);
}

struct place home_retire(struct world *world, const char *node,
                         const char *home, unsigned number)
{
    char inner[16];
    struct homed_retire record = {.of = home_key_of(home, number, inner).of};
    return append(world, node, entry_body_type(INSTRUMENT_BODY_RETIRE, false),
                  &instrument_retiring, &record, NULL);
}

struct place home_release(struct world *world, const char *node,
                          const char *home, unsigned number, const char *to)
{
    char inner[16];
    struct home_release record = {.key = home_key_of(home, number, inner),
                                  .to = bytes_of_text(to)};
    return append(world, node, entry_body_type(HOME_BODY_RELEASE, true),
                  &home_releasing, &record, NULL);
}

struct place home_refuse(struct world *world, const char *node,
                         const char *home, unsigned number,
                         const struct place *cause)
{
    char inner[16];
    struct home_refuse record = {.key = home_key_of(home, number, inner),
                                 .reason = bytes_of_text("no room")};
    return append(world, node, entry_body_type(HOME_BODY_REFUSE, true),
                  &home_refusing, &record, cause);
}

struct place home_resume(struct world *world, const char *node,
                         const char *home, unsigned number,
                         const struct place *cause)
{
    char inner[16];
    struct home_resume record = {.key = home_key_of(home, number, inner)};
    return append(world, node, entry_body_type(HOME_BODY_RESUME, true),
                  &home_resuming, &record, cause);
}

uint32_t home_number(struct world *world, const char *node)
{
    char origin[64];
    return world_number(world, origin_of(node, origin));
}

const char *home_owner(struct world *world, const char *home, unsigned number)
{
    static char text[128];
    char inner[16];
    struct record_home out;
    struct homed_retire record = {.of = home_key_of(home, number, inner).of};
    struct writer key = {0};
    record_key(&instrument_retiring, &record, &key);
    assert_ok(projection_home(world->txn, &instrument_record, writer_view(&key),
                              &out, NULL));
    writer_fini(&key);
    const char *node = strchr(out.owner, '/');
    snprintf(text, sizeof(text), "%s%s%s",
             !out.moved     ? "-"
             : node == NULL ? ""
                            : node + 1,
             out.moving_to[0] == '\0' ? "" : "->", out.moving_to);
    return text;
}

unsigned home_findings(struct world *world, const char *node, const char *kind)
{
    char origin[64];
    struct writer key = {0};
    unsigned count = 0;
    origin_of(node, origin);
    for (;;) {
        struct finding finding = {0};
        bool found = false;
        assert_ok(projection_next_finding(world->txn, writer_view(&key),
                                          &finding, &key, &found, NULL));
        if (!found) {
            break;
        }
        count += strcmp(finding.kind, kind) == 0 &&
                 bytes_equal_text(finding.origin, origin);
    }
    writer_fini(&key);
    return count;
}
