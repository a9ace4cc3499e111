/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_RPC_GLOBAL_H
#define HL_NODE_RPC_GLOBAL_H

/* The core's own log, sent through ours. Any thread. */

#include <stdbool.h>

/* Whether a line of the core says that a TLS handshake was refused; *reason
 * is then the library's word for why, within the line. */
bool global_tls_refusal(const char *line, const char **reason);

#endif
