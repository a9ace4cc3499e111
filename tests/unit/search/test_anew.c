/* SPDX-License-Identifier: Apache-2.0 */

/* An index that was kept up through many changes answers as one would that is
 * made anew of what there is now. */

#include <stdio.h>
#include <string.h>

#include "node/catalogue/instrument.h"
#include "node/search/query.h"
#include "protocol/base/alloc.h"
#include "tests/support/rng.h"
#include "tests/support/scratch.h"
#include "tests/support/support.h"

enum { RECORDS = 60, STEPS = 12, CHANGES = 40, CHOICES = 8 };

static const char *const names[CHOICES] = {
    "扫描电子显微镜", "透射电子显微镜", "高效液相色谱仪", "气相色谱-质谱联用仪",
    "光学显微镜",     "高速离心机",     "荧光定量PCR仪",  "电子天平"};
static const char *const english[CHOICES] = {"Scanning Electron Microscope",
                                             "Microscpoe",
                                             "HPLC",
                                             "GC-MS",
                                             "Microscope",
                                             "Centrifuge",
                                             "Balance",
                                             ""};
static const char *const models[CHOICES] = {
    "JSM-7800F", "JEM-2100", "1260", "7890B", "DM6", "AL104", "", "DM6000"};
static const char *const classes[CHOICES] = {
    "010102", "010101", "010502", "010201", "010801", "", "011011", "010102"};
static const char *const places[CHOICES] = {"410105", "410305", "370102", "",
                                            "410102", "419001", "410105", ""};
static const char *const questions[] = {"",
                                        "显微镜",
                                        "电子 显微镜",
                                        "pcr",
                                        "microscope",
                                        "microscpoe",
                                        "jem2100",
                                        "离心",
                                        "sem",
                                        "扫描电镜",
                                        "郑州",
                                        "河南 天平",
                                        "质谱",
                                        "centrifug",
                                        "质普仪",
                                        "天平 balance",
                                        "荧光 定量 仪器",
                                        "n1",
                                        "gcms",
                                        "dm6"};

/* Which of the choices; of a record that is not there `there` is false. */
struct state {
    bool there;
    size_t name, english, model, class_code, place, prose;
    uint64_t status, worth_fen;
};

static struct instrument instrument_of(const struct state *state,
                                       struct bytes number)
{
    const char *class_code = classes[state->class_code];
    return (struct instrument){
        .of = {.home = bytes_of_text("zhengzhou"),
               .unit_scheme = bytes_of_text("uscc"),
               .unit_id = bytes_of_text("12410000415800018L"),
               .inner_id = number},
        .name_zh = bytes_of_text(names[state->name]),
        .name_en = bytes_of_text(english[state->english]),
        .model = bytes_of_text(models[state->model]),
        .class_scheme = bytes_of_text(class_code[0] == '\0' ? "" : "nrii"),
        .class_code = bytes_of_text(class_code),
        .technical = bytes_of_text(names[state->prose]),
        .division = bytes_of_text(places[state->place]),
        .division_revision = 2023,
        .status = state->status,
        .worth_fen = state->worth_fen,
    };
}

static void change(struct search_index *index, unsigned number,
                   const struct state *state)
{
    char text[16];
    snprintf(text, sizeof(text), "n%u", number);
    struct instrument instrument = instrument_of(state, bytes_of_text(text));
    struct document document;
    document_init(&document, record_kind_of_word("instrument"), &instrument,
                  bytes_of_text("zy.example/zhengzhou"));
    assert_ok(state->there ? search_index_put(index, &document, NULL)
                           : search_index_remove(index, document.id, NULL));
    document_fini(&document);
}

static struct state any_state(struct rng *rng)
{
    return (struct state){.there = rng_below(rng, 3) != 0,
                          .name = rng_below(rng, CHOICES),
                          .english = rng_below(rng, CHOICES),
                          .model = rng_below(rng, CHOICES),
                          .class_code = rng_below(rng, CHOICES),
                          .place = rng_below(rng, CHOICES),
                          .prose = rng_below(rng, CHOICES),
                          .status = 1 + rng_below(rng, 5),
                          .worth_fen = rng_below(rng, 4) * 1000};
}

static void assert_same(const struct search_result *one,
                        const struct search_result *other)
{
    assert_int_equal(one->total, other->total);
    assert_int_equal(one->loose, other->loose);
    assert_int_equal(one->hit_count, other->hit_count);
    for (size_t i = 0; i < one->hit_count; i++) {
        assert_true(bytes_equal(one->hits[i].id, other->hits[i].id));
        assert_int_equal(one->hits[i].level, other->hits[i].level);
    }
    for (unsigned f = 0; f < FACETS; f++) {
        assert_int_equal(one->facet_count[f], other->facet_count[f]);
        for (size_t i = 0; i < one->facet_count[f]; i++) {
            assert_string_equal(one->facets[f][i].value,
                                other->facets[f][i].value);
            assert_int_equal(one->facets[f][i].count,
                             other->facets[f][i].count);
        }
    }
}

static void ask_both(struct search_index *kept, struct search_index *anew)
{
    struct search_result *one = hl_alloc(2, sizeof(*one)), *other = one + 1;
    for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
        for (unsigned how = SEARCH_WORDS; how <= SEARCH_LINES; how++) {
            const struct search_query query = {
                .how = (enum search_how)how,
                .text = bytes_of_text(questions[i]),
                .kinds = 1u << record_kind_of_word("instrument")->number,
                .max_worth_fen = UINT64_MAX,
                .near = bytes_of_text("410105"),
                .sort = (enum search_sort)(i % 5),
                .hits = SEARCH_HITS_MAX,
                .facets = SEARCH_FACET_MAX};
            assert_ok(search_ask(kept, &query, one, NULL));
            assert_ok(search_ask(anew, &query, other, NULL));
            assert_same(one, other);
            search_result_fini(one);
            search_result_fini(other);
        }
    }
    hl_free(one);
}

static void compare(struct search_index *kept, const struct state *states)
{
    char folder[256];
    struct search_index *anew;
    uint64_t count = 0;
    scratch_make_in_memory(folder, sizeof(folder));
    assert_ok(search_index_create(folder, &anew, NULL));
    for (unsigned i = 0; i < RECORDS; i++) {
        if (states[i].there) {
            change(anew, i, &states[i]);
            count++;
        }
    }
    assert_ok(search_index_loaded(anew, NULL));
    assert_int_equal(search_index_count(kept), count);
    ask_both(kept, anew);
    assert_ok(search_index_close(&anew, false, NULL));
    scratch_remove(folder);
}

static void what_is_kept_up_answers_as_one_that_is_made_anew(void **context)
{
    (void)context;
    struct rng rng = test_rng(__func__);
    struct state states[RECORDS] = {{0}};
    struct search_index *index;
    char folder[256];
    scratch_make_in_memory(folder, sizeof(folder));
    assert_ok(search_index_create(folder, &index, NULL));
    for (unsigned step = 0; step < STEPS; step++) {
        bool loads = step == 0 || rng_below(&rng, 4) == 0;
        if (loads) {
            assert_ok(search_index_load(index, NULL));
        }
        for (unsigned i = 0; i < CHANGES; i++) {
            unsigned number = (unsigned)rng_below(&rng, RECORDS);
            states[number] = any_state(&rng);
            change(index, number, &states[number]);
        }
        assert_ok(search_index_loaded(index, NULL));
        if (rng_below(&rng, 4) == 0) {
            assert_ok(search_index_close(&index, true, NULL));
            assert_ok(search_index_open(folder, &index, NULL));
        }
        compare(index, states);
    }
    assert_ok(search_index_close(&index, false, NULL));
    scratch_remove(folder);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_up_answers_as_one_that_is_made_anew),
    };
    test_seed_init(argc, argv);
    if (search_library_open(NULL) != HL_OK) {
        return 1;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    search_library_close();
    return failed;
}
