/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SERVICE_SERVICES_INTERNAL_H
#define HL_NODE_SERVICE_SERVICES_INTERNAL_H

/* What the files of this folder share. */

#include <pthread.h>
#include <stdatomic.h>

#include "heluo/v1/catalogue.pb-c.h"
#include "heluo/v1/common.pb-c.h"
#include "heluo/v1/node.pb-c.h"
#include "node/catalogue/contact.h"
#include "node/catalogue/kinds.h"
#include "node/catalogue/rules.h"
#include "node/catalogue/unit.h"
#include "node/projection/home.h"
#include "node/service/key_ring.h"
#include "node/service/services.h"

struct watcher;
struct blob_uploads;
struct rebuild_run;
struct scrub_call;

struct services {
    struct services_options options;
    char *origin;
    struct writer_thread *writer;
    struct waiting_room room;
    bool has_room;
    struct partners partners;
    bool has_partners;
    struct scrubber *scrubber;
    struct search_room *search;  /* NULL: there is no search */
    atomic_bool coordinator;     /* owns no catalogue */
    atomic_size_t batched;       /* commands of open Ledger.Batch calls */
    struct services_blobs blobs; /* files NULL: it keeps none */
    struct blob_uploads *uploads;
    _Atomic uint64_t allotted_max_fen, unsealed_max_fen;
    struct desk *desk;
    struct key_ring *keys;        /* of fingerprints */
    struct rpc_service table[11]; /* the last is all zero */

    pthread_mutex_t mutex; /* of all below */
    struct watcher *watchers;
    struct rebuild_run *rebuild; /* the one that runs, or NULL */
    struct scrub_call *scrubs;   /* who look on */
};

extern const struct rpc_method catalogue_methods[];
extern const struct rpc_method node_methods[];
extern const struct rpc_method journal_methods[];
extern const struct rpc_method search_methods[];
extern const struct rpc_method scheme_methods[];
extern const struct rpc_method voucher_methods[];
extern const struct rpc_method order_methods[];
extern const struct rpc_method ledger_methods[];
extern const struct rpc_method blob_methods[];
extern const struct rpc_method clearing_methods[];

/* --- Memory of a call. --------------------------------------------------- */

/* A text or bytes as protobuf-c has them, living as long as the call. */
char *call_text(struct rpc_call *call, struct bytes text);
ProtobufCBinaryData call_bytes(struct rpc_call *call, struct bytes bytes);

/* What a request holds, as bytes of ours. */
struct bytes bytes_of_binary(const ProtobufCBinaryData *data);

/* --- Reading. ------------------------------------------------------------ */

/* A journal as it may be shown at this moment: of the own one what has left
 * or may leave the process; of others up to their newest checkpoint. */
struct journal_view {
    struct store_txn *txn;
    struct journal journal;
    struct head head;
    struct writer note; /* over it; cosigned, where it is sealed */
    struct head sealed; /* size 0: nothing is */
    struct writer sealed_note;
    bool own;
};

/* origin "" is the own one.
 *
 * HL_ENOTFOUND  no such journal here, or nothing signed of it. */
HL_MUST_USE hl_err journal_view_open(struct services *services,
                                     const char *origin,
                                     struct journal_view *view,
                                     struct hl_detail *detail);
void journal_view_close(struct journal_view *view);

/* Appends a receipt of an entry below view->head, under what is sealed where
 * the entry is.
 *
 * HL_ENOTFOUND  there is none. */
HL_MUST_USE hl_err journal_view_receipt(struct journal_view *view,
                                        uint64_t index, struct writer *out,
                                        struct hl_detail *detail);

/* --- Positions. ---------------------------------------------------------- */

/* How far each journal has been seen, ascending by origin. */
struct positions {
    struct position {
        char origin[HL_NAME_MAX_BYTES + 1];
        uint64_t size;
        uint64_t cuts; /* before that was seen */
    } * items;
    size_t count, capacity;
};

enum { POSITIONS_MAX = 4096, TOKEN_MAX_BYTES = 1048576 };

void positions_fini(struct positions *positions);
/* What is stated of the origin, zeros if nothing is; and stating it. */
struct position positions_get(const struct positions *positions,
                              struct bytes origin);
void positions_set(struct positions *positions, struct bytes origin,
                   uint64_t size, uint64_t cuts);
/* Appends the token. */
void positions_write(const struct positions *positions, struct writer *out);
/* HL_EMALFORMED, HL_ELIMIT  not what positions_write() writes. */
HL_MUST_USE hl_err positions_read(struct bytes token, struct positions *out,
                                  struct hl_detail *detail);
/* How far all journals are applied in this transaction. */
HL_MUST_USE hl_err positions_now(struct store_txn *txn,
                                 struct positions *positions,
                                 struct hl_detail *detail);

/* --- Writing. ------------------------------------------------------------ */

/* A command that states or retires one record; the calls of every service
 * that writes are made of these. */
struct write_call {
    struct write_command command; /* first */
    struct rpc_call *call;
    struct services *services;
    bool want_receipt;
    struct waiting waiting; /* for keepers; .keepers 0: nobody waits */
    struct write_answer answer;
    const struct record_type *type;
    uint32_t body_type;
    struct bytes body; /* canonical; lives as long as the call */
    const struct record_kind *kind;
    struct contact clear; /* of a put: of the person, what came unmasked */
    /* What the request is told from others by, where that is not the body. */
    struct bytes asked;
    const char *(*difference)(const struct write_call *write,
                              const struct entry *former);
    /* Beyond what the record itself says: state that it needs, and what is to
     * be kept beside the journal. May leave nothing to say in the journal, by
     * *silent. May be NULL. */
    hl_err (*allow)(struct write_call *write, struct write_context *context,
                    bool *silent, struct hl_detail *detail);
    void (*respond)(struct write_call *write, Heluo__V1__Written *written);
};

/* Before anything is written: what can never be reached is refused. Sets
 * out->keepers (0: nobody waits) and wait_ms.
 *
 * HL_EMALFORMED, HL_EKEEPERS */
HL_MUST_USE hl_err write_take_durability(struct services *services,
                                         const Heluo__V1__Write *how,
                                         struct waiting *out,
                                         struct hl_detail *detail);

/* An id for a command whose caller names none.
 *
 * HL_ECRYPTO  no random numbers are to be had. */
HL_MUST_USE hl_err write_choose_id(uint8_t id[HL_COMMAND_ID_BYTES],
                                   struct hl_detail *detail);

/* Fills the command's frame: id, caller, digest over method and body.
 *
 * HL_EMALFORMED  the id is not of 16 bytes. */
HL_MUST_USE hl_err write_call_identify(struct write_call *write,
                                       struct bytes command_id,
                                       struct hl_detail *detail);

/* Submits one, which then answers the call, now or later. On an error nothing
 * was, and the call is the caller's. */
HL_MUST_USE hl_err write_call_try(struct write_call *write,
                                  const Heluo__V1__Write *how,
                                  struct hl_detail *detail);
/* The same; on an error it fails the call. Its type may be set before. */
void write_call_submit(struct write_call *write, const Heluo__V1__Write *how);

/* As services_set_limits() had them last. */
struct exposure_limits services_limits(struct services *services);

/* For commands that are answered together. */
extern const struct write_type write_call_type;
void write_call_answer(struct write_command *command,
                       const struct write_answer *answer);
hl_err write_call_run(struct write_command *command,
                      struct write_context *context, struct hl_detail *detail);
const char *write_call_difference(const struct write_command *command,
                                  const struct entry *former);

/* --- Partners. ----------------------------------------------------------- */

/* Appends a name, or "..." where no more fit. */
void node_add_name(char names[FACTS_NAMES_BYTES], const char *name);
/* node_exposure.c: what this node stands to lose by each of response->peers,
 * and who of them comes near a limit, or reaches it. */
HL_MUST_USE hl_err
node_put_exposure(struct services *services, const struct partners_view *view,
                  const Heluo__V1__NodeStatusResponse *response,
                  struct node_facts *facts, struct hl_detail *detail);

/* Empty where there are none; the caller's to release. */
struct partners_view partners_now(struct services *services);
const char *standing_word(enum engine_standing standing);

void node_set_peer(struct rpc_call *call, const ProtobufCMessage *request,
                   void *context);
void node_confirm_clock(struct rpc_call *call, const ProtobufCMessage *request,
                        void *context);
void node_submit_charter(struct rpc_call *call, const ProtobufCMessage *request,
                         void *context);
void node_charter(struct rpc_call *call, const ProtobufCMessage *request,
                  void *context);
/* node_archive.c */
void node_export(struct rpc_call *call, const ProtobufCMessage *request,
                 void *context);
void node_import(struct rpc_call *call, const ProtobufCMessage *request,
                 void *context);

void node_recover(struct rpc_call *call, const ProtobufCMessage *request,
                  void *context);
void node_partner_facts(const struct partners_view *view,
                        struct node_facts *facts);
/* What Status says of them and of the own journal among them; texts live as
 * long as the call. */
hl_err node_put_partners(struct services *services, struct rpc_call *call,
                         const struct partners_view *view,
                         Heluo__V1__NodeStatusResponse *response,
                         struct hl_detail *detail);

/* --- Parts of services. -------------------------------------------------- */

/* catalogue_view.c: a record as the API shows it; texts live as long as the
 * call. */
Heluo__V1__RecordView *record_view(struct rpc_call *call,
                                   const struct record_kind *kind,
                                   struct bytes origin, const struct row *row);

/* Views gathered for an answer, living as long as the call. */
struct record_views {
    Heluo__V1__RecordView **items;
    size_t count, capacity;
};

void record_views_add(struct rpc_call *call, struct record_views *list,
                      Heluo__V1__RecordView *view);

/* The request's record in its one written form; texts live as long as the
 * call. A homed one without a home is this node's. Not validated.
 *
 * HL_EMALFORMED  there is none, or of an unknown kind. */
HL_MUST_USE hl_err record_of_request(struct rpc_call *call,
                                     const struct services *services,
                                     const Heluo__V1__Record *from,
                                     const struct record_kind **kind,
                                     union record_room *out,
                                     struct hl_detail *detail);

/* The same of a key, and of a reason beside it: the struct of a retirement, by
 * which record_find() finds the record's row. Validated.
 *
 * HL_EMALFORMED, HL_ELIMIT */
HL_MUST_USE hl_err record_key_of_request(struct rpc_call *call,
                                         const struct services *services,
                                         const Heluo__V1__RecordKey *key,
                                         const char *reason,
                                         const struct record_kind **kind,
                                         union record_room *out,
                                         struct hl_detail *detail);
HL_MUST_USE hl_err record_find(struct store_txn *txn, uint32_t number,
                               const struct record_kind *kind,
                               const void *retire, struct row *row, bool *found,
                               struct hl_detail *detail);
/* For messages: its kind and key. */
char *record_name_text(struct rpc_call *call, const struct record_kind *kind,
                       const void *retire);

/* --- What is about a person (catalogue_contact.c). ----------------------- */

/* Masks the record and keeps in write->clear what that hides; texts live as
 * long as the call. */
void contact_part(struct write_call *write, union record_room *record);
/* In the writer: brings the private store up to the put, unless `dry`;
 * *changed says whether it was not. */
HL_MUST_USE hl_err contact_keep(struct write_call *write,
                                struct write_context *context, bool dry,
                                bool *changed, struct hl_detail *detail);
void catalogue_contact(struct rpc_call *call, const ProtobufCMessage *request,
                       void *context);
void catalogue_erase_contact(struct rpc_call *call,
                             const ProtobufCMessage *request, void *context);
/* catalogue_write.c, for catalogue_move.c. */
struct write_call *write_call_new(struct rpc_call *call, void *context,
                                  size_t size);
struct bytes write_encode(struct rpc_call *call, const struct record_type *type,
                          const void *record);

/* Whether this node may state the record of a put.
 *
 * HL_EHOME */
HL_MUST_USE hl_err record_may_put(struct write_call *write,
                                  struct write_context *context,
                                  struct hl_detail *detail);

/* What a view says of where the record is at home. */
void record_view_home(struct rpc_call *call, Heluo__V1__RecordView *view,
                      const struct record_home *home);
/* The same of a row's record; its own half where it never moved. */
HL_MUST_USE hl_err record_home_of(struct store_txn *txn,
                                  const struct record_kind *kind,
                                  struct bytes origin, const struct row *row,
                                  struct record_home *out,
                                  struct hl_detail *detail);
/* Whether that half is a former home of the record, or none. */
bool record_is_elsewhere(const struct record_home *home, struct bytes origin,
                         const struct row *row);

/* catalogue_move.c: whether this node may change that record; why not.
 *
 * HL_EHOME, HL_ENOTFOUND */
HL_MUST_USE hl_err record_check_own(const struct services *services,
                                    struct rpc_call *call,
                                    struct write_context *context,
                                    const struct record_kind *kind,
                                    const void *retire,
                                    struct hl_detail *detail);

/* catalogue_moves.c: how many records wait for this node's answer; counts to
 * 1,000. */
HL_MUST_USE hl_err moves_count(const struct services *services, uint64_t *count,
                               struct hl_detail *detail);

/* ledger_list.c: how many open orders wait for this node to answer them, and
 * how many that it placed are disputed; each counts to 1,000. */
HL_MUST_USE hl_err orders_count(const struct services *services,
                                uint64_t *asked, uint64_t *disputed,
                                struct hl_detail *detail);

/* clearing_view.c: what the desk waits for. */
void clearing_facts(struct services *services, struct node_facts *facts);

/* HL_EDENIED  this is a coordinator's node, which states no record. */
HL_MUST_USE hl_err catalogue_check_owner(struct services *services,
                                         struct hl_detail *detail);

/* Makes the command that states a record.
 *
 * HL_EMALFORMED, HL_ELIMIT  the record is not what one may be.
 * HL_EDENIED                this is a coordinator's node. */
HL_MUST_USE hl_err catalogue_make_put(struct write_call *write,
                                      const Heluo__V1__Record *from,
                                      struct hl_detail *detail);
/* The same of one that has its form (record_of_request()); masks it. */
HL_MUST_USE hl_err catalogue_make_put_of(struct write_call *write,
                                         const struct record_kind *kind,
                                         union record_room *record,
                                         struct hl_detail *detail);

/* The same of a retirement; of a valid one. */
HL_MUST_USE hl_err catalogue_make_retire(struct write_call *write,
                                         const Heluo__V1__RecordKey *key,
                                         const char *reason,
                                         struct hl_detail *detail);
void catalogue_make_retire_of(struct write_call *write,
                              const struct record_kind *kind,
                              const union record_room *retire);

void catalogue_import(struct rpc_call *call, const ProtobufCMessage *request,
                      void *context);
void catalogue_list(struct rpc_call *call, const ProtobufCMessage *request,
                    void *context);
void catalogue_put(struct rpc_call *call, const ProtobufCMessage *request,
                   void *context);
void catalogue_put_batch(struct rpc_call *call, const ProtobufCMessage *request,
                         void *context);
void catalogue_retire(struct rpc_call *call, const ProtobufCMessage *request,
                      void *context);
void catalogue_release(struct rpc_call *call, const ProtobufCMessage *request,
                       void *context);
void catalogue_take(struct rpc_call *call, const ProtobufCMessage *request,
                    void *context);
void catalogue_refuse(struct rpc_call *call, const ProtobufCMessage *request,
                      void *context);
void catalogue_moves(struct rpc_call *call, const ProtobufCMessage *request,
                     void *context);
void catalogue_watch(struct rpc_call *call, const ProtobufCMessage *request,
                     void *context);
void node_rebuild(struct rpc_call *call, const ProtobufCMessage *request,
                  void *context);

void node_scrub(struct rpc_call *call, const ProtobufCMessage *request,
                void *context);
/* What the last scrub left damaged. */
void node_scrub_facts(struct services *services, struct node_facts *facts);

/* Percent done of a rebuild that runs; false: none does. */
bool rebuild_percent(struct services *services, uint32_t *percent);

#endif
