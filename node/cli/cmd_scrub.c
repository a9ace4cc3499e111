/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo scrub`. */

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "heluo/v1/node.pb-c.h"
#include "node/cli/commands.h"
#include "node/cli/connect.h"
#include "node/cli/message_json.h"
#include "node/cli/status_text.h"
#include "node/cli/term.h"

struct scrub {
    struct cli_call *call;
    enum lang lang;
    json_t *list; /* damages, where --json was asked for */
    uint64_t damages, left;
};

static void show_progress(const Heluo__V1__NodeScrubProgress *progress)
{
    if (isatty(STDERR_FILENO) == 1 && progress->n_damages == 0) {
        fprintf(stderr, "\r%" PRIu64 " rows, %" PRIu64 " entries%s",
                progress->rows, progress->entries, progress->done ? "\n" : "");
    }
}

static void tell_damage(struct scrub *scrub,
                        const Heluo__V1__NodeDamage *damage)
{
    scrub->damages++;
    scrub->left += !damage->repaired;
    if (scrub->list != NULL) {
        json_array_append_new(scrub->list, message_json(&damage->base));
        return;
    }
    term_put(stdout, scrub->lang == LANG_ZH && damage->text_zh[0] != '\0'
                         ? damage->text_zh
                         : damage->text_en);
    putchar('\n');
}

static hl_err tell_end(struct scrub *scrub,
                       const Heluo__V1__NodeScrubProgress *end)
{
    uint64_t left = end->found > end->repaired ? end->found - end->repaired : 0;
    left = scrub->left > left ? scrub->left : left;
    if (scrub->list != NULL) {
        json_t *all = json_object();
        json_object_set_new(all, "rows", json_integer((json_int_t)end->rows));
        json_object_set_new(all, "entries",
                            json_integer((json_int_t)end->entries));
        json_object_set_new(all, "found", json_integer((json_int_t)end->found));
        json_object_set_new(all, "repaired",
                            json_integer((json_int_t)end->repaired));
        json_object_set(all, "damages", scrub->list);
        cli_print_json(all);
    } else if (scrub->lang == LANG_ZH) {
        printf("已读 %" PRIu64 " 行、%" PRIu64 " 条日志；损坏 %" PRIu64
               " 处，已修复 %" PRIu64 " 处\n",
               end->rows, end->entries, end->found, end->repaired);
    } else {
        printf("%" PRIu64 " rows and %" PRIu64 " entries read, %" PRIu64
               " damages found, %" PRIu64 " repaired\n",
               end->rows, end->entries, end->found, end->repaired);
    }
    return left == 0
               ? HL_OK
               : hl_fail(&scrub->call->detail, HL_EDAMAGED,
                         "%" PRIu64 " damages could not be repaired", left);
}

static hl_err take(struct scrub *scrub,
                   const Heluo__V1__NodeScrubProgress *progress)
{
    show_progress(progress);
    for (size_t i = 0; i < progress->n_damages; i++) {
        tell_damage(scrub, progress->damages[i]);
    }
    return progress->done ? tell_end(scrub, progress) : HL_OK;
}

static hl_err follow(struct scrub *scrub, struct node_link *link,
                     struct client_stream *stream)
{
    struct cli_call *call = scrub->call;
    for (;;) {
        bool timed_out = false;
        ProtobufCMessage *message = NULL;
        hl_err err = client_stream_next(stream, link->timeout_ms, &message,
                                        &timed_out, cli_about(call, ""));
        if (err != HL_OK) {
            return err;
        }
        if (message == NULL) {
            return timed_out
                       ? hl_fail(&call->detail, HL_EDEADLINE,
                                 "no progress was told: it goes on; its log "
                                 "and 'heluo status' say how it ends")
                       : hl_fail(&call->detail, HL_EMALFORMED,
                                 "the node ended before it was done");
        }
        const Heluo__V1__NodeScrubProgress *progress =
            (const Heluo__V1__NodeScrubProgress *)message;
        bool done = progress->done;
        err = take(scrub, progress);
        protobuf_c_message_free_unpacked(message, NULL);
        if (done || err != HL_OK) {
            return err;
        }
    }
}

hl_err cmd_scrub(struct cli_call *call)
{
    Heluo__V1__NodeScrubRequest request = HELUO__V1__NODE_SCRUB_REQUEST__INIT;
    struct scrub scrub = {.call = call};
    struct node_link link = {0};
    hl_err err = lang_choose(call, &scrub.lang);
    if (err == HL_OK) {
        err = node_link_open(call, &link);
    }
    if (err == HL_OK) {
        scrub.list = call->json ? json_array() : NULL;
        struct client_stream *stream = client_stream_open(
            link.client, "/heluo.v1.Node/Scrub", &request.base,
            &heluo__v1__node_scrub_progress__descriptor);
        err = follow(&scrub, &link, stream);
        client_stream_close(&stream);
        json_decref(scrub.list);
    }
    node_link_close(&link);
    return err;
}

const struct cli_option scrub_options[] = {
    {"lang", "WORD", "zh or en; as LC_ALL or LANG say if not given.",
     CLI_OPTIONAL},
    CONNECT_OPTIONS,
    {0},
};
