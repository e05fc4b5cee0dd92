-- What copy claims and what its claims rest on: promotions, evidence, prices; and copy on offer that keeps to its channel.

create table promotions (
    id             text primary key check (id <> '' and length(id) <= 200),
    terms          text not null check (terms <> ''),
    kind           text not null default 'other' check (kind in
                   ('percent_off', 'amount_off', 'price', 'gift', 'free_shipping', 'bundle', 'other')),
    percent        numeric(5, 2) check (percent > 0 and percent <= 100),
    amount         numeric(14, 4) check (amount >= 0 and amount <> 'NaN'),
    currency       text check (currency ~ '^[A-Z]{3}$'),
    starts         date,
    ends           date,
    limited_stock  boolean not null default false,
    product_filter jsonb not null default '{}' check (jsonb_typeof(product_filter) = 'object'),
    updated_at     timestamptz not null default now(),
    constraint a_promotion_ends_after_it_starts check (ends >= starts),
    constraint an_amount_has_a_currency check ((amount is null) = (currency is null)),
    constraint a_percentage_off_says_how_much check (kind <> 'percent_off' or percent is not null),
    constraint an_amount_off_says_how_much check (kind not in ('amount_off', 'price') or amount is not null)
);
comment on table promotions is 'Offers that people made. Copy of a campaign with one expires when it ends.';
comment on column promotions.ends is 'The last day on which it holds, in the database''s time zone; null: until somebody ends it.';
comment on column promotions.product_filter is 'ids, categories, brands, title_contains as a campaign''s; {}: every product.';

create table claim_evidence (
    id         text primary key check (id <> '' and length(id) <= 200),
    kind       text not null check (kind in
               ('certification', 'award', 'test', 'guarantee', 'origin', 'statistic', 'review', 'other')),
    statement  text not null check (statement <> ''),
    source     text not null check (source <> ''),
    expires    date,
    product_id text,
    brand      text,
    updated_at timestamptz not null default now(),
    constraint evidence_is_of_a_product_or_of_a_brand check (product_id is null or brand is null)
);
comment on table claim_evidence is 'What supports claims that a product''s record doesn''t. Neither product nor brand: it holds for everything.';

create table price_history (
    id         bigint generated always as identity primary key,
    product_id text not null,
    price      numeric(14, 4) not null,
    currency   text not null,
    seen_from  timestamptz not null,
    seen_to    timestamptz,
    constraint a_price_ends_after_it_began check (seen_to >= seen_from)
);
comment on table price_history is 'What each product cost and when. seen_to null: today''s price.';
create index prices_by_product on price_history (product_id, seen_to);
create unique index one_price_today on price_history (product_id) where seen_to is null;

insert into price_history (product_id, price, currency, seen_from)
    select id, price, currency, updated_at from products where price is not null;

-- The products table tells of each change itself; a relation of the user's own is looked at whenever a run plans.
create function note_changed_prices() returns trigger language plpgsql as $$
begin
    update price_history h set seen_to = greatest(now(), h.seen_from) from changed c
     where h.product_id = c.id and h.seen_to is null and (h.price, h.currency) is distinct from (c.price, c.currency);
    insert into price_history (product_id, price, currency, seen_from)
        select id, price, currency, now() from changed c
         where price is not null
           and not exists (select from price_history h where h.product_id = c.id and h.seen_to is null);
    return null;
end $$;
create trigger note_new_prices after insert on products
    referencing new table as changed for each statement execute function note_changed_prices();
create trigger note_other_prices after update on products
    referencing new table as changed for each statement execute function note_changed_prices();

create function note_prices() returns void language plpgsql as $$
begin
    update price_history h set seen_to = greatest(now(), h.seen_from)
     where h.seen_to is null
       and not exists (select from catalogue c where c.id = h.product_id and (c.price, c.currency) = (h.price, h.currency));
    insert into price_history (product_id, price, currency, seen_from)
        select id, price, currency, now() from catalogue c
         where id is not null and price is not null and currency is not null
           and not exists (select from price_history h where h.product_id = c.id and h.seen_to is null)
            on conflict (product_id) where seen_to is null do nothing;  -- an id that the relation has twice
end $$;
comment on function note_prices is 'Brings price_history up to the catalogue''s prices of now.';

create view lowest_prices as
    -- the inner query for each product by the index, not one join over all: whoever reads briefs wants the first at once
    select o.product_id, o.currency,
           case when o.seen_from <= now() - interval '30 days' then o.price
                else (select min(h.price) from price_history h
                       where h.product_id = o.product_id and h.currency = o.currency
                         and h.seen_to <= o.seen_from and h.seen_to > o.seen_from - interval '30 days') end as lowest
      from price_history o
     where o.seen_to is null;
comment on view lowest_prices is
    'The lowest price of the 30 days before today''s began; null: none is known. Today''s own once it has stood for 30 days. Directive 98/6/EC, art. 6a; C-330/23.';

alter table campaigns
    add column market text check (market in ('us', 'uk', 'eu', 'cn')),
    add column promotion_id text references promotions,
    add column banned_words text[] not null default '{}',
    add column required_words text[] not null default '{}';
comment on column campaigns.market is 'Whose rules its copy is judged by; null: by the locale.';
comment on column campaigns.offer is 'The promotion in the words that the model is given; without a promotion no copy tells of it.';

alter table briefs add column grounds text, add column recipe text;
comment on column briefs.grounds is
    'Digest of what its copy''s claims may rest on, as of its last plan: evidence, lowest price, promotion, brand words.';
comment on column briefs.recipe is 'Digest of template and model, as of its last plan.';

alter table copies
    add column grounds text,
    add column expires_at date,
    add column ai_label text,
    add column provenance jsonb not null default '{}' check (jsonb_typeof(provenance) = 'object'),
    add column score_notes text[] not null default '{}';
comment on column copies.grounds is 'What it was judged upon, as briefs.grounds; null: before there was such a digest.';
comment on column copies.expires_at is 'The last day of its campaign''s promotion. After it, the copy is expired.';
comment on column copies.ai_label is 'What tells people that a model wrote it.';
comment on column copies.provenance is 'What wrote it: model, revision, digests of recipe and judgement, run, time.';
comment on column copies.score_notes is 'The parts of the score in words.';
create index copies_to_expire on copies (expires_at)
    where expires_at is not null and status in ('candidate', 'selected', 'approved', 'edited');

create table claims (
    copy_id    bigint not null references copies on delete cascade,
    number     smallint not null,
    kind       text not null,
    field      text not null,
    line       integer not null check (line >= 0),
    span_start integer not null check (span_start >= 0),
    span_end   integer not null,
    text       text not null check (text <> ''),
    value      text not null,
    verdict    text not null check (verdict in ('supported', 'unsupported', 'warned')),
    support    text,
    rule       text,
    primary key (copy_id, number),
    constraint a_claim_stands_somewhere check (span_end > span_start),
    constraint a_supported_claim_says_by_what check (verdict <> 'supported' or support is not null)
);
comment on table claims is 'Every factual statement of a copy: where it stands, and what supports it.';
create index claims_by_rule on claims (rule, copy_id) where rule is not null;

-- When somebody moves a promotion's end, the copy that hangs on it follows.
create function move_expiry() returns trigger language plpgsql as $$
begin
    update copies c set expires_at = new.ends
      from briefs b join campaigns k on k.id = b.campaign_id
     where c.brief_id = b.id and k.promotion_id = new.id
       and c.status <> 'rejected' and c.expires_at is distinct from new.ends;
    return null;
end $$;
create trigger move_expiry after update on promotions for each row when (old.ends is distinct from new.ends)
    execute function move_expiry();

create function ai_label(market text, locale text) returns text language sql immutable as $$
    select case when market = 'cn' or locale like 'zh%' then 'AI生成' else 'AI-generated' end
$$;
comment on function ai_label is
    'What tells people that a model wrote it. China: 标识办法 of 1 September 2025, art. 4; GB 45438-2025 asks for AI or 人工智能 with 生成 or 合成.';

-- Lengths as generation.counting has them. Wide: East-Asian width W or F in the Unicode versions of Python 3.11 to 3.13.

create function google_width(line text) returns integer language sql immutable strict parallel safe as $$
    select length(line) + regexp_count(line, '[\u1100-\u115F\u231A\u231B\u2329\u232A\u23E9-\u23EC\u23F0\u23F3\u25FD\u25FE'
        '\u2614\u2615\u2648-\u2653\u267F\u2693\u26A1\u26AA\u26AB\u26BD\u26BE\u26C4\u26C5\u26CE\u26D4\u26EA\u26F2\u26F3'
        '\u26F5\u26FA\u26FD\u2705\u270A\u270B\u2728\u274C\u274E\u2753-\u2755\u2757\u2795-\u2797\u27B0\u27BF\u2B1B\u2B1C'
        '\u2B50\u2B55\u2E80-\u303E\u3041-\u3247\u3250-\u4DBF\u4E00-\uA4C6\uA960-\uA97C\uAC00-\uD7A3\uF900-\uFAD9'
        '\uFE10-\uFE19\uFE30-\uFE6B\uFF01-\uFF60\uFFE0-\uFFE6\U00016FE0-\U0001B2FB\U0001F004\U0001F0CF\U0001F18E'
        '\U0001F191-\U0001F19A\U0001F200-\U0001F320\U0001F32D-\U0001F335\U0001F337-\U0001F37C\U0001F37E-\U0001F393'
        '\U0001F3A0-\U0001F3CA\U0001F3CF-\U0001F3D3\U0001F3E0-\U0001F3F0\U0001F3F4\U0001F3F8-\U0001F43E\U0001F440'
        '\U0001F442-\U0001F4FC\U0001F4FF-\U0001F53D\U0001F54B-\U0001F54E\U0001F550-\U0001F567\U0001F57A\U0001F595'
        '\U0001F596\U0001F5A4\U0001F5FB-\U0001F64F\U0001F680-\U0001F6C5\U0001F6CC\U0001F6D0-\U0001F6D2'
        '\U0001F6D5-\U0001F6DF\U0001F6EB\U0001F6EC\U0001F6F4-\U0001F6FC\U0001F7E0-\U0001F7F0\U0001F90C-\U0001F93A'
        '\U0001F93C-\U0001F945\U0001F947-\U0001F9FF\U0001FA70-\U0001FAF8\U00020000-\U000323AF]')
$$;

create function utf16_units(line text) returns integer language sql immutable strict parallel safe as $$
    select length(line) + regexp_count(line, '[\U00010000-\U0010FFFF]')
$$;

create function is_gsm7(line text) returns boolean language sql immutable strict parallel safe as $$
    -- 3GPP TS 23.038 §6.2.1: the default alphabet, and behind the space the extension table
    select line !~ '[^@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&''()*+,./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà\f\^{}\\\[~\]|€-]'
$$;

create function sms_units(line text) returns integer language sql immutable strict parallel safe as $$
    select case when is_gsm7(line) then length(line) + regexp_count(line, '[\f\^{}\\\[~\]|€]') else utf16_units(line) end
$$;

create function sms_segments(line text) returns integer language plpgsql immutable strict parallel safe as $$
declare
    gsm boolean := is_gsm7(line);
    joined integer := case when gsm then 153 else 67 end;
    used integer := 0;
    segments integer := 1;
    ch text;
begin
    if line = '' then return 0; end if;
    if sms_units(line) <= (case when gsm then 160 else 70 end) then return 1; end if;
    foreach ch in array string_to_array(line, null) loop  -- an escape or surrogate pair is never split over two messages
        if used + sms_units(ch) > joined then
            segments := segments + 1;
            used := 0;
        end if;
        used := used + case when gsm then sms_units(ch) else utf16_units(ch) end;
    end loop;
    return segments;
end $$;

create function counted(counter text, line text) returns integer language sql immutable parallel safe as $$
    select case counter
           when 'code_points' then length(line)
           when 'google_width' then google_width(line)
           when 'gbk_bytes' then octet_length(convert_to(line, 'GB18030'))  -- which writes what GBK has as GBK does
           when 'utf8_bytes' then octet_length(line)
           when 'utf16_units' then utf16_units(line)
           when 'sms_units' then sms_units(line)
           when 'sms_segments' then sms_segments(line) end
$$;
comment on function counted is 'A line''s length as a platform counts it; null: a counter that the database doesn''t know.';

create table channel_limits (
    channel    text not null,
    place      smallint not null,
    field      text,
    minimum    integer not null default 0,
    maximum    integer,
    counter    text not null,
    hard_limit integer,
    primary key (channel, place)
);
comment on table channel_limits is 'The hard limits of templates/channels, put here by `copydesk init`. field null: all the lines together.';

create function limit_broken(wanted text, words jsonb) returns text language plpgsql stable as $$
declare
    allowed record;
    found record;
begin
    for allowed in select * from channel_limits l where l.channel = wanted order by l.place loop
        if allowed.field is null then
            select sum(counted(allowed.counter, line)) as total into found
              from jsonb_each(words) f, jsonb_array_elements_text(f.value) line;
            if found.total > allowed.hard_limit then
                return format('all fields together are %s, the limit is %s', found.total, allowed.hard_limit);
            end if;
        else
            select count(*) as lines, max(counted(allowed.counter, line)) as longest into found
              from jsonb_array_elements_text(words->allowed.field) line;
            if found.lines < allowed.minimum then
                return format('%s: %s of at least %s', allowed.field, found.lines, allowed.minimum);
            elsif found.lines > allowed.maximum then
                return format('%s: %s of at most %s', allowed.field, found.lines, allowed.maximum);
            elsif found.longest > allowed.hard_limit then
                return format('%s is %s, the limit is %s', allowed.field, found.longest, allowed.hard_limit);
            end if;
        end if;
    end loop;
    return null;
end $$;
comment on function limit_broken is 'Which hard limit of its channel a copy''s fields break, in words; null: none.';

create function copy_fault(copy copies) returns text language plpgsql stable as $$
declare
    words jsonb := copy.fields;
    edited jsonb;
    claimed text;
begin
    if copy.status in ('edited', 'exported') then
        select r.fields into edited from reviews r where r.copy_id = copy.id order by r.id desc limit 1;
        words := coalesce(edited, words);
    end if;
    if edited is null then  -- a person's words were checked when they were saved; the claims are those of the model's
        select format('%s claims %L, which nothing supports', c.field, c.text) into claimed
          from claims c where c.copy_id = copy.id and c.verdict = 'unsupported' order by c.number limit 1;
    end if;
    return coalesce(claimed, limit_broken((select channel from briefs where id = copy.brief_id), words));
end $$;
comment on function copy_fault is 'Why a copy may not be on offer, in words; null: it may.';

create function refuse_faulty_copy() returns trigger language plpgsql as $$
declare
    fault text := copy_fault(new);
begin
    if fault is not null then
        raise exception 'copy % may not be %: %', new.id, new.status, fault
              using errcode = 'check_violation', constraint = 'only_sound_copy_is_on_offer';
    end if;
    return new;
end $$;
create trigger only_sound_copy_is_on_offer before insert or update of status, fields on copies for each row
    when (new.status in ('selected', 'approved', 'edited', 'exported')) execute function refuse_faulty_copy();

-- As it was, the new columns at its end.
create or replace view copy_for_review as
    select c.id as copy_id, c.status, k.name as campaign, b.channel, b.locale, b.product_id, p.title as product_title,
           p.brand, p.url, b.segment_id, s.name as segment_name, t.fields, c.score, c.score_parts, c.warnings,
           c.gate, c.reason, c.raw_text, c.run_id, b.id as brief_id, b.superseded_at, c.created_at,
           t.decided_by, t.decided_at, c.score_notes, c.expires_at, coalesce(c.ai_label, ai_label(k.market, b.locale)) as ai_label,
           c.provenance
      from copies c
      join copy_text t on t.copy_id = c.id
      join briefs b on b.id = c.brief_id
      join campaigns k on k.id = b.campaign_id
      left join catalogue p on p.id = b.product_id
      left join audiences s on s.id = b.segment_id;
