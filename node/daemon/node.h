/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_DAEMON_NODE_H
#define HL_NODE_DAEMON_NODE_H

/* The node as one process: store, author, writer, services and server, put
 * together and looked after. The main thread. */

#include "node/daemon/config.h"
#include "node/link/link.h"

enum { NODE_ABOUT_BYTES = 512, NODE_SERVICES_MAX = 16 };

struct node_options {
    const char *config_path; /* read again on SIGHUP */
    struct config *config;   /* the values of keys that reload change in it */
    const char *version;
};

/* Runs until it is told to stop. On an error `about` says which file or
 * address it is about. Whatever can be wrong at the start: those of
 * credentials_load(), store_open(), author_create(), rpc_server_start();
 *
 * HL_EFLUSH  the disk failed while it ran. */
HL_MUST_USE hl_err node_run(const struct node_options *options,
                            char about[NODE_ABOUT_BYTES],
                            struct hl_detail *detail);

/* Loads all that node_run() would, short of store and network. */
HL_MUST_USE hl_err node_check(const struct config *config,
                              char about[NODE_ABOUT_BYTES],
                              struct hl_detail *detail);

/* The services' rows, and the one for other nodes; ends in an all-zero row. */
void node_all_services(const struct rpc_service *services, struct links *links,
                       struct rpc_service out[NODE_SERVICES_MAX]);

/* Prints the table of methods and the roles that may call them. */
HL_MUST_USE hl_err node_print_methods(FILE *out, struct hl_detail *detail);

#endif
