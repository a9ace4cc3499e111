/* SPDX-License-Identifier: Apache-2.0 */

/* What a node says, as `heluo` shows it: whatever it is, the terminal gets
 * well-formed text without a control character. The first byte says what the
 * rest is: an entry, a status, or a page of units. */

#include <stdio.h>
#include <stdlib.h>

#include "heluo/v1/catalogue.pb-c.h"
#include "heluo/v1/node.pb-c.h"
#include "node/cli/cmd_journal.h"
#include "node/cli/message_json.h"
#include "node/cli/status_text.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/text.h"
#include "tests/fuzz/fuzz.h"

static void show_entry(struct bytes raw, FILE *out)
{
    json_t *entry = entry_json(7, raw);
    entry_print(entry, out);
    json_decref(entry);
}

static void show_status(struct bytes raw, FILE *out)
{
    Heluo__V1__NodeStatusResponse *status =
        heluo__v1__node_status_response__unpack(NULL, raw.size, raw.data);
    if (status == NULL) {
        return;
    }
    for (int lang = 0; lang < LANG_COUNT; lang++) {
        status_print(status, (enum lang)lang, out);
    }
    hl_err err = status_error(status);
    HL_ASSERT((err == HL_OK) == (status->writable != 0));
    heluo__v1__node_status_response__free_unpacked(status, NULL);
}

static void show_units(struct bytes raw, FILE *out)
{
    Heluo__V1__CatalogueListResponse *page =
        heluo__v1__catalogue_list_response__unpack(NULL, raw.size, raw.data);
    if (page == NULL) {
        return;
    }
    json_t *object = message_json(&page->base);
    message_json_print(object, 0, out);
    json_decref(object);
    heluo__v1__catalogue_list_response__free_unpacked(page, NULL);
}

static void check_harmless(struct bytes text)
{
    HL_ASSERT(text_utf8_valid(text));
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        HL_ASSERT(c == '\n' || c >= 0x20);
        HL_ASSERT(c != 0x7f);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const shows[])(struct bytes, FILE *) = {
        show_entry, show_status, show_units};
    char *text = NULL;
    size_t text_size = 0;
    if (size == 0) {
        return 0;
    }
    FILE *out = open_memstream(&text, &text_size);
    HL_ASSERT(out != NULL);
    shows[data[0] % 3](bytes_of(data + 1, size - 1), out);
    fclose(out);
    check_harmless(bytes_of(text, text_size));
    free(text);
    return 0;
}
