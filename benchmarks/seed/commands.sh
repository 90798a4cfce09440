#!/bin/bash
# The ten commands of the seed's "100% Verification Steps", each with the outcome that the seed expects:
# prints "ok NAME" or "bad NAME" a line. The peer of `liveproof check`; its judgement is the seed's own.
# All ten are run, whatever one of them says.
set +e
said() { if [ "$1" = 0 ]; then echo "ok $2"; else echo "bad $2"; fi; }

[ "$(stat -c '%U:%G' "$HANDLER")" = www-data:www-data ]; said $? handler-owner
[ "$(ls -la "$CACHE" | awk 'NR > 3 {print $3 ":" $4}' | sort -u | wc -l)" -le 1 ]; said $? cache-owners-consistent
systemctl status "$FPM" --no-pager | grep -q 'Ready to handle connections\|active (running)'; said $? fpm-status
[ "$(pgrep -c "php-fpm")" -ge 5 ]; said $? fpm-processes
[ "$(ls -la "$SOCK" | cut -c1-10)" = srw-rw---- ]; said $? socket
php -i | grep -q 'opcache.enable => On'; said $? opcache-enabled
[ "$(stat -c %Y "$CACHE/routes-v7.php")" -ge "$(stat -c %Y "$HANDLER")" ]; said $? routes-cache-newer
[ "$(stat -c %s "$CACHE/routes-v7.php")" -gt 400000 ]; said $? routes-cache-size
nginx -t 2>&1 | grep -q successful; said $? nginx-config
curl -s -o /dev/null -w '%{http_code}' -X POST http://127.0.0.1/api/retell/function \
  -H 'Content-Type: application/json' -d '{"call_id":"test","function":"test_function"}' | grep -q '^200$'; said $? api-request
