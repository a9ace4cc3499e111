/* SPDX-License-Identifier: Apache-2.0 */
#include "node/ledger/order_check.h"

#include <assert.h>

#include "heluo/v1/order.pb-c.h"

#define SAME(name, word, word_zh)                                              \
    static_assert((int)ORDER_CHECK_##name ==                                   \
                      (int)HELUO__V1__ORDER_CHECK__ORDER_CHECK_##name,         \
                  "as in order.proto");
ORDER_CHECKS(SAME)

uint64_t order_check_bit(enum order_check check)
{
    return UINT64_C(1) << check;
}

#define WORDS(name, word, word_zh) {word, word_zh},
static const struct {
    const char *en, *zh;
} words[ORDER_CHECK_END] = {{NULL, NULL}, ORDER_CHECKS(WORDS)};

void order_check_words(uint64_t checks, bool chinese, struct writer *out)
{
    size_t before = out->size;
    for (unsigned i = 0; i < 64; i++) {
        bool known = i > 0 && i < ORDER_CHECK_END;
        const char *word = known && chinese ? words[i].zh
                           : known          ? words[i].en
                           : chinese        ? "未知"
                                            : "unknown";
        if ((checks >> i & 1) != 0) {
            writer_format(out, "%s%s",
                          out->size == before ? ""
                          : chinese           ? "、"
                                              : ", ",
                          word);
        }
    }
}

static bool is_outside(const struct order *answer,
                       const struct voucher *voucher)
{
    char last[DAY_TEXT_BYTES];
    day_of((struct hl_wall){(int64_t)answer->until_ms}, 0, last);
    return bytes_compare(bytes_of_text(last), voucher->use_until) > 0 ||
           answer->from_ms < voucher->issued_at_ms;
}

static bool is_other_unit(const struct order_place *of,
                          const struct order *answer)
{
    return !bytes_equal(of->unit_scheme, answer->served_unit_scheme) ||
           !bytes_equal(of->unit_id, answer->served_unit_id);
}

/* Where one was ordered. */
static bool is_other_item(const struct order_place *of,
                          const struct order *answer)
{
    return of->item_kind != 0 &&
           (of->item_kind != answer->served_kind ||
            !bytes_equal(of->item_home, answer->served_home) ||
            !bytes_equal(of->item_inner_id, answer->served_inner_id));
}

uint64_t order_check_halves(const struct order *placed,
                            const struct order *answer,
                            const struct voucher *voucher)
{
    uint64_t checks = answer->catalogue;
    checks |=
        is_outside(answer, voucher) ? order_check_bit(ORDER_CHECK_VALIDITY) : 0;
    checks |= is_other_unit(&placed->of, answer)
                  ? order_check_bit(ORDER_CHECK_UNIT)
                  : 0;
    checks |= is_other_item(&placed->of, answer)
                  ? order_check_bit(ORDER_CHECK_ITEM)
                  : 0;
    return checks;
}
