/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_RPC_NOW_H
#define HL_NODE_RPC_NOW_H

/* The clocks, which the server reads and hands on. Any thread. */

#include "protocol/base/hl_time.h"

struct hl_mono now_mono(void);
struct hl_wall now_wall(void);

#endif
