"""What is wrong with a site beyond the types of its files, one kind of mistake a file. Everything is told in one go."""
