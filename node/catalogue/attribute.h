/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CATALOGUE_ATTRIBUTE_H
#define HL_NODE_CATALOGUE_ATTRIBUTE_H

/* Fields of records as people write them: in columns of a file, as options of
 * commands. One table a kind, from which commands, import and export derive.
 * Pure, any thread. */

#include "node/catalogue/kinds.h"
#include "protocol/base/writer.h"

enum attribute_form {
    ATTRIBUTE_TEXT,   /* as it is */
    ATTRIBUTE_COUNT,  /* a decimal */
    ATTRIBUTE_MONEY,  /* the field in fen; yuan with up to two decimals */
    ATTRIBUTE_TENTHS, /* the field in tenths; with up to one decimal */
    ATTRIBUTE_WORD,   /* one of `words` */
    ATTRIBUTE_WORDS,  /* any of them, with commas between; the field's bits */
};

struct attribute_word {
    uint64_t value;
    const char *word;    /* as it is written */
    const char *word_zh; /* is read as well */
};

struct attribute {
    uint32_t field;      /* number in the record's type */
    const char *name;    /* in Latin letters; the field's unless it says */
    const char *name_zh; /* as it heads a column */
    enum attribute_form form;
    const struct attribute_word *words; /* ends in an all-zero row */
};

/* Of a kind, in the order of its fields. */
const struct attribute *attributes_of(const struct record_kind *kind,
                                      size_t *count);

/* By either name; NULL: there is none. */
const struct attribute *attribute_find(const struct record_kind *kind,
                                       struct bytes name);

/* Reads a text into the record, which borrows it where it is a text. Empty is
 * the field's default. Neither normalises nor validates the field's own rules;
 * money and numbers may be full-width, with commas between thousands.
 *
 * HL_EMALFORMED  no such number or word; the words that there are are named.
 * HL_ELIMIT      the number is above what the field takes. */
HL_MUST_USE hl_err attribute_parse(const struct record_kind *kind,
                                   const struct attribute *attribute,
                                   struct bytes text, void *record,
                                   struct hl_detail *detail);

/* The same of money stated in multiples of `unit_fen`: 100 for yuan, 1,000,000
 * for 万元. What is left below a fen is an error. */
HL_MUST_USE hl_err attribute_parse_money(struct bytes text, uint64_t unit_fen,
                                         uint64_t *fen,
                                         struct hl_detail *detail);

/* Appends what attribute_parse() reads back; a default is the empty text,
 * where the field has one that says nothing (not so for money of zero). */
void attribute_format(const struct record_kind *kind,
                      const struct attribute *attribute, const void *record,
                      struct writer *out);

/* The field's place in the record, by its kind. */
const struct field *attribute_field(const struct record_kind *kind,
                                    const struct attribute *attribute);

#endif
