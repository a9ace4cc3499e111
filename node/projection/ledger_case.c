/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/ledger_case.h"

#include <stdio.h>

#include "heluo/v1/scheme.pb-c.h"
#include "heluo/v1/voucher.pb-c.h"
#include "node/catalogue/rules.h"
#include "node/ledger/refusal.h"
#include "node/projection/row.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/origin.h"

/* --- Rows by their keys. ------------------------------------------------- */

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

static bool is_after(struct hl_wall now, struct bytes day)
{
    char today[DAY_TEXT_BYTES];
    day_of(now, 0, today);
    return bytes_compare(bytes_of_text(today), day) > 0;
}

/* --- Accounts. ----------------------------------------------------------- */

static struct account account_of(enum ledger_account account,
                                 struct bytes partner)
{
    return (struct account){
        .account = account,
        .partner = account_has_partner(account) ? partner : (struct bytes){0}};
}

/* Reads the accounts that the record moves money between. They share no row:
 * of two postings the first accounts are one, which is carried over. */
static hl_err find_accounts(struct ledger_case *of, uint32_t body,
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

/* --- Schemes. ------------------------------------------------------------ */

hl_err ledger_check_scheme(struct ledger_case *of, void *record, bool fill,
                           struct hl_detail *detail)
{
    (void)fill;
    struct scheme *scheme = record;
    of->budget = (struct budget){.scheme = scheme->id};
    hl_err err =
        ledger_find(of, &budget_record, &of->budget, &of->budget_kept, detail);
    if (err == HL_OK) {
        err = budget_may_become(&of->budget, scheme, detail);
    }
    if (err == HL_OK) {
        struct scheme same = *scheme;
        err = ledger_find(of, &scheme_record, &same, &of->scheme_kept, detail);
    }
    return err == HL_OK ? find_accounts(of, SCHEME_BODY_PUT, record, detail)
                        : err;
}

/* --- Vouchers. ----------------------------------------------------------- */

static hl_err find_scheme(struct ledger_case *of, struct bytes id,
                          uint64_t version, struct hl_detail *detail)
{
    of->scheme = (struct scheme){.id = id, .version = version};
    return ledger_find(of, &scheme_record, &of->scheme, &of->scheme_kept,
                       detail);
}

static hl_err find_budget(struct ledger_case *of, struct bytes scheme,
                          struct hl_detail *detail)
{
    of->budget = (struct budget){.scheme = scheme};
    return ledger_find(of, &budget_record, &of->budget, &of->budget_kept,
                       detail);
}

static hl_err find_voucher(struct ledger_case *of, struct bytes id,
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

static hl_err check_exists(struct ledger_case *of,
                           const struct voucher_issue *issue,
                           struct hl_detail *detail)
{
    of->voucher = (struct voucher){.of = {.id = issue->id}};
    hl_err err = ledger_find(of, &voucher_record, &of->voucher,
                             &of->voucher_kept, detail);
    if (err != HL_OK || !of->voucher_kept.found) {
        return err;
    }
    const char *field =
        record_difference(&voucher_issuing, issue, &of->voucher.of);
    return ledger_refuse(
        detail, LEDGER_VOUCHER_EXISTS, "entry %llu issued it%s%s",
        (unsigned long long)of->voucher_kept.row.first_index,
        field == NULL ? "" : " with another ", field == NULL ? "" : field);
}

static hl_err check_version(const struct ledger_case *of,
                            const struct voucher_issue *issue,
                            struct hl_detail *detail)
{
    if (!of->budget_kept.found) {
        return ledger_refuse(detail, LEDGER_NO_SCHEME,
                             "this node stated no scheme %.*s",
                             BYTES_ARGS(issue->scheme));
    }
    return issue->scheme_version != of->budget.version
               ? ledger_refuse(detail, LEDGER_OTHER_VERSION,
                               "scheme %.*s is at version %llu, not %llu",
                               BYTES_ARGS(issue->scheme),
                               (unsigned long long)of->budget.version,
                               (unsigned long long)issue->scheme_version)
               : HL_OK;
}

static hl_err check_amount(const struct ledger_case *of,
                           const struct voucher_issue *issue,
                           struct hl_detail *detail)
{
    hl_err err =
        scheme_may_issue(&of->scheme, issue->amount_fen, of->now, detail);
    uint64_t left = of->budget.budget_fen - of->budget.issued_fen;
    return err == HL_OK && issue->amount_fen > left
               ? ledger_refuse(detail, LEDGER_BUDGET_LEFT,
                               "%llu fen of the budget are left",
                               (unsigned long long)left)
               : err;
}

hl_err ledger_check_issue(struct ledger_case *of, void *record, bool fill,
                          struct hl_detail *detail)
{
    struct voucher_issue *issue = record;
    hl_err err = find_budget(of, issue->scheme, detail);
    if (err == HL_OK && fill && issue->scheme_version == 0) {
        issue->scheme_version = of->budget.version;
    }
    if (err == HL_OK) {
        err = check_exists(of, issue, detail);
    }
    if (err == HL_OK) {
        err = check_version(of, issue, detail);
    }
    if (err == HL_OK) {
        err = find_scheme(of, issue->scheme, issue->scheme_version, detail);
    }
    if (err == HL_OK && !of->scheme_kept.found) {
        err = hl_fail(detail, HL_EDAMAGED,
                      "the row of a scheme is not there: heluo rebuild makes "
                      "it anew");
    }
    if (err == HL_OK) {
        err = check_amount(of, issue, detail);
    }
    return err == HL_OK ? find_accounts(of, VOUCHER_BODY_ISSUE, record, detail)
                        : err;
}

static hl_err check_end(const struct ledger_case *of,
                        const struct voucher_ended *ended,
                        struct hl_detail *detail)
{
    if (of->voucher.ended != 0) {
        return ledger_refuse(detail, LEDGER_VOUCHER_ENDED,
                             "that voucher has ended before");
    }
    if (ended->how == HELUO__V1__VOUCHER_END__VOUCHER_END_EXPIRED &&
        !is_after(of->now, of->voucher.use_until)) {
        return ledger_refuse(detail, LEDGER_NOT_EXPIRED,
                             "it is used up to %.*s",
                             BYTES_ARGS(of->voucher.use_until));
    }
    uint64_t open = voucher_open_fen(&of->voucher);
    return ended->amount_fen != open
               ? ledger_refuse(detail, LEDGER_AMOUNT_OPEN,
                               "%llu fen of it are open, not %llu",
                               (unsigned long long)open,
                               (unsigned long long)ended->amount_fen)
               : HL_OK;
}

hl_err ledger_check_end(struct ledger_case *of, void *record, bool fill,
                        struct hl_detail *detail)
{
    struct voucher_ended *ended = record;
    hl_err err = find_voucher(of, ended->id, detail);
    if (err == HL_OK && fill) {
        ended->amount_fen = voucher_open_fen(&of->voucher);
    }
    if (err == HL_OK) {
        err = check_end(of, ended, detail);
    }
    if (err == HL_OK) {
        err = find_budget(of, of->voucher.of.scheme, detail);
    }
    return err == HL_OK ? find_accounts(of, VOUCHER_BODY_END, record, detail)
                        : err;
}

/* --- Orders: the issuer places. ------------------------------------------ */

static hl_err find_order(struct ledger_case *of, const struct order_key *key,
                         struct hl_detail *detail)
{
    of->order = (struct order){.of = {.key = *key}};
    return ledger_find(of, &order_record, &of->order, &of->order_kept, detail);
}

static hl_err find_usages(struct ledger_case *of, uint64_t year,
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

/* With its scheme's row, which is there as the voucher is. */
static hl_err find_voucher_whole(struct ledger_case *of, struct bytes id,
                                 struct hl_detail *detail)
{
    hl_err err = find_voucher(of, id, detail);
    if (err == HL_OK) {
        err = find_scheme(of, of->voucher.of.scheme,
                          of->voucher.of.scheme_version, detail);
    }
    return err == HL_OK && !of->scheme_kept.found
               ? hl_fail(detail, HL_EDAMAGED,
                         "the row of a scheme is not there: heluo rebuild "
                         "makes it anew")
               : err;
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

static uint64_t left_of(uint64_t max_fen, uint64_t used_fen)
{
    return max_fen == 0         ? UINT64_MAX
           : max_fen > used_fen ? max_fen - used_fen
                                : 0;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static hl_err check_hold(const struct ledger_case *of,
                         const struct order_place *place, uint64_t share,
                         struct hl_detail *detail)
{
    const struct scheme *scheme = &of->scheme;
    const struct {
        enum ledger_refusal refusal;
        uint64_t left;
        const char *what;
    } bounds[] = {
        {LEDGER_HOLD_SHARE, share, "the scheme pays %llu fen of that price"},
        {LEDGER_VOUCHER_LEFT, voucher_open_fen(&of->voucher),
         "%llu fen of the voucher are left"},
        {LEDGER_HOLDER_YEAR,
         left_of(scheme->holder_year_max_fen, of->holder.used_fen),
         "%llu fen are left to the holder this year"},
        {LEDGER_CONTROLLER_YEAR,
         left_of(scheme->controller_year_max_fen, of->controller.used_fen),
         "%llu fen are left to the actual controller this year"},
    };
    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        if (place->hold_fen > bounds[i].left || bounds[i].left == 0) {
            char text[HL_DETAIL_TEXT_BYTES / 2];
            snprintf(text, sizeof(text), bounds[i].what,
                     (unsigned long long)bounds[i].left);
            return ledger_refuse(detail, bounds[i].refusal, "%s", text);
        }
    }
    return HL_OK;
}

static hl_err check_place_times(const struct ledger_case *of,
                                const struct order_place *place,
                                struct hl_detail *detail)
{
    if (of->voucher.ended != 0) {
        return ledger_refuse(detail, LEDGER_VOUCHER_ENDED,
                             "that voucher has ended");
    }
    if (is_after(of->now, of->voucher.use_until)) {
        return ledger_refuse(detail, LEDGER_USE_OVER,
                             "that voucher was used up to %.*s",
                             BYTES_ARGS(of->voucher.use_until));
    }
    return is_after(of->now, place->until) ||
                   bytes_compare(place->until, of->voucher.claim_until) > 0
               ? ledger_refuse(detail, LEDGER_UNTIL_RANGE,
                               "until is from today to %.*s, up to which that "
                               "voucher is claimed",
                               BYTES_ARGS(of->voucher.claim_until))
               : HL_OK;
}

/* Who is at home is asked by his own platform; at a desk others speak for him,
 * and he has to have days to object. */
static hl_err check_desk(const struct ledger_case *of,
                         const struct order_place *place,
                         struct hl_detail *detail)
{
    bool desk = !bytes_equal(place->key.begun_at, of->node);
    return desk && of->scheme.desk_days == 0
               ? ledger_refuse(detail, LEDGER_NOT_AT_DESK,
                               "by the scheme no order begins at a provider's "
                               "desk")
               : HL_OK;
}

static hl_err check_place(struct ledger_case *of, struct order_place *place,
                          bool fill, struct hl_detail *detail)
{
    hl_err err = check_place_times(of, place, detail);
    if (err == HL_OK) {
        err = check_desk(of, place, detail);
    }
    if (err == HL_OK) {
        err = scheme_may_buy(&of->scheme, place->kind, place->provider,
                             place->unit_scheme, place->unit_id, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    of->order.of = *place;
    uint64_t share = ledger_share_fen(of, place->price_fen);
    if (share == 0) {
        return ledger_refuse(detail, LEDGER_NO_RATE,
                             "the scheme pays nothing of such an order");
    }
    if (fill && place->hold_fen == 0) {
        place->hold_fen = least(
            least(share, voucher_open_fen(&of->voucher)),
            least(left_of(of->scheme.holder_year_max_fen, of->holder.used_fen),
                  left_of(of->scheme.controller_year_max_fen,
                          of->controller.used_fen)));
    }
    return check_hold(of, place, share, detail);
}

/* Whether the entry answers one of that node's journal. */
static bool is_caused_by(const struct ledger_case *of, struct bytes node)
{
    struct bytes origin = of->cause.origin;
    return origin.size > 0 && bytes_equal(origin_node(origin), node) &&
           bytes_equal(bytes_slice(origin, 0, origin.size - node.size),
                       of->alliance);
}

/* An order that this half has not; it began here, or by a request of the
 * provider's that the entry answers. */
static hl_err find_new(struct ledger_case *of, const struct order_key *key,
                       struct bytes provider, struct hl_detail *detail)
{
    bool answers =
        bytes_equal(key->begun_at, provider) && is_caused_by(of, provider);
    if (!bytes_equal(key->begun_at, of->node) && !answers) {
        return ledger_refuse(detail, LEDGER_BEGUN_ELSEWHERE,
                             "an order that this node places began here, or by "
                             "a request of the provider's");
    }
    hl_err err = find_order(of, key, detail);
    return err == HL_OK && of->order_kept.found
               ? ledger_refuse(detail, LEDGER_ORDER_EXISTS,
                               "this node has an order of that id")
               : err;
}

hl_err ledger_check_request(struct ledger_case *of, void *record, bool fill,
                            struct hl_detail *detail)
{
    struct order_request *request = record;
    (void)fill;
    if (!bytes_equal(request->of.key.begun_at, of->node)) {
        return ledger_refuse(detail, LEDGER_BEGUN_ELSEWHERE,
                             "an order that this node asks for begins here");
    }
    if (bytes_equal(request->issuer, of->node)) {
        return ledger_refuse(detail, LEDGER_AT_HOME,
                             "a voucher of this node's: place the order");
    }
    hl_err err = find_order(of, &request->of.key, detail);
    return err == HL_OK && of->order_kept.found
               ? ledger_refuse(detail, LEDGER_ORDER_EXISTS,
                               "this node has an order of that id")
               : err;
}

hl_err ledger_check_hold_deny(struct ledger_case *of, void *record, bool fill,
                              struct hl_detail *detail)
{
    const struct order_hold_deny *deny = record;
    (void)fill;
    if (bytes_equal(deny->key.begun_at, of->node)) {
        return ledger_refuse(detail, LEDGER_NOTHING_OPEN,
                             "nobody requested that order");
    }
    return find_new(of, &deny->key, deny->provider, detail);
}

hl_err ledger_check_place(struct ledger_case *of, void *record, bool fill,
                          struct hl_detail *detail)
{
    struct order_place *place = record;
    if (fill && place->key.begun_at.size == 0) {
        place->key.begun_at = of->node;
    }
    hl_err err = find_new(of, &place->key, place->provider, detail);
    if (err == HL_OK) {
        err = find_voucher_whole(of, place->voucher, detail);
    }
    if (err == HL_OK && fill && place->until.size == 0) {
        place->until = of->voucher.claim_until;
    }
    if (err == HL_OK) {
        err = find_usages(of, ledger_year(of->now), detail);
    }
    if (err == HL_OK) {
        err = check_place(of, place, fill, detail);
    }
    return err == HL_OK ? find_accounts(of, ORDER_BODY_PLACE, record, detail)
                        : err;
}

/* --- Allotments: the issuer. --------------------------------------------- */

static hl_err check_allot(struct ledger_case *of,
                          const struct order_place *place,
                          struct hl_detail *detail)
{
    bool refunds =
        of->scheme.payee == HELUO__V1__SCHEME_PAYEE__SCHEME_PAYEE_HOLDER;
    hl_err err = check_place_times(of, place, detail);
    if (err == HL_OK &&
        bytes_compare(place->until, of->voucher.use_until) > 0) {
        err = ledger_refuse(detail, LEDGER_UNTIL_RANGE,
                            "that voucher is used up to %.*s",
                            BYTES_ARGS(of->voucher.use_until));
    }
    if (err == HL_OK) {
        err = scheme_may_buy(&of->scheme, place->kind, place->provider,
                             place->unit_scheme, place->unit_id, detail);
    }
    if (err == HL_OK && refunds) {
        err = ledger_refuse(detail, LEDGER_PAYS_HOLDER,
                            "this scheme refunds holders: no provider pays "
                            "itself");
    }
    of->order.of = *place;
    if (err == HL_OK && ledger_share_fen(of, MONEY_MAX_FEN) == 0) {
        err = ledger_refuse(detail, LEDGER_NO_RATE,
                            "the scheme pays nothing of such an order");
    }
    return err == HL_OK ? check_hold(of, place, MONEY_MAX_FEN, detail) : err;
}

hl_err ledger_check_allot(struct ledger_case *of, void *record, bool fill,
                          struct hl_detail *detail)
{
    struct order_allot *allot = record;
    if (!bytes_equal(allot->key.begun_at, of->node)) {
        return ledger_refuse(detail, LEDGER_BEGUN_ELSEWHERE,
                             "an allotment of this node's began here");
    }
    if (bytes_equal(allot->provider, of->node)) {
        return ledger_refuse(detail, LEDGER_AT_HOME,
                             "this node needs no allotment of its own");
    }
    hl_err err = find_new(of, &allot->key, allot->provider, detail);
    if (err == HL_OK) {
        err = find_voucher_whole(of, allot->voucher, detail);
    }
    if (err == HL_OK && fill && allot->expires.size == 0) {
        allot->expires = of->voucher.use_until;
    }
    if (err == HL_OK) {
        err = find_usages(of, ledger_year(of->now), detail);
    }
    if (err == HL_OK) {
        struct order_place place = order_of_allot(allot);
        err = check_allot(of, &place, detail);
    }
    return err == HL_OK ? find_accounts(of, ORDER_BODY_ALLOT, record, detail)
                        : err;
}

/* --- Orders: the issuer resolves. ---------------------------------------- */

/* An order that this half placed, and did not resolve. */
static hl_err find_open(struct ledger_case *of, const struct order_key *key,
                        struct hl_detail *detail)
{
    hl_err err = find_order(of, key, detail);
    if (err == HL_OK && !order_is_placed(&of->order)) {
        err = ledger_refuse(detail, LEDGER_NO_ORDER,
                            "this node placed no such order");
    }
    return err == HL_OK && of->order.resolved != 0
               ? ledger_refuse(detail, LEDGER_RESOLVED,
                               "entry %llu resolved that order",
                               (unsigned long long)of->order.resolved_index)
               : err;
}

static hl_err refuse_allotted(struct hl_detail *detail)
{
    return ledger_refuse(detail, LEDGER_ALLOTTED,
                         "that is an allotment: its provider closes it");
}

/* One that is no allotment. */
static hl_err find_order_open(struct ledger_case *of,
                              const struct order_key *key,
                              struct hl_detail *detail)
{
    hl_err err = find_open(of, key, detail);
    return err == HL_OK && of->order.allotted != 0 ? refuse_allotted(detail)
                                                   : err;
}

/* Everything that a resolution changes: the budget where the voucher ended. */
static hl_err find_hold(struct ledger_case *of, const struct order_key *key,
                        struct hl_detail *detail)
{
    hl_err err = find_open(of, key, detail);
    if (err == HL_OK) {
        err = find_voucher_whole(of, of->order.of.voucher, detail);
    }
    struct hl_wall placed = {(int64_t)of->order.placed_at_ms};
    if (err == HL_OK) {
        err = find_usages(of, ledger_year(placed), detail);
    }
    return err == HL_OK && of->voucher.ended != 0
               ? find_budget(of, of->voucher.of.scheme, detail)
               : err;
}

static hl_err find_order_hold(struct ledger_case *of,
                              const struct order_key *key,
                              struct hl_detail *detail)
{
    hl_err err = find_hold(of, key, detail);
    return err == HL_OK && of->order.allotted != 0 ? refuse_allotted(detail)
                                                   : err;
}

static uint64_t goes_to_budget(const struct ledger_case *of)
{
    return of->voucher.ended != 0 ? 1 : 0;
}

/* What the entry says of the hold is what is held. */
static hl_err check_amount_held(const struct ledger_case *of,
                                uint64_t amount_fen, uint64_t to_budget,
                                struct hl_detail *detail)
{
    return amount_fen != of->order.of.hold_fen ||
                   to_budget != goes_to_budget(of)
               ? ledger_refuse(detail, LEDGER_HOLD_SUM,
                               "%llu fen are held, and go to the %s",
                               (unsigned long long)of->order.of.hold_fen,
                               of->voucher.ended != 0 ? "budget" : "voucher")
               : HL_OK;
}

static hl_err check_caused(const struct ledger_case *of,
                           struct hl_detail *detail)
{
    return is_caused_by(of, of->order.of.provider)
               ? HL_OK
               : ledger_refuse(detail, LEDGER_NOTHING_OPEN,
                               "it cites no word of the provider's");
}

hl_err ledger_check_release(struct ledger_case *of, void *record, bool fill,
                            struct hl_detail *detail)
{
    struct order_release *release = record;
    hl_err err = find_order_hold(of, &release->key, detail);
    if (err == HL_OK && fill) {
        release->amount_fen = of->order.of.hold_fen;
        release->to_budget = goes_to_budget(of);
    }
    if (err == HL_OK && release->why == RELEASE_TIMED_OUT) {
        err = is_after(of->now, of->order.of.until)
                  ? HL_OK
                  : ledger_refuse(detail, LEDGER_NOT_OVER,
                                  "the provider has until %.*s",
                                  BYTES_ARGS(of->order.of.until));
    } else if (err == HL_OK) {
        err = check_caused(of, detail);
    }
    if (err == HL_OK) {
        err = check_amount_held(of, release->amount_fen, release->to_budget,
                                detail);
    }
    return err == HL_OK ? find_accounts(of, ORDER_BODY_RELEASE, record, detail)
                        : err;
}

hl_err ledger_check_deny(struct ledger_case *of, void *record, bool fill,
                         struct hl_detail *detail)
{
    struct order_deny *deny = record;
    hl_err err = find_order_hold(of, &deny->key, detail);
    if (err == HL_OK && fill) {
        deny->amount_fen = of->order.of.hold_fen;
        deny->to_budget = goes_to_budget(of);
    }
    if (err == HL_OK) {
        err = check_caused(of, detail);
    }
    if (err == HL_OK) {
        err = check_amount_held(of, deny->amount_fen, deny->to_budget, detail);
    }
    return err == HL_OK ? find_accounts(of, ORDER_BODY_DENY, record, detail)
                        : err;
}

/* Whom the issuer owes what is captured; empty: it settles that itself. */
static struct bytes creditor_of(const struct ledger_case *of)
{
    bool home =
        of->scheme.payee == HELUO__V1__SCHEME_PAYEE__SCHEME_PAYEE_HOLDER ||
        bytes_equal(of->order.of.provider, of->node);
    return home ? (struct bytes){0} : of->order.of.provider;
}

static uint64_t most_captured(const struct ledger_case *of, uint64_t price_fen)
{
    uint64_t most =
        least(of->order.of.hold_fen, ledger_share_fen(of, price_fen));
    return of->order.disputed == DISPUTE_RESOLVED
               ? least(most, of->order.max_fen)
               : most;
}

static hl_err check_capture(const struct ledger_case *of,
                            const struct order_capture *capture,
                            struct hl_detail *detail)
{
    uint64_t most = most_captured(of, capture->price_fen);
    if (of->order.disputed == DISPUTE_OPEN) {
        return ledger_refuse(detail, LEDGER_DISPUTED, "that order is disputed");
    }
    return capture->capture_fen != most ||
                   capture->rest_fen != of->order.of.hold_fen - most ||
                   capture->to_budget != goes_to_budget(of) ||
                   !bytes_equal(capture->creditor, creditor_of(of))
               ? ledger_refuse(detail, LEDGER_CAPTURE_SUM,
                               "%llu of %llu fen are captured, for %.*s",
                               (unsigned long long)most,
                               (unsigned long long)of->order.of.hold_fen,
                               BYTES_ARGS(creditor_of(of)))
               : HL_OK;
}

static hl_err find_watermark_of(struct ledger_case *of, struct bytes debtor,
                                struct bytes creditor, struct hl_detail *detail)
{
    of->watermark = (struct watermark){.debtor = debtor, .creditor = creditor};
    return ledger_find(of, &watermark_record, &of->watermark,
                       &of->watermark_kept, detail);
}

static hl_err find_watermark(struct ledger_case *of, struct bytes creditor,
                             struct hl_detail *detail)
{
    return find_watermark_of(of, of->node, creditor, detail);
}

hl_err ledger_check_capture(struct ledger_case *of, void *record, bool fill,
                            struct hl_detail *detail)
{
    struct order_capture *capture = record;
    hl_err err = find_order_hold(of, &capture->key, detail);
    if (err == HL_OK && fill) {
        capture->capture_fen = most_captured(of, capture->price_fen);
        capture->rest_fen = of->order.of.hold_fen - capture->capture_fen;
        capture->to_budget = goes_to_budget(of);
        capture->creditor = creditor_of(of);
    }
    if (err == HL_OK) {
        err = check_caused(of, detail);
    }
    if (err == HL_OK) {
        err = check_capture(of, capture, detail);
    }
    if (err == HL_OK && capture->creditor.size > 0) {
        err = find_watermark(of, capture->creditor, detail);
    }
    return err == HL_OK ? find_accounts(of, ORDER_BODY_CAPTURE, record, detail)
                        : err;
}

static hl_err check_return(const struct ledger_case *of,
                           const struct order_return *back,
                           struct hl_detail *detail)
{
    uint64_t limit = of->order.of.hold_fen;
    if (of->order.allotted == 0) {
        return ledger_refuse(detail, LEDGER_NOT_ALLOTTED,
                             "that is no allotment");
    }
    if (back->why == RETURN_CLOSED) {
        hl_err err = check_caused(of, detail);
        if (err != HL_OK) {
            return err;
        }
    }
    return back->spent_fen > limit ||
                   back->rest_fen != limit - back->spent_fen ||
                   back->to_budget != goes_to_budget(of) ||
                   !bytes_equal(back->provider, of->order.of.provider)
               ? ledger_refuse(detail, LEDGER_HOLD_SUM,
                               "%llu fen are allotted to %.*s",
                               (unsigned long long)limit,
                               BYTES_ARGS(of->order.of.provider))
               : HL_OK;
}

hl_err ledger_check_return(struct ledger_case *of, void *record, bool fill,
                           struct hl_detail *detail)
{
    struct order_return *back = record;
    hl_err err = find_hold(of, &back->key, detail);
    if (err == HL_OK && fill && back->spent_fen <= of->order.of.hold_fen) {
        back->rest_fen = of->order.of.hold_fen - back->spent_fen;
        back->to_budget = goes_to_budget(of);
        back->provider = of->order.of.provider;
    }
    if (err == HL_OK) {
        err = check_return(of, back, detail);
    }
    return err == HL_OK ? find_accounts(of, ORDER_BODY_RETURN, record, detail)
                        : err;
}

hl_err ledger_check_wait(struct ledger_case *of, void *record, bool fill,
                         struct hl_detail *detail)
{
    (void)fill;
    const struct order_wait *wait = record;
    hl_err err = find_order_open(of, &wait->key, detail);
    if (err == HL_OK) {
        err = check_caused(of, detail);
    }
    return err == HL_OK && order_has_waited(&of->order)
               ? ledger_refuse(detail, LEDGER_WAITS,
                               "it was said before what that order waits for")
               : err;
}

/* --- Orders: what the issuer's people say. ------------------------------- */

hl_err ledger_check_dispute(struct ledger_case *of, void *record, bool fill,
                            struct hl_detail *detail)
{
    (void)fill;
    const struct order_word *word = record;
    hl_err err = find_order_open(of, &word->key, detail);
    return err == HL_OK && of->order.disputed == DISPUTE_OPEN
               ? ledger_refuse(detail, LEDGER_DISPUTED,
                               "that order is disputed already")
               : err;
}

hl_err ledger_check_resolve(struct ledger_case *of, void *record, bool fill,
                            struct hl_detail *detail)
{
    (void)fill;
    const struct order_resolve *resolve = record;
    hl_err err = find_order_open(of, &resolve->key, detail);
    return err == HL_OK && resolve->max_fen > of->order.of.hold_fen
               ? ledger_refuse(detail, LEDGER_MAX_HOLD, "%llu fen are held",
                               (unsigned long long)of->order.of.hold_fen)
               : err;
}

hl_err ledger_check_confirm(struct ledger_case *of, void *record, bool fill,
                            struct hl_detail *detail)
{
    (void)fill;
    const struct order_word *word = record;
    hl_err err = find_order_open(of, &word->key, detail);
    return err == HL_OK && of->order.confirmed != 0
               ? ledger_refuse(detail, LEDGER_CONFIRMED,
                               "that order is confirmed already")
               : err;
}

hl_err ledger_check_cancel(struct ledger_case *of, void *record, bool fill,
                           struct hl_detail *detail)
{
    (void)fill;
    const struct order_word *word = record;
    hl_err err = find_open(of, &word->key, detail);
    return err == HL_OK && of->order.cancelled != 0
               ? ledger_refuse(detail, LEDGER_CANCELLED,
                               "the provider is asked already")
               : err;
}

hl_err ledger_check_review(struct ledger_case *of, void *record, bool fill,
                           struct hl_detail *detail)
{
    (void)fill;
    const struct order_review *review = record;
    hl_err err = find_order(of, &review->key, detail);
    if (err == HL_OK && !order_is_placed(&of->order)) {
        return ledger_refuse(detail, LEDGER_NO_ORDER,
                             "this node placed no such order");
    }
    if (err == HL_OK && of->order.resolved != ORDER_CAPTURED) {
        return ledger_refuse(detail, LEDGER_NOT_CAPTURED,
                             "a service is reviewed once it is captured");
    }
    return err == HL_OK && of->order.stars != 0
               ? ledger_refuse(detail, LEDGER_REVIEWED,
                               "that order is reviewed already")
               : err;
}

/* --- Orders: the provider. ----------------------------------------------- */

/* What this half said of it so far. */
static hl_err find_answer(struct ledger_case *of, const struct order_key *key,
                          struct bytes issuer, struct hl_detail *detail)
{
    hl_err err = find_order(of, key, detail);
    if (err == HL_OK && !is_caused_by(of, issuer)) {
        return ledger_refuse(detail, LEDGER_NO_ORDER,
                             "it cites no order of that issuer's");
    }
    if (err == HL_OK && order_is_requested(&of->order) &&
        !bytes_equal(of->order.issuer, issuer)) {
        return ledger_refuse(detail, LEDGER_OTHER_ORDER,
                             "this node asked another issuer");
    }
    if (err == HL_OK && of->order.answer != 0 &&
        (!bytes_equal(of->order.issuer, issuer) ||
         of->order.order_index != of->cause.index ||
         !bytes_equal(of->order.order_leaf,
                      bytes_of(of->cause.leaf.bytes, HL_HASH_BYTES)))) {
        return ledger_refuse(detail, LEDGER_OTHER_ORDER,
                             "this node answered another order of that id");
    }
    if (err == HL_OK && of->order.answer == ANSWER_DECLINED) {
        return ledger_refuse(detail, LEDGER_DECLINED,
                             "entry %llu declined that order",
                             (unsigned long long)of->order.answer_index);
    }
    return err;
}

static hl_err check_undelivered(const struct ledger_case *of,
                                struct hl_detail *detail)
{
    return of->order.answer == ANSWER_DELIVERED
               ? ledger_refuse(detail, LEDGER_DELIVERED,
                               "entry %llu delivered that order",
                               (unsigned long long)of->order.answer_index)
               : HL_OK;
}

static hl_err check_not_spent(const struct ledger_case *of,
                              struct hl_detail *detail)
{
    return of->order.answer == ANSWER_SPENT || of->order.answer == ANSWER_CLOSED
               ? ledger_refuse(detail, LEDGER_ALLOTTED,
                               "entry %llu is of it as an allotment",
                               (unsigned long long)of->order.answer_index)
               : HL_OK;
}

hl_err ledger_check_accept(struct ledger_case *of, void *record, bool fill,
                           struct hl_detail *detail)
{
    (void)fill;
    const struct order_answer *answer = record;
    hl_err err = find_answer(of, &answer->key, answer->issuer, detail);
    return err == HL_OK && of->order.answer != 0
               ? ledger_refuse(detail, LEDGER_ACCEPTED,
                               "that order was accepted before")
               : err;
}

/* What this node itself asked for, and has no answer to. */
static hl_err check_withdrawn(struct ledger_case *of,
                              const struct order_answer *answer,
                              struct hl_detail *detail)
{
    hl_err err = find_order(of, &answer->key, detail);
    bool asked = order_is_requested(&of->order) &&
                 bytes_equal(answer->key.begun_at, of->node) &&
                 bytes_equal(of->order.issuer, answer->issuer);
    if (err == HL_OK && !asked) {
        return ledger_refuse(detail, LEDGER_NO_ORDER,
                             "this node requested no such order");
    }
    return err == HL_OK && of->order.answer != ANSWER_NONE
               ? ledger_refuse(detail, LEDGER_DECLINED,
                               "entry %llu answered that order",
                               (unsigned long long)of->order.answer_index)
               : err;
}

hl_err ledger_check_decline(struct ledger_case *of, void *record, bool fill,
                            struct hl_detail *detail)
{
    (void)fill;
    const struct order_answer *answer = record;
    if (of->cause.origin.size == 0) {
        return check_withdrawn(of, answer, detail);
    }
    hl_err err = find_answer(of, &answer->key, answer->issuer, detail);
    if (err == HL_OK) {
        err = check_not_spent(of, detail);
    }
    return err == HL_OK ? check_undelivered(of, detail) : err;
}

hl_err ledger_check_deliver(struct ledger_case *of, void *record, bool fill,
                            struct hl_detail *detail)
{
    (void)fill;
    const struct order_deliver *deliver = record;
    hl_err err = find_answer(of, &deliver->key, deliver->issuer, detail);
    if (err == HL_OK) {
        err = check_not_spent(of, detail);
    }
    if (err == HL_OK) {
        err = check_undelivered(of, detail);
    }
    if (err == HL_OK && of->order.answer != ANSWER_ACCEPTED &&
        !order_is_requested(&of->order)) { /* who asks has accepted */
        return ledger_refuse(detail, LEDGER_NOT_ACCEPTED,
                             "accept that order first");
    }
    return err == HL_OK && deliver->until_ms > (uint64_t)of->now.ms
               ? ledger_refuse(detail, LEDGER_SERVICE_TIMES,
                               "the service ended later than now")
               : err;
}

static hl_err check_allotment(struct ledger_case *of,
                              const struct order_key *key, struct bytes issuer,
                              struct hl_detail *detail)
{
    hl_err err = find_answer(of, key, issuer, detail);
    if (err == HL_OK) {
        err = check_undelivered(of, detail);
    }
    return err == HL_OK && of->order.answer == ANSWER_CLOSED
               ? ledger_refuse(detail, LEDGER_CLOSED,
                               "entry %llu closed that allotment",
                               (unsigned long long)of->order.answer_index)
               : err;
}

/* Each spend says again what the allotment is: the first is held to the
 * issuer's journal by whoever has that, the others to the first. */
static bool has_other_limit(const struct ledger_case *of,
                            const struct order_spend *spend)
{
    const struct order *order = &of->order;
    bool first = order->spent_fen == 0;
    bool as_before = first || (order->limit_fen == spend->limit_fen &&
                               bytes_equal(order->expires, spend->expires));
    bool as_allotted =
        !of->share_known || (of->limit_fen == spend->limit_fen &&
                             bytes_equal(of->expires, spend->expires));
    return !as_before || !as_allotted;
}

static hl_err check_spend(const struct ledger_case *of,
                          const struct order_spend *spend,
                          struct hl_detail *detail)
{
    const struct order *order = &of->order;
    if (has_other_limit(of, spend)) {
        return ledger_refuse(detail, LEDGER_OTHER_LIMIT,
                             "it had another limit, or another last day");
    }
    if (is_after(of->now, spend->expires)) {
        return ledger_refuse(detail, LEDGER_EXPIRED, "it was spent up to %.*s",
                             BYTES_ARGS(spend->expires));
    }
    if (spend->of.until_ms > (uint64_t)of->now.ms) {
        return ledger_refuse(detail, LEDGER_SERVICE_TIMES,
                             "the service ended later than now");
    }
    if (spend->spent_after_fen < spend->amount_fen ||
        spend->spent_after_fen - spend->amount_fen != order->spent_fen) {
        return ledger_refuse(detail, LEDGER_SPENT_SUM,
                             "%llu fen of it are spent already",
                             (unsigned long long)order->spent_fen);
    }
    return spend->spent_after_fen > spend->limit_fen
               ? ledger_refuse(
                     detail, LEDGER_LIMIT_LEFT, "%llu fen of it are left",
                     (unsigned long long)(spend->limit_fen - order->spent_fen))
               : HL_OK;
}

static void fill_spend(const struct ledger_case *of, struct order_spend *spend)
{
    if (spend->limit_fen == 0) {
        spend->limit_fen = of->limit_fen;
    }
    if (spend->expires.size == 0) {
        spend->expires = of->expires;
    }
    uint64_t left = of->limit_fen > of->order.spent_fen
                        ? of->limit_fen - of->order.spent_fen
                        : 0;
    if (spend->amount_fen == 0) {
        spend->amount_fen = least(of->share_fen, left);
    }
    if (spend->spent_after_fen == 0) {
        spend->spent_after_fen = of->order.spent_fen + spend->amount_fen;
    }
}

hl_err ledger_check_spend(struct ledger_case *of, void *record, bool fill,
                          struct hl_detail *detail)
{
    struct order_spend *spend = record;
    hl_err err = check_allotment(of, &spend->of.key, spend->of.issuer, detail);
    if (err == HL_OK && fill) {
        fill_spend(of, spend);
    }
    if (err == HL_OK && of->share_known &&
        (spend->amount_fen > of->share_fen || of->share_fen == 0)) {
        return ledger_refuse(detail, LEDGER_HOLD_SHARE,
                             "the scheme pays %llu fen of that price",
                             (unsigned long long)of->share_fen);
    }
    if (err == HL_OK && fill && spend->amount_fen == 0) {
        return ledger_refuse(detail, LEDGER_LIMIT_LEFT,
                             "nothing of it is left");
    }
    if (err == HL_OK) {
        err = check_spend(of, spend, detail);
    }
    if (err == HL_OK) {
        err = find_watermark_of(of, spend->of.issuer, of->node, detail);
    }
    return err == HL_OK &&
                   spend->amount_fen > INT64_MAX - of->watermark.amount_fen
               ? ledger_refuse(detail, LEDGER_ACCOUNT_ROOM,
                               "what that issuer owes has no room for more")
               : err;
}

hl_err ledger_check_close(struct ledger_case *of, void *record, bool fill,
                          struct hl_detail *detail)
{
    struct order_close *close = record;
    hl_err err = check_allotment(of, &close->key, close->issuer, detail);
    if (err == HL_OK && fill && close->spent_fen == 0) {
        close->spent_fen = of->order.spent_fen;
    }
    return err == HL_OK && close->spent_fen != of->order.spent_fen
               ? ledger_refuse(detail, LEDGER_SPENT_SUM,
                               "%llu fen of it are spent",
                               (unsigned long long)of->order.spent_fen)
               : err;
}

/* What may be given back of it, all in all. */
static uint64_t adjust_most(const struct ledger_case *of)
{
    uint64_t got = of->order.answer == ANSWER_DELIVERED
                       ? of->order.delivered_fen
                       : of->order.spent_fen;
    return of->owed_known ? least(got, of->owed_fen) : got;
}

hl_err ledger_check_adjust(struct ledger_case *of, void *record, bool fill,
                           struct hl_detail *detail)
{
    (void)fill;
    const struct order_adjust *adjust = record;
    hl_err err = find_answer(of, &adjust->key, adjust->issuer, detail);
    if (err == HL_OK && adjust_most(of) == 0) {
        return ledger_refuse(detail, LEDGER_NOTHING_OWED,
                             "this node delivered no such order");
    }
    if (err == HL_OK && bytes_equal(adjust->issuer, of->node)) {
        return ledger_refuse(detail, LEDGER_NOTHING_OWED,
                             "a node owes itself nothing");
    }
    uint64_t most = adjust_most(of);
    if (err == HL_OK && (of->order.adjusted_fen > most ||
                         adjust->amount_fen > most - of->order.adjusted_fen)) {
        return ledger_refuse(detail, LEDGER_ADJUST_SUM,
                             "%llu fen of %llu are given back already",
                             (unsigned long long)of->order.adjusted_fen,
                             (unsigned long long)most);
    }
    if (err == HL_OK) {
        err = find_watermark(of, adjust->issuer, detail);
    }
    return err == HL_OK ? find_accounts(of, ORDER_BODY_ADJUST, record, detail)
                        : err;
}
