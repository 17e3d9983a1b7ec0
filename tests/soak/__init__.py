"""Mixed traffic for long: nothing is lost, nothing comes twice, nothing piles up."""
