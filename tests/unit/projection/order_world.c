/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/projection/order_world.h"
#include "protocol/entry/origin.h"

#include <stdio.h>
#include <string.h>

#include "node/catalogue/rules.h"
#include "node/ledger/refusal.h"
#include "protocol/tree/merkle.h"
#include "tests/support/support.h"
#include "tests/unit/projection/books.h"

#define T(text) bytes_of_text(text)

void order_world_init(struct order_world *world)
{
    *world = (struct order_world){0};
    world_init(&world->world);
    world_begin(&world->world);
    order_world_at(world, "2026-07-01T04:00:00Z");
}

void order_world_fini(struct order_world *world)
{
    world_commit(&world->world);
    world_fini(&world->world);
    writer_fini(&world->rates);
    writer_fini(&world->room);
}

void order_world_at(struct order_world *world, const char *time)
{
    assert_ok(wall_parse(T(time), &world->now));
}

const char *order_origin(const char *node)
{
    static char texts[4][HL_NAME_MAX_BYTES + 1];
    static unsigned turn;
    char *text = texts[turn++ % 4];
    snprintf(text, sizeof(texts[0]), ORDER_ALLIANCE "%s", node);
    return text;
}

uint32_t order_number(struct order_world *world, const char *node)
{
    return world_number(&world->world, order_origin(node));
}

/* --- Requests. ------------------------------------------------------------ */

struct bytes order_id(uint8_t number)
{
    static uint8_t ids[256][VOUCHER_ID_BYTES];
    ids[number][VOUCHER_ID_BYTES - 1] = number;
    return bytes_of(ids[number], VOUCHER_ID_BYTES);
}

struct order_key order_key(const char *begun_at, uint8_t number)
{
    return (struct order_key){T(begun_at), order_id(number)};
}

struct scheme order_scheme_at(struct order_world *world, const char *id,
                              uint64_t version, uint64_t rate_bp)
{
    struct scheme_rate rate = {.level = T("市"), .rate_bp = rate_bp};
    writer_clear(&world->rates);
    record_list_add(scheme_rates, &rate, &world->rates);
    return (struct scheme){
        .id = T(id),
        .version = version,
        .name_zh = T("科技创新券"),
        .budget_fen = 1000000,
        .issue_unit_fen = 1,
        .use_days = 30,
        .claim_days = 60,
        .payee = 1,
        .rates = writer_view(&world->rates),
    };
}

struct scheme order_scheme(struct order_world *world, const char *id,
                           uint64_t version)
{
    return order_scheme_at(world, id, version, 5000);
}

struct voucher_issue order_voucher(uint8_t number, uint64_t amount_fen)
{
    return (struct voucher_issue){
        .id = order_id(number),
        .scheme = T("a"),
        .scheme_version = 1,
        .holder = order_id(number),
        .county = T("410105"),
        .amount_fen = amount_fen,
    };
}

struct order_place order_place_of(const char *issuer, uint8_t number,
                                  uint8_t voucher, const char *provider,
                                  uint64_t hold_fen)
{
    return (struct order_place){
        .key = order_key(issuer, number),
        .voucher = order_id(voucher),
        .provider = T(provider),
        .unit_scheme = T("nrii"),
        .unit_id = T("0123456789abcdef0123456789abcdef"),
        .kind = 1,
        .price_fen = 2 * hold_fen,
        .hold_fen = hold_fen,
        .until = T("2026-08-31"),
    };
}

struct order_request order_request_of(const char *provider, uint8_t number,
                                      uint8_t voucher, const char *issuer,
                                      uint64_t hold_fen)
{
    return (struct order_request){
        .of = order_place_of(provider, number, voucher, "", hold_fen),
        .issuer = T(issuer),
    };
}

struct order_deliver order_delivery(const char *issuer, uint8_t number,
                                    uint64_t price_fen)
{
    return (struct order_deliver){
        .key = order_key(issuer, number),
        .issuer = T(issuer),
        .price_fen = price_fen,
        .from_ms = 1000,
        .until_ms = 2000,
    };
}

/* --- Entries. ------------------------------------------------------------- */

struct said order_say(struct order_world *world, const char *node,
                      uint32_t body, const void *record,
                      const struct said *cause)
{
    struct writer bytes = {0}, raw = {0};
    const char *origin = order_origin(node);
    struct said said = {.index = world_size(&world->world, origin)};
    bool invalid = false;
    snprintf(said.node, sizeof(said.node), "%s", node);
    const struct body_type *type = bodies_find(&program_bodies, body);
    record_encode(type->type, record, &bytes);
    struct entry entry = {
        .origin = T(origin),
        .index = said.index,
        .recorded_at = world->now,
        .has_cause = cause != NULL,
        .body_type = entry_body_type(body, type->critical),
        .body = writer_view(&bytes),
    };
    if (cause != NULL) {
        entry.cause = (struct citation){T(order_origin(cause->node)),
                                        cause->index, cause->leaf};
    }
    assert_ok(entry_encode(&entry, &raw, NULL));
    world_append(&world->world, origin, writer_view(&raw));
    said.leaf = merkle_leaf(writer_view(&raw));
    writer_fini(&raw);
    writer_fini(&bytes);
    uint32_t number = order_number(world, node);
    assert_ok(projection_is_invalid(world->world.txn, number, said.index,
                                    &invalid, NULL));
    said.counts = !invalid;
    if (!world->unchecked) {
        books_check(world->world.txn, number, node);
    }
    return said;
}

static bool is_member(void *context, struct bytes origin)
{
    const struct order_world *world = context;
    return world->absent == NULL ||
           !bytes_equal_text(origin_node(origin), world->absent);
}

hl_err order_decide(struct order_world *world, const char *node, uint32_t body,
                    const void *record, const struct said *cause,
                    struct ledger_cause *cite, struct hl_detail *detail)
{
    struct ledger_writer writer = {
        .txn = world->world.txn,
        .number = order_number(world, node),
        .origin = T(order_origin(node)),
        .now = world->now,
        .member = is_member,
        .context = world,
        .limits = world->limits,
    };
    *cite = (struct ledger_cause){0};
    if (cause != NULL) {
        cite->has = true;
        cite->index = cause->index;
        cite->leaf = cause->leaf;
        snprintf(cite->origin, sizeof(cite->origin), "%s",
                 order_origin(cause->node));
    }
    writer_clear(&world->room);
    memcpy(&world->filled, record, ledger_body_type(body)->size);
    return ledger_decide(&writer, body, &world->filled, cite, &world->room,
                         detail);
}

static struct said cited(const struct ledger_cause *cite)
{
    struct said said = {.index = cite->index, .leaf = cite->leaf};
    snprintf(said.node, sizeof(said.node), "%s",
             cite->origin + strlen(ORDER_ALLIANCE));
    return said;
}

struct said order_do(struct order_world *world, const char *node, uint32_t body,
                     const void *record, const struct said *cause)
{
    struct ledger_cause cite;
    struct hl_detail detail = {0};
    hl_err err = order_decide(world, node, body, record, cause, &cite, &detail);
    if (err != HL_OK) {
        fail_msg("%s: %s", hl_err_name(err), detail.text);
    }
    const void *filled = &world->filled;
    if (record_validate(ledger_body_type(body), filled, &detail) != HL_OK) {
        fail_msg("%s", detail.text);
    }
    struct said answered = cite.has ? cited(&cite) : (struct said){0};
    struct said said =
        order_say(world, node, body, filled, cite.has ? &answered : NULL);
    assert_true(said.counts);
    return said;
}

static void expect_word(const char *text, const char *word)
{
    char begin[64];
    snprintf(begin, sizeof(begin), "%s: ", word);
    if (strncmp(text, begin, strlen(begin)) != 0) {
        fail_msg("not %s, but %s", word, text);
    }
}

void order_refused(struct order_world *world, const char *node, uint32_t body,
                   const void *record, const struct said *cause,
                   const char *word)
{
    struct ledger_cause cite;
    struct hl_detail detail = {0};
    hl_err err = order_decide(world, node, body, record, cause, &cite, &detail);
    if (!ledger_is_refusal(err)) {
        fail_msg("not %s, but %s %s", word, hl_err_name(err), detail.text);
    }
    expect_word(detail.text, word);
}

/* --- Rows and findings. --------------------------------------------------- */

bool order_find(struct order_world *world, const char *node,
                const struct record_type *type, void *record)
{
    struct row row;
    bool found = false;
    assert_ok(ledger_find_row(world->world.txn, order_number(world, node), type,
                              record, &row, &found, NULL));
    return found;
}

struct order order_of(struct order_world *world, const char *node,
                      const char *begun_at, uint8_t number)
{
    struct order order = {.of = {.key = order_key(begun_at, number)}};
    assert_true(order_find(world, node, &order_record, &order));
    return order;
}

struct voucher order_voucher_of(struct order_world *world, const char *node,
                                uint8_t number)
{
    struct voucher voucher = {.of = {.id = order_id(number)}};
    assert_true(order_find(world, node, &voucher_record, &voucher));
    return voucher;
}

int64_t order_balance(struct order_world *world, const char *node,
                      enum ledger_account code, const char *partner)
{
    struct account account = {.account = code, .partner = T(partner)};
    return order_find(world, node, &account_record, &account)
               ? account_balance_fen(&account)
               : 0;
}

uint64_t order_used(struct order_world *world, const char *node, uint64_t year,
                    uint64_t whose, uint8_t token)
{
    struct usage usage = {T("a"), year, whose, order_id(token), 0};
    order_find(world, node, &usage_record, &usage);
    return usage.used_fen;
}

/* The next one against the node; false past the last. */
static bool next_finding(struct order_world *world, const char *node,
                         struct writer *key, struct finding *out)
{
    bool found = true;
    do {
        assert_ok(projection_next_finding(world->world.txn, writer_view(key),
                                          out, key, &found, NULL));
    } while (found && !bytes_equal_text(out->origin, order_origin(node)));
    return found;
}

unsigned order_findings(struct order_world *world, const char *node,
                        const char *kind)
{
    struct writer key = {0};
    struct finding finding;
    unsigned count = 0;
    world_settle(&world->world);
    while (next_finding(world, node, &key, &finding)) {
        count += strcmp(finding.kind, kind) == 0;
    }
    writer_fini(&key);
    return count;
}

/* Why the entry does not fit what stands before it. */
static void why_of(struct order_world *world, const struct said *said,
                   struct finding *out, const char **why)
{
    static const char before[] = "does not fit what stands before it: ";
    struct writer key = {0};
    bool found = false;
    world_settle(&world->world);
    while (!found && next_finding(world, said->node, &key, out)) {
        found = strcmp(out->kind, "invalid_entry") == 0 &&
                out->index == said->index;
    }
    writer_fini(&key);
    assert_true(found);
    const char *at = strstr(out->text_en, before);
    *why = at == NULL ? out->text_en : at + sizeof(before) - 1;
}

void order_ignored(struct order_world *world, const char *node, uint32_t body,
                   const void *record, const struct said *cause,
                   const char *word)
{
    struct said said = order_say(world, node, body, record, cause);
    struct finding finding;
    const char *why = NULL;
    if (said.counts) {
        fail_msg("not %s, but it counts", word);
    }
    why_of(world, &said, &finding, &why);
    expect_word(why, word);
}
