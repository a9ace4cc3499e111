/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/effect_rows.h"

#include "node/projection/row.h"

hl_err effect_keep(struct effect *effect, const struct kept *kept,
                   const void *record, const struct bytes *reason,
                   struct hl_detail *detail)
{
    struct writer bytes = {0};
    record_encode(kept->type, record, &bytes);
    struct row row = {
        .first_index = kept->found ? kept->row.first_index : effect->index,
        .index = effect->index,
        .recorded_at = effect->entry->recorded_at,
        .retired = reason != NULL,
        .reason = reason == NULL ? (struct bytes){0} : *reason,
        .record = writer_view(&bytes),
    };
    hl_err err = effect_write_row(effect, &kept->key, &row, detail);
    writer_fini(&bytes);
    return err;
}

hl_err effect_drop(struct effect *effect, const struct record_type *type,
                   const void *record, struct hl_detail *detail)
{
    struct writer of = {0};
    record_key(type, record, &of);
    struct store_key key =
        row_key(effect->half->number, type, writer_view(&of));
    writer_fini(&of);
    hl_err err =
        tables_delete(&effect->projection->tables, STORE_ROWS, &key, detail);
    if (err == HL_OK) {
        frame_row_changed(effect->projection, effect->half,
                          row_name(key_view(&key)), false,
                          (struct hl_hash){{0}});
    }
    return err;
}

hl_err effect_add(struct effect *effect, const struct record_type *type,
                  const void *record, struct hl_detail *detail)
{
    struct writer of = {0};
    struct kept kept = {.type = type};
    record_key(type, record, &of);
    kept.key = row_key(effect->half->number, type, writer_view(&of));
    writer_fini(&of);
    return effect_keep(effect, &kept, record, NULL, detail);
}

hl_err effect_keep_joint(struct effect *effect, const struct kept *kept,
                         const void *record, struct hl_detail *detail)
{
    hl_err err = effect_keep(effect, kept, record, NULL, detail);
    return err == HL_OK && !kept->found
               ? joint_add(&effect->projection->tables, effect->half->number,
                           row_name(key_view(&kept->key)), detail)
               : err;
}

hl_err effect_cite(struct effect *effect, const struct kept *kept,
                   const struct citation *cause, struct hl_detail *detail)
{
    return joint_cite(&effect->projection->tables, effect->half->number, cause,
                      row_name(key_view(&kept->key)), detail);
}
