/* SPDX-License-Identifier: Apache-2.0 */

/* Ledger.Balance and Ledger.Postings: what a journal's accounts have, and by
 * which entries; and what others owe its node, which stands in their halves. */

#include <string.h>

#include "node/ledger/posting.h"
#include "node/service/ledger_call.h"
#include "protocol/base/reader.h"
#include "protocol/entry/origin.h"

enum { PAGE = 100, PAGE_MAX = 1000, LOOKS_MAX = 20000 };

struct accounts {
    struct ledger_reading reading;
    struct bytes origin, node; /* whose */
    struct journal journal;
};

static hl_err begin(struct accounts *accounts, struct rpc_call *call,
                    struct services *services, const char *origin,
                    struct hl_detail *detail)
{
    accounts->reading =
        (struct ledger_reading){.call = call, .services = services};
    hl_err err = store_begin_read(services->options.store,
                                  &accounts->reading.txn, detail);
    if (err == HL_OK) {
        err =
            ledger_find_journal(&accounts->reading, origin, &accounts->journal,
                                &accounts->origin, detail);
    }
    if (err == HL_OK) {
        accounts->node = origin_node(accounts->origin);
    }
    return err;
}

/* The next other journal after that name; empty: there is none. */
static hl_err next_other(const struct accounts *accounts, struct bytes *origin,
                         struct journal *journal, struct hl_detail *detail)
{
    hl_err err = HL_OK;
    do {
        struct bytes after = *origin;
        err = journal_next_origin(accounts->reading.txn, after, origin, journal,
                                  detail);
    } while (err == HL_OK && origin->data != NULL &&
             bytes_equal(*origin, accounts->origin));
    if (err == HL_OK && origin->data == NULL) {
        *origin = (struct bytes){0};
    }
    return err;
}

/* --- Balances. ----------------------------------------------------------- */

struct balances {
    struct accounts of;
    Heluo__V1__LedgerBalanceResponse response;
    size_t balance_room, position_room;
};

static void add_balance(struct balances *balances,
                        const struct account *account)
{
    struct rpc_call *call = balances->of.reading.call;
    Heluo__V1__LedgerBalanceResponse *out = &balances->response;
    if (out->n_balances == balances->balance_room) {
        size_t room = balances->balance_room * 2 + 16;
        Heluo__V1__LedgerBalance **items =
            rpc_call_alloc(call, room * sizeof(items[0]));
        if (out->n_balances > 0) {
            memcpy(items, out->balances, out->n_balances * sizeof(items[0]));
        }
        out->balances = items;
        balances->balance_room = room;
    }
    Heluo__V1__LedgerBalance *balance = rpc_call_alloc(call, sizeof(*balance));
    heluo__v1__ledger_balance__init(balance);
    balance->account = (Heluo__V1__LedgerAccount)account->account;
    balance->partner = call_text(call, account->partner);
    balance->debit_fen = account->debit_fen;
    balance->credit_fen = account->credit_fen;
    out->balances[out->n_balances++] = balance;
}

static hl_err add_position(struct balances *balances, struct bytes origin,
                           const struct journal *journal,
                           struct hl_detail *detail)
{
    struct rpc_call *call = balances->of.reading.call;
    Heluo__V1__LedgerBalanceResponse *out = &balances->response;
    struct half half;
    hl_err err = projection_half(balances->of.reading.txn, journal->number,
                                 &half, detail);
    if (err != HL_OK) {
        return err;
    }
    if (out->n_as_of == balances->position_room) {
        size_t room = balances->position_room * 2 + 16;
        Heluo__V1__Position **items =
            rpc_call_alloc(call, room * sizeof(items[0]));
        if (out->n_as_of > 0) {
            memcpy(items, out->as_of, out->n_as_of * sizeof(items[0]));
        }
        out->as_of = items;
        balances->position_room = room;
    }
    Heluo__V1__Position *position = rpc_call_alloc(call, sizeof(*position));
    heluo__v1__position__init(position);
    position->origin = call_text(call, origin);
    position->size = half.size;
    out->as_of[out->n_as_of++] = position;
    return HL_OK;
}

static hl_err add_own(struct balances *balances, struct hl_detail *detail)
{
    struct accounts *of = &balances->of;
    struct writer after = {0};
    bool found = true;
    hl_err err = add_position(balances, of->origin, &of->journal, detail);
    while (err == HL_OK && found) {
        struct row row;
        struct bytes key;
        struct account account;
        err = projection_next(of->reading.txn, &account_record,
                              of->journal.number, writer_view(&after), &row,
                              &key, &found, detail);
        if (err == HL_OK && found) {
            record_decode(&account_record, row.record, &account);
            add_balance(balances, &account);
            writer_clear(&after);
            writer_bytes(&after, key);
        }
    }
    writer_fini(&after);
    return err;
}

/* What our own half has spent of that node's allotments. */
static hl_err add_spent(const struct accounts *of, struct account *account,
                        bool *found, struct hl_detail *detail)
{
    struct watermark spent = {.debtor = account->partner, .creditor = of->node};
    struct row row;
    bool spends = false;
    hl_err err =
        ledger_find_row(of->reading.txn, of->journal.number, &watermark_record,
                        &spent, &row, &spends, detail);
    if (err == HL_OK && spends) {
        account->credit_fen += spent.amount_fen;
        *found = true;
    }
    return err;
}

/* What that half says that it owes to us, and what we spent. */
static hl_err add_receivable(struct balances *balances, struct bytes origin,
                             const struct journal *journal,
                             struct hl_detail *detail)
{
    struct accounts *of = &balances->of;
    struct account account = {.account = ACCOUNT_PAYABLE, .partner = of->node};
    struct row row;
    bool found = false;
    hl_err err =
        ledger_find_row(of->reading.txn, journal->number, &account_record,
                        &account, &row, &found, detail);
    account.partner = origin_node(origin);
    if (err == HL_OK) {
        err = add_spent(of, &account, &found, detail);
    }
    if (err != HL_OK || !found) {
        return err;
    }
    struct account ours = {.account = ACCOUNT_RECEIVABLE,
                           .partner = origin_node(origin),
                           .debit_fen = account.credit_fen,
                           .credit_fen = account.debit_fen};
    struct account earned = {.account = ACCOUNT_EARNED,
                             .partner = ours.partner,
                             .debit_fen = account.debit_fen,
                             .credit_fen = account.credit_fen};
    add_balance(balances, &ours);
    add_balance(balances, &earned);
    return add_position(balances, origin, journal, detail);
}

static int compare_balances(const void *a, const void *b)
{
    const Heluo__V1__LedgerBalance *left =
        *(Heluo__V1__LedgerBalance *const *)a;
    const Heluo__V1__LedgerBalance *right =
        *(Heluo__V1__LedgerBalance *const *)b;
    return left->account != right->account
               ? (left->account > right->account) -
                     (left->account < right->account)
               : strcmp(left->partner, right->partner);
}

static hl_err add_all(struct balances *balances, struct hl_detail *detail)
{
    struct bytes origin = {0};
    struct journal journal;
    hl_err err = add_own(balances, detail);
    for (;;) {
        if (err == HL_OK) {
            err = next_other(&balances->of, &origin, &journal, detail);
        }
        if (err != HL_OK || origin.size == 0) {
            break;
        }
        err = add_receivable(balances, origin, &journal, detail);
    }
    if (balances->response.n_balances > 0) {
        qsort(balances->response.balances, balances->response.n_balances,
              sizeof(balances->response.balances[0]), compare_balances);
    }
    return err;
}

void ledger_balance(struct rpc_call *call, const ProtobufCMessage *message,
                    void *context)
{
    const Heluo__V1__LedgerBalanceRequest *request = (const void *)message;
    struct balances balances = {.response =
                                    HELUO__V1__LEDGER_BALANCE_RESPONSE__INIT};
    struct hl_detail detail = {0};
    hl_err err = begin(&balances.of, call, context, request->origin, &detail);
    if (err == HL_OK) {
        err = add_all(&balances, &detail);
    }
    store_abort(&balances.of.reading.txn);
    if (err == HL_OK) {
        rpc_answer(call, &balances.response.base);
    } else {
        rpc_fail(call, err, &detail);
    }
}

/* --- Postings. ----------------------------------------------------------- */

/* Where a page begins: in the journal itself, at `index`; then behind that
 * origin's obligation of that index. */
struct place {
    uint64_t index;
    bool others;
    char origin[HL_NAME_MAX_BYTES + 1];
};

struct postings {
    struct accounts of;
    struct place at;
    size_t max, looks;
    Heluo__V1__LedgerPostingsResponse response;
};

static void write_hex(struct bytes id, struct writer *out)
{
    for (size_t i = 0; i < id.size; i++) {
        writer_format(out, "%02x", id.data[i]);
    }
}

/* Scheme, voucher or order, as commands name them. */
static char *about(struct rpc_call *call, uint32_t body, const void *record)
{
    struct writer text = {0};
    const struct order_key *order = record;
    if (body == SCHEME_BODY_PUT) {
        writer_bytes(&text, ((const struct scheme *)record)->id);
    } else if (body == VOUCHER_BODY_ISSUE || body == VOUCHER_BODY_END) {
        write_hex(*(const struct bytes *)record, &text); /* begins both */
    } else {
        writer_format(&text, "%.*s/", BYTES_ARGS(order->begun_at));
        write_hex(order->id, &text);
    }
    char *kept = call_text(call, writer_view(&text));
    writer_fini(&text);
    return kept;
}

static Heluo__V1__LedgerPosting *new_posting(struct postings *postings)
{
    Heluo__V1__LedgerPosting *posting =
        rpc_call_alloc(postings->of.reading.call, sizeof(*posting));
    heluo__v1__ledger_posting__init(posting);
    postings->response.postings[postings->response.n_postings++] = posting;
    return posting;
}

/* What the budget of the scheme was before that version. */
static hl_err former_budget(const struct postings *postings, uint32_t body,
                            const union record_room *record, uint64_t *fen,
                            struct hl_detail *detail)
{
    const struct scheme *scheme = (const void *)record;
    struct row row;
    bool found = false;
    *fen = 0;
    if (body != SCHEME_BODY_PUT || scheme->version == 1) {
        return HL_OK;
    }
    struct scheme former = {.id = scheme->id, .version = scheme->version - 1};
    hl_err err =
        ledger_find_row(postings->of.reading.txn, postings->of.journal.number,
                        &scheme_record, &former, &row, &found, detail);
    *fen = found ? former.budget_fen : 0;
    return err;
}

static hl_err add_entry(struct postings *postings, uint64_t index,
                        struct bytes raw, struct hl_detail *detail)
{
    struct rpc_call *call = postings->of.reading.call;
    struct entry entry;
    struct canonical_unknown unknown;
    struct posting moved[POSTINGS_MAX];
    union record_room record;
    uint64_t budget_fen = 0;
    bool invalid = false;
    if (entry_decode(raw, &entry, &unknown, NULL) != HL_OK || unknown.present) {
        return HL_OK;
    }
    uint32_t body = entry_body_number(entry.body_type);
    const struct record_type *type = ledger_body_type(body);
    if (type == NULL) {
        return HL_OK;
    }
    hl_err err = projection_is_invalid(postings->of.reading.txn,
                                       postings->of.journal.number, index,
                                       &invalid, detail);
    if (err != HL_OK || invalid) {
        return err;
    }
    record_decode(type, entry.body, &record);
    err = former_budget(postings, body, &record, &budget_fen, detail);
    size_t count =
        err == HL_OK ? postings_of(body, &record, budget_fen, moved) : 0;
    if (err == HL_OK && body == ORDER_BODY_SPEND) {
        const struct order_spend *spend = (const void *)&record;
        moved[count++] = (struct posting){.from = ACCOUNT_RECEIVABLE,
                                          .to = ACCOUNT_EARNED,
                                          .partner = spend->of.issuer,
                                          .fen = spend->amount_fen};
    }
    for (size_t i = 0; i < count; i++) {
        Heluo__V1__LedgerPosting *posting = new_posting(postings);
        posting->origin = call_text(call, postings->of.origin);
        posting->index = index;
        posting->recorded_at_ms = (uint64_t)entry.recorded_at.ms;
        posting->body = body;
        posting->from = (Heluo__V1__LedgerAccount)moved[i].from;
        posting->to = (Heluo__V1__LedgerAccount)moved[i].to;
        posting->partner = call_text(call, moved[i].partner);
        posting->amount_fen = moved[i].fen;
        posting->about = about(call, body, &record);
    }
    return err;
}

static bool is_full(const struct postings *postings)
{
    return postings->response.n_postings + POSTINGS_MAX > postings->max ||
           postings->looks >= LOOKS_MAX;
}

static hl_err walk_own(struct postings *postings, struct hl_detail *detail)
{
    struct accounts *of = &postings->of;
    struct journal_walk *walk = NULL;
    struct half half;
    hl_err err =
        projection_half(of->reading.txn, of->journal.number, &half, detail);
    if (err == HL_OK && postings->at.index < half.size) {
        err = journal_walk_open(of->reading.txn, &of->journal,
                                postings->at.index, &walk, detail);
    }
    while (err == HL_OK && postings->at.index < half.size &&
           !is_full(postings)) {
        struct bytes raw;
        err = journal_walk_next(walk, &raw, detail);
        if (err == HL_OK) {
            err = add_entry(postings, postings->at.index, raw, detail);
        }
        postings->at.index++;
        postings->looks++;
    }
    if (err == HL_OK && postings->at.index >= half.size) {
        postings->at = (struct place){.others = true};
    }
    journal_walk_close(&walk);
    return err;
}

/* That half owes what it captured of an order that it placed, or gives back of
 * one that it served. */
static hl_err find_captured(const struct postings *postings,
                            const struct journal *journal,
                            const struct obligation *obligation, bool *captured,
                            struct hl_detail *detail)
{
    struct order order = {.of = {.key = obligation->of}};
    struct row row;
    bool found = false;
    hl_err err = ledger_find_row(postings->of.reading.txn, journal->number,
                                 &order_record, &order, &row, &found, detail);
    *captured = found && order_is_placed(&order);
    return err;
}

static void add_obligation(struct postings *postings, struct bytes origin,
                           const struct row *row,
                           const struct obligation *obligation, bool captured)
{
    struct rpc_call *call = postings->of.reading.call;
    Heluo__V1__LedgerPosting *posting = new_posting(postings);
    posting->origin = call_text(call, origin);
    posting->index = obligation->index;
    posting->recorded_at_ms = (uint64_t)row->recorded_at.ms;
    posting->body = captured ? ORDER_BODY_CAPTURE : ORDER_BODY_ADJUST;
    posting->from = (Heluo__V1__LedgerAccount)ACCOUNT_RECEIVABLE;
    posting->to = (Heluo__V1__LedgerAccount)ACCOUNT_EARNED;
    posting->partner = call_text(call, obligation->debtor);
    posting->amount_fen = obligation->amount_fen;
    posting->about = about(call, posting->body, &obligation->of);
}

/* That journal's obligations to us, behind the place; *done where there are no
 * more. */
static hl_err walk_other(struct postings *postings, struct bytes origin,
                         const struct journal *journal, bool *done,
                         struct hl_detail *detail)
{
    struct obligation from = {.debtor = origin_node(origin),
                              .creditor = postings->of.node,
                              .index = postings->at.index};
    struct writer key = {0};
    hl_err err = HL_OK;
    record_key(&obligation_record, &from, &key);
    *done = false;
    while (err == HL_OK && !*done && !is_full(postings)) {
        struct row row;
        struct bytes at;
        struct obligation obligation;
        bool found = false, captured = false;
        err = projection_next(postings->of.reading.txn, &obligation_record,
                              journal->number, writer_view(&key), &row, &at,
                              &found, detail);
        if (err == HL_OK && found) {
            record_decode(&obligation_record, row.record, &obligation);
            err = find_captured(postings, journal, &obligation, &captured,
                                detail);
        }
        *done = err == HL_OK &&
                (!found || !bytes_equal(obligation.creditor, from.creditor) ||
                 !bytes_equal(obligation.debtor, from.debtor));
        if (err == HL_OK && !*done) {
            writer_clear(&key);
            writer_bytes(&key, at);
            postings->at.index = obligation.index;
            postings->looks++;
            add_obligation(postings, origin, &row, &obligation, captured);
        }
    }
    writer_fini(&key);
    return err;
}

static void enter(struct postings *postings, struct bytes origin)
{
    postings->at.index = 0;
    memcpy(postings->at.origin, origin.data, origin.size);
    postings->at.origin[origin.size] = '\0';
}

static hl_err walk_others(struct postings *postings, struct hl_detail *detail)
{
    struct writer name = {0};
    struct journal journal;
    bool done = true, found = true;
    hl_err err = HL_OK;
    if (postings->at.origin[0] != '\0') {
        writer_text(&name, postings->at.origin);
        err = journal_find(postings->of.reading.txn, writer_view(&name),
                           &journal, &found, detail);
        if (err == HL_OK && found) {
            err = walk_other(postings, writer_view(&name), &journal, &done,
                             detail);
        }
    }
    while (err == HL_OK && done && !is_full(postings)) {
        struct bytes origin = writer_view(&name);
        err = next_other(&postings->of, &origin, &journal, detail);
        if (err != HL_OK || origin.size == 0) {
            break;
        }
        enter(postings, origin);
        writer_clear(&name);
        writer_text(&name, postings->at.origin);
        err = walk_other(postings, writer_view(&name), &journal, &done, detail);
    }
    writer_fini(&name);
    return err;
}

static hl_err read_place(const ProtobufCBinaryData *token, struct place *out,
                         struct hl_detail *detail)
{
    struct reader reader;
    if (token->len == 0) {
        return HL_OK;
    }
    reader_init(&reader, bytes_of_binary(token));
    out->others = reader_u8(&reader) != 0;
    out->index = reader_u64(&reader);
    struct bytes origin = reader_bytes(&reader, reader_left(&reader));
    if (reader_finish(&reader) != HL_OK || origin.size > HL_NAME_MAX_BYTES) {
        return hl_fail(detail, HL_EMALFORMED,
                       "page_token: not one that Postings gave");
    }
    if (origin.size > 0) {
        memcpy(out->origin, origin.data, origin.size);
    }
    return HL_OK;
}

static ProtobufCBinaryData write_place(struct rpc_call *call,
                                       const struct place *place)
{
    struct writer token = {0};
    writer_u8(&token, place->others ? 1 : 0);
    writer_u64(&token, place->index);
    writer_text(&token, place->origin);
    ProtobufCBinaryData kept = call_bytes(call, writer_view(&token));
    writer_fini(&token);
    return kept;
}

void ledger_postings(struct rpc_call *call, const ProtobufCMessage *message,
                     void *context)
{
    const Heluo__V1__LedgerPostingsRequest *request = (const void *)message;
    struct postings postings = {
        .response = HELUO__V1__LEDGER_POSTINGS_RESPONSE__INIT,
        .max = (request->page_size == 0 ? PAGE : request->page_size) +
               POSTINGS_MAX,
    };
    struct hl_detail detail = {0};
    hl_err err = read_place(&request->page_token, &postings.at, &detail);
    if (err == HL_OK && request->page_size > PAGE_MAX) {
        err = hl_fail(&detail, HL_ELIMIT, "page_size: at most %d", PAGE_MAX);
    }
    if (err == HL_OK) {
        err = begin(&postings.of, call, context, request->origin, &detail);
    }
    if (err == HL_OK) {
        postings.response.postings = rpc_call_alloc(
            call, postings.max * sizeof(postings.response.postings[0]));
    }
    if (err == HL_OK && !postings.at.others) {
        err = walk_own(&postings, &detail);
    }
    if (err == HL_OK && postings.at.others) {
        err = walk_others(&postings, &detail);
    }
    if (err == HL_OK && is_full(&postings)) {
        postings.response.next_page_token = write_place(call, &postings.at);
    }
    store_abort(&postings.of.reading.txn);
    if (err == HL_OK) {
        rpc_answer(call, &postings.response.base);
    } else {
        rpc_fail(call, err, &detail);
    }
}
