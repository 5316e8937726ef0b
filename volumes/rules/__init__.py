"""What is wrong with a spec: one answer for validate, create and update, for every interface."""
