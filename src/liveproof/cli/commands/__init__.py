"""Prove that the code you deployed is the code that is live; say why when it is not, and fix it.

Examples:
  liveproof check                        every app on this host
  liveproof check /var/www/api-gateway   this app
  liveproof fix --dry-run                what would be done, and what it costs
  liveproof explain "permission denied"  what to look at on this very host
"""
