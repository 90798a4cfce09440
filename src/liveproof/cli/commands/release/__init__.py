"""Sign what was built, and verify it elsewhere.

A manifest of a build (path, SHA-256, mode and size of each file) is signed where it was built, and proven where it was
deployed: by `release verify`, and by `check --release MANIFEST --release-key FILE`. No network is used.

Examples:
  openssl genpkey -algorithm ed25519 -out release.key
  openssl pkey -in release.key -pubout -out release.pub
  liveproof release sign build --key release.key --output release.json
  liveproof release verify release.json /var/www/app --key release.pub
"""

HELP_ORDER = 10
