"""What Gradius and Hirondelle share: the RAM table and features of ships and terrain."""
