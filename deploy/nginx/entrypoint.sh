#!/bin/sh
# Starts nginx on the configuration beside this file, with settings from the
# environment, and reloads it without losing a request when they come to mean
# something else: a process behind it has moved, a certificate was renewed.
#
#   COLLECTORS       host:port of each collector (collector:8000). A name with
#                    several addresses stands for all of them
#   APP              host:port of the app; several with CLICKHOUSE_URL (app:8000)
#   LISTEN           addresses or ports for HTTP (80)
#   LISTEN_TLS       addresses or ports for HTTPS (443)
#   TLS_CERTIFICATE  path of the certificate chain, PEM; set: HTTP redirects
#   TLS_KEY          path of its key
#   ACME_WEBROOT     folder for /.well-known/acme-challenge/
#   SERVER_NAME      host names it answers to (_: any)
#   COLLECT_NAME     further host names that collect and show nothing
#   TRUSTED_PROXIES  CIDR ranges of proxies in front (a CDN) whose X-Forwarded-For is believed
#   COUNTRY_HEADER   their header that tells the country
#   CORS_ORIGINS     origins whose pages may read the API with a key
#   NEUTRAL_PATHS    further names, e.g. "/a.js=/js/tracking.js /a=/collect"
#   RATE_COLLECT     requests a second of one address (50)
#   RATE_DASHBOARD   the same for the rest (30)
#   ACCESS_LOG       path of the log (/dev/stdout)
#   STATUS_LISTEN    where nginx tells its own numbers (8081)
#   NGINX_USER       whose the workers are when it is started as root (www-data)
#   RUN_DIR          a folder of its own (/run/footfall-nginx)
#   CHECK_EVERY_S    how often to look whether something changed (5)
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
: "${COLLECTORS:=collector:8000}" "${APP:=app:8000}" "${LISTEN:=80}" "${LISTEN_TLS:=443}"
: "${TLS_CERTIFICATE:=}" "${TLS_KEY:=}" "${ACME_WEBROOT:=}" "${SERVER_NAME:=_}" "${COLLECT_NAME:=}"
: "${TRUSTED_PROXIES:=}" "${COUNTRY_HEADER:=}" "${CORS_ORIGINS:=}" "${NEUTRAL_PATHS:=}"
: "${RATE_COLLECT:=50}" "${RATE_DASHBOARD:=30}" "${ACCESS_LOG:=/dev/stdout}" "${STATUS_LISTEN:=8081}"
: "${NGINX_USER:=www-data}" "${RUN_DIR:=/run/footfall-nginx}" "${CHECK_EVERY_S:=5}"
export PATH="$PATH:/usr/sbin:/sbin"

# "name:port" → a line for each address that the name has now. Sorted, so that
# only a real change is one.
servers() {
  for each in $1; do
    name=${each%:*} port=${each##*:}
    case $name in
      *[!0-9.]*) getent ahosts "$name" | sed -n 's/^\([^ ]*\) *STREAM.*/\1/p' ;;
      *) echo "$name" ;;
    esac | sort -u | while read -r address; do
      case $address in *:*) address="[$address]" ;; esac
      # Never left out: the next is asked at once, and with two, each may be all there is.
      echo "    server $address:$port max_fails=0;"
    done
  done
}

upstream() {
  lines=$(servers "$2")
  # Nothing there yet: nginx starts all the same, and says 503.
  [ -n "$lines" ] || lines="    server 127.0.0.1:1;"
  printf '  upstream %s {\n    zone %s 64k;\n%s\n    keepalive 64;\n    keepalive_timeout 30s;\n  }\n' "$1" "$1" "$lines"
}

module() {
  for folder in /usr/lib/nginx/modules /usr/lib64/nginx/modules /etc/nginx/modules; do
    if [ -e "$folder/$1" ]; then echo "load_module $folder/$1;"; return; fi
  done
}

main_conf() {
  [ "$(id -u)" -ne 0 ] || echo "user $NGINX_USER;"
  echo 'worker_processes auto;'
  echo 'worker_rlimit_nofile 16384;'
  echo 'worker_shutdown_timeout 30s;'
  module ngx_http_brotli_filter_module.so
}

http_conf() {
  echo "  access_log $ACCESS_LOG footfall;"
  if [ -n "$(module ngx_http_brotli_filter_module.so)" ]; then
    echo '  brotli on;'
    echo '  brotli_comp_level 5;'
    echo '  brotli_min_length 1000;'
    echo '  brotli_types application/javascript application/json application/manifest+json application/problem+json image/svg+xml text/css text/javascript text/plain;'
  fi
  for range in $TRUSTED_PROXIES; do echo "  set_real_ip_from $range;"; done
  if [ -n "$TRUSTED_PROXIES" ]; then
    echo '  real_ip_header X-Forwarded-For;'
    echo '  real_ip_recursive on;'
  fi
  # What a proxy in front says is believed of that proxy only.
  echo '  geo $realip_remote_addr $is_proxied {'
  echo '    default 0;'
  for range in $TRUSTED_PROXIES; do echo "    $range 1;"; done
  echo '  }'
  echo '  map "$is_proxied:$http_x_forwarded_proto" $client_scheme { default $scheme; "1:https" https; "1:http" http; }'
  if [ -n "$COUNTRY_HEADER" ]; then
    variable=$(echo "$COUNTRY_HEADER" | tr 'A-Z-' 'a-z_')
    echo "  map \$is_proxied \$client_country { default \"\"; 1 \$http_$variable; }"
  fi
  echo '  map $http_origin $cors_origin {'
  echo '    default "";'
  for origin in $CORS_ORIGINS; do echo "    \"$origin\" \$http_origin;"; done
  echo '  }'
  # The app takes seconds to start, and collectors are several.
  echo '  map $uri $retry_after { default 10; /collect 1; /pixel.gif 1; }'
  echo "  limit_req_zone \$limit_key zone=collect:10m rate=${RATE_COLLECT}r/s;"
  echo "  limit_req_zone \$limit_key zone=dashboard:10m rate=${RATE_DASHBOARD}r/s;"
  echo '  limit_req_zone $limit_key zone=sign_in:1m rate=1r/s;'
  echo '  limit_conn_zone $limit_key zone=connections:10m;'
  upstream collectors "$COLLECTORS"
  upstream app "$APP"
  if [ -n "$COLLECT_NAME" ]; then
    server "$COLLECT_NAME" '' collect
    server "$SERVER_NAME" default_server all
  else
    server "$SERVER_NAME" default_server all
  fi
  echo '  server {'
  echo "    listen $STATUS_LISTEN;"
  echo '    access_log off;'
  echo '    location = /status { stub_status; }'
  echo '    location = /livez { return 200; }'
  echo '    location / { return 404; }'
  echo '  }'
}

# server NAMES default_server|'' collect|all
server() {
  if [ -n "$TLS_CERTIFICATE" ]; then
    echo '  server {'
    listens "$LISTEN" "$2"
    echo "    server_name $1;"
    acme
    echo '    location / { return 308 https://$host$request_uri; }'
    echo '  }'
  fi
  echo '  server {'
  if [ -n "$TLS_CERTIFICATE" ]; then
    listens "$LISTEN_TLS" "ssl http2 $2"
    echo '    ssl_certificate settings/certificate.pem;'
    echo '    ssl_certificate_key settings/key.pem;'
    echo '    ssl_protocols TLSv1.2 TLSv1.3;'
    echo '    ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;'
    echo '    ssl_prefer_server_ciphers off;'
    echo '    ssl_session_cache shared:tls:10m;'
    echo '    ssl_session_timeout 1d;'
    echo '    ssl_session_tickets off;'
  else
    listens "$LISTEN" "$2"
    acme
  fi
  echo "    server_name $1;"
  echo '    include server.conf;'
  for each in $NEUTRAL_PATHS; do
    echo "    location = ${each%%=*} { rewrite ^ ${each#*=} last; }"
    # The library asks for its features by its own name, with a version.
    case $each in
      *.js=*.js) echo "    location ~ \"^$(echo "${each%%.js=*}" | sed 's/[.]/\\./g')\.[0-9a-f]{12}\.js\$\" { rewrite \"\.([0-9a-f]{12})\.js\$\" $(echo "${each#*=}" | sed 's/\.js$//').\$1.js last; }" ;;
    esac
  done
  case $3 in
    collect) echo '    include collect.conf;'; echo '    location / { return 404; }' ;;
    *) echo '    include collect.conf;'; echo '    include dashboard.conf;' ;;
  esac
  echo '  }'
}

listens() {
  for each in $1; do echo "    listen $each ${2:-};"; done
}

acme() {
  [ -z "$ACME_WEBROOT" ] || echo "    location /.well-known/acme-challenge/ { root $ACME_WEBROOT; default_type text/plain; }"
}

cors_conf() {
  [ -n "$CORS_ORIGINS" ] || return 0
  # A key, never a cookie: no Access-Control-Allow-Credentials.
  cat <<'CONF'
include settings/hsts.conf;
add_header Access-Control-Allow-Origin $cors_origin always;
add_header Access-Control-Expose-Headers "Retry-After, X-Freshness, X-Warnings, X-Next-Cursor" always;
add_header Vary Origin always;
if ($request_method = OPTIONS) {
  add_header Access-Control-Allow-Origin $cors_origin always;
  add_header Access-Control-Allow-Methods "GET, POST, PUT, PATCH, DELETE, OPTIONS" always;
  add_header Access-Control-Allow-Headers "Authorization, Content-Type" always;
  add_header Access-Control-Max-Age 86400 always;
  add_header Vary Origin always;
  return 204;
}
CONF
}

certificate() {
  if [ -s "$TLS_CERTIFICATE" ] && [ -s "$TLS_KEY" ]; then
    cat "$TLS_CERTIFICATE" > "$1/certificate.pem"
    cat "$TLS_KEY" > "$1/key.pem"
  elif [ -s "$RUN_DIR/placeholder.pem" ] || openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=not-yet \
      -keyout "$RUN_DIR/placeholder.key" -out "$RUN_DIR/placeholder.pem" 2>/dev/null; then
    # Until the real one is there: nginx must run for it to be issued.
    cat "$RUN_DIR/placeholder.pem" > "$1/certificate.pem"
    cat "$RUN_DIR/placeholder.key" > "$1/key.pem"
  fi
}

render() {
  rm -rf "$1"
  mkdir -p "$1"
  main_conf > "$1/main.conf"
  http_conf > "$1/http.conf"
  cors_conf > "$1/cors.conf"
  if [ -n "$TLS_CERTIFICATE" ]; then
    echo 'add_header Strict-Transport-Security "max-age=31536000" always;'
  fi > "$1/hsts.conf"
  if [ -n "$COUNTRY_HEADER" ]; then
    echo "proxy_set_header $COUNTRY_HEADER \$client_country;"
  fi > "$1/country.conf"
  if [ -n "$TLS_CERTIFICATE" ]; then certificate "$1"; fi
}

watch() {
  while sleep "$CHECK_EVERY_S"; do
    render "$RUN_DIR/conf/settings.new"
    if diff -r -q "$RUN_DIR/conf/settings" "$RUN_DIR/conf/settings.new" >/dev/null; then continue; fi
    mv "$RUN_DIR/conf/settings" "$RUN_DIR/conf/settings.old"
    mv "$RUN_DIR/conf/settings.new" "$RUN_DIR/conf/settings"
    if nginx -t -q -p "$RUN_DIR" -c "$RUN_DIR/conf/nginx.conf"; then
      kill -HUP "$1"
      echo 'nginx: something changed; reloaded' >&2
    else
      echo 'nginx: the new settings are refused; the old ones stay' >&2
      rm -rf "$RUN_DIR/conf/settings"
      mv "$RUN_DIR/conf/settings.old" "$RUN_DIR/conf/settings"
    fi
    rm -rf "$RUN_DIR/conf/settings.old"
  done
}

umask 077
rm -rf "$RUN_DIR/conf"
mkdir -p "$RUN_DIR/conf" "$RUN_DIR/temp"
# A tmpfs that is somebody else's is open already.
chmod 755 "$RUN_DIR" "$RUN_DIR/temp" 2>/dev/null || true
cp "$here"/*.conf "$RUN_DIR/conf/"
render "$RUN_DIR/conf/settings"
nginx -p "$RUN_DIR" -c "$RUN_DIR/conf/nginx.conf" -g 'daemon off;' &
nginx=$!
watch "$nginx" &
watcher=$!
# It answers what it has begun, then ends.
trap 'kill -QUIT "$nginx" 2>/dev/null || true' TERM INT QUIT
status=0
while kill -0 "$nginx" 2>/dev/null; do wait "$nginx" && status=0 || status=$?; done
kill "$watcher" 2>/dev/null || true
exit "$status"
