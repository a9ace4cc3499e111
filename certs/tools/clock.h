/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_CERTS_TOOLS_CLOCK_H
#define HL_CERTS_TOOLS_CLOCK_H

/* The wall clock, for commands of a person: what runs by itself is given its
 * time. Any thread. */

#include "protocol/base/hl_time.h"

struct hl_wall clock_wall(void);

#endif
