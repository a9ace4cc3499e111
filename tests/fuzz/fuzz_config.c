/* SPDX-License-Identifier: Apache-2.0 */

/* A configuration that is accepted has every text and holds every bound; one
 * that is refused says why; and what one file leaves behind in libconfuse's
 * scanner, which is one per process, changes nothing for the next. */

#include <string.h>

#include "node/daemon/config_schema.h"
#include "protocol/base/hl_assert.h"
#include "tests/fuzz/fuzz.h"

#define PIN "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char good[] = "alliance=a\nnode=n\njournal_key=j\nmark=m\n"
                           "charters={c}\ncharter_pin=" PIN "\n"
                           "tls_certificate=t\ntls_key=k\ntls_roots=r\n"
                           "tls_crl=l\n";

static void check_key(struct config *config, const struct config_key *key)
{
    if (config_kind_is_number(key->kind)) {
        uint64_t value = *config_number_at(config, key);
        HL_ASSERT(value >= key->min && value <= key->max);
    } else if (config_kind_is_list(key->kind)) {
        const struct config_list *list = config_list_at(config, key);
        HL_ASSERT(list->count <= CONFIG_LIST_MAX);
        HL_ASSERT(!key->required || list->count > 0);
        for (size_t i = 0; i < list->count; i++) {
            HL_ASSERT(list->items[i][0] != '\0');
        }
    } else {
        const char *text = *config_text_at(config, key);
        HL_ASSERT(text != NULL);
        HL_ASSERT(!key->required || text[0] != '\0');
        HL_ASSERT(key->kind != CONFIG_FILE || text[0] == '/' ||
                  text[0] == '\0');
    }
}

static hl_err parse(struct bytes text)
{
    struct config config = {0};
    struct hl_detail detail = {0};
    hl_err err = config_parse(text, bytes_of_text("/f"), &config, &detail);
    HL_ASSERT(err == HL_OK || err == HL_ECONFIG);
    HL_ASSERT(err == HL_OK || detail.text[0] != '\0');
    for (size_t i = 0; err == HL_OK && i < config_key_count(); i++) {
        check_key(&config, config_key(i));
    }
    config_fini(&config);
    return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hl_err first = parse(bytes_of(data, size));
    HL_ASSERT(parse(bytes_of_text(good)) == HL_OK);
    HL_ASSERT(parse(bytes_of(data, size)) == first);
    return 0;
}
