/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo ca list`. */

#include "certs/tools/clock.h"
#include "node/cli/cmd_ca.h"

static json_t *row_json(const struct authority_row *row, const char *identity,
                        struct hl_wall now)
{
    char from[WALL_TEXT_BYTES], to[WALL_TEXT_BYTES];
    wall_format(row->not_before, from);
    wall_format(row->not_after, to);
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:s, s:s}", "serial", row->serial,
                  "identity", identity, "not_before", from, "not_after", to,
                  "status", authority_state_word(authority_state(row, now)));
    if (row->revoked) {
        wall_format(row->revoked_at, to);
        json_object_set_new(object, "revoked_at", json_string(to));
        json_object_set_new(object, "reason",
                            json_string(revocation_reason_word(row->reason)));
    }
    return object;
}

static void print_row(const struct authority_row *row, struct hl_wall now,
                      json_t *rows)
{
    struct writer identity = {0};
    spiffe_write(&row->identity, &identity);
    writer_u8(&identity, 0);
    const char *who = (const char *)identity.data;
    if (rows != NULL) {
        json_array_append_new(rows, row_json(row, who, now));
    } else {
        char to[WALL_TEXT_BYTES];
        wall_format(row->not_after, to);
        printf("%s  %-7s  %s  %s\n", row->serial,
               authority_state_word(authority_state(row, now)), to, who);
    }
    writer_fini(&identity);
}

static const char *list_word(const struct authority *authority,
                             struct hl_wall now)
{
    return now.ms < authority->index.list_next.ms ? "valid" : "expired";
}

static void print_list_text(const struct authority *authority,
                            struct hl_wall now)
{
    char end[WALL_TEXT_BYTES], next[WALL_TEXT_BYTES];
    wall_format(authority->not_after, end);
    wall_format(authority->index.list_next, next);
    printf("alliance %s, root until %s\n"
           "root.crl number %llu until %s (%s)\n",
           authority->alliance, end,
           (unsigned long long)authority->index.list_number, next,
           list_word(authority, now));
    for (size_t i = 0; i < authority->index.count; i++) {
        print_row(&authority->index.rows[i], now, NULL);
    }
}

static void print_list_json(const struct authority *authority,
                            struct hl_wall now)
{
    char end[WALL_TEXT_BYTES], next[WALL_TEXT_BYTES];
    wall_format(authority->not_after, end);
    wall_format(authority->index.list_next, next);
    json_t *rows = json_array();
    for (size_t i = 0; i < authority->index.count; i++) {
        print_row(&authority->index.rows[i], now, rows);
    }
    cli_print_json(json_pack("{s:s, s:s, s:{s:I, s:s, s:s}, s:o}", "alliance",
                             authority->alliance, "root_not_after", end, "crl",
                             "number", (json_int_t)authority->index.list_number,
                             "next_update", next, "status",
                             list_word(authority, now), "certificates", rows));
}

hl_err ca_run_list(struct cli_call *call)
{
    struct authority *authority = NULL;
    const char *folder = cli_get(call, "dir");
    hl_err err = authority_view(folder, &authority, cli_about(call, folder));
    err = ca_in_folder(call, err);
    if (err == HL_OK) {
        (call->json ? print_list_json : print_list_text)(authority,
                                                         clock_wall());
    }
    authority_close(&authority);
    return err;
}
