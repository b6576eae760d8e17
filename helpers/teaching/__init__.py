"""What lessons teach by hand: convolution, sparse codes, and an explorer to play with."""
