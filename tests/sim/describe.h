/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_DESCRIBE_H
#define HL_TESTS_SIM_DESCRIBE_H

/* Sync messages as people tell of them: "have zhengzhou 7 sealed 5". */

#include "federation/message/message.h"

enum { DESCRIBE_BYTES = 160 };

/* The size that a note's checkpoint states; false: it is none. */
bool describe_head(struct bytes note, struct head *out);
/* An origin without its alliance. */
struct bytes describe_origin(struct bytes origin);

const char *describe(const struct sync_message *message,
                     char out[DESCRIBE_BYTES]);

#endif
