"""What a crowd showed: added up where its connections live, and put together from all workers."""
