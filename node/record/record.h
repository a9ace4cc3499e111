/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_RECORD_RECORD_H
#define HL_NODE_RECORD_RECORD_H

/* Records: one table of fields each, from which reading and writing the
 * entry's body and the stored row, dump, digest and comparison derive. A
 * record is a plain struct of ours whose texts borrow what it was read from.
 * Pure, any thread. */

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

#include "protocol/base/bytes.h"
#include "protocol/base/hl_err.h"
#include "protocol/base/hl_time.h"
#include "protocol/base/writer.h"

enum field_kind {
    FIELD_TEXT,  /* struct bytes, UTF-8; min and max in bytes */
    FIELD_BYTES, /* struct bytes; min and max in bytes */
    FIELD_UINT,  /* uint64_t; min and max are values */
    FIELD_LIST,  /* struct bytes: each item as it is encoded, with its tag; min
                    and max count them. In no key. */
};

struct field {
    uint32_t number; /* in the body's message, and in the row */
    const char *name;
    enum field_kind kind;
    size_t offset; /* in the record's struct */
    uint64_t min, max;
    bool key; /* part of the record's key; these come first */
    /* One field's rule beyond its bounds; NULL: none. Says what is wrong. */
    hl_err (*validate)(struct bytes value, struct hl_detail *detail);
    /* Brings what a person typed into the one written form, which is never
     * longer; into `out`, of value.size bytes. NULL: it is left as it is. */
    struct bytes (*normalise)(struct bytes value, uint8_t *out);
    const struct record_type *items; /* of a list: what each is */
};

struct record_type {
    uint8_t number; /* in keys of the store; never reused */
    const char *name;
    size_t size;                /* of the struct */
    const struct field *fields; /* by number */
    size_t field_count;
    const ProtobufCMessageDescriptor *schema; /* of the body */
    /* A rule over several fields; NULL: none. */
    hl_err (*validate)(const void *record, struct hl_detail *detail);
    /* After the fields' own: what depends on several; changes bytes in place,
     * and may shorten. NULL: nothing. */
    void (*normalise)(void *record);
};

/* No record's struct is larger: room for one of any type. */
enum { RECORD_MAX_BYTES = 1024 };
union record_room {
    max_align_t align;
    uint8_t bytes[RECORD_MAX_BYTES];
};

/* Bounds and rules of every field, then the record's own. detail names the
 * field.
 *
 * HL_EMALFORMED, HL_ELIMIT */
HL_MUST_USE hl_err record_validate(const struct record_type *type,
                                   const void *record,
                                   struct hl_detail *detail);

/* Brings all texts into their one written form. Appends to `out`, which they
 * then borrow until its next use; they may not lie in it before. Does not
 * validate. */
void record_normalise(const struct record_type *type, void *record,
                      struct writer *out);

/* Canonical protobuf of the fields: the body of the entry that states it. */
void record_encode(const struct record_type *type, const void *record,
                   struct writer *out);

/* Reads what canonical_check() accepted against the schema; unknown fields are
 * left out. The record borrows raw. Does not validate. */
void record_decode(const struct record_type *type, struct bytes raw,
                   void *record);

/* The same of the key's fields alone; the others are left as they are. */
void record_decode_key(const struct record_type *type, struct bytes raw,
                       void *record);

/* The items of a list, one by one, which borrow from it; false past the
 * last. */
struct record_list {
    const struct record_type *items;
    struct bytes rest;
};
void record_list_init(struct record_list *list, const struct field *field,
                      struct bytes value);
bool record_list_next(struct record_list *list, void *item);
/* Appends one. */
void record_list_add(const struct field *field, const void *item,
                     struct writer *out);

/* Takes the fields out of a message of the type's schema, which has no lists,
 * and whose texts the record then borrows. Does not validate. */
void record_from_message(const struct record_type *type,
                         const ProtobufCMessage *message, void *record);

/* Makes such a message, also without lists, by memory of `allocate`, which
 * never fails and gives zeroed room for any object; the texts are copied. */
ProtobufCMessage *
record_to_message(const struct record_type *type, const void *record,
                  void *(*allocate)(void *context, size_t size), void *context);

/* Appends the key: what tells records of one type apart in one half. Order of
 * keys is order of the key fields as bytes; no key is a prefix of another. */
void record_key(const struct record_type *type, const void *record,
                struct writer *out);

/* Copies the key fields, which the two types share, in order. */
void record_copy_key(const struct record_type *from_type, const void *from,
                     const struct record_type *to_type, void *to);

bool record_field_differs(const struct field *field, const void *a,
                          const void *b);

/* The name of the first field in which two records differ, or NULL. */
const char *record_difference(const struct record_type *type, const void *a,
                              const void *b);

/* Appends "name=value" for each field, for people and for comparing dumps. */
void record_dump(const struct record_type *type, const void *record,
                 struct writer *out);

#endif
