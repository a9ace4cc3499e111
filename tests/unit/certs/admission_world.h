/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_CERTS_ADMISSION_WORLD_H
#define HL_TESTS_UNIT_CERTS_ADMISSION_WORLD_H

/* A small alliance to ask for admission in. The leaf lives from 1000 to 2000,
 * the list from 900 to 3000, the root from 1 to 1,000,000; it is 1500. Node
 * luoyang is a member, kaifeng is ended. One at a time. */

#include "certs/identity/admission.h"
#include "tests/unit/certs/cert_maker.h"

#define LUOYANG "URI:spiffe://zy.example/node/luoyang,DNS:luoyang.zy.example"

struct world {
    struct maker_pair root;
    struct maker_pair leaf;
    struct writer roots, crls, presented;
    struct trust *trust;
    struct admission_input input;
    struct admission_verdict verdict;
    struct hl_detail detail;
};

/* Has a root, and neither list nor leaf. */
struct world *make_world(void);
void destroy_world(struct world *world);

/* Adds a list, the root's unless it says another issuer. */
void add_list(struct world *world, struct maker_list list);

/* Presents a new leaf: by default luoyang's, signed by the root. */
void present(struct world *world, struct maker_spec spec);

hl_err create_trust(struct world *world);

/* Asks, and checks what holds of every answer. */
hl_err ask(struct world *world);

/* Asks for one certificate, with a good root and a good list. */
hl_err ask_for(struct maker_spec spec);

#endif
