/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_FUZZ_TABLE_CHECK_H
#define HL_TESTS_FUZZ_TABLE_CHECK_H

/* What holds of every table, whatever the file. */

#include "node/table/table_reader.h"

/* NULL where it is refused, which has a reason. */
struct table_reader *table_check_open(struct bytes file,
                                      const struct table_options *options);

/* The next row, checked; NULL past the last, or where the file ends in an
 * error, which has a reason and stays. */
const struct table_row *table_check_next(struct table_reader *reader);

/* Whether the row can be written so that it comes back: it has a value, no
 * mark of bytes that were not valid, and fits when it is shown. */
bool table_check_writable(const struct table_row *row);

#endif
