"""What several tests share: small data, stand-ins, servers and browsers, and plain references to compare with."""
