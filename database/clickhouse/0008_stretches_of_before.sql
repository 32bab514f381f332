-- Of rows of before as well, in the background; until then each report computes them.
alter table events
  materialize column stretch_at, materialize column session_stretch_at
