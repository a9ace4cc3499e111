-- SPDX-License-Identifier: Apache-2.0
-- The steps of the ledger in PostgreSQL, for bench_ledger.c: the same keys and
-- checks, and the same balances. One function for each step, so that a command
-- is one prepared statement and one journey; and one for a whole batch, which
-- is done by sets: all of it, or none.
--
-- What our ledger does beside that is not here: commands that are remembered,
-- refusals too; history, its hashes and signatures; a digest of all rows; the
-- orders that are open.
--
-- "kept" says whether balances of accounts are kept, as ours are: two or three
-- rows that every transaction changes, so that each waits for the commit of the
-- one before. Without, postings are inserted alone, and whoever wants a balance
-- sums them up.

CREATE TABLE schemes (
    id text, version int, rate_bp int NOT NULL, issue_unit_fen bigint NOT NULL,
    use_days int NOT NULL, claim_days int NOT NULL,
    holder_year_max_fen bigint NOT NULL, PRIMARY KEY (id, version));
CREATE TABLE budgets (
    scheme text PRIMARY KEY, version int NOT NULL, budget_fen bigint NOT NULL,
    issued_fen bigint NOT NULL, CHECK (issued_fen <= budget_fen))
    WITH (fillfactor = 10);
CREATE TABLE vouchers (
    id uuid PRIMARY KEY, scheme text NOT NULL, version int NOT NULL,
    holder uuid NOT NULL, county text NOT NULL, amount_fen bigint NOT NULL,
    held_fen bigint NOT NULL DEFAULT 0, spent_fen bigint NOT NULL DEFAULT 0,
    returned_fen bigint NOT NULL DEFAULT 0, ended int NOT NULL DEFAULT 0,
    use_until date NOT NULL, claim_until date NOT NULL,
    CHECK (held_fen >= 0),
    CHECK (held_fen + spent_fen + returned_fen <= amount_fen))
    WITH (fillfactor = 50);
CREATE INDEX ON vouchers (use_until) WHERE ended = 0;
CREATE TABLE usages (
    scheme text, year int, whose int, token uuid, used_fen bigint NOT NULL,
    PRIMARY KEY (scheme, year, whose, token)) WITH (fillfactor = 50);
CREATE TABLE orders (
    id uuid PRIMARY KEY, voucher uuid NOT NULL, provider text NOT NULL,
    unit_scheme text NOT NULL, unit_id text NOT NULL, kind int NOT NULL,
    price_fen bigint NOT NULL, hold_fen bigint NOT NULL, until date NOT NULL,
    placed_at timestamptz NOT NULL, state int NOT NULL,
    accepted_at timestamptz, delivered_at timestamptz, delivered_fen bigint,
    from_ms bigint, until_ms bigint, captured_fen bigint)
    WITH (fillfactor = 60);
CREATE TABLE accounts (
    account text, partner text, debit_fen bigint NOT NULL,
    credit_fen bigint NOT NULL, PRIMARY KEY (account, partner))
    WITH (fillfactor = 10);
CREATE TABLE postings (
    number bigserial PRIMARY KEY, from_account text NOT NULL,
    to_account text NOT NULL, partner text NOT NULL, fen bigint NOT NULL,
    about uuid NOT NULL);
CREATE TABLE obligations (
    debtor text, creditor text, index bigserial, amount_fen bigint NOT NULL,
    about uuid NOT NULL, PRIMARY KEY (debtor, creditor, index));

-- --- A command. All have the same arguments.

CREATE FUNCTION issue(p_id uuid, p_holder uuid, p_fen bigint, p_kept boolean)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    s schemes;
BEGIN
    SELECT schemes.* INTO s FROM budgets JOIN schemes
        ON schemes.id = budgets.scheme AND schemes.version = budgets.version
        WHERE budgets.scheme = 'bench';
    IF NOT FOUND THEN RAISE 'no_scheme'; END IF;
    IF p_fen <= 0 OR p_fen % s.issue_unit_fen <> 0 THEN
        RAISE 'amount_unit';
    END IF;
    INSERT INTO vouchers (id, scheme, version, holder, county, amount_fen,
        use_until, claim_until)
        VALUES (p_id, s.id, s.version, p_holder, '410105', p_fen,
            current_date + s.use_days,
            current_date + s.use_days + s.claim_days);
    UPDATE budgets SET issued_fen = issued_fen + p_fen
        WHERE scheme = s.id AND version = s.version
        AND issued_fen + p_fen <= budget_fen;
    IF NOT FOUND THEN RAISE 'budget_left'; END IF;
    IF p_kept THEN
        UPDATE accounts SET debit_fen = debit_fen + p_fen
            WHERE account = 'budget' AND partner = '';
        UPDATE accounts SET credit_fen = credit_fen + p_fen
            WHERE account = 'issued' AND partner = '';
    ELSE
        INSERT INTO postings (from_account, to_account, partner, fen, about)
            VALUES ('budget', 'issued', '', p_fen, p_id);
    END IF;
END $$;

-- The conditions of an update are the row lock and the check in one.
CREATE FUNCTION place(p_id uuid, p_voucher uuid, p_fen bigint, p_kept boolean)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v vouchers;
    s schemes;
    hold bigint;
BEGIN
    SELECT * INTO v FROM vouchers WHERE id = p_voucher;
    IF NOT FOUND THEN RAISE 'no_voucher'; END IF;
    SELECT * INTO s FROM schemes WHERE id = v.scheme AND version = v.version;
    hold := p_fen * s.rate_bp / 10000;
    IF hold = 0 THEN RAISE 'no_rate'; END IF;
    UPDATE vouchers SET held_fen = held_fen + hold
        WHERE id = p_voucher AND ended = 0 AND current_date <= use_until
        AND amount_fen - held_fen - spent_fen - returned_fen >= hold;
    IF NOT FOUND THEN RAISE 'voucher_left'; END IF;
    INSERT INTO usages AS u
        VALUES (v.scheme, extract(year FROM current_date), 1, v.holder, hold)
        ON CONFLICT (scheme, year, whose, token)
        DO UPDATE SET used_fen = u.used_fen + hold
        WHERE u.used_fen + hold <= s.holder_year_max_fen;
    IF NOT FOUND THEN RAISE 'holder_year'; END IF;
    INSERT INTO orders (id, voucher, provider, unit_scheme, unit_id, kind,
        price_fen, hold_fen, until, placed_at, state)
        VALUES (p_id, p_voucher, 'zhengzhou', 'uscc', '12410000415800018L', 1,
            p_fen, hold, v.claim_until, now(), 1);
    IF p_kept THEN
        UPDATE accounts SET debit_fen = debit_fen + hold
            WHERE account = 'issued' AND partner = '';
        UPDATE accounts SET credit_fen = credit_fen + hold
            WHERE account = 'held' AND partner = '';
    ELSE
        INSERT INTO postings (from_account, to_account, partner, fen, about)
            VALUES ('issued', 'held', '', hold, p_id);
    END IF;
END $$;

CREATE FUNCTION accept(p_id uuid, p_other uuid, p_fen bigint, p_kept boolean)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE orders SET state = 2, accepted_at = now()
        WHERE id = p_id AND provider = 'zhengzhou' AND state = 1;
    IF NOT FOUND THEN RAISE 'no_order'; END IF;
END $$;

-- And captured at once.
CREATE FUNCTION deliver(p_id uuid, p_other uuid, p_fen bigint, p_kept boolean)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    o orders;
    v vouchers;
    rest bigint;
BEGIN
    SELECT * INTO o FROM orders WHERE id = p_id;
    IF NOT FOUND THEN RAISE 'no_order'; END IF;
    SELECT * INTO v FROM vouchers WHERE id = o.voucher;
    UPDATE orders SET state = 3, delivered_at = now(), delivered_fen = p_fen,
        from_ms = 1700000000000, until_ms = 1700003600000,
        captured_fen = least(hold_fen, p_fen * s.rate_bp / 10000)
        FROM schemes s
        WHERE orders.id = p_id AND provider = 'zhengzhou' AND state = 2
        AND s.id = v.scheme AND s.version = v.version
        RETURNING orders.* INTO o;
    IF NOT FOUND THEN RAISE 'not_accepted'; END IF;
    rest := o.hold_fen - o.captured_fen;
    UPDATE vouchers SET held_fen = held_fen - o.hold_fen,
        spent_fen = spent_fen + o.captured_fen WHERE id = o.voucher;
    UPDATE usages SET used_fen = used_fen - rest
        WHERE rest > 0 AND scheme = v.scheme
        AND year = extract(year FROM o.placed_at)::int AND whose = 1
        AND token = v.holder;
    IF o.provider <> 'zhengzhou' THEN
        INSERT INTO obligations (debtor, creditor, amount_fen, about)
            VALUES ('zhengzhou', o.provider, o.captured_fen, p_id);
    END IF;
    IF p_kept THEN
        UPDATE accounts SET credit_fen = credit_fen + rest
            WHERE account = 'issued' AND partner = '';
        UPDATE accounts SET debit_fen = debit_fen + o.hold_fen
            WHERE account = 'held' AND partner = '';
        UPDATE accounts SET credit_fen = credit_fen + o.captured_fen
            WHERE account = 'settled' AND partner = '';
    ELSE
        INSERT INTO postings (from_account, to_account, partner, fen, about)
            VALUES ('held', 'settled', '', o.captured_fen, p_id),
                ('held', 'issued', '', rest, p_id);
    END IF;
END $$;

-- --- A batch.

CREATE FUNCTION keep(p_from text, p_to text, p_fen bigint)
RETURNS void LANGUAGE sql AS $$
    UPDATE accounts SET debit_fen = debit_fen + p_fen
        WHERE account = p_from AND partner = '';
    UPDATE accounts SET credit_fen = credit_fen + p_fen
        WHERE account = p_to AND partner = '';
$$;

CREATE FUNCTION issue_all(p_ids uuid[], p_holders uuid[], p_fens bigint[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    s schemes;
    n bigint;
    fen bigint;
BEGIN
    SELECT schemes.* INTO s FROM budgets JOIN schemes
        ON schemes.id = budgets.scheme AND schemes.version = budgets.version
        WHERE budgets.scheme = 'bench';
    WITH asked AS (SELECT * FROM unnest(p_ids, p_holders, p_fens)
            AS a (id, holder, fen)),
        put AS (INSERT INTO vouchers (id, scheme, version, holder, county,
            amount_fen, use_until, claim_until)
            SELECT a.id, s.id, s.version, a.holder, '410105', a.fen,
                current_date + s.use_days,
                current_date + s.use_days + s.claim_days
            FROM asked a WHERE a.fen > 0 AND a.fen % s.issue_unit_fen = 0
            RETURNING amount_fen)
        SELECT count(*), sum(amount_fen) INTO n, fen FROM put;
    IF n <> cardinality(p_ids) THEN RAISE 'one by one'; END IF;
    UPDATE budgets SET issued_fen = issued_fen + fen
        WHERE scheme = s.id AND version = s.version
        AND issued_fen + fen <= budget_fen;
    IF NOT FOUND THEN RAISE 'one by one'; END IF;
    PERFORM keep('budget', 'issued', fen);
END $$;

CREATE FUNCTION place_all(p_ids uuid[], p_vouchers uuid[], p_fens bigint[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
    fen bigint;
    fits boolean;
BEGIN
    WITH asked AS (SELECT * FROM unnest(p_ids, p_vouchers, p_fens)
            AS a (id, voucher, fen)),
        put AS (INSERT INTO orders (id, voucher, provider, unit_scheme,
            unit_id, kind, price_fen, hold_fen, until, placed_at, state)
            SELECT a.id, a.voucher, 'zhengzhou', 'uscc', '12410000415800018L',
                1, a.fen, a.fen * s.rate_bp / 10000, v.claim_until, now(), 1
            FROM asked a JOIN vouchers v ON v.id = a.voucher
            JOIN schemes s ON s.id = v.scheme AND s.version = v.version
            WHERE a.fen * s.rate_bp / 10000 > 0
            RETURNING voucher, hold_fen),
        sums AS (SELECT voucher, sum(hold_fen)::bigint AS fen,
                count(*) AS count FROM put GROUP BY voucher),
        held AS (UPDATE vouchers v SET held_fen = held_fen + sums.fen
            FROM sums WHERE v.id = sums.voucher AND v.ended = 0
            AND current_date <= v.use_until
            AND v.amount_fen - v.held_fen - v.spent_fen - v.returned_fen
                >= sums.fen
            RETURNING v.scheme, v.version, v.holder, sums.fen, sums.count),
        used AS (INSERT INTO usages AS u
            SELECT scheme, extract(year FROM current_date), 1, holder,
                sum(held.fen) FROM held GROUP BY scheme, holder
            ON CONFLICT (scheme, year, whose, token)
            DO UPDATE SET used_fen = u.used_fen + excluded.used_fen
            RETURNING u.scheme, u.used_fen)
        SELECT sum(held.count), sum(held.fen),
            (SELECT bool_and(used.used_fen <= s.holder_year_max_fen)
                FROM used JOIN budgets b ON b.scheme = used.scheme
                JOIN schemes s ON s.id = b.scheme AND s.version = b.version)
            INTO n, fen, fits FROM held;
    IF n <> cardinality(p_ids) OR NOT fits THEN RAISE 'one by one'; END IF;
    PERFORM keep('issued', 'held', fen);
END $$;

CREATE FUNCTION accept_all(p_ids uuid[], p_other uuid[], p_fens bigint[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    UPDATE orders o SET state = 2, accepted_at = now()
        FROM unnest(p_ids) AS a (id)
        WHERE o.id = a.id AND o.provider = 'zhengzhou' AND o.state = 1;
    GET DIAGNOSTICS n = ROW_COUNT;
    IF n <> cardinality(p_ids) THEN RAISE 'one by one'; END IF;
END $$;

CREATE FUNCTION deliver_all(p_ids uuid[], p_other uuid[], p_fens bigint[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
    fen bigint;
    rest bigint;
BEGIN
    WITH asked AS (SELECT * FROM unnest(p_ids, p_fens) AS a (id, fen)),
        done AS (UPDATE orders o SET state = 3, delivered_at = now(),
            delivered_fen = a.fen, from_ms = 1700000000000,
            until_ms = 1700003600000,
            captured_fen = least(o.hold_fen, a.fen * s.rate_bp / 10000)
            FROM asked a JOIN orders same ON same.id = a.id
            JOIN vouchers v ON v.id = same.voucher
            JOIN schemes s ON s.id = v.scheme AND s.version = v.version
            WHERE o.id = a.id AND o.provider = 'zhengzhou' AND o.state = 2
            RETURNING o.id, o.provider, o.voucher, o.hold_fen, o.captured_fen,
                extract(year FROM o.placed_at)::int AS year),
        owed AS (INSERT INTO obligations (debtor, creditor, amount_fen, about)
            SELECT 'zhengzhou', provider, captured_fen, id FROM done
            WHERE provider <> 'zhengzhou'),
        sums AS (SELECT voucher, year, sum(hold_fen)::bigint AS hold,
                sum(captured_fen)::bigint AS captured
            FROM done GROUP BY voucher, year),
        spent AS (UPDATE vouchers v SET held_fen = held_fen - sums.hold,
            spent_fen = spent_fen + sums.captured
            FROM sums WHERE v.id = sums.voucher
            RETURNING v.scheme, v.holder, sums.year,
                sums.hold - sums.captured AS rest),
        back AS (SELECT scheme, holder, year, sum(spent.rest)::bigint AS rest
            FROM spent GROUP BY scheme, holder, year),
        used AS (UPDATE usages u SET used_fen = used_fen - back.rest
            FROM back WHERE u.scheme = back.scheme AND u.year = back.year
            AND u.whose = 1 AND u.token = back.holder AND back.rest > 0)
        SELECT count(*), sum(captured_fen), sum(hold_fen - captured_fen)
            INTO n, fen, rest FROM done;
    IF n <> cardinality(p_ids) THEN RAISE 'one by one'; END IF;
    PERFORM keep('held', 'settled', fen);
    PERFORM keep('held', 'issued', rest);
END $$;
