"""The application called in process, in a valgrind that counts between two marks."""
