"""What follows from beliefs about structures: each form alone, and the range over all of them."""
