/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_REPORT_SERVED_H
#define HL_NODE_REPORT_SERVED_H

/* Until when each instrument was served last, as orders tell: 16 bytes for each
 * that an order names, in memory three times that at most. One thread. */

#include "node/catalogue/service_item.h"

struct served;

struct served *served_create(void);
void served_destroy(struct served **served);

/* Tells an item of the catalogue from all others: 64 bits of a hash. */
uint64_t served_mark(uint32_t kind, const struct homed *of);

/* The newest stays. */
void served_add(struct served *served, uint64_t mark, uint64_t until_ms);

/* 0: never. */
uint64_t served_until_ms(const struct served *served, uint64_t mark);

/* The instruments that a service item uses were served when it was; those are
 * its unit's, and of its home. */
void served_spread(struct served *served, const struct service_item *of);

/* The next inner id of a service item's list, in `*rest`; false past the
 * last. */
bool served_next_id(struct bytes *rest, struct bytes *id);

#endif
