"""What lessons teach by hand: convolution, sparse codes, guesses, the noise of a training, history, and sliders."""

from helpers.teaching.guesses import compare
