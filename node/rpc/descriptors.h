/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_RPC_DESCRIPTORS_H
#define HL_NODE_RPC_DESCRIPTORS_H

/* The .proto files of our services and all that they import, as protoc
 * described them when this program was built (google.protobuf.FileDescriptorSet
 * of descriptor.proto). Constant; any thread. */

#include "protocol/base/bytes.h"

enum { DESCRIPTORS_MAX = 64 };

/* Files, by their place; descriptors_count() if there is none. */
size_t descriptors_count(void);
size_t descriptors_by_name(struct bytes name);
/* The full name of a message, an enum, a service, or of what stands in one:
 * "heluo.v1.Catalogue.Put". */
size_t descriptors_by_symbol(struct bytes symbol);

/* The serialized FileDescriptorProto. */
struct bytes descriptors_file(size_t file);

/* Marks the file and all that it imports, directly or not. */
void descriptors_closure(size_t file, bool marks[DESCRIPTORS_MAX]);

#endif
