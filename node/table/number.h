/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_TABLE_NUMBER_H
#define HL_NODE_TABLE_NUMBER_H

/* Numbers and dates of spreadsheets and JSON as texts. Pure, any thread. */

#include <stdbool.h>

#include "protocol/base/bytes.h"

enum { NUMBER_TEXT_BYTES = 40 };

/* At most 15 significant digits, which are all that a double has for certain
 * and all that Excel shows: 79.599999999999994 is 79.6. Without an exponent
 * from 1e-7 up to 1e21. Not for infinities. */
void number_format(double value, char out[NUMBER_TEXT_BYTES]);

/* The same of a number as XML has it; whole numbers of up to 20 digits stay as
 * they are. False: it is no number. */
bool number_normalise(struct bytes text, char out[NUMBER_TEXT_BYTES]);

/* A finite number in the C locale's form, and nothing else. */
bool number_parse(struct bytes text, double *out);

/* What a cell's format makes of its number. */
enum number_kind { NUMBER_PLAIN, NUMBER_DATE, NUMBER_TIME };

/* ECMA-376 part 1, 18.8.30: the formats that have a number and no code. */
enum number_kind number_kind_of_id(uint64_t id);
/* By the letters of a format's code. Elapsed time ([h]) is no time of day. */
enum number_kind number_kind_of_code(struct bytes code);

/* A day count of Excel as YYYY-MM-DD, with " hh:mm:ss" where it has a time of
 * day; of NUMBER_TIME, below one day, the time alone. Day 60 of the 1900
 * system is Excel's own 1900-02-29. False: no such day, use the number. */
bool number_date(double days, enum number_kind kind, bool is_1904,
                 char out[NUMBER_TEXT_BYTES]);

#endif
