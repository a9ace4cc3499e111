/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo backup` and `heluo restore`. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "certs/tools/clock.h"
#include "certs/tools/file.h"
#include "certs/tools/mark_file.h"
#include "node/backup/backup.h"
#include "node/cli/commands.h"
#include "node/cli/term.h"
#include "node/daemon/config.h"
#include "protocol/base/base64.h"

static const char DEFAULT_CONFIG[] = "/etc/heluo/heluod.conf";

/* The node that the command is about. */
struct place {
    struct config config;
    char origin[BACKUP_ORIGIN_BYTES];
};

static hl_err open_place(struct cli_call *call, struct place *out)
{
    const char *given = cli_get(call, "config");
    const char *path = given == NULL ? DEFAULT_CONFIG : given;
    hl_err err = config_read(path, &out->config, cli_about(call, path));
    if (err == HL_ENOTFOUND && given == NULL) {
        return hl_fail(&call->detail, err,
                       "heluod's configuration: say by --config where it is");
    }
    if (err == HL_OK) {
        snprintf(out->origin, sizeof(out->origin), "%s/%s",
                 out->config.alliance, out->config.node);
    }
    return err;
}

static void show_progress(void *context, uint64_t rows)
{
    (void)context;
    if (isatty(STDERR_FILENO) == 1) {
        fprintf(stderr, "\r%" PRIu64 " rows read again", rows);
    }
}

static void end_progress(void)
{
    if (isatty(STDERR_FILENO) == 1) {
        fputs("\r\033[K", stderr);
    }
}

static void print_report(struct cli_call *call, const char *done,
                         const struct backup_report *report)
{
    char made[WALL_TEXT_BYTES];
    struct writer root = {0};
    wall_format(report->made, made);
    base64_encode(bytes_of(report->own.root.bytes, HL_HASH_BYTES), &root);
    writer_u8(&root, 0);
    const char *root_text = (const char *)root.data;
    if (call->json) {
        cli_print_json(json_pack(
            "{s:s, s:s, s:I, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "origin",
            report->origin, "made", made, "size", (json_int_t)report->own.size,
            "root", root_text, "journals", (json_int_t)report->journals,
            "entries", (json_int_t)report->entries, "rows",
            (json_int_t)report->rows, "bytes", (json_int_t)report->file_bytes,
            "blobs", (json_int_t)report->blobs, "blob_bytes",
            (json_int_t)report->blob_bytes));
    } else {
        printf("%s %s as of %s: %" PRIu64 " entries, root %s\n"
               "%" PRIu64 " journals with %" PRIu64 " entries, %" PRIu64
               " rows in %" PRIu64 " bytes; all read again and verified\n",
               done, report->origin, made, report->own.size, root_text,
               report->journals, report->entries, report->rows,
               report->file_bytes);
        if (report->blobs > 0) {
            printf("%" PRIu64 " sealed documents in %" PRIu64 " bytes\n",
                   report->blobs, report->blob_bytes);
        }
    }
    writer_fini(&root);
}

/* --- backup. ------------------------------------------------------------- */

hl_err cmd_backup(struct cli_call *call)
{
    struct place place = {0};
    struct backup_report report;
    hl_err err = open_place(call, &place);
    if (err == HL_OK) {
        struct backup_options options = {
            .from = place.config.store,
            .into = cli_get(call, "out"),
            .origin = place.origin,
            .now = clock_wall(),
            .progress = show_progress,
        };
        err = backup_make(&options, &report, cli_about(call, options.into));
        end_progress();
    }
    if (err == HL_OK) {
        print_report(call, "backup of", &report);
        if (!call->json) {
            puts("keys, configuration and charters are not in it: keep copies "
                 "of those elsewhere,\nbut never one of a mark");
        }
    }
    config_fini(&place.config);
    return err;
}

const struct cli_option backup_options[] = {
    {"out", "DIR", "A folder that does not exist yet: the backup.",
     CLI_REQUIRED},
    {"config", "FILE",
     "heluod's configuration; /etc/heluo/heluod.conf if not given.",
     CLI_OPTIONAL},
    {0},
};

/* --- restore. ------------------------------------------------------------ */

/* What the mark says to what was restored. */
static void print_next(const struct place *place,
                       const struct backup_report *report)
{
    struct writer raw = {0};
    struct mark mark;
    hl_err err = file_read(place->config.mark, MARK_FILE_BYTES, &raw, NULL);
    if (err == HL_OK) {
        err = mark_file_parse(writer_view(&raw), &mark, NULL);
    }
    if (err != HL_OK) {
        printf("the mark is not at %s: what this node wrote after the backup "
               "is taken back\nfrom partners, and it goes on under a new "
               "journal key. Start heluod, then: heluo recover\n",
               place->config.mark);
    } else if (mark.head.size > report->own.size) {
        printf("the mark says that %" PRIu64 " entries were signed since: they "
               "are taken back from\npartners before anything is written. "
               "Start heluod, then: heluo recover\n",
               mark.head.size - report->own.size);
    } else {
        puts("nothing was signed since: start heluod");
    }
    writer_fini(&raw);
}

hl_err cmd_restore(struct cli_call *call)
{
    struct place place = {0};
    struct backup_report report;
    hl_err err = open_place(call, &place);
    if (err == HL_OK) {
        struct backup_options options = {
            .from = call->operands[0],
            .into = place.config.store,
            .origin = place.origin,
            .now = clock_wall(),
            .progress = show_progress,
        };
        err = backup_restore(&options, &report, cli_about(call, options.into));
        end_progress();
    }
    if (err == HL_OK) {
        print_report(call, "restored", &report);
        if (!call->json) {
            print_next(&place, &report);
        }
    }
    config_fini(&place.config);
    return err;
}

const struct cli_option restore_options[] = {
    {"config", "FILE",
     "heluod's configuration; /etc/heluo/heluod.conf if not given.",
     CLI_OPTIONAL},
    {0},
};
