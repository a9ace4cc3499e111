/* SPDX-License-Identifier: Apache-2.0 */
#include "node/rpc/reflection.h"

#include "grpc/reflection/v1/reflection.pb-c.h"
#include "node/rpc/descriptors.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

enum { REQUEST_MAX_BYTES = 4096, STREAMS_MAX = 64, SERVICES_MAX = 64 };

typedef Grpc__Reflection__V1__ServerReflectionRequest request_t;
typedef Grpc__Reflection__V1__ServerReflectionResponse response_t;

#define RESPONSE_CASE(name)                                                    \
    GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_##name
#define REQUEST_CASE(name)                                                     \
    GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_##name

static void answer(struct rpc_call *call, const ProtobufCMessage *request,
                   void *context);

/* The versions differ in their names alone: the messages of one serve both. */
#define METHOD(package)                                                        \
    {                                                                          \
        .path = "/" package ".ServerReflection/ServerReflectionInfo",          \
        .kind = RPC_BIDI, .roles = ROLE_ALL,                                   \
        .request =                                                             \
            &grpc__reflection__v1__server_reflection_request__descriptor,      \
        .response =                                                            \
            &grpc__reflection__v1__server_reflection_response__descriptor,     \
        .request_max_bytes = REQUEST_MAX_BYTES, .open_max = STREAMS_MAX,       \
        .handle = answer                                                       \
    }
static const struct rpc_method v1[] = {METHOD("grpc.reflection.v1"), {0}};
static const struct rpc_method v1alpha[] = {METHOD("grpc.reflection.v1alpha"),
                                            {0}};

void reflection_init(struct rpc_service services[REFLECTION_SERVICES],
                     const struct rpc_service **lists)
{
    services[0] = (struct rpc_service){"grpc.reflection.v1.ServerReflection",
                                       v1, (void *)lists};
    services[1] = (struct rpc_service){
        "grpc.reflection.v1alpha.ServerReflection", v1alpha, (void *)lists};
    services[2] = (struct rpc_service){0};
}

/* --- Answers, one of each kind. ------------------------------------------ */

static void send_error(struct rpc_call *call, response_t *response,
                       enum hl_grpc code, const char *text)
{
    Grpc__Reflection__V1__ErrorResponse error =
        GRPC__REFLECTION__V1__ERROR_RESPONSE__INIT;
    error.error_code = (int32_t)code;
    error.error_message = (char *)(uintptr_t)text;
    response->message_response_case = RESPONSE_CASE(ERROR_RESPONSE);
    response->error_response = &error;
    rpc_send(call, &response->base);
}

static void send_services(struct rpc_call *call, response_t *response,
                          const struct rpc_service *const *lists)
{
    Grpc__Reflection__V1__ServiceResponse services[SERVICES_MAX];
    Grpc__Reflection__V1__ServiceResponse *pointers[SERVICES_MAX];
    Grpc__Reflection__V1__ListServiceResponse list =
        GRPC__REFLECTION__V1__LIST_SERVICE_RESPONSE__INIT;
    list.service = pointers;
    for (; *lists != NULL; lists++) {
        for (const struct rpc_service *s = *lists; s->name != NULL; s++) {
            HL_ASSERT(list.n_service < SERVICES_MAX);
            grpc__reflection__v1__service_response__init(
                &services[list.n_service]);
            services[list.n_service].name = (char *)(uintptr_t)s->name;
            pointers[list.n_service] = &services[list.n_service];
            list.n_service++;
        }
    }
    response->message_response_case = RESPONSE_CASE(LIST_SERVICES_RESPONSE);
    response->list_services_response = &list;
    rpc_send(call, &response->base);
}

/* The file, and all that it imports: so that no client has to ask again. */
static void send_file(struct rpc_call *call, response_t *response, size_t file)
{
    bool marks[DESCRIPTORS_MAX] = {false};
    ProtobufCBinaryData files[DESCRIPTORS_MAX];
    Grpc__Reflection__V1__FileDescriptorResponse list =
        GRPC__REFLECTION__V1__FILE_DESCRIPTOR_RESPONSE__INIT;
    size_t count = descriptors_count();
    if (file >= count) {
        send_error(call, response, GRPC_NOT_FOUND,
                   "no file of this node's has that");
        return;
    }
    descriptors_closure(file, marks);
    list.file_descriptor_proto = files;
    for (size_t i = 0; i < count; i++) {
        size_t which = (file + i) % count; /* the one asked for is the first */
        if (marks[which]) {
            struct bytes raw = descriptors_file(which);
            files[list.n_file_descriptor_proto++] = (ProtobufCBinaryData){
                .data = (uint8_t *)(uintptr_t)raw.data, .len = raw.size};
        }
    }
    response->message_response_case = RESPONSE_CASE(FILE_DESCRIPTOR_RESPONSE);
    response->file_descriptor_response = &list;
    rpc_send(call, &response->base);
}

/* Our messages have no extensions. */
static void send_extensions(struct rpc_call *call, response_t *response,
                            char *type)
{
    Grpc__Reflection__V1__ExtensionNumberResponse numbers =
        GRPC__REFLECTION__V1__EXTENSION_NUMBER_RESPONSE__INIT;
    if (descriptors_by_symbol(bytes_of_text(type)) >= descriptors_count()) {
        send_error(call, response, GRPC_NOT_FOUND,
                   "no file of this node's has that type");
        return;
    }
    numbers.base_type_name = type;
    response->message_response_case =
        RESPONSE_CASE(ALL_EXTENSION_NUMBERS_RESPONSE);
    response->all_extension_numbers_response = &numbers;
    rpc_send(call, &response->base);
}

static void answer(struct rpc_call *call, const ProtobufCMessage *message,
                   void *context)
{
    request_t *request = (request_t *)(uintptr_t)message;
    response_t response =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__INIT;
    response.valid_host = request->host;
    response.original_request = request;
    switch (request->message_request_case) {
    case REQUEST_CASE(LIST_SERVICES):
        send_services(call, &response, context);
        break;
    case REQUEST_CASE(FILE_BY_FILENAME):
        send_file(
            call, &response,
            descriptors_by_name(bytes_of_text(request->file_by_filename)));
        break;
    case REQUEST_CASE(FILE_CONTAINING_SYMBOL):
        send_file(call, &response,
                  descriptors_by_symbol(
                      bytes_of_text(request->file_containing_symbol)));
        break;
    case REQUEST_CASE(ALL_EXTENSION_NUMBERS_OF_TYPE):
        send_extensions(call, &response,
                        request->all_extension_numbers_of_type);
        break;
    case REQUEST_CASE(FILE_CONTAINING_EXTENSION):
        send_error(call, &response, GRPC_NOT_FOUND,
                   "messages of this node have no extensions");
        break;
    default:
        send_error(call, &response, GRPC_INVALID_ARGUMENT,
                   "the request asks for nothing");
        break;
    }
}
