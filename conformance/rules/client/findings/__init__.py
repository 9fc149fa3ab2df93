"""What several rules on clients say of the same kind of evidence."""
