/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/conduct.h"

#include <inttypes.h>

#include "heluo/v1/conduct.pb-c.h"
#include "node/projection/effect.h"
#include "protocol/note/vkey.h"

enum { VKEY_TEXT_MAX_BYTES = 320 };

static hl_err parse_journal_key(struct bytes text, struct vkey *out,
                                struct hl_detail *detail)
{
    hl_err err = vkey_parse(text, out, detail);
    if (err == HL_OK && out->kind != VKEY_ED25519) {
        err = hl_fail(detail, HL_EMALFORMED,
                      "a journal is signed by a key of kind 01 (Ed25519)");
    }
    return err;
}

static hl_err validate_key(struct bytes value, struct hl_detail *detail)
{
    struct vkey key;
    return parse_journal_key(value, &key, detail);
}

static const struct field rules_fields[] = {
    {.number = 1,
     .name = "version",
     .kind = FIELD_UINT,
     .offset = offsetof(struct rules_activate, version),
     .min = 1,
     .max = UINT64_MAX},
};

static const struct field key_fields[] = {
    {.number = 1,
     .name = "key",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct key_rotate, key),
     .min = 1,
     .max = VKEY_TEXT_MAX_BYTES,
     .key = true,
     .validate = validate_key},
};

const struct record_type rules_activating = {
    .number = 0,
    .name = "rules_activate",
    .size = sizeof(struct rules_activate),
    .fields = rules_fields,
    .field_count = 1,
    .schema = &heluo__v1__rules_activate__descriptor,
};

const struct record_type key_rotate_record = {
    .number = 2,
    .name = "key_rotate",
    .size = sizeof(struct key_rotate),
    .fields = key_fields,
    .field_count = 1,
    .schema = &heluo__v1__key_rotate__descriptor,
};

hl_err effect_activate_rules(struct effect *effect, const void *record,
                             struct hl_detail *detail)
{
    (void)detail;
    uint64_t version = ((const struct rules_activate *)record)->version;
    uint64_t *rules = &effect->half->state.half.rules;
    if (version <= *rules || version - *rules > 1) {
        effect->refusal = REFUSAL_STATE;
        hl_fail(&effect->why, HL_EMALFORMED,
                "rules of version %" PRIu64 " do not follow version %" PRIu64,
                version, *rules);
    } else if (version > effect->projection->bodies->rules_max) {
        effect->pause = true;
    } else {
        *rules = version;
    }
    return HL_OK;
}

hl_err effect_rotate_key(struct effect *effect, const void *record,
                         struct hl_detail *detail)
{
    struct bytes text = ((const struct key_rotate *)record)->key;
    struct bytes origin = effect->half->state.origin;
    struct vkey key;
    hl_err err = parse_journal_key(text, &key, &effect->why);
    if (err == HL_OK && !bytes_equal_text(origin, key.name)) {
        err = hl_fail(&effect->why, HL_EMALFORMED,
                      "the key is named %s, not %.*s", key.name,
                      BYTES_ARGS(origin));
    }
    if (err != HL_OK) {
        effect->refusal = REFUSAL_STATE;
        return HL_OK;
    }
    return effect_put(effect, record, detail);
}
