/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/writer/ledger_scene.h"

#include <string.h>

#include "node/ledger/order_check.h"
#include "node/ledger/refusal.h"
#include "protocol/base/hash.h"
#include "protocol/note/checkpoint.h"
#include "protocol/tree/merkle.h"
#include "tests/support/support.h"

#define T(text) bytes_of_text(text)

void scene_init(struct scene *scene)
{
    const uint8_t seed[32] = {9};
    *scene = (struct scene){0};
    world_init(&scene->world);
    world_open(&scene->world);
    assert_ok(signer_ed25519(T(THEIR_ORIGIN), VKEY_ED25519, seed,
                             &scene->their_signer));
    scene_at(scene, "2026-07-01T04:00:00Z");
}

void scene_fini(struct scene *scene)
{
    signer_fini(&scene->their_signer);
    writer_fini(&scene->rates);
    world_fini(&scene->world);
}

void scene_at(struct scene *scene, const char *time)
{
    assert_ok(wall_parse(T(time), &scene->now));
}

void scene_restart(struct scene *scene)
{
    world_close(&scene->world);
    world_open(&scene->world);
    assert_ok(scene->world.refusal);
}

/* --- Transactions. -------------------------------------------------------- */

static bool seals(void *context, struct bytes origin)
{
    const struct scene *scene = context;
    return scene->sealing && bytes_equal_text(origin, THEIR_ORIGIN);
}

static bool member(void *context, struct bytes origin)
{
    const struct scene *scene = context;
    return !scene->strange || !bytes_equal_text(origin, THEIR_ORIGIN);
}

static bool ended(void *context, struct bytes origin, struct head *end)
{
    const struct scene *scene = context;
    *end = scene->end;
    return scene->ended && bytes_equal_text(origin, THEIR_ORIGIN);
}

static void tell_facts(struct scene *scene)
{
    struct reactor_facts facts = {.context = scene,
                                  .ended = ended,
                                  .endings = scene->endings,
                                  .seals = seals,
                                  .member = member,
                                  .time_is_unsure = scene->unsure};
    author_know(scene->world.author, &facts);
}

void scene_begin(struct scene *scene)
{
    tell_facts(scene);
    assert_ok(author_begin(scene->world.author, scene->now, NULL));
}

size_t scene_react(struct scene *scene)
{
    size_t before = author_pending(scene->world.author);
    tell_facts(scene);
    assert_ok(author_react(scene->world.author, NULL));
    return author_pending(scene->world.author) - before;
}

void scene_commit(struct scene *scene)
{
    assert_ok(author_commit(scene->world.author, NULL));
}

void scene_abort(struct scene *scene)
{
    author_abort(scene->world.author);
}

size_t scene_idle(struct scene *scene)
{
    scene_begin(scene);
    size_t made = scene_react(scene);
    if (made == 0) {
        author_dismiss(scene->world.author);
    } else {
        scene_commit(scene);
    }
    return made;
}

bool scene_wants(struct scene *scene)
{
    tell_facts(scene);
    return author_wants_reaction(scene->world.author, scene->now);
}

/* --- Commands. ------------------------------------------------------------ */

static void cite(struct write_context *context,
                 const struct ledger_cause *cause)
{
    context->has_cause = cause->has;
    context->cause_index = cause->index;
    context->cause_leaf = cause->leaf;
    memcpy(context->cause_origin, cause->origin, sizeof(cause->origin));
}

static hl_err run(struct write_command *command, struct write_context *context,
                  struct hl_detail *detail)
{
    const struct ask *ask = (const struct ask *)command;
    const struct record_type *type = ledger_body_type(ask->body);
    struct ledger_cause cause = {0};
    struct writer room = {0};
    union record_room record = ask->record;
    struct ledger_writer writer = {
        .txn = context->txn,
        .number = context->number,
        .origin = T(WORLD_ORIGIN),
        .now = context->now,
        .seals = context->facts->seals,
        .context = context->facts->context,
        .limits = ask->scene->limits,
    };
    context->body_type =
        entry_body_type(ask->body, ask->body != ORDER_BODY_REVIEW);
    hl_err err =
        ledger_decide(&writer, ask->body, &record, &cause, &room, detail);
    if (err == HL_OK) {
        err = record_validate(type, &record, detail);
    }
    if (err == HL_OK) {
        record_encode(type, &record, context->body);
        cite(context, &cause);
    }
    writer_fini(&room);
    return err;
}

static const char *difference(const struct write_command *command,
                              const struct entry *former)
{
    const struct ask *ask = (const struct ask *)command;
    const struct record_type *type = ledger_body_type(ask->body);
    union record_room record;
    record_decode(type, former->body, &record);
    return record_difference(type, &ask->record, &record);
}

static const struct write_type asking = {
    .name = "ask", .remembers = true, .run = run, .difference = difference};

struct ask scene_ask(struct scene *scene, uint32_t body, const void *record)
{
    struct ask ask = {
        .command = {.type = &asking}, .scene = scene, .body = body};
    struct writer bytes = {0};
    uint64_t number = ++scene->commands;
    const struct record_type *type = ledger_body_type(body);
    memcpy(&ask.record, record, type->size);
    memcpy(ask.command.id.id, &number, sizeof(number));
    ask.command.id.caller = hash_bytes(T("caller"));
    record_encode(type, record, &bytes);
    ask.command.id.request = hash_bytes(writer_view(&bytes));
    writer_fini(&bytes);
    return ask;
}

hl_err scene_run(struct scene *scene, struct ask *ask)
{
    assert_ok(author_run(scene->world.author, &ask->command, NULL));
    return ask->command.result.err;
}

size_t scene_do(struct scene *scene, uint32_t body, const void *record)
{
    struct ask ask = scene_ask(scene, body, record);
    scene_begin(scene);
    if (scene_run(scene, &ask) != HL_OK) {
        fail_msg("%s", ask.command.detail.text);
    }
    size_t made = scene_react(scene);
    scene_commit(scene);
    return made;
}

/* --- Our journal. --------------------------------------------------------- */

uint64_t scene_size(struct scene *scene)
{
    return author_head(scene->world.author).size;
}

static struct store_txn *begin_read(struct scene *scene,
                                    struct journal *journal)
{
    struct store_txn *txn = NULL;
    bool found = false;
    assert_ok(store_begin_read(scene->world.store, &txn, NULL));
    assert_ok(journal_find(txn, T(WORLD_ORIGIN), journal, &found, NULL));
    assert_true(found);
    return txn;
}

struct entry scene_entry(struct scene *scene, uint64_t index,
                         struct writer *raw)
{
    struct journal journal;
    struct entry entry;
    struct canonical_unknown unknown;
    struct bytes bytes;
    struct store_txn *txn = begin_read(scene, &journal);
    assert_ok(journal_entry(txn, &journal, index, &bytes, NULL));
    writer_clear(raw);
    writer_bytes(raw, bytes);
    store_abort(&txn);
    assert_ok(entry_decode(writer_view(raw), &entry, &unknown, NULL));
    return entry;
}

void scene_newest_is(struct scene *scene, uint32_t body, int64_t cause)
{
    struct writer raw = {0};
    struct entry entry = scene_entry(scene, scene_size(scene) - 1, &raw);
    assert_int_equal(entry_body_number(entry.body_type), body);
    assert_int_equal(entry.has_cause, cause >= 0);
    assert_true(cause < 0 ||
                bytes_equal_text(entry.cause.origin, THEIR_ORIGIN));
    assert_true(cause < 0 || entry.cause.index == (uint64_t)cause);
    writer_fini(&raw);
}

uint64_t scene_findings(struct scene *scene)
{
    uint64_t count = 0;
    struct journal journal;
    struct store_txn *txn = begin_read(scene, &journal);
    assert_ok(projection_count_findings(txn, T(WORLD_ORIGIN), &count, NULL));
    store_abort(&txn);
    return count;
}

bool scene_find(struct scene *scene, const struct record_type *type,
                void *record)
{
    static struct writer room; /* what it borrows */
    struct row row;
    bool found = false;
    struct journal journal;
    struct store_txn *txn = begin_read(scene, &journal);
    assert_ok(
        ledger_find_row(txn, journal.number, type, record, &row, &found, NULL));
    writer_clear(&room);
    writer_bytes(&room, row.record);
    store_abort(&txn);
    if (found) {
        record_decode(type, writer_view(&room), record);
    } else {
        writer_fini(&room);
    }
    return found;
}

/* --- Theirs. -------------------------------------------------------------- */

static struct journal theirs(struct scene *scene)
{
    struct journal journal;
    assert_ok(journal_find_or_create(author_txn(scene->world.author),
                                     T(THEIR_ORIGIN), &journal, NULL));
    return journal;
}

struct head scene_theirs(struct scene *scene)
{
    struct journal journal = theirs(scene);
    return journal_head(&journal);
}

struct citation scene_hear(struct scene *scene, uint32_t body,
                           const void *record, const struct citation *cause)
{
    struct journal journal = theirs(scene);
    struct writer bytes = {0}, raw = {0};
    record_encode(ledger_body_type(body), record, &bytes);
    struct entry entry = {
        .origin = T(THEIR_ORIGIN),
        .index = journal.frontier.size,
        .recorded_at = scene->now,
        .has_cause = cause != NULL,
        .body_type = entry_body_type(body, true),
        .body = writer_view(&bytes),
    };
    if (cause != NULL) {
        entry.cause = *cause;
    }
    assert_ok(entry_encode(&entry, &raw, NULL));
    struct bytes view = writer_view(&raw);
    struct journal_run one = {&view, 1, scene->now};
    struct projection_origin origin = {.number = journal.number,
                                       .name = T(THEIR_ORIGIN)};
    struct store_txn *txn = author_txn(scene->world.author);
    assert_ok(journal_append(txn, &journal, &one, NULL));
    assert_ok(projection_apply(author_projection(scene->world.author), txn,
                               &origin, entry.index, view, NULL));
    struct citation said = {T(THEIR_ORIGIN), entry.index, merkle_leaf(view)};
    writer_fini(&raw);
    writer_fini(&bytes);
    return said;
}

void scene_hear_seal(struct scene *scene, uint64_t size)
{
    struct journal journal = theirs(scene);
    struct store_txn *txn = author_txn(scene->world.author);
    struct journal_hashes hashes = {.txn = txn, .journal = journal};
    struct hash_source source = journal_hash_source(&hashes);
    struct checkpoint checkpoint = {.origin = THEIR_ORIGIN,
                                    .head = {.size = size}};
    struct writer note = {0};
    assert_ok(prove_root(&source, size, &checkpoint.head.root));
    assert_ok(checkpoint_sign(&checkpoint, &scene->their_signer, 1, &note));
    assert_ok(journal_put_checkpoint(txn, &journal, JOURNAL_SEALED,
                                     writer_view(&note), NULL));
    writer_fini(&note);
}

/* --- What stories are made of. -------------------------------------------- */

struct bytes scene_id(uint8_t number)
{
    static uint8_t ids[256][VOUCHER_ID_BYTES];
    ids[number][0] = number;
    return bytes_of(ids[number], VOUCHER_ID_BYTES);
}

struct order_key scene_key(uint8_t number)
{
    return (struct order_key){T(OURS), scene_id(number)};
}

struct scheme scene_scheme(struct scene *scene, uint64_t confirm_days)
{
    struct scheme_rate rate = {.level = T("市"), .rate_bp = 5000};
    writer_clear(&scene->rates);
    record_list_add(scheme_rates, &rate, &scene->rates);
    return (struct scheme){
        .id = T("a"),
        .version = 1,
        .name_zh = T("科技创新券"),
        .budget_fen = 1000000,
        .issue_unit_fen = 1,
        .use_days = 30,
        .claim_days = 60,
        .payee = 1,
        .confirm_days = confirm_days,
        .hold_checks = order_check_bit(ORDER_CHECK_VALIDITY),
        .rates = writer_view(&scene->rates),
    };
}

struct voucher_issue scene_voucher(uint8_t number, uint64_t amount_fen)
{
    return (struct voucher_issue){.id = scene_id(number),
                                  .scheme = T("a"),
                                  .holder = scene_id(number),
                                  .amount_fen = amount_fen};
}

struct order_place scene_place(uint8_t number, const char *provider)
{
    return (struct order_place){
        .key = scene_key(number),
        .voucher = scene_id(1),
        .provider = T(provider),
        .unit_scheme = T("nrii"),
        .unit_id = T("0123456789abcdef0123456789abcdef"),
        .kind = 1,
        .price_fen = 2000,
        .until = T("2026-07-10"),
    };
}

void scene_issue(struct scene *scene, uint64_t confirm_days)
{
    struct scheme scheme = scene_scheme(scene, confirm_days);
    struct voucher_issue issue = scene_voucher(1, 10000);
    assert_int_equal(scene_do(scene, SCHEME_BODY_PUT, &scheme), 0);
    assert_int_equal(scene_do(scene, VOUCHER_BODY_ISSUE, &issue), 0);
}

struct citation scene_order(struct scene *scene, uint8_t number)
{
    struct order_place place = scene_place(number, THEIRS);
    struct writer raw = {0};
    assert_int_equal(scene_do(scene, ORDER_BODY_PLACE, &place), 0);
    uint64_t index = scene_size(scene) - 1;
    scene_entry(scene, index, &raw);
    struct citation order = {T(WORLD_ORIGIN), index,
                             merkle_leaf(writer_view(&raw))};
    writer_fini(&raw);
    return order;
}

void scene_hear_delivery(struct scene *scene, uint8_t number,
                         const struct citation *order)
{
    struct order_answer accept = {.key = scene_key(number), .issuer = T(OURS)};
    struct order_deliver delivery = scene_delivery(scene, number);
    delivery.issuer = T(OURS);
    scene_hear(scene, ORDER_BODY_ACCEPT, &accept, order);
    scene_hear(scene, ORDER_BODY_DELIVER, &delivery, order);
}

struct order_deliver scene_delivery(const struct scene *scene, uint8_t number)
{
    return (struct order_deliver){.key = scene_key(number),
                                  .price_fen = 2000,
                                  .from_ms = (uint64_t)scene->now.ms,
                                  .until_ms = (uint64_t)scene->now.ms};
}

struct order scene_order_of(struct scene *scene, uint8_t number)
{
    struct order order = {.of = {.key = scene_key(number)}};
    assert_true(scene_find(scene, &order_record, &order));
    return order;
}
