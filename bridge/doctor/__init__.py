"""`doctor`: tests each setting and connection, and says what is wrong, why, and how to fix it."""
