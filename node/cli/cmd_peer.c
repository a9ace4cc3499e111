/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo peer`: the other nodes, as this one reaches them. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "heluo/v1/node.pb-c.h"
#include "node/cli/commands.h"
#include "node/cli/connect.h"
#include "node/cli/message_json.h"
#include "node/cli/term.h"
#include "protocol/base/hl_time.h"

enum { NUMBER_BYTES = 24, STATE_BYTES = 64, LAST_BYTES = 320 };

/* --- list. --------------------------------------------------------------- */

static void add_peer(struct term_table *table, const Heluo__V1__NodePeer *peer)
{
    char held[NUMBER_BYTES], sealed[NUMBER_BYTES], has[NUMBER_BYTES] = "-";
    char behind[NUMBER_BYTES], faults[NUMBER_BYTES];
    char as_of[WALL_TEXT_BYTES] = "never";
    char state[STATE_BYTES], last[LAST_BYTES];
    snprintf(held, sizeof(held), "%" PRIu64, peer->held_size);
    snprintf(sealed, sizeof(sealed), "%" PRIu64, peer->sealed_size);
    snprintf(behind, sizeof(behind), "%" PRIu64,
             peer->newest_size > peer->held_size
                 ? peer->newest_size - peer->held_size
                 : 0);
    snprintf(faults, sizeof(faults), "%" PRIu32, peer->faults);
    if (peer->keeps) {
        snprintf(has, sizeof(has), "%" PRIu64, peer->cosigned_size);
    }
    if (peer->as_of_ms > 0) {
        wall_format((struct hl_wall){.ms = (int64_t)peer->as_of_ms}, as_of);
    }
    snprintf(state, sizeof(state), "%s%s", peer->link,
             strcmp(peer->standing, "good") == 0    ? ""
             : strcmp(peer->standing, "ended") == 0 ? ", ended"
                                                    : ", QUARANTINED");
    snprintf(last, sizeof(last), "%s",
             peer->faults > 0 && peer->last_fault[0] != '\0'
                 ? peer->last_fault
                 : peer->last_error);
    const char *cells[] = {peer->node, state, held,   behind, sealed,
                           as_of,      has,   faults, last};
    term_table_add(table, cells);
}

static void print_peers(const Heluo__V1__NodeStatusResponse *status)
{
    struct term_table table = {.column_count = 9};
    term_table_add(&table, (const char *const[]){
                               "NODE", "LINK", "ENTRIES", "BEHIND", "SEALED",
                               "AS OF", "KEEPS OURS TO", "FAULTS", "LAST"});
    for (size_t i = 0; i < status->n_peers; i++) {
        add_peer(&table, status->peers[i]);
    }
    term_table_print(&table, stdout);
    term_table_fini(&table);
}

static json_t *peers_json(const Heluo__V1__NodeStatusResponse *status)
{
    json_t *list = json_array();
    for (size_t i = 0; i < status->n_peers; i++) {
        json_array_append_new(list, message_json(&status->peers[i]->base));
    }
    return list;
}

static hl_err peer_list(struct cli_call *call)
{
    ProtobufCMessage *answer = NULL;
    Heluo__V1__NodeStatusRequest request = HELUO__V1__NODE_STATUS_REQUEST__INIT;
    hl_err err = node_link_ask_once(
        call, "/heluo.v1.Node/Status", &request.base,
        &heluo__v1__node_status_response__descriptor, &answer);
    if (err == HL_OK) {
        const Heluo__V1__NodeStatusResponse *status =
            (const Heluo__V1__NodeStatusResponse *)answer;
        if (call->json) {
            cli_print_json(peers_json(status));
        } else {
            print_peers(status);
        }
    }
    if (answer != NULL) {
        protobuf_c_message_free_unpacked(answer, NULL);
    }
    return err;
}

/* --- retry, pause, lost. ------------------------------------------------- */

static hl_err set_peer(struct cli_call *call, const char *action,
                       const char *done)
{
    ProtobufCMessage *answer = NULL;
    Heluo__V1__NodeSetPeerRequest request =
        HELUO__V1__NODE_SET_PEER_REQUEST__INIT;
    request.node = (char *)(uintptr_t)call->operands[0];
    request.action = (char *)(uintptr_t)action;
    hl_err err = node_link_ask_once(
        call, "/heluo.v1.Node/SetPeer", &request.base,
        &heluo__v1__node_set_peer_response__descriptor, &answer);
    if (err == HL_OK && call->json) {
        cli_print_json(json_pack("{s:o, s:s}", "node",
                                 cli_json_text(call->operands[0]), "action",
                                 action));
    } else if (err == HL_OK) {
        term_put(stdout, call->operands[0]);
        puts(done);
    }
    if (answer != NULL) {
        protobuf_c_message_free_unpacked(answer, NULL);
    }
    return err;
}

static hl_err peer_retry(struct cli_call *call)
{
    return set_peer(call, "retry",
                    " is dialled now; faults and pause are forgotten");
}

static hl_err peer_pause(struct cli_call *call)
{
    return set_peer(call, "pause",
                    " is left alone until 'heluo peer retry' or a restart");
}

static hl_err peer_lost(struct cli_call *call)
{
    return set_peer(call, "lost", " is not waited for any more");
}

static const struct cli_option peer_options[] = {
    CONNECT_OPTIONS,
    {0},
};

const struct cli_command peer_commands[] = {
    {.name = "list",
     .summary = "how each partner is reached, and what it has",
     .description =
         "A line for each other node of the charter: whether there is a "
         "stream\n"
         "to it; of its journal how many entries are here, how many more are\n"
         "known to exist, how many are sealed, and when its author last\n"
         "vouched for that; up to where it keeps this node's journal; how\n"
         "often it broke the protocol; and what was last wrong.",
     .examples = "heluo peer list\n"
                 "heluo peer list --json",
     .options = peer_options,
     .json = true,
     .run = peer_list},
    {.name = "retry",
     .operands = "NODE",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "dial a partner now",
     .description = "Forgets back-off, faults and pause, and dials at once.",
     .options = peer_options,
     .json = true,
     .run = peer_retry},
    {.name = "pause",
     .operands = "NODE",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "have nothing to do with a partner for a while",
     .description =
         "Ends the streams with it and refuses new ones, until 'heluo peer\n"
         "retry' or a restart. Its journal goes on coming through others.",
     .options = peer_options,
     .json = true,
     .run = peer_pause},
    {.name = "lost",
     .operands = "NODE",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "a keeper of our journal will not answer any more",
     .description =
         "While this node's journal is taken back from partners, every keeper\n"
         "has to answer. One that is gone for good (its machine is scrap) is\n"
         "not waited for after this. Do not say it of one that is only away:\n"
         "what it alone has of this journal would not be taken back. It holds\n"
         "until a restart.",
     .options = peer_options,
     .json = true,
     .run = peer_lost},
    {0},
};
