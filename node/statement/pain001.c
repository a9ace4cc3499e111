/* SPDX-License-Identifier: Apache-2.0 */

/* ISO 20022 pain.001.001.09, customer credit transfer initiation, by libxml2's
 * writer. Parties have no IBAN: their accounts are Othr/Id, their banks members
 * of CNAPS (12 digits). What leads back to the cycle stands in a comment and,
 * for the people at the bank, in the remittance information. */

#include <inttypes.h>
#include <libxml/xmlwriter.h>
#include <stdio.h>
#include <string.h>

#include "node/statement/render.h"
#include "node/statement/sheet.h"
#include "protocol/base/hash.h"
#include "protocol/base/hl_assert.h"

#define NAMESPACE "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"

/* 35 characters of a MsgId; fen of 18 digits. */
enum { MESSAGE_ID_BYTES = 36, HASH_BYTES = 16 };
#define AMOUNT_BELOW UINT64_C(1000000000000000000)

struct message {
    const struct statement *statement;
    const struct accounts *accounts;
    const struct account *payer;
    char id[MESSAGE_ID_BYTES];
    uint64_t count, sum_fen;
    xmlTextWriterPtr xml;
    bool failed; /* the library did; it sticks */
};

/* Not yet, not in another cycle, and not on its way. */
static bool is_to_pay(const struct statement_transfer *transfer)
{
    const Heluo__V1__TransferView *view = transfer->view;
    return transfer->pays && view->received_day[0] == '\0' &&
           view->replaced_by[0] == '\0' && view->sent_reference[0] == '\0' &&
           view->sent_day[0] == '\0';
}

/* --- Elements. ----------------------------------------------------------- */

static void begin(struct message *message, const char *name)
{
    message->failed |=
        xmlTextWriterStartElement(message->xml, (const xmlChar *)name) < 0;
}

static void end(struct message *message)
{
    message->failed |= xmlTextWriterEndElement(message->xml) < 0;
}

static void put(struct message *message, const char *name, const char *text)
{
    message->failed |=
        xmlTextWriterWriteElement(message->xml, (const xmlChar *)name,
                                  (const xmlChar *)text) < 0;
}

static void put_attribute(struct message *message, const char *name,
                          const char *text)
{
    message->failed |=
        xmlTextWriterWriteAttribute(message->xml, (const xmlChar *)name,
                                    (const xmlChar *)text) < 0;
}

static void put_yuan(struct message *message, const char *name, uint64_t fen)
{
    char amount[STATEMENT_YUAN_BYTES];
    statement_yuan(fen, false, amount);
    put(message, name, amount);
}

/* --- Parties. ------------------------------------------------------------ */

static void put_party(struct message *message, const char *name,
                      const struct account *account)
{
    begin(message, name);
    put(message, "Nm", account->name);
    end(message);
}

static void put_account(struct message *message, const char *name,
                        const struct account *account)
{
    begin(message, name);
    begin(message, "Id");
    begin(message, "Othr");
    put(message, "Id", account->account);
    end(message);
    end(message);
    put(message, "Ccy", "CNY");
    end(message);
}

static void put_bank(struct message *message, const char *name,
                     const struct account *account)
{
    begin(message, name);
    begin(message, "FinInstnId");
    begin(message, "ClrSysMmbId");
    begin(message, "ClrSysId");
    put(message, "Cd", "CNAPS");
    end(message);
    put(message, "MmbId", account->bank_code);
    end(message);
    put(message, "Nm", account->bank);
    end(message);
    end(message);
}

/* --- What is paid. ------------------------------------------------------- */

/* At most 140 characters: a cycle's name has up to 84. */
static void put_remittance(struct message *message,
                           const struct statement_transfer *transfer)
{
    const struct statement_input *of = &message->statement->of;
    char text[192];
    snprintf(text, sizeof(text), "创新券清算 / clearing %.100s/%" PRIu32,
             of->cycle->name, transfer->view->number);
    begin(message, "RmtInf");
    put(message, "Ustrd", text);
    end(message);
}

static void put_payment(struct message *message,
                        const struct statement_transfer *transfer)
{
    const struct account *payee =
        accounts_find(message->accounts, transfer->partner);
    char name[STATEMENT_PAYMENT_BYTES], amount[STATEMENT_YUAN_BYTES];
    statement_payment_name(message->statement, transfer->view, name);
    statement_yuan(transfer->view->amount_fen, false, amount);
    begin(message, "CdtTrfTxInf");
    begin(message, "PmtId");
    put(message, "InstrId", name);
    put(message, "EndToEndId", name);
    end(message);
    begin(message, "Amt");
    begin(message, "InstdAmt");
    put_attribute(message, "Ccy", "CNY");
    message->failed |=
        xmlTextWriterWriteString(message->xml, (const xmlChar *)amount) < 0;
    end(message);
    end(message);
    put_bank(message, "CdtrAgt", payee);
    put_party(message, "Cdtr", payee);
    put_account(message, "CdtrAcct", payee);
    put_remittance(message, transfer);
    end(message);
}

static void put_sums(struct message *message)
{
    char count[24];
    snprintf(count, sizeof(count), "%" PRIu64, message->count);
    put(message, "NbOfTxs", count);
    put_yuan(message, "CtrlSum", message->sum_fen);
}

/* One for all: they are due on one day. */
static void put_payments(struct message *message)
{
    const struct statement *statement = message->statement;
    begin(message, "PmtInf");
    put(message, "PmtInfId", message->id);
    put(message, "PmtMtd", "TRF");
    put_sums(message);
    begin(message, "ReqdExctnDt");
    put(message, "Dt", statement->of.cycle->pay_by);
    end(message);
    put_party(message, "Dbtr", message->payer);
    put_account(message, "DbtrAcct", message->payer);
    put_bank(message, "DbtrAgt", message->payer);
    for (size_t i = 0; i < statement->transfer_count; i++) {
        if (is_to_pay(&statement->transfers[i])) {
            put_payment(message, &statement->transfers[i]);
        }
    }
    end(message);
}

/* --- The message. -------------------------------------------------------- */

/* "--" ends a comment, and may stand in a node's name. */
static void put_comment(struct message *message)
{
    struct writer facts = {0}, text = {0};
    writer_u8(&facts, '\n');
    sheets_facts(message->statement, "", &facts);
    for (size_t i = 0; i < facts.size; i++) {
        bool twice = i > 0 && facts.data[i] == '-' && facts.data[i - 1] == '-';
        writer_text(&text, twice ? " " : "");
        writer_u8(&text, facts.data[i]);
    }
    writer_u8(&text, 0);
    message->failed |=
        xmlTextWriterWriteComment(message->xml, (const xmlChar *)text.data) < 0;
    writer_fini(&text);
    writer_fini(&facts);
}

static void put_header(struct message *message)
{
    char when[DAY_TIME_BYTES], text[40];
    day_time((uint64_t)message->statement->of.now.ms, when);
    snprintf(text, sizeof(text), "%.10sT%.8s+08:00", when, when + 11);
    begin(message, "GrpHdr");
    put(message, "MsgId", message->id);
    put(message, "CreDtTm", text);
    put_sums(message);
    put_party(message, "InitgPty", message->payer);
    end(message);
}

static void put_document(struct message *message)
{
    message->failed |=
        xmlTextWriterStartDocument(message->xml, NULL, "UTF-8", NULL) < 0;
    put_comment(message);
    begin(message, "Document");
    put_attribute(message, "xmlns", NAMESPACE);
    begin(message, "CstmrCdtTrfInitn");
    put_header(message);
    put_payments(message);
    end(message);
    end(message);
    message->failed |= xmlTextWriterEndDocument(message->xml) < 0;
}

/* --- Before it is written. ----------------------------------------------- */

static hl_err find_account(const struct message *message, const char *node,
                           const char *why, const struct account **out,
                           struct hl_detail *detail)
{
    *out = accounts_find(message->accounts, node);
    return *out != NULL
               ? HL_OK
               : hl_fail(detail, HL_ENOTFOUND,
                         "there is no account of %s, which %s", node, why);
}

static void add_text(struct hash_stream *hash, const char *text)
{
    hash_stream_add(hash, bytes_of(text, strlen(text) + 1));
}

static void add_account(struct hash_stream *hash, const struct account *account)
{
    add_text(hash, account->name);
    add_text(hash, account->account);
    add_text(hash, account->bank_code);
    add_text(hash, account->bank);
}

/* Counts a transfer, and makes it part of what the message is known by. */
static hl_err add_transfer(struct message *message, struct hash_stream *hash,
                           const struct statement_transfer *transfer,
                           struct hl_detail *detail)
{
    char name[STATEMENT_PAYMENT_BYTES], amount[STATEMENT_YUAN_BYTES];
    const struct account *payee = NULL;
    hl_err err =
        find_account(message, transfer->partner, "is paid", &payee, detail);
    if (err != HL_OK) {
        return err;
    }
    message->count++;
    message->sum_fen += transfer->view->amount_fen;
    statement_payment_name(message->statement, transfer->view, name);
    statement_yuan(transfer->view->amount_fen, false, amount);
    add_text(hash, name);
    add_text(hash, amount);
    add_account(hash, payee);
    return HL_OK;
}

static hl_err add_all(struct message *message, struct hl_detail *detail)
{
    const struct statement *statement = message->statement;
    struct hash_stream hash;
    hl_err err = find_account(message, statement->of.node, "pays",
                              &message->payer, detail);
    if (err != HL_OK) {
        return err;
    }
    hash_stream_init(&hash);
    add_text(&hash, statement->of.alliance);
    add_text(&hash, statement->of.cycle->name);
    add_text(&hash, statement->of.cycle->pay_by);
    add_account(&hash, message->payer);
    for (size_t i = 0; i < statement->transfer_count && err == HL_OK; i++) {
        if (is_to_pay(&statement->transfers[i])) {
            err =
                add_transfer(message, &hash, &statement->transfers[i], detail);
        }
    }
    const struct hl_hash sum = hash_stream_end(&hash);
    for (size_t i = 0; i < HASH_BYTES; i++) {
        snprintf(message->id + 2 * i, 3, "%02x", sum.bytes[i]);
    }
    return err;
}

static hl_err check(const struct statement *statement, struct hl_detail *detail)
{
    size_t count = 0;
    if (!statement->final) {
        return hl_fail(detail, HL_ESTATE,
                       "cycle %s is not final: nobody owes its transfers",
                       statement->of.cycle->name);
    }
    for (size_t i = 0; i < statement->transfer_count; i++) {
        count += is_to_pay(&statement->transfers[i]) ? 1 : 0;
    }
    if (count == 0) {
        return hl_fail(detail, HL_ESTATE,
                       "%s has nothing to pay of cycle %s: no transfer, or all "
                       "are sent, received or replaced",
                       statement->of.node, statement->of.cycle->name);
    }
    return statement->pays_fen < AMOUNT_BELOW
               ? HL_OK
               : hl_fail(detail, HL_ELIMIT, "an amount of more than 18 digits");
}

static void write_message(struct message *message, struct writer *out)
{
    xmlBufferPtr buffer = xmlBufferCreate();
    message->xml = buffer == NULL ? NULL : xmlNewTextWriterMemory(buffer, 0);
    HL_ASSERT(message->xml != NULL);
    message->failed |= xmlTextWriterSetIndent(message->xml, 1) < 0;
    put_document(message);
    xmlFreeTextWriter(message->xml);
    writer_bytes(out, bytes_of(xmlBufferContent(buffer),
                               (size_t)xmlBufferLength(buffer)));
    xmlBufferFree(buffer);
    HL_ASSERT(!message->failed); /* memory alone could fail */
}

hl_err statement_pain001(const struct statement *statement,
                         const struct accounts *accounts, struct writer *out,
                         struct hl_detail *detail)
{
    struct message message = {.statement = statement, .accounts = accounts};
    hl_err err = check(statement, detail);
    if (err == HL_OK) {
        err = add_all(&message, detail);
    }
    if (err == HL_OK) {
        write_message(&message, out);
    }
    return err;
}
