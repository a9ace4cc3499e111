/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_FUZZ_IMPORT_CHECK_H
#define HL_TESTS_FUZZ_IMPORT_CHECK_H

/* What holds of every row that is imported, whatever file and mapping. */

#include "node/import/convert.h"

/* Binds the mapping to the file and converts all its rows. A row that is taken
 * is a record that may be put, in its written form; one that is not has a
 * reason. False: it does not fit, which has a reason. */
bool import_check_rows(const struct mapping *mapping,
                       struct table_reader *reader,
                       const struct survey *survey);

#endif
