-- Copy comes in bulk: what slows each row down without need.

-- Before a row, a trigger keeps COPY from adding many at once, even where its condition lets the row through.
drop trigger only_sound_copy_is_on_offer on copies;
create trigger only_sound_copy_is_on_offer before update of status, fields on copies for each row
    when (new.status in ('selected', 'approved', 'edited', 'exported')) execute function refuse_faulty_copy();
create trigger only_sound_copy_comes_on_offer after insert on copies for each row
    when (new.status in ('selected', 'approved', 'edited', 'exported')) execute function refuse_faulty_copy();
