"""What leaves a run in doubt: who is refused or not heard, what breaks off, what two explain."""
