"""What other programs are told of as it happens: who listens to what, and each telling on its way."""
