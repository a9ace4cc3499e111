/* SPDX-License-Identifier: Apache-2.0 */
#include "node/report/review.h"

#include <string.h>

#include "tests/support/support.h"

static struct bytes text(const char *given)
{
    return bytes_of_text(given);
}

static struct instrument standing(const char *name, const char *model,
                                  const char *class_code, const char *division)
{
    return (struct instrument){.name_zh = text(name),
                               .model = text(model),
                               .class_scheme = text("nrii"),
                               .class_code = text(class_code),
                               .division = text(division),
                               .status = 1,
                               .share_mode = 2,
                               .hours_year = 2025,
                               .run_hours_tenths = 7000};
}

static const struct review_wish wish = {
    .name = {(const uint8_t *)"掃描電子顯微鏡", 21},
    .model = {(const uint8_t *)"JSM-7800F", 9},
    .class_code = {(const uint8_t *)"010102", 6},
    .division = {(const uint8_t *)"410105", 6},
};

static struct review_item compare(const struct instrument *instrument)
{
    struct review_item item;
    review_compare(&wish, instrument, 0, &item);
    return item;
}

static void likeness_is_of_name_model_and_class(void **state)
{
    (void)state;
    struct instrument same =
        standing("扫描电子显微镜", "jsm 7800f", "010102", "410105");
    struct review_item item = compare(&same);
    assert_int_equal(item.likeness, 100);
    assert_true(item.same_name && item.same_model && item.same_class);
    assert_int_equal(item.near, REVIEW_COUNTY);
    assert_true(item.usable && item.use_stated);
    assert_int_equal(item.use_bp, 5000); /* 700 of 1,400 hours */

    same = standing("电镜", "JSM7800F", "010101", "410302");
    item = compare(&same);
    assert_int_equal(item.likeness, 90); /* the same model, at least */
    assert_false(item.same_name || item.same_class);
    assert_int_equal(item.near, REVIEW_PROVINCE);

    same = standing("场发射扫描电子显微镜", "JSM-7900F", "010102", "410102");
    item = compare(&same);
    assert_true(item.likeness >= REVIEW_ALIKE && item.likeness < 90);
    assert_int_equal(item.near, REVIEW_CITY);

    same = standing("扫描电子显微镜", "Sigma 300", "010102", "410105");
    item = compare(&same); /* another maker's, for the same work */
    assert_int_equal(item.likeness, 80);

    same = standing("透射电子显微镜", "JEM-2100", "010101", "410105");
    item = compare(&same); /* other work, by a name that is much the same */
    assert_true(item.likeness < REVIEW_ALIKE);

    same = standing("气相色谱仪", "7890B", "010501", "370102");
    item = compare(&same);
    assert_true(item.likeness < REVIEW_ALIKE / 2);
    assert_int_equal(item.near, REVIEW_ELSEWHERE);
}

/* Only what the wish says is weighed. */
static void what_is_not_said_is_not_weighed(void **state)
{
    (void)state;
    struct instrument there =
        standing("扫描电子显微镜", "X", "010101", "410105");
    struct review_wish by_name = {.name = wish.name};
    struct review_item item;
    review_compare(&by_name, &there, 0, &item);
    assert_int_equal(item.likeness, 100);
    assert_int_equal(item.near, REVIEW_UNPLACED);
    struct review_wish by_class = {.class_code = text("0101")};
    review_compare(&by_class, &there, 0, &item);
    assert_int_equal(item.likeness, 100);
    by_class.class_code = text("010102");
    review_compare(&by_class, &there, 0, &item);
    assert_int_equal(item.likeness, 50);
    there.class_scheme = text("other"); /* other meanings of the same digits */
    review_compare(&by_class, &there, 0, &item);
    assert_int_equal(item.likeness, 0);
    struct review_wish nothing = {0};
    review_compare(&nothing, &there, 0, &item);
    assert_int_equal(item.likeness, 0);
}

static void use_is_of_the_kinds_quota_or_the_given_one(void **state)
{
    (void)state;
    struct instrument there =
        standing("扫描电子显微镜", "", "010102", "410105");
    struct review_item item;
    there.kind = 2; /* 专用: 800 hours */
    review_compare(&wish, &there, 0, &item);
    assert_int_equal(item.use_bp, 8750);
    review_compare(&wish, &there, 1600, &item);
    assert_int_equal(item.use_bp, 4375);
    there.hours_year = 0;
    there.status = 4;
    review_compare(&wish, &there, 0, &item);
    assert_false(item.use_stated || item.usable);
}

static struct review_item item_of(unsigned likeness, enum review_near near,
                                  bool usable, int use_percent)
{
    return (struct review_item){
        .likeness = likeness,
        .near = near,
        .usable = usable,
        .use_stated = use_percent >= 0,
        .use_bp = use_percent < 0 ? 0 : (uint64_t)use_percent * 100};
}

static void assert_verdict(const struct review_item *items, size_t count,
                           enum review_advice advice, const char *says)
{
    char english[REVIEW_TEXT_BYTES], chinese[REVIEW_TEXT_BYTES];
    struct review_verdict verdict = review_judge(items, count);
    assert_int_equal(verdict.advice, advice);
    review_text(&verdict, false, english);
    review_text(&verdict, true, chinese);
    assert_non_null(strstr(english, says));
    assert_true(strlen(chinese) > 20);
}

static void
the_advice_follows_from_what_is_alike_near_and_has_time(void **state)
{
    (void)state;
    struct review_item items[] = {
        item_of(95, REVIEW_CITY, true, 30),
        item_of(95, REVIEW_PROVINCE, true, 10),
        item_of(59, REVIEW_COUNTY, true, 0), /* not alike */
    };
    assert_verdict(items, 3, REVIEW_SHARE, "1 of 1 alike in the same city");
    items[0] = item_of(95, REVIEW_CITY, true, 80); /* busy */
    assert_verdict(items, 3, REVIEW_CONSULT, "1 of 2 alike in the same prov");
    items[1] = item_of(95, REVIEW_PROVINCE, true, -1);
    assert_verdict(items, 3, REVIEW_CONSULT, "is not stated");
    items[1] = item_of(95, REVIEW_PROVINCE, false, 10);
    assert_verdict(items, 3, REVIEW_BUY, "2 alike stand in the same province");
    items[0] = items[1] = item_of(60, REVIEW_ELSEWHERE, true, 0);
    assert_verdict(items, 3, REVIEW_BUY, "2 alike stand in other provinces");
    /* Not known where is not far away. */
    items[1] = item_of(60, REVIEW_UNPLACED, true, 10);
    assert_verdict(items, 3, REVIEW_CONSULT, "1 of 2 alike can be used");
    items[1] = item_of(60, REVIEW_UNPLACED, true, -1);
    assert_verdict(items, 3, REVIEW_CONSULT, "is not stated");
    items[1] = item_of(60, REVIEW_UNPLACED, true, 80);
    assert_verdict(items, 3, REVIEW_BUY, "those that may stand near are all");
    assert_verdict(items + 2, 1, REVIEW_BUY, "nothing alike");
    assert_verdict(NULL, 0, REVIEW_BUY, "nothing alike");
}

/* Each number is one of its own, in both languages. */
static void the_advice_says_what_was_counted(void **state)
{
    (void)state;
    const struct review_item items[] = {
        item_of(95, REVIEW_CITY, true, 90),
        item_of(95, REVIEW_COUNTY, true, -1),
        item_of(95, REVIEW_PROVINCE, true, 10),
    };
    char chinese[REVIEW_TEXT_BYTES];
    struct review_verdict verdict = review_judge(items, 3);
    review_text(&verdict, true, chinese);
    /* One in the city can be used, and may even have time. */
    assert_null(strstr(chinese, "本市没有"));
    assert_non_null(strstr(chinese, "本省有 3 台同类仪器，其中 1 台可用"));
    assert_verdict(items, 2, REVIEW_CONSULT,
                   "2 of them in the same city; of 1");
}

static void the_most_useful_ones_come_first(void **state)
{
    (void)state;
    const struct review_item order[] = {
        item_of(61, REVIEW_CITY, true, 10),
        item_of(95, REVIEW_PROVINCE, true, 10),
        item_of(95, REVIEW_PROVINCE, true, 20),
        item_of(99, REVIEW_COUNTY, false, 10),
        item_of(59, REVIEW_COUNTY, true, 0),
    };
    for (size_t i = 0; i < 5; i++) {
        for (size_t k = 0; k < 5; k++) {
            int found = review_order(&order[i], &order[k]);
            assert_int_equal(found < 0 ? -1 : found > 0, i < k ? -1 : i > k);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(likeness_is_of_name_model_and_class),
        cmocka_unit_test(what_is_not_said_is_not_weighed),
        cmocka_unit_test(use_is_of_the_kinds_quota_or_the_given_one),
        cmocka_unit_test(
            the_advice_follows_from_what_is_alike_near_and_has_time),
        cmocka_unit_test(the_advice_says_what_was_counted),
        cmocka_unit_test(the_most_useful_ones_come_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
