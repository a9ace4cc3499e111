/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CATALOGUE_RULES_H
#define HL_NODE_CATALOGUE_RULES_H

/* Rules that fields of several records share. Form alone, the same for ever
 * and for every program, where no other thing is said. Pure, any thread. */

#include "node/catalogue/characters.h"
#include "node/record/record.h"

/* Of fields; an empty text passes, where the field's bounds let it. */

/* One of the 34 provinces in the first two of six digits (GB/T 2260). */
hl_err rule_division(struct bytes code, struct hl_detail *detail);
/* A day that there was or will be, as YYYY-MM-DD, from 1900 on. */
hl_err rule_date(struct bytes text, struct hl_detail *detail);
hl_err rule_six_digits(struct bytes text, struct hl_detail *detail);
/* http:// or https:// and no space. */
hl_err rule_url(struct bytes text, struct hl_detail *detail);
/* Digits, '+', '-', '*', '(', ')', ',' and spaces. */
hl_err rule_phone(struct bytes text, struct hl_detail *detail);
/* A mailbox, or one whose local part is masked by '*'. */
hl_err rule_masked_mailbox(struct bytes text, struct hl_detail *detail);
/* A node's id. */
hl_err rule_home(struct bytes text, struct hl_detail *detail);

/* A division and the year of its list: both, or neither. */
HL_MUST_USE hl_err rule_division_stated(struct bytes code, uint64_t revision,
                                        struct hl_detail *detail);
/* A class and the name of its list: both, or neither; of six digits in all
 * lists that we know. */
HL_MUST_USE hl_err rule_class_stated(struct bytes scheme, struct bytes code,
                                     struct hl_detail *detail);

/* Of commands, and of the lists that this program carries: a division that
 * stands in the list of its year, which is one that can be.
 *
 * HL_EMALFORMED  detail names the field. */
HL_MUST_USE hl_err rule_division_known(struct bytes code, uint64_t revision,
                                       struct hl_detail *detail);

/* --- Records that have a home. ------------------------------------------- */

/* The first fields of instruments, service items and demands: what tells them
 * apart. Begins their structs. */
struct homed {
    struct bytes home; /* node id; never changes */
    struct bytes unit_scheme;
    struct bytes unit_id;
    struct bytes inner_id;
};

struct homed_retire {
    struct homed of; /* first */
    struct bytes reason;
};

enum { INNER_ID_MAX_BYTES = 150 };

/* 10^13 yuan, which is more than all instruments are worth; and more hours
 * than a year has. */
#define MONEY_MAX_FEN UINT64_C(1000000000000000)
enum { HOURS_MAX_TENTHS = 100000 };

/* Rows of tables of fields. A name is one line in any script, a code one in
 * Latin letters, a text has several; a ruled one is a code under that rule. */
#define ROW(type, number_, name_, kind_, min_, max_, key_, rule_, normal_)     \
    {                                                                          \
        .number = (number_), .name = #name_, .kind = (kind_),                  \
        .offset = offsetof(struct type, name_), .min = (min_), .max = (max_),  \
        .key = (key_), .validate = (rule_), .normalise = (normal_)             \
    }
#define ROW_NAME(type, number, name, min, max)                                 \
    ROW(type, number, name, FIELD_TEXT, min, max, false,                       \
        character_validate_line, character_normalise_name)
#define ROW_CODE(type, number, name, max)                                      \
    ROW(type, number, name, FIELD_TEXT, 0, max, false,                         \
        character_validate_line, character_normalise_code)
#define ROW_RULED(type, number, name, max, rule)                               \
    ROW(type, number, name, FIELD_TEXT, 0, max, false, rule,                   \
        character_normalise_code)
#define ROW_TEXT(type, number, name, min, max)                                 \
    ROW(type, number, name, FIELD_TEXT, min, max, false,                       \
        character_validate_lines, character_normalise_lines)
#define ROW_UINT(type, number, name, max)                                      \
    ROW(type, number, name, FIELD_UINT, 0, max, false, NULL, NULL)
#define ROW_KEY(type, number_, name_, max_, rule_)                             \
    {                                                                          \
        .number = (number_), .name = #name_, .kind = FIELD_TEXT,               \
        .offset = offsetof(struct type, of.name_), .min = 1, .max = (max_),    \
        .key = true, .validate = (rule_),                                      \
        .normalise = character_normalise_code                                  \
    }
#define ROWS_HOMED(type)                                                       \
    ROW_KEY(type, 1, home, 63, rule_home),                                     \
        ROW_KEY(type, 2, unit_scheme, 16, NULL),                               \
        ROW_KEY(type, 3, unit_id, 64, NULL),                                   \
        ROW_KEY(type, 4, inner_id, INNER_ID_MAX_BYTES,                         \
                character_validate_line)

HL_MUST_USE hl_err homed_validate(const struct homed *homed,
                                  struct hl_detail *detail);
void homed_normalise(struct homed *homed);

/* Of a record of struct homed_retire; every kind has a body of its own. */
extern const struct field homed_retire_fields[];
enum { HOMED_RETIRE_FIELDS = 5 };
hl_err homed_retire_validate(const void *record, struct hl_detail *detail);
void homed_retire_normalise(void *record);

#endif
