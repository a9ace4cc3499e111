/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SERVICE_PROBLEMS_H
#define HL_NODE_SERVICE_PROBLEMS_H

/* What is wrong with a node, or will be soon, as a function of facts: one
 * table, English and Chinese. Pure. */

#include <stdbool.h>

#include "protocol/base/hl_err.h"
#include "protocol/base/hl_time.h"

enum { FACTS_NAMES_BYTES = 256 };

struct node_facts {
    struct hl_wall now;
    hl_err refusal; /* of writes */
    struct hl_detail why;
    uint64_t charter_version;
    struct hl_wall certificate_until; /* 0: not known, so below */
    struct hl_wall crl_until;
    hl_err tls; /* why nobody gets in over TLS, or HL_OK */
    struct hl_detail tls_why;
    hl_err reload; /* of the last look at changed files */
    struct hl_detail reload_why;
    hl_err config; /* of the last look at the configuration */
    struct hl_detail config_why;
    bool charter_contested; /* two follow it, and neither holds */
    bool time_unsure;       /* nobody confirms this machine's clock */
    uint64_t store_bytes, store_max_bytes, disk_free_bytes;
    uint32_t calls_open, connections, connections_max;
    uint64_t calls_total, calls_refused;
    uint64_t memory_bytes;
    uint32_t queue_commands;
    uint64_t findings;
    bool search_silent;  /* there is to be one, and it does not answer */
    bool search_loading; /* its index is being made */
    bool search_no_room; /* on the disk, for it */
    uint64_t search_records;
    uint64_t orders_asked;    /* and not answered by this node's people */
    uint64_t orders_disputed; /* that this node placed; both count to 1,000 */
    uint64_t moves_waiting;   /* records released to this node; 1,000 at most */
    uint64_t cycles_held;     /* that a person is asked of */
    uint64_t transfers_overdue;             /* that this node is to pay */
    char proposal_waits[FACTS_NAMES_BYTES]; /* why none is made that is due */
    /* Partners, by id; each text empty where there is none. */
    char away[FACTS_NAMES_BYTES];        /* not reached */
    char ended_by[FACTS_NAMES_BYTES];    /* say that the charter ended us */
    char paused[FACTS_NAMES_BYTES];      /* by the operator */
    char faulty[FACTS_NAMES_BYTES];      /* broke the protocol */
    char quarantined[FACTS_NAMES_BYTES]; /* their journals */
    char unkept[FACTS_NAMES_BYTES];      /* to be kept here, and not yet */
    /* What this node stands to lose by them is four fifths of its limit at
     * least, or all of it. */
    char allotted_high[FACTS_NAMES_BYTES], allotted_full[FACTS_NAMES_BYTES];
    char unsealed_high[FACTS_NAMES_BYTES], unsealed_full[FACTS_NAMES_BYTES];
    struct hl_wall unsealed_since; /* of the own journal; 0: all is sealed */
    uint64_t damaged;              /* places, that the scrub left so */
    struct hl_detail damaged_why;  /* the first of them */
    hl_err mirror;                 /* why this node cosigns nothing */
    struct hl_detail mirror_why;
    hl_err encryption; /* why what is sealed to this node will not open */
    struct hl_detail encryption_why;
    uint32_t key_lacking; /* version of the key of fingerprints, or 0 */
    struct hl_detail key_lacking_why;
    uint32_t key_rivalled; /* a version of it that two have stated, or 0 */
    char key_rival[FACTS_NAMES_BYTES]; /* who has the one that is not used */
};

enum { PROBLEM_TEXT_BYTES = 640, PROBLEMS_MAX = 48 };

struct problem {
    const char *code; /* static */
    bool urgent;
    char text_en[PROBLEM_TEXT_BYTES];
    char text_zh[PROBLEM_TEXT_BYTES];
};

/* Urgent ones first. Returns how many. */
size_t problems_find(const struct node_facts *facts,
                     struct problem problems[PROBLEMS_MAX]);

#endif
