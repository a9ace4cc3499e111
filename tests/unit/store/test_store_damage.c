/* SPDX-License-Identifier: Apache-2.0 */

/* What a disk may do to the file of a store that is closed, and what a kill
 * may do to one that is open. */

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/store/journal.h"
#include "node/store/key.h"
#include "node/store/store_inside.h"
#include "protocol/base/hl_assert.h"
#include "tests/unit/store/store_world.h"

enum { ROWS = 400, VALUE_MAX_BYTES = 5000 };

static struct bytes value_of(uint64_t at, uint8_t room[VALUE_MAX_BYTES])
{
    struct rng rng;
    rng_init(&rng, at);
    size_t size = (size_t)rng_below(&rng, at % 8 == 0 ? VALUE_MAX_BYTES : 200);
    rng_fill(&rng, room, size);
    return bytes_of(room, size);
}

static void fill(struct store_world *world)
{
    uint8_t room[VALUE_MAX_BYTES];
    struct store_txn *txn = world_write(world);
    for (uint64_t at = 0; at < ROWS; at++) {
        struct store_key key = key_entry(1, at);
        assert_ok(store_put(txn, STORE_ROWS, key_view(&key), value_of(at, room),
                            NULL));
    }
    assert_ok(store_commit(&txn, NULL));
}

/* How a child ends that reads a damaged store. */
enum outcome { ALL_RIGHT, REFUSED, MISSING, WRONG, DIED, OUTCOMES };

static enum outcome judge(hl_err err, const struct bytes *value, uint64_t at)
{
    uint8_t room[VALUE_MAX_BYTES];
    if (err != HL_OK) {
        return REFUSED;
    }
    if (value->data == NULL) {
        return MISSING;
    }
    return bytes_equal(*value, value_of(at, room)) ? ALL_RIGHT : WRONG;
}

static enum outcome worse(enum outcome a, enum outcome b)
{
    return a > b ? a : b;
}

static enum outcome read_by_key(struct store_txn *txn)
{
    enum outcome outcome = ALL_RIGHT;
    for (uint64_t at = 0; at < ROWS; at++) {
        struct store_key key = key_entry(1, at);
        struct bytes value;
        hl_err err = store_get(txn, STORE_ROWS, key_view(&key), &value, NULL);
        outcome = worse(outcome, judge(err, &value, at));
    }
    return outcome;
}

static enum outcome read_in_order(struct store_txn *txn)
{
    struct store_cursor *cursor = NULL;
    struct store_row row;
    if (store_cursor_open(txn, STORE_ROWS, &cursor, NULL) != HL_OK) {
        return REFUSED;
    }
    enum outcome outcome = ALL_RIGHT;
    hl_err err = store_seek(cursor, (struct bytes){0}, &row, NULL);
    for (int i = 0; i < 2 * ROWS && (err != HL_OK || row.key.data != NULL);
         i++) {
        if (err != HL_OK) {
            outcome = worse(outcome, REFUSED);
        } else if (row.key.size != 12) {
            outcome = WRONG;
        } else {
            uint64_t at = (uint64_t)row.key.data[10] << 8 | row.key.data[11];
            outcome = worse(outcome, judge(HL_OK, &row.value, at));
        }
        err = store_next(cursor, &row, NULL);
    }
    store_cursor_close(&cursor);
    return outcome;
}

static enum outcome read_all(const struct store_options *options)
{
    struct store *store = NULL;
    struct store_txn *txn = NULL;
    if (store_open(options, &store, NULL) != HL_OK) {
        return REFUSED;
    }
    enum outcome outcome = REFUSED;
    if (store_begin_read(store, &txn, NULL) == HL_OK) {
        outcome = worse(read_by_key(txn), read_in_order(txn));
        store_abort(&txn);
    }
    store_close(&store);
    return outcome;
}

/* In a child, as LMDB ends the process at some damages of its own pages. */
static enum outcome read_all_in_child(const struct store_options *options)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        static const int signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
        for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
            signal(signals[i], SIG_DFL); /* cmocka catches them */
        }
        int null = open("/dev/null", O_WRONLY);
        dup2(null, STDERR_FILENO);
        alarm(20);
        _exit((int)read_all(options));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) < DIED
               ? (enum outcome)WEXITSTATUS(status)
               : DIED;
}

static void change(const char *path, size_t at, uint8_t bits)
{
    uint8_t byte = 0;
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
    byte ^= bits;
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
    close(fd);
}

/* Bytes of the file that are in use. */
static size_t load(const struct store_world *world, struct writer *out)
{
    writer_clear(out);
    test_read_file(world->data, out);
    size_t used = out->size;
    while (used > 0 && out->data[used - 1] == 0) {
        used--;
    }
    out->size = used;
    return used;
}

/* Flips a bit beside or in a value, wherever that stands: also in pages that
 * are no longer in use. */
static void flip(const struct store_world *world, const struct writer *file,
                 struct bytes value, size_t at, uint8_t bit)
{
    size_t found = 0;
    for (size_t i = 1; i + value.size <= file->size; i++) {
        if (memcmp(file->data + i, value.data, value.size) == 0) {
            change(world->data, i - 1 + at, bit);
            found++;
        }
    }
    assert_true(found > 0);
}

static void any_flipped_bit_of_a_value_is_seen(void **state)
{
    (void)state;
    struct store_world world;
    struct rng rng = test_rng(__func__);
    struct writer file = {0};
    uint8_t room[VALUE_MAX_BYTES];
    world_init(&world);
    fill(&world);
    world_close(&world);
    load(&world, &file);
    for (int i = 0; i < 40; i++) {
        struct bytes value = value_of(rng_below(&rng, ROWS), room);
        if (value.size < 16) {
            continue;
        }
        /* Also the version before it and the checksum behind it. */
        size_t at = (size_t)rng_below(&rng, value.size + 5);
        uint8_t bit = (uint8_t)(1U << rng_below(&rng, 8));
        flip(&world, &file, value, at, bit);
        assert_int_equal(read_all_in_child(&world.options), REFUSED);
        flip(&world, &file, value, at, bit);
    }
    assert_int_equal(read_all_in_child(&world.options), ALL_RIGHT);
    writer_fini(&file);
    world_open(&world);
    world_fini(&world);
}

static void no_damage_anywhere_yields_a_wrong_value(void **state)
{
    (void)state;
    struct store_world world;
    struct rng rng = test_rng(__func__);
    struct writer file = {0};
    int outcomes[OUTCOMES] = {0};
    world_init(&world);
    fill(&world);
    world_close(&world);
    size_t used = load(&world, &file);
    for (int i = 0; i < 200; i++) {
        /* A byte or a stretch, anywhere or at the head of a page. */
        size_t count = rng_below(&rng, 2) == 0 ? 1 : 64;
        size_t at = (size_t)rng_below(&rng, used - count);
        if (rng_below(&rng, 2) == 0) {
            at = at / 4096 * 4096 + (size_t)rng_below(&rng, 128);
        }
        for (size_t j = 0; j < count; j++) {
            change(world.data, at + j, (uint8_t)(1 + rng_below(&rng, 255)));
        }
        enum outcome outcome = read_all_in_child(&world.options);
        outcomes[outcome]++;
        int fd = open(world.data, O_WRONLY);
        assert_int_equal(pwrite(fd, file.data + at, count, (off_t)at), count);
        close(fd);
    }
    print_message("right %d, refused %d, a row missing %d, ended by LMDB %d\n",
                  outcomes[ALL_RIGHT], outcomes[REFUSED], outcomes[MISSING],
                  outcomes[DIED]);
    assert_int_equal(outcomes[WRONG], 0);
    assert_true(outcomes[REFUSED] > 0);
    writer_fini(&file);
    world_open(&world);
    world_fini(&world);
}

static void after_a_write_of_unknown_outcome_nothing_is_answered(void **state)
{
    (void)state;
    struct store_world world;
    struct hl_detail detail = {0};
    world_init(&world);
    world_put(&world, STORE_ROWS, "a", "one");
    struct store_txn *txn = world_write(&world);
    assert_ok(store_put(txn, STORE_ROWS, bytes_of_text("a"),
                        bytes_of_text("two"), NULL));
    /* The disk refuses from here on. */
    int unwritable = open(world.data, O_RDONLY);
    assert_true(dup2(unwritable, world.store->room.fd) >= 0);
    close(unwritable);
    assert_err(store_commit(&txn, &detail), HL_EFLUSH);
    assert_null(txn);
    assert_non_null(strstr(detail.text, "restart"));
    assert_err(store_begin_read(world.store, &txn, NULL), HL_EFLUSH);
    assert_err(store_begin_write(world.store, &txn, NULL), HL_EFLUSH);
    world_close(&world);
    world_open(&world);
    assert_row(&world, STORE_ROWS, "a", "one");
    world_fini(&world);
}

/* Appends for ever, and says after each commit how many entries there are. */
static void write_for_ever(const struct store_options *options, int out,
                           uint64_t seed)
{
    struct store *store = NULL;
    struct journal journal;
    struct rng rng;
    uint8_t bytes[2000] = {0};
    struct bytes entries[50];
    rng_init(&rng, seed);
    HL_ASSERT(store_open(options, &store, NULL) == HL_OK);
    for (;;) {
        struct store_txn *txn = NULL;
        struct journal_run run = {.entries = entries,
                                  .count = 1 + (size_t)rng_below(&rng, 50)};
        for (size_t i = 0; i < run.count; i++) {
            entries[i] =
                bytes_of(bytes, (size_t)rng_below(&rng, sizeof(bytes)));
        }
        HL_ASSERT(store_begin_write(store, &txn, NULL) == HL_OK);
        HL_ASSERT(journal_find_or_create(txn, bytes_of_text("zy/a"), &journal,
                                         NULL) == HL_OK);
        HL_ASSERT(journal_append(txn, &journal, &run, NULL) == HL_OK);
        HL_ASSERT(store_commit(&txn, NULL) == HL_OK);
        uint64_t size = journal.frontier.size;
        HL_ASSERT(write(out, &size, sizeof(size)) == sizeof(size));
    }
}

/* Lets a child commit that many times and kills it in the middle of what it
 * does next. The last size that it told. */
static uint64_t kill_a_writer(const struct store_options *options, int commits,
                              uint64_t seed)
{
    int ends[2];
    uint64_t size = 0, next = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        write_for_ever(options, ends[1], seed);
    }
    close(ends[1]);
    for (int i = 0; i < commits; i++) {
        assert_int_equal(read(ends[0], &size, sizeof(size)), sizeof(size));
    }
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    while (read(ends[0], &next, sizeof(next)) == sizeof(next)) {
        size = next;
    }
    close(ends[0]);
    return size;
}

static void a_killed_writer_loses_nothing_that_it_committed(void **state)
{
    (void)state;
    struct store_world world;
    struct rng rng = test_rng(__func__);
    world_init(&world);
    world_close(&world);
    for (int i = 0; i < 25; i++) {
        uint64_t told = kill_a_writer(
            &world.options, 1 + (int)rng_below(&rng, 20), rng_next(&rng));
        world_open(&world);
        struct store_txn *txn = world_read(&world);
        struct journal journal;
        bool found = false;
        uint64_t entries = 0;
        assert_ok(
            journal_find(txn, bytes_of_text("zy/a"), &journal, &found, NULL));
        assert_true(found);
        assert_true(journal.frontier.size >= told);
        assert_ok(journal_verify(txn, &journal, &entries, NULL));
        store_abort(&txn);
        world_close(&world);
    }
    world_open(&world);
    world_fini(&world);
}

/* Damage may hide a table's name: it does not come back empty. */
static void a_store_that_lacks_a_table_is_damaged_and_left_alone(void **state)
{
    (void)state;
    struct store_world world;
    world_init(&world);
    world_put(&world, STORE_ROWS, "key", "value");
    world_close(&world);
    MDB_env *env = NULL;
    MDB_txn *txn = NULL;
    MDB_dbi table;
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_set_maxdbs(env, 4), 0);
    assert_int_equal(mdb_env_open(env, world.folder, 0, 0600), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, "charters", 0, &table), 0);
    assert_int_equal(mdb_drop(txn, table, 1), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
    for (int i = 0; i < 2; i++) {
        struct store *store = NULL;
        struct hl_detail detail = {0};
        assert_err(store_open(&world.options, &store, &detail), HL_EDAMAGED);
        assert_true(detail.text[0] != '\0');
    }
    world_fini(&world);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_store_that_lacks_a_table_is_damaged_and_left_alone),
        cmocka_unit_test(any_flipped_bit_of_a_value_is_seen),
        cmocka_unit_test(no_damage_anywhere_yields_a_wrong_value),
        cmocka_unit_test(after_a_write_of_unknown_outcome_nothing_is_answered),
        cmocka_unit_test(a_killed_writer_loses_nothing_that_it_committed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
