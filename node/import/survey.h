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
};

struct survey {
    uint64_t rows;
    size_t count; /* columns */
    struct survey_column {
        uint32_t longest;                        /* characters */
        uint32_t lengths[SURVEY_LENGTH_MAX + 1]; /* how many values have each */
        uint32_t distinct[SURVEY_DISTINCT];      /* of the longest, hashes */
        unsigned distinct_count;
    } * columns;
};

/* Reads to the end.
 *
 * HL_EMALFORMED, HL_ELIMIT, HL_EIO  as table_reader_next() */
HL_MUST_USE hl_err survey_read(struct table_reader *reader, struct survey *out,
                               struct hl_detail *detail);
void survey_fini(struct survey *survey);

/* Characters at which values of the column were cut, as it seems: that many
 * have the longest ones, of which ten are different, one in twenty of all, and
 * twice as many as those one to three characters shorter. 0: no. */
uint32_t survey_cut(const struct survey *survey, size_t column);

/* Code points. */
uint32_t survey_length(struct bytes text);

#endif
