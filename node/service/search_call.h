/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SERVICE_SEARCH_CALL_H
#define HL_NODE_SERVICE_SEARCH_CALL_H

/* What the methods of Search share: heluo-search says which records, in which
 * order; what they are is read here, in one snapshot. Inside this folder. A
 * call is the room's thread's from search_call_enter() on. */

#include <heluo/v1/index.pb-c.h>

#include "node/service/search_room.h"
#include "node/service/services_internal.h"

/* Memory of the call; the methods' own begin with it. */
struct search_call {
    struct search_wait wait; /* first */
    struct rpc_call *call;
    struct services *services;
    struct search_asker *asker; /* while it runs, so below */
    struct store_txn *txn;      /* NULL until search_call_read() */
    /* Answers the call; what it returns is answered for it. */
    hl_err (*run)(struct search_call *search, struct hl_detail *detail);
};

/* HL_EAWAY  this node has no heluo-search. */
HL_MUST_USE hl_err search_call_check(const struct services *services,
                                     struct hl_detail *detail);

/* Fails the call where that cannot be. */
void search_call_enter(struct search_call *search);

/* The answer is the caller's: protobuf_c_message_free_unpacked().
 *
 * HL_EAWAY  heluo-search does not answer, or has no index yet. */
HL_MUST_USE hl_err search_call_ask(struct search_call *search,
                                   const Heluo__V1__IndexFindRequest *request,
                                   Heluo__V1__IndexFindResponse **out,
                                   struct hl_detail *detail);

/* The same of another of its methods. */
HL_MUST_USE hl_err search_call_pass(struct search_call *search,
                                    const char *path,
                                    const ProtobufCMessage *request,
                                    const ProtobufCMessageDescriptor *answer,
                                    ProtobufCMessage **out,
                                    struct hl_detail *detail);

/* Opens the snapshot, once. */
HL_MUST_USE hl_err search_call_read(struct search_call *search,
                                    struct hl_detail *detail);

/* The unit of that key, as the first half has it that states one. */
HL_MUST_USE hl_err search_unit(struct store_txn *txn, struct bytes scheme,
                               struct bytes id, struct unit *out, bool *found,
                               struct hl_detail *detail);
/* "": none is known. */
char *search_unit_name(struct search_call *search, struct bytes scheme,
                       struct bytes id);

/* A hit's record; there is false where it is none any more, which the index
 * has not heard of yet. row borrows from the snapshot. */
struct search_record {
    bool there;
    const struct record_kind *kind;
    struct row row;
    struct record_home home;
    union record_room record;
};
HL_MUST_USE hl_err search_record_of(
    struct search_call *search, const Heluo__V1__IndexFindResponse__Hit *hit,
    struct search_record *out, struct hl_detail *detail);

/* With snippets by `words`, which are folded. */
Heluo__V1__SearchHit *search_hit_of(struct search_call *search,
                                    const struct search_record *record,
                                    struct bytes origin, char *const *words,
                                    size_t word_count);

/* How far the index is with each journal, by its position. */
HL_MUST_USE hl_err search_as_of(struct search_call *search,
                                const ProtobufCBinaryData *position,
                                size_t *count, Heluo__V1__SearchAsOf ***list,
                                struct hl_detail *detail);

/* The methods; search_find.c has their table. */
void search_find(struct rpc_call *call, const ProtobufCMessage *message,
                 void *context);
void search_review(struct rpc_call *call, const ProtobufCMessage *message,
                   void *context);
void search_match(struct rpc_call *call, const ProtobufCMessage *message,
                  void *context);
void search_watch_matches(struct rpc_call *call,
                          const ProtobufCMessage *message, void *context);

#endif
