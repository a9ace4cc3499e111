/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bench_clearing_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/projection/bodies.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/origin.h"
#include "tests/support/scratch.h"

#define T(text) bytes_of_text(text)

enum {
    ALLOTS_OF_PAIR = 3,
    ORDER_EVERY = 10,   /* obligations */
    COMMIT_EVERY = 200, /* obligations */
    FEN_MAX = 1000,
    VOUCHER = 1,
    RATE_BP = 10000,
};

static const uint64_t budget_fen = 100000000000000, limit_fen = 10000000000;

struct clearing_allot {
    uint8_t id[VOUCHER_ID_BYTES];
    struct said said;
    uint64_t spent_fen;
};

void clearing_must(hl_err err, const struct hl_detail *detail)
{
    if (err != HL_OK) {
        fprintf(stderr, "bench_clearing: %s: %s\n", hl_err_name(err),
                detail->text);
        exit(1);
    }
}

/* --- Numbers that look random (splitmix64). ------------------------------ */

static uint64_t mix(uint64_t value)
{
    value ^= value >> 30;
    value *= 0xbf58476d1ce4e5b9u;
    value ^= value >> 27;
    value *= 0x94d049bb133111ebu;
    return value ^ value >> 31;
}

static uint64_t draw(struct clearing_load *load, uint64_t below)
{
    load->random += 0x9e3779b97f4a7c15u;
    return mix(load->random) % below;
}

static void new_id(struct clearing_load *load, uint8_t id[VOUCHER_ID_BYTES])
{
    uint64_t number = ++load->ids;
    uint64_t halves[] = {mix(number), mix(~number)};
    memcpy(id, halves, VOUCHER_ID_BYTES);
}

/* --- The charter. -------------------------------------------------------- */

static struct signer make_signer(const char *name, size_t number)
{
    uint8_t seed[32] = {(uint8_t)number, (uint8_t)(number >> 8), 7};
    struct signer signer;
    struct hl_detail detail = {0};
    clearing_must(signer_ed25519(T(name), VKEY_ED25519, seed, &signer),
                  &detail);
    return signer;
}

struct signer clearing_load_signer(const struct clearing_load *load)
{
    return make_signer(order_origin(load->names[0]), 0);
}

static void add_member(struct charter *draft, const char *city, size_t number)
{
    struct charter_node *node = NULL;
    struct hl_detail detail = {0};
    struct signer signer = make_signer(order_origin(city), number);
    struct charter_journal_key key = {
        .succession = CHARTER_FIRST, .from = head_empty(), .vkey = signer.vkey};
    clearing_must(charter_add_node(draft, T(city), &node, &detail), &detail);
    memcpy(node->region, "410100", CHARTER_REGION_BYTES);
    snprintf(node->endpoints[0], CHARTER_ENDPOINT_BYTES, "%s.example.org:7443",
             city);
    node->endpoint_count = 1;
    node->roles[CHARTER_CLEARING].granted = true;
    clearing_must(charter_add_journal_key(node, &key, &detail), &detail);
    signer_fini(&signer);
}

static void make_charter(struct clearing_load *load)
{
    struct charter draft;
    struct writer text = {0}, raw = {0};
    struct hl_detail detail = {0};
    struct signer signer =
        make_signer(ORDER_ALLIANCE "coordinator/li", CLEARING_NODES_MAX);
    charter_init(&draft);
    snprintf(draft.alliance, sizeof(draft.alliance), "%.*s",
             (int)strlen(ORDER_ALLIANCE) - 1, ORDER_ALLIANCE);
    draft.threshold = 1;
    clearing_must(charter_add_coordinator(&draft, &signer.vkey, &detail),
                  &detail);
    for (size_t i = 0; i < load->nodes; i++) {
        add_member(&draft, load->names[i], i);
    }
    charter_write(&draft, &text);
    note_begin(writer_view(&text), &raw);
    clearing_must(note_sign(writer_view(&text), &signer, &raw), &detail);
    clearing_must(charter_parse(writer_view(&raw), &load->charter, &detail),
                  &detail);
    writer_fini(&raw);
    writer_fini(&text);
    charter_fini(&draft);
    signer_fini(&signer);
}

/* --- Vouchers and allotments. -------------------------------------------- */

static void issue(struct clearing_load *load, const char *node)
{
    struct scheme scheme = order_scheme_at(&load->of, "a", 1, RATE_BP);
    struct voucher_issue voucher = order_voucher(VOUCHER, budget_fen);
    scheme.budget_fen = budget_fen;
    order_do(&load->of, node, SCHEME_BODY_PUT, &scheme, NULL);
    order_do(&load->of, node, VOUCHER_BODY_ISSUE, &voucher, NULL);
}

static struct clearing_allot *allot_of(struct clearing_load *load,
                                       size_t issuer, size_t provider, size_t k)
{
    return &load->allots[(issuer * load->nodes + provider) * ALLOTS_OF_PAIR +
                         k];
}

static void allot(struct clearing_load *load, size_t issuer, size_t provider)
{
    const char *from = load->names[issuer], *to = load->names[provider];
    struct order_place like = order_place_of(from, 0, VOUCHER, to, limit_fen);
    for (size_t k = 0; k < ALLOTS_OF_PAIR; k++) {
        struct clearing_allot *made = allot_of(load, issuer, provider, k);
        new_id(load, made->id);
        struct order_allot allot = {
            .key = {T(from), bytes_of(made->id, VOUCHER_ID_BYTES)},
            .voucher = like.voucher,
            .provider = like.provider,
            .unit_scheme = like.unit_scheme,
            .unit_id = like.unit_id,
            .kind = like.kind,
            .limit_fen = limit_fen,
            .expires = T("2026-07-31"),
        };
        made->said = order_do(&load->of, from, ORDER_BODY_ALLOT, &allot, NULL);
    }
}

void clearing_load_open(struct clearing_load *load, size_t nodes)
{
    *load = (struct clearing_load){.nodes = nodes,
                                   .options = {.pay_max_fen = UINT64_MAX,
                                               .debtor_max_fen = UINT64_MAX,
                                               .answer_ms = 3600000,
                                               .pay_days = 1}};
    load->allots =
        hl_alloc(nodes * nodes * ALLOTS_OF_PAIR, sizeof(*load->allots));
    order_world_init(&load->of);
    load->of.unchecked = true;
    for (size_t i = 0; i < nodes; i++) {
        snprintf(load->names[i], sizeof(load->names[i]), "city%03u",
                 (unsigned)i % CLEARING_NODES_MAX);
        issue(load, load->names[i]);
    }
    make_charter(load);
    for (size_t i = 0; i < nodes; i++) {
        for (size_t k = 0; k < nodes; k++) {
            if (i != k) {
                allot(load, i, k);
            }
        }
        clearing_load_commit(load);
    }
}

/* --- Obligations. -------------------------------------------------------- */

void clearing_load_place(struct clearing_load *load, struct order_place *out,
                         uint8_t id[VOUCHER_ID_BYTES])
{
    new_id(load, id);
    *out = order_place_of(load->names[0], 0, VOUCHER, load->names[1],
                          1 + draw(load, FEN_MAX));
    out->key.id = bytes_of(id, VOUCHER_ID_BYTES);
}

static void order(struct clearing_load *load, size_t issuer, size_t provider,
                  uint64_t fen)
{
    const char *from = load->names[issuer], *to = load->names[provider];
    uint8_t id[VOUCHER_ID_BYTES];
    new_id(load, id);
    struct order_key key = {T(from), bytes_of(id, VOUCHER_ID_BYTES)};
    struct order_place place = order_place_of(from, 0, VOUCHER, to, fen);
    struct order_answer accept = {.key = key};
    struct order_deliver deliver = order_delivery(from, 0, fen);
    struct order_capture capture = {.key = key, .price_fen = fen};
    place.key = deliver.key = key;
    place.price_fen = fen;
    order_do(&load->of, from, ORDER_BODY_PLACE, &place, NULL);
    order_do(&load->of, to, ORDER_BODY_ACCEPT, &accept, NULL);
    struct said delivered =
        order_do(&load->of, to, ORDER_BODY_DELIVER, &deliver, NULL);
    order_do(&load->of, from, ORDER_BODY_CAPTURE, &capture, &delivered);
}

static void spend(struct clearing_load *load, size_t issuer, size_t provider,
                  uint64_t fen)
{
    struct clearing_allot *of =
        allot_of(load, issuer, provider, draw(load, ALLOTS_OF_PAIR));
    of->spent_fen += fen;
    struct order_spend spend = {
        .of = order_delivery(load->names[issuer], 0, fen),
        .amount_fen = fen,
        .spent_after_fen = of->spent_fen,
        .limit_fen = limit_fen,
        .expires = T("2026-07-31"),
    };
    spend.of.key.id = bytes_of(of->id, VOUCHER_ID_BYTES);
    struct said said = order_say(&load->of, load->names[provider],
                                 ORDER_BODY_SPEND, &spend, &of->said);
    HL_ASSERT(said.counts);
}

void clearing_load_add(struct clearing_load *load, uint64_t obligations)
{
    for (uint64_t i = 0; i < obligations; i++) {
        size_t issuer = draw(load, load->nodes);
        size_t provider =
            (issuer + 1 + draw(load, load->nodes - 1)) % load->nodes;
        uint64_t fen = 1 + draw(load, FEN_MAX);
        if (i % ORDER_EVERY == 0) {
            order(load, issuer, provider, fen);
        } else {
            spend(load, issuer, provider, fen);
        }
        if (i % COMMIT_EVERY == COMMIT_EVERY - 1) {
            clearing_load_commit(load);
        }
    }
    clearing_load_commit(load);
}

void clearing_load_say(struct clearing_load *load, size_t node,
                       const struct clearing_step *step)
{
    const struct proposal *entry = &step->entry;
    uint32_t body = entry_body_number(entry->body_type);
    union record_room record;
    struct said cause = {0};
    HL_ASSERT(step->did == CLEARING_ENTRY);
    record_decode(ledger_body_type(body), writer_view(&entry->body), &record);
    if (entry->has_cause) {
        cause.index = entry->cause.index;
        cause.leaf = entry->cause.leaf;
        snprintf(cause.node, sizeof(cause.node), "%.*s",
                 BYTES_ARGS(origin_node(entry->cause.origin)));
    }
    struct said said = order_say(&load->of, load->names[node], body, &record,
                                 entry->has_cause ? &cause : NULL);
    HL_ASSERT(said.counts);
}

/* --- The store. ---------------------------------------------------------- */

void clearing_load_commit(struct clearing_load *load)
{
    world_commit(&load->of.world);
    world_begin(&load->of.world);
}

void clearing_load_reopen(struct clearing_load *load)
{
    struct world *world = &load->of.world;
    struct store_options options = {
        .folder = world->folder,
        .map_bytes = 1ull << 40,
        .max_bytes = 64ull << 30,
        .reserve_bytes = 64ull << 20,
        .readers_max = 512,
    };
    struct hl_detail detail = {0};
    world_commit(world);
    store_close(&world->store);
    clearing_must(store_open(&options, &world->store, &detail), &detail);
}

void clearing_load_close(struct clearing_load *load)
{
    world_fini(&load->of.world);
    writer_fini(&load->of.rates);
    writer_fini(&load->of.room);
    charter_fini(&load->charter);
    hl_free(load->allots);
}

struct clearing_view clearing_load_view(struct clearing_load *load, size_t node,
                                        struct store_txn *txn)
{
    struct clearing_view view = {
        .txn = txn,
        .origin = T(order_origin(load->names[node])),
        .charter = &load->charter,
        .now = load->of.now,
    };
    struct journal journal;
    struct hl_detail detail = {0};
    bool found = false;
    clearing_must(journal_find(txn, view.origin, &journal, &found, &detail),
                  &detail);
    HL_ASSERT(found);
    view.number = journal.number;
    return view;
}
