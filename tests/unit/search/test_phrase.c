/* SPDX-License-Identifier: Apache-2.0 */

/* Ideographs in a row, beside a plain search through the texts. */

#include <stdio.h>
#include <string.h>

#include "node/catalogue/instrument.h"
#include "node/search/index_internal.h"
#include "node/search/phrase.h"
#include "node/search/words.h"
#include "tests/support/rng.h"
#include "tests/support/scratch.h"
#include "tests/support/support.h"

enum { DOCUMENTS = 80, QUESTIONS = 400, TEXT_MAX = 14, TEXT_BYTES = 64 };

/* Few, so that they meet often. */
static const char *const letters[] = {"甲", "乙", "丙"};

struct fixture {
    char folder[256];
    struct search_index *index;
    struct rng rng;
    char names[DOCUMENTS][TEXT_BYTES]; /* "": it was removed */
};

static void random_text(struct rng *rng, uint64_t length, char *out)
{
    *out = '\0';
    for (uint64_t i = 0; i < length; i++) {
        strcat(out, letters[rng_below(rng, 3)]);
    }
}

static struct instrument instrument_of(const struct fixture *fixture,
                                       unsigned i, char number[8])
{
    snprintf(number, 8, "%u", i);
    return (struct instrument){
        .of = {.home = bytes_of_text("zhengzhou"),
               .unit_scheme = bytes_of_text("uscc"),
               .unit_id = bytes_of_text("12410000415800018L"),
               .inner_id = bytes_of_text(number)},
        .name_zh = bytes_of_text(fixture->names[i]),
        .technical = bytes_of_text(fixture->names[i]),
    };
}

static void put(struct fixture *fixture, unsigned i)
{
    char number[8];
    struct document document;
    random_text(&fixture->rng, 1 + rng_below(&fixture->rng, TEXT_MAX),
                fixture->names[i]);
    struct instrument instrument = instrument_of(fixture, i, number);
    document_init(&document, record_kind_of_word("instrument"), &instrument,
                  bytes_of_text("zhongyuan.example/zhengzhou"));
    assert_ok(search_index_put(fixture->index, &document, NULL));
    document_fini(&document);
}

static void take_away(struct fixture *fixture, unsigned i)
{
    char number[8];
    struct writer id = {0};
    struct instrument instrument = instrument_of(fixture, i, number);
    document_id(record_kind_of_word("instrument"), &instrument,
                (struct bytes){0}, &id);
    assert_ok(search_index_remove(fixture->index, writer_view(&id), NULL));
    writer_fini(&id);
    fixture->names[i][0] = '\0';
}

/* Some indexed at once, some one by one; some changed, some taken away. */
static void open_fixture(struct fixture *fixture, const char *name)
{
    *fixture = (struct fixture){.rng = test_rng(name)};
    scratch_make(fixture->folder, sizeof(fixture->folder));
    assert_ok(search_index_create(fixture->folder, &fixture->index, NULL));
    for (unsigned i = 0; i < DOCUMENTS; i++) {
        put(fixture, i);
        if (i == DOCUMENTS / 2) {
            assert_ok(search_index_loaded(fixture->index, NULL));
        }
    }
    for (unsigned i = 0; i < DOCUMENTS; i += 7) {
        put(fixture, i);
    }
    for (unsigned i = 3; i < DOCUMENTS; i += 11) {
        take_away(fixture, i);
    }
}

static void close_fixture(struct fixture *fixture)
{
    assert_ok(search_index_close(&fixture->index, false, NULL));
    scratch_remove(fixture->folder);
}

static unsigned times_in(const char *name, const char *text)
{
    unsigned times = 0;
    for (const char *at = name; (at = strstr(at, text)) != NULL;
         at += strlen(letters[0])) {
        times++;
    }
    return times;
}

/* In both indexes: documents and times, as many as there are. */
static void compare(const struct fixture *fixture, const char *text)
{
    const struct schema *schema = &fixture->index->schema;
    struct bytes pairs[WORD_PAIRS_MAX];
    size_t count = word_pairs(bytes_of_text(text), pairs);
    unsigned documents = 0, times = 0;
    for (unsigned i = 0; i < DOCUMENTS; i++) {
        unsigned there = times_in(fixture->names[i], text);
        documents += there > 0 ? 1 : 0;
        times += there;
    }
    grn_obj *const lexicons[] = {schema->words, schema->prose_words};
    grn_obj *const indexes[] = {schema->text_index, schema->prose_index};
    for (unsigned k = 0; k < 2; k++) {
        struct phrase_at at;
        unsigned found = 0, found_times = 0;
        grn_id last = GRN_ID_NIL;
        struct phrase *phrase = phrase_open(fixture->index->ctx, lexicons[k],
                                            indexes[k], pairs, count);
        while (phrase_next(phrase, &at)) {
            assert_true(at.document > last && at.times > 0);
            last = at.document;
            found++;
            found_times += at.times;
        }
        assert_false(phrase_next(phrase, &at));
        phrase_close(&phrase);
        assert_int_equal(found, documents);
        assert_int_equal(found_times, times);
    }
}

static void a_row_is_found_wherever_it_stands(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, __func__);
    for (unsigned i = 0; i < QUESTIONS; i++) {
        char text[TEXT_BYTES];
        random_text(&fixture.rng, 2 + rng_below(&fixture.rng, 8), text);
        compare(&fixture, text);
    }
    /* Each pair stands somewhere, or none does. */
    compare(&fixture, "甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲");
    compare(&fixture, "丁戊己");
    compare(&fixture, "甲乙丁");
    close_fixture(&fixture);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_found_wherever_it_stands),
    };
    if (search_library_open(NULL) != HL_OK) {
        return 1;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    search_library_close();
    return failed;
}
