/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_IMPORT_IMPORT_DUMP_H
#define HL_TESTS_UNIT_IMPORT_IMPORT_DUMP_H

/* What an import makes of a file, as text. */

#include "protocol/base/writer.h"

/* A line for each row, good or not, with the fields that say something, and one
 * for each defect. The mapping: as mapping_open(), or NULL. */
void import_dump(const char *path, const char *kind, const char *mapping,
                 struct writer *out);

#endif
