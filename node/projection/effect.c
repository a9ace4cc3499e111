/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/effect.h"

#include <stdarg.h>
#include <stdio.h>

#include "node/catalogue/rules.h"
#include "node/projection/row.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/origin.h"

/* --- Rows --------------------------------------------------------------- */

hl_err effect_write_row(struct effect *effect, const struct store_key *key,
                        const struct row *row, struct hl_detail *detail)
{
    struct writer value = {0};
    row_encode(row, &value);
    struct hl_hash hash = hash_bytes(writer_view(&value));
    hl_err err = tables_put(&effect->projection->tables, STORE_ROWS, key,
                            writer_view(&value), detail);
    writer_fini(&value);
    if (err == HL_OK) {
        frame_row_changed(effect->projection, effect->half,
                          row_name(key_view(key)), true, hash);
    }
    return err;
}

static struct store_key key_of(const struct effect *effect, const void *record)
{
    struct writer key = {0};
    record_key(effect->body->type, record, &key);
    struct store_key out =
        row_key(effect->half->number, effect->body->row, writer_view(&key));
    writer_fini(&key);
    return out;
}

hl_err effect_find_row(struct effect *effect, const struct store_key *key,
                       struct row *row, bool *found, struct hl_detail *detail)
{
    return row_get(&effect->projection->tables, key, effect->half->number, row,
                   found, detail);
}

hl_err effect_state(struct effect *effect, const struct store_key *key,
                    const struct row *former, struct hl_detail *detail)
{
    /* The author's bytes, so that a reader that knows more fields of them
     * computes the same digest. */
    struct row row = {
        .first_index = former == NULL ? effect->index : former->first_index,
        .index = effect->index,
        .recorded_at = effect->entry->recorded_at,
        .record = effect->entry->body,
    };
    return effect_write_row(effect, key, &row, detail);
}

hl_err effect_put(struct effect *effect, const void *record,
                  struct hl_detail *detail)
{
    struct store_key key = key_of(effect, record);
    struct row former;
    bool found = false;
    hl_err err = effect_find_row(effect, &key, &former, &found, detail);
    const struct joint_rule *rule =
        bodies_joint(effect->projection->bodies, effect->body->row->number);
    if (err == HL_OK && !found && rule != NULL && !rule->moves) {
        err = joint_add(&effect->projection->tables, effect->half->number,
                        row_name(key_view(&key)), detail);
    }
    return err == HL_OK
               ? effect_state(effect, &key, found ? &former : NULL, detail)
               : err;
}

hl_err effect_put_homed(struct effect *effect, const void *record,
                        struct hl_detail *detail)
{
    const struct homed *homed = record;
    struct store_key key = key_of(effect, record);
    struct row former;
    bool found = false;
    hl_err err = effect_find_row(effect, &key, &former, &found, detail);
    if (err != HL_OK) {
        return err;
    }
    bool ours = found ? !former.released
                      : bytes_equal(homed->home,
                                    origin_node(effect->half->state.origin));
    return ours ? effect_state(effect, &key, found ? &former : NULL, detail)
                : effect_take(effect, homed, &key, found ? &former : NULL,
                              detail);
}

hl_err effect_retire(struct effect *effect, const void *record,
                     struct hl_detail *detail)
{
    struct store_key key = key_of(effect, record);
    struct row row;
    bool found = false;
    hl_err err = row_get(&effect->projection->tables, &key,
                         effect->half->number, &row, &found, detail);
    if (err != HL_OK) {
        return err;
    }
    if (!found || row.released) {
        const char *what = effect->body->row->name;
        return found ? effect_refuse(effect, "this %s was released", what)
                     : effect_refuse(effect, "there is no such %s to retire",
                                     what);
    }
    const uint8_t *reason =
        (const uint8_t *)record + effect->body->reason_offset;
    row.index = effect->index;
    row.recorded_at = effect->entry->recorded_at;
    row.retired = true;
    row.reason = *(const struct bytes *)(const void *)reason;
    return effect_write_row(effect, &key, &row, detail);
}

hl_err effect_nothing(struct effect *effect, const void *record,
                      struct hl_detail *detail)
{
    (void)effect;
    (void)record;
    (void)detail;
    return HL_OK;
}

/* --- Refusals ----------------------------------------------------------- */

static const struct {
    const char *en;
    const char *zh;
} refusal_texts[REFUSAL_END] = {
    [REFUSAL_FRAME] = {"it is no canonical entry", "条目不符合规范编码"},
    [REFUSAL_ORIGIN] = {"it names another journal", "条目写的是另一个日志"},
    [REFUSAL_INDEX] = {"it names another place", "条目写的是另一个序号"},
    [REFUSAL_TIME] = {"it is dated before the one before it",
                      "记录时间早于前一条目"},
    [REFUSAL_CRITICAL] = {"its body's critical bit is wrong",
                          "正文的关键标志有误"},
    [REFUSAL_BODY] = {"its body is not canonical", "正文不符合规范编码"},
    [REFUSAL_RECORD] = {"a field breaks its rule", "字段不符合规则"},
    [REFUSAL_STATE] = {"it does not fit what stands before it",
                       "与此前的记录不符"},
};

hl_err effect_refuse(struct effect *effect, const char *format, ...)
{
    char text[HL_DETAIL_TEXT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    effect->refusal = REFUSAL_STATE;
    hl_fail(&effect->why, HL_EDENIED, "%s", text);
    return HL_OK;
}

hl_err effect_keep_refusal(const struct effect *effect,
                           struct hl_detail *detail)
{
    HL_ASSERT(effect->refusal != REFUSAL_NONE);
    struct bytes origin = effect->half->state.origin;
    unsigned long long index = effect->index;
    const char *why = effect->why.text;
    struct writer en = {0};
    struct writer zh = {0};
    char subject[32];
    snprintf(subject, sizeof(subject), "entry %llu", index);
    writer_format(&en, "entry %llu of %.*s has no effect: %s%s%s", index,
                  BYTES_ARGS(origin), refusal_texts[effect->refusal].en,
                  why[0] == '\0' ? "" : ": ", why);
    writer_format(&zh, "%.*s 的第 %llu 号条目无效：%s%s%s", BYTES_ARGS(origin),
                  index, refusal_texts[effect->refusal].zh,
                  why[0] == '\0' ? "" : "：", why);
    writer_u8(&en, 0);
    writer_u8(&zh, 0);
    struct finding_text text = {
        .index = effect->index,
        .subject = subject,
        .en = (const char *)en.data,
        .zh = (const char *)zh.data,
    };
    struct store_key key =
        finding_key(effect->half->number, FINDING_INVALID_ENTRY);
    key_u64(&key, effect->index);
    hl_err err = finding_put(&effect->projection->tables, &key, &text, detail);
    writer_fini(&zh);
    writer_fini(&en);
    return err;
}
