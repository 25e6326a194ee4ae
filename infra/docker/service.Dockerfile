# One recipe for every Node service and the set-up job. SERVICE names a folder of services/, or `setup`.

# Only what npm needs to see: a changed source file must not install everything anew.
FROM node:24-trixie-slim AS manifests
COPY . /repository
WORKDIR /repository
RUN mkdir /manifests && find . -name package.json -not -path '*/node_modules/*' -exec cp --parents {} /manifests \; && cp package-lock.json /manifests

FROM node:24-trixie-slim AS generated
ENV CHECKPOINT_DISABLE=1
WORKDIR /app
COPY --from=manifests /manifests ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
COPY scripts scripts
COPY services services
RUN for schema in services/*/prisma/schema.prisma; do \
      (cd "$(dirname "$schema")/.." && PRISMA_SCHEMA_ENGINE_BINARY=/app/scripts/prisma-schema-engine.mjs npx prisma generate); \
    done

FROM node:24-trixie-slim AS dependencies
ARG SERVICE
WORKDIR /app
COPY --from=manifests /manifests ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error \
      --workspace "@waggle/$SERVICE" --include-workspace-root=false

FROM node:24-trixie-slim AS runtime
ARG SERVICE
ENV NODE_ENV=production SERVICE=$SERVICE
WORKDIR /app
COPY --from=dependencies /app ./
COPY packages packages
COPY infra/topics.json infra/topics.json
