/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/ledger_case_inside.h"

#include "node/ledger/refusal.h"
#include "node/projection/row.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/origin.h"

void ledger_case_fini(struct ledger_case *of)
{
    for (size_t i = 0; i < of->room_count; i++) {
        writer_fini(&of->rooms[i]);
    }
    of->room_count = 0;
}

hl_err ledger_find(struct ledger_case *of, const struct record_type *type,
                   void *record, struct kept *out, struct hl_detail *detail)
{
    struct writer key = {0};
    record_key(type, record, &key);
    out->type = type;
    out->key = row_key(of->number, type, writer_view(&key));
    writer_fini(&key);
    hl_err err = row_get(of->tables, &out->key, of->number, &out->row,
                         &out->found, detail);
    if (err == HL_OK && out->found) {
        HL_ASSERT(of->room_count < CASE_ROOMS);
        struct writer *room = &of->rooms[of->room_count++];
        writer_bytes(room, out->row.record);
        record_decode(type, writer_view(room), record);
    }
    return err;
}

uint64_t ledger_year(struct hl_wall wall)
{
    char day[DAY_TEXT_BYTES];
    day_of(wall, 0, day);
    uint64_t year = 0;
    for (size_t i = 0; i < 4; i++) {
        year = year * 10 + (uint64_t)(day[i] - '0');
    }
    return year;
}

bool case_is_after(struct hl_wall now, struct bytes day)
{
    char today[DAY_TEXT_BYTES];
    day_of(now, 0, today);
    return bytes_compare(bytes_of_text(today), day) > 0;
}

bool case_is_caused_by(const struct ledger_case *of, struct bytes node)
{
    struct bytes origin = of->cause.origin;
    return origin.size > 0 && bytes_equal(origin_node(origin), node) &&
           bytes_equal(bytes_slice(origin, 0, origin.size - node.size),
                       of->alliance);
}

uint64_t case_least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* --- Accounts. ----------------------------------------------------------- */

static struct account account_of(enum ledger_account account,
                                 struct bytes partner)
{
    return (struct account){
        .account = account,
        .partner = account_has_partner(account) ? partner : (struct bytes){0}};
}

/* The accounts share no row: of two postings the first accounts are one, which
 * is carried over. */
hl_err case_find_accounts(struct ledger_case *of, uint32_t body,
                          const void *record, struct hl_detail *detail)
{
    of->posting_count =
        postings_of(body, record, of->budget.budget_fen, of->postings);
    for (size_t i = 0; i < of->posting_count; i++) {
        const struct posting *posting = &of->postings[i];
        of->from[i] = account_of(posting->from, posting->partner);
        of->to[i] = account_of(posting->to, posting->partner);
        hl_err err = ledger_find(of, &account_record, &of->from[i],
                                 &of->from_kept[i], detail);
        if (err == HL_OK) {
            err = ledger_find(of, &account_record, &of->to[i], &of->to_kept[i],
                              detail);
        }
        if (err != HL_OK) {
            return err;
        }
        if (i > 0) {
            of->from[i].debit_fen += of->postings[0].fen;
        }
        if (!account_has_room(&of->from[i], posting->fen, 0) ||
            !account_has_room(&of->to[i], 0, posting->fen)) {
            return ledger_refuse(detail, LEDGER_ACCOUNT_ROOM,
                                 "the sums of an account have no room for "
                                 "%llu fen more",
                                 (unsigned long long)posting->fen);
        }
    }
    return HL_OK;
}

hl_err case_find_watermark(struct ledger_case *of, struct bytes debtor,
                           struct bytes creditor, struct hl_detail *detail)
{
    of->watermark = (struct watermark){.debtor = debtor, .creditor = creditor};
    return ledger_find(of, &watermark_record, &of->watermark,
                       &of->watermark_kept, detail);
}

/* --- Schemes, vouchers, orders. ------------------------------------------ */

hl_err case_find_scheme(struct ledger_case *of, struct bytes id,
                        uint64_t version, struct hl_detail *detail)
{
    of->scheme = (struct scheme){.id = id, .version = version};
    return ledger_find(of, &scheme_record, &of->scheme, &of->scheme_kept,
                       detail);
}

hl_err case_find_budget(struct ledger_case *of, struct bytes scheme,
                        struct hl_detail *detail)
{
    of->budget = (struct budget){.scheme = scheme};
    return ledger_find(of, &budget_record, &of->budget, &of->budget_kept,
                       detail);
}

hl_err case_find_voucher(struct ledger_case *of, struct bytes id,
                         struct hl_detail *detail)
{
    of->voucher = (struct voucher){.of = {.id = id}};
    hl_err err = ledger_find(of, &voucher_record, &of->voucher,
                             &of->voucher_kept, detail);
    return err == HL_OK && !of->voucher_kept.found
               ? ledger_refuse(detail, LEDGER_NO_VOUCHER,
                               "this node issued no such voucher")
               : err;
}

hl_err case_find_voucher_whole(struct ledger_case *of, struct bytes id,
                               struct hl_detail *detail)
{
    hl_err err = case_find_voucher(of, id, detail);
    if (err == HL_OK) {
        err = case_find_scheme(of, of->voucher.of.scheme,
                               of->voucher.of.scheme_version, detail);
    }
    return err == HL_OK && !of->scheme_kept.found
               ? hl_fail(detail, HL_EDAMAGED,
                         "the row of a scheme is not there: heluo rebuild "
                         "makes it anew")
               : err;
}

hl_err case_find_usages(struct ledger_case *of, uint64_t year,
                        struct hl_detail *detail)
{
    const struct voucher_issue *voucher = &of->voucher.of;
    struct bytes controller =
        voucher->controller.size > 0 ? voucher->controller : voucher->holder;
    hl_err err = HL_OK;
    if (of->scheme.holder_year_max_fen > 0) {
        of->holder = (struct usage){.scheme = voucher->scheme,
                                    .year = year,
                                    .whose = USAGE_HOLDER,
                                    .token = voucher->holder};
        err = ledger_find(of, &usage_record, &of->holder, &of->holder_kept,
                          detail);
    }
    if (err == HL_OK && of->scheme.controller_year_max_fen > 0) {
        of->controller = (struct usage){.scheme = voucher->scheme,
                                        .year = year,
                                        .whose = USAGE_CONTROLLER,
                                        .token = controller};
        err = ledger_find(of, &usage_record, &of->controller,
                          &of->controller_kept, detail);
    }
    return err;
}

hl_err case_find_order(struct ledger_case *of, const struct order_key *key,
                       struct hl_detail *detail)
{
    of->order = (struct order){.of = {.key = *key}};
    return ledger_find(of, &order_record, &of->order, &of->order_kept, detail);
}

uint64_t ledger_share_fen(const struct ledger_case *of, uint64_t price_fen)
{
    struct bytes provider = of->order.of.provider;
    struct scheme_order order = {
        .county = of->voucher.of.county,
        .kind = of->order.of.kind,
        .local = bytes_equal(provider, of->node),
        .price_fen = price_fen,
    };
    return scheme_share_fen(&of->scheme, &order);
}
