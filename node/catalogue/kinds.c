/* SPDX-License-Identifier: Apache-2.0 */
#include "node/catalogue/kinds.h"

#include <string.h>

#include "heluo/v1/catalogue.pb-c.h"
#include "node/catalogue/demand.h"
#include "node/catalogue/instrument.h"
#include "node/catalogue/service_item.h"
#include "node/catalogue/unit.h"

const struct record_kind record_kinds[RECORD_KINDS] = {
    {HELUO__V1__RECORD_KIND__RECORD_KIND_UNIT, "unit", "管理单位", &unit_record,
     &unit_retiring, UNIT_BODY_PUT, UNIT_BODY_RETIRE,
     offsetof(struct unit_retire, reason), false, unit_check_new},
    {HELUO__V1__RECORD_KIND__RECORD_KIND_INSTRUMENT, "instrument", "仪器设备",
     &instrument_record, &instrument_retiring, INSTRUMENT_BODY_PUT,
     INSTRUMENT_BODY_RETIRE, offsetof(struct homed_retire, reason), true,
     instrument_check_new},
    {HELUO__V1__RECORD_KIND__RECORD_KIND_SERVICE_ITEM, "service", "服务项目",
     &service_item_record, &service_item_retiring, SERVICE_ITEM_BODY_PUT,
     SERVICE_ITEM_BODY_RETIRE, offsetof(struct homed_retire, reason), true,
     service_item_check_new},
    {HELUO__V1__RECORD_KIND__RECORD_KIND_DEMAND, "demand", "需求",
     &demand_record, &demand_retiring, DEMAND_BODY_PUT, DEMAND_BODY_RETIRE,
     offsetof(struct homed_retire, reason), true, demand_check_new},
};

const struct record_kind *record_kind_of_number(uint32_t number)
{
    for (size_t i = 0; i < RECORD_KINDS; i++) {
        if (record_kinds[i].number == number) {
            return &record_kinds[i];
        }
    }
    return NULL;
}

const struct record_kind *record_kind_of_word(const char *word)
{
    for (size_t i = 0; i < RECORD_KINDS; i++) {
        if (strcmp(record_kinds[i].word, word) == 0) {
            return &record_kinds[i];
        }
    }
    return NULL;
}

const struct record_kind *record_kind_of_body(uint32_t body, bool *retire)
{
    for (size_t i = 0; i < RECORD_KINDS; i++) {
        const struct record_kind *kind = &record_kinds[i];
        if (kind->body_put == body || kind->body_retire == body) {
            *retire = kind->body_retire == body;
            return kind;
        }
    }
    return NULL;
}
