/* SPDX-License-Identifier: Apache-2.0 */
#include "node/cli/watching.h"

#include <unistd.h>

#include "certs/tools/file.h"
#include "protocol/base/writer.h"

enum { TOKEN_MAX_BYTES = 1048576, PAUSE_MS = 500 };

struct run {
    const struct watching *watching;
    struct cli_call *call;
    struct node_link link;
    const char *file; /* of the token, or NULL */
    struct writer token;
    int64_t away_ms; /* since when the node is away; 0: it is not */
};

static hl_err read_token(struct run *run)
{
    hl_err err = file_read(run->file, TOKEN_MAX_BYTES, &run->token,
                           cli_about(run->call, run->file));
    return err == HL_ENOTFOUND ? HL_OK : err;
}

static hl_err keep_token(struct run *run, const ProtobufCBinaryData *token)
{
    writer_clear(&run->token);
    writer_bytes(&run->token, bytes_of(token->data, token->len));
    if (run->file == NULL || token->len == 0) {
        return HL_OK;
    }
    return file_replace(run->file, FILE_MODE_PUBLIC, writer_view(&run->token),
                        cli_about(run->call, run->file));
}

/* What fails here does not get better by asking the node. */
static hl_err take(struct run *run, const ProtobufCMessage *message, bool *done)
{
    struct watched watched = run->watching->tell(run->call, message);
    run->away_ms = 0;
    /* The token says that the change was seen: not before it was. */
    hl_err err = fflush(stdout) != 0
                     ? hl_fail(cli_about(run->call, "standard output"), HL_EIO,
                               "nobody takes the changes")
                     : keep_token(run, &watched.token);
    *done = err != HL_OK ||
            (watched.current && cli_has(run->call, "until-current"));
    return err;
}

/* One stream, until it ends; *done where the caller wants no more. */
static hl_err follow(struct run *run, bool *done)
{
    const struct watching *watching = run->watching;
    *watching->token =
        (ProtobufCBinaryData){.len = run->token.size, .data = run->token.data};
    struct client_stream *stream = client_stream_open(
        run->link.client, watching->path, watching->request, watching->message);
    ProtobufCMessage *message = NULL;
    hl_err err = HL_OK;
    do {
        bool timed_out = false;
        message = NULL;
        err = client_stream_next(stream, -1, &message, &timed_out,
                                 cli_about(run->call, ""));
        if (message != NULL) {
            err = take(run, message, done);
            protobuf_c_message_free_unpacked(message, NULL);
        }
    } while (err == HL_OK && message != NULL && !*done);
    client_stream_close(&stream);
    return err;
}

/* A node that is away comes back: from the same place on. */
static hl_err follow_until_done(struct run *run)
{
    bool done = false;
    for (;;) {
        hl_err err = follow(run, &done);
        if (done || (err != HL_OK && !node_link_is_passing(err))) {
            return err;
        }
        int64_t now_ms = node_link_now_ms();
        run->away_ms = run->away_ms == 0 ? now_ms : run->away_ms;
        if (now_ms - run->away_ms >= run->link.timeout_ms) {
            return err;
        }
        node_link_pause(PAUSE_MS);
    }
}

hl_err watching_run(const struct watching *watching)
{
    struct run run = {.watching = watching,
                      .call = watching->call,
                      .file = cli_get(watching->call, "token")};
    hl_err err = run.file == NULL ? HL_OK : read_token(&run);
    if (err == HL_OK) {
        err = node_link_open(run.call, &run.link);
    }
    if (err == HL_OK) {
        err = follow_until_done(&run);
    }
    node_link_close(&run.link);
    writer_fini(&run.token);
    return err;
}
