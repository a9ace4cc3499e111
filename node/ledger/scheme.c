/* SPDX-License-Identifier: Apache-2.0 */
#include "node/ledger/scheme.h"

#include <string.h>

#include "heluo/v1/scheme.pb-c.h"
#include "node/catalogue/rules.h"
#include "node/catalogue/unit_id.h"
#include "node/ledger/refusal.h"

enum {
    RATE_MAX_BP = 10000,
    DAYS_MAX = 3660,
    VERSION_MAX = 9999,
    RATES_MAX = 200,
    PROVIDERS_MAX = 500,
    PARTNERS_MAX = 400,
    KINDS_MASK = 0x7e, /* bits 1 to 6 */
    ISSUE_UNIT_MAX_FEN = 100000000,
};

/* --- Rules of fields. ---------------------------------------------------- */

hl_err scheme_rule_id(struct bytes text, struct hl_detail *detail)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-') {
            return hl_fail(detail, HL_EMALFORMED,
                           "a scheme's id is made of a-z, 0-9 and '-'");
        }
    }
    return HL_OK;
}

static hl_err rule_county(struct bytes text, struct hl_detail *detail)
{
    bool good = text.size % 2 == 0;
    for (size_t i = 0; i < text.size; i++) {
        good = good && character_is_digit(text.data[i]);
    }
    return good ? HL_OK
                : hl_fail(detail, HL_EMALFORMED,
                          "no division's first 2, 4 or 6 digits");
}

/* --- Items of lists. ----------------------------------------------------- */

#define PLAIN(type, number_, name_, kind_, min_, max_, rule_)                  \
    ROW(type, number_, name_, kind_, min_, max_, false, rule_, NULL)

static const struct field rate_fields[] = {
    PLAIN(scheme_rate, 1, level, FIELD_TEXT, 1, 30, character_validate_line),
    PLAIN(scheme_rate, 2, county, FIELD_TEXT, 0, 6, rule_county),
    PLAIN(scheme_rate, 3, kind, FIELD_UINT, 0, 6, NULL),
    PLAIN(scheme_rate, 4, supplier, FIELD_UINT, 0, 2, NULL),
    PLAIN(scheme_rate, 5, rate_bp, FIELD_UINT, 1, RATE_MAX_BP, NULL),
    PLAIN(scheme_rate, 6, order_max_fen, FIELD_UINT, 0, MONEY_MAX_FEN, NULL),
};

static const struct field provider_fields[] = {
    PLAIN(scheme_provider, 1, unit_scheme, FIELD_TEXT, 1, 16, NULL),
    PLAIN(scheme_provider, 2, unit_id, FIELD_TEXT, 1, 64, NULL),
};

static const struct field partner_fields[] = {
    PLAIN(scheme_partner, 1, node, FIELD_TEXT, 1, 63, rule_home),
};

static hl_err validate_provider(const void *record, struct hl_detail *detail)
{
    const struct scheme_provider *provider = record;
    return unit_id_validate(provider->unit_scheme, provider->unit_id, detail);
}

#define ITEMS(name_, fields_, schema_, validate_)                              \
    {                                                                          \
        .name = #name_, .size = sizeof(struct name_), .fields = (fields_),     \
        .field_count = sizeof(fields_) / sizeof((fields_)[0]),                 \
        .schema = &heluo__v1__##schema_##__descriptor, .validate = (validate_) \
    }

const struct record_type scheme_rate_record =
    ITEMS(scheme_rate, rate_fields, scheme_rate, NULL);
const struct record_type scheme_provider_record =
    ITEMS(scheme_provider, provider_fields, scheme_provider, validate_provider);
const struct record_type scheme_partner_record =
    ITEMS(scheme_partner, partner_fields, scheme_partner, NULL);

/* --- The scheme. --------------------------------------------------------- */

#define LIST(number_, name_, min_, max_, items_)                               \
    {                                                                          \
        .number = (number_), .name = #name_, .kind = FIELD_LIST,               \
        .offset = offsetof(struct scheme, name_), .min = (min_),               \
        .max = (max_), .items = (items_)                                       \
    }
#define MONEY(number, name)                                                    \
    PLAIN(scheme, number, name, FIELD_UINT, 0, MONEY_MAX_FEN, NULL)

static const struct field fields[] = {
    ROW(scheme, 1, id, FIELD_TEXT, 1, 40, true, scheme_rule_id, NULL),
    ROW(scheme, 2, version, FIELD_UINT, 1, VERSION_MAX, true, NULL, NULL),
    ROW_NAME(scheme, 3, name_zh, 1, 300),
    ROW_NAME(scheme, 4, name_en, 0, 300),
    ROW_TEXT(scheme, 5, source, 0, 2000),
    MONEY(6, budget_fen),
    ROW_RULED(scheme, 7, issue_from, 10, rule_date),
    ROW_RULED(scheme, 8, issue_until, 10, rule_date),
    PLAIN(scheme, 9, issue_unit_fen, FIELD_UINT, 1, ISSUE_UNIT_MAX_FEN, NULL),
    MONEY(10, voucher_max_fen),
    PLAIN(scheme, 11, use_days, FIELD_UINT, 0, DAYS_MAX, NULL),
    ROW_RULED(scheme, 12, use_until, 10, rule_date),
    PLAIN(scheme, 13, claim_days, FIELD_UINT, 0, DAYS_MAX, NULL),
    ROW_RULED(scheme, 14, claim_until, 10, rule_date),
    PLAIN(scheme, 15, payee, FIELD_UINT, 1, 2, NULL),
    MONEY(16, order_max_fen),
    MONEY(17, holder_year_max_fen),
    MONEY(18, controller_year_max_fen),
    PLAIN(scheme, 19, confirm_days, FIELD_UINT, 0, DAYS_MAX, NULL),
    PLAIN(scheme, 20, kinds, FIELD_UINT, 0, KINDS_MASK, NULL),
    LIST(21, rates, 1, RATES_MAX, &scheme_rate_record),
    LIST(22, providers, 0, PROVIDERS_MAX, &scheme_provider_record),
    LIST(23, partners, 0, PARTNERS_MAX, &scheme_partner_record),
    PLAIN(scheme, 24, hold_checks, FIELD_UINT, 0, UINT32_MAX, NULL),
    MONEY(25, split_below_fen),
    PLAIN(scheme, 26, desk_days, FIELD_UINT, 0, DAYS_MAX, NULL),
};

const struct field *const scheme_rates = &fields[20];
const struct field *const scheme_providers = &fields[21];
const struct field *const scheme_partners = &fields[22];

static bool same_place(const struct scheme_rate *a, const struct scheme_rate *b)
{
    return bytes_equal(a->level, b->level) &&
           bytes_equal(a->county, b->county) && a->kind == b->kind &&
           a->supplier == b->supplier;
}

/* The levels of a scheme, and the most that each pays. */
struct levels {
    struct bytes names[SCHEME_LEVELS_MAX];
    uint64_t most_bp[SCHEME_LEVELS_MAX];
    size_t count;
};

/* NULL: there is no room for one more. */
static uint64_t *level_of(struct levels *levels, struct bytes name)
{
    size_t i = 0;
    while (i < levels->count && !bytes_equal(levels->names[i], name)) {
        i++;
    }
    if (i == SCHEME_LEVELS_MAX) {
        return NULL;
    }
    if (i == levels->count) {
        levels->names[levels->count++] = name;
    }
    return &levels->most_bp[i];
}

/* That no rate stands twice. */
static hl_err check_once(const struct scheme *scheme,
                         const struct scheme_rate *rate, unsigned number,
                         struct hl_detail *detail)
{
    struct record_list list;
    struct scheme_rate other;
    record_list_init(&list, scheme_rates, scheme->rates);
    for (unsigned i = 1; i < number && record_list_next(&list, &other); i++) {
        if (same_place(rate, &other)) {
            return hl_fail(detail, HL_EMALFORMED,
                           "field rates: numbers %u and %u are for the same "
                           "level, county, kind and supplier",
                           i, number);
        }
    }
    return HL_OK;
}

static hl_err validate_rates(const struct scheme *scheme,
                             struct hl_detail *detail)
{
    struct record_list list;
    struct scheme_rate rate;
    struct levels levels = {0};
    uint64_t sum = 0;
    unsigned number = 0;
    record_list_init(&list, scheme_rates, scheme->rates);
    while (record_list_next(&list, &rate)) {
        hl_err err = check_once(scheme, &rate, ++number, detail);
        uint64_t *most = level_of(&levels, rate.level);
        if (err != HL_OK) {
            return err;
        }
        if (most == NULL) {
            return hl_fail(detail, HL_ELIMIT,
                           "field rates: more than %d levels",
                           SCHEME_LEVELS_MAX);
        }
        *most = rate.rate_bp > *most ? rate.rate_bp : *most;
    }
    for (size_t i = 0; i < levels.count; i++) {
        sum += levels.most_bp[i];
    }
    return sum <= RATE_MAX_BP
               ? HL_OK
               : hl_fail(detail, HL_EMALFORMED,
                         "field rates: the levels pay up to %llu of 10,000 "
                         "together",
                         (unsigned long long)sum);
}

static bool is_before(struct bytes day, struct bytes other)
{
    return day.size > 0 && other.size > 0 && bytes_compare(day, other) < 0;
}

static hl_err validate_days(const struct scheme *scheme,
                            struct hl_detail *detail)
{
    if (scheme->use_days == 0 && scheme->use_until.size == 0) {
        return hl_fail(detail, HL_EMALFORMED,
                       "field use_days: missing, and use_until too: how long a "
                       "voucher is used");
    }
    if (scheme->claim_days == 0 && scheme->claim_until.size == 0) {
        return hl_fail(detail, HL_EMALFORMED,
                       "field claim_days: missing, and claim_until too: how "
                       "long what was used is claimed");
    }
    if (is_before(scheme->issue_until, scheme->issue_from)) {
        return hl_fail(detail, HL_EMALFORMED,
                       "field issue_until: before issue_from");
    }
    if (is_before(scheme->use_until, scheme->issue_from)) {
        return hl_fail(detail, HL_EMALFORMED,
                       "field use_until: before issue_from");
    }
    return is_before(scheme->claim_until, scheme->use_until)
               ? hl_fail(detail, HL_EMALFORMED,
                         "field claim_until: before use_until")
               : HL_OK;
}

static hl_err validate(const void *record, struct hl_detail *detail)
{
    const struct scheme *scheme = record;
    hl_err err = validate_days(scheme, detail);
    if (err == HL_OK && (scheme->kinds & ~(uint64_t)KINDS_MASK) != 0) {
        err = hl_fail(detail, HL_EMALFORMED,
                      "field kinds: a bit of no kind of service");
    }
    return err == HL_OK ? validate_rates(scheme, detail) : err;
}

const struct record_type scheme_record = {
    .number = 8,
    .name = "scheme",
    .size = sizeof(struct scheme),
    .fields = fields,
    .field_count = sizeof(fields) / sizeof(fields[0]),
    .schema = &heluo__v1__scheme_put__descriptor,
    .validate = validate,
};

/* --- Vouchers. ----------------------------------------------------------- */

/* The earlier of so many days after `from` and that day; 0, empty: no bound. */
static void earlier(struct bytes from, uint64_t days, struct bytes until,
                    char out[DAY_TEXT_BYTES])
{
    if (days > 0) {
        day_after(from, days, out);
    }
    if (days == 0 ||
        (until.size > 0 && bytes_compare(until, bytes_of_text(out)) < 0)) {
        memcpy(out, until.data, DAY_TEXT_BYTES - 1);
        out[DAY_TEXT_BYTES - 1] = '\0';
    }
}

void scheme_clocks(const struct scheme *scheme, struct hl_wall issued,
                   struct scheme_clocks *out)
{
    char today[DAY_TEXT_BYTES];
    day_of(issued, 0, today);
    earlier(bytes_of_text(today), scheme->use_days, scheme->use_until,
            out->use_until);
    earlier(bytes_of_text(out->use_until), scheme->claim_days,
            scheme->claim_until, out->claim_until);
}

hl_err scheme_may_issue(const struct scheme *scheme, uint64_t amount_fen,
                        struct hl_wall now, struct hl_detail *detail)
{
    char text[DAY_TEXT_BYTES];
    struct scheme_clocks clocks;
    day_of(now, 0, text);
    struct bytes today = bytes_of_text(text);
    scheme_clocks(scheme, now, &clocks);
    if (amount_fen == 0 || amount_fen % scheme->issue_unit_fen != 0) {
        return ledger_refuse(detail, LEDGER_AMOUNT_UNIT,
                             "%llu fen are no multiple of %llu",
                             (unsigned long long)amount_fen,
                             (unsigned long long)scheme->issue_unit_fen);
    }
    if (amount_fen > MONEY_MAX_FEN ||
        (scheme->voucher_max_fen > 0 && amount_fen > scheme->voucher_max_fen)) {
        return ledger_refuse(detail, LEDGER_AMOUNT_MAX,
                             "%llu fen, and a voucher of this scheme has "
                             "at most %llu",
                             (unsigned long long)amount_fen,
                             (unsigned long long)scheme->voucher_max_fen);
    }
    if (is_before(today, scheme->issue_from)) {
        return ledger_refuse(detail, LEDGER_ISSUE_CLOSED,
                             "vouchers of this scheme are issued from %.*s on",
                             BYTES_ARGS(scheme->issue_from));
    }
    if (is_before(scheme->issue_until, today)) {
        return ledger_refuse(detail, LEDGER_ISSUE_CLOSED,
                             "vouchers of this scheme were issued up to %.*s",
                             BYTES_ARGS(scheme->issue_until));
    }
    return is_before(bytes_of_text(clocks.use_until), today)
               ? ledger_refuse(detail, LEDGER_ISSUE_CLOSED,
                               "vouchers of this scheme are used up to %s",
                               clocks.use_until)
               : HL_OK;
}

/* --- Orders. ------------------------------------------------------------- */

static bool fits(const struct scheme_rate *rate,
                 const struct scheme_order *order)
{
    bool county = rate->county.size <= order->county.size &&
                  bytes_equal(rate->county,
                              bytes_slice(order->county, 0, rate->county.size));
    bool supplier =
        rate->supplier == HELUO__V1__SCHEME_SUPPLIER__SCHEME_SUPPLIER_ANY ||
        (rate->supplier == HELUO__V1__SCHEME_SUPPLIER__SCHEME_SUPPLIER_LOCAL) ==
            order->local;
    return county && supplier && (rate->kind == 0 || rate->kind == order->kind);
}

/* Greater: it is for less. */
static unsigned narrowness(const struct scheme_rate *rate)
{
    return (unsigned)rate->county.size * 4 + (rate->kind != 0 ? 2 : 0) +
           (rate->supplier != 0 ? 1 : 0);
}

static uint64_t part_fen(const struct scheme_rate *rate, uint64_t price_fen)
{
    uint64_t part = price_fen * rate->rate_bp / RATE_MAX_BP;
    return rate->order_max_fen > 0 && part > rate->order_max_fen
               ? rate->order_max_fen
               : part;
}

uint64_t scheme_share_fen(const struct scheme *scheme,
                          const struct scheme_order *order)
{
    struct record_list list;
    struct scheme_rate rate, best[SCHEME_LEVELS_MAX];
    struct levels levels = {0};
    uint64_t share = 0;
    record_list_init(&list, scheme_rates, scheme->rates);
    while (record_list_next(&list, &rate)) {
        if (!fits(&rate, order)) {
            continue;
        }
        size_t seen = levels.count;
        uint64_t *place = level_of(&levels, rate.level);
        struct scheme_rate *of = &best[place - levels.most_bp];
        if (levels.count > seen || narrowness(&rate) > narrowness(of)) {
            *of = rate;
        }
    }
    for (size_t i = 0; i < levels.count; i++) {
        share += part_fen(&best[i], order->price_fen);
    }
    return scheme->order_max_fen > 0 && share > scheme->order_max_fen
               ? scheme->order_max_fen
               : share;
}

static bool has_provider(const struct scheme *scheme, struct bytes unit_scheme,
                         struct bytes unit_id)
{
    struct record_list list;
    struct scheme_provider provider;
    record_list_init(&list, scheme_providers, scheme->providers);
    while (record_list_next(&list, &provider)) {
        if (bytes_equal(provider.unit_scheme, unit_scheme) &&
            bytes_equal(provider.unit_id, unit_id)) {
            return true;
        }
    }
    return scheme->providers.size == 0;
}

static bool has_partner(const struct scheme *scheme, struct bytes node)
{
    struct record_list list;
    struct scheme_partner partner;
    record_list_init(&list, scheme_partners, scheme->partners);
    while (record_list_next(&list, &partner)) {
        if (bytes_equal(partner.node, node)) {
            return true;
        }
    }
    return scheme->partners.size == 0;
}

hl_err scheme_may_buy(const struct scheme *scheme, uint64_t kind,
                      struct bytes node, struct bytes unit_scheme,
                      struct bytes unit_id, struct hl_detail *detail)
{
    if (scheme->kinds != 0 && (kind > 6 || (scheme->kinds >> kind & 1) == 0)) {
        return ledger_refuse(
            detail, LEDGER_KIND_EXCLUDED,
            "this scheme does not pay for services of that kind");
    }
    if (!has_partner(scheme, node)) {
        return ledger_refuse(
            detail, LEDGER_PARTNER_EXCLUDED,
            "vouchers of this scheme are not used at node %.*s",
            BYTES_ARGS(node));
    }
    return has_provider(scheme, unit_scheme, unit_id)
               ? HL_OK
               : ledger_refuse(
                     detail, LEDGER_PROVIDER_EXCLUDED,
                     "%.*s:%.*s is not in this scheme's list of providers",
                     BYTES_ARGS(unit_scheme), BYTES_ARGS(unit_id));
}
