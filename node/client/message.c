/* SPDX-License-Identifier: Apache-2.0 */
#include "node/client/message.h"

#include <grpc/byte_buffer_reader.h>
#include <grpc/slice.h>

grpc_byte_buffer *message_pack(const ProtobufCMessage *message)
{
    grpc_slice slice =
        grpc_slice_malloc(protobuf_c_message_get_packed_size(message));
    protobuf_c_message_pack(message, GRPC_SLICE_START_PTR(slice));
    grpc_byte_buffer *buffer = grpc_raw_byte_buffer_create(&slice, 1);
    grpc_slice_unref(slice);
    return buffer;
}

hl_err message_unpack(grpc_byte_buffer *buffer,
                      const ProtobufCMessageDescriptor *schema,
                      ProtobufCMessage **out, struct hl_detail *detail)
{
    grpc_byte_buffer_reader reader;
    ProtobufCMessage *message = NULL;
    if (buffer != NULL && grpc_byte_buffer_reader_init(&reader, buffer)) {
        grpc_slice slice = grpc_byte_buffer_reader_readall(&reader);
        grpc_byte_buffer_reader_destroy(&reader);
        message =
            protobuf_c_message_unpack(schema, NULL, GRPC_SLICE_LENGTH(slice),
                                      GRPC_SLICE_START_PTR(slice));
        grpc_slice_unref(slice);
    }
    if (message == NULL) {
        return hl_fail(detail, HL_EMALFORMED,
                       "the node's answer is no message %s: is it a node of "
                       "this version?",
                       schema->name);
    }
    *out = message;
    return HL_OK;
}
