/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_OPERATOR_H
#define HL_TESTS_SIM_OPERATOR_H

/* What people do: coordinators who make the charter that a node needs, and
 * operators who start it with the keys that it names. */

#include "tests/sim/world.h"

/* The engine said what its own journal may do, or that a charter holds. Asked
 * of honest hosts after each event; does nothing where nothing is needed. */
void operator_watch(struct host *host);

/* Coordinators meet every so often, and help where keepers have forgotten too
 * much to answer each other. */
void operator_begin(struct world *world);

/* A planned new journal key. False: the node is not up, or not well. */
bool operator_rotate(struct host *host);
/* The same, but the node is started with the key before the charter comes. */
bool operator_rotate_early(struct host *host, int64_t charter_ns);
/* Its certificate is revoked: whoever else has the city's keys is off the net.
 */
void operator_throw_out(struct host *owner);
/* The same; and after a theft, or two histories, a charter lets the city go on
 * under new keys from a point that drops nothing that may be sealed. False: too
 * few keepers were heard. */
/* Closes the city's platform: its machine goes for ever, and in a while a
 * charter ends its journal at the longest of what keepers cosigned and what is
 * sealed. */
void operator_close(struct host *host);
bool operator_return(struct host *host);
/* A charter with a new mirror key for it, which it is handed soon. */
void operator_new_mirror(struct host *host);
/* What was kept there is lost, and the operator knows. */
void operator_lost(struct host *host);
/* A charter ends the clearing role of who lies, where its journal is sealed,
 * and somebody else has it. */
void operator_settle_roles(struct world *world);
/* Gives every charter to a node. */
void operator_give_charter(struct host *host);

#endif
