/* SPDX-License-Identifier: Apache-2.0 */

/* The example that is installed: it reads, has every key, and what it shows
 * as defaults are the defaults. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/daemon/config_schema.h"
#include "tests/support/support.h"

static void read_example(struct writer *out)
{
    test_read_file(HELUO_EXAMPLE, out);
    writer_u8(out, 0);
}

static void the_example_reads_as_it_is(void **state)
{
    (void)state;
    struct config config;
    struct hl_detail detail = {0};
    hl_err err = config_read(HELUO_EXAMPLE, &config, &detail);
    if (err != HL_OK) {
        fail_msg("line %" PRIu64 ": %s", detail.at, detail.text);
    }
    config_fini(&config);
}

static void default_line(const struct config_key *key, char *out, size_t size)
{
    char number[CONFIG_SIZE_TEXT_BYTES];
    if (key->kind == CONFIG_SIZE) {
        config_size_text(key->number, number);
        snprintf(out, size, "\n#%s = %s\n", key->name, number);
    } else if (key->kind == CONFIG_COUNT) {
        snprintf(out, size, "\n#%s = %" PRIu64 "\n", key->name, key->number);
    } else if (key->kind == CONFIG_WORD) {
        snprintf(out, size, "\n#%s = %s\n", key->name, key->initial);
    } else {
        snprintf(out, size, "\n#%s = \"%s\"\n", key->name, key->initial);
    }
}

static void every_key_is_there_set_or_with_its_default(void **state)
{
    (void)state;
    struct writer text = {0};
    read_example(&text);
    for (size_t i = 0; i < config_key_count(); i++) {
        const struct config_key *key = config_key(i);
        char set[80], shown[160] = "";
        snprintf(set, sizeof(set), "\n%s = ", key->name);
        if (!key->required) {
            default_line(key, shown, sizeof(shown));
        }
        bool there = strstr((const char *)text.data, set) != NULL ||
                     (shown[0] != '\0' &&
                      strstr((const char *)text.data, shown) != NULL);
        if (!there) {
            fail_msg("%s is not in the example", key->name);
        }
    }
    writer_fini(&text);
}

/* As a person would who wants to change one. */
static void the_shown_defaults_read_when_the_mark_is_taken_away(void **state)
{
    (void)state;
    struct config config, example;
    struct hl_detail detail = {0};
    struct writer text = {0};
    read_example(&text);
    char *all = (char *)text.data;
    for (char *at = strstr(all, "\n#"); at != NULL; at = strstr(at, "\n#")) {
        at++;
        *at = at[1] >= 'a' && at[1] <= 'z' ? ' ' : '#';
    }
    hl_err err = config_parse(bytes_of_text(all), bytes_of_text("/etc/heluo"),
                              &config, &detail);
    if (err != HL_OK) {
        fail_msg("line %" PRIu64 ": %s", detail.at, detail.text);
    }
    test_read_file(HELUO_EXAMPLE, (writer_clear(&text), &text));
    assert_ok(config_parse(writer_view(&text), bytes_of_text("/etc/heluo"),
                           &example, NULL));
    assert_null(config_restart_needed(&config, &example));
    config_fini(&config);
    config_fini(&example);
    writer_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_reads_as_it_is),
        cmocka_unit_test(every_key_is_there_set_or_with_its_default),
        cmocka_unit_test(the_shown_defaults_read_when_the_mark_is_taken_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
