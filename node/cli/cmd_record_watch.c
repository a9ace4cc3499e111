/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo unit watch`, and the same of the other kinds. */

#include <inttypes.h>
#include <unistd.h>

#include "certs/tools/file.h"
#include "node/cli/cmd_record.h"
#include "node/cli/connect.h"
#include "node/cli/term.h"

enum { TOKEN_MAX_BYTES = 1048576, PAUSE_MS = 500 };

struct watching {
    struct cli_call *call;
    struct node_link link;
    const char *path; /* of the token's file, or NULL */
    struct writer token;
    int64_t away_ms; /* since when the node is away; 0: it is not */
};

static hl_err read_token(struct watching *watching)
{
    struct hl_detail *detail = cli_about(watching->call, watching->path);
    hl_err err =
        file_read(watching->path, TOKEN_MAX_BYTES, &watching->token, detail);
    return err == HL_ENOTFOUND ? HL_OK : err;
}

static hl_err keep_token(struct watching *watching,
                         const ProtobufCBinaryData *token)
{
    writer_clear(&watching->token);
    writer_bytes(&watching->token, bytes_of(token->data, token->len));
    if (watching->path == NULL || token->len == 0) {
        return HL_OK;
    }
    return file_replace(watching->path, FILE_MODE_PUBLIC,
                        writer_view(&watching->token),
                        cli_about(watching->call, watching->path));
}

static const char *word_of(const Heluo__V1__CatalogueChange *change)
{
    const Heluo__V1__RecordView *view = change->record;
    switch (change->what) {
    case HELUO__V1__CHANGE_KIND__CHANGE_KIND_RELEASED:
        return "released";
    case HELUO__V1__CHANGE_KIND__CHANGE_KIND_RESUMED:
        return "taken-back";
    default:
        break;
    }
    if (view->retired) {
        return "retired";
    }
    return view->index != view->first_index ? "changed"
           : record_is_taken(view)          ? "taken"
                                            : "created";
}

static void print_line(const Heluo__V1__RecordView *view, const char *word)
{
    char id[RECORD_ID_BYTES];
    char name[RECORD_NAME_BYTES];
    record_describe(view, id, name);
    term_put(stdout, view->origin);
    printf(" %" PRIu64 "  %s  ", view->index, word);
    term_put(stdout, id);
    fputs("  ", stdout);
    term_put(stdout, name);
    putchar('\n');
}

static hl_err tell(struct watching *watching,
                   const Heluo__V1__CatalogueChange *change)
{
    if (change->record != NULL && watching->call->json) {
        json_t *object = record_view_json(change->record);
        json_object_set_new(object, "what", json_string(word_of(change)));
        json_dumpf(object, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
        putchar('\n');
        json_decref(object);
    } else if (change->record != NULL) {
        print_line(change->record, word_of(change));
    }
    /* The token says that the change was seen: not before it was. */
    if (fflush(stdout) != 0) {
        return hl_fail(cli_about(watching->call, "standard output"), HL_EIO,
                       "nobody takes the changes");
    }
    return keep_token(watching, &change->token);
}

/* One stream, until it ends; *done where the caller wants no more. */
static hl_err follow(struct watching *watching, bool *done)
{
    Heluo__V1__CatalogueWatchRequest request =
        HELUO__V1__CATALOGUE_WATCH_REQUEST__INIT;
    Heluo__V1__RecordKind kind =
        (Heluo__V1__RecordKind)record_kind_called(watching->call)->number;
    request.n_kinds = 1;
    request.kinds = &kind;
    request.token = (ProtobufCBinaryData){.len = watching->token.size,
                                          .data = watching->token.data};
    struct client_stream *stream = client_stream_open(
        watching->link.client, "/heluo.v1.Catalogue/Watch", &request.base,
        &heluo__v1__catalogue_change__descriptor);
    bool until_current = cli_has(watching->call, "until-current");
    ProtobufCMessage *message = NULL;
    hl_err err = HL_OK;
    do {
        bool timed_out = false;
        message = NULL;
        err = client_stream_next(stream, -1, &message, &timed_out,
                                 cli_about(watching->call, ""));
        if (message != NULL) {
            const Heluo__V1__CatalogueChange *change =
                (const Heluo__V1__CatalogueChange *)message;
            watching->away_ms = 0;
            err = tell(watching, change);
            /* What fails here does not get better by asking the node. */
            *done = err != HL_OK || (until_current && change->current);
            protobuf_c_message_free_unpacked(message, NULL);
        }
    } while (err == HL_OK && message != NULL && !*done);
    client_stream_close(&stream);
    return err;
}

/* A node that is away comes back: from the same place on. */
static hl_err follow_until_done(struct watching *watching)
{
    bool done = false;
    for (;;) {
        hl_err err = follow(watching, &done);
        if (done || (err != HL_OK && !node_link_is_passing(err))) {
            return err;
        }
        int64_t now_ms = node_link_now_ms();
        watching->away_ms = watching->away_ms == 0 ? now_ms : watching->away_ms;
        if (now_ms - watching->away_ms >= watching->link.timeout_ms) {
            return err;
        }
        node_link_pause(PAUSE_MS);
    }
}

hl_err cmd_record_watch(struct cli_call *call)
{
    struct watching watching = {.call = call, .path = cli_get(call, "token")};
    hl_err err = HL_OK;
    if (watching.path != NULL) {
        err = read_token(&watching);
    }
    if (err == HL_OK) {
        err = node_link_open(call, &watching.link);
    }
    if (err == HL_OK) {
        err = follow_until_done(&watching);
    }
    node_link_close(&watching.link);
    writer_fini(&watching.token);
    return err;
}
