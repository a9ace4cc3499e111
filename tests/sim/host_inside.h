/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_HOST_INSIDE_H
#define HL_TESTS_SIM_HOST_INSIDE_H

/* Between host.c, the machine, and host_write.c, its writer. */

#include "tests/sim/world.h"

void requests_add(struct requests *requests, struct request *request);
void requests_lose(struct requests *requests);

/* After whatever was given to the driver: checks, queues what is to come, and
 * dies where it must. */
void host_settle(struct host *host);
/* Tells the engine that the author's newest checkpoint may leave. */
void host_own_advanced(struct host *host);
void host_open_author(struct host *host);

#endif
