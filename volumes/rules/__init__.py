"""What is wrong with a wish: one answer for validate, create and update, from every door."""
