/* SPDX-License-Identifier: Apache-2.0 */
#include "node/cli/status_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "node/cli/exposure_text.h"
#include "node/cli/term.h"
#include "protocol/base/hl_time.h"

enum word {
    WORD_OK,
    WORD_REFUSED,
    WORD_ATTENTION,
    LABEL_NODE,
    LABEL_UP,
    LABEL_JOURNAL,
    LABEL_SEALED,
    LABEL_PARTNERS,
    LABEL_EXPOSURE,
    LABEL_STORE,
    LABEL_BLOBS,
    LABEL_BACKUP,
    LABEL_KEYS,
    LABEL_CERTIFICATE,
    LABEL_CRL,
    LABEL_CALLS,
    LABEL_WRITES,
    LABEL_REBUILD,
    LABEL_URGENT,
    LABEL_NOTICE,
    FORMAT_NODE,
    FORMAT_JOURNAL,
    FORMAT_JOURNAL_EMPTY,
    FORMAT_RECOVERED,
    FORMAT_SEALED_ALL,
    FORMAT_SEALED_SOME,
    FORMAT_SEALED_NEVER,
    FORMAT_PARTNERS,
    FORMAT_PARTNER,
    FORMAT_PARTNER_SILENT,
    FORMAT_PARTNER_EMPTY,
    FORMAT_UP,
    FORMAT_DIALLING,
    FORMAT_DOWN,
    FORMAT_PAUSED,
    FORMAT_QUARANTINED,
    FORMAT_ENDED_NODE,
    FORMAT_EXPOSURE,
    FORMAT_EXPOSURE_LEFT,
    FORMAT_STORE,
    FORMAT_BLOBS,
    FORMAT_BACKUP,
    FORMAT_BACKUP_NEVER,
    FORMAT_KEYS,
    FORMAT_KEYS_LACKING,
    FORMAT_UNTIL,
    FORMAT_ENDED,
    FORMAT_CALLS,
    FORMAT_WRITES,
    FORMAT_REBUILD,
    FORMAT_SECONDS,
    FORMAT_MINUTES,
    FORMAT_HOURS,
    FORMAT_DAYS,
    WORD_COUNT
};

static const char *const words[WORD_COUNT][LANG_COUNT] = {
    [WORD_OK] = {"OK", "正常"},
    [WORD_REFUSED] = {"WRITES REFUSED: ", "拒绝写入："},
    [WORD_ATTENTION] = {"ATTENTION: ", "注意："},
    [LABEL_NODE] = {"node", "节点"},
    [LABEL_UP] = {"up", "已运行"},
    [LABEL_JOURNAL] = {"journal", "日志"},
    [LABEL_SEALED] = {"sealed", "封存"},
    [LABEL_PARTNERS] = {"partners", "伙伴节点"},
    [LABEL_EXPOSURE] = {"exposure", "风险敞口"},
    [LABEL_STORE] = {"store", "存储"},
    [LABEL_BLOBS] = {"documents", "文件"},
    [LABEL_BACKUP] = {"backup", "备份"},
    [LABEL_KEYS] = {"fingerprints", "指纹密钥"},
    [LABEL_CERTIFICATE] = {"certificate", "证书"},
    [LABEL_CRL] = {"revocations", "吊销列表"},
    [LABEL_CALLS] = {"calls", "调用"},
    [LABEL_WRITES] = {"writes", "写入"},
    [LABEL_REBUILD] = {"rebuild", "重建"},
    [LABEL_URGENT] = {"urgent", "紧急"},
    [LABEL_NOTICE] = {"notice", "提示"},
    [FORMAT_NODE] = {"%s/%s, version %s, charter %" PRIu64,
                     "%s/%s，版本 %s，章程 %" PRIu64},
    [FORMAT_JOURNAL] = {"%" PRIu64 " entries, the last one %s ago",
                        "%" PRIu64 " 条记录，最近一条在 %s前"},
    [FORMAT_JOURNAL_EMPTY] = {"no entries", "无记录"},
    [FORMAT_RECOVERED] = {"%" PRIu64 " of %" PRIu64
                          " entries are back from partners",
                          "已从伙伴节点取回 %" PRIu64 " / %" PRIu64 " 条记录"},
    [FORMAT_SEALED_ALL] = {"all of them; it takes %" PRIu32 " of %" PRIu32
                           " keepers",
                           "全部；须 %" PRIu32 " 个（共 %" PRIu32
                           " 个）保管节点会签"},
    [FORMAT_SEALED_SOME] = {"%" PRIu64 " of them; %" PRIu64
                            " not yet, the oldest for %s",
                            "%" PRIu64 " 条；%" PRIu64
                            " 条尚未封存，最早一条已等待 %s"},
    [FORMAT_SEALED_NEVER] = {"nothing: the charter names no keepers",
                             "无：章程未指定保管节点"},
    [FORMAT_PARTNERS] = {"%zu of %zu reached", "已连通 %zu / %zu"},
    [FORMAT_PARTNER] = {"%s; %" PRIu64 " entries, %" PRIu64
                        " of them sealed, as of %s ago",
                        "%s；%" PRIu64 " 条记录，已封存 %" PRIu64
                        " 条，截至 %s前"},
    [FORMAT_PARTNER_SILENT] = {"%s; %" PRIu64 " entries, %" PRIu64
                               " of them sealed, not heard yet",
                               "%s；%" PRIu64 " 条记录，已封存 %" PRIu64
                               " 条，尚无音讯"},
    [FORMAT_PARTNER_EMPTY] = {"%s; no entries", "%s；无记录"},
    [FORMAT_UP] = {"up", "连通"},
    [FORMAT_DIALLING] = {"being dialled", "正在连接"},
    [FORMAT_DOWN] = {"DOWN", "未连通"},
    [FORMAT_PAUSED] = {"paused", "已暂停"},
    [FORMAT_QUARANTINED] = {"QUARANTINED, ", "已隔离，"},
    [FORMAT_ENDED_NODE] = {"ended, ", "已终止，"},
    [FORMAT_EXPOSURE] = {"allotted %.*s; unsealed %.*s",
                         "已授额度 %.*s；未封存预占 %.*s"},
    [FORMAT_EXPOSURE_LEFT] = {"and %zu more: heluo peer list",
                              "另有 %zu 个节点：heluo peer list"},
    [FORMAT_STORE] = {"%s of %s used, %s free on the disk",
                      "已用 %s，上限 %s，磁盘剩余 %s"},
    [FORMAT_BLOBS] = {"%" PRIu64 " sealed ones, %s of %s used",
                      "密封文件 %" PRIu64 " 份，已用 %s，上限 %s"},
    [FORMAT_BACKUP] = {"the last one %s ago; %" PRIu64 " documents came since",
                       "最近一次在 %s前；此后新增文件 %" PRIu64 " 份"},
    [FORMAT_BACKUP_NEVER] = {"none: %" PRIu64 " documents are in no backup",
                             "尚无备份：%" PRIu64 " 份文件未备份"},
    [FORMAT_KEYS] = {"of invoices: keys of versions %s",
                     "发票指纹密钥版本：%s"},
    [FORMAT_KEYS_LACKING] = {"of invoices: keys of versions %s; not here: %s",
                             "发票指纹密钥版本：%s；本节点缺少：%s"},
    [FORMAT_UNTIL] = {"until %s, %s left", "有效至 %s，剩余 %s"},
    [FORMAT_ENDED] = {"ENDED at %s, %s ago", "已于 %s 失效，距今 %s"},
    [FORMAT_CALLS] = {"%" PRIu32 " open on %" PRIu32 " connections; %" PRIu64
                      " in all, %" PRIu64 " refused",
                      "进行中 %" PRIu32 "，连接 %" PRIu32 "；累计 %" PRIu64
                      "，被拒 %" PRIu64},
    [FORMAT_WRITES] = {"%" PRIu64 " in %" PRIu64 " commits, %" PRIu32
                       " waiting",
                       "%" PRIu64 " 次，提交 %" PRIu64 " 次，等待 %" PRIu32},
    [FORMAT_REBUILD] = {"%" PRIu32 " %% done", "已完成 %" PRIu32 " %%"},
    [FORMAT_SECONDS] = {"%" PRId64 " s", "%" PRId64 " 秒"},
    [FORMAT_MINUTES] = {"%" PRId64 " min", "%" PRId64 " 分钟"},
    [FORMAT_HOURS] = {"%" PRId64 " h", "%" PRId64 " 小时"},
    [FORMAT_DAYS] = {"%" PRId64 " days", "%" PRId64 " 天"},
};

enum {
    SPAN_BYTES = 48,
    VALUE_BYTES = 512,
    LABEL_COLUMNS = 13,
    PEERS_SHOWN = 12
};

static enum lang lang_of_environment(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && value[0] != '\0') {
            return strncmp(value, "zh", 2) == 0 ? LANG_ZH : LANG_EN;
        }
    }
    return LANG_EN;
}

hl_err lang_choose(struct cli_call *call, enum lang *lang)
{
    const char *word = cli_get(call, "lang");
    if (word == NULL) {
        *lang = lang_of_environment();
        return HL_OK;
    }
    if (strcmp(word, "en") != 0 && strcmp(word, "zh") != 0) {
        return cli_usage(call, "--lang is '%s': give zh or en", word);
    }
    *lang = word[0] == 'z' ? LANG_ZH : LANG_EN;
    return HL_OK;
}

/* In the largest unit of which there are at least two. */
static void format_span(int64_t ms, enum lang lang, char out[SPAN_BYTES])
{
    static const struct {
        int64_t ms;
        enum word format;
    } units[] = {{86400000, FORMAT_DAYS},
                 {3600000, FORMAT_HOURS},
                 {60000, FORMAT_MINUTES},
                 {1000, FORMAT_SECONDS}};
    size_t i = 0;
    while (i < 3 && ms < 2 * units[i].ms) {
        i++;
    }
    int64_t count = ms < 0 ? 0 : ms / units[i].ms;
    snprintf(out, SPAN_BYTES, words[units[i].format][lang], count);
}

static void format_bytes(uint64_t bytes, char out[SPAN_BYTES])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    size_t i = 0;
    uint64_t tenths = bytes > UINT64_MAX / 10 ? UINT64_MAX : bytes * 10;
    while (tenths >= 10240 && i < 5) {
        tenths /= 1024;
        i++;
    }
    snprintf(out, SPAN_BYTES, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10,
             tenths % 10, units[i]);
}

static void print_row(FILE *out, enum lang lang, enum word label,
                      const char *value)
{
    term_put_padded(out, words[label][lang], LABEL_COLUMNS);
    term_put(out, value);
    fputc('\n', out);
}

/* format is a row of the table, in both languages with these arguments. */
static void print_values(FILE *out, enum lang lang, enum word label,
                         enum word format, ...)
{
    char value[VALUE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(value, sizeof(value), words[format][lang], args);
    va_end(args);
    print_row(out, lang, label, value);
}

static int64_t between(uint64_t later_ms, uint64_t earlier_ms)
{
    return wall_since_ms((struct hl_wall){(int64_t)later_ms},
                         (struct hl_wall){(int64_t)earlier_ms});
}

static void print_until(FILE *out, enum lang lang, enum word label,
                        uint64_t now_ms, uint64_t until_ms)
{
    char when[WALL_TEXT_BYTES];
    char span[SPAN_BYTES];
    if (until_ms == 0) {
        return; /* a node that listens at its socket alone has none */
    }
    int64_t left_ms = between(until_ms, now_ms);
    wall_format((struct hl_wall){(int64_t)until_ms}, when);
    format_span(left_ms < 0 ? between(now_ms, until_ms) : left_ms, lang, span);
    print_values(out, lang, label, left_ms < 0 ? FORMAT_ENDED : FORMAT_UNTIL,
                 when, span);
}

static void print_journal(const Heluo__V1__NodeStatusResponse *status,
                          enum lang lang, FILE *out)
{
    char age[SPAN_BYTES];
    if (status->journal_size == 0) {
        print_row(out, lang, LABEL_JOURNAL, words[FORMAT_JOURNAL_EMPTY][lang]);
        return;
    }
    format_span(between(status->now_ms, status->last_entry_at_ms), lang, age);
    print_values(out, lang, LABEL_JOURNAL, FORMAT_JOURNAL, status->journal_size,
                 age);
}

static void print_sealed(const Heluo__V1__NodeStatusResponse *status,
                         enum lang lang, FILE *out)
{
    char age[SPAN_BYTES];
    uint64_t size = status->journal_size;
    if (status->known_size > size) {
        print_values(out, lang, LABEL_JOURNAL, FORMAT_RECOVERED, size,
                     status->known_size);
    }
    if (size == 0) {
        return;
    }
    if (status->keepers == 0) {
        print_row(out, lang, LABEL_SEALED, words[FORMAT_SEALED_NEVER][lang]);
    } else if (status->sealed_size >= size) {
        print_values(out, lang, LABEL_SEALED, FORMAT_SEALED_ALL, status->quorum,
                     status->keepers);
    } else {
        format_span(between(status->now_ms, status->unsealed_since_ms), lang,
                    age);
        print_values(out, lang, LABEL_SEALED, FORMAT_SEALED_SOME,
                     status->sealed_size, size - status->sealed_size, age);
    }
}

/* Words of the node's answer, and what they are for people. */
static const struct {
    const char *word;
    enum word format;
} peer_words[] = {
    {"up", FORMAT_UP},
    {"dialling", FORMAT_DIALLING},
    {"down", FORMAT_DOWN},
    {"paused", FORMAT_PAUSED},
    {"good", WORD_COUNT},
    {"quarantined", FORMAT_QUARANTINED},
    {"ended", FORMAT_ENDED_NODE},
};

static const char *peer_word(const char *word, enum lang lang)
{
    for (size_t i = 0; i < sizeof(peer_words) / sizeof(peer_words[0]); i++) {
        if (strcmp(word, peer_words[i].word) == 0) {
            enum word format = peer_words[i].format;
            return format == WORD_COUNT ? "" : words[format][lang];
        }
    }
    return word; /* of a later version */
}

static void print_of_node(const char *node, const char *value, FILE *out)
{
    fputs("  ", out);
    term_put_padded(out, node, LABEL_COLUMNS - 2);
    fputc(' ', out);
    term_put(out, value);
    fputc('\n', out);
}

static void print_peer(const Heluo__V1__NodePeer *peer, uint64_t now_ms,
                       enum lang lang, FILE *out)
{
    char state[96], age[SPAN_BYTES], value[VALUE_BYTES];
    enum word format = peer->newest_size == 0 ? FORMAT_PARTNER_EMPTY
                       : peer->as_of_ms == 0  ? FORMAT_PARTNER_SILENT
                                              : FORMAT_PARTNER;
    snprintf(state, sizeof(state), "%s%s", peer_word(peer->standing, lang),
             peer_word(peer->link, lang));
    format_span(between(now_ms, peer->as_of_ms), lang, age);
    snprintf(value, sizeof(value), words[format][lang], state, peer->held_size,
             peer->sealed_size, age);
    print_of_node(peer->node, value, out);
}

static bool is_up(const Heluo__V1__NodePeer *peer)
{
    return strcmp(peer->link, "up") == 0;
}

/* Of a large alliance only whoever is not reached, and not all of those. */
static void print_peers(const Heluo__V1__NodeStatusResponse *status,
                        enum lang lang, FILE *out)
{
    size_t up = 0;
    size_t shown = 0;
    for (size_t i = 0; i < status->n_peers; i++) {
        up += is_up(status->peers[i]);
    }
    print_values(out, lang, LABEL_PARTNERS, FORMAT_PARTNERS, up,
                 status->n_peers);
    for (size_t i = 0; i < status->n_peers && shown < PEERS_SHOWN; i++) {
        if (status->n_peers <= PEERS_SHOWN || !is_up(status->peers[i])) {
            print_peer(status->peers[i], status->now_ms, lang, out);
            shown++;
        }
    }
}

static void print_exposure_of(const Heluo__V1__NodePeer *peer, enum lang lang,
                              FILE *out)
{
    struct writer allotted = {0}, unsealed = {0};
    char value[VALUE_BYTES];
    exposure_text_allotted(peer, lang, &allotted);
    exposure_text_unsealed(peer, lang, &unsealed);
    snprintf(value, sizeof(value), words[FORMAT_EXPOSURE][lang],
             BYTES_ARGS(writer_view(&allotted)),
             BYTES_ARGS(writer_view(&unsealed)));
    print_of_node(peer->node, value, out);
    writer_fini(&unsealed);
    writer_fini(&allotted);
}

/* What may be lost by partners; of many those by whom most may be. */
static void print_exposure(const Heluo__V1__NodeStatusResponse *status,
                           enum lang lang, FILE *out)
{
    const Heluo__V1__NodePeer *peers[PEERS_SHOWN];
    struct writer all = {0};
    char value[VALUE_BYTES];
    size_t left;
    if (!exposure_text_is_told(status)) {
        return;
    }
    exposure_text_all(status, lang, &all);
    writer_u8(&all, 0);
    print_row(out, lang, LABEL_EXPOSURE, (const char *)all.data);
    writer_fini(&all);
    size_t count = exposure_text_order(status, PEERS_SHOWN, peers, &left);
    for (size_t i = 0; i < count; i++) {
        print_exposure_of(peers[i], lang, out);
    }
    if (left > 0) {
        snprintf(value, sizeof(value), words[FORMAT_EXPOSURE_LEFT][lang], left);
        print_of_node("...", value, out);
    }
}

static void print_store(const Heluo__V1__NodeStatusResponse *status,
                        enum lang lang, FILE *out)
{
    char used[SPAN_BYTES];
    char max[SPAN_BYTES];
    char disk[SPAN_BYTES];
    format_bytes(status->store_bytes, used);
    format_bytes(status->store_max_bytes, max);
    format_bytes(status->disk_free_bytes, disk);
    print_values(out, lang, LABEL_STORE, FORMAT_STORE, used, max, disk);
}

static void print_blobs(const Heluo__V1__NodeStatusResponse *status,
                        enum lang lang, FILE *out)
{
    char used[SPAN_BYTES], max[SPAN_BYTES], age[SPAN_BYTES];
    format_bytes(status->blob_bytes, used);
    format_bytes(status->blobs_max_bytes, max);
    if (status->blobs > 0 || status->blob_bytes > 0) {
        print_values(out, lang, LABEL_BLOBS, FORMAT_BLOBS, status->blobs, used,
                     max);
    }
    if (status->last_backup_at_ms > 0) {
        format_span(between(status->now_ms, status->last_backup_at_ms), lang,
                    age);
        print_values(out, lang, LABEL_BACKUP, FORMAT_BACKUP, age,
                     status->blobs_not_backed_up);
    } else if (status->blobs > 0) {
        print_values(out, lang, LABEL_BACKUP, FORMAT_BACKUP_NEVER,
                     status->blobs_not_backed_up);
    }
}

static void list_keys(const Heluo__V1__NodeStatusResponse *status, bool here,
                      struct writer *out)
{
    for (size_t i = 0; i < status->n_fingerprint_keys; i++) {
        const Heluo__V1__NodeFingerprintKey *key = status->fingerprint_keys[i];
        if (key->here == here) {
            writer_format(out, "%s%" PRIu32, out->size == 0 ? "" : ", ",
                          key->version);
        }
    }
}

static void print_keys(const Heluo__V1__NodeStatusResponse *status,
                       enum lang lang, FILE *out)
{
    struct writer here = {0}, lacking = {0};
    list_keys(status, true, &here);
    list_keys(status, false, &lacking);
    bool all = lacking.size == 0;
    if (here.size == 0) {
        writer_text(&here, "-");
    }
    writer_u8(&here, 0);
    writer_u8(&lacking, 0);
    if (status->n_fingerprint_keys > 0) {
        print_values(out, lang, LABEL_KEYS,
                     all ? FORMAT_KEYS : FORMAT_KEYS_LACKING,
                     (const char *)here.data, (const char *)lacking.data);
    }
    writer_fini(&here);
    writer_fini(&lacking);
}

static const char *problem_text(const Heluo__V1__NodeProblem *problem,
                                enum lang lang)
{
    return lang == LANG_ZH && problem->text_zh[0] != '\0' ? problem->text_zh
                                                          : problem->text_en;
}

/* The one to be told first; NULL where there is none. */
static const Heluo__V1__NodeProblem *
first_problem(const Heluo__V1__NodeStatusResponse *status)
{
    for (size_t i = 0; i < status->n_problems; i++) {
        if (status->problems[i]->urgent) {
            return status->problems[i];
        }
    }
    return status->n_problems == 0 ? NULL : status->problems[0];
}

void status_print_verdict(const Heluo__V1__NodeStatusResponse *status,
                          enum lang lang, FILE *out)
{
    const Heluo__V1__NodeProblem *first = first_problem(status);
    if (!status->writable) {
        const char *why = lang == LANG_ZH && first != NULL && first->urgent
                              ? problem_text(first, lang)
                              : status->refusal;
        fputs(words[WORD_REFUSED][lang], out);
        term_put(out, why);
    } else if (first != NULL) {
        fputs(words[WORD_ATTENTION][lang], out);
        term_put(out, problem_text(first, lang));
    } else {
        fputs(words[WORD_OK][lang], out);
    }
    fputc('\n', out);
}

static void print_problems(const Heluo__V1__NodeStatusResponse *status,
                           enum lang lang, FILE *out)
{
    for (size_t i = 0; i < status->n_problems; i++) {
        const Heluo__V1__NodeProblem *problem = status->problems[i];
        print_row(out, lang, problem->urgent ? LABEL_URGENT : LABEL_NOTICE,
                  problem_text(problem, lang));
    }
}

void status_print(const Heluo__V1__NodeStatusResponse *status, enum lang lang,
                  FILE *out)
{
    char up[SPAN_BYTES];
    format_span(between(status->now_ms, status->started_at_ms), lang, up);
    status_print_verdict(status, lang, out);
    print_values(out, lang, LABEL_NODE, FORMAT_NODE, status->alliance,
                 status->node, status->version, status->charter_version);
    print_row(out, lang, LABEL_UP, up);
    print_journal(status, lang, out);
    print_sealed(status, lang, out);
    print_peers(status, lang, out);
    print_exposure(status, lang, out);
    print_store(status, lang, out);
    print_blobs(status, lang, out);
    print_keys(status, lang, out);
    print_until(out, lang, LABEL_CERTIFICATE, status->now_ms,
                status->certificate_until_ms);
    print_until(out, lang, LABEL_CRL, status->now_ms, status->crl_until_ms);
    print_values(out, lang, LABEL_CALLS, FORMAT_CALLS, status->calls_open,
                 status->connections, status->calls_total,
                 status->calls_refused);
    print_values(out, lang, LABEL_WRITES, FORMAT_WRITES, status->writes_total,
                 status->commits_total, status->queue_commands);
    if (status->rebuilding) {
        print_values(out, lang, LABEL_REBUILD, FORMAT_REBUILD,
                     status->rebuild_percent);
    }
    print_problems(status, lang, out);
}

/* HL_OK where the text begins with no error's name. */
static hl_err named(const char *text)
{
    size_t size = strcspn(text, ": ");
    for (int err = HL_OK + 1; err < HL_ERR_COUNT; err++) {
        if (bytes_equal_text(bytes_of(text, size), hl_err_name((hl_err)err))) {
            return (hl_err)err;
        }
    }
    return HL_OK;
}

hl_err status_error(const Heluo__V1__NodeStatusResponse *status)
{
    if (status->writable) {
        return HL_OK;
    }
    hl_err err = named(status->refusal);
    for (size_t i = 0; err == HL_OK && i < status->n_problems; i++) {
        err = status->problems[i]->urgent ? named(status->problems[i]->code)
                                          : HL_OK;
    }
    return err == HL_OK ? HL_EBUSY : err;
}
