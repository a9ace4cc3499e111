/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/catalogue_checks.h"

#include "heluo/v1/record_kind.pb-c.h"
#include "node/catalogue/instrument.h"
#include "node/catalogue/service_item.h"
#include "node/catalogue/unit.h"
#include "node/projection/row.h"

/* Whether the half has it, active; fills in the record. */
static hl_err find(const struct tables *tables, uint32_t number,
                   const struct record_type *type, void *record, bool *active,
                   struct hl_detail *detail)
{
    struct writer key = {0};
    struct row row;
    record_key(type, record, &key);
    struct store_key at = row_key(number, type, writer_view(&key));
    writer_fini(&key);
    hl_err err = row_get(tables, &at, number, &row, active, detail);
    if (err == HL_OK && *active) {
        record_decode(type, row.record, record);
        *active = !row.retired && !row.released;
    }
    return err;
}

static struct homed item_of(const struct order_deliver *deliver)
{
    return (struct homed){.home = deliver->item_home,
                          .unit_scheme = deliver->unit_scheme,
                          .unit_id = deliver->unit_id,
                          .inner_id = deliver->item_inner_id};
}

static uint64_t bit_if(bool broken, enum order_check check)
{
    return broken ? order_check_bit(check) : 0;
}

static hl_err check_instrument(const struct tables *tables, uint32_t number,
                               const struct order_deliver *deliver,
                               uint64_t *checks, struct hl_detail *detail)
{
    struct instrument instrument = {.of = item_of(deliver)};
    bool active = false;
    hl_err err =
        find(tables, number, &instrument_record, &instrument, &active, detail);
    *checks |= bit_if(!active, ORDER_CHECK_ITEM) |
               bit_if(instrument.customs_supervised != 0, ORDER_CHECK_CUSTOMS);
    return err;
}

/* A price that is not stated bounds nothing. */
static bool is_above(const struct service_item *item,
                     const struct order_deliver *deliver)
{
    uint64_t quantity = deliver->quantity == 0 ? 1 : deliver->quantity;
    return item->price_fen > 0 &&
           deliver->price_fen / quantity +
                   (deliver->price_fen % quantity != 0 ? 1 : 0) >
               item->price_fen;
}

static hl_err check_service(const struct tables *tables, uint32_t number,
                            const struct order_deliver *deliver,
                            uint64_t *checks, struct hl_detail *detail)
{
    struct service_item item = {.of = item_of(deliver)};
    bool active = false;
    hl_err err =
        find(tables, number, &service_item_record, &item, &active, detail);
    *checks |= bit_if(!active, ORDER_CHECK_ITEM) |
               bit_if(is_above(&item, deliver), ORDER_CHECK_PRICE);
    return err;
}

hl_err catalogue_checks(const struct tables *tables, uint32_t number,
                        const struct order_deliver *deliver, uint64_t *checks,
                        struct hl_detail *detail)
{
    struct unit unit = {.scheme = deliver->unit_scheme, .id = deliver->unit_id};
    bool active = true;
    hl_err err = deliver->unit_id.size > 0 ? find(tables, number, &unit_record,
                                                  &unit, &active, detail)
                                           : HL_OK;
    *checks = bit_if(!active, ORDER_CHECK_UNIT);
    if (err == HL_OK &&
        deliver->item_kind == HELUO__V1__RECORD_KIND__RECORD_KIND_INSTRUMENT) {
        err = check_instrument(tables, number, deliver, checks, detail);
    } else if (err == HL_OK &&
               deliver->item_kind ==
                   HELUO__V1__RECORD_KIND__RECORD_KIND_SERVICE_ITEM) {
        err = check_service(tables, number, deliver, checks, detail);
    } else if (deliver->item_kind != 0) {
        *checks |= order_check_bit(ORDER_CHECK_ITEM);
    }
    return err;
}
