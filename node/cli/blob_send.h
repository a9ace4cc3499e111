/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_BLOB_SEND_H
#define HL_NODE_CLI_BLOB_SEND_H

/* Documents on their way to a node that seals them: piece by piece, and from
 * the start again where the node has lost its place. One thread. */

#include "heluo/v1/blob.pb-c.h"
#include "node/cli/connect.h"
#include "protocol/base/hash.h"

struct blob_document {
    struct bytes bytes; /* all of it */
    const char *name, *media_type;
    Heluo__V1__BlobKind kind;
    const char *const *readers; /* nodes, beside the one that seals it */
    size_t reader_count;
    const uint8_t *command_id; /* HL_COMMAND_ID_BYTES */
};

/* *answer is the caller's: protobuf_c_message_free_unpacked(). Retries while
 * the node is away, for as long as --timeout says. */
HL_MUST_USE hl_err blob_send(struct cli_call *call, struct node_link *link,
                             const struct blob_document *document,
                             Heluo__V1__BlobPutResponse **answer);

/* The same of the file that an option names, if it does: what says of which
 * command it is a part tells its retries apart. *id is set and *is true where
 * there was one. */
struct blob_part_of {
    const char *option;
    Heluo__V1__BlobKind kind;
    const char *reader;        /* or empty */
    const uint8_t *command_id; /* of the whole */
};
HL_MUST_USE hl_err blob_send_option(struct cli_call *call,
                                    const struct blob_part_of *part,
                                    struct hl_hash *id, bool *is);

/* Reads a document's file. */
HL_MUST_USE hl_err blob_read_file(struct cli_call *call, const char *path,
                                  struct writer *out);

/* By the ending of the file's name. */
const char *blob_media_type(const char *path);
/* Behind the last slash. */
const char *blob_file_name_of(const char *path);

#endif
