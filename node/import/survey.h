/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_IMPORT_SURVEY_H
#define HL_NODE_IMPORT_SURVEY_H

/* A first look at a whole file: how many rows, and in which columns values end
 * where many others end, as a program that cut them would leave them. Pure; one
 * thread. */

#include "node/table/table_reader.h"

enum {
    SURVEY_LENGTH_MAX = 256, /* characters; longer is not looked at */
    SURVEY_DISTINCT = 10,
    SURVEY_USUAL = 12, /* lengths that programs cut at */
};

/* Values of one length, as far as they are told apart. */
struct survey_values {
    uint32_t distinct[SURVEY_DISTINCT]; /* hashes */
    unsigned distinct_count;
};

struct survey {
    uint64_t rows;
    size_t count; /* columns */
    struct survey_column {
        uint32_t longest;                        /* characters */
        uint32_t lengths[SURVEY_LENGTH_MAX + 1]; /* how many values have each */
        struct survey_values of_longest, of_usual[SURVEY_USUAL];
    } * columns;
};

/* Reads to the end.
 *
 * HL_EMALFORMED, HL_ELIMIT, HL_EIO  as table_reader_next() */
HL_MUST_USE hl_err survey_read(struct table_reader *reader, struct survey *out,
                               struct hl_detail *detail);
void survey_fini(struct survey *survey);

/* Whether a value of so many characters was cut there, as it seems: that many
 * the longest ones have, of which ten are different, one in twenty of all, and
 * twice as many as those one to three characters shorter; or it is a number
 * that programs cut at (20, 50, 255...), of which ten are different, and more
 * than all those one to three characters away. */
bool survey_is_cut(const struct survey *survey, size_t column, uint32_t length);

/* Code points. */
uint32_t survey_length(struct bytes text);

#endif
