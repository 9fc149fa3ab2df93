"""What is proven of the suite itself, and the page that says so."""
