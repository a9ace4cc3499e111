/* SPDX-License-Identifier: Apache-2.0 */
#include "node/report/served.h"

#include "node/catalogue/kinds.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hash.h"
#include "protocol/base/reader.h"

enum { FIRST_CAPACITY = 1024 };

struct slot {
    uint64_t mark; /* 0: free */
    uint64_t until_ms;
};

/* Open addressing; marks are hashes already. */
struct served {
    struct slot *slots;
    size_t capacity; /* a power of two */
    size_t count;
};

struct served *served_create(void)
{
    struct served *served = hl_alloc(1, sizeof(*served));
    served->capacity = FIRST_CAPACITY;
    served->slots = hl_alloc(served->capacity, sizeof(served->slots[0]));
    return served;
}

void served_destroy(struct served **served)
{
    if (*served != NULL) {
        hl_free((*served)->slots);
        hl_free(*served);
        *served = NULL;
    }
}

/* --- Marks. -------------------------------------------------------------- */

static void put_part(struct writer *out, struct bytes part)
{
    writer_u32(out, (uint32_t)part.size);
    writer_bytes(out, part);
}

uint64_t served_mark(uint32_t kind, const struct homed *of)
{
    struct writer text = {0};
    struct reader reader;
    writer_u32(&text, kind);
    put_part(&text, of->home);
    put_part(&text, of->unit_scheme);
    put_part(&text, of->unit_id);
    put_part(&text, of->inner_id);
    struct hl_hash hash = hash_bytes(writer_view(&text));
    writer_fini(&text);
    reader_init(&reader, bytes_of(hash.bytes, HL_HASH_BYTES));
    uint64_t mark = reader_u64(&reader);
    return mark == 0 ? 1 : mark;
}

/* --- Slots. -------------------------------------------------------------- */

static struct slot *find(const struct served *served, uint64_t mark)
{
    size_t at = (size_t)mark & (served->capacity - 1);
    while (served->slots[at].mark != 0 && served->slots[at].mark != mark) {
        at = (at + 1) & (served->capacity - 1);
    }
    return &served->slots[at];
}

static void grow(struct served *served)
{
    struct served larger = {.capacity = served->capacity * 2,
                            .count = served->count};
    larger.slots = hl_alloc(larger.capacity, sizeof(larger.slots[0]));
    for (size_t i = 0; i < served->capacity; i++) {
        if (served->slots[i].mark != 0) {
            *find(&larger, served->slots[i].mark) = served->slots[i];
        }
    }
    hl_free(served->slots);
    *served = larger;
}

void served_add(struct served *served, uint64_t mark, uint64_t until_ms)
{
    if (served->count * 4 >= served->capacity * 3) {
        grow(served);
    }
    struct slot *slot = find(served, mark);
    served->count += slot->mark == 0;
    slot->mark = mark;
    if (until_ms > slot->until_ms) {
        slot->until_ms = until_ms;
    }
}

uint64_t served_until_ms(const struct served *served, uint64_t mark)
{
    return find(served, mark)->until_ms;
}

/* --- Service items. ------------------------------------------------------ */

bool served_next_id(struct bytes *rest, struct bytes *id)
{
    *id = (struct bytes){0};
    while (id->size == 0 && rest->size > 0) {
        size_t end = 0;
        while (end < rest->size && rest->data[end] != '\n') {
            end++;
        }
        *id = bytes_slice(*rest, 0, end);
        size_t past = end < rest->size ? end + 1 : end;
        *rest = bytes_slice(*rest, past, rest->size - past);
    }
    return id->size > 0;
}

void served_spread(struct served *served, const struct service_item *of)
{
    uint64_t until_ms = served_until_ms(
        served, served_mark(record_kind_of_word("service")->number, &of->of));
    uint32_t instrument = record_kind_of_word("instrument")->number;
    struct homed named = of->of;
    struct bytes rest = of->instruments;
    while (until_ms > 0 && served_next_id(&rest, &named.inner_id)) {
        served_add(served, served_mark(instrument, &named), until_ms);
    }
}
