/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_FEDERATION_ENGINE_SCRATCH_H
#define HL_FEDERATION_ENGINE_SCRATCH_H

/* Memory that lives until the next step: what actions point to. Grows, and is
 * given back all at once. One thread. */

#include "protocol/base/bytes.h"

struct scratch_block;

/* All zero is empty. */
struct scratch {
    struct scratch_block *blocks; /* the one in use first */
};

/* Zeroed. */
void *scratch_alloc(struct scratch *scratch, size_t size);
struct bytes scratch_copy(struct scratch *scratch, struct bytes data);
struct bytes scratch_text(struct scratch *scratch, const char *text);

void scratch_clear(struct scratch *scratch);
void scratch_fini(struct scratch *scratch);

#endif
