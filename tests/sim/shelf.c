/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/shelf.h"

#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

struct shelf_item {
    struct shelf_item *next;
    struct blob_name name;
    struct writer form; /* so far */
    bool whole;
};

static bool is_named(const struct shelf_item *item,
                     const struct blob_name *name)
{
    return hash_equal(&item->name.id, &name->id) &&
           strcmp(item->name.node, name->node) == 0;
}

static struct shelf_item *find(const struct shelf *shelf,
                               const struct blob_name *name)
{
    struct shelf_item *item = shelf->first;
    while (item != NULL && !is_named(item, name)) {
        item = item->next;
    }
    return item;
}

static struct shelf_item *add(struct shelf *shelf, const struct blob_name *name)
{
    struct shelf_item *item = hl_alloc(1, sizeof(*item));
    item->name = *name;
    item->next = shelf->first;
    shelf->first = item;
    return item;
}

static void drop(struct shelf *shelf, const struct blob_name *name)
{
    struct shelf_item **place = &shelf->first;
    while (*place != NULL && !is_named(*place, name)) {
        place = &(*place)->next;
    }
    struct shelf_item *gone = *place;
    if (gone != NULL) {
        *place = gone->next;
        writer_fini(&gone->form);
        hl_free(gone);
    }
}

void shelf_clear(struct shelf *shelf)
{
    while (shelf->first != NULL) {
        struct blob_name name = shelf->first->name;
        drop(shelf, &name);
    }
}

void shelf_copy(struct shelf *to, const struct shelf *from)
{
    shelf_clear(to);
    for (const struct shelf_item *item = from->first; item != NULL;
         item = item->next) {
        struct shelf_item *copy = add(to, &item->name);
        writer_bytes(&copy->form, writer_view(&item->form));
        copy->whole = item->whole;
    }
}

void shelf_crash(struct shelf *shelf, struct rng *rng)
{
    for (struct shelf_item *item = shelf->first; item != NULL;
         item = item->next) {
        if (item->whole || item->form.size == 0) {
            continue;
        }
        uint64_t parts = item->form.size / BLOB_PART_BYTES;
        if (rng_below(rng, 3) == 0) {
            size_t keep = (size_t)rng_below(rng, parts + 1) * BLOB_PART_BYTES;
            writer_shrink(&item->form, item->form.size - keep);
        }
        if (rng_below(rng, 3) == 0 && item->form.size > 0) {
            item->form.data[rng_below(rng, item->form.size)] ^= 1;
        }
    }
}

static struct hl_hash root_of(struct bytes form)
{
    struct blob_leaves leaves = {0};
    for (uint64_t i = 0; i < blob_part_count(form.size); i++) {
        struct hl_hash leaf = merkle_leaf(bytes_slice(
            form, (size_t)i * BLOB_PART_BYTES, blob_part_size(form.size, i)));
        blob_leaves_add(&leaves, &leaf);
    }
    struct hl_hash root = blob_leaves_root(&leaves);
    blob_leaves_fini(&leaves);
    return root;
}

void shelf_place(struct shelf *shelf, const struct blob_name *name,
                 struct bytes form)
{
    drop(shelf, name);
    struct shelf_item *item = add(shelf, name);
    writer_bytes(&item->form, form);
    item->whole = true;
}

bool shelf_has(const struct shelf *shelf, const struct blob_name *name,
               const struct blob_seal *seal)
{
    const struct shelf_item *item = find(shelf, name);
    if (item == NULL || !item->whole || item->form.size != seal->size) {
        return false;
    }
    struct hl_hash root = root_of(writer_view(&item->form));
    return hash_equal(&root, &seal->root);
}

bool shelf_knows(const struct shelf *shelf, const struct blob_name *name)
{
    return find(shelf, name) != NULL;
}

void shelf_each(const struct shelf *shelf,
                void (*each)(void *context, const struct blob_name *name),
                void *context)
{
    for (const struct shelf_item *item = shelf->first; item != NULL;
         item = item->next) {
        each(context, &item->name);
    }
}

/* --- As a blob store. ----------------------------------------------------- */

static void held(void *context, const struct blob_name *name,
                 const struct blob_seal *seal, struct blob_held *out)
{
    const struct shelf_item *item = find(context, name);
    *out = (struct blob_held){0};
    if (item != NULL) {
        out->whole = item->whole && item->form.size == seal->size;
        out->parts = item->whole ? 0 : item->form.size / BLOB_PART_BYTES;
    }
}

static void count(uint64_t *counter)
{
    if (counter != NULL) {
        *counter += 1;
    }
}

static hl_err append(void *context, const struct blob_name *name,
                     const struct blob_seal *seal, uint64_t index,
                     struct bytes part, bool *whole, struct hl_detail *detail)
{
    const struct shelf *shelf = context;
    struct shelf_item *item = find(shelf, name);
    (void)detail;
    *whole = false;
    if (item == NULL) {
        item = add(context, name);
    }
    HL_ASSERT(!item->whole);
    HL_ASSERT(item->form.size == index * BLOB_PART_BYTES);
    writer_bytes(&item->form, part);
    if (index + 1 < blob_part_count(seal->size)) {
        return HL_OK;
    }
    struct hl_hash root = root_of(writer_view(&item->form));
    if (!hash_equal(&root, &seal->root)) {
        drop(context, name);
        count(shelf->torn);
        return HL_EPROOF;
    }
    item->whole = *whole = true;
    count(shelf->fetched);
    return HL_OK;
}

static const struct shelf_item *whole_one(void *context,
                                          const struct blob_name *name,
                                          const struct blob_seal *seal)
{
    const struct shelf_item *item = find(context, name);
    return item != NULL && item->whole && item->form.size == seal->size ? item
                                                                        : NULL;
}

static hl_err read_part(void *context, const struct blob_name *name,
                        const struct blob_seal *seal, uint64_t index,
                        struct writer *out, struct hl_detail *detail)
{
    const struct shelf_item *item = whole_one(context, name, seal);
    (void)detail;
    if (item == NULL) {
        return HL_ENOTFOUND;
    }
    writer_bytes(out, bytes_slice(writer_view(&item->form),
                                  (size_t)index * BLOB_PART_BYTES,
                                  blob_part_size(seal->size, index)));
    return HL_OK;
}

static hl_err leaves_of(void *context, const struct blob_name *name,
                        const struct blob_seal *seal, struct blob_leaves *out,
                        struct hl_detail *detail)
{
    hl_err err = HL_OK;
    for (uint64_t i = 0; i < blob_part_count(seal->size) && err == HL_OK; i++) {
        struct writer part = {0};
        err = read_part(context, name, seal, i, &part, detail);
        if (err == HL_OK) {
            struct hl_hash leaf = merkle_leaf(writer_view(&part));
            blob_leaves_add(out, &leaf);
        }
        writer_fini(&part);
    }
    return err;
}

static hl_err remove_one(void *context, const struct blob_name *name,
                         struct hl_detail *detail)
{
    (void)detail;
    drop(context, name);
    return HL_OK;
}

struct blob_store shelf_store(struct shelf *shelf)
{
    return (struct blob_store){
        .context = shelf,
        .held = held,
        .append = append,
        .read = read_part,
        .leaves = leaves_of,
        .remove = remove_one,
    };
}
