"""People in and out: whatever another system exports, recognised, brought in, taken back; and everything as files."""
