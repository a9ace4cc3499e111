/* SPDX-License-Identifier: Apache-2.0 */
#include "node/service/problems.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "protocol/base/hl_assert.h"

enum {
    CERTIFICATE_SOON_DAYS = 14,
    CRL_SOON_HOURS = 48,
    NEARLY_FULL_PERCENT = 90,
    UNSEALED_LONG_S = 120,
};

#define DISK_LOW_BYTES (1024ull * 1024 * 1024)

static const int64_t day_ms = 24ll * 60 * 60 * 1000;
static const int64_t hour_ms = 60ll * 60 * 1000;

/* --- Conditions. --------------------------------------------------------- */

static bool is_full(const struct node_facts *facts)
{
    return facts->refusal == HL_EFULL;
}

static bool mark_disagrees(const struct node_facts *facts)
{
    return facts->refusal == HL_EMARK;
}

static bool clock_jumped(const struct node_facts *facts)
{
    return facts->refusal == HL_ECLOCK;
}

static bool time_is_unsure(const struct node_facts *facts)
{
    return facts->time_unsure;
}

static bool flush_failed(const struct node_facts *facts)
{
    return facts->refusal == HL_EFLUSH;
}

static bool may_not_sign(const struct node_facts *facts)
{
    return facts->refusal == HL_ENOKEY || facts->refusal == HL_EENDED;
}

static bool refused_otherwise(const struct node_facts *facts)
{
    return facts->refusal != HL_OK && !is_full(facts) &&
           !mark_disagrees(facts) && !clock_jumped(facts) &&
           !flush_failed(facts) && !may_not_sign(facts);
}

static bool known_and_within(struct hl_wall until, struct hl_wall now,
                             int64_t from_ms, int64_t to_ms)
{
    int64_t left_ms = wall_since_ms(until, now);
    return until.ms != 0 && left_ms > from_ms && left_ms <= to_ms;
}

static bool nobody_gets_in(const struct node_facts *facts)
{
    return facts->tls != HL_OK;
}

static bool certificate_ended(const struct node_facts *facts)
{
    return known_and_within(facts->certificate_until, facts->now, INT64_MIN, 0);
}

static bool certificate_soon(const struct node_facts *facts)
{
    return known_and_within(facts->certificate_until, facts->now, 0,
                            CERTIFICATE_SOON_DAYS * day_ms);
}

static bool crl_ended(const struct node_facts *facts)
{
    return known_and_within(facts->crl_until, facts->now, INT64_MIN, 0);
}

static bool crl_soon(const struct node_facts *facts)
{
    return known_and_within(facts->crl_until, facts->now, 0,
                            CRL_SOON_HOURS * hour_ms);
}

static bool reload_failed(const struct node_facts *facts)
{
    return facts->reload != HL_OK;
}

static bool config_failed(const struct node_facts *facts)
{
    return facts->config != HL_OK;
}

static bool charter_contested(const struct node_facts *facts)
{
    return facts->charter_contested;
}

static const char *why_config(const struct node_facts *facts)
{
    return facts->config_why.text;
}

static bool store_nearly_full(const struct node_facts *facts)
{
    return facts->store_max_bytes != 0 &&
           facts->store_bytes >
               facts->store_max_bytes / 100 * NEARLY_FULL_PERCENT;
}

static bool disk_low(const struct node_facts *facts)
{
    return facts->disk_free_bytes < DISK_LOW_BYTES;
}

static bool connections_nearly_full(const struct node_facts *facts)
{
    return facts->connections_max != 0 &&
           facts->connections >
               facts->connections_max / 100.0 * NEARLY_FULL_PERCENT;
}

static bool search_away(const struct node_facts *facts)
{
    return facts->search_silent;
}

static bool search_loads(const struct node_facts *facts)
{
    return facts->search_loading && !facts->search_silent;
}

static int64_t count_searched(const struct node_facts *facts)
{
    return (int64_t)facts->search_records;
}

static bool search_lacks_room(const struct node_facts *facts)
{
    return facts->search_no_room && !facts->search_silent;
}

static bool has_moves(const struct node_facts *facts)
{
    return facts->moves_waiting > 0;
}

static int64_t count_moves(const struct node_facts *facts)
{
    return (int64_t)facts->moves_waiting;
}

static bool has_asked(const struct node_facts *facts)
{
    return facts->orders_asked > 0;
}

static int64_t count_asked(const struct node_facts *facts)
{
    return (int64_t)facts->orders_asked;
}

static bool has_held(const struct node_facts *facts)
{
    return facts->cycles_held > 0;
}

static int64_t count_held(const struct node_facts *facts)
{
    return (int64_t)facts->cycles_held;
}

static bool has_overdue(const struct node_facts *facts)
{
    return facts->transfers_overdue > 0;
}

static int64_t count_overdue(const struct node_facts *facts)
{
    return (int64_t)facts->transfers_overdue;
}

static bool proposal_waits(const struct node_facts *facts)
{
    return facts->proposal_waits[0] != '\0';
}

static const char *why_it_waits(const struct node_facts *facts)
{
    return facts->proposal_waits;
}

static bool has_disputed(const struct node_facts *facts)
{
    return facts->orders_disputed > 0;
}

static int64_t count_disputed(const struct node_facts *facts)
{
    return (int64_t)facts->orders_disputed;
}

static bool has_findings(const struct node_facts *facts)
{
    return facts->findings > 0;
}

static bool partners_away(const struct node_facts *facts)
{
    return facts->away[0] != '\0';
}

static bool is_ended_by(const struct node_facts *facts)
{
    return facts->ended_by[0] != '\0';
}

static bool partners_paused(const struct node_facts *facts)
{
    return facts->paused[0] != '\0';
}

static bool partners_faulty(const struct node_facts *facts)
{
    return facts->faulty[0] != '\0';
}

static bool partners_quarantined(const struct node_facts *facts)
{
    return facts->quarantined[0] != '\0';
}

static bool keeps_not_yet(const struct node_facts *facts)
{
    return facts->unkept[0] != '\0';
}

static bool allots_much(const struct node_facts *facts)
{
    return facts->allotted_high[0] != '\0';
}

static bool allots_all(const struct node_facts *facts)
{
    return facts->allotted_full[0] != '\0';
}

static bool relies_much(const struct node_facts *facts)
{
    return facts->unsealed_high[0] != '\0';
}

static bool relies_all(const struct node_facts *facts)
{
    return facts->unsealed_full[0] != '\0';
}

static bool unsealed_for_long(const struct node_facts *facts)
{
    return facts->unsealed_since.ms != 0 &&
           wall_since_ms(facts->now, facts->unsealed_since) >
               UNSEALED_LONG_S * 1000;
}

static bool is_damaged(const struct node_facts *facts)
{
    return facts->damaged > 0;
}

static bool cosigns_nothing(const struct node_facts *facts)
{
    return facts->mirror != HL_OK;
}

static bool lacks_key(const struct node_facts *facts)
{
    return facts->key_lacking != 0;
}

static bool has_rival_key(const struct node_facts *facts)
{
    return facts->key_rivalled != 0;
}

static bool opens_nothing(const struct node_facts *facts)
{
    return facts->encryption != HL_OK;
}

/* --- Numbers that stand in the texts. ------------------------------------ */

static int64_t days_of_certificate(const struct node_facts *facts)
{
    return wall_since_ms(facts->certificate_until, facts->now) / day_ms;
}

static int64_t hours_of_crl(const struct node_facts *facts)
{
    return wall_since_ms(facts->crl_until, facts->now) / hour_ms;
}

static int64_t free_mib(const struct node_facts *facts)
{
    return (int64_t)(facts->disk_free_bytes / (1024 * 1024));
}

static int64_t count_findings(const struct node_facts *facts)
{
    return (int64_t)facts->findings;
}

static const char *why_refused(const struct node_facts *facts)
{
    return facts->why.text;
}

static int64_t seconds_unsealed(const struct node_facts *facts)
{
    return wall_since_ms(facts->now, facts->unsealed_since) / 1000;
}

static const char *who_is_away(const struct node_facts *facts)
{
    return facts->away;
}

static const char *who_ended_us(const struct node_facts *facts)
{
    return facts->ended_by;
}

static const char *who_is_paused(const struct node_facts *facts)
{
    return facts->paused;
}

static const char *who_is_faulty(const struct node_facts *facts)
{
    return facts->faulty;
}

static const char *who_is_quarantined(const struct node_facts *facts)
{
    return facts->quarantined;
}

static const char *who_is_unkept(const struct node_facts *facts)
{
    return facts->unkept;
}

static const char *who_spends_much(const struct node_facts *facts)
{
    return facts->allotted_high;
}

static const char *who_spends_all(const struct node_facts *facts)
{
    return facts->allotted_full;
}

static const char *who_holds_much(const struct node_facts *facts)
{
    return facts->unsealed_high;
}

static const char *who_holds_all(const struct node_facts *facts)
{
    return facts->unsealed_full;
}

static const char *why_mirror(const struct node_facts *facts)
{
    return facts->mirror_why.text;
}

static const char *why_encryption(const struct node_facts *facts)
{
    return facts->encryption_why.text;
}

static int64_t version_lacking(const struct node_facts *facts)
{
    return facts->key_lacking;
}

static const char *why_lacking(const struct node_facts *facts)
{
    return facts->key_lacking_why.text;
}

static int64_t version_rivalled(const struct node_facts *facts)
{
    return facts->key_rivalled;
}

static const char *who_rivals(const struct node_facts *facts)
{
    return facts->key_rival;
}

static int64_t count_damaged(const struct node_facts *facts)
{
    return (int64_t)facts->damaged;
}

static const char *why_damaged(const struct node_facts *facts)
{
    return facts->damaged_why.text;
}

static const char *why_tls(const struct node_facts *facts)
{
    return facts->tls_why.text;
}

static const char *why_reload(const struct node_facts *facts)
{
    return facts->reload_why.text;
}

/* --- The table: in a text, %n is the number and %w the reason. ----------- */

struct row {
    const char *code; /* NULL: the name of facts->refusal */
    bool urgent;
    bool (*holds)(const struct node_facts *facts);
    int64_t (*number)(const struct node_facts *facts);
    const char *(*why)(const struct node_facts *facts);
    const char *en, *zh;
};

static const struct row rows[] = {
    {NULL, true, is_full, NULL, why_refused, "%w",
     "存储空间不足：磁盘已满、只读，或已达到 "
     "max_store_bytes。腾出空间后自动恢复"
     "（%w）"},
    {NULL, true, mark_disagrees, NULL, why_refused, "%w",
     "mark 丢失或与数据库不符：数据库可能被回退。请勿删除或复制 "
     "mark，先找回正确的数据库（%w）"},
    {NULL, true, clock_jumped, NULL, why_refused, "%w",
     "系统时钟被改动。请校准时钟；若现在的时间是对的，两个伙伴节点确认后自动恢"
     "复，也可用 heluo clock confirm 确认（%w）"},
    {"clock-unsure", true, time_is_unsure, NULL, NULL,
     "this machine's clock is more than a day off this node's last own time, "
     "and two partners have not confirmed it since the start: nothing expires "
     "or times out meanwhile. If it is right: heluo clock confirm TIME",
     "本机时钟与本节点上次记录的时间相差一天以上，且启动后尚无两个伙伴节点确认"
     "："
     "在此之前不会有券到期或订单超时。核对无误后请执行 heluo clock confirm "
     "时间"},
    {NULL, true, flush_failed, NULL, why_refused, "%w",
     "写盘失败，结果未知；进程将退出并由 systemd 重启后核实。请检查磁盘（%w）"},
    {NULL, true, may_not_sign, NULL, why_refused, "%w",
     "章程不再允许本节点用此密钥签名。请与联盟协调人联系（%w）"},
    {NULL, true, refused_otherwise, NULL, why_refused, "%w", "%w"},
    {"tls-closed", true, nobody_gets_in, NULL, why_tls,
     "nobody gets in over TLS, the unix socket works: %w. Put a new file in "
     "its place; no restart is needed",
     "TLS 连接目前全部不可用，本机套接字仍可使用：%w。请替换该文件，无需重启"},
    {"certificate-ended", true, certificate_ended, NULL, NULL,
     "this node's certificate has ended: nobody can connect over TLS. Make a "
     "new one (heluo ca renew) and put it in its place; no restart is needed",
     "本节点的证书已到期，TLS 连接已不可用。请用 heluo ca renew "
     "签发新证书并替换文件，无需重启"},
    {"crl-ended", true, crl_ended, NULL, NULL,
     "the revocation list has ended: nobody is admitted. Fetch the new one "
     "(heluo ca crl, at the authority) and put it in its place",
     "吊销列表已过期，所有调用方均被拒绝。请从发证机构取得新列表（heluo ca "
     "crl）并替换文件"},
    {"store-damaged", true, is_damaged, count_damaged, why_damaged,
     "the store is damaged in %n places that could not be repaired (heluo "
     "scrub lists them): %w",
     "存储有 %n 处损坏且无法自动修复，请用 heluo scrub 查看：%w"},
    {"disk-low", true, disk_low, free_mib, NULL,
     "only %n MiB are free on the store's disk: make room",
     "存储所在磁盘仅剩 %n MiB，请清理空间"},
    {"store-nearly-full", false, store_nearly_full, NULL, NULL,
     "the store has nearly reached max_store_bytes: raise it in the "
     "configuration and restart",
     "存储即将达到 max_store_bytes 上限，请在配置中调高并重启"},
    {"certificate-soon", false, certificate_soon, days_of_certificate, NULL,
     "this node's certificate ends in %n days: heluo ca renew",
     "本节点的证书将在 %n 天后到期，请用 heluo ca renew 续期"},
    {"crl-soon", false, crl_soon, hours_of_crl, NULL,
     "the revocation list ends in %n hours: fetch the new one",
     "吊销列表将在 %n 小时后过期，请取得新列表"},
    {"reload-failed", false, reload_failed, NULL, why_reload,
     "changed files could not be taken over, the former ones are in use: %w",
     "更新后的文件无法载入，仍沿用旧文件：%w"},
    {"config-wrong", false, config_failed, NULL, why_config,
     "the configuration could not be taken over, and the next start would "
     "fail on it: %w",
     "配置文件无法载入，下次启动将会失败：%w"},
    {"charter-contested", false, charter_contested, NULL, NULL,
     "two charters have one predecessor, which holds meanwhile: the "
     "coordinators say which one is followed (heluo charter follow)",
     "两份章程有同一前任，暂由前任章程生效，须由协调人决定沿用哪一份（heluo "
     "charter follow）"},
    {"connections-nearly-full", false, connections_nearly_full, NULL, NULL,
     "nearly as many connections are open as may be: let callers share theirs, "
     "or raise connections in the configuration and restart",
     "连接数即将达到上限。请让调用方复用连接，或在配置中调高 connections "
     "并重启"},
    {"partners-quarantined", false, partners_quarantined, NULL,
     who_is_quarantined,
     "contradicting histories were signed in the journal of: %w. Nothing "
     "beyond "
     "what is sealed counts until the coordinators decide by charter (heluo "
     "charter readmit)",
     "下列节点的日志出现互相矛盾的签名：%w。在协调人以章程裁定之前（heluo "
     "charter "
     "readmit），仅已封存的部分有效"},
    {"partners-faulty", false, partners_faulty, NULL, who_is_faulty,
     "broke the protocol and is left alone for a while: %w. See heluo peer "
     "list; heluo peer retry forgets it",
     "下列伙伴节点违反协议，暂停往来：%w。详见 heluo peer list；用 heluo peer "
     "retry 可立即恢复"},
    {"ended-by", false, is_ended_by, NULL, who_ended_us,
     "let this node in no more, as by their charter it is ended: %w. Ask the "
     "coordinators, and stop it: what it writes now nobody takes",
     "以下节点所持章程已终止本节点，不再与之往来：%w。"
     "请向协调人核实，并停止本节点：此后写入的内容无人接收"},
    {"partners-away", false, partners_away, NULL, who_is_away,
     "not reached: %w. It is tried again by itself; see heluo peer list",
     "无法连通：%w。系统会自动重试，详见 heluo peer list"},
    {"keeper-waits", false, keeps_not_yet, NULL, who_is_unkept,
     "this node is a keeper, and cosigns nothing yet, of the journal of: %w. "
     "It waits to hear who kept it before. Where too few of these can answer, "
     "the coordinators name from where it is kept (heluo charter set-keepers "
     "--help: --size and --root, beside the keepers as they are)",
     "本节点应保管下列节点的日志，但尚未开始会签：%w。正在等待原保管节点答复；"
     "若多数已无法答复，请协调人以章程指定起点（见 heluo charter set-keepers "
     "--help：保管节点照旧，另加 --size 和 --root）"},
    {"partners-paused", false, partners_paused, NULL, who_is_paused,
     "paused by an operator: %w. heluo peer retry goes on",
     "已由操作员暂停：%w。用 heluo peer retry 恢复"},
    {"unsealed", false, unsealed_for_long, seconds_unsealed, NULL,
     "what was written %n s ago is not sealed yet: too few of this node's "
     "keepers are reached",
     "%n 秒前的写入尚未封存：能连通的保管节点不足"},
    {"mirror-silent", false, cosigns_nothing, NULL, why_mirror,
     "this node cosigns nothing, which others count on: %w. Make a new mirror "
     "key with its mark (heluo key new mirror) and have the coordinators put "
     "it "
     "into the charter (heluo charter set-key)",
     "本节点目前不为他人会签：%w。请用 heluo key new mirror 生成新的会签密钥及 "
     "mark，并由协调人写入章程（heluo charter set-key）"},
    {"encryption-key", false, opens_nothing, NULL, why_encryption,
     "documents that partners seal to this node do not open here: %w",
     "伙伴节点加密给本节点的文件无法打开：%w"},
    {"fingerprint-key", false, lacks_key, version_lacking, why_lacking,
     "version %n of the alliance's key of fingerprints is not here, and an "
     "invoice that is claimed twice may go unseen: %w",
     "本节点没有联盟发票指纹密钥的第 %n 版，重复报销的发票可能无法识别：%w"},
    {"fingerprint-rival", false, has_rival_key, version_rivalled, who_rivals,
     "there are two keys of fingerprints of version %n: that of %w is not "
     "used; "
     "at a coordinator's node heluo fingerprint new makes the next version",
     "发票指纹密钥第 %n 版有两个，不使用 %w 的：请在协调人节点用 heluo "
     "fingerprint new 生成下一版"},
    {"moves-waiting", false, has_moves, count_moves, NULL,
     "records were released to this node and wait for its answer (%n): heluo "
     "instrument move list, and the same of service and demand",
     "有 %n 条移交给本节点的记录等待答复：heluo instrument move list（service、"
     "demand 同）"},
    {"orders-asked", false, has_asked, count_asked, NULL,
     "orders wait for this node to accept or decline them (%n): heluo order "
     "list "
     "--asked --open",
     "有 %n 个订单等待本节点接单或拒单：heluo order list --asked --open"},
    {"orders-disputed", false, has_disputed, count_disputed, NULL,
     "orders that this node placed are disputed, or their deliveries break a "
     "rule: nothing of them is captured before somebody decides (%n): heluo "
     "order list --open; heluo order resolve",
     "本节点所下订单中有 %n 个存在争议或交付不合规则，处理前不予兑付：heluo "
     "order list --open；heluo order resolve"},
    {"clearing-held", false, has_held, count_held, NULL,
     "clearing cycles wait for a person's word (%n): heluo clearing list "
     "--open; heluo clearing approve, or reject",
     "有 %n 个清算周期等待人工确认：heluo clearing list --open；heluo clearing "
     "approve 或 reject"},
    {"clearing-overdue", false, has_overdue, count_overdue, NULL,
     "this node is to pay transfers whose day is over (%n): heluo clearing "
     "list; heluo clearing show; heluo clearing sent",
     "本节点有 %n 笔清算划转已逾期未付：heluo clearing list；heluo clearing "
     "show；heluo clearing sent"},
    {"clearing-waits", false, proposal_waits, NULL, why_it_waits,
     "a clearing cycle is due, and is not proposed yet: it waits %w",
     "应提出清算周期，但尚在等待：%w"},
    {"exposure-allotted-full", false, allots_all, NULL, who_spends_all,
     "what may be allotted to a partner is all allotted, and no more is: %w. "
     "Raise allotted_max_fen and reload, or have them close some (heluo peer "
     "list)",
     "对下列节点的授予额度已达上限，不再授予：%w。请调高 allotted_max_fen "
     "并重新载入，或请对方关闭部分额度（heluo peer list）"},
    {"exposure-allotted-high", false, allots_much, NULL, who_spends_much,
     "four fifths of what may be allotted to a partner are: %w. See heluo peer "
     "list, and allotted_max_fen",
     "对下列节点的授予额度已达上限的八成：%w。详见 heluo peer list 及 "
     "allotted_max_fen"},
    {"exposure-unsealed-full", false, relies_all, NULL, who_holds_all,
     "orders here that are not sealed by the keepers of their issuer reach "
     "unsealed_max_fen: %w. What is accepted beyond it waits for the seal "
     "(heluo "
     "peer list)",
     "下列发券方尚未封存的订单预占金额已达 "
     "unsealed_max_fen：%w。超出部分须待封存后才能接单（heluo peer list）"},
    {"exposure-unsealed-high", false, relies_much, NULL, who_holds_much,
     "orders here that are not sealed by the keepers of their issuer reach "
     "four "
     "fifths of unsealed_max_fen: %w. See heluo peer list",
     "下列发券方尚未封存的订单预占金额已达 unsealed_max_fen 的八成：%w。详见 "
     "heluo peer list"},
    {"search-away", false, search_away, NULL, NULL,
     "the search does not answer, and everything else goes on; where it ended "
     "heluod starts it again by itself (search = run), and the log says why; "
     "a heluo-search that runs and hangs is to be killed",
     "搜索服务暂无响应，其他功能不受影响；若已退出，heluod 会自动重启它"
     "（search = run），原因见日志；若进程仍在运行但无响应，请结束该进程"},
    {"search-loading", false, search_loads, count_searched, NULL,
     "the text index is being made (%n records so far); nothing is found "
     "meanwhile",
     "正在建立全文索引（已读入 %n 条记录），完成前暂无法搜索"},
    {"search-disk-full", false, search_lacks_room, NULL, NULL,
     "the text index waits for room on the store's disk: searches answer as "
     "of before",
     "存储所在磁盘空间不足，全文索引暂停更新，搜索结果停留在此前状态"},
    {"findings", false, has_findings, count_findings, NULL,
     "%n findings: heluo findings", "有 %n 条核查发现，请查看 heluo findings"},
};

static void put_text(const struct row *row, const struct node_facts *facts,
                     const char *text, char out[PROBLEM_TEXT_BYTES])
{
    size_t at = 0;
    while (*text != '\0' && at < PROBLEM_TEXT_BYTES - 1) {
        size_t left = PROBLEM_TEXT_BYTES - at;
        int wrote = 0;
        if (text[0] == '%' && text[1] == 'n') {
            wrote = snprintf(out + at, left, "%" PRId64, row->number(facts));
            text += 2;
        } else if (text[0] == '%' && text[1] == 'w') {
            wrote = snprintf(out + at, left, "%s", row->why(facts));
            text += 2;
        } else {
            out[at++] = *text++;
            continue;
        }
        at += (size_t)wrote < left ? (size_t)wrote : left - 1;
    }
    out[at] = '\0';
}

size_t problems_find(const struct node_facts *facts,
                     struct problem problems[PROBLEMS_MAX])
{
    size_t count = 0;
    static_assert(sizeof(rows) / sizeof(rows[0]) <= PROBLEMS_MAX,
                  "there is room for all at once");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        if (!row->holds(facts)) {
            continue;
        }
        struct problem *problem = &problems[count++];
        problem->code =
            row->code != NULL ? row->code : hl_err_name(facts->refusal);
        problem->urgent = row->urgent;
        put_text(row, facts, row->en, problem->text_en);
        put_text(row, facts, row->zh, problem->text_zh);
    }
    return count;
}
