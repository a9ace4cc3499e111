/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "node/scrub/scrub_walk.h"

/* %t is the table, %o the journal, %f and %e first and end, %l the level, %k
 * the key. */
struct text {
    const char *en, *zh;
};

static const struct text whats[] = {
    [SCRUB_ROW] = {"table %t, key %k: the row is not what was written there",
                   "表 %t，键 %k：该行已不是当初写入的内容"},
    [SCRUB_TABLE] = {"table %t: rows are missing or cannot be reached",
                     "表 %t：有行缺失或无法读到"},
    [SCRUB_STATEMENT] = {"table %t, key %k: it does not verify",
                         "表 %t，键 %k：校验不通过"},
    [SCRUB_JOURNAL] = {"journal %o: what the store knows of it cannot be read",
                       "日志 %o：其登记信息无法读取"},
    [SCRUB_ENTRIES] = {"journal %o: entries %f to %e are missing or changed",
                       "日志 %o：第 %f 至 %e 条缺失或被改动"},
    [SCRUB_TILE] = {"journal %o: hashes %f to %e of tile level %l are missing "
                    "or changed",
                    "日志 %o：第 %l 层第 %f 至 %e 个哈希缺失或被改动"},
    [SCRUB_ROOT] = {"journal %o: its entries do not lead to its root",
                    "日志 %o：条目与其根哈希不符"},
    [SCRUB_CHECKPOINT] = {"journal %o: a kept checkpoint (kind %l) does not "
                          "verify",
                          "日志 %o：所存检查点（类型 %l）校验不通过"},
    [SCRUB_BLOB] =
        {"journal %o: the sealed document %k was changed on the disk",
         "日志 %o：密封文件 %k 在磁盘上被改动"},
    [SCRUB_PROJECTION] = {"%f computed rows are not what the journals lead to",
                          "有 %f 行计算结果与日志不符"},
};

static const struct text computed = {
    "heluo rebuild, once the journals are whole",
    "待日志修复后运行 heluo rebuild"};
static const struct text given = {
    "connect a node that has the journal and run heluo scrub again; else "
    "restore the newest backup, or begin with an empty store and heluo recover",
    "请连通持有该日志的节点后重新运行 heluo "
    "scrub；否则请恢复最近的备份，或以空库启动后运行 heluo recover"};
static const struct text restored = {
    "restore the newest backup, or begin with an empty store and heluo recover",
    "请恢复最近的备份，或以空库启动后运行 heluo recover"};

static const struct text fetched = {
    "it comes back by itself from a partner that has it; else take it out of "
    "the newest backup",
    "系统会自动从持有该文件的节点取回；否则请从最近的备份中恢复"};

static const struct text *remedy(const struct scrub_finding *finding)
{
    if (finding->kind == SCRUB_BLOB) {
        return &fetched;
    }
    if (scrub_is_projection(finding)) {
        return &computed;
    }
    bool of_journal =
        finding->kind == SCRUB_ENTRIES || finding->kind == SCRUB_TILE ||
        (finding->kind == SCRUB_ROW &&
         (finding->table == STORE_ENTRIES || finding->table == STORE_TILES));
    return of_journal ? &given : &restored;
}

static void put_key(const struct store_key *key, char *out, size_t room)
{
    size_t at = 0;
    for (size_t i = 0; i < key->size && i < 24 && at + 3 <= room; i++) {
        at += (size_t)snprintf(out + at, room - at, "%02x", key->data[i]);
    }
}

static void put_part(const struct scrub_finding *finding, char what, char *out,
                     size_t room)
{
    out[0] = '\0';
    switch (what) {
    case 't':
        snprintf(out, room, "%s", store_table_name(finding->table));
        break;
    case 'o':
        snprintf(out, room, "%s", finding->origin);
        break;
    case 'f':
        snprintf(out, room, "%" PRIu64, finding->first);
        break;
    case 'e':
        snprintf(out, room, "%" PRIu64,
                 finding->end > 0 ? finding->end - 1 : 0);
        break;
    case 'l':
        snprintf(out, room, "%u", finding->level);
        break;
    default:
        put_key(&finding->key, out, room);
        break;
    }
}

static void put(const struct scrub_finding *finding, const char *text,
                char out[SCRUB_TEXT_BYTES])
{
    size_t at = 0;
    while (*text != '\0' && at < SCRUB_TEXT_BYTES - 1) {
        if (text[0] == '%') {
            char part[HL_NAME_MAX_BYTES + 1];
            put_part(finding, text[1], part, sizeof(part));
            int wrote = snprintf(out + at, SCRUB_TEXT_BYTES - at, "%s", part);
            size_t left = SCRUB_TEXT_BYTES - 1 - at;
            at += (size_t)wrote < left ? (size_t)wrote : left;
            text += 2;
        } else {
            out[at++] = *text++;
        }
    }
    out[at] = '\0';
}

void scrub_finding_text(const struct scrub_finding *finding, bool chinese,
                        char out[SCRUB_TEXT_BYTES])
{
    const struct text *what = &whats[finding->kind];
    const struct text *how = remedy(finding);
    char form[SCRUB_TEXT_BYTES];
    if (finding->repaired) {
        snprintf(form, sizeof(form), "%s%s", chinese ? what->zh : what->en,
                 chinese ? "（已修复）" : " (repaired)");
    } else {
        snprintf(form, sizeof(form), "%s%s%s", chinese ? what->zh : what->en,
                 chinese ? "。" : "; ", chinese ? how->zh : how->en);
    }
    put(finding, form, out);
}
