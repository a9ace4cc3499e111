/* SPDX-License-Identifier: Apache-2.0 */

/* The commands of `heluo charter` that change nothing. */

#include "node/cli/cmd_charter.h"

#include <inttypes.h>
#include <string.h>

#include "certs/tools/file.h"
#include "protocol/base/alloc.h"
#include "protocol/base/base64.h"

bool cmd_charter_is_draft(const struct charter *charter)
{
    return charter->note.signature_count == 0;
}

hl_err cmd_charter_read(struct cli_call *call, const char *path,
                        struct charter *out)
{
    struct hl_detail *detail = cli_about(call, path);
    struct writer raw = {0};
    hl_err err = file_read(path, HL_NOTE_MAX_BYTES, &raw, detail);
    if (err == HL_OK) {
        err = charter_parse(writer_view(&raw), out, detail);
    }
    writer_fini(&raw);
    return err;
}

hl_err cmd_charter_read_signed(struct cli_call *call, const char *path,
                               struct charter *out)
{
    struct charter charter = {0};
    hl_err err = cmd_charter_read(call, path, &charter);
    if (err == HL_OK && cmd_charter_is_draft(&charter)) {
        charter_fini(&charter);
        return hl_fail(&call->detail, HL_EQUORUM,
                       "nobody has signed it: a draft vouches for nobody");
    }
    if (err == HL_OK) {
        *out = charter;
    }
    return err;
}

hl_err cmd_charter_show(struct cli_call *call)
{
    struct charter charter = {0};
    hl_err err = cmd_charter_read(call, call->operands[0], &charter);
    if (err == HL_OK && call->json) {
        cli_print_json(cmd_charter_json(&charter));
    } else if (err == HL_OK) {
        cmd_charter_print(&charter);
    }
    charter_fini(&charter);
    return err;
}

hl_err cmd_charter_diff(struct cli_call *call)
{
    struct charter before = {0};
    struct charter after = {0};
    hl_err err = cmd_charter_read(call, call->operands[0], &before);
    if (err == HL_OK) {
        err = cmd_charter_read(call, call->operands[1], &after);
    }
    if (err == HL_OK && call->json) {
        cli_print_json(cmd_charter_diff_json(&before, &after));
    } else if (err == HL_OK) {
        cmd_charter_print_diff(&before, &after);
    }
    charter_fini(&before);
    charter_fini(&after);
    return err;
}

/* The files of one `verify`. */
struct files {
    struct charter *charters;
    const struct charter **set;
    size_t count;
};

static void files_fini(struct files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        charter_fini(&files->charters[i]);
    }
    hl_free(files->charters);
    hl_free(files->set);
}

static hl_err files_read(struct cli_call *call, struct files *files)
{
    size_t count = call->operand_count;
    files->charters = hl_alloc(count, sizeof(*files->charters));
    files->set = hl_alloc(count, sizeof(*files->set));
    hl_err err = HL_OK;
    while (files->count < count && err == HL_OK) {
        struct charter *charter = &files->charters[files->count];
        err = cmd_charter_read(call, call->operands[files->count], charter);
        if (err == HL_OK) {
            files->set[files->count++] = charter;
        }
    }
    return err;
}

/* --pin, or the hash of the version 1 that is there. */
static hl_err get_pin(struct cli_call *call, const struct files *files,
                      struct hl_hash *pin)
{
    const char *text = cli_get(call, "pin");
    if (text != NULL) {
        return base64_decode_exact(bytes_of_text(text), HL_HASH_BYTES,
                                   pin->bytes) == HL_OK
                   ? HL_OK
                   : cli_usage(call, "--pin is not 32 bytes in base64");
    }
    for (size_t i = 0; i < files->count; i++) {
        if (files->set[i]->version == 1) {
            *pin = files->set[i]->hash;
            return HL_OK;
        }
    }
    cli_about(call, "");
    return hl_fail(&call->detail, HL_EPIN,
                   "no version 1 among the files: every chain begins there");
}

static bool is_rival(const struct charter_standing *standing,
                     const struct charter *charter)
{
    for (size_t i = 0; i < 2 && standing->rivals[i] != NULL; i++) {
        if (hash_equal(&standing->rivals[i]->hash, &charter->hash)) {
            return true;
        }
    }
    return false;
}

static const char *standing_word(const struct charter_standing *standing,
                                 const struct charter *charter)
{
    if (hash_equal(&standing->holds->hash, &charter->hash)) {
        return "holds";
    }
    if (is_rival(standing, charter) ||
        charter->version > standing->holds->version) {
        return "set aside";
    }
    return "earlier";
}

static void report_standing(struct cli_call *call, const struct files *files,
                            const struct charter_standing *standing)
{
    bool pinned = cli_has(call, "pin");
    char hash[HASH_TEXT_BYTES];
    json_t *rows = json_array();
    for (size_t i = 0; i < files->count; i++) {
        const struct charter *charter = files->set[i];
        const char *word = standing_word(standing, charter);
        cmd_hash_text(&charter->hash, hash);
        json_array_append_new(rows,
                              json_pack("{s:o, s:I, s:s, s:s}", "file",
                                        cli_json_text(call->operands[i]),
                                        "version", (json_int_t)charter->version,
                                        "hash", hash, "standing", word));
        if (!call->json) {
            printf("%-9s  version %" PRIu64 "  %s  %s\n", word,
                   charter->version, hash, call->operands[i]);
        }
    }
    if (call->json) {
        cli_print_json(
            json_pack("{s:b, s:o}", "pinned", (int)pinned, "charters", rows));
        return;
    }
    json_decref(rows);
    if (!pinned) {
        printf("not pinned: compare the hash of version 1 with each "
               "coordinator, then give it with --pin\n");
    }
}

hl_err cmd_charter_verify(struct cli_call *call)
{
    struct files files = {0};
    struct hl_hash pin;
    struct verifier verifier = verifier_openssl();
    struct charter_standing standing = {0};
    hl_err err = files_read(call, &files);
    if (err == HL_OK) {
        err = get_pin(call, &files, &pin);
    }
    if (err == HL_OK) {
        struct charter_set set = {files.set, files.count, &pin, &verifier};
        size_t culprit = 0;
        err =
            charter_verify_all(&set, &standing, &culprit, cli_about(call, ""));
        if (err != HL_OK && culprit < files.count) {
            cli_name(call, call->operands[culprit]);
        }
    }
    if (standing.holds != NULL) {
        report_standing(call, &files, &standing);
    }
    files_fini(&files);
    return err;
}
