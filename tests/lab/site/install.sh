# Turns the uploaded app into a deployed one, as a careful deploy would: everything by the pool's user.
umask 022
www() { setpriv --reuid="$WWW" --regid="$WWW" --init-groups env HOME=/tmp COMPOSER_HOME=/tmp/composer COMPOSER_DISABLE_NETWORK=1 "$@"; }

# The framework is Debian's; Composer knows it as a local package of exactly that version.
version=$(php -r 'require "Illuminate/autoload.php"; echo Illuminate\Foundation\Application::VERSION;' 2>/dev/null)
sed -i "s/@VERSION@/$version/" /opt/lab-packages/laravel-framework/composer.json

install_release() { # DIRECTORY RELEASE HANDLER
  cd "$1"
  sed "s/^RELEASE=.*/RELEASE=$2/" .env.example >.env
  sed -i "s/handler-v[0-9]*/$3/" app/Http/Controllers/RetellFunctionCallHandler.php
  chown -R "$WWW:$WWW" .
  chmod 640 .env
  www composer update --no-interaction --no-progress --no-scripts --quiet
  www php artisan key:generate --force -q
  www php artisan package:discover -q
}

cache_release() { # DIRECTORY
  # These hold secrets: as on the host of the seed, no one but the pool's user and group reads them.
  (cd "$1" && umask 027 && for what in config route view; do www php artisan $what:cache -q; done)
}

fill_storage() { # DIRECTORY OF AN APP
  touch "$1"/storage/logs/laravel.log "$1"/storage/logs/queue.log "$1"/storage/app/database.sqlite
  chown -R "$WWW:$WWW" "$1"/storage/
  cd "$1" && www php artisan migrate --force -q
}

case $LAYOUT in
plain | git)
  install_release "$APP" r1 handler-v1
  fill_storage "$APP"
  cache_release "$APP"
  ;;
releases)
  mkdir -p "$BASE/releases" "$BASE/shared"
  mv "$BASE/app" "$BASE/releases/1"
  mv "$BASE/releases/1/storage" "$BASE/shared/storage"
  ln -s ../../shared/storage "$BASE/releases/1/storage"
  cp -a "$BASE/releases/1" "$BASE/releases/2"
  ln -s releases/1 "$BASE/current"
  chown -hR "$WWW:$WWW" "$BASE"
  install_release "$BASE/releases/1" r1 handler-v1
  install_release "$BASE/releases/2" r2 handler-v2
  fill_storage "$BASE/releases/1"
  # Both were cached when they were deployed, the older one first; the key is one for all releases.
  sed -i "s|^APP_KEY=.*|$(grep ^APP_KEY= "$BASE/releases/1/.env")|" "$BASE/releases/2/.env"
  for release in 2 1; do cache_release "$BASE/releases/$release"; done
  ;;
esac
cd /

if [ "$LAYOUT" = git ]; then
  chown deploy:deploy "$APP"
  printf '[user]\n\tname = deploy\n\temail = deploy@localhost\n[safe]\n\tdirectory = %s\n[init]\n\tdefaultBranch = main\n' "$APP" >/home/deploy/.gitconfig
  chown deploy:deploy /home/deploy/.gitconfig
  as_deploy() { setpriv --reuid=deploy --regid=deploy --init-groups env HOME=/home/deploy LC_ALL=C.UTF-8 git -C "$APP" "$@"; }
  as_deploy init -q
  as_deploy add -A
  as_deploy commit -q -m 'Release r1'
  chown "$WWW:$WWW" "$APP"
fi

# The services around it.
fpm=/etc/php/$PHP/fpm
sed -i 's/^;*process_control_timeout.*/process_control_timeout = 10s/' "$fpm/php-fpm.conf"
[ "$POOL" = "$fpm/pool.d/www.conf" ] || rm "$fpm/pool.d/www.conf"
ln -sf ../sites-available/api-gateway /etc/nginx/sites-enabled/api-gateway
nginx -t -q
"php-fpm$PHP" -t 2>&1
# What the checks just made as root is not for the services to find.
rm -rf /run/php/* /run/nginx.pid "/var/log/php$PHP-fpm.log" /root/.cache
for log in /var/log/nginx/*.log; do : >"$log"; chown www-data:adm "$log"; chmod 640 "$log"; done
