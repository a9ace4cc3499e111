/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "node/catalogue/name_key.h"
#include "node/import/mapping_internal.h"
#include "protocol/base/alloc.h"

bool mapping_same_target(const struct target *a, const struct target *b)
{
    return a->kind != TARGET_NOTHING && a->kind == b->kind &&
           a->attribute == b->attribute;
}

static bool is_column(struct bytes column, const struct line *line, bool exact)
{
    struct bytes name = bytes_of_text(line->column);
    return name.size > 0 &&
           (exact ? bytes_equal(column, name) : name_equal(column, name));
}

/* As it is written, else whatever its width, blanks and case. */
static const struct line *find_line(const struct mapping *mapping,
                                    struct bytes column)
{
    for (int turn = 0; turn < 2; turn++) {
        for (size_t i = 0; i < mapping->count; i++) {
            if (is_column(column, &mapping->lines[i], turn == 0)) {
                return &mapping->lines[i];
            }
        }
    }
    return NULL;
}

/* Where the mapping does not say the unit of money, the heading may. */
static hl_err take_heading_unit(struct bytes column, struct target *target,
                                struct hl_detail *detail)
{
    bool known = true;
    if (target->attribute != NULL && target->unit_fen == 0 &&
        target->attribute->form == ATTRIBUTE_MONEY) {
        target->unit_fen = heading_unit(column, &known);
    }
    return known ? HL_OK
                 : hl_fail(detail, HL_EMALFORMED,
                           "the column '%.*s' is of another unit than 元, 千元 "
                           "or 万元: say in the mapping's column `as` which of "
                           "these its numbers are",
                           BYTES_ARGS(name_shown(column)));
}

static hl_err bind_columns(const struct mapping *mapping,
                           const struct table_reader *reader,
                           struct binding *out, struct hl_detail *detail)
{
    for (size_t i = 0; i < out->count; i++) {
        struct bytes column = table_reader_column(reader, i);
        const struct line *line = find_line(mapping, column);
        bool known = line != NULL;
        out->targets[i] = known ? line->target
                                : heading_target(mapping->kind, column, &known);
        if (!known) {
            return hl_fail(detail, HL_EMALFORMED,
                           "nothing is known of the column '%.*s': name it in "
                           "a mapping, or leave it out there by '-' (heluo "
                           "import --suggest proposes one)",
                           BYTES_ARGS(name_shown(column)));
        }
        hl_err err = take_heading_unit(column, &out->targets[i], detail);
        if (err != HL_OK) {
            return err;
        }
        out->rejects = out->rejects || bytes_equal_text(column, "heluo_reason");
    }
    return HL_OK;
}

/* All attributes but the home, and nothing else that is taken. */
static bool is_export(const struct mapping *mapping,
                      const struct binding *binding)
{
    size_t count, own = 0;
    attributes_of(binding->kind, &count);
    for (size_t i = 0; i < binding->count; i++) {
        const struct target *target = &binding->targets[i];
        if (target->kind == TARGET_ATTRIBUTE &&
            strcmp(target->attribute->name, "home") != 0) {
            own++;
        } else if (target->kind != TARGET_NOTHING) {
            return false;
        }
        if (target->unit_fen > 100) {
            return false;
        }
    }
    return mapping->count == 0 && own == count - (binding->kind->homed ? 1 : 0);
}

static hl_err check_twice(const struct table_reader *reader,
                          const struct binding *binding,
                          struct hl_detail *detail)
{
    for (size_t i = 0; i < binding->count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (mapping_same_target(&binding->targets[i],
                                    &binding->targets[j])) {
                return hl_fail(
                    detail, HL_EMALFORMED,
                    "the columns '%.*s' and '%.*s' are the same: leave one out "
                    "in a mapping by '-'",
                    BYTES_ARGS(name_shown(table_reader_column(reader, j))),
                    BYTES_ARGS(name_shown(table_reader_column(reader, i))));
            }
        }
    }
    return HL_OK;
}

/* Every column that the mapping names is there; constants are gathered. */
static hl_err bind_lines(const struct mapping *mapping,
                         const struct table_reader *reader, struct binding *out,
                         struct hl_detail *detail)
{
    for (size_t i = 0; i < mapping->count; i++) {
        const struct line *line = &mapping->lines[i];
        if (line->column[0] == '\0') {
            out->constants[out->constant_count++] = line->target;
            continue;
        }
        size_t at = 0;
        while (at < out->count &&
               !is_column(table_reader_column(reader, at), line, true) &&
               !is_column(table_reader_column(reader, at), line, false)) {
            at++;
        }
        if (at == out->count && line->target.kind != TARGET_NOTHING &&
            !mapping->known_form) {
            return hl_fail(detail, HL_EMALFORMED,
                           "the file has no column '%s', which line %" PRIu64
                           " of the mapping names",
                           line->column, line->number);
        }
    }
    return HL_OK;
}

hl_err mapping_bind(const struct mapping *mapping,
                    const struct table_reader *reader, struct binding *out,
                    struct hl_detail *detail)
{
    *out = (struct binding){.kind = mapping->kind,
                            .count = table_reader_columns(reader)};
    out->targets = hl_alloc(out->count + 1, sizeof(out->targets[0]));
    out->constants = hl_alloc(mapping->count + 1, sizeof(out->constants[0]));
    hl_err err = bind_columns(mapping, reader, out, detail);
    if (err == HL_OK) {
        err = bind_lines(mapping, reader, out, detail);
    }
    if (err == HL_OK) {
        err = check_twice(reader, out, detail);
    }
    if (err != HL_OK) {
        binding_fini(out);
        return err;
    }
    out->exported = is_export(mapping, out);
    return HL_OK;
}

void binding_fini(struct binding *binding)
{
    hl_free(binding->targets);
    hl_free(binding->constants);
    *binding = (struct binding){0};
}
