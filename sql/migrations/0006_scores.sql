-- What a score is made of beyond the copy itself: a judge's opinion, the distance to other copy, people's ratings.

alter table copies
    add column raw_score double precision check (raw_score between 0 and 100),
    add column judged_by text;
comment on column copies.score is 'As shown to people: raw_score, calibrated to their ratings where there are any.';
comment on column copies.raw_score is 'What the parts make; copies are ranked by it.';
comment on column copies.judged_by is 'The language model that was asked for its opinion, and the digest of the question; null: none was.';
update copies set raw_score = score where score is not null;

-- A brief whose copy is written waits for the choice of the best, which takes all the run's copy into account.
alter table briefs add column awaits_choice boolean not null default false;
comment on column briefs.awaits_choice is 'It has copy of which none was selected yet.';
create index briefs_awaiting_choice on briefs (id) where awaits_choice;
update briefs b set awaits_choice = true
 where b.status = 'generated' and b.superseded_at is null
   and exists (select from copies c where c.brief_id = b.id and c.status = 'candidate')
   and not exists (select from copies c where c.brief_id = b.id and c.gate is null and c.status <> 'candidate');

create table likenesses (
    copy_id   bigint primary key references copies on delete cascade,
    locale    text not null,
    category  text not null,
    openings  text[] not null,
    signature bytea
);
comment on table likenesses is 'Copy that is selected or live, as other copy is compared with it.';
comment on column likenesses.signature is 'Null: another copy, much the same, stands for it.';

-- A row for each, not an array with a GIN index: thousands are looked up at once, for which that is ten times slower.
create table likeness_bands (
    band    bigint,
    copy_id bigint,
    primary key (band, copy_id)
);
comment on table likeness_bands is 'Two texts are compared where they share a band.';

create table openings (
    locale   text not null,
    category text not null,
    opening  text not null,
    uses     bigint not null check (uses >= 0),
    primary key (locale, category, opening)
);
comment on table openings is 'How many copies of a category begin a field with these words; the empty text: how many there are.';

create table calibrations (
    locale    text primary key,
    raw       double precision[] not null,
    shown     double precision[] not null,
    threshold double precision not null,
    labels    integer not null,
    fitted_at timestamptz not null default now(),
    constraint a_knot_has_both_sides check (cardinality(raw) = cardinality(shown) and cardinality(raw) > 0)
);
comment on table calibrations is 'From a raw score to the share of such copies that people rated well: straight lines between knots.';

alter table runs add column judge jsonb check (jsonb_typeof(judge) = 'object');
comment on column runs.judge is 'What the language model as a judge was asked and cost; null: it was not asked.';
