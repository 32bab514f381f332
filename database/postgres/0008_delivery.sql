-- Blocks that wait for ClickHouse go there together.
alter table clickhouse_outbox
  add column delivery       bigint,
  add column replaced_sites text[];
comment on column clickhouse_outbox.delivery is
  'Which blocks go to ClickHouse as one insert: the outbox_id of the last of them, which their rows carry there. Decided in a commit of its own before the first try, so that each try is the same; null: not decided.';
comment on column clickhouse_outbox.replaced_sites is
  'The site of each of replaced. Null, in blocks from before this column: of every site of the block.';
comment on table clickhouse_outbox is
  'Blocks that ClickHouse is to have: written with the processed rows in one transaction, deleted once ClickHouse has them. What is inserted is there whole or not at all and carries its delivery, so that after a fault ClickHouse itself tells whether it has it.';

-- Its insert may be done and not confirmed: it stays as it is.
update clickhouse_outbox set delivery = outbox_id
where outbox_id = (select min(outbox_id) from clickhouse_outbox);
