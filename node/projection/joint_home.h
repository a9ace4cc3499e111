/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_JOINT_HOME_H
#define HL_NODE_PROJECTION_JOINT_HOME_H

/* What joint state needs of moves. Inside this folder. */

#include "node/projection/frame.h"

/* The number of the journal of the node that a record's name begins with, in
 * the alliance of `origin`. */
HL_MUST_USE hl_err home_find_half(const struct tables *tables,
                                  struct bytes origin, struct bytes name,
                                  uint32_t *number, bool *found,
                                  struct hl_detail *detail);

/* In STORE_JOINT, of a record that is under way. */
struct store_key joint_transit_key(const struct record_home *home,
                                   struct bytes name);

/* A row of that half is about to go: if it is of a move, what follows from it
 * is marked, and is no citation any more. */
HL_MUST_USE hl_err home_drop_row(struct projection *projection, uint32_t number,
                                 struct bytes name, struct hl_detail *detail);

#endif
