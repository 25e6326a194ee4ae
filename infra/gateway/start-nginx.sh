#!/bin/sh
# start-nginx.sh TEMPLATE: runs nginx in the foreground and keeps the addresses of the services up to date. Beside the template lie its pages, the reference and the portal.
#
# nginx before 1.27.3 looks a name up either once, at its start, or at every request and then keeps no connection (three times the CPU of a
# kept one, and a local port for a minute each). So this script looks the names up, and reloads nginx when their addresses have changed.
# Environment: PORT, INTERNAL_PORT, PUBLIC_URL, ADDRESS_LIMIT_PER_MINUTE, GATEWAY_DIRECTORY (the one place that is written to).
set -eu

template=$1
folder=$(cd "$(dirname "$template")" && pwd)
pages=$folder/pages
directory=${GATEWAY_DIRECTORY:-/tmp/gateway}
public_url=${PUBLIC_URL:-http://localhost:8080}
limit=${ADDRESS_LIMIT_PER_MINUTE:-0}
PATH=$PATH:/usr/sbin

# Both end up inside the configuration.
case $public_url in *[!A-Za-z0-9:/._-]*) echo "PUBLIC_URL is not a plain URL: $public_url" >&2; exit 64 ;; esac
case $limit in '' | *[!0-9]*) echo "ADDRESS_LIMIT_PER_MINUTE is not a number: $limit" >&2; exit 64 ;; esac
[ -d "$pages" ] || { echo "$pages is missing: render-nginx.ts makes it together with the template" >&2; exit 64; }

rate=$((limit > 0 ? limit : 1))
burst=$((rate > 2 ? rate - 1 : 1))
mkdir -p "$directory/addresses"

fill_in_values() {
  sed -e "s|@DIRECTORY@|$directory|g" -e "s|@PORT@|${PORT:-8080}|g" -e "s|@INTERNAL_PORT@|${INTERNAL_PORT:-8081}|g" \
    -e "s|@PAGES@|$pages|g" -e "s|@REFERENCE@|$folder/reference|g" -e "s|@PORTAL@|$folder/portal|g" -e "s|@PUBLIC_URL@|${public_url%/}|g" -e "s|@LIMIT@|$limit|g" -e "s|@RATE@|$rate|g" -e "s|@BURST@|$burst|g" \
    -e "s|@RETRY_AFTER@|$(((59 + rate) / rate))|g" "$template"
}

# A name that cannot be resolved keeps its last addresses: a DNS server that hiccups must not take a service away.
addresses_of() {
  found=$(getent ahostsv4 "$1" | awk '$2 == "STREAM" { print $1 }' | sort -u) || found=
  [ -z "$found" ] || echo "$found" >"$directory/addresses/$1"
  cat "$directory/addresses/$1" 2>/dev/null || true
}

# Each `server NAME:PORT max_fails=0;` becomes one line per address. A name never seen gets the discard port, which refuses as a service
# that is down does.
fill_in_addresses() {
  while IFS= read -r line; do
    case $line in
      *' server '*:*' max_fails=0;')
        name=${line##* server }
        port=${name#*:}
        port=${port%% *}
        addresses=$(addresses_of "${name%%:*}")
        for address in ${addresses:-127.0.0.1:9}; do
          case $address in *:*) ;; *) address=$address:$port ;; esac
          echo "    server $address max_fails=0;"
        done
        ;;
      *) printf '%s\n' "$line" ;;
    esac
  done <"$directory/nginx.conf.values"
}

fill_in_values >"$directory/nginx.conf.values"
fill_in_addresses >"$directory/nginx.conf"
names=$(sed -n 's/^ *server \([^: ]*\):[0-9]* max_fails=0;$/\1/p' "$directory/nginx.conf.values" | sort -u)
nginx -e stderr -c "$directory/nginx.conf" &
nginx=$!
sleeper=

# Requests under way end first; streams, which never do, are cut before a container's usual grace of ten seconds is over.
finish() {
  trap "" TERM INT QUIT
  kill "$sleeper" 2>/dev/null || true
  kill -QUIT "$nginx" 2>/dev/null || true
  rounds=0
  while kill -0 "$nginx" 2>/dev/null; do
    rounds=$((rounds + 1))
    [ "$rounds" -ne 25 ] || kill -TERM "$nginx" 2>/dev/null || true
    sleep 0.2
  done
  status=0
  wait "$nginx" || status=$?
  exit "$status"
}
trap finish TERM INT QUIT

answers=
while kill -0 "$nginx" 2>/dev/null; do
  sleep "${RESOLVE_SECONDS:-1}" &
  sleeper=$!
  wait "$sleeper" || true
  # shellcheck disable=SC2086 # one name a word
  now=$(getent ahostsv4 $names | sort -u) || true
  [ "$now" != "$answers" ] || continue
  answers=$now
  fill_in_addresses >"$directory/nginx.conf.new"
  cmp -s "$directory/nginx.conf.new" "$directory/nginx.conf" && continue
  mv "$directory/nginx.conf.new" "$directory/nginx.conf"
  kill -HUP "$nginx"
done
wait "$nginx"
