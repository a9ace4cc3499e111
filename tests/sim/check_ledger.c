/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "node/ledger/account.h"
#include "node/ledger/cross.h"
#include "tests/sim/check_ledger_inside.h"

/* Money at rest: every node's rows against the books of what it holds. */

/* --- Rows. --------------------------------------------------------------- */

static struct bytes hash_view(const struct hl_hash *hash)
{
    return bytes_of(hash->bytes, HL_HASH_BYTES);
}

static bool find_voucher(const struct book *book, const void *key, void *out)
{
    static char use[BOOK_DAY_BYTES], claim[BOOK_DAY_BYTES];
    const struct book_voucher *found =
        book_voucher(book, ((const struct voucher *)key)->of.id);
    if (found == NULL) {
        return false;
    }
    book_day_text(found->use_until, use);
    book_day_text(found->claim_until, claim);
    *(struct voucher *)out = (struct voucher){
        .of = found->of,
        .held_fen = found->held_fen,
        .spent_fen = found->spent_fen,
        .returned_fen = found->returned_fen,
        .ended = found->ended,
        .use_until = bytes_of_text(use),
        .claim_until = bytes_of_text(claim),
        .issued_at_ms = (uint64_t)found->issued_at_ms,
    };
    return true;
}

static bool find_due(const struct book *book, const void *key, void *out)
{
    static char use[BOOK_DAY_BYTES];
    const struct book_voucher *found =
        book_voucher(book, ((const struct due *)key)->voucher);
    if (found == NULL || found->ended != 0) {
        return false;
    }
    book_day_text(found->use_until, use);
    *(struct due *)out = (struct due){bytes_of_text(use), found->of.id};
    return true;
}

static bool find_budget(const struct book *book, const void *key, void *out)
{
    const struct budget *found =
        book_budget(book, ((const struct budget *)key)->scheme);
    if (found != NULL) {
        *(struct budget *)out = *found;
    }
    return found != NULL;
}

static bool find_order(const struct book *book, const void *key, void *out)
{
    const struct book_order *found =
        book_order(book, &((const struct order *)key)->of.key);
    if (found == NULL) {
        return false;
    }
    struct order *order = out;
    *order = found->row;
    order->placed_leaf =
        found->placed ? hash_view(&found->placed_leaf) : (struct bytes){0};
    order->cause_leaf =
        found->caused ? hash_view(&found->cause_leaf) : (struct bytes){0};
    if (found->row.answer != ANSWER_NONE) {
        order->answer_leaf = hash_view(&found->answer_leaf);
        order->order_leaf = found->withdrawn ? (struct bytes){0}
                                             : hash_view(&found->order_leaf);
    }
    if (found->requested) {
        order->request_leaf = hash_view(&found->request_leaf);
    }
    return true;
}

static bool find_usage(const struct book *book, const void *key, void *out)
{
    const struct usage *found = book_usage(book, key);
    if (found != NULL) {
        *(struct usage *)out = *found;
    }
    return found != NULL;
}

static bool find_obligation(const struct book *book, const void *key, void *out)
{
    const struct obligation *sought = key;
    const struct book_debt *debts = book->debts.items;
    for (size_t i = 0; i < book->debts.count; i++) {
        if (debts[i].index == sought->index &&
            bytes_equal(debts[i].debtor, sought->debtor) &&
            bytes_equal(debts[i].creditor, sought->creditor)) {
            *(struct obligation *)out =
                (struct obligation){debts[i].debtor, debts[i].creditor,
                                    debts[i].index, debts[i].fen, debts[i].of};
            return true;
        }
    }
    return false;
}

static bool find_spend(const struct book *book, const void *key, void *out)
{
    const struct spend *sought = key;
    const struct order *rows = book->services.items;
    for (size_t i = 0; i < book->services.count; i++) {
        if (rows[i].answer == ANSWER_SPENT &&
            rows[i].answer_index == sought->index &&
            order_key_equal(&rows[i].of.key, &sought->of)) {
            *(struct spend *)out = (struct spend){rows[i].of.key,
                                                  rows[i].answer_index,
                                                  rows[i].from_ms,
                                                  rows[i].until_ms,
                                                  rows[i].served_unit_scheme,
                                                  rows[i].served_unit_id,
                                                  rows[i].served_kind,
                                                  rows[i].served_home,
                                                  rows[i].served_inner_id,
                                                  rows[i].catalogue};
            return true;
        }
    }
    return false;
}

/* What that one owes this one. */
static uint64_t owed_to(const struct book *book, struct bytes debtor,
                        struct bytes creditor, uint64_t *count)
{
    const struct book_debt *debts = book->debts.items;
    uint64_t fen = 0;
    *count = 0;
    for (size_t i = 0; i < book->debts.count; i++) {
        if (bytes_equal(debts[i].debtor, debtor) &&
            bytes_equal(debts[i].creditor, creditor)) {
            fen += debts[i].fen;
            ++*count;
        }
    }
    return fen;
}

static bool find_watermark(const struct book *book, const void *key, void *out)
{
    uint64_t count = 0;
    const struct watermark *pair = key;
    uint64_t fen = owed_to(book, pair->debtor, pair->creditor, &count);
    *(struct watermark *)out =
        (struct watermark){pair->debtor, pair->creditor, 0, count, fen};
    return count > 0;
}

static bool find_cycle(const struct book *book, const void *key, void *out)
{
    const struct book_cycle *found =
        book_cycle(book, &((const struct cycle *)key)->key);
    if (found == NULL) {
        return false;
    }
    struct cycle *cycle = out;
    *cycle = found->row;
    if (found->proposed) {
        cycle->leaf = hash_view(&found->leaf);
    }
    if (found->row.state != CYCLE_OPEN) {
        cycle->decided_leaf = hash_view(&found->decided_leaf);
    }
    if (found->row.answer != CYCLE_UNANSWERED) {
        cycle->answer_leaf = hash_view(&found->answer_leaf);
        cycle->proposal_leaf = hash_view(&found->proposal_leaf);
    }
    return true;
}

static bool find_standing(const struct book *book, const void *key, void *out)
{
    uint64_t number = ((const struct cycle_standing *)key)->number;
    uint64_t own = number == CYCLE_STANDING_OPEN ? book->open_proposal
                                                 : book->last_proposal;
    bool approved = number == CYCLE_STANDING_APPROVED;
    *(struct cycle_standing *)out = (struct cycle_standing){
        number,
        approved ? book->approved : (struct cycle_key){book->node, own - 1}};
    return approved ? book->has_approved : own > 0;
}

static bool find_transfer(const struct book *book, const void *key, void *out)
{
    const struct book_transfer *found =
        book_transfer(book, &((const struct transfer *)key)->key);
    if (found == NULL) {
        return false;
    }
    struct transfer *transfer = out;
    *transfer = found->row;
    if (found->sent) {
        transfer->sent_leaf = hash_view(&found->sent_leaf);
    }
    if (found->received) {
        transfer->received_leaf = hash_view(&found->received_leaf);
    }
    return true;
}

static bool find_payment(const struct book *book, const void *key, void *out)
{
    const struct payment *sought = key;
    const struct book_transfer *transfers = book->transfers.items;
    for (size_t i = 0; i < book->transfers.count; i++) {
        const struct transfer *row = &transfers[i].row;
        if (transfers[i].received &&
            row->received_index == sought->received_index) {
            *(struct payment *)out = (struct payment){
                row->payer, row->received_index, row->received_fen, row->key};
            return true;
        }
    }
    return false;
}

static const struct {
    const struct record_type *type;
    bool (*find)(const struct book *book, const void *key, void *out);
} kinds[] = {
    {&voucher_record, find_voucher},
    {&due_record, find_due},
    {&budget_record, find_budget},
    {&order_record, find_order},
    {&usage_record, find_usage},
    {&obligation_record, find_obligation},
    {&watermark_record, find_watermark},
    {&cycle_record, find_cycle},
    {&cycle_standing_record, find_standing},
    {&transfer_record, find_transfer},
    {&payment_record, find_payment},
    {&spend_record, find_spend},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static size_t count_open(const struct book *book)
{
    const struct book_voucher *vouchers = book->vouchers.items;
    size_t count = 0;
    for (size_t i = 0; i < book->vouchers.count; i++) {
        count += vouchers[i].ended == 0;
    }
    return count;
}

static size_t count_pairs(const struct book *book)
{
    const struct book_debt *debts = book->debts.items;
    size_t count = 0;
    for (size_t i = 0; i < book->debts.count; i++) {
        size_t k = 0;
        while (!bytes_equal(debts[k].debtor, debts[i].debtor) ||
               !bytes_equal(debts[k].creditor, debts[i].creditor)) {
            k++;
        }
        count += k == i;
    }
    return count;
}

static size_t count_standings(const struct book *book)
{
    return (size_t)book->has_approved + (book->open_proposal > 0) +
           (book->last_proposal > 0);
}

static size_t count_received(const struct book *book)
{
    const struct book_transfer *transfers = book->transfers.items;
    size_t count = 0;
    for (size_t i = 0; i < book->transfers.count; i++) {
        count += transfers[i].received;
    }
    return count;
}

static size_t count_spends(const struct book *book)
{
    const struct order *rows = book->services.items;
    size_t count = 0;
    for (size_t i = 0; i < book->services.count; i++) {
        count += rows[i].answer == ANSWER_SPENT;
    }
    return count;
}

static void differs(const struct held *held, size_t city, const char *what,
                    const char *how)
{
    world_violation(held->world, "%s has of %s's money another %s: %s",
                    host_label(held->host),
                    held->world->alliance.cities[city].id, what, how);
}

static hl_err compare_rows(struct held *held, size_t city, size_t kind,
                           size_t expected)
{
    struct writer at = {0};
    bool found = true;
    size_t count = 0;
    hl_err err = HL_OK;
    const struct record_type *type = kinds[kind].type;
    while (err == HL_OK && found && !held->world->violated) {
        struct row row;
        struct bytes key;
        union record_room ours, theirs;
        err = projection_next(held->txn, type, held->numbers[city],
                              writer_view(&at), &row, &key, &found, NULL);
        if (err != HL_OK || !found) {
            break;
        }
        writer_clear(&at);
        writer_bytes(&at, key);
        count++;
        record_decode(type, row.record, &theirs);
        const char *field = kinds[kind].find(&held->books[city], &theirs, &ours)
                                ? record_difference(type, &ours, &theirs)
                                : "it is in no book";
        if (field != NULL) {
            differs(held, city, type->name, field);
        }
    }
    if (err == HL_OK && count != expected) {
        differs(held, city, type->name, "not as many");
    }
    writer_fini(&at);
    return err;
}

/* --- Accounts. ----------------------------------------------------------- */

/* What is allotted to that partner, and what was, and is spent. */
static void sum_allotted(const struct book *book, struct bytes partner,
                         uint64_t *open, uint64_t *drawn)
{
    const struct book_order *orders = book->orders.items;
    *open = *drawn = 0;
    for (size_t i = 0; i < book->orders.count; i++) {
        const struct order *row = &orders[i].row;
        if (row->allotted != 0 &&
            (partner.size == 0 || bytes_equal(row->of.provider, partner))) {
            *open += row->resolved == ORDER_OPEN ? row->of.hold_fen : 0;
            *drawn += row->captured_fen;
        }
    }
}

/* Credit less debit, as the books have it. */
static int64_t expected_balance(const struct book *book,
                                const struct account *account)
{
    const struct budget *budgets = book->budgets.items;
    const struct book_voucher *vouchers = book->vouchers.items;
    uint64_t budget = 0, issued = 0, open = 0, kept = 0, count = 0;
    uint64_t allotted = 0, drawn = 0;
    sum_allotted(book, account->partner, &allotted, &drawn);
    for (size_t i = 0; i < book->budgets.count; i++) {
        budget += budgets[i].budget_fen;
        issued += budgets[i].issued_fen;
    }
    for (size_t i = 0; i < book->vouchers.count; i++) {
        open += book_open_fen(&vouchers[i]);
        kept += vouchers[i].held_fen;
    }
    switch (account->account) {
    case ACCOUNT_FUND:
        return -(int64_t)budget;
    case ACCOUNT_BUDGET:
        return (int64_t)(budget - issued);
    case ACCOUNT_ISSUED:
        return (int64_t)open;
    case ACCOUNT_HELD:
        return (int64_t)(kept - allotted);
    case ACCOUNT_ALLOTTED:
        return (int64_t)allotted;
    case ACCOUNT_DRAWN:
        return (int64_t)drawn;
    case ACCOUNT_PAYABLE:
        return (int64_t)owed_to(book, book->node, account->partner, &count);
    case ACCOUNT_SETTLED:
        return (int64_t)book->settled_fen;
    default:
        return -(int64_t)book->adjusted_fen;
    }
}

/* Each is what the books say, and all of them sum up to zero. */
static hl_err compare_accounts(struct held *held, size_t city)
{
    struct writer at = {0};
    bool found = true;
    int64_t sum = 0;
    hl_err err = HL_OK;
    while (err == HL_OK && found && !held->world->violated) {
        struct row row;
        struct bytes key;
        struct account account;
        err = projection_next(held->txn, &account_record, held->numbers[city],
                              writer_view(&at), &row, &key, &found, NULL);
        if (err != HL_OK || !found) {
            break;
        }
        writer_clear(&at);
        writer_bytes(&at, key);
        record_decode(&account_record, row.record, &account);
        int64_t balance = account_balance_fen(&account);
        sum += balance;
        if (balance != expected_balance(&held->books[city], &account)) {
            differs(held, city, "balance", "not that of the books");
        }
    }
    if (err == HL_OK && sum != 0) {
        differs(held, city, "sum of accounts", "not zero");
    }
    writer_fini(&at);
    return err;
}

static hl_err compare_half(struct held *held, size_t city)
{
    const struct book *book = &held->books[city];
    const size_t expected[KINDS] = {
        book->vouchers.count,  count_open(book),     book->budgets.count,
        book->orders.count,    book->usages.count,   book->debts.count,
        count_pairs(book),     book->cycles.count,   count_standings(book),
        book->transfers.count, count_received(book), count_spends(book)};
    const char *wrong = book_check(book);
    hl_err err = compare_accounts(held, city);
    if (wrong != NULL) {
        world_violation(held->world, "in the books of %s: %s",
                        held->world->alliance.cities[city].id, wrong);
    }
    for (size_t i = 0; i < KINDS && err == HL_OK && !held->world->violated;
         i++) {
        err = compare_rows(held, city, i, expected[i]);
    }
    return err;
}

/* --- What is held. ------------------------------------------------------- */

static hl_err hold_city(struct held *held, size_t city)
{
    struct world *world = held->world;
    struct journal journal;
    struct half half;
    bool found = false;
    struct bytes origin = bytes_of_text(world->alliance.cities[city].origin);
    hl_err err = journal_find(held->txn, origin, &journal, &found, NULL);
    if (err == HL_OK && found) {
        err = projection_half(held->txn, journal.number, &half, NULL);
    }
    if (err != HL_OK || !found || half.paused) {
        return err;
    }
    struct head head = journal_head(&journal);
    unsigned on = truth_branches_of(&world->truths[city], &head);
    if (on == 0 || half.size != head.size) {
        return HL_OK; /* elsewhere a violation, or not applied yet */
    }
    size_t branch = 0;
    while ((on >> branch & 1) == 0) {
        branch++;
    }
    held->known[city] = true;
    held->numbers[city] = journal.number;
    audit_book_at(&world->audit, city, branch, head.size, &held->books[city]);
    return HL_OK;
}

static hl_err hold_all(struct held *held)
{
    hl_err err = store_begin_read(held->host->store, &held->txn, NULL);
    for (size_t i = 0; i < held->world->alliance.city_count && err == HL_OK;
         i++) {
        err = hold_city(held, i);
    }
    return err;
}

static void let_go(struct held *held)
{
    store_abort(&held->txn);
    for (size_t i = 0; i < held->world->alliance.city_count; i++) {
        book_fini(&held->books[i]);
    }
}

/* --- All of it. ---------------------------------------------------------- */

static bool check_host(struct world *world, struct host *host, bool rests)
{
    struct held held = {.world = world, .host = host};
    hl_err err = hold_all(&held);
    for (size_t i = 0;
         i < world->alliance.city_count && err == HL_OK && !world->violated;
         i++) {
        if (held.known[i]) {
            err = compare_half(&held, i);
        }
    }
    if (err == HL_OK && !world->violated) {
        err = held_compare_findings(&held);
    }
    if (err == HL_OK && !world->violated) {
        err = held_compare_cross(&held);
    }
    if (err == HL_OK && !world->violated) {
        held_judge_vouchers(&held, rests);
    }
    if (err == HL_OK && !world->violated && rests && host_may_write(host) &&
        held.known[host->city]) {
        held_judge_open(&held);
    }
    let_go(&held);
    if (err != HL_OK) {
        world_violation(world, "%s cannot read its ledger: %s",
                        host_label(host), hl_err_name(err));
    }
    return !world->violated;
}

bool check_ledger(struct world *world, bool rests)
{
    for (size_t i = 0; i < world->host_count; i++) {
        struct host *host = world->hosts[i];
        if (host->honest && host->up && !host->disk_due && !host->flushing &&
            !check_host(world, host, rests)) {
            return false;
        }
    }
    return true;
}
