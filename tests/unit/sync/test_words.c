/* SPDX-License-Identifier: Apache-2.0 */

/* The mirror key's mark: nothing that this node cosigned leaves before the mark
 * knows of it, so that a store that was set back is noticed. */

#include "node/sync/words.h"
#include "tests/unit/sync/stage.h"

static struct head words_of(struct stage *stage)
{
    struct store_txn *txn = NULL;
    struct head words;
    assert_ok(store_begin_read(stage->world.store, &txn, NULL));
    assert_ok(words_read(txn, &words, NULL));
    store_abort(&txn);
    return words;
}

static struct engine_action word(uint64_t ticket, const char *note)
{
    struct engine_action action = stage_note(ticket, A, bytes_of_text(note));
    action.note_kind = ENGINE_NOTE_KEPT;
    return action;
}

static void a_store_that_never_cosigned_has_no_words(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage, 10, 10);
    struct head words = words_of(&stage);
    struct head none = head_empty();
    assert_true(head_equal(&words, &none));
    assert_true(words_agree(&words, &none));
    stage_fini(&stage);
}

static void
a_word_is_marked_before_the_engine_hears_that_it_is_stored(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage, 10, 10);
    struct engine_action actions[] = {word(1, "first"), word(2, "second")};
    stage_give(&stage, actions, 2);
    stage_commit(&stage);
    stage_expect(0, ENGINE_STORED, 1, HL_OK);
    stage_expect(1, ENGINE_STORED, 2, HL_OK);
    assert_int_equal(stage.marks, 1); /* once a commit */
    assert_int_equal(stage.told_before, 0);
    assert_int_equal(stage.marked.size, 2);
    struct head words = words_of(&stage);
    assert_true(head_equal(&words, &stage.marked));
    stage_fini(&stage);
}

static void what_cannot_be_marked_is_not_said(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage, 10, 10);
    struct engine_action actions[] = {word(1, "first"),
                                      stage_note(2, B, bytes_of_text("other"))};
    stage.mark_err = HL_EIO;
    stage_give(&stage, actions, 2);
    stage_commit(&stage);
    stage_expect(0, ENGINE_STORED, 1, HL_EIO);
    stage_expect(1, ENGINE_STORED, 2, HL_OK);
    stage_fini(&stage);
}

static void only_words_are_marked(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage, 10, 10);
    struct engine_action action = stage_note(1, A, bytes_of_text("sealed"));
    stage_give(&stage, &action, 1);
    stage_commit(&stage);
    stage_expect(0, ENGINE_STORED, 1, HL_OK);
    assert_int_equal(stage.marks, 0);
    assert_int_equal(words_of(&stage).size, 0);
    stage_fini(&stage);
}

static void a_store_behind_its_mark_or_beside_it_disagrees(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage, 10, 10);
    struct engine_action first = word(1, "first");
    stage_give(&stage, &first, 1);
    stage_commit(&stage);
    struct head before = stage.marked;
    struct engine_action second = word(2, "second");
    stage_give(&stage, &second, 1);
    stage_commit(&stage);
    struct head after = stage.marked;
    assert_true(words_agree(&after, &after));
    assert_true(words_agree(&after, &before)); /* committed, and never said */
    assert_false(words_agree(&before, &after));
    struct head beside = after;
    beside.root.bytes[0] ^= 1; /* as many words, and others */
    assert_false(words_agree(&beside, &after));
    stage_fini(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_store_that_never_cosigned_has_no_words),
        cmocka_unit_test(
            a_word_is_marked_before_the_engine_hears_that_it_is_stored),
        cmocka_unit_test(what_cannot_be_marked_is_not_said),
        cmocka_unit_test(only_words_are_marked),
        cmocka_unit_test(a_store_behind_its_mark_or_beside_it_disagrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
