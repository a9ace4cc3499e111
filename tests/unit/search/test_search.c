/* SPDX-License-Identifier: Apache-2.0 */

/* What is found in the index, and in what order. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/catalogue/demand.h"
#include "node/catalogue/instrument.h"
#include "node/catalogue/service_item.h"
#include "node/catalogue/unit.h"
#include "node/search/other_names.h"
#include "node/search/query.h"
#include "node/search/suggest.h"
#include "node/text/fold.h"
#include "protocol/base/alloc.h"
#include "tests/support/scratch.h"
#include "tests/support/support.h"

struct fixture {
    char folder[256];
    struct search_index *index;
    struct search_result result;
};

static const struct record_kind *kind(const char *word)
{
    return record_kind_of_word(word);
}

/* Of an instrument; texts that are not given are empty. */
struct text {
    const char *number, *name, *english, *model, *maker, *class_code,
        *technical, *division, *home;
    uint64_t status, worth_yuan;
};

#define UNIT "12410000415800018L"

static struct bytes given(const char *text)
{
    return bytes_of_text(text == NULL ? "" : text);
}

static struct instrument instrument_of(const struct text *text)
{
    return (struct instrument){
        .of = {.home = given(text->home == NULL ? "zhengzhou" : text->home),
               .unit_scheme = bytes_of_text("uscc"),
               .unit_id = bytes_of_text(UNIT),
               .inner_id = given(text->number)},
        .name_zh = given(text->name),
        .name_en = given(text->english),
        .model = given(text->model),
        .manufacturer = given(text->maker),
        .class_scheme = given(text->class_code == NULL ? NULL : "nrii"),
        .class_code = given(text->class_code),
        .technical = given(text->technical),
        .division = given(text->division),
        .division_revision = 2023,
        .status = text->status == 0 ? 1 : text->status,
        .worth_fen = text->worth_yuan * 100,
    };
}

static void put_instrument(struct fixture *fixture,
                           const struct instrument *instrument)
{
    struct document document;
    struct hl_detail detail = {0};
    document_init(&document, kind("instrument"), instrument,
                  bytes_of_text("zhongyuan.example/zhengzhou"));
    assert_ok(search_index_put(fixture->index, &document, &detail));
    document_fini(&document);
}

static void put(struct fixture *fixture, const struct text *text)
{
    const struct instrument instrument = instrument_of(text);
    put_instrument(fixture, &instrument);
}

static void put_unit(struct fixture *fixture, const char *name)
{
    struct unit unit = {.scheme = bytes_of_text("uscc"),
                        .id = bytes_of_text(UNIT),
                        .name_zh = bytes_of_text(name)};
    struct document document;
    document_init(&document, kind("unit"), &unit,
                  bytes_of_text("zhongyuan.example/zhengzhou"));
    assert_ok(search_index_put(fixture->index, &document, NULL));
    document_fini(&document);
}

static void remove_one(struct fixture *fixture, const struct text *text)
{
    struct instrument instrument = instrument_of(text);
    struct writer id = {0};
    document_id(kind("instrument"), &instrument, (struct bytes){0}, &id);
    assert_ok(search_index_remove(fixture->index, writer_view(&id), NULL));
    writer_fini(&id);
}

static const struct text stock[] = {
    {"1", "扫描电子显微镜", "Scanning Electron Microscope", "JSM-7800F",
     "日本电子", "010102", "分辨率 0.8 nm", "410105", NULL, 1, 3000000},
    {"2", "透射电子显微镜", "Transmission Electron Microscope", "JEM-2100",
     "日本电子", "010101", "加速电压 200 kV", "410305", "luoyang", 1, 5000000},
    {"3", "高效液相色谱仪", "HPLC", "1260 Infinity", "安捷伦", "010502",
     "可与质谱联用", "370102", "shandong", 1, 400000},
    {"4", "气相色谱-质谱联用仪", "GC-MS", "7890B-5977B", "Agilent", "010201",
     "分离挥发物", "410105", NULL, 4, 900000},
    {"5", "光学显微镜", "Optical Microscope", "DM6", "徕卡", "010801", "偏光",
     "410105", NULL, 1, 300000},
};
enum { STOCK = sizeof(stock) / sizeof(stock[0]) };

static void open_index(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    scratch_make(fixture->folder, sizeof(fixture->folder));
    assert_ok(search_index_create(fixture->folder, &fixture->index, NULL));
}

static void open_stock(struct fixture *fixture)
{
    open_index(fixture);
    for (unsigned i = 0; i < STOCK; i++) {
        put(fixture, &stock[i]);
    }
    put_unit(fixture, "郑州大学");
    assert_ok(search_index_loaded(fixture->index, NULL));
}

static void close_index(struct fixture *fixture)
{
    search_result_fini(&fixture->result);
    assert_ok(search_index_close(&fixture->index, false, NULL));
    scratch_remove(fixture->folder);
}

static struct search_query query_of(const char *text)
{
    return (struct search_query){.text = bytes_of_text(text),
                                 .kinds = 1u << kind("instrument")->number,
                                 .max_worth_fen = UINT64_MAX,
                                 .hits = 10,
                                 .facets = 10};
}

static void ask_query(struct fixture *fixture, const struct search_query *query)
{
    struct hl_detail detail = {0};
    search_result_fini(&fixture->result);
    assert_ok(search_ask(fixture->index, query, &fixture->result, &detail));
}

/* The numbers of the hits up to that level, in their order, with spaces
 * between; dies with the next call. */
static const char *numbers_to(const struct fixture *fixture, unsigned level)
{
    static char text[256];
    size_t size = 0;
    text[0] = '\0';
    for (size_t i = 0; i < fixture->result.hit_count; i++) {
        const struct record_kind *of;
        struct bytes key, origin;
        if (fixture->result.hits[i].level > level) {
            break;
        }
        assert_true(
            document_read_id(fixture->result.hits[i].id, &of, &key, &origin));
        /* The number is the last part of the key: its end is two NULs. */
        size_t end = key.size - 2, from = end;
        while (from > 0 && key.data[from - 1] != '\0') {
            from--;
        }
        size += (size_t)snprintf(text + size, sizeof(text) - size, "%s%.*s",
                                 i == 0 ? "" : " ", (int)(end - from),
                                 (const char *)key.data + from);
    }
    return text;
}

static const char *numbers(const struct fixture *fixture)
{
    return numbers_to(fixture, LEVEL_LOOSE);
}

/* With all words of it. */
static const char *found(struct fixture *fixture, const char *text)
{
    struct search_query query = query_of(text);
    ask_query(fixture, &query);
    return numbers_to(fixture, LEVEL_PROSE);
}

/* All that was found, where nothing has all words of it. */
static const char *nearly(struct fixture *fixture, const char *text)
{
    assert_string_equal(found(fixture, text), "");
    assert_int_equal(fixture->result.loose, fixture->result.hit_count > 0);
    return numbers(fixture);
}

static void what_has_all_words_is_found(void **state)
{
    (void)state;
    struct fixture fixture;
    open_stock(&fixture);
    assert_string_equal(found(&fixture, "显微镜"), "5 1 2");
    assert_int_equal(fixture.result.total, 3);
    assert_string_equal(found(&fixture, "電子顯微鏡 日本"), "1 2");
    assert_string_equal(found(&fixture, "jsm7800f"), "1");
    assert_string_equal(found(&fixture, "ＪＥＭ－２１００"), "2");
    assert_string_equal(found(&fixture, "2100"), "2");
    assert_string_equal(found(&fixture, "microscope"), "1 5 2");
    assert_string_equal(found(&fixture, "镜"), "1 2 5");
    close_index(&fixture);
}

static void what_is_called_so_comes_first_then_names_then_prose(void **state)
{
    (void)state;
    struct fixture fixture;
    open_stock(&fixture);
    /* 质谱 is in the name of 4, in the class of 4, and in the prose of 3. */
    assert_string_equal(found(&fixture, "质谱"), "4 3");
    assert_int_equal(fixture.result.hits[0].level, LEVEL_NAME);
    assert_int_equal(fixture.result.hits[1].level, LEVEL_PROSE);
    assert_string_equal(found(&fixture, "光学显微镜"), "5");
    assert_int_equal(fixture.result.hits[0].level, LEVEL_EXACT);
    assert_string_equal(found(&fixture, "GC/MS"), "4");
    assert_int_equal(fixture.result.hits[0].level, LEVEL_EXACT);
    /* By class, unit and place, of which nothing stands in the record. */
    assert_string_equal(found(&fixture, "电子光学仪器"), "1 2");
    assert_int_equal(fixture.result.hits[0].level, LEVEL_ABOUT);
    assert_string_equal(found(&fixture, "洛阳"), "2");
    assert_int_equal(fixture.result.total, 1);
    found(&fixture, "鄭州大學");
    assert_int_equal(fixture.result.total, STOCK);
    assert_string_equal(found(&fixture, "郑州大学 200kV"), "2");
    close_index(&fixture);
}

/* One word twice in it is not two words of it. */
static void
what_has_each_word_in_its_name_comes_before_one_word_twice(void **state)
{
    (void)state;
    struct fixture fixture;
    open_index(&fixture);
    const struct text both[] = {
        {.number = "twice",
         .name = "PCR仪",
         .english = "PCR System",
         .model = "PCR 9",
         .technical = "荧光检测"},
        {.number = "each", .name = "荧光PCR仪", .status = 3},
    };
    put(&fixture, &both[0]);
    put(&fixture, &both[1]);
    assert_ok(search_index_loaded(fixture.index, NULL));
    assert_string_equal(found(&fixture, "pcr 荧光"), "each twice");
    assert_int_equal(fixture.result.hits[0].level, LEVEL_NAME);
    assert_int_equal(fixture.result.hits[1].level, LEVEL_NAME_PARTLY);
    close_index(&fixture);
}

static void usable_ones_stand_before_broken_and_near_before_far(void **state)
{
    (void)state;
    struct fixture fixture;
    open_index(&fixture);
    const struct text places[] = {
        {.number = "far", .name = "离心机", .division = "370102"},
        {.number = "province", .name = "离心机", .division = "410305"},
        {.number = "city", .name = "离心机", .division = "410102"},
        {.number = "county", .name = "离心机", .division = "410105"},
        {.number = "broken",
         .name = "离心机",
         .division = "410105",
         .status = 4},
        {.number = "nowhere", .name = "离心机"},
        {.number = "slot", .name = "离心机", .division = "419001"},
    };
    for (unsigned i = 0; i < 7; i++) {
        put(&fixture, &places[i]);
    }
    assert_ok(search_index_loaded(fixture.index, NULL));
    struct search_query query = query_of("离心机");
    query.near = bytes_of_text("410105");
    ask_query(&fixture, &query);
    const char *order = numbers(&fixture);
    assert_memory_equal(order, "county city ", 12);
    assert_string_equal(order + strlen(order) - 7, " broken");
    assert_true(strstr(order, "province") < strstr(order, "far"));
    assert_true(strstr(order, "slot") < strstr(order, "far"));
    assert_true(strstr(order, "slot") < strstr(order, "nowhere"));
    close_index(&fixture);
}

static void conditions_and_facets_say_the_same(void **state)
{
    (void)state;
    struct fixture fixture;
    open_stock(&fixture);
    struct search_query query = query_of("");
    ask_query(&fixture, &query);
    assert_int_equal(fixture.result.total, STOCK);
    const struct search_result *result = &fixture.result;
    assert_int_equal(result->facet_count[FACET_CITY], 3);
    assert_string_equal(result->facets[FACET_CITY][0].value, "410100");
    assert_int_equal(result->facets[FACET_CITY][0].count, 3);
    assert_int_equal(result->facet_count[FACET_CLASS], 5);
    assert_int_equal(result->facet_count[FACET_UNIT], 1);
    assert_string_equal(result->facets[FACET_UNIT][0].value, "uscc " UNIT);
    assert_int_equal(result->facets[FACET_UNIT][0].count, STOCK);

    query.division_prefix = bytes_of_text("410100");
    ask_query(&fixture, &query);
    assert_int_equal(fixture.result.total, 3);
    query.division_prefix = bytes_of_text("410000");
    ask_query(&fixture, &query);
    assert_int_equal(fixture.result.total, 4);
    query = query_of("");
    query.class_prefix = bytes_of_text("010100");
    ask_query(&fixture, &query);
    assert_int_equal(fixture.result.total, 2);
    query.class_prefix = bytes_of_text("010101");
    ask_query(&fixture, &query);
    assert_string_equal(numbers(&fixture), "2");
    query = query_of("显微镜");
    query.min_worth_fen = 300000001;
    ask_query(&fixture, &query);
    assert_string_equal(numbers(&fixture), "2");
    query = query_of("");
    query.statuses = 1u << 4;
    ask_query(&fixture, &query);
    assert_string_equal(numbers(&fixture), "4");
    query = query_of("");
    query.usable = true;
    ask_query(&fixture, &query);
    assert_int_equal(fixture.result.total, 4);
    query = query_of("");
    query.unit = bytes_of_text("uscc nobody");
    ask_query(&fixture, &query);
    assert_int_equal(fixture.result.total, 0);
    query = query_of("");
    query.sort = SEARCH_CHEAPEST;
    ask_query(&fixture, &query);
    assert_string_equal(numbers(&fixture), "5 3 4 1 2");
    query.sort = SEARCH_DEAREST;
    ask_query(&fixture, &query);
    assert_string_equal(numbers(&fixture), "2 1 4 3 5");
    close_index(&fixture);
}

static void facets_have_the_largest_counts_of_all(void **state)
{
    (void)state;
    struct fixture fixture;
    enum { UNITS = 9 };
    open_index(&fixture);
    char number[16], unit[16];
    for (unsigned i = 0; i < UNITS; i++) {
        /* Unit 1 has one, unit 2 two, and so on, 8 and 9 as many. */
        for (unsigned k = 0; k <= i && k < UNITS - 1; k++) {
            snprintf(number, sizeof(number), "%u-%u", i, k);
            snprintf(unit, sizeof(unit), "%u", i + 1);
            const struct text text = {.number = number,
                                      .name = "离心机",
                                      .division =
                                          k % 2 == 0 ? "410102" : "410105"};
            struct instrument instrument = instrument_of(&text);
            instrument.of.unit_id = bytes_of_text(unit);
            put_instrument(&fixture, &instrument);
        }
    }
    assert_ok(search_index_loaded(fixture.index, NULL));
    struct search_query query = query_of("离心机");
    query.facets = 3;
    ask_query(&fixture, &query);
    const struct search_result *result = &fixture.result;
    assert_int_equal(result->facet_count[FACET_UNIT], 3);
    assert_string_equal(result->facets[FACET_UNIT][0].value, "uscc 8");
    assert_string_equal(result->facets[FACET_UNIT][1].value, "uscc 9");
    assert_string_equal(result->facets[FACET_UNIT][2].value, "uscc 7");
    assert_int_equal(result->facets[FACET_UNIT][2].count, 7);
    /* Both counties are of one city. */
    assert_int_equal(result->facet_count[FACET_CITY], 1);
    assert_int_equal(result->facets[FACET_CITY][0].count, result->total);
    close_index(&fixture);
}

/* One question leaves nothing for the next one. */
static void each_question_stands_alone(void **state)
{
    (void)state;
    struct fixture fixture;
    open_stock(&fixture);
    for (unsigned i = 0; i < 20; i++) {
        assert_string_equal(found(&fixture, "GC-MS"), "4");
        assert_int_equal(fixture.result.hits[0].level, LEVEL_EXACT);
        assert_string_equal(found(&fixture, "质谱 联用"), "4 3");
        assert_int_equal(fixture.result.hits[0].level, LEVEL_NAME);
        assert_string_equal(found(&fixture, "质谱"), "4 3");
        assert_string_equal(nearly(&fixture, "transmision"), "2");
    }
    close_index(&fixture);
}

/* No page repeats or leaves out one, of equal ones neither. */
static void pages_have_each_hit_once(void **state)
{
    (void)state;
    struct fixture fixture;
    enum { COUNT = 57 };
    open_index(&fixture);
    char number[8];
    for (unsigned i = 0; i < COUNT; i++) {
        snprintf(number, sizeof(number), "%u", i);
        struct text text = {.number = number,
                            .name = "离心机",
                            .technical = i % 3 == 0 ? "离心机 高速" : ""};
        put(&fixture, &text);
    }
    assert_ok(search_index_loaded(fixture.index, NULL));
    bool seen[COUNT] = {false};
    struct search_query query = query_of("离心机");
    unsigned pages = 0, total = 0;
    do {
        ask_query(&fixture, &query);
        assert_int_equal(fixture.result.total, COUNT);
        char *text = strdup(numbers(&fixture)), *rest = text, *word;
        while ((word = strtok_r(rest, " ", &rest)) != NULL) {
            assert_false(seen[atoi(word)]);
            seen[atoi(word)] = true;
            total++;
        }
        free(text);
        query.goes_on = true;
        query.loose = fixture.result.loose;
        query.after = fixture.result.last;
        pages++;
    } while (fixture.result.more);
    assert_int_equal(total, COUNT);
    assert_int_equal(pages, 6);
    close_index(&fixture);
}

static void what_is_nearly_meant_is_found_after_what_is_meant(void **state)
{
    (void)state;
    struct fixture fixture;
    open_stock(&fixture);
    assert_string_equal(found(&fixture, "扫描电镜"), "1");
    assert_string_equal(nearly(&fixture, "安捷伦液相色谱仪"), "3 4");
    /* One character is another, and so two pairs. */
    assert_string_equal(nearly(&fixture, "扫瞄电子显微镜"), "1 2");
    assert_string_equal(nearly(&fixture, "扫描电子显徽镜"), "1 2");
    assert_string_equal(nearly(&fixture, "microscpoe"), "1 5 2");
    assert_string_equal(nearly(&fixture, "transmision"), "2");
    assert_string_equal(found(&fixture, "micro"), "1 5 2");
    assert_string_equal(nearly(&fixture, "JSM-78"), "1");
    assert_string_equal(nearly(&fixture, "没有这种东西"), "");
    assert_string_equal(nearly(&fixture, "qqqqqqqq"), "");
    close_index(&fixture);
}

static const char *found_how(struct fixture *fixture, enum search_how how,
                             const char *text)
{
    struct search_query query = query_of(text);
    query.how = how;
    ask_query(fixture, &query);
    return numbers(fixture);
}

/* What a firm writes that needs something. */
static void prose_finds_what_it_names(void **state)
{
    (void)state;
    struct fixture fixture;
    open_stock(&fixture);
    assert_string_equal(
        found_how(&fixture, SEARCH_NAMES,
                  "我司需要对铝合金断口做掃描電鏡观察，并做能谱分析"),
        "1");
    assert_string_equal(
        found_how(&fixture, SEARCH_NAMES,
                  "拟租用 DM6 或光学显微镜，另需 jem-2100 机时"),
        "5 2");
    assert_string_equal(found_how(&fixture, SEARCH_NAMES, "DM60 HPLCs"), "");
    assert_string_equal(found_how(&fixture, SEARCH_NAMES, "HPLC, 质谱仪器"),
                        "3 4");
    /* By what it is called among those who work with it. */
    assert_string_equal(found_how(&fixture, SEARCH_NAMES, "需SEM、气质联用"),
                        "1 4");
    assert_int_equal(fixture.result.part_count, 2);
    assert_int_equal(fixture.result.hits[0].missing, 1);
    assert_string_equal(found_how(&fixture, SEARCH_NAMES, "systems"), "");
    assert_string_equal(found_how(&fixture, SEARCH_NAMES, "没有名字"), "");
    assert_string_equal(found_how(&fixture, SEARCH_NAMES, ""), "");
    /* What nothing is called any more hides no shorter name. */
    const struct text gone = {.number = "9", .name = "光学显微镜机时"};
    put(&fixture, &gone);
    remove_one(&fixture, &gone);
    assert_string_equal(found_how(&fixture, SEARCH_NAMES, "光学显微镜机时"),
                        "5");
    /* And the other way round: one of several lines, each as a whole. */
    assert_string_equal(
        found_how(&fixture, SEARCH_LINES, "光学显微镜\n没有\n液相色谱仪"),
        "5 3");
    assert_string_equal(found_how(&fixture, SEARCH_LINES, "\n\n"), "");
    close_index(&fixture);
}

static void what_differs_less_is_meant(void **state)
{
    (void)state;
    struct fixture fixture;
    open_index(&fixture);
    const struct text both[] = {
        {.number = "one", .name = "质谱仪", .model = "Spectramax"},
        {.number = "two", .name = "质谱仪", .model = "Spectrum"},
    };
    put(&fixture, &both[0]);
    put(&fixture, &both[1]);
    assert_ok(search_index_loaded(fixture.index, NULL));
    assert_string_equal(nearly(&fixture, "spectramx"), "one");
    assert_string_equal(nearly(&fixture, "spectrums"), "two");
    close_index(&fixture);
}

static void other_names_find_what_stands_behind_its_own(void **state)
{
    (void)state;
    struct fixture fixture;
    open_stock(&fixture);
    /* By class and by name, and by the maker's. */
    assert_string_equal(found(&fixture, "SEM"), "1");
    assert_string_equal(found(&fixture, "HPLC"), "3");
    assert_string_equal(found(&fixture, "气质联用"), "4");
    assert_int_equal(fixture.result.hits[0].level, LEVEL_ABOUT);
    assert_string_equal(found(&fixture, "jeol"), "1 2");
    assert_string_equal(found(&fixture, "Agilent 液相"), "3");
    assert_string_equal(found(&fixture, "安捷伦 GCMS"), "4");
    /* A word, and no part of one: 2 is no system. */
    const struct text system = {
        .number = "6", .name = "system 测量", .model = "X1"};
    put(&fixture, &system);
    assert_string_equal(found(&fixture, "TEM"), "2");
    close_index(&fixture);
    for (size_t i = 0; other_names_nth(i) != NULL; i++) {
        struct writer folded = {0};
        fold_text(bytes_of_text(other_names_nth(i)), &folded);
        assert_true(bytes_equal_text(writer_view(&folded), other_names_nth(i)));
        writer_fini(&folded);
    }
}

/* Who writes SEM in a demand, or in a service, means the same, too. */
static void other_names_find_demands_and_services(void **state)
{
    (void)state;
    struct fixture fixture;
    open_index(&fixture);
    const struct homed of = {.home = bytes_of_text("zhengzhou"),
                             .unit_scheme = bytes_of_text("uscc"),
                             .unit_id = bytes_of_text(UNIT),
                             .inner_id = bytes_of_text("7")};
    const struct demand demand = {.of = of,
                                  .title = bytes_of_text("断口"),
                                  .text = bytes_of_text("需要 SEM 机时")};
    const struct service_item item = {.of = of,
                                      .name_zh = bytes_of_text("TEM 观察")};
    struct document document;
    const struct bytes origin = bytes_of_text("zhongyuan.example/zhengzhou");
    document_init(&document, kind("demand"), &demand, origin);
    assert_ok(search_index_put(fixture.index, &document, NULL));
    document_fini(&document);
    document_init(&document, kind("service"), &item, origin);
    assert_ok(search_index_put(fixture.index, &document, NULL));
    document_fini(&document);
    assert_ok(search_index_loaded(fixture.index, NULL));
    struct search_query query = query_of("扫描电子显微镜\nJSM-7800F");
    query.how = SEARCH_LINES;
    query.kinds = 1u << kind("demand")->number;
    ask_query(&fixture, &query);
    assert_string_equal(numbers(&fixture), "7");
    query = query_of("透射电镜");
    query.kinds = 1u << kind("service")->number;
    ask_query(&fixture, &query);
    assert_string_equal(numbers(&fixture), "7");
    close_index(&fixture);
}

/* The suggestions' texts with commas between; dies with the next call. */
static const char *suggested(struct fixture *fixture, const char *text)
{
    static char shown[512];
    struct suggestions found;
    assert_ok(
        search_suggest(fixture->index, bytes_of_text(text), 4, &found, NULL));
    size_t size = 0;
    shown[0] = '\0';
    for (size_t i = 0; i < found.count; i++) {
        size += (size_t)snprintf(shown + size, sizeof(shown) - size, "%s%.*s",
                                 i == 0 ? "" : ",",
                                 BYTES_ARGS(found.items[i].text));
    }
    suggestions_fini(&found);
    return shown;
}

static void what_begins_so_is_suggested(void **state)
{
    (void)state;
    struct fixture fixture;
    open_stock(&fixture);
    const struct text again = {.number = "9", .name = "光学显微镜"};
    put(&fixture, &again);
    assert_string_equal(suggested(&fixture, "掃描"), "扫描电子显微镜,扫描电镜");
    assert_string_equal(suggested(&fixture, "jem 2"), "JEM-2100");
    assert_string_equal(suggested(&fixture, "光"), "光学显微镜");
    assert_string_equal(suggested(&fixture, ""), "");
    assert_string_equal(suggested(&fixture, "!"), "");
    assert_string_equal(suggested(&fixture, "没有"), "");
    /* What nothing is called any more is not. */
    remove_one(&fixture, &stock[1]);
    assert_string_equal(suggested(&fixture, "jem"), "");
    close_index(&fixture);
}

/* Groonga's query language, and what is no text. */
static void nothing_that_is_typed_is_a_syntax(void **state)
{
    (void)state;
    struct fixture fixture;
    open_stock(&fixture);
    const char *const typed[] = {
        "显微镜 OR 色谱",
        "name:^镜",
        "(",
        "\"",
        "显微镜 -光学",
        "*",
        "~",
        "%",
        "\\",
        "fuzzy_search(_key, \"a\")",
        "显微镜\"",
        ">= 1",
        "name:@镜",
        "\x01\x02",
        "all_records()",
    };
    for (unsigned i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
        found(&fixture, typed[i]);
    }
    /* Signs alone are not nothing, which would find everything. */
    assert_string_equal(found(&fixture, "?!"), "");
    found(&fixture, " \t");
    assert_int_equal(fixture.result.total, STOCK);
    /* OR and the minus are words and blanks. */
    assert_memory_equal(found(&fixture, "显微镜 -光学"), "5 ", 2);
    assert_int_equal(fixture.result.hits[0].level, LEVEL_NAME);
    close_index(&fixture);
}

static void what_changes_is_found_as_it_is_now(void **state)
{
    (void)state;
    struct fixture fixture;
    open_stock(&fixture);
    struct text text = stock[4];
    text.name = "激光共聚焦显微镜";
    put(&fixture, &text);
    assert_int_equal(search_index_count(fixture.index), STOCK + 1);
    assert_string_equal(found(&fixture, "共聚焦"), "5");
    struct search_query query = query_of("光学显微镜");
    ask_query(&fixture, &query);
    for (size_t i = 0; i < fixture.result.hit_count; i++) {
        assert_true(fixture.result.hits[i].level > LEVEL_NAME_PARTLY);
    }
    remove_one(&fixture, &text);
    remove_one(&fixture, &text);
    assert_int_equal(search_index_count(fixture.index), STOCK);
    assert_string_equal(found(&fixture, "共聚焦"), "");
    put_unit(&fixture, "河南大学");
    found(&fixture, "河南大学");
    assert_int_equal(fixture.result.total, STOCK - 1);
    /* Many at once, and again. */
    assert_ok(search_index_load(fixture.index, NULL));
    assert_true(search_index_is_loading(fixture.index));
    query = query_of("共聚焦");
    search_result_fini(&fixture.result);
    assert_err(search_ask(fixture.index, &query, &fixture.result, NULL),
               HL_EAWAY);
    put(&fixture, &text);
    assert_ok(search_index_loaded(fixture.index, NULL));
    assert_string_equal(found(&fixture, "共聚焦"), "5");
    assert_string_equal(found(&fixture, "透射"), "2");
    close_index(&fixture);
}

/* A word that nothing has any more is none that is meant. */
static void what_was_corrected_is_found_by_its_former_mistake(void **state)
{
    (void)state;
    struct fixture fixture;
    open_index(&fixture);
    struct text text = {
        .number = "1", .name = "显徽镜", .english = "Optical Microscpoe"};
    put(&fixture, &text);
    for (unsigned i = 0; i < 10; i++) { /* all begin alike */
        const char *const gone[] = {"spectra", "spectrb", "spectrc", "spectrd",
                                    "spectre", "spectrf", "spectrg", "spectrh",
                                    "spectri", "spectrj"};
        const struct text other = {.number = "2", .english = gone[i]};
        put(&fixture, &other);
    }
    const struct text last = {
        .number = "2", .name = "光谱", .english = "Spectrometer"};
    put(&fixture, &last);
    assert_ok(search_index_loaded(fixture.index, NULL));
    assert_string_equal(found(&fixture, "microscpoe"), "1");
    text.name = "显微镜";
    text.english = "Optical Microscope";
    put(&fixture, &text);
    for (unsigned i = 0; i < 10; i++) {
        char word[] = "spectra";
        word[6] = (char)('a' + i);
        const struct text other = {.number = "2", .english = word};
        put(&fixture, &other);
    }
    put(&fixture, &last);
    assert_string_equal(nearly(&fixture, "microscpoe"), "1");
    assert_string_equal(nearly(&fixture, "光谱 spectr"), "2");
    assert_string_equal(nearly(&fixture, "显徽镜"), "1");
    close_index(&fixture);
}

/* 0 is not a price, but none that is known. */
static void
what_states_no_worth_is_neither_cheap_nor_below_a_bound(void **state)
{
    (void)state;
    struct fixture fixture;
    open_index(&fixture);
    const struct text some[] = {
        {.number = "dear", .name = "天平", .worth_yuan = 900},
        {.number = "none", .name = "天平"},
        {.number = "cheap", .name = "天平", .worth_yuan = 10},
    };
    for (unsigned i = 0; i < 3; i++) {
        put(&fixture, &some[i]);
    }
    assert_ok(search_index_loaded(fixture.index, NULL));
    struct search_query query = query_of("天平");
    query.sort = SEARCH_CHEAPEST;
    ask_query(&fixture, &query);
    assert_string_equal(numbers(&fixture), "cheap dear none");
    query.sort = SEARCH_DEAREST;
    ask_query(&fixture, &query);
    assert_string_equal(numbers(&fixture), "dear cheap none");
    query.max_worth_fen = 1000;
    ask_query(&fixture, &query);
    assert_string_equal(numbers(&fixture), "cheap");
    close_index(&fixture);
}

/* Of an alliance with a long name. */
static void facets_tell_the_whole_value(void **state)
{
    (void)state;
    struct fixture fixture;
    char origin[256];
    open_index(&fixture);
    memset(origin, 'a', 200);
    snprintf(origin + 200, sizeof(origin) - 200, ".example/zhengzhou");
    const struct instrument instrument = instrument_of(&stock[0]);
    struct document document;
    document_init(&document, kind("instrument"), &instrument,
                  bytes_of_text(origin));
    assert_ok(search_index_put(fixture.index, &document, NULL));
    document_fini(&document);
    assert_ok(search_index_loaded(fixture.index, NULL));
    found(&fixture, "显微镜");
    assert_string_equal(fixture.result.facets[FACET_ORIGIN][0].value, origin);
    close_index(&fixture);
}

struct asker {
    struct search_index *index;
    atomic_bool stop;
    unsigned answers, empty;
};

static void *ask_on(void *context)
{
    struct asker *asker = context;
    struct search_query query = query_of("显微镜");
    struct search_result *result = hl_alloc(1, sizeof(*result));
    struct suggestions *suggestions = hl_alloc(1, sizeof(*suggestions));
    while (!atomic_load(&asker->stop)) {
        if (search_ask(asker->index, &query, result, NULL) == HL_OK) {
            asker->answers++;
            asker->empty += result->total < 3 ? 1 : 0;
        }
        if (search_suggest(asker->index, bytes_of_text("jem"), 4, suggestions,
                           NULL) == HL_OK) {
            asker->answers++;
            asker->empty += suggestions->count == 0 ? 1 : 0;
        }
        search_result_fini(result);
        suggestions_fini(suggestions);
    }
    hl_free(result);
    hl_free(suggestions);
    return NULL;
}

/* Who waits while many documents are begun with must not get an answer from
 * an index that is empty. */
static void nobody_is_answered_from_an_index_that_is_being_made(void **state)
{
    (void)state;
    enum { ROUNDS = 40, ASKERS = 3 };
    struct fixture fixture;
    struct asker askers[ASKERS];
    pthread_t threads[ASKERS];
    open_stock(&fixture);
    for (unsigned i = 0; i < ASKERS; i++) {
        askers[i] = (struct asker){.index = fixture.index};
        assert_int_equal(pthread_create(&threads[i], NULL, ask_on, &askers[i]),
                         0);
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < 20; i++) {
            put(&fixture, &stock[i % STOCK]);
        }
        assert_ok(search_index_load(fixture.index, NULL));
        put(&fixture, &stock[0]);
        assert_ok(search_index_loaded(fixture.index, NULL));
    }
    for (unsigned i = 0; i < ASKERS; i++) {
        atomic_store(&askers[i].stop, true);
        pthread_join(threads[i], NULL);
        assert_int_equal(askers[i].empty, 0);
    }
    close_index(&fixture);
}

static void what_is_kept_opens_again(void **state)
{
    (void)state;
    struct fixture fixture;
    open_stock(&fixture);
    assert_ok(search_index_close(&fixture.index, true, NULL));
    assert_ok(search_index_open(fixture.folder, &fixture.index, NULL));
    assert_int_equal(search_index_count(fixture.index), STOCK + 1);
    assert_string_equal(found(&fixture, "洛阳"), "2");
    struct search_query query = query_of("");
    query.class_prefix = bytes_of_text("010100");
    query.near = bytes_of_text("410305");
    ask_query(&fixture, &query);
    assert_string_equal(numbers(&fixture), "2 1");
    close_index(&fixture);
    open_index(&fixture);
    close_index(&fixture);
    struct hl_detail detail = {0};
    assert_err(search_index_open("/nowhere", &fixture.index, &detail), HL_EIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_has_all_words_is_found),
        cmocka_unit_test(what_is_called_so_comes_first_then_names_then_prose),
        cmocka_unit_test(
            what_has_each_word_in_its_name_comes_before_one_word_twice),
        cmocka_unit_test(usable_ones_stand_before_broken_and_near_before_far),
        cmocka_unit_test(conditions_and_facets_say_the_same),
        cmocka_unit_test(facets_have_the_largest_counts_of_all),
        cmocka_unit_test(each_question_stands_alone),
        cmocka_unit_test(pages_have_each_hit_once),
        cmocka_unit_test(what_is_nearly_meant_is_found_after_what_is_meant),
        cmocka_unit_test(prose_finds_what_it_names),
        cmocka_unit_test(what_differs_less_is_meant),
        cmocka_unit_test(other_names_find_what_stands_behind_its_own),
        cmocka_unit_test(other_names_find_demands_and_services),
        cmocka_unit_test(what_begins_so_is_suggested),
        cmocka_unit_test(nothing_that_is_typed_is_a_syntax),
        cmocka_unit_test(what_changes_is_found_as_it_is_now),
        cmocka_unit_test(what_was_corrected_is_found_by_its_former_mistake),
        cmocka_unit_test(
            what_states_no_worth_is_neither_cheap_nor_below_a_bound),
        cmocka_unit_test(facets_tell_the_whole_value),
        cmocka_unit_test(nobody_is_answered_from_an_index_that_is_being_made),
        cmocka_unit_test(what_is_kept_opens_again),
    };
    if (search_library_open(NULL) != HL_OK) {
        return 1;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    search_library_close();
    return failed;
}
