/* SPDX-License-Identifier: Apache-2.0 */
#include "node/daemon/node_inside.h"

#include "node/search/place.h"

#include <string.h>

#include "certs/tools/clock.h"

/* What reads beside the writer: the scrub, and the search. */

enum { HOUR_MS = 3600000 }; /* also: before the first scrub of its own */

static void mend(void *context, struct scrub_mend *wanted)
{
    struct node *node = context;
    federation_mend(node->federation, wanted);
}

static void blob_lost(void *context)
{
    struct node *node = context;
    federation_blob_lost(node->federation);
}

static void give_charter(void *context, struct writer *out)
{
    struct node *node = context;
    struct partners partners = federation_partners(node->federation);
    partners.charter(partners.context, out);
}

static void on_scrubbed(void *context)
{
    struct node *node = context;
    services_scrubbed(node->services);
}

void node_start_scrubber(struct node *node)
{
    struct scrubber_options options = {
        .store = node->store,
        .writer = node->writer,
        .own = node->origin,
        .log = node->log,
        .wall = clock_wall,
        .interval_ms = (int64_t)node->config->scrub_interval_hours * HOUR_MS,
        .first_ms = HOUR_MS,
        .context = node,
        .mend = mend,
        .blobs = node->blobs,
        .blob_lost = blob_lost,
        .charter = give_charter,
        .changed = on_scrubbed,
    };
    scrubber_start(&options, &node->scrubber);
    services_set_scrubber(node->services, node->scrubber);
}

/* Of a node that cannot have one everything else goes on. */
void node_open_search(struct node *node)
{
    char folder[SEARCH_PATH_BYTES], socket[SEARCH_PATH_BYTES];
    struct hl_detail why = {0};
    if (strcmp(node->config->search, "off") == 0) {
        return;
    }
    hl_err err = search_paths(node->config, folder, socket, &why);
    if (err != HL_OK) {
        log_failure(node->log, LOG_WARN, "search.off",
                    node->options->config_path, err, &why);
        return;
    }
    node->search = search_room_open(socket);
    services_set_search(node->services, node->search);
}

/* It follows the node through its socket. */
void node_start_search(struct node *node)
{
    if (node->search != NULL && strcmp(node->config->search, "run") == 0) {
        search_child_start(node->options->config_path, node->log,
                           &node->search_child);
    }
}
