/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo peer`: the other nodes, as this one reaches them. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "heluo/v1/node.pb-c.h"
#include "node/cli/commands.h"
#include "node/cli/connect.h"
#include "node/cli/exposure_text.h"
#include "node/cli/message_json.h"
#include "node/cli/term.h"
#include "protocol/base/hl_time.h"

enum { NUMBER_BYTES = 24, STATE_BYTES = 64, LAST_BYTES = 320 };

/* --- list. --------------------------------------------------------------- */

static const char *closed(struct writer *text)
{
    writer_u8(text, 0);
    return (const char *)text->data;
}

static void add_peer(struct term_table *table, const Heluo__V1__NodePeer *peer)
{
    struct writer allotted = {0}, unsealed = {0};
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
    if (exposure_text_is_any(peer)) {
        exposure_text_allotted(peer, LANG_EN, &allotted);
        exposure_text_unsealed(peer, LANG_EN, &unsealed);
    }
    const char *cells[] = {peer->node,
                           state,
                           held,
                           behind,
                           sealed,
                           as_of,
                           has,
                           closed(&allotted),
                           closed(&unsealed),
                           faults,
                           last};
    term_table_add(table, cells);
    writer_fini(&unsealed);
    writer_fini(&allotted);
}

static void print_peers(const Heluo__V1__NodeStatusResponse *status)
{
    struct term_table table = {.column_count = 11};
    term_table_add(&table, (const char *const[]){
                               "NODE", "LINK", "ENTRIES", "BEHIND", "SEALED",
                               "AS OF", "KEEPS OURS TO", "ALLOTTED",
                               "UNSEALED ORDERS", "FAULTS", "LAST"});
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

static hl_err ask(struct cli_call *call, ProtobufCMessage **answer)
{
    Heluo__V1__NodeStatusRequest request = HELUO__V1__NODE_STATUS_REQUEST__INIT;
    return node_link_ask_once(call, "/heluo.v1.Node/Status", &request.base,
                              &heluo__v1__node_status_response__descriptor,
                              answer);
}

static hl_err peer_list(struct cli_call *call)
{
    ProtobufCMessage *answer = NULL;
    hl_err err = ask(call, &answer);
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

/* --- show. --------------------------------------------------------------- */

enum { NAME_COLUMNS = 24 };

/* What is empty is left out. */
static void print_field(const char *name, const char *text)
{
    if (text[0] != '\0') {
        term_put_padded(stdout, name, NAME_COLUMNS);
        putchar(' ');
        term_put(stdout, text);
        putchar('\n');
    }
}

static void print_number(const char *name, uint64_t number)
{
    char text[NUMBER_BYTES];
    snprintf(text, sizeof(text), "%" PRIu64, number);
    print_field(name, text);
}

static void print_exposure(const Heluo__V1__NodePeer *peer, enum lang lang)
{
    struct writer allotted = {0}, unsealed = {0};
    exposure_text_allotted(peer, lang, &allotted);
    exposure_text_unsealed(peer, lang, &unsealed);
    print_field("allotted 已授额度", closed(&allotted));
    print_field("unsealed 未封存预占", closed(&unsealed));
    writer_fini(&unsealed);
    writer_fini(&allotted);
}

static void print_peer(const Heluo__V1__NodePeer *peer, enum lang lang)
{
    char as_of[WALL_TEXT_BYTES] = "";
    if (peer->as_of_ms > 0) {
        wall_format((struct hl_wall){.ms = (int64_t)peer->as_of_ms}, as_of);
    }
    print_field("node 节点", peer->node);
    print_field("link 连接", peer->link);
    print_field("standing 状态", peer->standing);
    print_number("entries here 已有记录", peer->held_size);
    print_number("known 已知记录", peer->newest_size);
    print_number("sealed 已封存", peer->sealed_size);
    print_field("as of 截至", as_of);
    if (peer->keeps) {
        print_number("keeps ours to 保管本日志至", peer->cosigned_size);
    }
    print_exposure(peer, lang);
    if (peer->faults > 0) {
        print_number("faults 违规次数", peer->faults);
    }
    print_field("last fault 最近违规", peer->last_fault);
    print_field("last error 最近错误", peer->last_error);
}

static const Heluo__V1__NodePeer *
find_peer(const Heluo__V1__NodeStatusResponse *status, const char *node)
{
    for (size_t i = 0; i < status->n_peers; i++) {
        if (strcmp(status->peers[i]->node, node) == 0) {
            return status->peers[i];
        }
    }
    return NULL;
}

static hl_err peer_show(struct cli_call *call)
{
    ProtobufCMessage *answer = NULL;
    const char *node = call->operands[0];
    enum lang lang;
    hl_err err = lang_choose(call, &lang);
    if (err == HL_OK) {
        err = ask(call, &answer);
    }
    const Heluo__V1__NodePeer *peer =
        err == HL_OK
            ? find_peer((const Heluo__V1__NodeStatusResponse *)answer, node)
            : NULL;
    if (err == HL_OK && peer == NULL) {
        err = hl_fail(cli_about(call, node), HL_ENOTFOUND,
                      "the charter has no such partner: heluo peer list");
    } else if (err == HL_OK && call->json) {
        cli_print_json(message_json(&peer->base));
    } else if (err == HL_OK) {
        print_peer(peer, lang);
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

static const struct cli_option show_options[] = {
    {"lang", "WORD", "zh or en; as LC_ALL or LANG say if not given.",
     CLI_OPTIONAL},
    CONNECT_OPTIONS,
    {0},
};

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
         "vouched for that; up to where it keeps this node's journal; what it\n"
         "may still spend of this node's allotments, and what it holds for\n"
         "orders here without its keepers' seal, with the limits that are\n"
         "configured (allotted_max_fen, unsealed_max_fen); how often it broke\n"
         "the protocol; and what was last wrong.",
     .examples = "heluo peer list\n"
                 "heluo peer list --json",
     .options = peer_options,
     .json = true,
     .run = peer_list},
    {.name = "show",
     .operands = "NODE",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "one partner, and what may be lost by it",
     .description =
         "As a line of the list, field by field. Sums are yuan: what may "
         "still\n"
         "be spent of this node's allotments, with what was spent of them and\n"
         "not given back; and what is held for orders at this node by entries\n"
         "that are not sealed, behind \"of\" the limit that is configured.",
     .examples = "heluo peer show shandong",
     .options = show_options,
     .json = true,
     .run = peer_show},
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
