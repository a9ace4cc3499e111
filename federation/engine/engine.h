/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_FEDERATION_ENGINE_ENGINE_H
#define HL_FEDERATION_ENGINE_ENGINE_H

/* The sync engine: how nodes agree on each other's journals. A state machine:
 * one event goes in, an ordered list of actions comes out. It holds of each
 * origin size, root, frontier and newest checkpoints, never an entry.
 *
 * No clock, entropy, file, socket or thread is reached from here: the time
 * stands in each event, randomness comes from the seed, the store's hashes are
 * read through struct engine_tree. The same events give the same actions.
 *
 * What is stored is not done when the action is given but when ENGINE_STORED
 * says so; whatever may be said only afterwards (a cosignature, more credit, a
 * segment relayed) is said then. A process that dies between two actions has
 * said nothing that its store does not have. federation/README.md shows the
 * machines. One thread. */

#include "federation/message/message.h"
#include "protocol/base/hl_time.h"
#include "protocol/base/writer.h"
#include "protocol/note/mark.h"
#include "protocol/note/signer.h"
#include "protocol/tree/frontier.h"
#include "protocol/tree/prove.h"

struct engine;

/* --- What happens. -------------------------------------------------------- */

enum engine_event_kind {
    ENGINE_TICK,          /* engine_wake_at() has come, or any other time */
    ENGINE_STREAM_OPENED, /* to a node whose certificate is checked */
    ENGINE_STREAM_CLOSED, /* by the peer, or it broke: not by our CLOSE */
    ENGINE_DIAL_FAILED,
    ENGINE_MESSAGE,
    ENGINE_MESSAGE_BAD,  /* bytes that sync_decode() refused; HL_ECONNECT: or
                            the line broke within a message */
    ENGINE_SENT,         /* a SEND_SEGMENT was carried out, or could not be */
    ENGINE_STORED,       /* a STORE_... is durable, or failed */
    ENGINE_OWN_ADVANCED, /* a checkpoint of our own may leave */
    ENGINE_APPLIED,      /* a half was brought on: its digest */
    ENGINE_CHARTER,      /* an operator has one */
    ENGINE_WAIT,         /* somebody wants to know when an entry is safe */
    ENGINE_WAIT_CANCEL,
    ENGINE_RETRY,   /* operator: forget back-off, faults and pause of a peer */
    ENGINE_PAUSE,   /* operator: no streams with that peer, until RETRY */
    ENGINE_LOST,    /* operator: that keeper will not answer any more */
    ENGINE_RECOVER, /* operator: this store was set back (a restore) */
    ENGINE_CLOCK,   /* operator: this clock is right, as the event has it */
    ENGINE_IMPORT,  /* operator: a message out of an archive, from no stream;
                       answered by IMPORT_DONE */
    ENGINE_BLOB_WANTED, /* a journal names it, and it is to be had of peers */
    ENGINE_BLOB_GONE,   /* no longer: it was erased, or came otherwise */
    ENGINE_BLOB_STORED, /* a STORE_BLOB was carried out, or could not be */
    ENGINE_MEND,        /* entries of a journal, the own one too, are damaged in
                           our store: to be had of a peer; answered by MEND_DONE */
};

/* Streams are numbered by the driver, each number used once. */
typedef uint64_t engine_stream;

struct engine_event {
    enum engine_event_kind kind;
    struct hl_mono mono;
    struct hl_wall wall;
    engine_stream stream; /* STREAM_..., MESSAGE..., SENT */
    struct bytes peer;    /* node id: STREAM_OPENED, DIAL_FAILED, RETRY,
                             PAUSE, LOST */
    struct bytes origin;  /* SENT, APPLIED, MEND, BLOB_... */
    bool dialled;         /* STREAM_OPENED: by us */
    hl_err err;           /* STREAM_CLOSED, DIAL_FAILED, MESSAGE_BAD, SENT,
                             STORED */
    const struct sync_message *message; /* MESSAGE, IMPORT; borrowed */
    uint64_t from;     /* SENT: as in the action; MEND: the first of them */
    uint64_t next;     /* SENT: index after the last entry sent; MEND: after
                          the last of them; STORED: after the last one that a
                          STORE_MEND put back */
    uint64_t bytes;    /* SENT, MESSAGE: of the encoded message */
    uint64_t ticket;   /* STORED */
    struct head head;  /* OWN_ADVANCED */
    bool urgent;       /* OWN_ADVANCED: others wait to see it sealed */
    struct bytes note; /* OWN_ADVANCED: the signed checkpoint; CHARTER */
    struct sync_digest_at digest; /* APPLIED; size 0: none yet */
    /* BLOB_WANTED, BLOB_GONE, BLOB_STORED: which, of `origin`'s; in WANTED its
     * sealed form, too. `next`: the parts that are here, in order. */
    struct hl_hash blob;
    struct blob_seal seal;
    bool whole;           /* BLOB_STORED: all of them are */
    uint64_t wait;        /* WAIT, WAIT_CANCEL, IMPORT, MEND: the asker's
                             number */
    uint64_t index;       /* WAIT: of the own entry */
    uint32_t keepers;     /* WAIT: how many; ENGINE_SEALED: the quorum */
    struct hl_mono until; /* WAIT */
};

#define ENGINE_SEALED UINT32_MAX

/* --- What is to be done. -------------------------------------------------- */

enum engine_action_kind {
    /* For the store, in this order, each answered by ENGINE_STORED, in the
     * same order. One that fails makes those of the same origin fail that were
     * given before its answer came. */
    ENGINE_STORE_SEGMENT, /* entries, and what they are verified under */
    ENGINE_STORE_NOTE,    /* a checkpoint alone */
    ENGINE_STORE_CUT,     /* the journal ends at `size`; what lies beyond goes
                             to the evidence area, effects are dropped */
    ENGINE_STORE_UNCUT,   /* what cuts moved to the evidence area, and leads
                             from the journal's end to `head`, comes back;
                             where it is not there, nothing is done */
    ENGINE_STORE_CHARTER,
    ENGINE_STORE_EVIDENCE,
    ENGINE_STORE_MEND, /* the entries that are missing from `from` on, as a peer
                          gave them: put in their place if their hashes are
                          those in our tree. No other operation waits for it,
                          nor fails with it */
    ENGINE_STORE_BLOB, /* a part of a blob, which was verified; at once, and
                          answered by BLOB_STORED before any other event */
    /* For the transport. */
    ENGINE_DIAL,
    ENGINE_CLOSE, /* without an answer: the stream is gone */
    ENGINE_SEND,
    ENGINE_SEND_SEGMENT, /* read, encode and send; answered by ENGINE_SENT */
    ENGINE_SEND_BLOB, /* the parts from `from` up to `size`, as far as there are
                         such; or one BlobPart without bytes, where the blob is
                         not here, or is erased */
    /* For the node. */
    ENGINE_DROP_MARK, /* our mark was set back with the store: it counts as
                         missing from now on, also after any restart. Durably
                         so before anything that follows is stored */
    ENGINE_OWN_STATE, /* whether the own journal may grow; also at the start */
    ENGINE_WAIT_DONE,
    ENGINE_IMPORT_DONE, /* stored, or was here before; or err and text; or text
                           alone: it is left out */
    ENGINE_MEND_DONE,   /* they are back; or err and text */
    ENGINE_REPORT,      /* something an operator should read */
};

/* Notes that are kept of an origin. */
enum engine_note {
    ENGINE_NOTE_NEWEST, /* what our entries were verified under; with the
                           proof from our size to its */
    ENGINE_NOTE_WHOLE,  /* the longest of which we hold every entry, where that
                           is not the newest */
    ENGINE_NOTE_SEALED,
    ENGINE_NOTE_KEPT, /* what we cosigned last, as its keeper, with our line */
    ENGINE_NOTE_COUNT,
};

enum engine_own {
    ENGINE_OWN_UNSURE, /* the mark must be found again at partners */
    ENGINE_OWN_GOOD,
    ENGINE_OWN_SET_BACK,  /* a partner has more of our journal than we */
    ENGINE_OWN_NEEDS_KEY, /* recovered as far as any partner knows; a charter
                             must name a new journal key from there */
    ENGINE_OWN_FORKED,    /* there is evidence against us */
    ENGINE_OWN_ENDED,     /* by charter, or not in it */
};

enum engine_report {
    ENGINE_REPORT_PEER_FAULT, /* peer, err: it is left alone for a while */
    ENGINE_REPORT_EVIDENCE,   /* new evidence; origin or keeper in text */
    ENGINE_REPORT_QUARANTINE, /* origin stops at size */
    ENGINE_REPORT_RETURN,     /* origin goes on */
    ENGINE_REPORT_SEALED_TWICE,
    ENGINE_REPORT_CHARTER, /* another charter holds: size is its version */
    ENGINE_REPORT_CHARTER_CONTEST,
    ENGINE_REPORT_CHARTER_REFUSED,
    ENGINE_REPORT_DIGEST, /* two computed differently: origin, size; in the
                             text the peer, and the record once it is found */
    ENGINE_REPORT_MIRROR, /* origin, size: our mirror key cosigned that, and
                             the store does not know; it signs no more */
    ENGINE_REPORT_COUNT,
};

struct engine_action {
    enum engine_action_kind kind;
    uint64_t ticket;       /* STORE_... */
    engine_stream stream;  /* CLOSE, SEND, SEND_SEGMENT */
    struct bytes peer;     /* DIAL, REPORT */
    struct bytes endpoint; /* DIAL */
    struct bytes origin;   /* STORE_SEGMENT, _NOTE, _CUT, _MEND, SEND_SEGMENT,
                              REPORT */
    hl_err err;        /* CLOSE, OWN_STATE, WAIT_DONE, IMPORT_DONE, MEND_DONE,
                          REPORT */
    struct bytes text; /* CLOSE, OWN_STATE, IMPORT_DONE, MEND_DONE, REPORT:
                          why, for people */
    /* STORE_SEGMENT: */
    const struct segment *segment;   /* its bundle is what is appended; also
                                        STORE_MEND: is put back */
    const struct frontier *frontier; /* after it */
    /* STORE_SEGMENT, STORE_NOTE: */
    enum engine_note note_kind;
    struct bytes note;             /* a signed note; also STORE_CHARTER,
                                      STORE_EVIDENCE: what is stored */
    const struct proof *end_proof; /* NEWEST: from our size to the note's */
    uint64_t size;                 /* STORE_CUT, REPORT; STORE_NOTE: the
                                      note's; IMPORT_DONE: of the journal, as
                                      held now */
    struct head head;              /* STORE_UNCUT; `note`, if any, is over
                                      it */
    /* STORE_BLOB, SEND_BLOB: which, of `origin`'s; STORE_BLOB: part `from` of
     * that sealed form. */
    struct hl_hash blob;
    struct blob_seal seal;
    struct bytes part;
    /* SEND: */
    const struct sync_message *message;
    /* SEND_SEGMENT: entries from `from`, at most up to `size`, under `note`,
     * which is a checkpoint of that size that we hold whole; the message not
     * over bytes_max, but one entry always. */
    uint64_t from;
    bool with_start;
    uint64_t bytes_max;
    enum engine_own own; /* OWN_STATE */
    uint64_t wait;       /* WAIT_DONE, IMPORT_DONE, MEND_DONE */
    uint32_t keepers;    /* WAIT_DONE: how many are known to have it */
    bool sealed;         /* WAIT_DONE */
    enum engine_report report;
};

/* Of one step, in the order in which they are to be carried out. Borrowed
 * until the next step. */
struct engine_actions {
    const struct engine_action *items;
    size_t count;
};

/* --- Setting up. ---------------------------------------------------------- */

/* One step of finding where a peer's half differs from ours. */
struct engine_digest_step {
    bool same;
    bool below; /* at this child of the node: */
    uint8_t child;
    char record[96]; /* else the first record that differs, for people */
};

/* Hashes of a journal in the store, as of the last ENGINE_STORED or
 * ENGINE_OWN_ADVANCED that was given. Errors are the store's (HL_EDAMAGED,
 * HL_EIO): the step goes on without what it wanted to know. */
struct engine_tree {
    void *context;
    hl_err (*read)(void *context, struct bytes origin, uint64_t level,
                   uint64_t index, struct hl_hash *out);
    /* What the digest's tree of the origin's half is made of at a path, and how
     * that compares with a peer's bytes for it. HL_ENOTFOUND: the half does not
     * have just `size` entries. HL_EMALFORMED: the peer's bytes are no node. */
    hl_err (*digest_node)(void *context, struct bytes origin, uint64_t size,
                          struct bytes path, struct writer *out);
    hl_err (*digest_compare)(void *context, struct bytes origin, uint64_t size,
                             struct bytes path, struct bytes theirs,
                             struct engine_digest_step *out);
};

struct engine_limits {
    uint64_t window_bytes; /* of segments under way to us, of all streams */
    uint64_t stream_window_max_bytes; /* of one; at least
                                         ENGINE_STREAM_WINDOW_MIN_BYTES */
    uint32_t waits_max;
    uint32_t charters_max; /* versions that are kept */
    int64_t heartbeat_min_ms;
};

enum { ENGINE_STREAM_WINDOW_MIN_BYTES = 131072 };

struct engine_options {
    const char *alliance;
    const char *node;                /* our id */
    struct hl_hash pin;              /* of the charter to start from */
    const struct verifier *verifier; /* borrowed, as the next ones */
    const struct signer *mirror;     /* NULL: this node cosigns nothing */
    const struct vkey *journal_key;  /* that our own journal is signed with */
    bool mark_agrees; /* the rollback guard's mark and the own journal */
    struct head mark; /* as it stands, where there is one */
    bool has_mark;
    struct hl_wall own_time; /* of the own journal's newest entry; 0: none */
    struct engine_tree tree;
    struct engine_limits limits;
    uint64_t seed;
};

/* What the store has of an origin, the own one too. */
struct engine_journal {
    struct bytes origin;
    struct frontier frontier;
    struct bytes notes[ENGINE_NOTE_COUNT]; /* empty: none */
    struct proof end_proof;                /* of ENGINE_NOTE_NEWEST */
    struct sync_digest_at digest;          /* size 0: none */
};

/* The order is: create; each charter, evidence and journal that the store has;
 * start. The charters must resolve to one that holds.
 *
 * engine_load_charter(), engine_load_evidence():
 * HL_EMALFORMED ...  as charter_parse(), evidence_parse()
 * engine_start():
 * HL_EPIN, HL_EQUORUM, HL_ESIGNATURE  as charter_resolve(). */
void engine_create(const struct engine_options *options, struct engine **out);
HL_MUST_USE hl_err engine_load_charter(struct engine *engine, struct bytes raw,
                                       struct hl_detail *detail);
HL_MUST_USE hl_err engine_load_evidence(struct engine *engine, struct bytes raw,
                                        struct hl_detail *detail);
void engine_load_journal(struct engine *engine,
                         const struct engine_journal *journal);
HL_MUST_USE hl_err engine_start(struct engine *engine, struct hl_mono mono,
                                struct hl_wall wall, struct engine_actions *out,
                                struct hl_detail *detail);
void engine_destroy(struct engine **engine); /* sets NULL; NULL is fine */

/* --- Running. ------------------------------------------------------------- */

/* Advances the engine by one event. Whatever the event holds, this does not
 * fail: what a peer sends that breaks the protocol is an action against it. */
void engine_step(struct engine *engine, const struct engine_event *event,
                 struct engine_actions *out);

/* Blobs that are wanted, ENGINE_BLOBS_MAX at most: one more takes the place of
 * one that nobody had again and again; where there is none it is not taken. */
enum { ENGINE_BLOBS_MAX = 1024 };
size_t engine_blobs_wanted(const struct engine *engine);
bool engine_has_blob_room(const struct engine *engine);

/* When the next ENGINE_TICK is due. */
struct hl_mono engine_wake_at(const struct engine *engine);

/* Asserts what always holds. After every step of a test. */
void engine_check(const struct engine *engine);

/* --- Asking: for status, services and tests. ------------------------------ */

enum engine_standing {
    ENGINE_ORIGIN_GOOD,
    ENGINE_ORIGIN_QUARANTINED, /* evidence is open: nothing beyond the sealed */
    ENGINE_ORIGIN_ENDED,
};

struct engine_origin_view {
    struct bytes origin;
    enum engine_standing standing;
    struct head held;   /* in our store */
    struct head newest; /* the longest that its author signed, as known here */
    struct head sealed;
    struct hl_wall as_of;  /* of the author's own cosignature; 0: none */
    struct bytes upstream; /* the peer that we follow it at; empty: none */
    uint32_t keepers, quorum;
    bool asks; /* engine_asks() */
};

enum engine_link { ENGINE_LINK_DOWN, ENGINE_LINK_DIALLING, ENGINE_LINK_UP };

struct engine_peer_view {
    struct bytes id;
    enum engine_link link;
    struct hl_mono retry_at; /* while down */
    bool paused;             /* by the operator */
    uint32_t faults;         /* misbehaviour, not forgotten yet */
    hl_err last;             /* why it was closed, or not reached */
    bool keeps;              /* it is a keeper of our journal */
    bool answered;           /* what it cosigned of it, while we are unsure */
    uint64_t cosigned;       /* of our journal, as its keeper */
};

/* In order of node ids; false past the last. What they borrow lives until the
 * next step. */
bool engine_origin_at(const struct engine *engine, size_t i,
                      struct engine_origin_view *out);
bool engine_peer_at(const struct engine *engine, size_t i,
                    struct engine_peer_view *out);
enum engine_own engine_own_state(const struct engine *engine);
/* The size of our journal's longest signed head that is known: more than the
 * store has while it is taken back from partners. */
uint64_t engine_own_known(const struct engine *engine);
/* Whether this node knows all that it ever cosigned of that journal: a keeper
 * that lost its store does not until it has heard the others. Coordinators ask
 * before they name where an author goes on. */
bool engine_vouches(struct engine *engine, struct bytes origin);
/* Whether this node is a keeper that is new to that journal, and cosigns
 * nothing before enough of those who kept it have said what they cosigned:
 * where they cannot, coordinators name from where it begins. */
bool engine_asks(struct engine *engine, struct bytes origin);
/* Whether that time lies more than a day ahead both of the newest heartbeats
 * of two partners that were heard since the start and of the last own one that
 * did not: a clock that is wrong from the start on. Then nothing is to be
 * written, and the engine itself signs no time. */
bool engine_clock_is_ahead(const struct engine *engine, struct hl_wall wall);
/* Whether it lies within a day of the last own time, as an operator may have
 * confirmed it, or of what two partners have said since the start: until then
 * nothing is done that time alone brings. An alliance of fewer than three has
 * nobody to ask. */
bool engine_time_is_sure(const struct engine *engine, struct hl_wall wall);
/* Whether two partners at least say so, or an operator: what each said himself
 * last, and what has passed since by the monotonic clock, lie within that of
 * it. */
bool engine_clock_is_right(const struct engine *engine, struct hl_mono mono,
                           struct hl_wall wall, int64_t within_ms);
/* Whether the charter that holds ends that journal, and where it stops then: at
 * what the charter names, or at what is sealed beyond. engine_endings() counts
 * how often the answer changed for some journal. */
bool engine_ended(const struct engine *engine, struct bytes origin,
                  struct head *end);
uint64_t engine_endings(const struct engine *engine);
/* Whether the charter that holds has the journal's node, does not end it, and
 * has it as a city's: a coordinator's owns no catalogue. */
bool engine_is_city(const struct engine *engine, struct bytes origin);
/* Whether that journal has keepers by the charter that holds, who seal it. */
bool engine_seals(const struct engine *engine, struct bytes origin);
/* The charter that holds; its raw bytes. */
struct bytes engine_charter(const struct engine *engine);
/* Whether two follow that one, and neither holds until people decide. */
bool engine_is_contested(const struct engine *engine);

#endif
