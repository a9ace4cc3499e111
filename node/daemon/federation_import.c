/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "node/daemon/federation_inside.h"

/* Archives, message by message: whoever brings one waits until it is stored. */

void federation_import(void *context, struct partners_import *import)
{
    struct federation *federation = context;
    pthread_mutex_lock(&federation->lock);
    bool ended = federation->ended;
    if (!ended) {
        import->next = NULL;
        *federation->last_import = import;
        federation->last_import = &import->next;
    }
    struct writer_thread *writer = federation->writer;
    pthread_mutex_unlock(&federation->lock);
    if (ended) {
        import->done(import, HL_ESTOPPING, 0, "the node is shutting down");
    } else {
        writer_wake(writer);
    }
}

static struct partners_import *take_new(struct federation *federation)
{
    pthread_mutex_lock(&federation->lock);
    struct partners_import *all = federation->new_imports;
    federation->new_imports = NULL;
    federation->last_import = &federation->new_imports;
    pthread_mutex_unlock(&federation->lock);
    return all;
}

void federation_begin_imports(struct federation *federation)
{
    struct partners_import *next = take_new(federation);
    while (next != NULL) {
        struct partners_import *import = next;
        struct hl_detail detail = {0};
        struct clock_reading now = federation->options.clock();
        next = import->next;
        import->number = federation->next_wait++;
        import->next = federation->imports;
        federation->imports = import;
        hl_err err = driver_import(federation->driver, import->message,
                                   import->number, now.mono, now.wall, &detail);
        if (err != HL_OK) { /* it is still the first */
            federation->imports = import->next;
            import->done(import, err, 0, detail.text);
        }
        federation->changed = true;
    }
}

void federation_import_done(void *context, const struct engine_action *action)
{
    struct federation *federation = context;
    char text[HL_DETAIL_TEXT_BYTES];
    struct partners_import **place = &federation->imports;
    while (*place != NULL && (*place)->number != action->wait) {
        place = &(*place)->next;
    }
    struct partners_import *import = *place;
    if (import != NULL) {
        *place = import->next;
        snprintf(text, sizeof(text), "%.*s", BYTES_ARGS(action->text));
        import->done(import, action->err, action->size, text);
    }
}

void federation_end_imports(struct federation *federation)
{
    struct partners_import *lists[] = {take_new(federation),
                                       federation->imports};
    federation->imports = NULL;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        while (lists[i] != NULL) {
            struct partners_import *import = lists[i];
            lists[i] = import->next;
            import->done(import, HL_ESTOPPING, 0, "the node is shutting down");
        }
    }
}
