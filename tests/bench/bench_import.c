/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE /* wait4 */

/* What bench_import.sh measures with:
 *
 *   bench_import convert FILE OTHER   the same table in another format
 *   bench_import read FILE         reads a table and nothing else
 *   bench_import run COMMAND...    runs it: how long, and the most memory
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/table/table_reader.h"
#include "node/table/table_writer.h"
#include "tests/bench/bench_latency.h"

static void must(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "bench_import: %s failed\n", what);
        exit(EXIT_FAILURE);
    }
}

static void print_seconds(int64_t start_ns)
{
    printf("seconds %.3f\n", (double)(bench_now_ns() - start_ns) / 1e9);
}

static void read_table(const char *path)
{
    struct table_reader *reader = NULL;
    const struct table_row *row = NULL;
    unsigned rows = 0;
    int64_t start = bench_now_ns();
    must(table_reader_open(path, NULL, &reader, NULL) == HL_OK, path);
    must(table_reader_next(reader, &row, NULL) == HL_OK, path);
    while (row != NULL) {
        rows++;
        must(table_reader_next(reader, &row, NULL) == HL_OK, path);
    }
    table_reader_close(&reader);
    printf("rows %u\n", rows);
    print_seconds(start);
}

static void convert(const char *path, const char *other)
{
    enum { COLUMNS_MAX = 100 };
    const struct table_target target = {0};
    struct table_reader *reader = NULL;
    struct table_writer *writer = NULL;
    const struct table_row *row = NULL;
    struct bytes cells[COLUMNS_MAX];
    must(table_reader_open(path, NULL, &reader, NULL) == HL_OK, path);
    size_t count = table_reader_columns(reader);
    must(count <= COLUMNS_MAX, path);
    for (size_t i = 0; i < count; i++) {
        cells[i] = table_reader_column(reader, i);
    }
    must(table_writer_open(other, &target, cells, count, &writer, NULL) ==
             HL_OK,
         other);
    must(table_reader_next(reader, &row, NULL) == HL_OK, path);
    while (row != NULL) {
        for (size_t i = 0; i < count; i++) {
            cells[i] = row->cells[i].text;
        }
        must(table_writer_put(writer, cells, NULL) == HL_OK, other);
        must(table_reader_next(reader, &row, NULL) == HL_OK, path);
    }
    must(table_writer_commit(&writer, NULL) == HL_OK, other);
    table_reader_close(&reader);
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void run(char **command)
{
    struct rusage usage;
    int status = 0;
    int64_t start = bench_now_ns();
    pid_t child = fork();
    must(child >= 0, "fork");
    if (child == 0) {
        must(freopen("/dev/null", "w", stdout) != NULL, "/dev/null");
        execv(command[0], command);
        must(false, command[0]);
    }
    must(wait4(child, &status, 0, &usage) == child, "wait4");
    must(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS, command[0]);
    print_seconds(start);
    printf("cpu %.3f\n", seconds(usage.ru_utime) + seconds(usage.ru_stime));
    printf("memory_mb %.1f\n", (double)usage.ru_maxrss / 1024);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "read") == 0) {
        read_table(argv[2]);
    } else if (argc == 4 && strcmp(argv[1], "convert") == 0) {
        convert(argv[2], argv[3]);
    } else if (argc > 2 && strcmp(argv[1], "run") == 0) {
        run(argv + 2);
    } else {
        fprintf(stderr, "usage: bench_import convert FILE OTHER | "
                        "read FILE | run COMMAND...\n");
        return 2;
    }
    return EXIT_SUCCESS;
}
