"""What several rules on servers say of the same kind of evidence."""
