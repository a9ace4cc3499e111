/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/projection/books.h"

#include "node/projection/ledger.h"
#include "node/projection/ledger_case.h"
#include "tests/support/support.h"

struct books {
    struct store_txn *txn;
    uint32_t number;
    struct bytes node;
};

/* --- Rows of a type, one by one. ------------------------------------------ */

struct walk {
    const struct books *books;
    const struct record_type *type;
    struct writer key;
    struct row row;
};

static bool next(struct walk *walk, void *record)
{
    struct bytes key;
    bool found = false;
    assert_ok(projection_next(walk->books->txn, walk->type, walk->books->number,
                              writer_view(&walk->key), &walk->row, &key, &found,
                              NULL));
    if (!found) {
        writer_fini(&walk->key);
        return false;
    }
    writer_clear(&walk->key);
    writer_bytes(&walk->key, key);
    record_decode(walk->type, walk->row.record, record);
    return true;
}

static bool find(const struct books *books, const struct record_type *type,
                 void *record)
{
    struct row row;
    bool found = false;
    assert_ok(ledger_find_row(books->txn, books->number, type, record, &row,
                              &found, NULL));
    return found;
}

/* --- Vouchers. ------------------------------------------------------------ */

/* Of a voucher's orders, or of all: no id. */
struct sums {
    uint64_t held_fen, spent_fen;
};

static struct sums sums_of(const struct books *books, struct bytes voucher)
{
    struct walk walk = {.books = books, .type = &order_record};
    struct order order;
    struct sums sums = {0};
    while (next(&walk, &order)) {
        if (!order_is_placed(&order) ||
            (voucher.size > 0 && !bytes_equal(order.of.voucher, voucher))) {
            continue;
        }
        assert_true(order.captured_fen <= order.of.hold_fen);
        assert_true(order.captured_fen == 0 ||
                    order.resolved == ORDER_CAPTURED);
        sums.held_fen += order.resolved == ORDER_OPEN ? order.of.hold_fen : 0;
        sums.spent_fen += order.captured_fen;
    }
    return sums;
}

static void check_voucher(const struct books *books,
                          const struct voucher *voucher, const struct row *row)
{
    struct sums sums = sums_of(books, voucher->of.id);
    struct due due = {voucher->use_until, voucher->of.id};
    bool ended = voucher->ended != 0;
    assert_int_equal(voucher_open_fen(voucher) + voucher->held_fen +
                         voucher->spent_fen + voucher->returned_fen,
                     voucher->of.amount_fen);
    assert_int_equal(voucher->held_fen, sums.held_fen);
    assert_int_equal(voucher->spent_fen, sums.spent_fen);
    assert_int_equal(row->retired, ended);
    assert_int_equal(find(books, &due_record, &due), !ended);
}

static uint64_t check_vouchers(const struct books *books)
{
    struct walk walk = {.books = books, .type = &voucher_record};
    struct voucher voucher;
    uint64_t open = 0;
    while (next(&walk, &voucher)) {
        check_voucher(books, &voucher, &walk.row);
        open += voucher_open_fen(&voucher);
    }
    return open;
}

/* --- Budgets. ------------------------------------------------------------- */

static uint64_t issued_of(const struct books *books, struct bytes scheme)
{
    struct walk walk = {.books = books, .type = &voucher_record};
    struct voucher voucher;
    uint64_t issued = 0;
    while (next(&walk, &voucher)) {
        issued += bytes_equal(voucher.of.scheme, scheme)
                      ? voucher.of.amount_fen - voucher.returned_fen
                      : 0;
    }
    return issued;
}

struct budgets {
    uint64_t sum_fen, issued_fen;
};

static struct budgets check_budgets(const struct books *books)
{
    struct walk walk = {.books = books, .type = &budget_record};
    struct budget budget;
    struct budgets all = {0};
    while (next(&walk, &budget)) {
        assert_int_equal(budget.issued_fen, issued_of(books, budget.scheme));
        assert_true(budget.issued_fen <= budget.budget_fen);
        all.sum_fen += budget.budget_fen;
        all.issued_fen += budget.issued_fen;
    }
    return all;
}

/* --- Obligations. --------------------------------------------------------- */

/* Of an obligation: whether the order's capture made it; else an adjustment
 * did. */
static bool is_of_capture(const struct obligation *obligation,
                          const struct order *order)
{
    return order_is_placed(order) && order->resolved == ORDER_CAPTURED &&
           order->resolved_index == obligation->index;
}

static uint64_t check_obligations(const struct books *books,
                                  struct bytes creditor)
{
    struct walk walk = {.books = books, .type = &obligation_record};
    struct obligation obligation;
    struct watermark mark = {.debtor = books->node, .creditor = creditor};
    uint64_t count = 0, sum = 0;
    while (next(&walk, &obligation)) {
        struct order order = {.of = {.key = obligation.of}};
        assert_true(find(books, &order_record, &order));
        if (bytes_equal(obligation.creditor, books->node)) {
            assert_true(order.spent_fen >= obligation.amount_fen);
            assert_true(bytes_equal(order.issuer, obligation.debtor));
            continue; /* check_spent() */
        }
        assert_true(bytes_equal(obligation.debtor, books->node));
        if (is_of_capture(&obligation, &order)) {
            assert_int_equal(order.captured_fen, obligation.amount_fen);
            assert_true(bytes_equal(order.of.provider, obligation.creditor));
        } else {
            assert_true(bytes_equal(order.issuer, obligation.creditor));
        }
        if (bytes_equal(obligation.creditor, creditor)) {
            count++;
            sum += obligation.amount_fen;
        }
    }
    assert_int_equal(find(books, &watermark_record, &mark), count > 0);
    assert_int_equal(mark.count, count);
    assert_int_equal(mark.amount_fen, sum);
    assert_int_equal(mark.base_index, 0);
    return sum;
}

/* What is owed to this node by what it spent of that order; of all, without a
 * key. */
static uint64_t spent_of(const struct books *books, const struct order_key *key)
{
    struct walk walk = {.books = books, .type = &obligation_record};
    struct obligation obligation;
    uint64_t sum = 0;
    while (next(&walk, &obligation)) {
        bool of =
            key == NULL || (bytes_equal(obligation.of.id, key->id) &&
                            bytes_equal(obligation.of.begun_at, key->begun_at));
        sum += of && bytes_equal(obligation.creditor, books->node)
                   ? obligation.amount_fen
                   : 0;
    }
    return sum;
}

static void check_spent(const struct books *books)
{
    struct walk orders = {.books = books, .type = &order_record};
    struct walk marks = {.books = books, .type = &watermark_record};
    struct order order;
    struct watermark mark;
    uint64_t spent = 0, counted = 0;
    while (next(&orders, &order)) {
        assert_int_equal(order.spent_fen, spent_of(books, &order.of.key));
        assert_true(order.spent_fen <= order.limit_fen);
        spent += order.spent_fen;
    }
    while (next(&marks, &mark)) {
        counted +=
            bytes_equal(mark.creditor, books->node) ? mark.amount_fen : 0;
    }
    assert_int_equal(spent, spent_of(books, NULL));
    assert_int_equal(spent, counted);
}

/* Whether the issuer owes what it captured of that order to its provider. */
static bool is_owed(const struct books *books, const struct order *order)
{
    struct voucher voucher = {.of = {.id = order->of.voucher}};
    assert_true(find(books, &voucher_record, &voucher));
    struct scheme scheme = {.id = voucher.of.scheme,
                            .version = voucher.of.scheme_version};
    assert_true(find(books, &scheme_record, &scheme));
    return scheme.payee == 1 && order->captured_fen > 0 &&
           !bytes_equal(order->of.provider, books->node);
}

struct owed {
    uint64_t captured_fen, settled_fen, adjusted_fen;
};

static struct owed check_orders(const struct books *books)
{
    struct walk walk = {.books = books, .type = &order_record};
    struct order order;
    struct owed owed = {0};
    while (next(&walk, &order)) {
        struct obligation obligation = {.debtor = books->node,
                                        .creditor = order.of.provider,
                                        .index = order.resolved_index};
        bool captured = order_is_placed(&order) && order.allotted == 0 &&
                        order.resolved == ORDER_CAPTURED;
        if (captured && is_owed(books, &order)) {
            assert_true(find(books, &obligation_record, &obligation));
            owed.captured_fen += order.captured_fen;
        } else if (captured) {
            owed.settled_fen += order.captured_fen;
        }
        owed.adjusted_fen += order.adjusted_fen;
        assert_true(order.adjusted_fen <= (order.answer == ANSWER_DELIVERED
                                               ? order.delivered_fen
                                               : order.spent_fen));
    }
    return owed;
}

/* --- Accounts. ------------------------------------------------------------ */

struct allotted {
    uint64_t open_fen, drawn_fen;
};

/* To that partner; to all, without one. */
static struct allotted allotted_to(const struct books *books,
                                   struct bytes partner)
{
    struct walk walk = {.books = books, .type = &order_record};
    struct order order;
    struct allotted allotted = {0};
    while (next(&walk, &order)) {
        bool open = order.resolved == ORDER_OPEN;
        if (order.allotted == 0 ||
            (partner.size > 0 && !bytes_equal(order.of.provider, partner))) {
            continue;
        }
        allotted.open_fen += open ? order.of.hold_fen : 0;
        allotted.drawn_fen += order.captured_fen;
    }
    return allotted;
}

static void check_partner(const struct books *books,
                          const struct account *account)
{
    struct allotted allotted = allotted_to(books, account->partner);
    int64_t is = account_balance_fen(account);
    if (account->account == ACCOUNT_PAYABLE) {
        assert_int_equal(is, check_obligations(books, account->partner));
    } else if (account->account == ACCOUNT_ALLOTTED) {
        assert_int_equal(is, allotted.open_fen);
    } else {
        assert_int_equal(account->account, ACCOUNT_DRAWN);
        assert_int_equal(is, allotted.drawn_fen);
    }
}

static void check_accounts(const struct books *books)
{
    struct walk walk = {.books = books, .type = &account_record};
    struct account account;
    uint64_t debit = 0, credit = 0;
    int64_t is[ACCOUNT_LAST + 1] = {0};
    while (next(&walk, &account)) {
        bool partner =
            account_has_partner((enum ledger_account)account.account);
        debit += account.debit_fen;
        credit += account.credit_fen;
        is[account.account] += account_balance_fen(&account);
        assert_int_equal(account.partner.size > 0, partner);
        if (partner) {
            check_partner(books, &account);
        }
    }
    struct allotted allotted = allotted_to(books, (struct bytes){0});
    struct budgets budgets = check_budgets(books);
    struct owed owed = check_orders(books);
    assert_int_equal(debit, credit);
    assert_int_equal(is[ACCOUNT_FUND], -(int64_t)budgets.sum_fen);
    assert_int_equal(is[ACCOUNT_BUDGET], budgets.sum_fen - budgets.issued_fen);
    assert_int_equal(is[ACCOUNT_ISSUED], check_vouchers(books));
    assert_int_equal(is[ACCOUNT_HELD] + is[ACCOUNT_ALLOTTED],
                     sums_of(books, (struct bytes){0}).held_fen);
    assert_int_equal(is[ACCOUNT_ALLOTTED], allotted.open_fen);
    assert_int_equal(is[ACCOUNT_DRAWN], allotted.drawn_fen);
    assert_int_equal(is[ACCOUNT_SETTLED], owed.settled_fen);
    assert_int_equal(is[ACCOUNT_ADJUSTED], -(int64_t)owed.adjusted_fen);
    assert_int_equal(is[ACCOUNT_PAYABLE],
                     owed.captured_fen + owed.adjusted_fen);
}

/* --- Usages. -------------------------------------------------------------- */

/* The bounds of a year that an order counts against. */
struct counted {
    struct usage usages[2];
    size_t count;
};

static struct counted counted_against(const struct books *books,
                                      const struct order *order)
{
    struct counted counted = {0};
    struct hl_wall placed = {(int64_t)order->placed_at_ms};
    struct voucher voucher = {.of = {.id = order->of.voucher}};
    assert_true(find(books, &voucher_record, &voucher));
    const struct voucher_issue *of = &voucher.of;
    struct scheme scheme = {.id = of->scheme, .version = of->scheme_version};
    assert_true(find(books, &scheme_record, &scheme));
    struct usage usage = {of->scheme, ledger_year(placed), USAGE_HOLDER,
                          of->holder, 0};
    if (scheme.holder_year_max_fen > 0) {
        counted.usages[counted.count++] = usage;
    }
    usage.whose = USAGE_CONTROLLER;
    usage.token = of->controller.size > 0 ? of->controller : of->holder;
    if (scheme.controller_year_max_fen > 0) {
        counted.usages[counted.count++] = usage;
    }
    return counted;
}

static bool same_usage(const struct usage *a, const struct usage *b)
{
    return bytes_equal(a->scheme, b->scheme) && a->year == b->year &&
           a->whose == b->whose && bytes_equal(a->token, b->token);
}

/* What all orders took, or may take. */
static uint64_t used_of(const struct books *books, const struct usage *usage)
{
    struct walk walk = {.books = books, .type = &order_record};
    struct order order;
    uint64_t used = 0;
    while (next(&walk, &order)) {
        struct counted counted = {0};
        if (order_is_placed(&order)) {
            counted = counted_against(books, &order);
        }
        for (size_t i = 0; i < counted.count; i++) {
            if (same_usage(&counted.usages[i], usage)) {
                used += order.resolved == ORDER_OPEN ? order.of.hold_fen
                                                     : order.captured_fen;
            }
        }
    }
    return used;
}

static void check_usages(const struct books *books)
{
    struct walk orders = {.books = books, .type = &order_record};
    struct walk usages = {.books = books, .type = &usage_record};
    struct order order;
    struct usage usage;
    while (next(&orders, &order)) {
        struct counted counted = {0};
        if (order_is_placed(&order)) {
            counted = counted_against(books, &order);
        }
        for (size_t i = 0; i < counted.count; i++) {
            assert_true(find(books, &usage_record, &counted.usages[i]));
        }
    }
    while (next(&usages, &usage)) {
        assert_int_equal(usage.used_fen, used_of(books, &usage));
    }
}

void books_check(struct store_txn *txn, uint32_t number, const char *node)
{
    struct books books = {txn, number, bytes_of_text(node)};
    check_accounts(&books);
    check_spent(&books);
    check_usages(&books);
}
