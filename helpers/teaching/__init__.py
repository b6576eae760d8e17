"""What lessons teach by hand: convolution, losses, sparse codes, and an explorer to play with."""
