/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CATALOGUE_SERVICE_ITEM_H
#define HL_NODE_CATALOGUE_SERVICE_ITEM_H

/* Service items (服务项目), as heluo/v1/service_item.proto states them. Pure.
 */

#include "node/catalogue/rules.h"

struct service_item {
    struct homed of; /* first */
    struct bytes name_zh;
    struct bytes name_en;
    uint64_t kind;
    struct bytes instruments;
    struct bytes class_scheme;
    struct bytes class_code;
    uint64_t price_fen;
    struct bytes price_unit;
    struct bytes price_note;
    struct bytes content;
    struct bytes standards;
    uint64_t days;
    struct bytes division;
    uint64_t division_revision;
    struct bytes service_url;
    struct bytes contact;
    struct bytes phone;
    struct bytes email;
};

/* Numbers of bodies as service_item.proto has them. */
enum { SERVICE_ITEM_BODY_PUT = 7, SERVICE_ITEM_BODY_RETIRE = 8 };

extern const struct record_type service_item_record; /* struct service_item */
extern const struct record_type
    service_item_retiring; /* struct homed_retire; no row */

/* What a command checks beyond record_validate(); `record` is a struct
 * service_item.
 *
 * HL_EMALFORMED  detail names the field. */
HL_MUST_USE hl_err service_item_check_new(const void *record,
                                          struct hl_detail *detail);

#endif
