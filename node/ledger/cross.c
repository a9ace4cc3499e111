/* SPDX-License-Identifier: Apache-2.0 */
#include "node/ledger/cross.h"

#include "heluo/v1/order.pb-c.h"
#include "heluo/v1/record_kind.pb-c.h"
#include "node/catalogue/instrument.h"
#include "node/catalogue/rules.h"
#include "protocol/base/hash.h"

#define OF(type, number_, field_, kind_, max_, key_)                           \
    {                                                                          \
        .number = (number_), .name = #field_, .kind = (kind_),                 \
        .offset = offsetof(struct type, field_), .max = (max_), .key = (key_)  \
    }
#define UINT(type, number, field, key)                                         \
    OF(type, number, field, FIELD_UINT, UINT64_MAX, key)
#define BYTES(type, number, field, key)                                        \
    OF(type, number, field, FIELD_BYTES, HL_HASH_BYTES, key)
#define TEXT(type, number, field, key)                                         \
    OF(type, number, field, FIELD_TEXT, 64, key)
#define ORDER(type, number, field, key)                                        \
    TEXT(type, number, field.begun_at, key),                                   \
        BYTES(type, (number) + 1, field.id, key)
#define CLAIM(type, number, field, key)                                        \
    ORDER(type, number, field.of, key),                                        \
        UINT(type, (number) + 2, field.index, false),                          \
        BYTES(type, (number) + 3, field.leaf, false)

static const struct field invoice_fields[] = {
    UINT(invoice, 1, key, true),    BYTES(invoice, 2, print, true),
    UINT(invoice, 3, count, false), CLAIM(invoice, 4, first, false),
    CLAIM(invoice, 8, last, false),
};

static const struct field machine_fields[] = {
    BYTES(machine, 1, item, true),
    UINT(machine, 2, from_ms, true),
    UINT(machine, 3, until_ms, true),
    CLAIM(machine, 4, claim, true),
};

static const struct field contract_fields[] = {
    TEXT(contract, 1, scheme, true),     BYTES(contract, 2, holder, true),
    TEXT(contract, 3, provider, true),   TEXT(contract, 4, unit_scheme, true),
    TEXT(contract, 5, unit_id, true),    UINT(contract, 6, month, true),
    UINT(contract, 7, orders, false),    UINT(contract, 8, price_fen, false),
    UINT(contract, 9, below_fen, false),
};

static const struct field spend_fields[] = {
    ORDER(spend, 1, of, true),
    UINT(spend, 3, index, true),
    UINT(spend, 4, from_ms, false),
    UINT(spend, 5, until_ms, false),
    TEXT(spend, 6, unit_scheme, false),
    TEXT(spend, 7, unit_id, false),
    UINT(spend, 8, item_kind, false),
    TEXT(spend, 9, item_home, false),
    OF(spend, 10, item_inner_id, FIELD_TEXT, INNER_ID_MAX_BYTES, false),
    UINT(spend, 11, catalogue, false),
};

#define TYPE(number_, name_, fields_, count_)                                  \
    {                                                                          \
        .number = (number_), .name = #name_, .size = sizeof(struct name_),     \
        .fields = (fields_), .field_count = (count_),                          \
        .schema = &heluo__v1__##name_##_row__descriptor                        \
    }
#define COUNT(fields) (sizeof(fields) / sizeof((fields)[0]))

const struct record_type invoice_record =
    TYPE(20, invoice, invoice_fields, COUNT(invoice_fields));
const struct record_type machine_record =
    TYPE(21, machine, machine_fields, COUNT(machine_fields));
const struct record_type contract_record =
    TYPE(22, contract, contract_fields, COUNT(contract_fields));
const struct record_type spend_record =
    TYPE(27, spend, spend_fields, COUNT(spend_fields));
const struct record_type machine_item_record =
    TYPE(21, machine, machine_fields, 1);

bool order_key_equal(const struct order_key *a, const struct order_key *b)
{
    return bytes_equal(a->id, b->id) && bytes_equal(a->begun_at, b->begun_at);
}

bool machine_overlaps(const struct machine *a, const struct machine *b)
{
    return a->from_ms < b->until_ms && b->from_ms < a->until_ms;
}

bool machine_of_delivery(const struct order *answer, struct hl_hash *item,
                         struct machine *out)
{
    struct instrument instrument = {
        .of = {.home = answer->served_home,
               .unit_scheme = answer->served_unit_scheme,
               .unit_id = answer->served_unit_id,
               .inner_id = answer->served_inner_id}};
    struct writer key = {0};
    if (answer->served_kind != HELUO__V1__RECORD_KIND__RECORD_KIND_INSTRUMENT) {
        return false;
    }
    record_key(&instrument_record, &instrument, &key);
    *item = hash_bytes(writer_view(&key));
    writer_fini(&key);
    *out = (struct machine){
        .item = bytes_of(item->bytes, HL_HASH_BYTES),
        .from_ms = answer->from_ms,
        .until_ms = answer->until_ms,
        .claim = {.of = answer->of.key},
    };
    return true;
}

struct spend spend_of_answer(const struct order *answer)
{
    return (struct spend){
        .of = answer->of.key,
        .index = answer->answer_index,
        .from_ms = answer->from_ms,
        .until_ms = answer->until_ms,
        .unit_scheme = answer->served_unit_scheme,
        .unit_id = answer->served_unit_id,
        .item_kind = answer->served_kind,
        .item_home = answer->served_home,
        .item_inner_id = answer->served_inner_id,
        .catalogue = answer->catalogue,
    };
}

void spend_as_answer(const struct spend *spend, struct order *answer)
{
    answer->answer = ANSWER_SPENT;
    answer->answer_index = spend->index;
    answer->from_ms = spend->from_ms;
    answer->until_ms = spend->until_ms;
    answer->served_unit_scheme = spend->unit_scheme;
    answer->served_unit_id = spend->unit_id;
    answer->served_kind = spend->item_kind;
    answer->served_home = spend->item_home;
    answer->served_inner_id = spend->item_inner_id;
    answer->catalogue = spend->catalogue;
}

/* The month in UTC+8, as in ContractRow. */
static uint64_t month_of(struct hl_wall wall)
{
    char day[DAY_TEXT_BYTES];
    uint64_t month = 0;
    day_of(wall, 0, day);
    for (const char *c = day; c < day + 7; c++) {
        month = *c == '-' ? month : month * 10 + (uint64_t)(*c - '0');
    }
    return month;
}

struct contract contract_of_order(const struct order *order,
                                  const struct voucher *voucher)
{
    return (struct contract){
        .scheme = voucher->of.scheme,
        .holder = voucher->of.holder,
        .provider = order->of.provider,
        .unit_scheme = order->of.unit_scheme,
        .unit_id = order->of.unit_id,
        .month = month_of((struct hl_wall){(int64_t)order->placed_at_ms}),
    };
}

bool contract_is_split(const struct contract *contract)
{
    return contract->orders > 1 && contract->below_fen > 0 &&
           contract->price_fen >= contract->below_fen;
}
