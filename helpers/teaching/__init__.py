"""What lessons teach by hand: convolution, sparse codes, guesses, the noise of a training, and sliders to play with."""

from helpers.teaching.guesses import compare
