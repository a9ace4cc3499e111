/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/crash/work.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "certs/tools/file.h"
#include "node/backup/backup.h"
#include "tests/crash/log.h"

/* --- The node. ----------------------------------------------------------- */

void work_init(struct work *work, const char *folder)
{
    const uint8_t seed[32] = {7};
    *work = (struct work){.mark = {.fd = -1}};
    snprintf(work->store_folder, sizeof(work->store_folder), "%s/store",
             folder);
    snprintf(work->mark_path, sizeof(work->mark_path), "%s/journal.mark",
             folder);
    snprintf(work->backup_folder, sizeof(work->backup_folder), "%s/backup",
             folder);
    snprintf(work->restored_folder, sizeof(work->restored_folder),
             "%s/restored", folder);
    if (signer_ed25519(bytes_of_text(WORLD_ORIGIN), VKEY_ED25519, seed,
                       &work->signer) != HL_OK) {
        abort();
    }
}

static void close_all(struct work *work)
{
    author_destroy(&work->author);
    mark_file_close(&work->mark);
    store_close(&work->store);
}

void work_fini(struct work *work)
{
    close_all(work);
    signer_fini(&work->signer);
}

hl_err work_open_store(struct work *work, struct hl_detail *detail)
{
    struct store_options options = {
        .folder = work->store_folder,
        .map_bytes = 1ull << 30,
        .max_bytes = 1ull << 30,
        .reserve_bytes = 1 << 20,
        .readers_max = 8,
        .volatile_disk = work->volatile_disk,
    };
    return store_open(&options, &work->store, detail);
}

static hl_err write_mark(void *context, const struct head *head,
                         struct hl_detail *detail)
{
    return mark_file_write(context, head, detail);
}

hl_err work_open_author(struct work *work, struct hl_detail *detail)
{
    hl_err err = mark_file_open(work->mark_path, &work->mark, detail);
    if (err != HL_OK) {
        return err;
    }
    struct author_options options = {
        .store = work->store,
        .origin = WORLD_ORIGIN,
        .signers = &work->signer,
        .signer_count = 1,
        .mark = &work->mark.mark,
        .keeper = {.context = &work->mark, .write = write_mark},
    };
    return author_create(&options, &work->author, &work->refusal, &work->why,
                         detail);
}

static hl_err run_command(struct work *work, const struct planned *planned,
                          struct hl_detail *detail)
{
    struct put put;
    plan_put(planned, &put);
    hl_err err = author_run(work->author, &put.command, detail);
    const struct write_answer *answer = &put.command.result;
    if (err == HL_OK && answer->err != HL_OK) {
        err = hl_fail(detail, HL_EDIFFERS, "command %u was refused: %s",
                      planned->command, put.command.detail.text);
    } else if (err == HL_OK && answer->index != planned->index) {
        err = hl_fail(detail, HL_EDIFFERS,
                      "command %u made entry %" PRIu64 ", not %" PRIu64,
                      planned->command, answer->index, planned->index);
    }
    put_fini(&put);
    return err;
}

static hl_err begin_txn(struct work *work, const struct plan *plan, size_t txn,
                        struct hl_detail *detail)
{
    hl_err err = author_begin(work->author, plan_time(txn), detail);
    for (size_t i = 0; err == HL_OK && i < plan->txns[txn].count; i++) {
        err = run_command(work, &plan->txns[txn].commands[i], detail);
    }
    return err;
}

static hl_err end_txn(struct work *work, const struct plan *plan, size_t txn,
                      hl_err err, struct hl_detail *detail)
{
    if (err != HL_OK || author_pending(work->author) == 0) {
        author_abort(work->author);
        return err;
    }
    err = author_commit(work->author, detail);
    if (err == HL_OK &&
        author_head(work->author).size != plan->txns[txn].size_after) {
        err =
            hl_fail(detail, HL_EDIFFERS,
                    "the journal has %" PRIu64 " entries, not %" PRIu64,
                    author_head(work->author).size, plan->txns[txn].size_after);
    }
    return err;
}

hl_err work_txn(struct work *work, const struct plan *plan, size_t txn,
                struct hl_detail *detail)
{
    hl_err err = begin_txn(work, plan, txn, detail);
    return end_txn(work, plan, txn, err, detail);
}

/* --- A run. -------------------------------------------------------------- */

static void append_note(const struct work_run *run, const char *text)
{
    struct writer raw = {0};
    struct record head = {.kind = RECORD_NOTE, .size = (uint32_t)strlen(text)};
    writer_bytes(&raw, bytes_of(&head, sizeof(head)));
    writer_text(&raw, text);
    int fd = open(run->notes, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, raw.data, raw.size) != (ssize_t)raw.size) {
        perror(run->notes);
        abort();
    }
    close(fd);
    writer_fini(&raw);
}

static hl_err make_folder(const char *path, struct hl_detail *detail)
{
    return file_exists(path) ? HL_OK : file_create_folder(path, 0700, detail);
}

static hl_err make_mark(const struct work_run *run, const struct work *work,
                        struct hl_detail *detail)
{
    char note[NOTE_BYTES];
    hl_err err = HL_OK;
    if (!file_exists(work->mark_path)) {
        struct writer text = {0};
        struct mark mark = {.key = work->signer.vkey, .head = head_empty()};
        mark_file_text(&mark, &text);
        err = file_create(work->mark_path, FILE_MODE_PUBLIC, writer_view(&text),
                          detail);
        writer_fini(&text);
    }
    if (err == HL_OK) {
        note_marked(note);
        append_note(run, note);
    }
    return err;
}

static hl_err back_up(const struct work *work, struct hl_detail *detail)
{
    struct backup_report report;
    struct backup_options options = {.from = work->store_folder,
                                     .into = work->backup_folder,
                                     .origin = WORLD_ORIGIN,
                                     .now = plan_time(0)};
    return backup_make(&options, &report, detail);
}

/* One process cannot have an LMDB store open twice. */
static hl_err back_up_beside(const struct work *work, struct hl_detail *detail)
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        hl_err err = back_up(work, detail);
        _exit(hl_err_exit(err));
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        abort();
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
        raise(SIGKILL); /* as the shim was told */
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == hl_err_exit(HL_EIO)) {
        return hl_fail(detail, HL_EIO, "the backup failed");
    }
    if (status != 0) {
        return hl_fail(detail, HL_EDIFFERS, "the backup failed otherwise");
    }
    return HL_OK;
}

/* What a backup left that was broken off, as an operator does. */
static void remove_backup(const struct work *work)
{
    static const char *const names[] = {"data.mdb.new", "data.mdb", "lock.mdb",
                                        "store.lock"};
    char path[512];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", work->backup_folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(work->backup_folder);
}

static hl_err back_up_noted(const struct work_run *run, const struct work *work,
                            struct hl_detail *detail)
{
    char note[NOTE_BYTES];
    remove_backup(work);
    note_backup(note, false);
    append_note(run, note);
    hl_err err =
        run->online ? back_up_beside(work, detail) : back_up(work, detail);
    if (err == HL_OK) {
        note_backup(note, true);
        append_note(run, note);
    }
    return err;
}

static hl_err open_and_close(const char *folder, struct hl_detail *detail)
{
    struct work other;
    work_init(&other, "");
    snprintf(other.store_folder, sizeof(other.store_folder), "%s", folder);
    hl_err err = work_open_store(&other, detail);
    work_fini(&other);
    return err;
}

static hl_err restore(const struct work_run *run, const struct work *work,
                      struct hl_detail *detail)
{
    char path[512], note[NOTE_BYTES];
    struct backup_report report;
    struct backup_options options = {.from = work->backup_folder,
                                     .into = work->restored_folder,
                                     .origin = WORLD_ORIGIN,
                                     .now = plan_time(0)};
    snprintf(path, sizeof(path), "%s/data.mdb", work->restored_folder);
    /* One that was broken off behind its last step is like any store. */
    hl_err err = file_exists(path)
                     ? open_and_close(work->restored_folder, detail)
                     : backup_restore(&options, &report, detail);
    if (err == HL_OK) {
        note_restored(note);
        append_note(run, note);
    }
    return err;
}

/* The outcome is unknown: the process has to end. A difference is a finding. */
static bool may_go_on(hl_err err)
{
    return err != HL_EFLUSH && err != HL_EDIFFERS;
}

static hl_err run_txn(const struct work_run *run, struct work *work, size_t txn,
                      bool *backed_up, struct hl_detail *detail)
{
    char note[NOTE_BYTES];
    bool backup = run->online && txn >= run->plan->count / 2 && !*backed_up;
    note_begun(note, txn + 1);
    append_note(run, note);
    hl_err err = begin_txn(work, run->plan, txn, detail);
    if (err == HL_OK && backup) {
        err = back_up_noted(run, work, detail);
        *backed_up = err == HL_OK;
    }
    err = end_txn(work, run->plan, txn, err, detail);
    if (err != HL_OK && may_go_on(err)) {
        err = work_txn(work, run->plan, txn, detail);
    }
    if (err == HL_OK) {
        struct head head = author_head(work->author);
        note_acked(note, txn + 1, &head.root);
        append_note(run, note);
    }
    return err;
}

static hl_err run_txns(const struct work_run *run, struct work *work,
                       bool *backed_up, struct hl_detail *detail)
{
    size_t txn = 0;
    hl_err err = work_open_store(work, detail);
    if (err == HL_OK) {
        err = work_open_author(work, detail);
    }
    if (err == HL_OK && work->refusal != HL_OK) {
        *detail = work->why;
        err = work->refusal;
    }
    if (err == HL_OK &&
        !plan_txns_at(run->plan, author_head(work->author).size, &txn)) {
        err = hl_fail(detail, HL_EDIFFERS, "half a transaction is there");
    }
    while (err == HL_OK && txn < run->plan->count) {
        err = run_txn(run, work, txn++, backed_up, detail);
    }
    return err;
}

static bool was_backed_up(const struct work_run *run)
{
    struct log log;
    struct facts facts = {0};
    if (!file_exists(run->notes)) {
        return false;
    }
    log_read(&log, run->notes);
    for (size_t i = 0; i < log.count; i++) {
        if (log.items[i].record.kind == RECORD_NOTE) {
            log_note(&log.items[i], &facts);
        }
    }
    log_fini(&log);
    return facts.backed_up;
}

static void set_about(struct work_run *run, const char *path)
{
    snprintf(run->about, sizeof(run->about), "%s", path);
}

static hl_err prepare(struct work_run *run, const struct work *work,
                      struct hl_detail *detail)
{
    set_about(run, work->store_folder);
    hl_err err = make_folder(work->store_folder, detail);
    if (err == HL_OK) {
        set_about(run, work->restored_folder);
        err = make_folder(work->restored_folder, detail);
    }
    if (err == HL_OK) {
        set_about(run, work->mark_path);
        err = make_mark(run, work, detail);
    }
    return err;
}

hl_err work_run(struct work_run *run, struct hl_detail *detail)
{
    struct work work;
    bool backed_up = was_backed_up(run);
    work_init(&work, run->folder);
    hl_err err = prepare(run, &work, detail);
    if (err == HL_OK) {
        set_about(run, work.store_folder);
        err = run_txns(run, &work, &backed_up, detail);
    }
    close_all(&work);
    if (err == HL_OK && !backed_up) {
        set_about(run, work.backup_folder);
        err = back_up_noted(run, &work, detail);
    }
    if (err == HL_OK) {
        set_about(run, work.restored_folder);
        err = restore(run, &work, detail);
    }
    work_fini(&work);
    return err;
}
