/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_EFFECT_BLOB_H
#define HL_NODE_PROJECTION_EFFECT_BLOB_H

/* What entries about blobs do to the half of their journal: a blob is put once
 * and erased once. Its bytes are elsewhere. Inside this folder. */

#include "node/projection/effect.h"

hl_err effect_blob_put(struct effect *effect, const void *record,
                       struct hl_detail *detail);
hl_err effect_blob_erase(struct effect *effect, const void *record,
                         struct hl_detail *detail);

#endif
