"""Looking inside a CNN: feature maps, the images that excite a channel, and what a prediction rests on.

Every function takes a Sequential or functional model with one input and one output and a batch of images
(n, rows, columns, 3), uint8 or floats from 0 to 255, and gives one result an image. The model is never changed.
The images pass through it in batches; see ``given.batches``.

Wrong input raises ValueError: a layer that is not there, images of another shape or type than the model takes,
NaN, an empty batch, a class or a channel out of range.
"""

from helpers.explain.activation_maximisation import maximise_activation
from helpers.explain.copies import at_size, random_weights
from helpers.explain.feature_maps import conv_layers, feature_maps, logits
from helpers.explain.grad_cam import grad_cam
from helpers.explain.gradients import saliency, smooth_grad
from helpers.explain.occlusion import occlusion
from helpers.explain.pointing import enlarge, mass_inside, pointing
from helpers.explain.receptive_field import Window, middle, window
from helpers.explain.top_patches import Patches, top_patches
