/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo journal list`: what a node holds. */

#include <inttypes.h>
#include <stdio.h>

#include "heluo/v1/node.pb-c.h"
#include "node/cli/cmd_journal.h"
#include "node/cli/connect.h"
#include "node/cli/message_json.h"
#include "node/cli/term.h"
#include "protocol/base/hl_time.h"

enum { DIGEST_SHOWN_BYTES = 8 };

static void add_row(struct term_table *table, const Heluo__V1__NodeJournal *at)
{
    char entries[32], sealed[32], findings[32], digest_at[32];
    char last[WALL_TEXT_BYTES] = "-";
    char as_of[WALL_TEXT_BYTES] = "-";
    struct writer digest = {0};
    if (at->size > 0) {
        wall_format((struct hl_wall){.ms = (int64_t)at->last_entry_at_ms},
                    last);
    }
    if (at->as_of_ms > 0) {
        wall_format((struct hl_wall){.ms = (int64_t)at->as_of_ms}, as_of);
    }
    snprintf(sealed, sizeof(sealed), "%" PRIu64, at->sealed_size);
    snprintf(entries, sizeof(entries), "%" PRIu64, at->size);
    snprintf(findings, sizeof(findings), "%" PRIu64, at->findings);
    snprintf(digest_at, sizeof(digest_at), "%" PRIu64, at->digest_size);
    size_t shown = at->digest.len < DIGEST_SHOWN_BYTES ? at->digest.len
                                                       : DIGEST_SHOWN_BYTES;
    term_hex(bytes_of(at->digest.data, shown), &digest);
    writer_u8(&digest, 0);
    const char *cells[] = {
        at->origin, entries,
        sealed,     last,
        as_of,      at->standing[0] == '\0' ? "-" : at->standing,
        digest_at,  (const char *)digest.data,
        findings};
    term_table_add(table, cells);
    writer_fini(&digest);
}

static void print_table(const Heluo__V1__NodeJournalsResponse *answer)
{
    struct term_table table = {.column_count = 9};
    term_table_add(&table,
                   (const char *const[]){"JOURNAL", "ENTRIES", "SEALED",
                                         "LAST ENTRY", "AS OF", "STANDING",
                                         "DIGEST AT", "DIGEST", "FINDINGS"});
    for (size_t i = 0; i < answer->n_journals; i++) {
        add_row(&table, answer->journals[i]);
    }
    term_table_print(&table, stdout);
    term_table_fini(&table);
}

hl_err cmd_journal_list(struct cli_call *call)
{
    struct node_link link = {0};
    hl_err err = node_link_open(call, &link);
    if (err != HL_OK) {
        return err;
    }
    Heluo__V1__NodeJournalsRequest request =
        HELUO__V1__NODE_JOURNALS_REQUEST__INIT;
    ProtobufCMessage *answer = NULL;
    err =
        node_link_ask(call, &link, "/heluo.v1.Node/Journals", &request.base,
                      &heluo__v1__node_journals_response__descriptor, &answer);
    if (err == HL_OK && call->json) {
        cli_print_json(message_json(answer));
    } else if (err == HL_OK) {
        print_table((const Heluo__V1__NodeJournalsResponse *)answer);
    }
    if (answer != NULL) {
        protobuf_c_message_free_unpacked(answer, NULL);
    }
    node_link_close(&link);
    return err;
}
