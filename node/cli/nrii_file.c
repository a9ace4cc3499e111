/* SPDX-License-Identifier: Apache-2.0 */
#include "node/cli/nrii_file.h"

#include <inttypes.h>

#include "certs/tools/file.h"
#include "node/cli/term.h"
#include "protocol/base/hl_assert.h"

/* --- What is missing ------------------------------------------------------ */

static const char *const missing_columns[] = {
    "row",    "unit_scheme", "unit_id", "inner_id", "name",  "missing",
    "缺少项", "wrong",       "有误项",  "cut",      "截断项"};
enum { MISSING_COLUMNS = 11, MISSING_SETS = 3 };

static hl_err open_missing(struct nrii_file *file)
{
    const char *path = cli_get(file->call, "missing");
    const struct table_target target = {.mark = true};
    struct bytes names[MISSING_COLUMNS];
    if (path == NULL) {
        return HL_OK;
    }
    for (size_t i = 0; i < MISSING_COLUMNS; i++) {
        names[i] = bytes_of_text(missing_columns[i]);
    }
    return table_writer_open(path, &target, names, MISSING_COLUMNS,
                             &file->missing, cli_about(file->call, path));
}

static void name_keys(const struct nrii_form *form, uint64_t keys, bool zh,
                      struct writer *out)
{
    for (size_t i = 0; i < form->count; i++) {
        if ((keys >> i & 1) != 0) {
            writer_format(out, "%s%s",
                          out->size == 0 ? ""
                          : zh           ? "、"
                                         : ",",
                          zh ? form->name_zh(i) : form->keys[i].key);
        }
    }
}

static hl_err list_row(struct nrii_file *file, const struct nrii_subject *of,
                       const struct nrii_row *row)
{
    char number[24];
    const uint64_t sets[MISSING_SETS] = {row->missing, row->wrong, row->cut};
    struct writer texts[MISSING_SETS * 2] = {0};
    if (file->missing == NULL || (nrii_row_is_complete(row) && row->cut == 0)) {
        return HL_OK;
    }
    snprintf(number, sizeof(number), "%" PRIu64, file->rows);
    struct bytes cells[MISSING_COLUMNS] = {bytes_of_text(number),
                                           of->unit_scheme, of->unit_id,
                                           of->inner_id, of->name};
    for (size_t i = 0; i < MISSING_SETS * 2; i++) {
        name_keys(file->form, sets[i / 2], i % 2 == 1, &texts[i]);
        cells[MISSING_COLUMNS - MISSING_SETS * 2 + i] = writer_view(&texts[i]);
    }
    hl_err err =
        table_writer_put(file->missing, cells,
                         cli_about(file->call, cli_get(file->call, "missing")));
    for (size_t i = 0; i < MISSING_SETS * 2; i++) {
        writer_fini(&texts[i]);
    }
    return err;
}

/* --- Rows ----------------------------------------------------------------- */

static void count(struct nrii_file *file, const struct nrii_row *row)
{
    file->rows++;
    file->complete += nrii_row_is_complete(row);
    file->cut_rows += row->cut != 0;
    for (size_t i = 0; i < file->form->count; i++) {
        file->lacking[i] += row->missing >> i & 1;
        file->wrong[i] += row->wrong >> i & 1;
        file->cut_of[i] += row->cut >> i & 1;
        file->cut += row->cut >> i & 1;
    }
}

static hl_err write_row(struct nrii_file *file, const struct nrii_row *row)
{
    if (!nrii_row_is_complete(row) && !cli_has(file->call, "incomplete")) {
        return HL_OK;
    }
    fputs(file->written == 0 ? "[\n" : ",\n", file->file.out);
    file->written++;
    return fwrite(file->text.data, 1, file->text.size, file->file.out) ==
                   file->text.size
               ? HL_OK
               : out_file_fail(&file->file, "write");
}

hl_err nrii_file_put(struct nrii_file *file, const struct nrii_subject *subject,
                     const struct nrii_row *row)
{
    count(file, row);
    hl_err err = write_row(file, row);
    return err == HL_OK ? list_row(file, subject, row) : err;
}

/* --- The file ------------------------------------------------------------- */

hl_err nrii_file_open(struct nrii_file *file)
{
    HL_ASSERT(file->form->count <= NRII_KEYS_MAX);
    /* Nobody else sees any of it. */
    hl_err err = out_file_open(&file->file, file->call,
                               cli_get(file->call, "out"), FILE_MODE_SECRET);
    return err == HL_OK ? open_missing(file) : err;
}

hl_err nrii_file_commit(struct nrii_file *file)
{
    hl_err err = HL_OK;
    if (file->missing != NULL) {
        err = table_writer_commit(
            &file->missing,
            cli_about(file->call, cli_get(file->call, "missing")));
    }
    if (err != HL_OK) {
        return err;
    }
    fputs(file->written == 0 ? "[]\n" : "\n]\n", file->file.out);
    return out_file_commit(&file->file);
}

void nrii_file_close(struct nrii_file *file)
{
    table_writer_abort(&file->missing);
    out_file_close(&file->file);
    writer_fini(&file->text);
}

/* --- The answer ----------------------------------------------------------- */

static json_t *counts_json(const struct nrii_form *form,
                           const uint64_t counts[NRII_KEYS_MAX])
{
    json_t *object = json_object();
    for (size_t i = 0; i < form->count; i++) {
        if (counts[i] > 0) {
            json_object_set_new(object, form->keys[i].key,
                                json_integer((json_int_t)counts[i]));
        }
    }
    return object;
}

static void tell_json(const struct nrii_file *file, json_t *more)
{
    json_t *object = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I}", "rows", (json_int_t)file->rows,
        "complete", (json_int_t)file->complete, "incomplete",
        (json_int_t)(file->rows - file->complete), "written",
        (json_int_t)file->written, "cut", (json_int_t)file->cut, "cut_rows",
        (json_int_t)file->cut_rows);
    json_object_set_new(object, "personal_data",
                        json_boolean(file->personal && file->written > 0));
    json_object_set_new(object, "missing_by_key",
                        counts_json(file->form, file->lacking));
    json_object_set_new(object, "wrong_by_key",
                        counts_json(file->form, file->wrong));
    json_object_set_new(object, "cut_by_key",
                        counts_json(file->form, file->cut_of));
    if (more != NULL) {
        json_object_update(object, more);
        json_decref(more);
    }
    cli_print_json(object);
}

enum { TOLD_COLUMNS = 5 };

static void tell_keys(const struct nrii_file *file)
{
    static const char *const heads[LANG_COUNT][TOLD_COLUMNS] = {
        {"KEY", "NAME", "MISSING", "WRONG", "CUT"},
        {"字段", "名称", "缺少", "有误", "截断"}};
    const struct nrii_form *form = file->form;
    struct term_table table = {.column_count = TOLD_COLUMNS};
    char numbers[3][24];
    for (size_t i = 0; i < form->count; i++) {
        const uint64_t counts[] = {file->lacking[i], file->wrong[i],
                                   file->cut_of[i]};
        if (counts[0] + counts[1] + counts[2] == 0) {
            continue;
        }
        if (table.row_count == 0) {
            term_table_add(&table, heads[file->lang]);
        }
        for (size_t k = 0; k < 3; k++) {
            snprintf(numbers[k], sizeof(numbers[k]), "%" PRIu64, counts[k]);
        }
        term_table_add(
            &table, (const char *const[]){form->keys[i].key, form->name_zh(i),
                                          numbers[0], numbers[1], numbers[2]});
    }
    term_table_print(&table, stdout);
    term_table_fini(&table);
}

void nrii_file_tell(const struct nrii_file *file, json_t *more)
{
    static const char *const counts[LANG_COUNT] = {
        "%" PRIu64 " rows: %" PRIu64 " complete, %" PRIu64
        " incomplete; %" PRIu64 " written; %" PRIu64 " texts cut in %" PRIu64
        " rows\n",
        "共 %" PRIu64 " 条：完整 %" PRIu64 "，不完整 %" PRIu64 "；写出 %" PRIu64
        "；%" PRIu64 " 处文本被截断，涉及 %" PRIu64 " 条\n"};
    static const char *const personal[LANG_COUNT] = {
        "The file names people and their numbers: it is personal data, and "
        "readable by you\nalone (mode 0600). Delete it when it was sent.\n",
        "文件含联系人姓名与电话，属个人信息，仅本人可读（0600）；报送后请删除。"
        "\n"};
    if (file->call->json) {
        tell_json(file, more);
        return;
    }
    printf(counts[file->lang], file->rows, file->complete,
           file->rows - file->complete, file->written, file->cut,
           file->cut_rows);
    json_decref(more);
    tell_keys(file);
    if (file->personal && file->written > 0) {
        fputs(personal[file->lang], stdout);
    }
}
