/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_TABLE_ENCODING_H
#define HL_NODE_TABLE_ENCODING_H

/* Which encoding a file is in. Inside node/table/ only. One thread. */

#include "node/table/decoder.h"

/* The name decoder_start() takes; what and when as decoder_open() says. */
HL_MUST_USE hl_err encoding_choose(struct source *source, const char *declared,
                                   char out[ENCODING_NAME_BYTES],
                                   struct hl_detail *detail);

/* A decoder for an encoding that was chosen.
 *
 * HL_EUNSUPPORTED */
HL_MUST_USE hl_err decoder_start(struct source *source, const char *encoding,
                                 struct decoder *out, struct hl_detail *detail);

#endif
