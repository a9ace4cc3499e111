/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_TABLE_CSV_H
#define HL_NODE_TABLE_CSV_H

/* A row of csv as text (RFC 4180). Pure, any thread. */

#include "protocol/base/writer.h"

/* UTF-8's: without it Excel takes a csv to be in its country's encoding. */
#define CSV_MARK "\xef\xbb\xbf"

/* A row with its CR LF. Quotes also what would be taken for something else at
 * the front of a file, or by whoever guesses the delimiter. */
void csv_encode(const struct bytes *cells, size_t count, char delimiter,
                struct writer *out);

#endif
