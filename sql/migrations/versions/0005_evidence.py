"""What copy claims and what its claims rest on: promotions, evidence, prices; only sound copy is on offer."""

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    statements = Path(__file__).parents[1].joinpath("0005_evidence.sql").read_text("utf-8")
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))  # to the driver, one by itself is a parameter


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        do $$
        declare told text := obj_description('copy_for_review'::regclass);
        begin
            drop view copy_for_review;
            create view copy_for_review as
                select c.id as copy_id, c.status, k.name as campaign, b.channel, b.locale, b.product_id,
                       p.title as product_title, p.brand, p.url, b.segment_id, s.name as segment_name, t.fields,
                       c.score, c.score_parts, c.warnings, c.gate, c.reason, c.raw_text, c.run_id, b.id as brief_id,
                       b.superseded_at, c.created_at, t.decided_by, t.decided_at
                  from copies c
                  join copy_text t on t.copy_id = c.id
                  join briefs b on b.id = c.brief_id
                  join campaigns k on k.id = b.campaign_id
                  left join catalogue p on p.id = b.product_id
                  left join audiences s on s.id = b.segment_id;
            execute 'comment on view copy_for_review is ' || quote_literal(told);
        end $$;
        drop trigger only_sound_copy_is_on_offer on copies;
        drop function refuse_faulty_copy, copy_fault, limit_broken, counted, sms_segments, sms_units, is_gsm7,
                      utf16_units, google_width, ai_label;
        drop table channel_limits, claims;
        alter table copies drop column grounds, drop column expires_at, drop column ai_label, drop column provenance,
                           drop column score_notes;
        alter table briefs drop column grounds, drop column recipe;
        drop trigger move_expiry on promotions;
        drop function move_expiry;
        alter table campaigns drop column market, drop column promotion_id, drop column banned_words,
                              drop column required_words;
        comment on column campaigns.offer is null;
        drop trigger note_new_prices on products;
        drop trigger note_other_prices on products;
        drop function note_changed_prices, note_prices;
        drop view lowest_prices;
        drop table price_history, claim_evidence, promotions;
        """
    )
