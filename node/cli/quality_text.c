/* SPDX-License-Identifier: Apache-2.0 */
#include "node/cli/quality_text.h"

#include <inttypes.h>

#include "node/cli/term.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/hl_time.h"

enum { CELLS_MAX = 9, CELL_BYTES = 128 };

#define FEN_OF_WAN UINT64_C(1000000)

/* One row on its way. */
struct line {
    char cells[CELLS_MAX][CELL_BYTES];
    size_t count;
};

static void put_text(struct line *line, const char *text)
{
    HL_ASSERT(line->count < CELLS_MAX);
    snprintf(line->cells[line->count++], CELL_BYTES, "%s", text);
}

static void put_number(struct line *line, uint64_t number)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRIu64, number);
    put_text(line, text);
}

/* A share of nothing is none. */
static void put_rate(struct line *line, uint64_t part, uint64_t whole)
{
    char text[32];
    uint64_t rate = quality_basis_points(part, whole);
    snprintf(text, sizeof(text), "%" PRIu64 ".%02" PRIu64 " %%", rate / 100,
             rate % 100);
    put_text(line, whole == 0 ? "-" : text);
}

static void put_time(struct line *line, uint64_t ms)
{
    char text[WALL_TEXT_BYTES] = "-";
    if (ms > 0) {
        wall_format((struct hl_wall){.ms = (int64_t)ms}, text);
    }
    put_text(line, text);
}

/* --- The four tables ------------------------------------------------------ */

static void put_worst(struct line *line, const struct quality *figures,
                      enum lang lang)
{
    char text[CELL_BYTES] = "-";
    size_t key = 0;
    if (quality_worst(figures, &key)) {
        snprintf(text, sizeof(text), "%s %" PRIu64,
                 lang == LANG_ZH ? nrii_key_zh(key) : nrii_equipment[key].key,
                 figures->missing[key]);
    }
    put_text(line, text);
}

static void put_catalogue(struct line *line, const struct quality *figures,
                          enum lang lang)
{
    uint64_t of = 0;
    put_number(line, figures->instruments);
    put_number(line, figures->units);
    put_number(line, figures->worth_fen / FEN_OF_WAN);
    uint64_t filled = quality_filled(figures, &of);
    put_rate(line, filled, of);
    uint64_t valid = quality_valid_codes(figures, &of);
    put_rate(line, valid, of);
    put_rate(line, figures->unit_known, figures->instruments);
    put_worst(line, figures, lang);
}

static void put_use(struct line *line, const struct quality *figures,
                    enum lang lang)
{
    (void)lang;
    put_rate(line, figures->hours_stated, figures->instruments);
    put_rate(line, figures->run_tenths, figures->quota_tenths);
    /* 0 by its definition where none ran. */
    uint64_t run = figures->run_tenths;
    put_rate(line, figures->service_tenths,
             run == 0 && figures->hours_stated > 0 ? UINT64_MAX : run);
    put_rate(line, figures->above_half, figures->hours_stated);
    put_rate(line, figures->above_four_fifths, figures->hours_stated);
    put_number(line, figures->idle);
}

static void put_service(struct line *line, const struct quality *figures,
                        enum lang lang)
{
    (void)lang;
    for (size_t i = 0; i < QUALITY_SERVICES; i++) {
        put_number(line, figures->services[i]);
    }
    put_rate(line, quality_idle(figures), figures->instruments);
}

static void put_freshness(struct line *line, const struct quality *figures,
                          enum lang lang)
{
    (void)lang;
    put_time(line, figures->newest_ms);
    put_time(line, figures->as_of_ms);
    put_rate(line, figures->changed, figures->instruments);
}

static const struct {
    const char *heads[LANG_COUNT][CELLS_MAX];
    void (*put)(struct line *line, const struct quality *figures,
                enum lang lang);
} tables[] = {
    {{{"CATALOGUE", "INSTRUMENTS", "UNITS", "WORTH (10,000 YUAN)", "FILLED",
       "CODES", "UNIT", "WORST"},
      {"目录", "仪器", "单位", "原值（万元）", "填报率", "代码有效率",
       "单位已登记", "缺项最多"}},
     put_catalogue},
    {{{"USE", "STATED", "USE", "SHARING", "> 50 %", "> 80 %", "IDLE"},
      {"机时", "已填报", "利用率", "共享率", "利用率>50%", "利用率>80%",
       "闲置"}},
     put_use},
    {{{"ORDERS", "SERVED", "NEW", "STOPPED", "NEVER", "IDLE"},
      {"订单", "近期有服务", "新入库", "停止服务", "从未服务", "闲置率"}},
     put_service},
    {{{"FRESHNESS", "NEWEST", "AS OF", "CHANGED"},
      {"更新", "最近变更", "截至", "一年内变更"}},
     put_freshness},
};

static void print_table(size_t at, const struct quality_city *cities,
                        size_t count, enum lang lang, FILE *out)
{
    struct term_table table = {0};
    while (table.column_count < CELLS_MAX &&
           tables[at].heads[lang][table.column_count] != NULL) {
        table.column_count++;
    }
    term_table_add(&table, tables[at].heads[lang]);
    for (size_t i = 0; i < count; i++) {
        struct line line = {0};
        const char *cells[CELLS_MAX];
        put_text(&line, cities[i].origin != NULL ? cities[i].origin
                        : lang == LANG_ZH        ? "合计"
                                                 : "all");
        tables[at].put(&line, &cities[i].figures, lang);
        HL_ASSERT(line.count == table.column_count);
        for (size_t k = 0; k < line.count; k++) {
            cells[k] = line.cells[k];
        }
        term_table_add(&table, cells);
    }
    term_table_print(&table, out);
    term_table_fini(&table);
}

void quality_print(const struct quality_city *cities, size_t count,
                   enum lang lang, FILE *out)
{
    for (size_t at = 0; at < sizeof(tables) / sizeof(tables[0]); at++) {
        if (at > 0) {
            fputc('\n', out);
        }
        print_table(at, cities, count, lang, out);
    }
}

/* --- JSON ----------------------------------------------------------------- */

static void set(json_t *object, const char *name, uint64_t number)
{
    uint64_t shown = number > INT64_MAX ? INT64_MAX : number;
    json_object_set_new(object, name, json_integer((json_int_t)shown));
}

static void set_rate(json_t *object, const char *name, uint64_t part,
                     uint64_t whole)
{
    set(object, name, quality_basis_points(part, whole));
}

static void set_time(json_t *object, const char *name, uint64_t ms)
{
    char text[WALL_TEXT_BYTES];
    wall_format((struct hl_wall){.ms = (int64_t)ms}, text);
    json_object_set_new(object, name,
                        ms == 0 ? json_null() : json_string(text));
}

static json_t *fields_json(const struct quality *quality)
{
    json_t *object = json_object();
    json_t *missing = json_object();
    uint64_t of = 0;
    size_t worst = 0;
    uint64_t filled = quality_filled(quality, &of);
    set(object, "of", of);
    set(object, "filled", filled);
    set_rate(object, "filled_bp", filled, of);
    json_object_set_new(object, "worst",
                        quality_worst(quality, &worst)
                            ? json_string(nrii_equipment[worst].key)
                            : json_null());
    for (size_t i = 0; i < nrii_equipment_count; i++) {
        if (quality->missing[i] > 0) {
            set(missing, nrii_equipment[i].key, quality->missing[i]);
        }
    }
    json_object_set_new(object, "missing", missing);
    return object;
}

static json_t *codes_json(const struct quality *quality)
{
    static const char *const names[QUALITY_CODES] = {
        [QUALITY_CLASS] = "class",
        [QUALITY_DIVISION] = "division",
        [QUALITY_NATION] = "nation",
        [QUALITY_SUBJECTS] = "subjects",
    };
    json_t *object = json_object();
    uint64_t of = 0;
    uint64_t valid = quality_valid_codes(quality, &of);
    for (size_t i = 0; i < QUALITY_CODES; i++) {
        json_t *code = json_object();
        set(code, "stated", quality->stated[i]);
        set(code, "valid", quality->valid[i]);
        json_object_set_new(object, names[i], code);
    }
    set_rate(object, "valid_bp", valid, of);
    return object;
}

static json_t *use_json(const struct quality *quality)
{
    json_t *object = json_object();
    set(object, "stated", quality->hours_stated);
    set(object, "run_tenths", quality->run_tenths);
    set(object, "divisor_tenths", quality->quota_tenths);
    set(object, "service_tenths", quality->service_tenths);
    set_rate(object, "use_bp", quality->run_tenths, quality->quota_tenths);
    set_rate(object, "sharing_bp", quality->service_tenths,
             quality->run_tenths);
    set(object, "above_50", quality->above_half);
    set_rate(object, "above_50_bp", quality->above_half, quality->hours_stated);
    set(object, "above_80", quality->above_four_fifths);
    set_rate(object, "above_80_bp", quality->above_four_fifths,
             quality->hours_stated);
    set(object, "idle", quality->idle);
    return object;
}

static json_t *service_json(const struct quality *quality)
{
    static const char *const names[QUALITY_SERVICES] = {
        [QUALITY_SERVED] = "served",
        [QUALITY_NEW] = "new",
        [QUALITY_STOPPED] = "stopped",
        [QUALITY_NEVER] = "never",
    };
    json_t *object = json_object();
    for (size_t i = 0; i < QUALITY_SERVICES; i++) {
        set(object, names[i], quality->services[i]);
    }
    set(object, "idle", quality_idle(quality));
    set_rate(object, "idle_bp", quality_idle(quality), quality->instruments);
    return object;
}

static json_t *freshness_json(const struct quality *quality)
{
    json_t *object = json_object();
    set_time(object, "newest", quality->newest_ms);
    set_time(object, "as_of", quality->as_of_ms);
    set(object, "changed", quality->changed);
    set_rate(object, "changed_bp", quality->changed, quality->instruments);
    return object;
}

json_t *quality_json(const struct quality *quality)
{
    json_t *object = json_object();
    set(object, "instruments", quality->instruments);
    set(object, "units", quality->units);
    set(object, "worth_fen", quality->worth_fen);
    set(object, "unit_known", quality->unit_known);
    json_object_set_new(object, "fields", fields_json(quality));
    json_object_set_new(object, "codes", codes_json(quality));
    json_object_set_new(object, "use", use_json(quality));
    json_object_set_new(object, "orders", service_json(quality));
    json_object_set_new(object, "freshness", freshness_json(quality));
    return object;
}
