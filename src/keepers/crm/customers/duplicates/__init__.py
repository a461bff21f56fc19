"""The same customer twice: found with reasons, merged without losing anything, parted again."""
