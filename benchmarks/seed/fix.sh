#!/bin/bash
# The seed's "Deployment Checklist (Copy & Paste)" as its author wrote it; only the app's path and PHP's version are
# this host's. It is the peer that liveproof is measured against, faults included: do not improve it.
set -e

echo "Fixing deployment issues..."

# 1. Fix file ownership
echo "1. Fixing file ownership..."
chown -R www-data:www-data "$APP/app"
chown -R www-data:www-data "$APP/bootstrap"
chown -R www-data:www-data "$APP/storage"

# 2. Clear caches
echo "2. Clearing Laravel caches..."
cd "$APP"
php artisan cache:clear
php artisan config:clear
php artisan view:clear

# 3. Reset OPCache
echo "3. Resetting OPCache..."
php -r "if(function_exists('opcache_reset')) opcache_reset();"

# 4. Restart PHP-FPM
echo "4. Restarting PHP-FPM..."
systemctl restart "$FPM"
sleep 2

# 5. Rebuild caches
echo "5. Rebuilding caches..."
php artisan route:cache
php artisan config:cache

# 6. Verify
echo "6. Verifying..."
stat -c '%U:%G' "$HANDLER"
ls -lh "$CACHE/routes-v7.php"
systemctl status "$FPM" --no-pager | head -5

echo "Deployment verification complete!"
