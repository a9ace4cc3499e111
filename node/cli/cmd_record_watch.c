/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo unit watch`, and the same of the other kinds. */

#include <inttypes.h>

#include "node/cli/cmd_record.h"
#include "node/cli/term.h"
#include "node/cli/watching.h"

static const char *word_of(const Heluo__V1__CatalogueChange *change)
{
    const Heluo__V1__RecordView *view = change->record;
    switch (change->what) {
    case HELUO__V1__CHANGE_KIND__CHANGE_KIND_RELEASED:
        return "released";
    case HELUO__V1__CHANGE_KIND__CHANGE_KIND_RESUMED:
        return "taken-back";
    default:
        break;
    }
    if (view->retired) {
        return "retired";
    }
    return view->index != view->first_index ? "changed"
           : record_is_taken(view)          ? "taken"
                                            : "created";
}

static void print_line(const Heluo__V1__RecordView *view, const char *word)
{
    char id[RECORD_ID_BYTES];
    char name[RECORD_NAME_BYTES];
    record_describe(view, id, name);
    term_put(stdout, view->origin);
    printf(" %" PRIu64 "  %s  ", view->index, word);
    term_put(stdout, id);
    fputs("  ", stdout);
    term_put(stdout, name);
    putchar('\n');
}

static struct watched tell(struct cli_call *call,
                           const ProtobufCMessage *message)
{
    const Heluo__V1__CatalogueChange *change =
        (const Heluo__V1__CatalogueChange *)message;
    if (change->record != NULL && call->json) {
        json_t *object = record_view_json(change->record);
        json_object_set_new(object, "what", json_string(word_of(change)));
        json_dumpf(object, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
        putchar('\n');
        json_decref(object);
    } else if (change->record != NULL) {
        print_line(change->record, word_of(change));
    }
    return (struct watched){.token = change->token, .current = change->current};
}

hl_err cmd_record_watch(struct cli_call *call)
{
    Heluo__V1__CatalogueWatchRequest request =
        HELUO__V1__CATALOGUE_WATCH_REQUEST__INIT;
    Heluo__V1__RecordKind kind =
        (Heluo__V1__RecordKind)record_kind_called(call)->number;
    struct watching watching = {
        .call = call,
        .path = "/heluo.v1.Catalogue/Watch",
        .request = &request.base,
        .token = &request.token,
        .message = &heluo__v1__catalogue_change__descriptor,
        .tell = tell,
    };
    request.n_kinds = 1;
    request.kinds = &kind;
    return watching_run(&watching);
}
