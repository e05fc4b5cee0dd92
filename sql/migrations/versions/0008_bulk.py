"""Copies come many at once: what holds up each row without need."""

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0006"


def upgrade() -> None:
    statements = Path(__file__).parents[1].joinpath("0008_bulk.sql").read_text("utf-8")
    op.get_bind().exec_driver_sql(statements)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        drop trigger only_sound_copy_comes_on_offer on copies;
        drop trigger only_sound_copy_is_on_offer on copies;
        create trigger only_sound_copy_is_on_offer before insert or update of status, fields on copies for each row
            when (new.status in ('selected', 'approved', 'edited', 'exported')) execute function refuse_faulty_copy();
        """
    )
