#!/bin/sh
# A backup each day, and on the first of each month a trial of it: for the
# container. Without Docker, systemd's timers do the same.
set -u
folder=$1 keep=${2:-14}
while true; do
  if path=$(footfall backup "$folder" --keep "$keep"); then
    echo "backup: $path"
    if [ "$(date +%d)" = 01 ]; then footfall restore "$path" --drill yes || echo 'backup: THE DRILL FAILED' >&2; fi
  else
    echo 'backup: FAILED' >&2
  fi
  sleep 86400 &
  wait $!
done
