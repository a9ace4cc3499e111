/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_BLOB_BLOB_FORM_H
#define HL_PROTOCOL_BLOB_BLOB_FORM_H

/* The sealed form's numbers, for sealing and opening. Inside this folder. */

#include "protocol/blob/blob.h"

#define BLOB_MAGIC "HLBLOB1\n"

enum {
    BLOB_MAGIC_BYTES = 8,
    BLOB_TAG_BYTES = 16,
    BLOB_NONCE_BYTES = 12,
};

/* Of chunk `index`; the last one has another, so that none can be cut off. */
void blob_nonce(uint64_t index, bool last, uint8_t out[BLOB_NONCE_BYTES]);

#endif
