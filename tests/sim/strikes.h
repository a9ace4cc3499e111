/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_STRIKES_H
#define HL_TESTS_SIM_STRIKES_H

/* Faults by number, as the command line has them; and that command. */

#include "tests/sim/trial.h"

enum { COMMAND_MAX_BYTES = 8 * STRIKES_MAX };

/* A list as "1-3,7", of 1 to STRIKES_MAX - 1; false: it is none. */
bool strikes_parse(const char *text, struct strikes *out);

/* The command that runs that seed. */
void trial_command(const struct trial_options *trial,
                   char out[COMMAND_MAX_BYTES]);

#endif
