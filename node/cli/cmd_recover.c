/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo recover`: a node takes its own journal back from partners. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "certs/tools/mark_file.h"
#include "heluo/v1/node.pb-c.h"
#include "node/cli/commands.h"
#include "node/cli/connect.h"
#include "node/cli/term.h"
#include "node/daemon/config.h"
#include "protocol/base/base64.h"

enum {
    LOOK_MS = 200,
    LONG_MS = 8000,   /* an answer takes no longer */
    SETTLE_MS = 2000, /* until the node has taken in what it was told */
    NAMES_BYTES = 256,
    PROGRESS_BYTES = 384,
};

struct recovery {
    struct cli_call *call;
    struct node_link link;
    Heluo__V1__NodeStatusResponse *status; /* the last answer */
    bool told;                             /* the node was told to */
    int64_t since_ms;                      /* when this began */
    char shown[PROGRESS_BYTES];
};

static hl_err look(struct recovery *recovery)
{
    Heluo__V1__NodeStatusRequest request = HELUO__V1__NODE_STATUS_REQUEST__INIT;
    ProtobufCMessage *answer = NULL;
    hl_err err = node_link_ask(
        recovery->call, &recovery->link, "/heluo.v1.Node/Status", &request.base,
        &heluo__v1__node_status_response__descriptor, &answer);
    if (err == HL_OK) {
        if (recovery->status != NULL) {
            heluo__v1__node_status_response__free_unpacked(recovery->status,
                                                           NULL);
        }
        recovery->status = (Heluo__V1__NodeStatusResponse *)answer;
    }
    return err;
}

static bool state_is(const struct recovery *recovery, const char *state)
{
    return strcmp(recovery->status->own_state, state) == 0;
}

/* --- Saying how it is. --------------------------------------------------- */

/* Keepers that are waited for. One that is reached and does not answer does not
 * know what it cosigned: its own operator's status says so, or it has a new
 * mirror key and asks others itself. */
static void name_missing(const Heluo__V1__NodeStatusResponse *status,
                         bool for_long, char names[NAMES_BYTES])
{
    size_t at = 0;
    names[0] = '\0';
    for (size_t i = 0; i < status->n_peers; i++) {
        const Heluo__V1__NodePeer *peer = status->peers[i];
        const char *how = strcmp(peer->link, "up") == 0 && !for_long ? ""
                          : strcmp(peer->link, "up") == 0
                              ? " (reached, has no answer: see its status)"
                              : " (not reached)";
        size_t size = strlen(peer->node) + strlen(how) + 3;
        if (peer->keeps && !peer->answered && at + size < NAMES_BYTES) {
            at += (size_t)snprintf(names + at, NAMES_BYTES - at, "%s%s%s",
                                   at == 0 ? "" : ", ", peer->node, how);
        }
    }
}

/* In one place on a terminal, else a line for each change. */
static void show_progress(struct recovery *recovery)
{
    const Heluo__V1__NodeStatusResponse *status = recovery->status;
    char names[NAMES_BYTES], text[PROGRESS_BYTES];
    name_missing(status, node_link_now_ms() > recovery->since_ms + LONG_MS,
                 names);
    snprintf(text, sizeof(text),
             "%" PRIu64 " of %" PRIu64 " entries are back%s%s",
             status->journal_size, status->known_size,
             names[0] == '\0' ? "" : "; waiting for keepers: ", names);
    bool terminal = isatty(STDERR_FILENO) == 1;
    if (!terminal && strcmp(text, recovery->shown) == 0) {
        return;
    }
    fputs(terminal ? "\r\033[K" : "", stderr);
    term_put(stderr, text);
    fputs(terminal ? "" : "\n", stderr);
    snprintf(recovery->shown, sizeof(recovery->shown), "%s", text);
}

static void end_progress(void)
{
    if (isatty(STDERR_FILENO) == 1) {
        fputs("\r\033[K", stderr);
    }
}

static void print_root(const Heluo__V1__NodeStatusResponse *status,
                       struct writer *out)
{
    base64_encode(bytes_of(status->journal_root.data, status->journal_root.len),
                  out);
    writer_u8(out, 0);
}

static void tell_key(const Heluo__V1__NodeStatusResponse *status)
{
    struct writer root = {0};
    print_root(status, &root);
    printf("this node's journal is back as far as any partner has it. The "
           "former journal key may\nhave signed more than that, and does not "
           "sign again. Make a new one with its mark:\n"
           "  heluo key new journal --alliance %s --node %s \\\n"
           "      --out journal-new.key --mark journal-new.mark\n"
           "name both in heluod.conf (journal_key, mark), and give its public "
           "line to the coordinators,\nwho hear the keepers and admit it from "
           "here:\n"
           "  heluo charter set-key NOW.charter --id %s --stolen \\\n"
           "      --size %" PRIu64 " --root %s \\\n"
           "      --journal-key \"$NEW\" --out NEXT.charter\n"
           "When that charter is signed and submitted here, restart heluod.\n",
           status->alliance, status->node, status->node, status->journal_size,
           (const char *)root.data);
    writer_fini(&root);
}

static hl_err tell_end(struct recovery *recovery)
{
    const Heluo__V1__NodeStatusResponse *status = recovery->status;
    struct cli_call *call = recovery->call;
    struct writer root = {0};
    print_root(status, &root);
    if (call->json) {
        cli_print_json(json_pack(
            "{s:s, s:I, s:s}", "own_state", status->own_state, "size",
            (json_int_t)status->journal_size, "root", (const char *)root.data));
    } else if (state_is(recovery, "good")) {
        printf("the journal is whole and goes on: %" PRIu64 " entries\n",
               status->journal_size);
    } else if (state_is(recovery, "needs-key")) {
        tell_key(status);
    }
    writer_fini(&root);
    return state_is(recovery, "good")
               ? HL_OK
               : hl_fail(&call->detail,
                         state_is(recovery, "needs-key") ? HL_ENOKEY
                         : state_is(recovery, "forked")  ? HL_EFORK
                                                         : HL_EENDED,
                         "%s", status->refusal);
}

/* --- A node that runs. --------------------------------------------------- */

static hl_err set_lost(struct recovery *recovery, const char *node)
{
    ProtobufCMessage *answer = NULL;
    Heluo__V1__NodeSetPeerRequest request =
        HELUO__V1__NODE_SET_PEER_REQUEST__INIT;
    request.node = (char *)(uintptr_t)node;
    request.action = (char *)(uintptr_t) "lost";
    hl_err err = node_link_ask(
        recovery->call, &recovery->link, "/heluo.v1.Node/SetPeer",
        &request.base, &heluo__v1__node_set_peer_response__descriptor, &answer);
    if (answer != NULL) {
        protobuf_c_message_free_unpacked(answer, NULL);
    }
    return err;
}

static hl_err say_recover(struct recovery *recovery)
{
    ProtobufCMessage *answer = NULL;
    Heluo__V1__NodeRecoverRequest request =
        HELUO__V1__NODE_RECOVER_REQUEST__INIT;
    hl_err err = node_link_ask(
        recovery->call, &recovery->link, "/heluo.v1.Node/Recover",
        &request.base, &heluo__v1__node_recover_response__descriptor, &answer);
    if (answer != NULL) {
        protobuf_c_message_free_unpacked(answer, NULL);
    }
    recovery->told = err == HL_OK;
    return err;
}

/* Until it goes on, or cannot without somebody. */
static hl_err follow(struct recovery *recovery)
{
    int64_t settled_ms = node_link_now_ms() + (recovery->told ? SETTLE_MS : 0);
    for (;;) {
        hl_err err = look(recovery);
        if (err != HL_OK) {
            return err;
        }
        bool passing =
            state_is(recovery, "unsure") || node_link_now_ms() < settled_ms;
        if (!passing) {
            end_progress();
            return tell_end(recovery);
        }
        show_progress(recovery);
        node_link_pause(LOOK_MS);
    }
}

static hl_err recover_online(struct recovery *recovery)
{
    struct cli_call *call = recovery->call;
    hl_err err = look(recovery);
    const char *node = NULL;
    for (size_t i = 0;
         err == HL_OK && (node = cli_get_nth(call, "lost", i)) != NULL; i++) {
        err = set_lost(recovery, node);
    }
    if (err == HL_OK &&
        (state_is(recovery, "set-back") ||
         (cli_has(call, "set-back") && state_is(recovery, "good")))) {
        err = say_recover(recovery);
    }
    return err == HL_OK ? follow(recovery) : err;
}

/* --- A node that does not run. ------------------------------------------- */

/* Without its mark the key is not used before partners were heard, and then not
 * by this node any more. */
static hl_err set_mark_aside(struct cli_call *call, const char *mark)
{
    char aside[MARK_ASIDE_BYTES];
    hl_err err = mark_file_set_aside(mark, NULL, aside, cli_about(call, mark));
    if (err == HL_ELOCKED) {
        return hl_fail(&call->detail, err,
                       "heluod is running, and could not be asked: give its "
                       "--socket, or stop it first");
    }
    if (err == HL_OK && call->json) {
        cli_print_json(
            json_pack("{s:o}", "mark_set_aside", cli_json_text(aside)));
    } else if (err == HL_OK) {
        term_put(stdout, mark);
        fputs(" is now ", stdout);
        term_put(stdout, aside);
        puts(": start heluod, then: heluo recover");
    }
    return err;
}

/* It gives the journal key up for good. */
static hl_err confirm(struct cli_call *call)
{
    if (cli_has(call, "yes")) {
        return HL_OK;
    }
    if (call->json || !isatty(STDIN_FILENO)) {
        return cli_usage(call, "--set-back gives this node's journal key up "
                               "for good, and a new one has to be admitted: "
                               "give --yes if this machine was set back");
    }
    char answer[16] = "";
    printf("This gives the journal key up for good, and a new one has to be "
           "admitted by charter.\nWas this machine set back to an older state? "
           "Type yes: ");
    fflush(stdout);
    if (fgets(answer, sizeof(answer), stdin) == NULL ||
        strcmp(answer, "yes\n") != 0) {
        return cli_usage(call, "nothing was done: the answer was not yes");
    }
    return HL_OK;
}

static hl_err recover_offline(struct cli_call *call, const char *path)
{
    struct config config = {0};
    hl_err err = config_read(path, &config, cli_about(call, path));
    if (err == HL_OK) {
        err = set_mark_aside(call, config.mark);
    }
    config_fini(&config);
    return err;
}

hl_err cmd_recover(struct cli_call *call)
{
    struct recovery recovery = {.call = call, .since_ms = node_link_now_ms()};
    const char *config = cli_get(call, "config");
    hl_err err = cli_has(call, "set-back") ? confirm(call) : HL_OK;
    if (err == HL_OK) {
        err = node_link_open(call, &recovery.link);
    }
    if (err == HL_OK) {
        err = recover_online(&recovery);
    }
    if (err == HL_ECONNECT && cli_has(call, "set-back") && config != NULL) {
        err = recover_offline(call, config);
    }
    if (recovery.status != NULL) {
        heluo__v1__node_status_response__free_unpacked(recovery.status, NULL);
    }
    node_link_close(&recovery.link);
    return err;
}

const struct cli_option recover_options[] = {
    {"set-back", NULL,
     "This machine was set back to an older state (a snapshot): the mark\n"
     "beside the store counts for nothing. With --config also before heluod\n"
     "is started, which is better.",
     CLI_OPTIONAL},
    {"yes", NULL, "Do not ask whether --set-back is meant.", CLI_OPTIONAL},
    {"lost", "NODE",
     "That keeper of ours will not answer any more: see 'heluo peer lost'.",
     CLI_REPEATED},
    CONNECT_OPTIONS,
    {0},
};
