/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_MESSAGE_JSON_H
#define HL_NODE_CLI_MESSAGE_JSON_H

/* Any protobuf message as JSON or as lines, by its schema: field names as
 * there, bytes as hex, enumerators by name. Fields that the schema does not
 * know are left out. Any thread. */

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>
#include <stdio.h>

/* All fields, those at their default too. Our schemas do not nest without
 * end. The caller's. */
json_t *message_json(const ProtobufCMessage *message);

/* A line "name: value" for each member, cleaned for a terminal; objects within
 * are indented further. */
void message_json_print(const json_t *object, size_t indent, FILE *out);

#endif
