/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo status`. */

#include <string.h>
#include <unistd.h>

#include "node/cli/commands.h"
#include "node/cli/connect.h"
#include "node/cli/message_json.h"
#include "node/cli/status_text.h"

enum { WATCH_MS = 2000 };

struct showing {
    struct cli_call *call;
    struct node_link link;
    enum lang lang;
    bool terminal;
};

static void print_json(const Heluo__V1__NodeStatusResponse *status, bool line)
{
    json_t *object = message_json(&status->base);
    if (!line) {
        cli_print_json(object);
        return;
    }
    json_dumpf(object, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(object);
}

static hl_err ask(struct showing *showing,
                  Heluo__V1__NodeStatusResponse **status)
{
    Heluo__V1__NodeStatusRequest request = HELUO__V1__NODE_STATUS_REQUEST__INIT;
    ProtobufCMessage *answer = NULL;
    hl_err err = node_link_ask(
        showing->call, &showing->link, "/heluo.v1.Node/Status", &request.base,
        &heluo__v1__node_status_response__descriptor, &answer);
    *status = (Heluo__V1__NodeStatusResponse *)answer;
    return err;
}

static void clear_screen(const struct showing *showing)
{
    if (showing->terminal) {
        fputs("\033[H\033[2J", stdout);
    }
}

static void show_once(struct showing *showing)
{
    Heluo__V1__NodeStatusResponse *status = NULL;
    hl_err err = ask(showing, &status);
    clear_screen(showing);
    if (err != HL_OK) {
        /* A node that is away is what one watches for. */
        printf("%s: %s\n", hl_err_name(err), showing->call->detail.text);
    } else if (showing->call->json) {
        print_json(status, true);
    } else if (showing->terminal) {
        status_print(status, showing->lang, stdout);
    } else {
        status_print_verdict(status, showing->lang, stdout);
    }
    if (status != NULL) {
        heluo__v1__node_status_response__free_unpacked(status, NULL);
    }
}

static hl_err watch(struct showing *showing)
{
    while (!ferror(stdout)) {
        show_once(showing);
        fflush(stdout);
        node_link_pause(WATCH_MS);
    }
    return hl_fail(cli_about(showing->call, "standard output"), HL_EIO,
                   "nobody takes the answer");
}

static hl_err show(struct showing *showing)
{
    Heluo__V1__NodeStatusResponse *status = NULL;
    hl_err err = ask(showing, &status);
    if (err == HL_OK && showing->call->json) {
        print_json(status, false);
    } else if (err == HL_OK) {
        status_print(status, showing->lang, stdout);
    }
    if (err == HL_OK) {
        err = status_error(status);
        if (err != HL_OK) {
            err = hl_fail(&showing->call->detail, err, "%s", status->refusal);
        }
    }
    if (status != NULL) {
        heluo__v1__node_status_response__free_unpacked(status, NULL);
    }
    return err;
}

hl_err cmd_status(struct cli_call *call)
{
    struct showing showing = {.call = call};
    hl_err err = lang_choose(call, &showing.lang);
    if (err == HL_OK) {
        err = node_link_open(call, &showing.link);
    }
    if (err == HL_OK) {
        showing.terminal = isatty(STDOUT_FILENO) == 1 && !call->json;
        err = cli_has(call, "watch") ? watch(&showing) : show(&showing);
    }
    node_link_close(&showing.link);
    return err;
}

const struct cli_option status_options[] = {
    {"watch", NULL,
     "Again every 2 seconds, until Ctrl-C: on a terminal in its place, else\n"
     "a line each time.",
     CLI_OPTIONAL},
    {"lang", "WORD", "zh or en; as LC_ALL or LANG say if not given.",
     CLI_OPTIONAL},
    CONNECT_OPTIONS,
    {0},
};
