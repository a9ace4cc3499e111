/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "tests/sim/trade_inside.h"

/* What issuers ask: schemes, and vouchers. */

enum {
    SCHEMES = 3, /* of a city */
    HOLDERS = 3, /* of a city; and under how many controllers */
    CONTROLLERS = 2,
    TRIES = 40,
    HOLD_USUAL = 1 << 1,                           /* validity */
    HOLD_MORE = 1 << 1 | 1 << 6 | 1 << 7 | 1 << 8, /* and collisions */
};

/* --- Schemes. ------------------------------------------------------------ */

static void add_rate(struct platform *platform, struct scheme *scheme,
                     struct writer *rates, const char *level,
                     const char *county)
{
    struct scheme_rate rate = {
        .level = bytes_of_text(level),
        .county = bytes_of_text(county),
        .kind = trade_percent(platform, 30) ? 2 : 0,
        .supplier = trade_below(platform, 3),
        .rate_bp = 1 + trade_below(platform, 4000),
        .order_max_fen = trade_percent(platform, 30) ? 12345 : 0,
    };
    record_list_add(scheme_rates, &rate, rates);
    scheme->rates = writer_view(rates);
}

static void choose_rates(struct platform *platform, struct scheme *scheme,
                         struct writer *rates)
{
    struct scheme_rate any = {.level = bytes_of_text("city"),
                              .rate_bp = 2000 + trade_below(platform, 3000)};
    record_list_add(scheme_rates, &any, rates);
    scheme->rates = writer_view(rates);
    if (trade_percent(platform, 50)) {
        add_rate(platform, scheme, rates, "city", "41");
    }
    if (trade_percent(platform, 40)) {
        add_rate(platform, scheme, rates, "province", "");
    }
}

static void choose_clocks(struct platform *platform, const struct host *host,
                          struct scheme *scheme, struct trade_days *days)
{
    switch (trade_below(platform, 6)) {
    case 0: /* today, and no longer */
        scheme->use_until = trade_day(days, host, 0);
        scheme->claim_until = trade_day(days, host, 0);
        break;
    case 1:
        scheme->use_until = trade_day(days, host, 0);
        scheme->claim_days = 1 + trade_below(platform, 2);
        break;
    case 2:
    case 3:
        scheme->use_days = 1;
        scheme->claim_days = 1;
        break;
    default:
        scheme->use_days = 365;
        scheme->claim_days = 30;
        break;
    }
    if (trade_percent(platform, 3)) {
        scheme->issue_until = trade_day(days, host, -1);
    }
}

static void choose_lists(struct platform *platform, struct scheme *scheme,
                         struct writer *providers, struct writer *partners)
{
    struct scheme_provider provider = {
        bytes_of_text("nrii"),
        bytes_of_text(trade_percent(platform, 50)
                          ? TRADE_UNIT
                          : "ffffffffffffffffffffffffffffffff")};
    if (trade_percent(platform, 10)) {
        record_list_add(scheme_providers, &provider, providers);
        scheme->providers = writer_view(providers);
    }
    for (int i = 0; i < 4 && trade_percent(platform, i == 0 ? 15 : 70); i++) {
        struct scheme_partner partner = {
            trade_node(platform, trade_city(platform))};
        record_list_add(scheme_partners, &partner, partners);
        scheme->partners = writer_view(partners);
    }
}

static uint64_t some_bound(struct platform *platform, uint64_t least_fen)
{
    return trade_percent(platform, 40)
               ? 0
               : least_fen + trade_below(platform, least_fen);
}

void trade_put_scheme(struct platform *platform, struct host *host)
{
    unsigned *asked = &platform->trade.schemes[host->city];
    struct writer rates = {0}, providers = {0}, partners = {0};
    struct trade_days days = {0};
    char id[8];
    snprintf(id, sizeof(id), "s%u", *asked % SCHEMES);
    struct scheme scheme = {
        .id = bytes_of_text(id),
        .version = *asked / SCHEMES + 1,
        .name_zh = bytes_of_text("\xe5\x88\xb8"),
        .budget_fen = 200000 + trade_below(platform, 800000),
        .issue_unit_fen = 100,
        .voucher_max_fen = trade_percent(platform, 50) ? 80000 : 0,
        .payee = trade_percent(platform, 70) ? 1 : 2,
        .order_max_fen = trade_percent(platform, 30) ? 30001 : 0,
        .holder_year_max_fen = some_bound(platform, 20000),
        .controller_year_max_fen = some_bound(platform, 15000),
        .confirm_days =
            trade_percent(platform, 60) ? 0 : 1 + trade_below(platform, 2),
        .desk_days =
            trade_percent(platform, 20) ? 0 : 1 + trade_below(platform, 2),
        .kinds = trade_percent(platform, 20) ? 6 : 0,
        .hold_checks = trade_percent(platform, 20)   ? 0
                       : trade_percent(platform, 80) ? HOLD_USUAL
                                                     : HOLD_MORE,
        .split_below_fen = trade_percent(platform, 60) ? 60000 : 0,
    };
    *asked += trade_percent(platform, 95); /* else that version again */
    choose_rates(platform, &scheme, &rates);
    choose_clocks(platform, host, &scheme, &days);
    choose_lists(platform, &scheme, &providers, &partners);
    trade_say(platform, host, SCHEME_BODY_PUT, &scheme, 0);
    writer_fini(&rates);
    writer_fini(&providers);
    writer_fini(&partners);
}

void trade_put_first(struct platform *platform, struct host *host)
{
    for (int i = 0; i < SCHEMES; i++) {
        trade_put_scheme(platform, host);
    }
}

/* --- Vouchers. ----------------------------------------------------------- */

static void ask_about_voucher(struct platform *platform, struct host *host,
                              uint32_t body, const void *record, size_t number)
{
    struct request *request = trade_make(platform, host, body, record, 0);
    request->money.voucher = number;
    trade_ask(request);
}

static void token(struct platform *platform, const struct host *host, char kind,
                  unsigned number, uint8_t out[16])
{
    (void)platform;
    memset(out, 0, 16);
    out[0] = (uint8_t)kind;
    out[1] = (uint8_t)(host->city + 1);
    out[2] = (uint8_t)number;
}

void trade_issue(struct platform *platform, struct host *host)
{
    struct trade *trade = &platform->trade;
    if (trade->voucher_count == trade->voucher_capacity) {
        trade->voucher_capacity = trade->voucher_capacity * 2 + 64;
        trade->vouchers = hl_realloc(trade->vouchers, trade->voucher_capacity,
                                     sizeof(trade->vouchers[0]));
    }
    struct trade_voucher *voucher = &trade->vouchers[trade->voucher_count++];
    *voucher = (struct trade_voucher){.city = host->city};
    rng_fill(&trade->rng, voucher->id, sizeof(voucher->id));
    uint8_t holder[16], controller[16];
    unsigned who = (unsigned)trade_below(platform, HOLDERS);
    token(platform, host, 'h', who, holder);
    token(platform, host, 'c', who % CONTROLLERS, controller);
    char scheme[8];
    snprintf(scheme, sizeof(scheme), "s%u",
             (unsigned)trade_below(platform, SCHEMES));
    struct voucher_issue issue = {
        .id = bytes_of(voucher->id, sizeof(voucher->id)),
        .scheme = bytes_of_text(scheme),
        .scheme_version = trade_percent(platform, 5) ? 1 : 0,
        .holder = bytes_of(holder, sizeof(holder)),
        .controller =
            bytes_of(controller, trade_percent(platform, 70) ? 16 : 0),
        .county = bytes_of_text(trade_percent(platform, 50) ? "410105" : ""),
        .amount_fen = 100 * (50 + trade_below(platform, 850)) +
                      (trade_percent(platform, 4) ? 1 : 0),
    };
    ask_about_voucher(platform, host, VOUCHER_BODY_ISSUE, &issue,
                      trade->voucher_count);
}

/* A good one of that city, or now and then any. Its number; 0: none is known.
 */
size_t trade_voucher(struct platform *platform, size_t city)
{
    const struct trade *trade = &platform->trade;
    bool any = trade_percent(platform, 4);
    for (int i = 0; i < TRIES && trade->voucher_count > 0; i++) {
        size_t at = (size_t)trade_below(platform, trade->voucher_count);
        const struct trade_voucher *voucher = &trade->vouchers[at];
        bool good = voucher->city == city && voucher->issued && !voucher->ended;
        if (any || good) {
            return at + 1;
        }
    }
    return 0;
}

void trade_end(struct platform *platform, struct host *host)
{
    size_t number = trade_voucher(platform, host->city);
    if (number == 0) {
        return;
    }
    struct trade_voucher *voucher = &platform->trade.vouchers[number - 1];
    struct voucher_ended ended = {
        .id = bytes_of(voucher->id, sizeof(voucher->id)),
        .how = 1 + trade_below(platform, 3),
        .reason = bytes_of_text("so it is"),
    };
    ask_about_voucher(platform, host, VOUCHER_BODY_END, &ended, number);
}
