/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_CHECK_H
#define HL_TESTS_SIM_CHECK_H

/* What must hold at quiet moments, where it would cost too much after each
 * event. Each ends the run with a violation, and says false. */

#include "tests/sim/world.h"

/* Nodes with equal journals have equal projections. */
bool check_digests(struct world *world);
/* Every projection is what its journals give when computed again, and the
 * journals are what they were hashed as. */
bool check_rebuild(struct world *world);
/* Everybody honest is up and holds every honest journal whole, and as much as
 * the others of every other one. Where not, says who lags, if why is given. */
bool check_converged(struct world *world, char why[256]);
/* Every node's vouchers, orders, usages, accounts and obligations are those of
 * the books of what it holds (book.h), and who cites what is not there is found
 * fault with, and nobody else. At rest also: nothing is open that the rules
 * close. */
bool check_ledger(struct world *world, bool rests);
/* What nodes conclude of cycles: what is final for one stays so, and is nothing
 * else for anybody. At rest also: the same for all, and nothing is counted
 * twice. */
bool check_cycles(struct world *world, bool rests);
/* Whether all that is owed between cities that can clear is counted by some
 * final cycle; else what is not. */
bool check_all_counted(struct world *world, char why[256]);
/* The same, and no cycle is open; else why not. */
bool check_cleared(struct world *world, char why[256]);
/* Liars whose two histories met before honest eyes are known, and so are those
 * who sent what no honest node sends. */
bool check_caught(struct world *world);

#endif
