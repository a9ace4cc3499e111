/* SPDX-License-Identifier: Apache-2.0 */

/* The commands that change a charter. One that nobody has signed is a draft
 * and changes in place; of a signed one a draft of the next version is made,
 * at --out. */

#include <string.h>

#include "certs/tools/file.h"
#include "node/cli/cmd_charter_edit.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/text.h"

static void edit_fini(struct charter_edit *edit)
{
    charter_fini(&edit->before);
    charter_fini(&edit->draft);
    if (edit->lock >= 0) {
        file_unlock(edit->lock);
    }
}

/* Makes of a draft of the same version one that follows `before`. Points for
 * new keepers stand in the version that names them alone. */
static void follow(struct charter_edit *edit)
{
    edit->draft.version = edit->before.version + 1;
    edit->draft.previous = edit->before.hash;
    for (size_t i = 0; i < edit->draft.node_count; i++) {
        edit->draft.nodes[i].has_keepers_from = false;
    }
}

static hl_err read_edit(struct cli_call *call, struct charter_edit *edit)
{
    const char *path = call->operands[0];
    hl_err err = cmd_charter_read(call, path, &edit->before);
    if (err != HL_OK) {
        return err;
    }
    err =
        charter_parse_text(edit->before.note.text, &edit->draft, &call->detail);
    HL_ASSERT(err == HL_OK);
    if (cmd_charter_is_draft(&edit->before)) {
        return HL_OK;
    }
    if (edit->replaces) {
        return cli_usage(call,
                         "%s is signed and stays as it is: say with --out "
                         "FILE where the draft of the next version goes",
                         path);
    }
    follow(edit);
    return HL_OK;
}

/* Of two who change one draft at once the second sees what the first did. */
hl_err charter_edit_begin(struct cli_call *call, struct charter_edit *edit)
{
    const char *path = call->operands[0];
    const char *out = cli_get(call, "out");
    struct charter_edit made = {
        .path = out == NULL ? path : out, .lock = -1, .replaces = out == NULL};
    hl_err err = HL_OK;
    if (made.replaces) {
        err = file_lock_folder_of(path, &made.lock, cli_about(call, path));
    }
    if (err == HL_OK) {
        err = read_edit(call, &made);
    }
    if (err != HL_OK) {
        edit_fini(&made);
        return err;
    }
    *edit = made;
    return HL_OK;
}

static void report(const struct cli_call *call, const struct charter_edit *edit,
                   const struct charter *written)
{
    if (call->json) {
        json_t *answer = cmd_charter_diff_json(&edit->before, written);
        json_object_set_new(answer, "file", cli_json_text(edit->path));
        json_object_set_new(answer, "version",
                            json_integer((json_int_t)written->version));
        cli_print_json(answer);
        return;
    }
    cmd_charter_print_diff(&edit->before, written);
    printf("draft of version %llu in %s: sign it with 'heluo charter sign'\n",
           (unsigned long long)written->version, edit->path);
}

/* Reads the draft back before it is written: what the next reader would refuse
 * is refused here. */
static hl_err write_draft(struct cli_call *call,
                          const struct charter_edit *edit, struct bytes raw)
{
    struct hl_detail *detail = cli_about(call, edit->path);
    struct charter back = {0};
    hl_err err = charter_parse(raw, &back, detail);
    if (err != HL_OK) {
        /* The line of a file that is not there tells nobody anything. */
        detail->where = HL_NOWHERE;
        return err;
    }
    err = edit->replaces
              ? file_replace(edit->path, FILE_MODE_PUBLIC, raw, detail)
              : file_create(edit->path, FILE_MODE_PUBLIC, raw, detail);
    if (err == HL_OK) {
        report(call, edit, &back);
    }
    charter_fini(&back);
    return err;
}

hl_err charter_edit_end(struct cli_call *call, struct charter_edit *edit,
                        hl_err err)
{
    if (err == HL_OK) {
        struct writer raw = {0};
        charter_write(&edit->draft, &raw);
        writer_text(&raw, "\n");
        err = write_draft(call, edit, writer_view(&raw));
        writer_fini(&raw);
    }
    edit_fini(edit);
    return err;
}

hl_err charter_edit_vkey(struct cli_call *call, const char *name,
                         const char *text, enum vkey_kind kind,
                         struct vkey *out)
{
    struct hl_detail detail = {0};
    struct vkey key;
    if (vkey_parse(bytes_of_text(text), &key, &detail) != HL_OK) {
        return cli_usage(call, "--%s is no vkey: %s", name, detail.text);
    }
    if (key.kind != kind) {
        return cli_usage(call,
                         "--%s is a vkey of another kind: 'heluo key show' "
                         "tells which a file holds",
                         name);
    }
    *out = key;
    return HL_OK;
}

static hl_err add_coordinators(struct cli_call *call, struct charter *charter)
{
    hl_err err = HL_OK;
    const char *text = cli_get_nth(call, "coordinator", 0);
    if (text == NULL) {
        return cli_usage(call, "at least one --coordinator VKEY is needed");
    }
    for (size_t n = 1; text != NULL && err == HL_OK; n++) {
        struct vkey key;
        err = charter_edit_vkey(call, "coordinator", text, VKEY_ED25519, &key);
        if (err == HL_OK) {
            err = charter_add_coordinator(charter, &key, &call->detail);
        }
        text = cli_get_nth(call, "coordinator", n);
    }
    return err;
}

static hl_err get_threshold(struct cli_call *call, struct charter *charter)
{
    uint64_t threshold = 0;
    hl_err err = cli_get_decimal(call, "threshold", 1,
                                 HL_CHARTER_COORDINATORS_MAX, 0, &threshold);
    if (err == HL_OK) {
        charter->threshold = (size_t)threshold;
    }
    return err;
}

hl_err cmd_charter_new(struct cli_call *call)
{
    const char *alliance = cli_get(call, "alliance");
    if (!text_is_domain(bytes_of_text(alliance))) {
        return cli_usage(call, "alliance '%s' is not a lower-case domain name",
                         alliance);
    }
    struct charter_edit edit = {.path = cli_get(call, "out"), .lock = -1};
    charter_init(&edit.draft);
    snprintf(edit.draft.alliance, sizeof(edit.draft.alliance), "%s", alliance);
    hl_err err = get_threshold(call, &edit.draft);
    if (err == HL_OK) {
        err = add_coordinators(call, &edit.draft);
    }
    return charter_edit_end(call, &edit, err);
}

static hl_err set_policy(struct cli_call *call, struct charter *charter,
                         const char *setting)
{
    const char *equals = strchr(setting, '=');
    size_t size = equals == NULL ? 0 : (size_t)(equals - setting);
    for (size_t i = 0; i < CHARTER_POLICY_COUNT; i++) {
        const struct charter_policy_row *row =
            charter_policy_row((enum charter_policy)i);
        uint64_t value = 0;
        if (!bytes_equal_text(bytes_of(setting, size), row->name)) {
            continue;
        }
        if (text_decimal(bytes_of_text(equals + 1), row->max, &value) !=
                HL_OK ||
            value < row->min) {
            return cli_usage(call, "%s is a whole number from %llu to %llu",
                             row->name, (unsigned long long)row->min,
                             (unsigned long long)row->max);
        }
        charter->policies[i] = value;
        return HL_OK;
    }
    return cli_usage(call, "'%s' is no NAME=VALUE of a known policy", setting);
}

hl_err cmd_charter_set_policy(struct cli_call *call)
{
    struct charter_edit edit;
    hl_err err = charter_edit_begin(call, &edit);
    if (err != HL_OK) {
        return err;
    }
    for (size_t i = 1; i < call->operand_count && err == HL_OK; i++) {
        err = set_policy(call, &edit.draft, call->operands[i]);
    }
    return charter_edit_end(call, &edit, err);
}

hl_err cmd_charter_set_coordinators(struct cli_call *call)
{
    struct charter_edit edit;
    hl_err err = charter_edit_begin(call, &edit);
    if (err != HL_OK) {
        return err;
    }
    edit.draft.coordinator_count = 0;
    err = get_threshold(call, &edit.draft);
    if (err == HL_OK) {
        err = add_coordinators(call, &edit.draft);
    }
    return charter_edit_end(call, &edit, err);
}

/* Two that follow one predecessor: a draft after the first, with the same
 * content, which decides for it. */
hl_err cmd_charter_follow(struct cli_call *call)
{
    struct charter_edit edit;
    struct charter other = {0};
    hl_err err = cmd_charter_read(call, cli_get(call, "not"), &other);
    if (err != HL_OK) {
        return err;
    }
    bool rivals = false;
    err = charter_edit_begin(call, &edit);
    if (err == HL_OK) {
        rivals = edit.before.version > 1 &&
                 edit.before.version == other.version &&
                 hash_equal(&edit.before.previous, &other.previous) &&
                 !hash_equal(&edit.before.hash, &other.hash);
        if (!rivals || cmd_charter_is_draft(&edit.before)) {
            err = hl_fail(&call->detail, HL_EPREDECESSOR,
                          "these are not two signed charters that follow one "
                          "predecessor");
        }
        err = charter_edit_end(call, &edit, err);
    }
    charter_fini(&other);
    return err;
}
