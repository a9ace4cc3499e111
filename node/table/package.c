/* SPDX-License-Identifier: Apache-2.0 */
#include "node/table/package.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/hl_limits.h"

struct package {
    zip_t *zip;
};

struct part {
    zip_file_t *file;
    uint64_t packed;
    uint64_t inflated;
};

static hl_err fail_zip(const char *doing, int code, struct hl_detail *detail)
{
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    bool io = code == ZIP_ER_READ || code == ZIP_ER_SEEK;
    hl_err err = hl_fail(detail, io ? HL_EIO : HL_EMALFORMED,
                         "%s: %s; the file may be cut or damaged: open it in a "
                         "spreadsheet program and save it again",
                         doing, zip_error_strerror(&error));
    zip_error_fini(&error);
    return err;
}

static zip_t *open_memory(struct bytes memory, int *code)
{
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source =
        zip_source_buffer_create(memory.data, memory.size, 0, &error);
    HL_ASSERT(source != NULL);
    zip_t *zip = zip_open_from_source(source, ZIP_RDONLY, &error);
    if (zip == NULL) {
        zip_source_free(source);
    }
    *code = zip_error_code_zip(&error);
    zip_error_fini(&error);
    return zip;
}

/* libzip closes what it is given. */
static zip_t *open_copy(int fd, int *code)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    *code = ZIP_ER_OPEN;
    zip_t *zip = copy < 0 ? NULL : zip_fdopen(copy, 0, code);
    if (zip == NULL && copy >= 0) {
        close(copy);
    }
    return zip;
}

hl_err package_open(const struct source *source, struct package **out,
                    struct hl_detail *detail)
{
    if (source->size > HL_TABLE_XLSX_MAX_BYTES) {
        return hl_fail(detail, HL_ELIMIT,
                       "larger than %d bytes: save it as csv",
                       HL_TABLE_XLSX_MAX_BYTES);
    }
    int code = 0;
    zip_t *zip = source->fd < 0 ? open_memory(source->memory, &code)
                                : open_copy(source->fd, &code);
    if (zip == NULL) {
        return fail_zip("no whole xlsx (a zip)", code, detail);
    }
    if (zip_get_num_entries(zip, 0) > HL_TABLE_PARTS_MAX) {
        zip_discard(zip);
        return hl_fail(detail, HL_ELIMIT, "a zip of more than %d parts",
                       HL_TABLE_PARTS_MAX);
    }
    *out = hl_alloc(1, sizeof(**out));
    (*out)->zip = zip;
    return HL_OK;
}

void package_close(struct package *package)
{
    if (package != NULL) {
        zip_discard(package->zip);
    }
    hl_free(package);
}

bool package_has(const struct package *package, const char *name)
{
    return zip_name_locate(package->zip, name, ZIP_FL_NOCASE) >= 0;
}

hl_err part_open(struct package *package, const char *name, struct part **out,
                 struct hl_detail *detail)
{
    zip_stat_t status;
    zip_int64_t index = zip_name_locate(package->zip, name, ZIP_FL_NOCASE);
    if (index < 0) {
        return hl_fail(detail, HL_ENOTFOUND, "no part %s", name);
    }
    if (zip_stat_index(package->zip, (zip_uint64_t)index, 0, &status) != 0) {
        return fail_zip(name, zip_error_code_zip(zip_get_error(package->zip)),
                        detail);
    }
    if (status.encryption_method != ZIP_EM_NONE) {
        return hl_fail(detail, HL_EUNSUPPORTED,
                       "encrypted: remove the password and save it again");
    }
    zip_file_t *file = zip_fopen_index(package->zip, (zip_uint64_t)index, 0);
    if (file == NULL) {
        return fail_zip(name, zip_error_code_zip(zip_get_error(package->zip)),
                        detail);
    }
    *out = hl_alloc(1, sizeof(**out));
    **out = (struct part){.file = file, .packed = status.comp_size};
    return HL_OK;
}

void part_close(struct part *part)
{
    if (part != NULL) {
        zip_fclose(part->file);
    }
    hl_free(part);
}

hl_err part_read(struct part *part, void *buffer, size_t size, size_t *got,
                 struct hl_detail *detail)
{
    zip_int64_t done = zip_fread(part->file, buffer, size);
    if (done < 0) {
        return fail_zip("a part of the zip",
                        zip_error_code_zip(zip_file_get_error(part->file)),
                        detail);
    }
    part->inflated += (uint64_t)done;
    bool free_of_ratio = part->inflated <= HL_TABLE_INFLATED_FREE_BYTES;
    if (part->inflated > HL_TABLE_PART_MAX_BYTES ||
        (!free_of_ratio &&
         part->inflated / HL_TABLE_INFLATED_RATIO_MAX > part->packed)) {
        return hl_fail(detail, HL_ELIMIT,
                       "a part of the zip inflates beyond %d bytes, or beyond "
                       "%d times its size",
                       HL_TABLE_PART_MAX_BYTES, HL_TABLE_INFLATED_RATIO_MAX);
    }
    *got = (size_t)done;
    return HL_OK;
}
