/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_BASE_HL_LIMITS_H
#define HL_PROTOCOL_BASE_HL_LIMITS_H

/* Every bound on what comes from outside, in one place. A size is checked
 * against these before anything is allocated. Bytes unless the name says
 * otherwise. */

enum {
    /* Names: note keys, origins. A key name's length is one byte in the
     * formats that follow (C2SP tlog-cosignature, tlog-mirror). */
    HL_NAME_MAX_BYTES = 255,

    /* Entries: a bundle's length field is a u16 (C2SP tlog-tiles). */
    HL_ENTRY_MAX_BYTES = 65535,
    HL_ENTRY_SEEN_MAX = 64,
    HL_COMMAND_ID_BYTES = 16,

    /* Messages within messages, the outermost one counted. */
    HL_MESSAGE_DEPTH_MAX = 16,

    /* Notes. A checkpoint with 7 keepers is 2 KiB; a charter of 340 nodes
     * 400 KiB; ML-DSA lines are 5 kB each. */
    HL_NOTE_MAX_BYTES = 1000000,
    HL_NOTE_SIGNATURES_MAX = 100,
    HL_SIGNATURE_MAX_BYTES = 8192,

    /* Proofs: a tree of 2^63 entries has paths of 63 hashes. */
    HL_PROOF_HASHES_MAX = 63,

    /* One segment on the wire: entries with their u16 lengths, not deflated.
     * Also what a stream may hold for one segment. */
    HL_SEGMENT_MAX_BYTES = 1048576,
    HL_SEGMENT_ENTRIES_MAX = 16384,

    /* Blobs: sealed, in all; who reads one, its author among them; the texts
     * within. */
    HL_BLOB_MAX_BYTES = 1073741824,
    HL_BLOB_READERS_MAX = 16,
    HL_BLOB_TEXT_MAX_BYTES = 255,

    /* Charter. */
    HL_CHARTER_NODES_MAX = 1024,
    HL_CHARTER_COORDINATORS_MAX = 32,
    HL_CHARTER_KEYS_PER_NODE_MAX = 64,
    HL_CHARTER_ENDPOINTS_MAX = 8,
    HL_CHARTER_UNKNOWN_MAX = 4096, /* lines */
    HL_KEEPERS_MAX = 7,

    /* Policy files (C2SP tlog-policy asks for at least 32 of each). */
    HL_POLICY_BYTES_MAX = 262144,
    HL_POLICY_ITEMS_MAX = 256,

    /* Evidence: two notes and two proofs. */
    HL_EVIDENCE_MAX_BYTES = 2100000,

    /* Certificates and revocation lists, PEM or DER. */
    HL_CERT_MAX_BYTES = 65536,
    HL_CERT_CHAIN_MAX = 4,
    HL_CRL_MAX_BYTES = 4194304,

    /* Tables that are imported (node/table/). A text is not bounded as a
     * whole: it is read a row at a time. */
    HL_TABLE_CELL_MAX_BYTES = 65535,
    HL_TABLE_COLUMNS_MAX = 1000,
    HL_TABLE_ROW_MAX_BYTES = 1048576,
    /* xlsx: the file, its zip's parts, what they inflate to. */
    HL_TABLE_XLSX_MAX_BYTES = 268435456,
    HL_TABLE_PARTS_MAX = 10000,
    HL_TABLE_PART_MAX_BYTES = 2147483647,
    HL_TABLE_INFLATED_FREE_BYTES = 4194304, /* before the ratio counts */
    HL_TABLE_INFLATED_RATIO_MAX = 200,
    HL_TABLE_XML_DEPTH_MAX = 64,
    HL_TABLE_XML_TOKEN_MAX_BYTES = 1048576,
    HL_TABLE_STRINGS_MAX = 16777216,
    HL_TABLE_STYLES_MAX = 65536,
    HL_TABLE_SHEETS_MAX = 1024,
};

#endif
