/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SERVICE_BLOB_UPLOADS_H
#define HL_NODE_SERVICE_BLOB_UPLOADS_H

/* Documents that are coming, a piece in a call (blob_put.c). Each has room on
 * the disk in a draft; one that nobody sends a piece of for ten minutes gives
 * it back when the next call comes. Any thread. */

#include "node/blob/blob_files.h"

enum { BLOB_UPLOADS_MAX = 16, BLOB_UPLOAD_IDLE_S = 600 };

/* One document. What tells it from others is who puts it, by which command. */
struct upload {
    struct hl_hash caller;
    uint8_t command[HL_COMMAND_ID_BYTES];
    struct hl_hash head; /* of all that is the same in each piece */
    bool busy;           /* a call has it */
    int64_t touched_s;
    uint64_t next;
    uint64_t kind;
    struct writer readers;
    struct blob_sealer *sealer;
    struct blob_draft *draft;
    struct writer sealed; /* not written yet */
};
void blob_upload_destroy(struct upload **upload);

struct blob_uploads;
struct blob_uploads *blob_uploads_create(void);
void blob_uploads_destroy(struct blob_uploads **uploads);

/* The one of that command, now the caller's; NULL: there is none. Those that
 * came to a stand are dropped before.
 *
 * HL_EBUSY  another call has it. */
HL_MUST_USE hl_err blob_uploads_take(struct blob_uploads *uploads,
                                     const struct hl_hash *caller,
                                     struct bytes command, int64_t now_s,
                                     struct upload **out,
                                     struct hl_detail *detail);

/* A new one, which is the caller's.
 *
 * HL_EBUSY  as many are coming. */
HL_MUST_USE hl_err blob_uploads_add(struct blob_uploads *uploads,
                                    struct upload *upload,
                                    struct hl_detail *detail);

/* Back into the table, or out of it. */
void blob_uploads_leave(struct blob_uploads *uploads, struct upload *upload,
                        bool keep, int64_t now_s);

#endif
