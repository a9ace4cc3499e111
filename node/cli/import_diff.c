/* SPDX-License-Identifier: Apache-2.0 */

/* What a dry run would change, as it becomes known, in memory that does not
 * grow with it: lines for people, or the list that its JSON begins with. */

#include "node/cli/import_run.h"

#include <stdlib.h>

#include "node/cli/term.h"

static const char no_field[] =
    "as it was, but it was retired, or has another person to ask";

/* --- As JSON -------------------------------------------------------------- */

void import_begin_diff(struct import_run *run)
{
    if (run->show && run->call->json && !run->listing) {
        run->listing = true;
        fputs("{\n  \"changes\": [", stdout);
    }
}

void import_end_diff(const struct import_run *run, json_t *summary)
{
    char *text = json_dumps(summary, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    json_decref(summary);
    /* Behind the list stand the members of the rest. */
    fputs(!run->listing ? "" : run->listed > 0 ? "\n  ],\n" : "],\n", stdout);
    puts(run->listing ? text + 2 : text);
    free(text);
}

static void list(struct import_run *run, json_t *change)
{
    import_begin_diff(run);
    fputs(run->listed++ > 0 ? ",\n    " : "\n    ", stdout);
    json_dumpf(change, stdout, JSON_PRESERVE_ORDER);
    json_decref(change);
}

/* Which record, by those of these fields that its kind has. */
static json_t *record_json(const char *change, Heluo__V1__Record *record)
{
    static const char *const names[] = {"scheme", "id", "unit_scheme",
                                        "unit_id", "inner_id"};
    const ProtobufCMessage *member = *record_member(record);
    json_t *object = json_pack("{s:s}", "change", change);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field_by_name(member->descriptor,
                                                            names[i]);
        if (field != NULL) {
            const void *at = (const char *)member + field->offset;
            json_object_set_new(object, names[i],
                                cli_json_text(*(char *const *)at));
        }
    }
    return object;
}

static json_t *
fields_json(const Heluo__V1__CataloguePutBatchResponse__Result *result)
{
    json_t *fields = json_array();
    for (size_t i = 0; i < result->n_changes; i++) {
        const Heluo__V1__FieldChange *change = result->changes[i];
        json_t *field = json_pack("{s:s}", "field", change->field);
        json_object_set_new(field, "before", cli_json_text(change->before));
        json_object_set_new(field, "after", cli_json_text(change->after));
        json_array_append_new(fields, field);
    }
    return fields;
}

/* --- All three ------------------------------------------------------------ */

static void show_line(const char *sign, const char *id)
{
    printf("%s ", sign);
    term_put(stdout, id);
    putchar('\n');
}

void import_show_new(struct import_run *run, const struct import_row *row)
{
    if (!run->show) {
        return;
    }
    if (!run->call->json) {
        show_line("+", row->id);
        return;
    }
    json_t *change = record_json("new", row->record);
    json_object_set_new(change, "line", json_integer((json_int_t)row->line));
    list(run, change);
}

static void
show_fields(const Heluo__V1__CataloguePutBatchResponse__Result *result)
{
    if (result->n_changes == 0) {
        printf("    %s\n", no_field);
    }
    for (size_t i = 0; i < result->n_changes; i++) {
        const Heluo__V1__FieldChange *change = result->changes[i];
        printf("    %s: '", change->field);
        term_put(stdout, change->before);
        fputs("' -> '", stdout);
        term_put(stdout, change->after);
        puts("'");
    }
}

void import_show_changed(
    struct import_run *run, const struct import_row *row,
    const Heluo__V1__CataloguePutBatchResponse__Result *result)
{
    if (!run->show) {
        return;
    }
    if (!run->call->json) {
        show_line("~", row->id);
        show_fields(result);
        return;
    }
    json_t *change = record_json("changed", row->record);
    json_object_set_new(change, "line", json_integer((json_int_t)row->line));
    json_object_set_new(change, "fields", fields_json(result));
    if (result->n_changes == 0) {
        json_object_set_new(change, "why", json_string(no_field));
    }
    list(run, change);
}

void import_show_missing(struct import_run *run,
                         const Heluo__V1__RecordView *view)
{
    char id[RECORD_ID_BYTES], name[RECORD_NAME_BYTES];
    if (!run->show) {
        return;
    }
    if (run->call->json) {
        list(run, record_json("retired", view->record));
        return;
    }
    record_describe(view, id, name);
    fputs("- ", stdout);
    term_put(stdout, id);
    fputs("  ", stdout);
    term_put(stdout, name);
    putchar('\n');
}
