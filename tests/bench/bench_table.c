/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE /* wait4 */

/* Reading tables beside reading the files alone: rows a second of the
 * processor's time, which other work on the machine does not change much, and
 * the most memory, at two sizes, so that it shows whether memory grows with the
 * file. Each measurement is a process of its own; the two sides run in turn,
 * round by round, and medians are printed. Files lie in a folder below
 * TMPDIR. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "node/table/table_reader.h"
#include "node/table/table_writer.h"
#include "protocol/base/writer.h"
#include "tests/support/rng.h"
#include "tests/support/scratch.h"

enum { COLUMNS = 20, ROUNDS = 3, CELL_BYTES = 192, READ_BYTES = 65536 };

static void must(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "bench_table: %s failed\n", what);
        exit(EXIT_FAILURE);
    }
}

/* --- The files. ---------------------------------------------------------- */

/* A row as the national interface's equipment has them: an id, names, numbers,
 * a date, some long texts, and what many rows share. */
static void make_cell(struct rng *rng, unsigned row, size_t column,
                      char cell[CELL_BYTES])
{
    static const char *const words[] = {
        "洛阳市",   "材料试验机", "X射线", "显微镜",     "质谱仪",     "共享",
        "河南科技", "开放",       "预约",  "分析与测试", "周一至周五", "中心"};
    size_t used = 0;
    switch (column % 5) {
    case 0:
        snprintf(cell, CELL_BYTES, "%08u%zu", row, column);
        break;
    case 1:
        snprintf(cell, CELL_BYTES, "%u.%02u", (unsigned)rng_below(rng, 2000),
                 (unsigned)rng_below(rng, 100));
        break;
    case 2:
        snprintf(cell, CELL_BYTES, "20%02u-%02u-%02u",
                 (unsigned)rng_below(rng, 27), 1 + (unsigned)rng_below(rng, 12),
                 1 + (unsigned)rng_below(rng, 28));
        break;
    case 3: /* shared by many rows */
        snprintf(cell, CELL_BYTES, "%s",
                 words[rng_below(rng, sizeof(words) / sizeof(*words))]);
        break;
    default:
        cell[0] = '\0';
        for (unsigned i = 0; i < 4 + rng_below(rng, 5); i++) {
            used += (size_t)snprintf(
                cell + used, CELL_BYTES - used, "%s%s", i == 2 ? ", " : "",
                words[rng_below(rng, sizeof(words) / sizeof(*words))]);
        }
    }
}

static void make_row(struct rng *rng, unsigned row,
                     char room[COLUMNS][CELL_BYTES], struct bytes *cells)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        make_cell(rng, row, i, room[i]);
        cells[i] = bytes_of_text(room[i]);
    }
}

static void make_names(char room[COLUMNS][CELL_BYTES], struct bytes *cells)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        snprintf(room[i], CELL_BYTES, "column %zu", i + 1);
        cells[i] = bytes_of_text(room[i]);
    }
}

static void write_file(const char *path, unsigned rows)
{
    char room[COLUMNS][CELL_BYTES];
    struct bytes cells[COLUMNS];
    struct table_writer *writer = NULL;
    const struct table_target target = {0};
    struct rng rng;
    rng_init(&rng, 1);
    make_names(room, cells);
    must(table_writer_open(path, &target, cells, COLUMNS, &writer, NULL) ==
             HL_OK,
         path);
    for (unsigned i = 0; i < rows; i++) {
        make_row(&rng, i, room, cells);
        must(table_writer_put(writer, cells, NULL) == HL_OK, path);
    }
    must(table_writer_commit(&writer, NULL) == HL_OK, path);
}

/* As Excel does: all strings shared, numbers as numbers. Its writer holds all
 * of it in memory, so it is a process of its own. */
static void write_shared(const char *path, unsigned rows)
{
    char room[COLUMNS][CELL_BYTES];
    struct bytes cells[COLUMNS];
    struct rng rng;
    rng_init(&rng, 1);
    lxw_workbook *book = workbook_new(path);
    lxw_worksheet *sheet = workbook_add_worksheet(book, NULL);
    make_names(room, cells);
    for (unsigned i = 0; i <= rows; i++) {
        for (size_t c = 0; c < COLUMNS; c++) {
            lxw_error error =
                i > 0 && c % 5 == 1
                    ? worksheet_write_number(sheet, i, (lxw_col_t)c,
                                             atof(room[c]), NULL)
                    : worksheet_write_string(sheet, i, (lxw_col_t)c, room[c],
                                             NULL);
            must(error == LXW_NO_ERROR, path);
        }
        make_row(&rng, i, room, cells);
    }
    must(workbook_close(book) == LXW_NO_ERROR, path);
}

/* --- What is measured. --------------------------------------------------- */

static unsigned read_table(const char *path)
{
    struct table_reader *reader = NULL;
    const struct table_row *row = NULL;
    unsigned rows = 0;
    must(table_reader_open(path, NULL, &reader, NULL) == HL_OK, path);
    must(table_reader_next(reader, &row, NULL) == HL_OK, path);
    while (row != NULL) {
        must(row->err == HL_OK, path);
        rows++;
        must(table_reader_next(reader, &row, NULL) == HL_OK, path);
    }
    table_reader_close(&reader);
    return rows;
}

static unsigned read_bytes(const char *path)
{
    static uint8_t buffer[READ_BYTES];
    unsigned sum = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    must(fd >= 0, path);
    for (ssize_t got = 1; got > 0;) {
        got = read(fd, buffer, sizeof(buffer));
        for (ssize_t i = 0; i < got; i += 64) {
            sum += buffer[i];
        }
    }
    close(fd);
    return sum;
}

static unsigned nothing(const char *path)
{
    (void)path;
    return 0;
}

struct cost {
    double seconds;
    double memory_mb;
};

typedef unsigned (*work_fn)(const char *path);

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static struct cost measure(work_fn work, const char *path)
{
    struct rusage usage;
    int status = 0;
    fflush(stdout);
    pid_t child = fork();
    must(child >= 0, "fork");
    if (child == 0) {
        work(path);
        _exit(EXIT_SUCCESS);
    }
    must(wait4(child, &status, 0, &usage) == child, "wait4");
    must(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS, path);
    return (struct cost){
        .seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime),
        .memory_mb = (double)usage.ru_maxrss / 1024,
    };
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof(*values), compare);
    return values[ROUNDS / 2];
}

static void bench(const char *path, const char *name, unsigned rows)
{
    double ours[ROUNDS], alone[ROUNDS], memory[ROUNDS], least[ROUNDS];
    struct stat status;
    must(stat(path, &status) == 0, path);
    for (int i = 0; i < ROUNDS; i++) {
        struct cost start = measure(nothing, path);
        least[i] = start.memory_mb;
        alone[i] = measure(read_bytes, path).seconds - start.seconds;
        struct cost cost = measure(read_table, path);
        ours[i] = cost.seconds - start.seconds;
        memory[i] = cost.memory_mb;
    }
    double a = median(ours);
    double b = median(alone);
    double size_mb = (double)status.st_size / 1e6;
    printf("  %-12s %7u rows, %6.1f MB: %7.0f rows/s, %6.1f MB/s, file alone "
           "%7.1f MB/s, ratio 1:%-5.0f memory %4.1f MB (nothing: %.1f)\n",
           name, rows, size_mb, rows / a, size_mb / a, size_mb / b, a / b,
           median(memory), median(least));
}

static void in_child(void (*write)(const char *, unsigned), const char *path,
                     unsigned rows)
{
    int status = 0;
    pid_t child = fork();
    must(child >= 0, "fork");
    if (child == 0) {
        write(path, rows);
        _exit(EXIT_SUCCESS);
    }
    must(waitpid(child, &status, 0) == child, "waitpid");
    must(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS, path);
}

static void bench_format(const char *folder, const char *ending, bool shared,
                         unsigned rows)
{
    char path[512];
    char name[32];
    snprintf(path, sizeof(path), "%s/%u%s.%s", folder, rows,
             shared ? "-shared" : "", ending);
    snprintf(name, sizeof(name), "%s%s", ending, shared ? " shared" : "");
    in_child(shared ? write_shared : write_file, path, rows);
    bench(path, name, rows);
    unlink(path);
}

int main(int argc, char **argv)
{
    static const char *const endings[] = {"csv", "tsv", "jsonl", "json",
                                          "xlsx"};
    long most = argc > 1 ? strtol(argv[1], NULL, 10) : 200000;
    must(most >= 10 && most <= 1000000, "ROWS is 10 to 1000000, so it");
    char folder[256];
    scratch_make(folder, sizeof(folder));
    printf("%d columns; MB are 10^6 bytes of the file; times are the "
           "processor's\n",
           COLUMNS);
    for (unsigned rows = (unsigned)most / 10; rows <= (unsigned)most;
         rows *= 10) {
        for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
            bench_format(folder, endings[i], false, rows);
        }
        bench_format(folder, "xlsx", true, rows);
    }
    scratch_remove(folder);
    return EXIT_SUCCESS;
}
