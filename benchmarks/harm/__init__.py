"""What liveproof must never do, tried: damage a host, lose something, show a secret, hang, leave something behind."""
