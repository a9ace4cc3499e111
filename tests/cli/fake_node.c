/* SPDX-License-Identifier: Apache-2.0 */

/* A node that only pretends, for what a real one never says to `heluo`: a
 * rewritten history, a root that is not its entries', text that turns on a
 * terminal, an outcome that is unknown. Serves until it is killed.
 *
 *   fake_node SOCKET JOURNAL-KEY SIZE HOW
 *
 * SIZE entries, each with a unit. HOW is one of the words below. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "certs/tools/keyfile.h"
#include "heluo/v1/catalogue.pb-c.h"
#include "heluo/v1/journal.pb-c.h"
#include "heluo/v1/node.pb-c.h"
#include "protocol/entry/entry.h"
#include "protocol/note/receipt.h"
#include "tests/support/mem_tree.h"
#include "tests/unit/client/tiny_server.h"

enum how {
    HOW_GOOD,
    HOW_REWRITTEN, /* entries from the third on are others */
    HOW_LYING,     /* gives other entries than it signed */
    HOW_MISPLACED, /* an entry says it is another */
    HOW_FULL,      /* takes no writes */
    HOW_RUDE,      /* its texts turn on the reader's terminal */
    HOW_UNSURE,    /* never knows whether a write happened */
    HOW_FLAKY,     /* the second time it does */
    HOW_COUNT
};

static const char *const how_words[HOW_COUNT] = {
    "good", "rewritten", "lying",  "misplaced",
    "full", "rude",      "unsure", "flaky"};

struct fake {
    enum how how;
    struct keyfile author;
    uint64_t size;
    struct writer *entries;
    struct mem_tree tree;
    struct writer checkpoint;
    int puts;
    uint8_t first_id[16];
};

static void must(hl_err err, const char *what)
{
    if (err != HL_OK) {
        fprintf(stderr, "%s: %s\n", what, hl_err_text(err));
        exit(EXIT_FAILURE);
    }
}

static void fill_unit(const struct fake *fake, uint64_t index, bool other,
                      Heluo__V1__UnitRecord *unit, char id[32])
{
    heluo__v1__unit_record__init(unit);
    snprintf(id, 32, "1241000041580050%c%c", 'A' + (char)(index % 26),
             other ? 'X' : 'Y');
    unit->scheme = "uscc";
    unit->id = id;
    unit->name_zh =
        fake->how == HOW_RUDE ? "\x1b[2J\xe2\x80\xae郑州" : "郑州大学";
    unit->kind = HELUO__V1__UNIT_KIND__UNIT_KIND_UNIVERSITY;
    unit->division = "410102";
    unit->division_revision = 2023;
}

static void make_entry(struct fake *fake, uint64_t index, bool other,
                       struct writer *out)
{
    char id[32];
    Heluo__V1__UnitRecord unit;
    struct writer body = {0};
    fill_unit(fake, index, other, &unit, id);
    size_t size = heluo__v1__unit_record__get_packed_size(&unit);
    heluo__v1__unit_record__pack(&unit, writer_extend(&body, size));
    bool misplaced = fake->how == HOW_MISPLACED && index == 4;
    struct entry entry = {
        .origin = bytes_of_text(fake->author.public.name),
        .index = misplaced ? 3 : index,
        .recorded_at = wall_from_seconds(1795000000 + (int64_t)index),
        .body_type = entry_body_type(index == 1 ? 99 : 1, false),
        .body = writer_view(&body)};
    must(entry_encode(&entry, out, NULL), "entry");
    writer_fini(&body);
}

static void make_journal(struct fake *fake)
{
    struct checkpoint checkpoint = {0};
    fake->entries = calloc(fake->size, sizeof(*fake->entries));
    for (uint64_t i = 0; i < fake->size; i++) {
        bool other = fake->how == HOW_REWRITTEN && i >= 2;
        make_entry(fake, i, other, &fake->entries[i]);
        mem_tree_append_entry(&fake->tree, writer_view(&fake->entries[i]));
        if (fake->how == HOW_LYING && i == 2) {
            writer_clear(&fake->entries[i]);
            make_entry(fake, i, true, &fake->entries[i]);
        }
    }
    checkpoint.head = mem_tree_head(&fake->tree, fake->size);
    snprintf(checkpoint.origin, sizeof(checkpoint.origin), "%s",
             fake->author.public.name);
    must(checkpoint_sign(&checkpoint, &fake->author.signer, 1,
                         &fake->checkpoint),
         "sign");
}

static ProtobufCBinaryData data_of(const struct writer *writer)
{
    return (ProtobufCBinaryData){.len = writer->size, .data = writer->data};
}

static void answer(struct tiny_call *call, const ProtobufCMessage *message)
{
    tiny_send_message(call, message);
    tiny_finish(call, 0, NULL, "");
}

static void refuse(struct tiny_call *call, hl_err err, const char *text)
{
    tiny_finish(call, (int)hl_err_grpc(err), hl_err_name(err), text);
}

static void serve_status(struct tiny_call *call, struct fake *fake)
{
    Heluo__V1__NodeStatusResponse status =
        HELUO__V1__NODE_STATUS_RESPONSE__INIT;
    Heluo__V1__NodeProblem problem = HELUO__V1__NODE_PROBLEM__INIT;
    Heluo__V1__NodeProblem *problems[] = {&problem};
    status.version = "0.1.0";
    status.alliance = "zy.example";
    status.node = fake->how == HOW_RUDE ? "\x1b]0;x\x07" : "zhengzhou";
    status.now_ms = 1795000000000 + 3 * 86400000;
    status.started_at_ms = 1795000000000;
    status.writable = fake->how != HOW_FULL;
    status.journal_size = fake->size;
    status.last_entry_at_ms = status.now_ms - 90000;
    status.certificate_until_ms = status.now_ms + 30ull * 86400000;
    status.crl_until_ms = status.now_ms - 7200000;
    status.store_bytes = 1536ull << 20;
    status.store_max_bytes = 64ull << 30;
    status.disk_free_bytes = 10ull << 40;
    status.log_level = "info";
    if (fake->how == HOW_FULL || fake->how == HOW_RUDE) {
        status.n_problems = 1;
        status.problems = problems;
        problem.code = "HL_EFULL";
        problem.text_en = "the disk is full: make room on /var/lib/heluo";
        problem.text_zh = "磁盘已满：请清理 /var/lib/heluo";
        problem.urgent = fake->how == HOW_FULL;
        status.refusal = fake->how == HOW_FULL ? "the disk is full" : "";
    }
    answer(call, &status.base);
}

static void serve_checkpoint(struct tiny_call *call, struct fake *fake)
{
    Heluo__V1__JournalCheckpointResponse response =
        HELUO__V1__JOURNAL_CHECKPOINT_RESPONSE__INIT;
    response.checkpoint = data_of(&fake->checkpoint);
    answer(call, &response.base);
}

/* At most two at a time, so that a walk takes several calls. */
static void serve_entries(struct tiny_call *call, struct fake *fake)
{
    struct bytes raw = tiny_request(call);
    Heluo__V1__JournalEntriesRequest *request =
        heluo__v1__journal_entries_request__unpack(NULL, raw.size, raw.data);
    Heluo__V1__JournalEntriesResponse response =
        HELUO__V1__JOURNAL_ENTRIES_RESPONSE__INIT;
    ProtobufCBinaryData entries[2];
    response.first = request->first;
    response.entries = entries;
    while (response.n_entries < 2 && response.n_entries < request->count &&
           request->first + response.n_entries < fake->size) {
        entries[response.n_entries] =
            data_of(&fake->entries[request->first + response.n_entries]);
        response.n_entries++;
    }
    answer(call, &response.base);
    heluo__v1__journal_entries_request__free_unpacked(request, NULL);
}

static void make_receipt(struct fake *fake, uint64_t index, struct writer *out)
{
    struct hash_source source = mem_tree_source(&fake->tree);
    struct receipt receipt = {.has_entry = true,
                              .index = index,
                              .entry = writer_view(&fake->entries[index]),
                              .checkpoint = writer_view(&fake->checkpoint)};
    must(prove_inclusion(&source, index, fake->size, &receipt.proof), "prove");
    receipt_write(&receipt, out);
}

static void serve_receipt(struct tiny_call *call, struct fake *fake)
{
    struct bytes raw = tiny_request(call);
    Heluo__V1__JournalReceiptRequest *request =
        heluo__v1__journal_receipt_request__unpack(NULL, raw.size, raw.data);
    Heluo__V1__JournalReceiptResponse response =
        HELUO__V1__JOURNAL_RECEIPT_RESPONSE__INIT;
    struct writer text = {0};
    if (request->index >= fake->size) {
        refuse(call, HL_ENOTFOUND, "no such entry");
    } else {
        make_receipt(fake, request->index, &text);
        response.receipt = data_of(&text);
        answer(call, &response.base);
    }
    writer_fini(&text);
    heluo__v1__journal_receipt_request__free_unpacked(request, NULL);
}

static void serve_put(struct tiny_call *call, struct fake *fake)
{
    struct bytes raw = tiny_request(call);
    Heluo__V1__CataloguePutRequest *request =
        heluo__v1__catalogue_put_request__unpack(NULL, raw.size, raw.data);
    Heluo__V1__CataloguePutResponse response =
        HELUO__V1__CATALOGUE_PUT_RESPONSE__INIT;
    Heluo__V1__Written written = HELUO__V1__WRITTEN__INIT;
    struct writer receipt = {0};
    uint8_t id[16] = {0};
    memcpy(id, request->write->command_id.data, request->write->command_id.len);
    fake->puts++;
    written.origin = fake->author.public.name;
    written.index = 5;
    written.repeated = memcmp(id, fake->first_id, sizeof(id)) == 0;
    memcpy(fake->first_id, id, sizeof(id));
    if (request->write->want_receipt) {
        make_receipt(fake, 5, &receipt);
        written.receipt = data_of(&receipt);
    }
    response.written = &written;
    if (fake->how == HOW_FULL) {
        refuse(call, HL_EFULL, "the disk is full");
    } else if (fake->how == HOW_UNSURE ||
               (fake->how == HOW_FLAKY && fake->puts == 1)) {
        refuse(call, HL_EFLUSH, "the disk did not say");
    } else {
        answer(call, &response.base);
    }
    writer_fini(&receipt);
    heluo__v1__catalogue_put_request__free_unpacked(request, NULL);
}

struct view {
    Heluo__V1__UnitRecord unit;
    Heluo__V1__Record record;
    Heluo__V1__RecordView view;
    char id[32];
};

static void fill_view(struct fake *fake, uint64_t index, struct view *out)
{
    fill_unit(fake, index, false, &out->unit, out->id);
    heluo__v1__record_view__init(&out->view);
    heluo__v1__record__init(&out->record);
    out->record.record_case = HELUO__V1__RECORD__RECORD_UNIT;
    out->record.unit = &out->unit;
    out->view.record = &out->record;
    out->view.origin = fake->author.public.name;
    out->view.index = out->view.first_index = index;
    out->view.retired = index == 1;
}

static void serve_get(struct tiny_call *call, struct fake *fake)
{
    struct bytes raw = tiny_request(call);
    Heluo__V1__CatalogueGetRequest *request =
        heluo__v1__catalogue_get_request__unpack(NULL, raw.size, raw.data);
    Heluo__V1__CatalogueGetResponse response =
        HELUO__V1__CATALOGUE_GET_RESPONSE__INIT;
    Heluo__V1__Position position = HELUO__V1__POSITION__INIT;
    Heluo__V1__Position *positions[] = {&position};
    struct view view;
    Heluo__V1__RecordView *views[] = {&view.view};
    fill_view(fake, 1, &view);
    position.origin = fake->author.public.name;
    position.size = fake->size;
    response.n_as_of = 1;
    response.as_of = positions;
    response.n_records = strcmp(request->key->unit_id, view.id) == 0 &&
                         strcmp(request->key->unit_scheme, "uscc") == 0;
    response.records = views;
    answer(call, &response.base);
    heluo__v1__catalogue_get_request__free_unpacked(request, NULL);
}

static void serve_retire(struct tiny_call *call, struct fake *fake)
{
    struct bytes raw = tiny_request(call);
    Heluo__V1__CatalogueRetireRequest *request =
        heluo__v1__catalogue_retire_request__unpack(NULL, raw.size, raw.data);
    Heluo__V1__CatalogueRetireResponse response =
        HELUO__V1__CATALOGUE_RETIRE_RESPONSE__INIT;
    Heluo__V1__Written written = HELUO__V1__WRITTEN__INIT;
    written.origin = fake->author.public.name;
    written.index = 6;
    response.written = &written;
    if (strcmp(request->reason, "merged") == 0) {
        answer(call, &response.base);
    } else {
        refuse(call, HL_ENOTFOUND, "no such unit");
    }
    heluo__v1__catalogue_retire_request__free_unpacked(request, NULL);
}

/* A page has one unit. */
static void serve_list(struct tiny_call *call, struct fake *fake)
{
    struct bytes raw = tiny_request(call);
    Heluo__V1__CatalogueListRequest *request =
        heluo__v1__catalogue_list_request__unpack(NULL, raw.size, raw.data);
    Heluo__V1__CatalogueListResponse response =
        HELUO__V1__CATALOGUE_LIST_RESPONSE__INIT;
    struct view view;
    Heluo__V1__RecordView *views[] = {&view.view};
    uint8_t next = 0;
    if (request->page_token.len == 1) {
        next = request->page_token.data[0];
    }
    fill_view(fake, next, &view);
    next++;
    response.n_records = 1;
    response.records = views;
    response.next_page_token =
        (ProtobufCBinaryData){.len = next < fake->size, .data = &next};
    answer(call, &response.base);
    heluo__v1__catalogue_list_request__free_unpacked(request, NULL);
}

static void serve_watch(struct tiny_call *call, struct fake *fake)
{
    struct bytes raw = tiny_request(call);
    Heluo__V1__CatalogueWatchRequest *request =
        heluo__v1__catalogue_watch_request__unpack(NULL, raw.size, raw.data);
    uint8_t seen = request->token.len == 1 ? request->token.data[0] : 0;
    Heluo__V1__CatalogueChange current = HELUO__V1__CATALOGUE_CHANGE__INIT;
    current.current = true;
    while (seen < fake->size) {
        Heluo__V1__CatalogueChange change = HELUO__V1__CATALOGUE_CHANGE__INIT;
        struct view view;
        fill_view(fake, seen++, &view);
        change.record = &view.view;
        change.token = (ProtobufCBinaryData){.len = 1, .data = &seen};
        tiny_send_message(call, &change.base);
    }
    current.token = (ProtobufCBinaryData){.len = 1, .data = &seen};
    tiny_send_message(call, &current.base);
    tiny_wait_for_cancel(call);
    heluo__v1__catalogue_watch_request__free_unpacked(request, NULL);
}

static void serve_rebuild(struct tiny_call *call, struct fake *fake)
{
    for (uint64_t i = 0; i <= 1; i++) {
        Heluo__V1__NodeRebuildProgress progress =
            HELUO__V1__NODE_REBUILD_PROGRESS__INIT;
        progress.entries_total = fake->size;
        progress.entries_done = i * fake->size;
        progress.rows = progress.entries_done;
        progress.done = i == 1;
        progress.rows_different = fake->how == HOW_LYING ? 2 : 0;
        tiny_send_message(call, &progress.base);
    }
    tiny_finish(call, 0, NULL, "");
}

static void serve_scrub(struct tiny_call *call, struct fake *fake)
{
    Heluo__V1__NodeScrubProgress progress =
        HELUO__V1__NODE_SCRUB_PROGRESS__INIT;
    Heluo__V1__NodeDamage gone = HELUO__V1__NODE_DAMAGE__INIT;
    Heluo__V1__NodeDamage mended = HELUO__V1__NODE_DAMAGE__INIT;
    Heluo__V1__NodeDamage *damages[] = {&gone, &mended};
    gone.table = mended.table = "entries";
    gone.origin = mended.origin = "zy.example/zhengzhou";
    gone.text_en = "entries 1 to 2 are gone";
    gone.text_zh = "第 1 至 2 条缺失";
    mended.text_en = "entries 3 to 4 are gone (repaired)";
    mended.repaired = true;
    tiny_send_message(call, &progress.base);
    progress.rows = progress.entries = fake->size;
    progress.done = true;
    if (fake->how == HOW_LYING) {
        progress.found = 2;
        progress.repaired = 1;
        progress.n_damages = 2;
        progress.damages = damages;
    }
    tiny_send_message(call, &progress.base);
    tiny_finish(call, 0, NULL, "");
}

static void serve_findings(struct tiny_call *call, struct fake *fake)
{
    Heluo__V1__NodeFindingsResponse response =
        HELUO__V1__NODE_FINDINGS_RESPONSE__INIT;
    Heluo__V1__NodeFinding finding = HELUO__V1__NODE_FINDING__INIT;
    Heluo__V1__NodeFinding *findings[] = {&finding};
    finding.kind = "no-effect";
    finding.origin = "zy.example/zhengzhou";
    finding.subject = "uscc:1";
    finding.text_en = "it has no effect";
    finding.text_zh = "无效";
    response.n_findings = fake->how == HOW_LYING;
    response.findings = findings;
    answer(call, &response.base);
}

static void serve_level(struct tiny_call *call, struct fake *fake)
{
    Heluo__V1__NodeSetLogLevelResponse response =
        HELUO__V1__NODE_SET_LOG_LEVEL_RESPONSE__INIT;
    (void)fake;
    response.former = "info";
    answer(call, &response.base);
}

static const struct {
    const char *path;
    void (*serve)(struct tiny_call *call, struct fake *fake);
} methods[] = {
    {"/heluo.v1.Journal/Checkpoint", serve_checkpoint},
    {"/heluo.v1.Journal/Entries", serve_entries},
    {"/heluo.v1.Journal/Receipt", serve_receipt},
    {"/heluo.v1.Node/Findings", serve_findings},
    {"/heluo.v1.Node/Rebuild", serve_rebuild},
    {"/heluo.v1.Node/Scrub", serve_scrub},
    {"/heluo.v1.Node/SetLogLevel", serve_level},
    {"/heluo.v1.Node/Status", serve_status},
    {"/heluo.v1.Catalogue/Get", serve_get},
    {"/heluo.v1.Catalogue/List", serve_list},
    {"/heluo.v1.Catalogue/Put", serve_put},
    {"/heluo.v1.Catalogue/Retire", serve_retire},
    {"/heluo.v1.Catalogue/Watch", serve_watch},
};

static void serve(struct tiny_call *call, void *context)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (tiny_is(call, methods[i].path)) {
            methods[i].serve(call, context);
            return;
        }
    }
    refuse(call, HL_EUNSUPPORTED, "no such method");
}

static enum how how_of(const char *word)
{
    for (int how = 0; how < HOW_COUNT; how++) {
        if (strcmp(word, how_words[how]) == 0) {
            return (enum how)how;
        }
    }
    must(HL_EUSAGE, word);
    return HOW_GOOD;
}

int main(int argc, char **argv)
{
    struct fake fake = {0};
    char address[256];
    if (argc != 5) {
        must(HL_EUSAGE, "fake_node SOCKET JOURNAL-KEY SIZE HOW");
    }
    fake.how = how_of(argv[4]);
    fake.size = strtoull(argv[3], NULL, 10);
    must(keyfile_load(argv[2], (struct bytes){0}, &fake.author, NULL), argv[2]);
    make_journal(&fake);
    snprintf(address, sizeof(address), "unix:%s", argv[1]);
    tiny_start(&(struct tiny_options){
        .address = address, .serve = serve, .context = &fake});
    for (;;) {
        pause();
    }
}
