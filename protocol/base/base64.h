/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_BASE_BASE64_H
#define HL_PROTOCOL_BASE_BASE64_H

/* Base64 (RFC 4648 section 4: standard alphabet, with padding). Decoding is
 * strict: no white space, no missing padding, and the unused bits of the last
 * character are zero, so that each value has one text. OpenSSL's decoder is
 * not strict and is not used. Pure, any thread. */

#include "protocol/base/bytes.h"
#include "protocol/base/hl_err.h"
#include "protocol/base/writer.h"

/* Characters for size bytes; bytes at most for size characters. */
size_t base64_encoded_size(size_t size);
size_t base64_decoded_size_max(size_t size);

/* Appends the text of data. */
void base64_encode(struct bytes data, struct writer *out);

/* Appends the bytes of text; on failure nothing is appended.
 *
 * HL_EMALFORMED  not strict base64. */
HL_MUST_USE hl_err base64_decode(struct bytes text, struct writer *out);

/* Decodes exactly size bytes into out, which is written only on success.
 *
 * HL_EMALFORMED  not strict base64, or another length. */
HL_MUST_USE hl_err base64_decode_exact(struct bytes text, size_t size,
                                       void *out);

#endif
