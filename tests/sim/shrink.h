/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_SHRINK_H
#define HL_TESTS_SIM_SHRINK_H

/* Of a seed that fails, what is needed for it: delta debugging (Zeller,
 * Hildebrandt, 2002) of the faults that struck, after the minutes. */

#include "tests/sim/trial.h"

/* Prints what is left, and the command. 1, as of a seed that fails; 0: it does
 * not; 2: it cannot be run. */
int shrink(const struct trial_options *trial);

#endif
