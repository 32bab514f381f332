#!/bin/sh
# A backup each day, and of the first ever and on the first of each month a trial: for the
# container. Without Docker, systemd's timers do the same. A restart makes no
# other one of the same day, which would push out an older one.
set -u
trap exit TERM
folder=$1 keep=${2:-14}
while true; do
  wait=300
  if [ -n "$(find "$folder" -maxdepth 1 -name 'footfall-*Z' -mmin -1435)" ]; then
    :
  elif path=$(footfall backup "$folder" --keep "$keep"); then
    echo "backup: $path"
    if [ "$(date +%d)" = 01 ] || ! grep -qs '"drill"' "$DATA_DIR/operations.json"; then
      footfall restore "$path" --drill yes || echo 'backup: THE DRILL FAILED' >&2
    fi
  else
    echo 'backup: FAILED' >&2
    wait=3600
  fi
  sleep "$wait" &
  wait $!
done
