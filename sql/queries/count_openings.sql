-- How lines of live copy begin, counted anew.
insert into openings (locale, category, opening, uses)
select locale, category, opening, count(*)
  from likenesses cross join lateral unnest(openings || ''::text) as begun (opening)
 group by locale, category, opening
