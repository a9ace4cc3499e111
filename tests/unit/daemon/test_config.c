/* SPDX-License-Identifier: Apache-2.0 */
#define _XOPEN_SOURCE 700

#include "node/daemon/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/daemon/config_schema.h"
#include "tests/support/scratch.h"
#include "tests/support/support.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* The keys that every file has, in lines 1 to 10. */
static const char *const least[] = {
    "alliance = \"zy.example\"",        "node = \"luoyang\"",
    "journal_key = \"journal.key\"",    "mark = \"/data/mark\"",
    "charters = {\"c1\", \"/etc/c2\"}", "charter_pin = \"" HASH "\"",
    "tls_certificate = \"node.crt\"",   "tls_key = \"node.key\"",
    "tls_roots = \"root.crt\"",         "tls_crl = \"root.crl\"",
};
enum { LEAST = sizeof(least) / sizeof(least[0]) };

static hl_err parse(const char *text, struct config *out,
                    struct hl_detail *detail)
{
    *detail = (struct hl_detail){0};
    return config_parse(bytes_of_text(text), bytes_of_text("/etc/heluo"), out,
                        detail);
}

/* The least file but for one line, and with `more` behind. */
static void least_without(size_t left_out, const char *more, struct writer *out)
{
    for (size_t i = 0; i < LEAST; i++) {
        writer_format(out, "%s\n", i == left_out ? "" : least[i]);
    }
    writer_format(out, "%s\n", more);
    writer_u8(out, 0);
}

static hl_err parse_with(const char *more, struct config *out,
                         struct hl_detail *detail)
{
    struct writer text = {0};
    least_without(LEAST, more, &text);
    hl_err err = parse((const char *)text.data, out, detail);
    writer_fini(&text);
    return err;
}

static void assert_refused(const char *more, uint64_t line, const char *why)
{
    struct config config;
    struct hl_detail detail;
    if (parse_with(more, &config, &detail) == HL_OK) {
        fail_msg("accepted: %s", more);
    }
    if (strstr(detail.text, why) == NULL || detail.where != HL_AT_LINE ||
        detail.at != line) {
        fail_msg("%s: line %llu: %s", more, (unsigned long long)detail.at,
                 detail.text);
    }
}

/* Nothing a bad file left behind in the scanner spoils the next. */
static void assert_scanner_is_clean(void)
{
    struct config config;
    struct hl_detail detail;
    assert_ok(parse_with("", &config, &detail));
    config_fini(&config);
}

static void what_is_not_said_has_its_default(void **state)
{
    (void)state;
    struct config config;
    struct hl_detail detail;
    assert_ok(parse_with("", &config, &detail));
    assert_string_equal(config.store, "/var/lib/heluo");
    assert_string_equal(config.socket, "/run/heluo/heluo.sock");
    assert_string_equal(config.socket_group, "");
    assert_string_equal(config.mirror_key, "");
    assert_int_equal(config.listen.count, 0);
    assert_true(config.map_bytes == (uint64_t)1 << 40);
    assert_true(config.max_store_bytes == (uint64_t)64 << 30);
    assert_int_equal(config.reserve_bytes, 64 << 20);
    assert_int_equal(config.readers_max, 512);
    assert_int_equal(config.scrub_interval_hours, 168);
    assert_int_equal(config.queue_commands, 16384);
    assert_int_equal(config.commit_entries, 2000);
    assert_int_equal(config.commit_ms, 20);
    assert_int_equal(config.clock_jump_s, 300);
    assert_int_equal(config.threads, 2);
    assert_int_equal(config.calls, 2048);
    assert_int_equal(config.calls_per_caller, 512);
    assert_int_equal(config.rate_per_s, 5000);
    assert_int_equal(config.rate_burst, 10000);
    assert_int_equal(config.connections, 4000);
    assert_int_equal(config.message_bytes, 4 << 20);
    assert_int_equal(config.handshake_ms, 10000);
    assert_int_equal(config.idle_ms, 600000);
    assert_int_equal(config.keepalive_ms, 5000);
    assert_int_equal(config.admission_interval_s, 30);
    assert_int_equal(config.reload_interval_s, 10);
    assert_int_equal(config.drain_s, 10);
    assert_string_equal(config.log_format, "text");
    assert_string_equal(config.log_level, "info");
    config_fini(&config);
    config_fini(&config);
}

static void relative_paths_are_taken_from_the_files_folder(void **state)
{
    (void)state;
    struct config config;
    struct hl_detail detail;
    assert_ok(parse_with("socket = \"run/s\"", &config, &detail));
    assert_string_equal(config.journal_key, "/etc/heluo/journal.key");
    assert_string_equal(config.mark, "/data/mark");
    assert_int_equal(config.charters.count, 2);
    assert_string_equal(config.charters.items[0], "/etc/heluo/c1");
    assert_string_equal(config.charters.items[1], "/etc/c2");
    assert_string_equal(config.socket, "/etc/heluo/run/s");
    config_fini(&config);
}

static void what_is_said_counts(void **state)
{
    (void)state;
    struct config config;
    struct hl_detail detail;
    assert_ok(parse_with("# a comment, with = and \" in it\n"
                         "listen = {\"0.0.0.0:7443\", \"[::]:0\"}\n"
                         "max_store_bytes = 3MiB\nmap_bytes = 1TiB\n"
                         "reserve_bytes = 16MiB\nrate_per_s = 0\n"
                         "socket = \"\"\nsocket_group = wheel\n"
                         "log_format = json\nlog_level = \"debug\"",
                         &config, &detail));
    assert_int_equal(config.listen.count, 2);
    assert_string_equal(config.listen.items[1], "[::]:0");
    assert_int_equal(config.max_store_bytes, 3 << 20);
    assert_int_equal(config.reserve_bytes, 16 << 20);
    assert_int_equal(config.rate_per_s, 0);
    assert_string_equal(config.socket, "");
    assert_string_equal(config.socket_group, "wheel");
    assert_string_equal(config.log_format, "json");
    assert_string_equal(config.log_level, "debug");
    config_fini(&config);
}

static void a_list_may_be_one_value_or_be_added_to(void **state)
{
    (void)state;
    struct config config;
    struct hl_detail detail;
    assert_ok(parse_with("listen = \"a:1\"\nlisten += {\"b:1\", \"c:1\"}",
                         &config, &detail));
    assert_int_equal(config.listen.count, 3);
    assert_string_equal(config.listen.items[2], "c:1");
    config_fini(&config);
}

/* `heluo charter show` and `verify --pin` have the hash in base64. */
static void a_pin_in_base64_is_the_same_pin_in_hex(void **state)
{
    (void)state;
    struct config config;
    struct hl_detail detail;
    struct writer text = {0};
    least_without(
        5, "charter_pin = \"ASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4mrze8=\"",
        &text);
    assert_ok(parse((const char *)text.data, &config, &detail));
    assert_string_equal(config.charter_pin, HASH);
    config_fini(&config);
    writer_fini(&text);
}

static void each_required_key_that_is_missing_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < LEAST; i++) {
        struct config config;
        struct hl_detail detail;
        struct writer text = {0};
        char name[64];
        least_without(i, "", &text);
        assert_err(parse((const char *)text.data, &config, &detail),
                   HL_ECONFIG);
        snprintf(name, sizeof(name), "%.*s is missing: add a line such as  ",
                 (int)strcspn(least[i], " "), least[i]);
        assert_int_equal(strncmp(detail.text, name, strlen(name)), 0);
        writer_fini(&text);
    }
}

static const struct {
    const char *more;
    uint64_t line;
    const char *why;
} wrong[] = {
    {"thread = 2", 11, "did you mean threads?"},
    {"max_store_byte = 2", 11, "did you mean max_store_bytes?"},
    {"colour = blue", 11, "no key is called \"colour\": `heluo help config`"},
    {"threads = 2\n\nthreads = 2", 13, "threads is set in line 11 already"},
    {"node = \"other\"", 11, "node is set in line 2 already"},
    {"charters = {\"x\"}", 11, "charters is set in line 5 already"},
    {"threads = 0", 11, "threads: 0 is out of bounds: from 1 to 64 threads"},
    {"threads = 65", 11, "out of bounds"},
    {"reserve_bytes = 0", 11, "out of bounds: from 1MiB to 16GiB"},
    {"queue_commands = 8189", 11, "from 8190 to 1048576 commands"},
    {"max_store_bytes = 1KiB", 11, "from 1MiB to 64TiB"},
    {"max_store_bytes = 99999999999TiB", 11, "out of bounds"},
    {"max_store_bytes = 2TiB", 11, "max_store_bytes is above map_bytes"},
    {"map_bytes = 1GiB", 11, "max_store_bytes is above map_bytes"},
    {"calls_per_caller = 4096", 11, "above calls"},
    {"max_store_bytes = 64GB", 11, "KiB, MiB, GiB or TiB"},
    {"max_store_bytes = 1.5GiB", 11, "\"1.5GiB\" is no size"},
    {"max_store_bytes = \"64 GiB\"", 11, "is no size"},
    {"threads = two", 11, "no whole number"},
    {"threads = -1", 11, "no whole number"},
    {"threads = 02", 11, "no whole number"},
    {"threads = \"\"", 11, "no whole number"},
    {"commit_ms = 20ms", 11, "no whole number"},
    {"threads = 18446744073709551616", 11, "no whole number"},
    {"listen = {\"nowhere\"}", 11, "is not host:port"},
    {"listen = {\"a:1\", \"b:65536\"}", 11, "\"b:65536\" is not host:port"},
    {"listen = {\":7443\"}", 11, "is not host:port"},
    {"listen = {\"\"}", 11, "is not host:port"},
    {"listen = \"a:1\"\nlisten = \"b:1\"", 12, "set in line 11 already"},
    {"socket_group = \"No Group\"", 11, "a group's name"},
    {"log_level = loud", 11, "one of: error warn info debug"},
    {"log_format = \"\"", 11, "one of: text json"},
    {"store = \"\"", 11, "is not a path"},
    {"mirror_key = \"a\\x07z\"", 11, "control characters"},
    {"# ${HOME}\nmirror_key = \"${HOME}/k\"", 12, "no variables"},
    {"threads", 13, "the file ends within a value"},
    {"\n\nthreads 2", 13, "lines are like key = value"},
    {"threads += 2", 11, "lines are like key = value"},
    {"threads = {2}", 11, "lines are like key = value"},
    {"listen = {\"a:1\" \"b:1\"}", 11, "lines are like"},
    {"}", 11, "lines are like key = value"},
    {"\nmirror_key = \"abc", 14, "a quote or a brace that nothing closes"},
    {"mirror_key = 'abc", 13, "unterminated string constant"},
};

static void what_is_wrong_is_told_with_line_reason_and_remedy(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_refused(wrong[i].more, wrong[i].line, wrong[i].why);
        assert_scanner_is_clean();
    }
}

static const struct {
    size_t line;
    const char *instead;
    const char *why;
} wrong_forms[] = {
    {0, "alliance = \"Zy.example\"", "a domain in lower case"},
    {0, "alliance = \"\"", "a domain in lower case"},
    {1, "node = \"luo yang\"", "a node's id"},
    {1, "node = \"coordinator\"", "not \"coordinator\""},
    {5, "charter_pin = \"0123\"", "64 hex digits"},
    {5,
     "charter_pin = \"0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF"
     "0123456789ABCDEF\"",
     "64 hex digits in lower case"},
    {2, "journal_key = \"\"", "is not a path"},
    {4, "charters = {\"\"}", "is not a path"},
};

static void a_required_key_of_another_form_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(wrong_forms) / sizeof(wrong_forms[0]); i++) {
        struct config config;
        struct hl_detail detail;
        struct writer text = {0};
        least_without(wrong_forms[i].line, wrong_forms[i].instead, &text);
        assert_err(parse((const char *)text.data, &config, &detail),
                   HL_ECONFIG);
        assert_int_equal(detail.at, LEAST + 1);
        if (strstr(detail.text, wrong_forms[i].why) == NULL) {
            fail_msg("%s: %s", wrong_forms[i].instead, detail.text);
        }
        writer_fini(&text);
    }
}

static void an_empty_required_list_is_missing(void **state)
{
    (void)state;
    struct config config;
    struct hl_detail detail;
    struct writer text = {0};
    least_without(4, "charters = {}", &text);
    assert_err(parse((const char *)text.data, &config, &detail), HL_ECONFIG);
    assert_non_null(strstr(detail.text, "charters is missing"));
    writer_fini(&text);
}

static void a_list_has_an_end(void **state)
{
    (void)state;
    struct writer text = {0};
    writer_text(&text, "listen = {");
    for (int i = 0; i <= CONFIG_LIST_MAX; i++) {
        writer_format(&text, "%s\"a:%d\"", i == 0 ? "" : ", ", i + 1);
    }
    writer_text(&text, "}");
    writer_u8(&text, 0);
    assert_refused((const char *)text.data, 11, "more than 16 items");
    writer_fini(&text);
}

static void a_sockets_path_fits_its_address(void **state)
{
    (void)state;
    char more[256];
    struct config config;
    struct hl_detail detail;
    snprintf(more, sizeof(more), "socket = \"/%0106d\"", 0);
    assert_ok(parse_with(more, &config, &detail));
    config_fini(&config);
    snprintf(more, sizeof(more), "socket = \"/%0107d\"", 0);
    assert_refused(more, 11, "longer than the 107 bytes");
}

static void what_is_no_text_is_refused(void **state)
{
    (void)state;
    struct config config;
    struct hl_detail detail;
    struct bytes folder = bytes_of_text("/");
    assert_err(config_parse(bytes_of("\n\0", 2), folder, &config, &detail),
               HL_ECONFIG);
    assert_int_equal(detail.at, 2);
    assert_non_null(strstr(detail.text, "NUL"));
    assert_err(
        config_parse(bytes_of_text("#\n#\n#\xFF\n"), folder, &config, &detail),
        HL_ECONFIG);
    assert_int_equal(detail.at, 3);
    assert_non_null(strstr(detail.text, "UTF-8"));
    assert_err(config_parse(bytes_of("", 0), folder, &config, &detail),
               HL_ECONFIG);
    assert_non_null(strstr(detail.text, "alliance is missing"));
}

static void only_what_a_reload_cannot_take_up_wants_a_restart(void **state)
{
    (void)state;
    static const struct {
        const char *more;
        const char *key;
    } changes[] = {
        {"", NULL},
        {"log_level = debug", NULL},
        {"drain_s = 3", NULL},
        {"threads = 3", "threads"},
        {"listen = {\"a:1\"}", "listen"},
        {"store = \"/x\"\nthreads = 3", "store"},
    };
    struct config running, next;
    struct hl_detail detail;
    assert_ok(parse_with("", &running, &detail));
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        assert_ok(parse_with(changes[i].more, &next, &detail));
        const char *key = config_restart_needed(&running, &next);
        assert_string_equal(key == NULL ? "" : key,
                            changes[i].key == NULL ? "" : changes[i].key);
        config_fini(&next);
    }
    config_fini(&running);
}

static void every_default_is_within_its_bounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < config_key_count(); i++) {
        const struct config_key *key = config_key(i);
        assert_non_null(key->text);
        if (config_kind_is_number(key->kind)) {
            assert_true(key->min <= key->number && key->number <= key->max);
            assert_non_null(key->unit);
        } else {
            assert_true(key->required == (key->initial == NULL));
            assert_true(!key->required || key->example != NULL);
        }
    }
}

static void help_tells_every_key_its_default_and_text(void **state)
{
    (void)state;
    char *help = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&help, &size);
    config_print_help(out);
    assert_int_equal(fclose(out), 0);
    for (size_t i = 0; i < config_key_count(); i++) {
        char line[80];
        snprintf(line, sizeof(line), "\n    %s = ", config_key(i)->name);
        assert_non_null(strstr(help, line));
    }
    assert_non_null(strstr(help, "max_store_bytes = 64GiB\n"));
    assert_non_null(strstr(help, "From 8190 to 1048576 commands."));
    assert_non_null(strstr(help, "One of: error, warn, info, debug."));
    assert_non_null(strstr(help, "130 KiB"));
    for (char *line = strtok(help, "\n"); line != NULL;
         line = strtok(NULL, "\n")) {
        assert_true(strlen(line) <= 80);
    }
    free(help);
}

struct place {
    char folder[64];
    char file[96];
};

static struct place make_place(const char *text, size_t size)
{
    struct place place = {0};
    scratch_make(place.folder, sizeof(place.folder));
    snprintf(place.file, sizeof(place.file), "%s/heluod.conf", place.folder);
    FILE *out = fopen(place.file, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, size, out), size);
    assert_int_equal(fclose(out), 0);
    return place;
}

static void destroy_place(const struct place *place)
{
    scratch_remove(place->folder);
}

static void a_file_is_read_and_its_folder_found(void **state)
{
    (void)state;
    struct writer text = {0};
    struct config config;
    struct hl_detail detail;
    char expected[96], real[4096], back[4096];
    least_without(LEAST, "", &text);
    struct place place = make_place((const char *)text.data, text.size - 1);
    assert_ok(config_read(place.file, &config, &detail));
    assert_non_null(realpath(place.folder, real));
    snprintf(expected, sizeof(expected), "%.80s/node.key", real);
    assert_string_equal(config.tls_key, expected);
    config_fini(&config);
    assert_non_null(getcwd(back, sizeof(back)));
    assert_int_equal(chdir(place.folder), 0);
    assert_ok(config_read("heluod.conf", &config, &detail));
    assert_string_equal(config.tls_key, expected);
    config_fini(&config);
    assert_int_equal(chdir(back), 0);
    destroy_place(&place);
    writer_fini(&text);
}

static void only_a_regular_file_of_some_size_is_read(void **state)
{
    (void)state;
    struct config config;
    struct hl_detail detail;
    assert_err(config_read("/nonexistent/x", &config, &detail), HL_ENOTFOUND);
    assert_err(config_read("/tmp", &config, &detail), HL_EIO);
    assert_non_null(strstr(detail.text, "regular"));
    assert_err(config_read("/dev/zero", &config, &detail), HL_EIO);
    struct writer big = {0};
    memset(writer_extend(&big, CONFIG_FILE_MAX_BYTES + 1), '\n',
           CONFIG_FILE_MAX_BYTES + 1);
    struct place place = make_place((const char *)big.data, big.size);
    assert_err(config_read(place.file, &config, &detail), HL_ELIMIT);
    assert_int_equal(truncate(place.file, CONFIG_FILE_MAX_BYTES), 0);
    assert_err(config_read(place.file, &config, &detail), HL_ECONFIG);
    destroy_place(&place);
    writer_fini(&big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_said_has_its_default),
        cmocka_unit_test(relative_paths_are_taken_from_the_files_folder),
        cmocka_unit_test(what_is_said_counts),
        cmocka_unit_test(a_list_may_be_one_value_or_be_added_to),
        cmocka_unit_test(a_pin_in_base64_is_the_same_pin_in_hex),
        cmocka_unit_test(each_required_key_that_is_missing_is_named),
        cmocka_unit_test(what_is_wrong_is_told_with_line_reason_and_remedy),
        cmocka_unit_test(a_required_key_of_another_form_is_refused),
        cmocka_unit_test(an_empty_required_list_is_missing),
        cmocka_unit_test(a_list_has_an_end),
        cmocka_unit_test(a_sockets_path_fits_its_address),
        cmocka_unit_test(what_is_no_text_is_refused),
        cmocka_unit_test(only_what_a_reload_cannot_take_up_wants_a_restart),
        cmocka_unit_test(every_default_is_within_its_bounds),
        cmocka_unit_test(help_tells_every_key_its_default_and_text),
        cmocka_unit_test(a_file_is_read_and_its_folder_found),
        cmocka_unit_test(only_a_regular_file_of_some_size_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
