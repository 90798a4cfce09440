"""What carries out each kind of step."""
