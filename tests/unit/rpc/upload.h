/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_RPC_UPLOAD_H
#define HL_TESTS_UNIT_RPC_UPLOAD_H

/* The caller's side of a client stream, in every way to leave it. One thread;
 * its client has no other call meanwhile. */

#include "node/client/client.h"

struct upload;

/* deadline_ms: of the whole call; negative: none. */
struct upload *upload_open(struct client *client, const char *path,
                           const ProtobufCMessageDescriptor *answer,
                           int64_t deadline_ms);

/* Sends one; false: it was not taken within wait_ms (then only close may
 * follow), or the call has ended. */
bool upload_send(struct upload *upload, const ProtobufCMessage *message,
                 int64_t wait_ms);

/* Says that the last was sent. */
void upload_half_close(struct upload *upload);

/* How the call ended; half_close: says that first. Sets *answer, the caller's
 * to release, on HL_OK. Then only close may follow. */
hl_err upload_end(struct upload *upload, bool half_close,
                  ProtobufCMessage **answer, struct hl_detail *detail);

/* Cancels what has not ended. */
void upload_close(struct upload **upload);

#endif
