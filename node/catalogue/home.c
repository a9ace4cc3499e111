/* SPDX-License-Identifier: Apache-2.0 */
#include "node/catalogue/home.h"

#include "heluo/v1/home.pb-c.h"
#include "protocol/base/writer.h"

/* A kind that has a home: all behind the first. */
#define HOME_KIND_MIN HELUO__V1__RECORD_KIND__RECORD_KIND_INSTRUMENT
#define HOME_KIND_MAX HELUO__V1__RECORD_KIND__RECORD_KIND_DEMAND

#define KEY_TEXT(type, number_, name_, max_, rule_)                            \
    {                                                                          \
        .number = (number_), .name = #name_, .kind = FIELD_TEXT,               \
        .offset = offsetof(struct type, key.of.name_), .min = 1,               \
        .max = (max_), .key = true, .validate = (rule_),                       \
        .normalise = character_normalise_code                                  \
    }
#define KEY_OF_RECORD(type)                                                    \
    {.number = 1,                                                              \
     .name = "kind",                                                           \
     .kind = FIELD_UINT,                                                       \
     .offset = offsetof(struct type, key.kind),                                \
     .min = HOME_KIND_MIN,                                                     \
     .max = HOME_KIND_MAX,                                                     \
     .key = true},                                                             \
        KEY_TEXT(type, 2, home, 63, rule_home),                                \
        KEY_TEXT(type, 3, unit_scheme, 16, NULL),                              \
        KEY_TEXT(type, 4, unit_id, 64, NULL),                                  \
        KEY_TEXT(type, 5, inner_id, INNER_ID_MAX_BYTES,                        \
                 character_validate_line)

#define HASH_ROW(type, number_, name_, field_, key_)                           \
    {                                                                          \
        .number = (number_), .name = (name_), .kind = FIELD_BYTES,             \
        .offset = offsetof(struct type, field_), .min = HL_HASH_BYTES,         \
        .max = HL_HASH_BYTES, .key = (key_)                                    \
    }

static hl_err validate(const void *record, struct hl_detail *detail)
{
    return homed_validate(record, detail);
}

static void normalise(void *record)
{
    homed_normalise(record);
}

static const struct field release_fields[] = {
    KEY_OF_RECORD(home_release),
    ROW(home_release, 6, to, FIELD_TEXT, 1, 63, false, rule_home,
        character_normalise_code),
};

static const struct field refuse_fields[] = {
    KEY_OF_RECORD(home_refuse),
    ROW_NAME(home_refuse, 6, reason, 0, 500),
};

static const struct field resume_fields[] = {
    KEY_OF_RECORD(home_resume),
};

#define BODY(name_, fields_)                                                   \
    .number = 0, .name = #name_, .size = sizeof(struct name_),                 \
    .fields = (fields_), .field_count = sizeof(fields_) / sizeof(fields_[0]),  \
    .schema = &heluo__v1__##name_##__descriptor, .validate = validate,         \
    .normalise = normalise

const struct record_type home_releasing = {BODY(home_release, release_fields)};
const struct record_type home_refusing = {BODY(home_refuse, refuse_fields)};
const struct record_type home_resuming = {BODY(home_resume, resume_fields)};

/* --- Rows. ---------------------------------------------------------------- */

static const struct field release_row_fields[] = {
    KEY_OF_RECORD(home_release_row),
    ROW(home_release_row, 6, index, FIELD_UINT, 0, ENTRY_INDEX_MAX, true, NULL,
        NULL),
    ROW(home_release_row, 7, to, FIELD_TEXT, 1, 63, false, rule_home, NULL),
    HASH_ROW(home_release_row, 8, "leaf_hash", leaf, false),
};

static const struct field answer_row_fields[] = {
    KEY_OF_RECORD(home_answer_row),
    ROW(home_answer_row, 6, answer, FIELD_UINT, HOME_TAKEN, HOME_REFUSED, true,
        NULL, NULL),
    HASH_ROW(home_answer_row, 7, "cause", cause, true),
    ROW(home_answer_row, 8, cause_origin, FIELD_TEXT, 3, HL_NAME_MAX_BYTES,
        false, NULL, NULL),
    ROW(home_answer_row, 9, cause_index, FIELD_UINT, 0, ENTRY_INDEX_MAX, false,
        NULL, NULL),
    HASH_ROW(home_answer_row, 10, "cause_leaf_hash", cause_leaf, false),
};

const struct record_type home_release_record = {
    .number = 6,
    .name = "home_release",
    .size = sizeof(struct home_release_row),
    .fields = release_row_fields,
    .field_count = sizeof(release_row_fields) / sizeof(release_row_fields[0]),
    .schema = &heluo__v1__home_release_row__descriptor,
};

const struct record_type home_answer_record = {
    .number = 7,
    .name = "home_answer",
    .size = sizeof(struct home_answer_row),
    .fields = answer_row_fields,
    .field_count = sizeof(answer_row_fields) / sizeof(answer_row_fields[0]),
    .schema = &heluo__v1__home_answer_row__descriptor,
};

struct hl_hash home_cause(const struct citation *cause)
{
    struct writer rest = {0};
    writer_u8(&rest, 0);
    writer_u64(&rest, cause->index);
    writer_bytes(&rest, bytes_of(cause->leaf.bytes, HL_HASH_BYTES));
    struct bytes parts[] = {cause->origin, writer_view(&rest)};
    struct hl_hash hash = hash_parts(parts, 2);
    writer_fini(&rest);
    return hash;
}

const struct record_kind *home_kind(uint64_t number)
{
    const struct record_kind *kind =
        number > UINT32_MAX ? NULL : record_kind_of_number((uint32_t)number);
    return kind != NULL && kind->homed ? kind : NULL;
}
