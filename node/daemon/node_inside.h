/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_DAEMON_NODE_INSIDE_H
#define HL_NODE_DAEMON_NODE_INSIDE_H

/* The node's parts: node.c, which starts and looks after it, and what it
 * reloads (node_reload.c), its writer with the federation in that thread
 * (node_writer.c), and what reads beside it (node_watch.c). */

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>

#include "certs/tools/mark_file.h"
#include "node/daemon/credentials.h"
#include "node/daemon/federation.h"
#include "node/daemon/node.h"
#include "node/daemon/search_child.h"
#include "node/desk/desk.h"
#include "node/service/search_room.h"
#include "node/service/services.h"

/* The whole process. What other threads read stands under its own lock. */
struct node {
    const struct node_options *options;
    struct config *config;
    char *about;
    char origin[HL_NAME_MAX_BYTES + 1];
    struct log *log;
    int log_fd;

    struct credentials credentials;
    struct credentials_watch watch;
    struct mark_file mark;
    bool has_mark;
    struct mark_file words; /* the mirror key's */
    bool has_words;         /* and the store agrees */
    struct store *store;
    struct blob_files *blobs;
    char last_backup[PATH_MAX];
    struct author *author;
    struct writer_thread *writer;
    struct federation *federation;
    struct scrubber *scrubber;
    struct services *services;
    struct desk *desk;
    struct search_room *search; /* NULL: there is none */
    struct search_child *search_child;
    struct gate *gate;
    struct rpc_server *server;
    struct rpc_service table[NODE_SERVICES_MAX]; /* all of them */

    uint64_t turns;             /* of the writer, when last seen */
    struct hl_mono admitted_at; /* when dialled streams were looked at */
    atomic_bool failed;
    pthread_mutex_t mutex; /* of what follows: the services ask for it */
    struct node_facts facts;
};

struct clock_reading node_read_clock(void);
/* What an error is about. */
void node_set_about(struct node *node, const char *text);

/* --- node_reload.c -------------------------------------------------------- */

hl_err node_load_credentials(struct node *node, struct credentials *out,
                             struct hl_detail *detail);
hl_err node_load_fingerprints(struct node *node, struct hl_detail *detail);
struct rpc_credentials node_tls_of(const struct credentials *loaded);
/* Gives what the server and the gate need, and keeps what status shows. */
void node_use_credentials(struct node *node, struct credentials *loaded);
void node_warn_of_contest(struct node *node, const struct credentials *loaded);
void node_reload_credentials(struct node *node);
void node_reload_config(struct node *node);
void node_give_limits(struct node *node);

/* --- node_writer.c, node_watch.c ------------------------------------------ */

hl_err node_start_writer(struct node *node, struct hl_detail *detail);
void node_start_scrubber(struct node *node);
void node_open_search(struct node *node);
void node_start_search(struct node *node);

#endif
