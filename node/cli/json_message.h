/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_JSON_MESSAGE_H
#define HL_NODE_CLI_JSON_MESSAGE_H

/* A protobuf message out of JSON, as message_json() writes it: field names as
 * in the schema, enumerators by name. What is not given is at its default. Of
 * messages of texts, unsigned numbers, enumerators and messages. Any thread. */

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>

#include "protocol/base/hl_err.h"

/* The caller's: protobuf_c_message_free_unpacked(). Integers are up to 2^63 -
 * 1, which is what JSON libraries agree on. detail names the member, as
 * "rates[2].county".
 *
 * HL_EMALFORMED  a member that the schema does not have, or of another type. */
HL_MUST_USE hl_err json_message(const json_t *object,
                                const ProtobufCMessageDescriptor *schema,
                                ProtobufCMessage **out,
                                struct hl_detail *detail);

#endif
