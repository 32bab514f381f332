-- The source as the link wrote it, which `source` has by its name. Rows of before tell what is
-- likely, until they are made again from the record: of a visit without a referrer, or with
-- another tag, the name.
alter table events
  add column if not exists utm_source LowCardinality(String)
    default if(source = 'Direct / None' or (referrer != '' and concat(medium, campaign, content, term) = ''), '', source)
    after term
