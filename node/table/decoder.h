/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_TABLE_DECODER_H
#define HL_NODE_TABLE_DECODER_H

/* A source's bytes as UTF-8, whatever they are in. What is not valid in that
 * encoding is not dropped and ends nothing: each such byte becomes the
 * noncharacter U+FDD0 and two hex digits, which row_finish() shows as \xNN and
 * marks. Inside node/table/ only. One thread. */

#include <iconv.h>

#include "node/table/source.h"
#include "protocol/base/writer.h"

enum { ENCODING_NAME_BYTES = 40 };

/* U+FDD0 in UTF-8. */
#define DECODER_BAD "\xef\xb7\x90"
enum { DECODER_BAD_BYTES = 3, DECODER_BAD_HEX = 2 };

struct decoder {
    struct source *source;
    char encoding[ENCODING_NAME_BYTES];
    bool converts; /* by iconv; else it is UTF-8 already */
    iconv_t iconv;
    size_t unit; /* bytes that are bad together: 2 in UTF-16 */
    uint8_t *raw;
    size_t raw_size; /* what of a character came so far */
    bool begun;
    bool ended;
    uint64_t bad;  /* bytes */
    size_t bad_at; /* where in its out the first one was shown */
};

/* By the name of iconv(3), case and the usual aliases aside; NULL: by the
 * mark at the front of the file, else UTF-8 if all of it is, else GB 18030 if
 * all of it is and reads like Chinese (bytes of Latin texts often are valid
 * there by chance). A mark wins over a name.
 *
 * HL_EMALFORMED    none of these: detail has the line and byte.
 * HL_EUNSUPPORTED  no encoding of that name.
 * HL_EIO */
HL_MUST_USE hl_err decoder_open(struct source *source, const char *encoding,
                                struct decoder *out, struct hl_detail *detail);
void decoder_close(struct decoder *decoder); /* all-zero is fine */

/* Appends some more text. At the end it appends nothing and sets ended.
 *
 * HL_EIO */
HL_MUST_USE hl_err decoder_read(struct decoder *decoder, struct writer *out,
                                struct hl_detail *detail);

/* To the front of the source again. */
void decoder_rewind(struct decoder *decoder);

#endif
