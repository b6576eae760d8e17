"""Looking inside a CNN: feature maps, the images that excite a channel, and what a prediction rests on.

Every function takes a Sequential or functional model and a batch of images (n, rows, columns, 3), uint8 or floats from
0 to 255, and gives one result an image. ValueError for an unknown layer, class or channel and images that do not fit.
"""

from helpers.explain.activation_maximisation import maximise_activation
from helpers.explain.attribution import occlusion, saliency
from helpers.explain.grad_cam import grad_cam
from helpers.explain.layers import at_size, conv_layers, random_weights
from helpers.explain.maps import Patches, Window, enlarge, feature_maps, logits, middle, top_patches, window
