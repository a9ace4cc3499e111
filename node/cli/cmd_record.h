/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_CMD_RECORD_H
#define HL_NODE_CLI_CMD_RECORD_H

/* What the files of `heluo unit`, `heluo instrument`, `heluo service` and
 * `heluo demand` share: the same commands for each kind of record. */

#include "heluo/v1/catalogue.pb-c.h"
#include "node/catalogue/attribute.h"
#include "node/cli/cli.h"
#include "node/cli/connect.h"
#include "protocol/base/hl_limits.h"

/* Of which kind the command is: the last word that names one. */
const struct record_kind *record_kind_called(const struct cli_call *call);

/* Whether a node states it that is not its first home. */
bool record_is_taken(const Heluo__V1__RecordView *view);

/* The record of a view, as its kind's struct. False: a node has left it out. */
bool record_of_view(const Heluo__V1__RecordView *view,
                    const struct record_kind **kind, union record_room *out);

/* Fills the key by the command's options. */
void record_take_key(const struct cli_call *call, Heluo__V1__RecordKey *key);

json_t *record_view_json(const Heluo__V1__RecordView *view);

/* What a line says of a record: scheme:id, the inner id behind it, and its
 * name. */
enum { RECORD_ID_BYTES = 320, RECORD_NAME_BYTES = 304 };
void record_describe(const Heluo__V1__RecordView *view,
                     char id[RECORD_ID_BYTES], char name[RECORD_NAME_BYTES]);

/* The members of a Record lie in one place: each is a pointer to a message. */
ProtobufCMessage **record_member(Heluo__V1__Record *record);

/* The option of `put` that gives an attribute: its name with hyphens. */
enum { RECORD_OPTION_BYTES = 40 };
void record_option_name(const struct attribute *attribute,
                        char out[RECORD_OPTION_BYTES]);

/* The id that --command-id names, or one at random. */
HL_MUST_USE hl_err record_choose_id(struct cli_call *call,
                                    uint8_t id[HL_COMMAND_ID_BYTES]);

/* --durability and --wait. */
struct record_durability {
    uint32_t keepers;
    bool sealed;
    uint32_t wait_ms;
};
HL_MUST_USE hl_err record_take_durability(struct cli_call *call,
                                          struct record_durability *out);
/* The node answers when that is over, whatever it knows then. */
void record_wait_longer(struct node_link *link, uint32_t wait_ms);

/* What a write makes, where later commands name it by an id: "order", which is
 * printed with it. */
struct record_subject {
    const char *word;
    const uint8_t *id; /* 16 bytes */
    bool qualified;    /* by the node that wrote it: NODE/HEX */
};

/* As record_write(), with that id of the command; the subject may be NULL. */
HL_MUST_USE hl_err record_write_as(
    struct cli_call *call, const char *path, ProtobufCMessage *request,
    const ProtobufCMessageDescriptor *answer,
    const uint8_t command_id[HL_COMMAND_ID_BYTES],
    const struct record_subject *subject);

/* Sends a request whose first field is a Write, which the options fill, until
 * it is answered, and tells what was written, the answer's first field. */
HL_MUST_USE hl_err record_write(struct cli_call *call, const char *path,
                                ProtobufCMessage *request,
                                const ProtobufCMessageDescriptor *answer);

hl_err cmd_record_release(struct cli_call *call);
hl_err cmd_record_take(struct cli_call *call);
hl_err cmd_record_refuse(struct cli_call *call);
hl_err cmd_record_moves(struct cli_call *call);
hl_err cmd_record_put(struct cli_call *call);
hl_err cmd_record_retire(struct cli_call *call);
hl_err cmd_record_get(struct cli_call *call);
hl_err cmd_record_list(struct cli_call *call);
hl_err cmd_record_history(struct cli_call *call);
hl_err cmd_record_watch(struct cli_call *call);
hl_err cmd_record_contact(struct cli_call *call);
hl_err cmd_record_erase_contact(struct cli_call *call);

/* Rows of the options of a command that writes: record_write(). */
#define WRITE_OPTIONS                                                          \
    {"command-id", "HEX",                                                      \
     "32 hex digits that name this request, for a repetition of it; made at\n" \
     "random if not given.",                                                   \
     CLI_OPTIONAL},                                                            \
        {"durability", "HOW",                                                  \
         "Wait until so many keepers have it, too (1 to 7), or 'sealed': "     \
         "until a\n"                                                           \
         "quorum of them has. Without it: until it is on the node's own "      \
         "disk.",                                                              \
         CLI_OPTIONAL},                                                        \
        {"wait", "MS",                                                         \
         "How long for that, at most; 10000 if not given, and up to 60000.",   \
         CLI_OPTIONAL},                                                        \
    {                                                                          \
        "receipt", "FILE",                                                     \
            "Write the receipt there: 'heluo verify' checks it offline.",      \
            CLI_OPTIONAL                                                       \
    }

#endif
