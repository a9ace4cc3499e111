/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_IMPORT_CONVERT_INTERNAL_H
#define HL_NODE_IMPORT_CONVERT_INTERNAL_H

/* What the files of the converter share: a row on its way. One thread. */

#include "node/import/convert.h"
#include "node/table/number.h"
#include "protocol/base/writer.h"

struct converter {
    const struct binding *binding;
    const struct survey *survey;
    defect_fn report;
    void *context;
    struct writer texts;  /* what cells became, of this row */
    struct writer normal; /* the record's own texts */
    bool *told;           /* of each column: something was, of this row */
};

struct place {
    struct converter *converter;
    const struct target *target;
    int column;
    struct bytes value; /* as in the file */
    uint64_t line;
    bool good; /* nothing of the row was refused yet */
};

/* Tells of the cell, and remembers a refusal. */
void tell(struct place *place, enum severity severity, enum dirt dirt,
          const char *format, ...) HL_PRINTF(4, 5);
struct writer *converter_texts(struct converter *converter);

/* convert_text.c: a text in the form the attribute wants, appended to `out`;
 * what it tells of it goes to `place`. */
void convert_date(struct place *place, struct bytes text, struct writer *out);
void convert_subjects(struct place *place, struct bytes text,
                      struct writer *out);
void convert_nation(struct place *place, struct bytes text, struct writer *out);
void convert_address(struct place *place, struct bytes text,
                     struct writer *out);
void convert_phone(struct place *place, struct bytes text, struct writer *out);
void convert_lines(struct bytes text, struct writer *out);
uint64_t convert_money(struct place *place, struct bytes text);
/* By the mapping's own words; text as it is where they do not have it. */
struct bytes convert_word(const struct target *target, struct bytes text);
bool is_nothing(struct bytes text);
/* What a spreadsheet has where it failed, as it stands in a csv. */
bool is_error_value(struct bytes text);
/* What a program wrote that had a double: 79.58000000000001 is 79.58, as it
 * would be in an xlsx. False: it has no more digits than a double has. */
bool convert_without_noise(struct bytes text, char room[NUMBER_TEXT_BYTES],
                           struct bytes *out);
/* Tells of a number in full-width characters. */
void convert_tell_wide(struct place *place, struct bytes text);

/* convert_place.c: what several columns say together. */
struct found_names {
    struct bytes class_name, province, city, county;
    int class_column, place_column;
};
/* Heals and checks class and division of a record that has such fields. */
void convert_class(struct place *place, struct bytes *scheme,
                   struct bytes *code, const struct found_names *names);
void convert_division(struct place *place, struct bytes *code,
                      uint64_t *revision, const struct found_names *names);

/* convert_record.c: what is to be said of a record whose fields are taken:
 * completes it, brings it into its written form, and judges it. */
void convert_whole(struct place *place, const struct table_row *row,
                   union record_room *record, const struct found_names *names);
/* Whether its key could be made. */
bool convert_has_key(const struct record_kind *kind,
                     const union record_room *record);
/* Whether the row is already what an export of it would be. A record's text may
 * be what in other files is a word for nothing, or a nation of no list: it is
 * the record's, and comes back. */
bool convert_is_written(const struct converter *converter,
                        const struct table_row *row, union record_room *record);

#endif
