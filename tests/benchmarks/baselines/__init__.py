"""What Holdfast is compared with. Small, and as their documentation would have them."""
