/* SPDX-License-Identifier: Apache-2.0 */

/* Requests of any bytes: what the guard lets pass protobuf-c unpacks, within
 * the memory that the guard promises. The first byte chooses the schema. */

#include <stdlib.h>

#include "grpc/reflection/v1/reflection.pb-c.h"
#include "heluo/v1/catalogue.pb-c.h"
#include "heluo/v1/common.pb-c.h"
#include "node/rpc/guard.h"
#include "protocol/base/hl_assert.h"
#include "tests/fuzz/fuzz.h"

static void *count_up(void *context, size_t size)
{
    *(size_t *)context += size;
    return malloc(size);
}

static void release(void *context, void *memory)
{
    (void)context;
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const ProtobufCMessageDescriptor *const schemas[] = {
        &heluo__v1__catalogue_put_request__descriptor,
        &heluo__v1__catalogue_list_response__descriptor,
        &heluo__v1__watch_token__descriptor,
        &grpc__reflection__v1__server_reflection_response__descriptor,
        &heluo__v1__catalogue_import_request__descriptor,
    };
    if (size == 0) {
        return 0;
    }
    const ProtobufCMessageDescriptor *schema =
        schemas[data[0] % (sizeof(schemas) / sizeof(schemas[0]))];
    struct hl_detail detail = {0};
    struct bytes raw = bytes_of(data + 1, size - 1);
    hl_err err = guard_check(raw, schema, &detail);
    HL_ASSERT(err == HL_OK || err == HL_EMALFORMED || err == HL_ELIMIT);
    if (err != HL_OK) {
        HL_ASSERT(detail.text[0] != '\0');
        HL_ASSERT(detail.at <= raw.size);
        return 0;
    }
    size_t memory = 0;
    ProtobufCAllocator allocator = {
        .alloc = count_up, .free = release, .allocator_data = &memory};
    ProtobufCMessage *message =
        protobuf_c_message_unpack(schema, &allocator, raw.size, raw.data);
    HL_ASSERT(memory <= guard_memory_max(raw.size));
    if (message != NULL) {
        protobuf_c_message_free_unpacked(message, &allocator);
    }
    return 0;
}
