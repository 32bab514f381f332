#!/bin/sh
# Makes the passwords of an installation, once: a file each in the folder $1.
# What is there stays. Only the containers that need one mount the folder.
set -eu
umask 022
for name in postgres footfall monitor clickhouse grafana; do
  if [ -s "$1/$name" ]; then continue; fi
  # Written aside and renamed: a start killed here leaves no half of one.
  head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' > "$1/$name.new"
  mv "$1/$name.new" "$1/$name"
done
