/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_FAULTS_INSIDE_H
#define HL_TESTS_SIM_FAULTS_INSIDE_H

/* Between faults.c, machines, lines and the table, and faults_trust.c. */

#include "tests/sim/faults.h"

uint64_t fault_below(struct faults *faults, uint64_t bound);
struct host *fault_host(struct faults *faults); /* any */
int64_t fault_ms(struct faults *faults, int64_t from, int64_t to);

/* Of the table; false: nothing to do it to. */
bool fault_rotate(struct faults *faults);
bool fault_rotate_early(struct faults *faults);
bool fault_keepers(struct faults *faults);
bool fault_contest(struct faults *faults);
bool fault_end(struct faults *faults);
bool fault_join(struct faults *faults);
bool fault_fork_history(struct faults *faults);
bool fault_fork_old_history(struct faults *faults);
bool fault_steal_key(struct faults *faults);
bool fault_lie(struct faults *faults);

#endif
