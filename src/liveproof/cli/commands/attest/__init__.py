"""Write what holds on this host as a signed statement, and verify one elsewhere.

One fresh examination of the whole chain, from the release on disk to the answer on the wire, becomes a statement that
auditors and pipelines can verify offline, without this host: an in-toto statement in a DSSE envelope, signed with
Ed25519.

Examples:
  openssl genpkey -algorithm ed25519 -out attest.key
  openssl pkey -in attest.key -pubout -out attest.pub
  liveproof attest sign /var/www/shop --key attest.key --output shop.attest.json
  liveproof attest verify shop.attest.json --key attest.pub --max-age 1h
"""

HELP_ORDER = 10
