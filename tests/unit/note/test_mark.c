/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/note/mark.h"

#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/note/checkpoint.h"
#include "tests/unit/note/note_support.h"

#define ROOT "vt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ="
#define EMPTY_ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define HEAD "heluo mark v1\n"
#define KEY "key " PETER_VKEY "\n"
#define COSIGNER                                                               \
    "key example.com/witness+10a1c019+"                                        \
    "BGSEitir7W6FmBs7OHWyUrh2frtLAvcDrKOx5xu9ao5Q\n"

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    static const char *const texts[] = {
        HEAD KEY "size 0\nroot " EMPTY_ROOT "\n",
        HEAD KEY "size 42\nroot " ROOT "\n",
        HEAD KEY "size 9223372036854775807\nroot " ROOT "\n",
    };
    struct vkey key = must_vkey(PETER_VKEY);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct mark mark;
        struct writer back = {0};
        assert_ok(mark_parse(bytes_of_text(texts[i]), &mark, NULL));
        assert_true(vkey_equal(&mark.key, &key));
        mark_write(&mark, &back);
        assert_true(bytes_equal_text(writer_view(&back), texts[i]));
        assert_true(back.size <= MARK_MAX_BYTES);
        writer_fini(&back);
    }
}

static void refuses_whatever_else(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t line;
    } rows[] = {
        {"", 1},
        {"heluo mark v1", 1},
        {"heluo mark v2\n" KEY "size 1\nroot " ROOT "\n", 1},
        {"heluo mark v1 \n" KEY "size 1\nroot " ROOT "\n", 1},
        {"heluo mark v1\r\n" KEY "size 1\nroot " ROOT "\n", 1},
        {"\n" HEAD KEY "size 1\nroot " ROOT "\n", 1},
        {HEAD, 2},
        {HEAD "key " PETER_VKEY, 2},
        {HEAD "key  " PETER_VKEY "\nsize 1\nroot " ROOT "\n", 2},
        {HEAD "key " PETER_VKEY " \nsize 1\nroot " ROOT "\n", 2},
        {HEAD "key x\nsize 1\nroot " ROOT "\n", 2},
        {HEAD "size 1\n" KEY "root " ROOT "\n", 2},
        {HEAD KEY, 3},
        {HEAD KEY "size\nroot " ROOT "\n", 3},
        {HEAD KEY "size \nroot " ROOT "\n", 3},
        {HEAD KEY "size 01\nroot " ROOT "\n", 3},
        {HEAD KEY "size -1\nroot " ROOT "\n", 3},
        {HEAD KEY "size 9223372036854775808\nroot " ROOT "\n", 3},
        {HEAD KEY "size 1\n", 4},
        {HEAD KEY "size 1\nroot \n", 4},
        {HEAD KEY "size 1\nroot " ROOT, 4},
        {HEAD KEY "size 1\nroot AAAA\n", 4},
        {HEAD KEY "size 0\nroot " ROOT "\n", 4},
        {HEAD KEY "size 1\nroot " EMPTY_ROOT "\n", 4},
        {HEAD KEY "size 1\nroot " ROOT "\n\n", 5},
        {HEAD KEY "size 1\nroot " ROOT "\nx", 5},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct mark mark = {.head.size = 77};
        struct hl_detail detail = {0};
        assert_err(mark_parse(bytes_of_text(rows[i].text), &mark, &detail),
                   HL_EMALFORMED);
        assert_int_equal(detail.where, HL_AT_LINE);
        assert_int_equal(detail.at, rows[i].line);
        assert_int_equal(mark.head.size, 77);
    }
}

static void a_mark_is_never_a_checkpoint(void **state)
{
    (void)state;
    struct signer signer = must_signer("o/n", VKEY_ED25519, 1);
    for (uint64_t size = 0; size < 3; size++) {
        struct mark mark = {.key = signer.vkey, .head.size = size};
        struct checkpoint checkpoint;
        struct writer text = {0};
        mark.head.root =
            size == 0 ? hash_bytes((struct bytes){0}) : test_root(1);
        mark_write(&mark, &text);
        assert_err(
            checkpoint_parse_foreign(writer_view(&text), &checkpoint, NULL),
            HL_EMALFORMED);
        writer_fini(&text);
    }
    signer_fini(&signer);
}

/* A mark is not signed: what a flipped bit leaves readable must say something
 * else, never the same. */
static void no_flipped_bit_reads_as_the_same_mark(void **state)
{
    (void)state;
    struct bytes whole = bytes_of_text(HEAD KEY "size 42\nroot " ROOT "\n");
    uint8_t *changed = hl_copy(whole.data, whole.size);
    struct mark before;
    assert_ok(mark_parse(whole, &before, NULL));
    for (size_t bit = 0; bit < 8 * whole.size; bit++) {
        struct mark after;
        changed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (mark_parse(bytes_of(changed, whole.size), &after, NULL) == HL_OK) {
            assert_true(!head_equal(&after.head, &before.head));
        }
        changed[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    hl_free(changed);
}

static void a_mirror_key_has_a_mark_too(void **state)
{
    (void)state;
    struct mark mark = {0};
    assert_ok(mark_parse(bytes_of_text(HEAD COSIGNER "size 1\nroot " ROOT "\n"),
                         &mark, NULL));
    assert_int_equal(mark.key.kind, VKEY_COSIGNATURE);
    assert_int_equal(mark.head.size, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mirror_key_has_a_mark_too),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(refuses_whatever_else),
        cmocka_unit_test(a_mark_is_never_a_checkpoint),
        cmocka_unit_test(no_flipped_bit_reads_as_the_same_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
