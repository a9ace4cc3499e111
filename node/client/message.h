/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLIENT_MESSAGE_H
#define HL_NODE_CLIENT_MESSAGE_H

/* Messages to and from the gRPC core's buffers. Any thread. */

#include <grpc/byte_buffer.h>
#include <protobuf-c/protobuf-c.h>

#include "protocol/base/hl_err.h"

/* The caller's: grpc_byte_buffer_destroy(). */
grpc_byte_buffer *message_pack(const ProtobufCMessage *message);

/* The caller's: protobuf_c_message_free_unpacked(). The core has bounded the
 * buffer; our schemas do not nest without end.
 *
 * HL_EMALFORMED  no such message; or none at all, where buffer is NULL. */
HL_MUST_USE hl_err message_unpack(grpc_byte_buffer *buffer,
                                  const ProtobufCMessageDescriptor *schema,
                                  ProtobufCMessage **out,
                                  struct hl_detail *detail);

#endif
