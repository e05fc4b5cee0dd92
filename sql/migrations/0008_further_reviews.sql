-- How many reviewers say something is counted over a product's stored reviews, not over the eight that a digest may quote.

create function further_reviews(shown jsonb, product text) returns jsonb language sql stable as $$
    select coalesce(jsonb_agg(text), '[]')
      from (select left(c.text, 400) as text from customer_reviews c
             where c.product_id = product
               and c.id not in (select s->>'id' from jsonb_array_elements(shown) s)
             order by c.written desc, c.id collate "C" limit 192) further
$$;
comment on function further_reviews is
    'The beginnings of stored reviews beyond those shown, for counting who says what: at most 192, so that a brief stays small.';

create or replace function brief_subject(about text, product text, subject text) returns jsonb language sql stable as $$
    select case about
           when 'question' then
               (select jsonb_build_object('id', q.id, 'text', q.question)
                  from customer_questions q where q.id = subject and q.product_id = product)
           when 'comparison' then
               (select jsonb_build_object('product_id', o.id, 'title', o.title, 'brand', o.brand, 'category', o.category,
                                          'description', o.description, 'price', o.price::text, 'currency', o.currency,
                                          'url', o.url, 'image_url', o.image_url, 'attributes', o.attributes)
                  from catalogue o where o.id = subject)
           when 'reviews' then
               (select r || jsonb_build_object('further', further_reviews(r->'shown', product))
                  from reviews_of(product) r where r is not null) end
$$;
