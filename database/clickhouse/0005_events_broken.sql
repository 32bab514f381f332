-- A part that is broken is set aside at the start, and its month made again from the record
-- (pipeline/mend.ts). With more than 1 GB or 100 parts of them ClickHouse would refuse to start.
alter table events
  modify setting max_suspicious_broken_parts = 1000000, max_suspicious_broken_parts_bytes = 1000000000000000
