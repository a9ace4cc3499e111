# SPDX-License-Identifier: Apache-2.0
"""What is broken, where, and what must notice.

Each: name, the promise of the design's section 2 that it breaks, file, the text
there (once), what stands there instead, and the check that must fail: a program
of the unit tests, an end-to-end test (e2e_...), or sim, in how many seeds. A
check that is no program of the build is a ctest of that name.

Not here, for nothing would notice: own_may_grow() true while unsure (the writer
asks OWN_STATE itself, and nothing is shown meanwhile).
"""

MUTANTS = [
    # --- 1: one writer; and the guard of it.
    ("no-rollback-guard", 1, "node/writer/author.c",
     "hl_err err = judge_mark(author, options->mark, why);",
     'hl_err err = mutant("no-rollback-guard")\n'
     "                     ? HL_OK\n"
     "                     : judge_mark(author, options->mark, why);",
     "test_author"),
    ("mark-before-commit", 1, "node/writer/author.c",
     "    hl_err err = write_all(author, &journal, &note, detail);\n",
     "    hl_err err = write_all(author, &journal, &note, detail);\n"
     '    if (err == HL_OK && appends && mutant("mark-before-commit")) {\n'
     "        struct head early = journal_head(&journal);\n"
     "        err = author->keeper.write(author->keeper.context, &early, detail);\n"
     "    }\n",
     "e2e_flush_fails"),
    ("set-back-unseen", 1, "federation/engine/own.c",
     "    if (engine->own == ENGINE_OWN_GOOD) {\n"
     "        engine->own = ENGINE_OWN_SET_BACK;",
     '    if (engine->own == ENGINE_OWN_GOOD && !mutant("set-back-unseen")) {\n'
     "        engine->own = ENGINE_OWN_SET_BACK;",
     "test_rollback_guard"),
    ("sure-before-keepers-answer", 1, "federation/engine/own.c",
     "        !(all_heard(engine) || decided)) {",
     '        !(all_heard(engine) || decided ||\n'
     '          mutant("sure-before-keepers-answer"))) {',
     "test_rollback_guard"),
    ("shows-while-unsure", 1, "federation/engine/own.c",
     "    return engine->own == ENGINE_OWN_GOOD ||\n"
     "           engine->own == ENGINE_OWN_NEEDS_KEY ||",
     '    return mutant("shows-while-unsure") ||\n'
     "           engine->own == ENGINE_OWN_GOOD ||\n"
     "           engine->own == ENGINE_OWN_NEEDS_KEY ||",
     "test_rollback_guard"),
    ("signs-what-was-dropped", 1, "node/writer/author.c",
     "    if (options->key_replaces && size > from->size &&",
     '    if (!mutant("signs-what-was-dropped") && options->key_replaces &&\n'
     "        size > from->size &&",
     "test_author"),
    ("replaced-key-still-good", 1, "certs/charter/charter.c",
     "        if (later->succession == CHARTER_REPLACE &&\n",
     '        if (!mutant("replaced-key-still-good") &&\n'
     "            later->succession == CHARTER_REPLACE &&\n",
     "sim"),
    # --- 4: what was acknowledged is kept.
    ("answers-before-commit", 4, "node/writer/writer_batch.c",
     "    hl_err err = author_commit(writer->author, &detail);\n"
     "    if (err != HL_OK) {\n"
     "        give_up(writer, batch, applied, err, &detail);",
     '    bool early = mutant("answers-before-commit");\n'
     "    if (early) {\n"
     "        answer_results(batch->first, author_checkpoint(writer->author));\n"
     "        batch_init(batch);\n"
     "    }\n"
     "    hl_err err = author_commit(writer->author, &detail);\n"
     "    if (err != HL_OK) {\n"
     "        give_up(writer, batch, applied, err, &detail);",
     "e2e_kill9"),
    ("flush-error-ignored", 4, "node/store/store_txn.c",
     "    if (code < 0 && code != MDB_PANIC) {\n"
     '        return store_fail(store, code, "commit to", detail);',
     '    if (mutant("flush-error-ignored")) {\n'
     "        return HL_OK;\n"
     "    }\n"
     "    if (code < 0 && code != MDB_PANIC) {\n"
     '        return store_fail(store, code, "commit to", detail);',
     "e2e_flush_fails"),
    ("wait-counts-ourselves", 4, "federation/engine/seal.c",
     "    uint32_t count = 0;\n"
     "    for (size_t i = 0; i < engine->member_count; i++) {\n"
     "        const struct member *keeper = engine->members[i];\n"
     "        count += cosigned_size",
     '    uint32_t count = mutant("wait-counts-ourselves") ? 1 : 0;\n'
     "    for (size_t i = 0; i < engine->member_count; i++) {\n"
     "        const struct member *keeper = engine->members[i];\n"
     "        count += cosigned_size",
     "sim"),
    ("cosigns-before-persisting", 4, "federation/engine/keep.c",
     "        origin->keeping = true;\n",
     "        origin->keeping = true;\n"
     '        if (mutant("cosigns-before-persisting") &&\n'
     "            author->stream != NULL) {\n"
     "            struct sync_message early = {\n"
     "                .kind = SYNC_HAVE,\n"
     "                .have = {.origin = bytes_of_text(author->name),\n"
     "                         .candidate = scratch_copy(\n"
     "                             &engine->scratch, writer_view(&kept.raw))}};\n"
     "            stream_send(engine, author->stream, &early);\n"
     "        }\n",
     "sim"),
    ("one-cosignature-seals", 4, "certs/charter/charter_judge.c",
     "        author->quorum > 0 && judgement->keeper_count >= author->quorum;",
     "        author->quorum > 0 &&\n"
     "        judgement->keeper_count >=\n"
     '            (mutant("one-cosignature-seals") ? 1 : author->quorum);',
     "sim"),
    ("sealed-by-its-own-line", 4, "certs/charter/charter_judge.c",
     "    judgement->sealed =\n",
     "    int64_t own_s = 0;\n"
     '    if (mutant("sealed-by-its-own-line") &&\n'
     "        judge_keeper(author, note, verifier, &own_s, detail) == HL_OK) {\n"
     "        judgement->keeper_count += own_s > 0 ? 1 : 0;\n"
     "    }\n"
     "    judgement->sealed =\n",
     "sim"),
    ("sealed-size-shrinks", 4, "federation/engine/seal.c",
     "    if (note->head.size > origin->sealing) {\n",
     "    if (note->head.size > origin->sealing ||\n"
     '        (mutant("sealed-size-shrinks") && note->head.size > 0 &&\n'
     "         note->head.size < origin->sealing)) {\n",
     "test_following"),
    ("words-not-compared", 4, "node/sync/words.c",
     "    return mark->size < store->size",
     '    return mutant("words-not-compared") || mark->size < store->size',
     "test_words"),
    ("checksum-ignored", 4, "node/store/store_value.c",
     "    return raw.data[0] == ENVELOPE_VERSION &&\n           sum ==",
     '    return mutant("checksum-ignored") ||\n'
     "           (raw.data[0] == ENVELOPE_VERSION &&\n"
     "            sum ==",
     "e2e_damage", " envelope_sum(table, key, bytes_slice(raw, 0, summed));",
     " envelope_sum(table, key, bytes_slice(raw, 0, summed)));"),
    # --- 5: history cannot be rewritten unseen.
    ("consistency-ignored", 5, "federation/engine/pull.c",
     "    if (fits) {\n        store(engine",
     '    if (!fits && mutant("consistency-ignored")) {\n'
     "        for (size_t i = 0; i < segment->count; i++) {\n"
     "            frontier_append(&frontier, &span.leaves[i]);\n"
     "        }\n"
     "        fits = true;\n"
     "    }\n"
     "    if (fits) {\n        store(engine",
     "sim"),
    ("quarantine-at-the-fork", 5, "federation/engine/standing.c",
     "        origin->limit = standing_sealed(origin)->head;\n    } else {",
     "        origin->limit = standing_sealed(origin)->head;\n"
     "        struct evidence fork;\n"
     '        if (mutant("quarantine-at-the-fork") && origin->evidence != NULL &&\n'
     "            evidence_parse(writer_view(&origin->evidence->raw), &fork,\n"
     "                           NULL) == HL_OK &&\n"
     "            fork.at > origin->limit.size + 1 &&\n"
     "            tree_root(engine, member, fork.at - 1,\n"
     "                      &origin->limit.root) == HL_OK) {\n"
     "            origin->limit.size = fork.at - 1;\n"
     "        }\n"
     "    } else {",
     "sim"),
    ("cosigns-another-branch", 5, "federation/engine/keep.c",
     "    if (!hash_equal(&root, &head->root)) {\n        fault_note",
     '    if (!mutant("cosigns-another-branch") &&\n'
     "        !hash_equal(&root, &head->root)) {\n        fault_note",
     "sim", "           hash_equal(&root, &kept->root);",
     '           (mutant("cosigns-another-branch") ||\n'
     "            hash_equal(&root, &kept->root));"),
    ("evidence-not-told", 5, "federation/engine/evidence.c",
     "        if (engine->streams[i]->state == STREAM_LIVE) {\n"
     "            evidence_send",
     '        if (!mutant("evidence-not-told") &&\n'
     "            engine->streams[i]->state == STREAM_LIVE) {\n"
     "            evidence_send",
     "test_disputes"),
    ("blames-who-relays", 5, "federation/engine/fault.c",
     "        (void)accuse_all(engine, member, fork, raw);\n",
     '        if (mutant("blames-who-relays") && theirs->stream != NULL) {\n'
     "            peer_fault(engine, theirs->stream, HL_EPROOF, \"it forks\");\n"
     "            break;\n"
     "        }\n"
     "        (void)accuse_all(engine, member, fork, raw);\n",
     "sim"),
    ("charter-without-threshold", 5, "certs/charter/charter_chain.c",
     "    if (err == HL_OK && count < by->threshold) {",
     "    if (err == HL_OK && count < by->threshold &&\n"
     '        !mutant("charter-without-threshold")) {',
     "test_charter_chain"),
    ("clock-ahead-trusted", 5, "federation/engine/keep.c",
     "           !engine_clock_is_ahead(engine, engine->wall) &&\n"
     "           engine->own != ENGINE_OWN_SET_BACK",
     '           (mutant("clock-ahead-trusted") ||\n'
     "            !engine_clock_is_ahead(engine, engine->wall)) &&\n"
     "           engine->own != ENGINE_OWN_SET_BACK",
     "test_story_trust"),
    # --- 6: every copy computes the same.
    ("validity-reads-another-half", 6, "node/projection/projection.c",
     "    if (effect->entry->recorded_at.ms < state->recorded_at.ms) {",
     "    static int64_t any_half_ms;\n"
     '    if (mutant("validity-reads-another-half")) {\n'
     "        bool late = effect->entry->recorded_at.ms < any_half_ms;\n"
     "        any_half_ms = effect->entry->recorded_at.ms;\n"
     "        return late ? REFUSAL_TIME : REFUSAL_NONE;\n"
     "    }\n"
     "    if (effect->entry->recorded_at.ms < state->recorded_at.ms) {",
     "sim"),
    ("unknown-critical-skipped", 6, "node/projection/projection.c",
     "        effect->pause = entry_body_critical(type);",
     '        effect->pause = !mutant("unknown-critical-skipped") &&\n'
     "                        entry_body_critical(type);",
     "test_projection"),
    ("cut-keeps-effects", 6, "node/sync/cut.c",
     "    if (reads_beyond(&half, cut->size)) {",
     '    if (!mutant("cut-keeps-effects") && reads_beyond(&half, cut->size)) {',
     "sim"),
    ("digests-not-compared", 6, "federation/engine/digest.c",
     "    if (ours->size == 0 || ours->size != theirs->size ||",
     '    if (mutant("digests-not-compared") || ours->size == 0 ||\n'
     "        ours->size != theirs->size ||",
     "test_following"),
    # --- 7: exactly once.
    ("repeat-makes-an-entry", 7, "node/writer/author.c",
     "    return err == HL_OK && *found ? repeat(",
     '    *found = *found && !mutant("repeat-makes-an-entry");\n'
     "    return err == HL_OK && *found ? repeat(",
     "test_author"),
    ("recovery-forgets-commands", 7, "node/sync/sync_op.c",
     ".own = bytes_equal(op->origin, target->own),",
     '.own = !mutant("recovery-forgets-commands") &&\n'
     "                                       bytes_equal(op->origin, target->own),",
     "sim"),
    ("release-answered-twice", 7, "node/projection/effect_home.c",
     "    *out = err == HL_OK && !taken && !refused;",
     '    *out = err == HL_OK &&\n'
     '           (mutant("release-answered-twice") || (!taken && !refused));',
     "test_home"),
    ("released-still-stated", 1, "node/projection/effect.c",
     "    bool ours = found ? !former.released\n",
     '    bool ours = found ? mutant("released-still-stated") || !former.released\n',
     "test_home"),
    ("cited-not-watched", 6, "node/projection/frame.c",
     "    for (size_t i = 0; i < projection->half_count && err == HL_OK; i++) {\n"
     "        const struct open_half",
     "    for (size_t i = 0; i < projection->half_count && err == HL_OK &&\n"
     '                       !mutant("cited-not-watched"); i++) {\n'
     "        const struct open_half",
     "test_home"),
    ("reactor-unasked", 7, "node/reactor/home_reactor.c",
     "    bool resumes = answered.answer == HOME_REFUSED || ended;",
     '    bool resumes = answered.answer == HOME_REFUSED || ended ||\n'
     '                   (mutant("reactor-unasked") && answered.answer == 0);',
     "sim"),
    ("reactor-before-the-end", 7, "node/reactor/reactor.c",
     "    *out = err == HL_OK && head_equal(&head, &end) && half.size == end.size;",
     '    *out = mutant("reactor-before-the-end") ||\n'
     "           (err == HL_OK && head_equal(&head, &end) &&\n"
     "            half.size == end.size);",
     "test_author_react"),
    # --- 8: a partition stops nobody; the rest follows by itself.
    ("reactor-edge-triggered", 8, "node/writer/author_react.c",
     "        author->agenda.now.due = true;",
     '        author->agenda.now.due = !mutant("reactor-edge-triggered");',
     "sim"),
    ("left-over-forgotten", 8, "node/writer/agenda.c",
     "    writer_bytes(&names, bytes_slice(writer_view(&from->names), from->names_at,\n"
     "                                     from->names.size - from->names_at));",
     '    size_t end = mutant("left-over-forgotten") ? from->names_at\n'
     "                                               : from->names.size;\n"
     "    writer_bytes(&names, bytes_slice(writer_view(&from->names), from->names_at,\n"
     "                                     end - from->names_at));",
     "test_agenda"),
    ("reactor-forgets-at-the-start", 8, "node/writer/agenda.c",
     "    *agenda = (struct agenda){.now.reasons.day = -1}; /* not looked yet */\n",
     '    *agenda = (struct agenda){.now.reasons.day =\n'
     '        mutant("reactor-forgets-at-the-start") ? 20778 : -1};\n',
     "test_author_react"),
    ("fault-forgotten-at-contact", 8, "federation/engine/peer.c",
     "    member->peer.attempts = 0;\n}",
     "    member->peer.attempts = 0;\n"
     '    if (mutant("fault-forgotten-at-contact")) {\n'
     "        member->peer.faults = 0;\n"
     "    }\n}",
     "test_peers"),
    ("window-ignored", 8, "federation/engine/push.c",
     "        if (room <\n",
     '        if (mutant("window-ignored")) {\n'
     "            room = UINT64_C(1) << 20;\n"
     "        } else if (room <\n",
     "test_following"),
    ("stall-unseen", 8, "federation/engine/pull.c",
     "    return origin->on_way == 0 &&\n",
     '    return !mutant("stall-unseen") && origin->on_way == 0 &&\n',
     "sim"),
    ("nothing-comes-back", 8, "federation/engine/standing.c",
     "    uncut(engine, member);\n    if",
     '    if (!mutant("nothing-comes-back")) {\n'
     "        uncut(engine, member);\n"
     "    }\n    if",
     "test_set_aside"),
    ("sealed-not-told", 8, "federation/engine/push.c",
     "    if (subscription->sealed_number != origin->sealed_number) {\n"
     "        have->sealed",
     '    if (!mutant("sealed-not-told") &&\n'
     "        subscription->sealed_number != origin->sealed_number) {\n"
     "        have->sealed",
     "sim"),
    ("uncovered-tail-kept", 8, "federation/engine/standing.c",
     "               (replaced && origin->held.size > base.size &&",
     '               (!mutant("uncovered-tail-kept") && replaced &&\n'
     "                origin->held.size > base.size &&",
     "test_rollback_guard"),
    ("slow-peer-is-asked-again-as-soon", 8, "federation/engine/blob.c",
     "    if (stream->blob_ms < BLOB_MAX_MS) {",
     '    if (stream->blob_ms < BLOB_MAX_MS &&\n'
     '        !mutant("slow-peer-is-asked-again-as-soon")) {',
     "test_blobs"),
    ("keeper-says-it-once", 8, "federation/engine/have.c",
     "    if (raw.size > 0) {\n"
     "        keep_remind(",
     '    if (raw.size > 0 && !mutant("keeper-says-it-once")) {\n'
     "        keep_remind(",
     "test_cosignatures"),
    ("seal-without-room-is-lost", 8, "federation/engine/seal.c",
     "    seal(engine);\n"
     "    seal_mark_candidate(engine, true);",
     '    if (!mutant("seal-without-room-is-lost")) {\n'
     "        seal(engine);\n"
     "    }\n"
     "    seal_mark_candidate(engine, true);",
     "test_cosignatures"),
    # --- 2, 3, 7 and 9: money.
    ("holds-not-counted", 3, "node/ledger/voucher.c",
     "voucher->of.amount_fen - voucher->held_fen -",
     "voucher->of.amount_fen -\n"
     '                                     (mutant("holds-not-counted")\n'
     "                                          ? 0\n"
     "                                          : voucher->held_fen) -",
     "sim"),
    ("share-rounded-up", 9, "node/ledger/scheme.c",
     "    uint64_t part = price_fen * rate->rate_bp / RATE_MAX_BP;",
     "    uint64_t part =\n"
     "        (price_fen * rate->rate_bp +\n"
     '         (mutant("share-rounded-up") ? RATE_MAX_BP - 1 : 0)) /\n'
     "        RATE_MAX_BP;",
     "sim"),
    ("capture-unsealed", 3, "node/reactor/order_reactor.c",
     "    if (err == HL_OK && index >= relied) {",
     '    if (err == HL_OK && !mutant("capture-unsealed") &&\n'
     "        index >= relied) {",
     "sim"),
    ("deliver-unsealed", 3, "node/projection/ledger.c",
     "    return err == HL_OK && order->index >= relied\n",
     "    return err == HL_OK && order->index >= relied &&\n"
     '                   !mutant("deliver-unsealed")\n',
     "sim"),
    ("release-keeps-usage", 3, "node/projection/effect_ledger.c",
     "of->holder_kept.type == NULL ? 0 : rest;",
     'of->holder_kept.type == NULL || mutant("release-keeps-usage")\n'
     "                                ? 0\n"
     "                                : rest;",
     "sim"),
    ("resolved-twice", 3, "node/projection/ledger_resolve.c",
     "    return err == HL_OK && of->order.resolved != 0\n",
     "    return err == HL_OK && of->order.resolved != 0 &&\n"
     '                   !mutant("resolved-twice")\n',
     "sim"),
    ("refusal-forgotten", 7, "node/writer/author.c",
     "    if (command->type->remembers && ledger_is_refusal(err)) {",
     '    if (!mutant("refusal-forgotten") && command->type->remembers &&\n'
     "        ledger_is_refusal(err)) {",
     "sim"),
    ("refusal-answered-otherwise", 7, "node/writer/author.c",
     "            err = remembered[i];\n",
     '            err = mutant("refusal-answered-otherwise") ? err\n'
     "                                                       : remembered[i];\n",
     "sim"),
    ("capture-above-hold", 3, "node/projection/ledger_resolve.c",
     "        case_least(of->order.of.hold_fen, ledger_share_fen(of, price_fen));",
     '        mutant("capture-above-hold")\n'
     "            ? ledger_share_fen(of, price_fen)\n"
     "            : case_least(of->order.of.hold_fen,\n"
     "                    ledger_share_fen(of, price_fen));",
     "sim"),
    ("rest-lost", 3, "node/ledger/posting.c",
     "               capture->rest_fen);\n",
     '               mutant("rest-lost") ? 0 : capture->rest_fen);\n',
     "sim"),
    ("ended-rest-to-voucher", 3, "node/projection/ledger_resolve.c",
     "    return of->voucher.ended != 0 ? 1 : 0;",
     '    return of->voucher.ended != 0 && !mutant("ended-rest-to-voucher") ? 1\n'
     "                                                                    : 0;",
     "sim"),
    ("controller-unbound", 3, "node/projection/ledger_place.c",
     "         left_of(scheme->controller_year_max_fen, "
     "of->controller.used_fen),",
     '         mutant("controller-unbound")\n'
     "             ? UINT64_MAX\n"
     "             : left_of(scheme->controller_year_max_fen,\n"
     "                       of->controller.used_fen),",
     "sim"),
    ("year-of-the-release", 3, "node/projection/ledger_resolve.c",
     "        err = case_find_usages(of, ledger_year(placed), detail);",
     "        err = case_find_usages(\n"
     "            of,\n"
     '            ledger_year(mutant("year-of-the-release") ? of->now\n'
     "                                                      : placed),\n"
     "            detail);",
     "sim"),
    ("deliver-unaccepted", 2, "node/projection/ledger_provide.c",
     "    if (err == HL_OK && of->order.answer != ANSWER_ACCEPTED &&\n",
     '    if (err == HL_OK && !mutant("deliver-unaccepted") &&\n'
     "        of->order.answer != ANSWER_ACCEPTED &&\n",
     "sim"),
    ("over-on-the-last-day", 3, "node/projection/ledger_case.c",
     "    return bytes_compare(bytes_of_text(today), day) > 0;",
     "    return bytes_compare(bytes_of_text(today), day) >\n"
     '           (mutant("over-on-the-last-day") ? -1 : 0);',
     "sim"),
    ("owes-itself", 2, "node/projection/ledger_resolve.c",
     "        bytes_equal(of->order.of.provider, of->node);\n"
     "    return home",
     '        (!mutant("owes-itself") &&\n'
     "         bytes_equal(of->order.of.provider, of->node));\n"
     "    return home",
     "sim"),
    ("issued-above-budget", 3, "node/projection/ledger_voucher.c",
     "    return err == HL_OK && issue->amount_fen > left\n",
     '    return err == HL_OK && !mutant("issued-above-budget") &&\n'
     "                   issue->amount_fen > left\n",
     "sim"),
    ("adjusted-above-captured", 2, "node/projection/ledger.c",
     "    of->owed_fen = owed ? view->order.captured_fen : 0;",
     '    of->owed_fen = mutant("adjusted-above-captured")\n'
     "                       ? UINT64_MAX\n"
     "                   : owed ? view->order.captured_fen\n"
     "                          : 0;",
     "sim"),
    ("holder-not-asked", 3, "node/reactor/order_reactor.c",
     "    if (days > 0 && placed->confirmed == 0 &&",
     '    if (!mutant("holder-not-asked") && days > 0 &&\n'
     "        placed->confirmed == 0 &&",
     "sim"),
    ("asked-from-the-providers-day", 3, "node/reactor/order_reactor.c",
     "        day_of(view->now, days, until);",
     "        struct hl_wall dated = {(int64_t)order->answer.answer_at_ms};\n"
     '        day_of(mutant("asked-from-the-providers-day") ? dated : view->now,\n'
     "               days, until);",
     "test_author_orders"),
    ("asked-by-any-clock", 3, "node/reactor/order_reactor.c",
     "    bool unsure = wait.ask_until.size > 0 && view->facts->time_is_unsure;",
     '    bool unsure = !mutant("asked-by-any-clock") &&\n'
     "                  wait.ask_until.size > 0 && view->facts->time_is_unsure;",
     "test_author_orders"),
    ("asked-and-not-waited-for", 3, "node/reactor/order_reactor.c",
     "                   is_over(view, placed->ask_until);",
     '                   mutant("asked-and-not-waited-for") ||\n'
     "                   is_over(view, placed->ask_until);",
     "sim"),
    ("rules-not-checked", 3, "node/reactor/order_reactor.c",
     "    wait.checks = scheme.hold_checks & breaches.checks;",
     "    wait.checks = scheme.hold_checks & breaches.checks;\n"
     '    wait.checks = mutant("rules-not-checked") ? 0 : wait.checks;',
     "sim"),
    ("held-whatever-the-scheme", 3, "node/projection/ledger_checks.c",
     "        err = check_contract(txn, view, voucher, scheme, out, detail);\n",
     "        err = check_contract(txn, view, voucher, scheme, out, detail);\n"
     '        out->checks = mutant("held-whatever-the-scheme")\n'
     "                          ? scheme->hold_checks\n"
     "                          : out->checks;\n",
     "sim"),
    ("catalogue-not-asked", 6, "node/projection/catalogue_checks.c",
     "    *checks = bit_if(!active, ORDER_CHECK_UNIT);",
     "    *checks = bit_if(!active && !mutant(\"catalogue-not-asked\"),\n"
     "                     ORDER_CHECK_UNIT);",
     "test_order_cross"),
    ("invoices-of-one-province", 6, "node/projection/joint_cross.c",
     "            *found = take_other(&invoice, half == number, of, &out->claim);",
     "            *found = take_other(&invoice, half == number, of, &out->claim) &&\n"
     '                     (half == number || !mutant("invoices-of-one-province"));',
     "test_order_cross"),
    ("invoice-unfound", 6, "node/projection/joint_cross.c",
     "        if (members->count > 1) {\n",
     '        if (members->count > 1 && !mutant("invoice-unfound")) {\n',
     "test_order_cross"),
    ("neighbours-not-looked-at-again", 6, "node/projection/effect_cross.c",
     "    if (err == HL_OK) {\n        err = cross_neighbours(&effect->",
     '    if (err == HL_OK && !mutant("neighbours-not-looked-at-again")) {\n'
     "        err = cross_neighbours(&effect->",
     "test_order_cross"),
    ("forgotten-neighbours-stay-found", 6, "node/projection/effect_cross.c",
     "    if (err == HL_OK && found) {\n"
     "        record_decode(&machine_record, row.record, &machine);",
     '    if (err == HL_OK && found &&\n'
     '        !mutant("forgotten-neighbours-stay-found")) {\n'
     "        record_decode(&machine_record, row.record, &machine);",
     "test_order_cross"),
    ("newest-spend-judged-for-all", 6, "node/projection/joint_order.c",
     "    spend_as_answer(&spend, &answer);\n",
     '    if (!mutant("newest-spend-judged-for-all")) {\n'
     "        spend_as_answer(&spend, &answer);\n"
     "    }\n",
     "test_order_cross"),
    ("spends-not-looked-at-again", 6, "node/projection/effect_ledger.c",
     "    hl_err err = place(work, &placed, detail);\n"
     "    return err == HL_OK\n",
     "    hl_err err = place(work, &placed, detail);\n"
     '    return err == HL_OK && !mutant("spends-not-looked-at-again")\n',
     "test_order_cross"),
    ("hours-that-touch-overlap", 6, "node/ledger/cross.c",
     "    return a->from_ms < b->until_ms && b->from_ms < a->until_ms;",
     '    uint64_t more = mutant("hours-that-touch-overlap") ? 1 : 0;\n'
     "    return a->from_ms < b->until_ms + more &&\n"
     "           b->from_ms < a->until_ms + more;",
     "test_order_cross"),
    ("declined-parts-count-on", 6, "node/projection/effect_ledger.c",
     "    return err == HL_OK && how != ORDER_CAPTURED\n",
     "    return err == HL_OK && how != ORDER_CAPTURED &&\n"
     '                   !mutant("declined-parts-count-on")\n',
     "test_order_cross"),
    ("related-parties-unseen", 3, "node/projection/ledger_checks.c",
     "    if (err == HL_OK && token.size > 0 &&\n",
     '    if (err == HL_OK && token.size > 0 &&\n'
     '        !mutant("related-parties-unseen") &&\n',
     "test_order_cross"),
    ("collision-not-cited", 6, "node/reactor/order_reactor.c",
     "    out->seen_count = breaches->seen_count;\n",
     '    out->seen_count =\n'
     '        mutant("collision-not-cited") ? 0 : breaches->seen_count;\n',
     "test_author_orders"),
    ("fingerprints-without-a-key", 6, "node/ledger/fingerprint.c",
     "    int made = EVP_PBE_scrypt((const char *)text.data, text.size, key->secret,",
     "    static const uint8_t none[FINGERPRINT_KEY_BYTES];\n"
     "    int made = EVP_PBE_scrypt((const char *)text.data, text.size,\n"
     '                              mutant("fingerprints-without-a-key")\n'
     "                                  ? none\n"
     "                                  : key->secret,",
     "test_fingerprint"),
    ("keys-of-anybody", 2, "node/service/key_claims.c",
     "        if (node->roles[CHARTER_COORDINATOR].granted) {\n",
     '        if (mutant("keys-of-anybody") ||\n'
     "            node->roles[CHARTER_COORDINATOR].granted) {\n",
     "test_key_ring"),
    ("keys-of-ended-coordinators", 2, "node/service/key_claims.c",
     "        if (put.key_version > 0 && row.first_index < author->end) {\n",
     "        if (put.key_version > 0 &&\n"
     '            (mutant("keys-of-ended-coordinators") ||\n'
     "             row.first_index < author->end)) {\n",
     "test_key_ring"),
    ("another-key-in-the-blob", 6, "node/service/key_ring.c",
     "                hash_equal(&digest, &claim->digest);\n    if (good) {",
     '                (mutant("another-key-in-the-blob") ||\n'
     "                 hash_equal(&digest, &claim->digest));\n    if (good) {",
     "test_key_ring"),
    ("last-key-of-a-version-counts", 6, "node/service/key_claims.c",
     "        first = claim->version == first->version ? first : claim;\n",
     "        first = claim->version == first->version &&\n"
     '                        !mutant("last-key-of-a-version-counts")\n'
     "                    ? first\n"
     "                    : claim;\n",
     "test_key_ring"),
    ("erased-keys-go-on", 6, "node/service/key_ring.c",
     "        if (!is_over(&version)) {\n",
     '        if (mutant("erased-keys-go-on") || !is_over(&version)) {\n',
     "test_key_ring"),
    ("retries-by-fingerprint", 7, "node/service/ledger_write.c",
     "    if (err == HL_OK && call->invoice != NULL) {\n        ask_without",
     "    if (err == HL_OK && call->invoice != NULL &&\n"
     '        !mutant("retries-by-fingerprint")) {\n        ask_without',
     "e2e_fingerprint"),
    ("holder-told-to-others", 6, "node/service/order_holder.c",
     "              bytes_equal(blob_opener_head(opener)->name,\n"
     "                          writer_view(&looking->name));\n",
     '              (mutant("holder-told-to-others") ||\n'
     "               bytes_equal(blob_opener_head(opener)->name,\n"
     "                           writer_view(&looking->name)));\n",
     "e2e_blob"),
    ("breach-disputes-nothing", 3, "node/projection/effect_ledger.c",
     "        order->disputed = DISPUTE_OPEN;\n    }",
     '        order->disputed = mutant("breach-disputes-nothing")\n'
     "                              ? order->disputed\n"
     "                              : DISPUTE_OPEN;\n    }",
     "sim"),
    ("waits-twice", 3, "node/projection/ledger_resolve.c",
     "    return err == HL_OK && order_has_waited(&of->order)\n",
     '    return err == HL_OK && !mutant("waits-twice") &&\n'
     "                   order_has_waited(&of->order)\n",
     "test_ledger_order"),
    ("service-after-use", 3, "node/ledger/order_check.c",
     "    return bytes_compare(bytes_of_text(last), voucher->use_until) > 0 ||\n",
     '    return (!mutant("service-after-use") &&\n'
     "            bytes_compare(bytes_of_text(last), voucher->use_until) > 0) ||\n",
     "test_order_check"),
    ("anothers-delivery-unfound", 6, "node/projection/joint_order.c",
     "        bytes_equal(placed->of.provider, node_of(member));",
     '        (mutant("anothers-delivery-unfound") ||\n'
     "         bytes_equal(placed->of.provider, node_of(member)));",
     "sim"),
    ("other-price-unfound", 6, "node/projection/joint_order.c",
     "    bool same_price =\n        placed->resolved != ORDER_CAPTURED ||\n",
     '    bool same_price =\n        mutant("other-price-unfound") ||\n'
     "        placed->resolved != ORDER_CAPTURED ||\n",
     "sim"),
    # Allotments.
    ("allotment-overspent", 3, "node/projection/ledger_provide.c",
     "    return spend->spent_after_fen > spend->limit_fen\n",
     '    return !mutant("allotment-overspent") &&\n'
     "                   spend->spent_after_fen > spend->limit_fen\n",
     "test_ledger_order"),
    ("allotments-are-contracts", 6, "node/projection/effect_ledger.c",
     "    return of->order.allotted != 0\n               ? HL_OK\n",
     '    return of->order.allotted != 0 && !mutant("allotments-are-contracts")\n'
     "               ? HL_OK\n",
     "test_order_cross"),
    ("allotment-spent-after-its-close", 3, "node/projection/ledger_provide.c",
     "    return err == HL_OK && of->order.answer == ANSWER_CLOSED\n",
     "    return err == HL_OK && of->order.answer == ANSWER_CLOSED &&\n"
     '                   !mutant("allotment-spent-after-its-close")\n',
     "test_ledger_order"),
    ("allotment-back-by-a-day", 3, "node/reactor/order_reactor.c",
     "    return err == HL_OK && ended\n",
     "    ended = ended || (mutant(\"allotment-back-by-a-day\") &&\n"
     "                      is_over(view, order->order.of.until));\n"
     "    return err == HL_OK && ended\n",
     "test_author_allot"),
    ("allotment-back-unsealed", 3, "node/reactor/order_reactor.c",
     "    if (closed) {\n        err = is_relied(view, order, out, detail);",
     '    if (closed && !mutant("allotment-back-unsealed")) {\n'
     "        err = is_relied(view, order, out, detail);",
     "test_author_allot"),
    ("allotment-back-whole", 3, "node/reactor/order_reactor.c",
     "        .spent_fen = spent_of(order),\n",
     "        .spent_fen =\n"
     '            mutant("allotment-back-whole") ? 0 : spent_of(order),\n',
     "sim"),
    ("allotment-never-over", 3, "node/projection/ledger_provide.c",
     "    if (case_is_after(of->now, spend->expires)) {",
     '    if (!mutant("allotment-never-over") &&\n'
     "        case_is_after(of->now, spend->expires)) {",
     "test_ledger_order"),
    ("allotment-of-another-limit", 2, "node/projection/ledger_provide.c",
     "           (of->allotted_known && (of->limit_fen != spend->limit_fen ||\n",
     '           (!mutant("allotment-of-another-limit") && of->allotted_known &&\n'
     "                                  (of->limit_fen != spend->limit_fen ||\n",
     "test_ledger_order"),
    ("allotment-not-held", 3, "node/projection/effect_ledger.c",
     "    of->voucher.held_fen += place->hold_fen;\n",
     "    of->voucher.held_fen +=\n"
     '        of->order.allotted != 0 && mutant("allotment-not-held")\n'
     "            ? 0\n"
     "            : place->hold_fen;\n",
     "sim"),
    ("allotment-above-the-rest", 3, "node/projection/ledger_place.c",
     "    return err == HL_OK ? check_hold(of, place, MONEY_MAX_FEN, detail) : err;",
     '    return err == HL_OK && !mutant("allotment-above-the-rest")\n'
     "               ? check_hold(of, place, MONEY_MAX_FEN, detail)\n"
     "               : err;",
     "test_ledger_order"),
    ("spend-of-another-limit-counts", 3, "node/projection/joint_order.c",
     "            (placed->allotted != 0 && order->limit_fen == placed->of.hold_fen &&\n",
     "            (placed->allotted != 0 &&\n"
     '             (mutant("spend-of-another-limit-counts") ||\n'
     "              order->limit_fen == placed->of.hold_fen) &&\n",
     "test_order_joint"),
    ("return-of-another-sum-unfound", 6, "node/projection/joint_order.c",
     "        (returned ? placed->captured_fen == spent_of(placed, answer)\n",
     '        (returned ? mutant("return-of-another-sum-unfound") ||\n'
     "                        placed->captured_fen == spent_of(placed, answer)\n",
     "test_order_joint"),
    ("allotment-closed-unsealed", 3, "node/projection/ledger.c",
     "    of->answers_allotment = allotted;\n",
     "    of->answers_allotment =\n"
     '        allotted && (body == ORDER_BODY_SPEND ||\n'
     '                     !mutant("allotment-closed-unsealed"));\n',
     "test_author_allot"),
    ("close-forgets-the-seal", 8, "node/reactor/order_reactor.c",
     "        hl_err err = is_relied_at(view, order->order.of.key.begun_at,\n"
     "                                  order->order.placed_index, out, detail);\n",
     "        hl_err err = is_relied_at(view, order->order.of.key.begun_at,\n"
     "                                  order->order.placed_index, out, detail);\n"
     '        if (err == HL_OK && out->waits && mutant("close-forgets-the-seal")) {\n'
     "            out->waits = false;\n"
     "            return HL_OK;\n"
     "        }\n",
     "test_author_allot"),
    ("allotment-not-closed", 8, "node/reactor/order_reactor.c",
     "    if (order->order.allotted != 0 &&\n        (cancelled ||",
     '    if (order->order.allotted != 0 && !mutant("allotment-not-closed") &&\n'
     "        (cancelled ||",
     "test_author_allot"),
    ("declined-not-released", 8, "node/reactor/order_reactor.c",
     "    if (answer == ANSWER_DECLINED) {",
     '    if (answer == ANSWER_DECLINED && !mutant("declined-not-released")) {',
     "sim"),
    ("cancelled-not-declined", 8, "node/reactor/order_reactor.c",
     "    return order->order.cancelled != 0 && !order->answered\n",
     "    return order->order.cancelled != 0 && !order->answered &&\n"
     '                   !mutant("cancelled-not-declined")\n',
     "sim"),
    ("seal-not-waited-for", 8, "node/writer/agenda.c",
     "    return node->at < node->count && node->items",
     '    return !mutant("seal-not-waited-for") && node->at < node->count &&\n'
     "           node->items",
     "sim"),
    ("midnight-unseen", 8, "node/writer/author_react.c",
     "           look->reasons.day != day_of_time(now) ||\n",
     '           (look->reasons.day != day_of_time(now) &&\n'
     '            !mutant("midnight-unseen")) ||\n',
     "sim"),
    ("days-by-any-clock", 3, "node/reactor/order_reactor.c",
     "    return !view->facts->time_is_unsure &&\n",
     '    return (mutant("days-by-any-clock") || !view->facts->time_is_unsure) &&\n',
     "sim"),
    ("days-by-an-entrys-date", 3, "node/writer/author_react.c",
     "                 .now = author->now,\n",
     '                 .now = mutant("days-by-an-entrys-date")\n'
     "                            ? author_frame(author).recorded_at\n"
     "                            : author->now,\n",
     "sim"),
    ("ended-needs-a-seal", 8, "node/projection/ledger.c",
     "        is_at_end(writer, writer_view(&origin), &journal)) {",
     '        !mutant("ended-needs-a-seal") &&\n'
     "        is_at_end(writer, writer_view(&origin), &journal)) {",
     "test_author_orders"),
    ("expired-by-any-clock", 3, "node/reactor/voucher_reactor.c",
     "    if (view->facts->time_is_unsure) {\n        *found = false;",
     '    if (view->facts->time_is_unsure && !mutant("expired-by-any-clock")) {\n'
     "        *found = false;",
     "sim",
     "    if (view->facts->time_is_unsure) {\n        return HL_OK;",
     '    if (view->facts->time_is_unsure && !mutant("expired-by-any-clock")) {\n'
     "        return HL_OK;"),
    ("blob-part-believed", 8, "federation/engine/blob.c",
     "    if (blob_part_verify(&wanted->seal, part->index, part->bytes,\n"
     "                         &part->proof) != HL_OK) {",
     '    if (!mutant("blob-part-believed") &&\n'
     "        blob_part_verify(&wanted->seal, part->index, part->bytes,\n"
     "                         &part->proof) != HL_OK) {",
     "test_blobs"),
    ("blob-of-its-author-alone", 8, "federation/engine/blob.c",
     "        } else if (engine_random(engine, ++seen) == 0) {",
     '        } else if (!mutant("blob-of-its-author-alone") &&\n'
     "                   engine_random(engine, ++seen) == 0) {",
     "test_blobs"),
    ("blob-erased-and-kept", 6, "node/sync/driver_blob.c",
     "    (void)store->remove(store->context, name, NULL);\n"
     "    tell(driver, ENGINE_BLOB_GONE",
     '    if (!mutant("blob-erased-and-kept")) {\n'
     "        (void)store->remove(store->context, name, NULL);\n"
     "    }\n"
     "    tell(driver, ENGINE_BLOB_GONE",
     "sim"),
    ("blob-forgotten-at-a-start", 8, "node/sync/driver_blob.c",
     "    if (driver->blobs.count < LOOKS_MAX) {",
     '    if (mutant("blob-forgotten-at-a-start")) {\n'
     "        return;\n"
     "    }\n"
     "    if (driver->blobs.count < LOOKS_MAX) {",
     "test_driver_blobs"),
    ("blob-deleted-too-early", 4, "node/sync/driver_blob.c",
     "        if (put.size > 0 || is_level(driver, origin)) {",
     '        if (put.size > 0 || mutant("blob-deleted-too-early") ||\n'
     "            is_level(driver, origin)) {",
     "test_driver_blobs"),
    ("blob-erased-twice", 6, "node/projection/effect_blob.c",
     "    if (!found || row.retired) {",
     '    if (!found || (row.retired && !mutant("blob-erased-twice"))) {',
     "test_blob_effect"),
    ("unsure-time-forgotten", 8, "node/writer/author_react.c",
     "    open->reasons.unsure = open->reasons.unsure ||",
     '    open->reasons.unsure = mutant("unsure-time-forgotten")\n'
     "                               ? open->reasons.unsure\n"
     "                               : open->reasons.unsure ||",
     "test_author_orders"),
    # Orders that begin at a desk.
    ("request-answered-twice", 3, "node/projection/ledger_place.c",
     "    hl_err err = case_find_order(of, key, detail);\n"
     "    return err == HL_OK && of->order_kept.found\n",
     "    hl_err err = case_find_order(of, key, detail);\n"
     "    return err == HL_OK && of->order_kept.found &&\n"
     '                   !mutant("request-answered-twice")\n',
     "sim"),
    ("any-scheme-at-a-desk", 2, "node/projection/ledger_place.c",
     "    return desk && of->scheme.desk_days == 0\n",
     "    return desk && of->scheme.desk_days == 0 &&\n"
     '                   !mutant("any-scheme-at-a-desk")\n',
     "sim"),
    ("who-was-spoken-for-not-asked", 3, "node/reactor/order_reactor.c",
     "    bool desk = order_is_requested(placed);",
     "    bool desk = order_is_requested(placed) &&\n"
     '                !mutant("who-was-spoken-for-not-asked");',
     "sim"),
    ("withdrawn-and-held", 3, "node/reactor/order_reactor.c",
     "        order.answer.answer == ANSWER_NONE &&\n"
     "        bytes_equal(order.answer.issuer,",
     "        (order.answer.answer == ANSWER_NONE ||\n"
     '         mutant("withdrawn-and-held")) &&\n'
     "        bytes_equal(order.answer.issuer,",
     "test_author_desk"),
    ("denied-for-a-late-charter", 8, "node/reactor/order_reactor.c",
     "           (ledger_is_refused(why, LEDGER_NO_PROVIDER) &&\n",
     '           (!mutant("denied-for-a-late-charter") &&\n'
     "            ledger_is_refused(why, LEDGER_NO_PROVIDER) &&\n",
     "test_author_desk"),
    ("denied-by-any-clock", 8, "node/reactor/order_reactor.c",
     "    return (is_by_day && view->facts->time_is_unsure) ||\n",
     '    return (is_by_day && !mutant("denied-by-any-clock") &&\n'
     "            view->facts->time_is_unsure) ||\n",
     "test_author_desk"),
    ("request-not-answered", 8, "node/reactor/order_reactor.c",
     "        return answer_request(view, &order, out, detail);",
     '        return mutant("request-not-answered")\n'
     "                   ? HL_OK\n"
     "                   : answer_request(view, &order, out, detail);",
     "sim"),
    ("grant-of-something-else-unfound", 6, "node/projection/joint_order.c",
     "           a->kind == b->kind && a->price_fen == b->price_fen &&\n",
     "           a->kind == b->kind &&\n"
     '           (mutant("grant-of-something-else-unfound") ||\n'
     "            a->price_fen == b->price_fen) &&\n",
     "test_order_joint"),
    ("grant-for-another-issuer-unfound", 6, "node/projection/joint_order.c",
     "        bytes_equal(request->issuer, node_of(member)) &&\n",
     '        (mutant("grant-for-another-issuer-unfound") ||\n'
     "         bytes_equal(request->issuer, node_of(member))) &&\n",
     "sim"),
    ("hold-without-request-for-ever", 3, "node/projection/joint_order.c",
     "        if (order_is_placed(&order) && order.resolved == ORDER_OPEN) {\n",
     "        if (order_is_placed(&order) && order.resolved == ORDER_OPEN &&\n"
     '            !mutant("hold-without-request-for-ever")) {\n',
     "test_author_desk"),
    ("answers-another-issuer", 2, "node/projection/ledger_provide.c",
     "    if (err == HL_OK && order_is_requested(&of->order) &&\n"
     "        !bytes_equal(of->order.issuer, issuer)) {",
     "    if (err == HL_OK && order_is_requested(&of->order) &&\n"
     '        !mutant("answers-another-issuer") &&\n'
     "        !bytes_equal(of->order.issuer, issuer)) {",
     "test_ledger_order"),
    # --- Clearing: what a cycle counts, and who stands by it.
    ("cycle-base-not-raised", 3, "node/clearing/count.c",
     "            if (journal != NO_PLACE && partner != NO_PLACE &&\n",
     '            if (!mutant("cycle-base-not-raised") && journal != NO_PLACE &&\n'
     "                partner != NO_PLACE &&\n",
     "test_cycle"),
    ("cycle-base-raised-for-others", 2, "node/clearing/count.c",
     "                former->party[i] && former->party[k]) {",
     '                (mutant("cycle-base-raised-for-others") ||\n'
     "                 (former->party[i] && former->party[k]))) {",
     "test_cycle"),
    ("cycle-binds-who-is-no-party", 2, "node/clearing/count.c",
     "        former->party[former->lists.nets[i].place] = true;\n    }\n",
     "        former->party[former->lists.nets[i].place] = true;\n    }\n"
     "    for (size_t i = 0; i < former->lists.place_count; i++) {\n"
     '        former->party[i] |= mutant("cycle-binds-who-is-no-party") &&\n'
     "                            former->lists.places[i].takes_part != 0;\n"
     "    }\n",
     "test_conspiracy"),
    ("replaces-others-transfers", 2, "node/clearing/count.c",
     "    order = order != 0 ? order : bytes_compare(left->from, right->from);\n",
     '    if (mutant("replaces-others-transfers")) {\n'
     "        return order;\n"
     "    }\n"
     "    order = order != 0 ? order : bytes_compare(left->from, right->from);\n",
     "test_conspiracy"),
    ("waits-for-what-is-rejected", 8, "node/clearing/decide.c",
     "        *rival = !rejected && step_overlaps(lists, &other)",
     '        *rival = (!rejected || mutant("waits-for-what-is-rejected")) &&\n'
     "                         step_overlaps(lists, &other)",
     "test_conspiracy"),
    ("cycle-counts-beyond-its-cut", 3, "node/clearing/count.c",
     "            owed.index >= cut_at(count, journal)) {",
     "            (owed.index >= cut_at(count, journal) &&\n"
     '             !mutant("cycle-counts-beyond-its-cut"))) {',
     "test_windows"),
    ("zero-net-is-no-party", 2, "node/clearing/count.c",
     "        if (count->party[i]) {",
     "        if (count->party[i] &&\n"
     '            (gets != pays || !mutant("zero-net-is-no-party"))) {',
     "test_windows"),
    ("overdue-stands-twice", 3, "node/clearing/position.c",
     "    if (bytes_compare(transfer->pay_by, bytes_of_text(positions->today)) >= 0 &&\n",
     '    if ((mutant("overdue-stands-twice") ||\n'
     "         bytes_compare(transfer->pay_by, bytes_of_text(positions->today)) >=\n"
     "             0) &&\n",
     "test_windows"),
    ("cycle-stop-ignored", 2, "node/clearing/count.c",
     "    if (err == HL_OK && allotted->beyond) {",
     '    if (err == HL_OK && allotted->beyond &&\n'
     '        !mutant("cycle-stop-ignored")) {',
     "test_cycle"),
    ("cycle-stop-of-former-ignored", 2, "node/clearing/count.c",
     "        if (lists->stops[i].provider == provider &&\n",
     '        if (!mutant("cycle-stop-of-former-ignored") &&\n'
     "            lists->stops[i].provider == provider &&\n",
     "test_cycle"),
    ("paid-and-counted-anew", 3, "node/clearing/count.c",
     "    if (err != HL_OK || paid) {",
     '    if (err != HL_OK || (paid && !mutant("paid-and-counted-anew"))) {',
     "test_cycle"),
    ("repayment-not-counted", 3, "node/clearing/count.c",
     "        if (replaced != NULL && replaced->amount_fen == payment.amount_fen &&\n",
     '        if (replaced != NULL && !mutant("repayment-not-counted") &&\n'
     "            replaced->amount_fen == payment.amount_fen &&\n",
     "test_cycle"),
    ("decides-beyond-its-role", 2, "node/clearing/count.c",
     "    return of->ended != 0 && of->ended_at < of->size ? of->ended_at : of->size;",
     "    return of->ended != 0 && of->ended_at < of->size &&\n"
     '                   !mutant("decides-beyond-its-role")\n'
     "               ? of->ended_at\n"
     "               : of->size;",
     "test_cycle"),
    ("net-on-the-wrong-side", 2, "node/clearing/count.c",
     "                .gets_fen = gets > pays ? gets - pays : 0,\n"
     "                .pays_fen = pays > gets ? pays - gets : 0,\n",
     '                .gets_fen = (gets > pays) != mutant("net-on-the-wrong-side")\n'
     "                                ? (gets > pays ? gets - pays : pays - gets)\n"
     "                                : 0,\n"
     '                .pays_fen = (gets > pays) != mutant("net-on-the-wrong-side")\n'
     "                                ? 0\n"
     "                                : (gets > pays ? gets - pays : pays - gets),\n",
     "test_cycle"),
    ("approves-above-the-seal", 5, "node/clearing/answer.c",
     "    if (err == HL_OK && sealed < place->size) {",
     '    if (err == HL_OK && sealed < place->size &&\n'
     '        !mutant("approves-above-the-seal")) {',
     "test_cycle"),
    ("approves-what-may-be-lost", 4, "node/clearing/answer.c",
     "    *goes_on = err == HL_OK && (own || key->index < sealed);",
     "    *goes_on = err == HL_OK && (own || key->index < sealed ||\n"
     '                                mutant("approves-what-may-be-lost"));',
     "test_cycle"),
    ("approves-though-busy", 3, "node/clearing/answer.c",
     "    if (closing.as == CYCLE_AS_OPEN) {\n",
     '    if (closing.as == CYCLE_AS_OPEN && !mutant("approves-though-busy")) {\n',
     "test_cycle"),
    ("approves-whatever-it-counts", 2, "node/clearing/answer.c",
     "               !clearing_agrees(&counting, &answering->cycle.of, &field)) {",
     "               !clearing_agrees(&counting, &answering->cycle.of, &field) &&\n"
     '               !mutant("approves-whatever-it-counts")) {',
     "test_cycle"),
    ("final-of-votes-that-may-be-lost", 4, "node/clearing/decide.c",
     "    *is = answer->answer_index < sealed ? VOTE_YES : VOTE_UNSEALED;",
     "    *is = answer->answer_index < sealed ||\n"
     '                  mutant("final-of-votes-that-may-be-lost")\n'
     "              ? VOTE_YES\n"
     "              : VOTE_UNSEALED;",
     "sim"),
    ("abandoned-and-a-rival", 8, "node/clearing/step.c",
     "    *found = err == HL_OK && *found && as == CYCLE_AS_OPEN &&\n",
     "    *found = err == HL_OK && *found &&\n"
     '             (as == CYCLE_AS_OPEN || mutant("abandoned-and-a-rival")) &&\n',
     "test_cycle"),
    ("final-without-approvals", 2, "node/projection/cycles.c",
     "            cycle_is_vote(&answer, cycle, vote) ? CYCLE_EFFECTIVE : CYCLE_VOID;",
     "            cycle_is_vote(&answer, cycle, vote) ||\n"
     '                    mutant("final-without-approvals")\n'
     "                ? CYCLE_EFFECTIVE\n"
     "                : CYCLE_VOID;",
     "test_cycle"),
    ("answered-otherwise-and-waited-for", 8, "node/projection/cycles.c",
     "    if (err == HL_OK && (answered || half.size > vote->index)) {\n",
     "    if (err == HL_OK &&\n"
     '        ((answered && !mutant("answered-otherwise-and-waited-for")) ||\n'
     "         half.size > vote->index)) {\n",
     "test_cycle"),
    ("cut-off-and-waited-for", 8, "node/clearing/view.c",
     "    *out = err == HL_OK && here >= end && vote->index >= here && below;",
     "    *out = err == HL_OK && here >= end && vote->index >= here && below &&\n"
     '           !mutant("cut-off-and-waited-for");',
     "test_cycle"),
    ("final-by-what-may-be-lost", 4, "node/clearing/view.c",
     "        *out = votes.items[i].index < sealed;\n",
     "        *out = votes.items[i].index < sealed ||\n"
     '               mutant("final-by-what-may-be-lost");\n',
     "test_cycle"),
    ("paid-by-what-may-be-lost", 4, "node/projection/ledger.c",
     "        *out = votes.items[i].index < relied;\n",
     "        *out = votes.items[i].index < relied ||\n"
     '               mutant("paid-by-what-may-be-lost");\n',
     "test_cycle"),
    ("silent-about-a-false-final", 8, "node/clearing/answer.c",
     "        (!open && as != CYCLE_AS_DECLARED) ||\n",
     "        (!open && (as != CYCLE_AS_DECLARED ||\n"
     '                   mutant("silent-about-a-false-final"))) ||\n',
     "test_cycle"),
    ("unfinal-at-its-nodes-end", 5, "node/clearing/view.c",
     "        decided >= sealed) {\n",
     '        (decided >= sealed || mutant("unfinal-at-its-nodes-end"))) {\n',
     "test_cycle"),
    ("overlap-unfound", 6, "node/projection/joint_cycle.c",
     "          judging->lists.places[place].ended != 0)) {",
     "          judging->lists.places[place].ended != 0) &&\n"
     '        !mutant("overlap-unfound")) {',
     "test_cycle"),
    ("busy-is-waited-for-for-ever", 8, "node/clearing/propose.c",
     "    if (options->waited_ms >=\n",
     '    if (!mutant("busy-is-waited-for-for-ever") && options->waited_ms >=\n',
     "test_cycle"),
    ("held-back-for-ever", 8, "node/clearing/propose.c",
     "        *out = !free || after->of.charter < view->charter->version;\n",
     '        *out = !free || mutant("held-back-for-ever") ||\n'
     "               after->of.charter < view->charter->version;\n",
     "test_cycle"),
]
