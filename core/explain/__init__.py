"""What a classifier's answer rests on: class activation, feature maps, pixels, and checks of them.

Every explainer takes and returns arrays and knows nothing of the app. Maps are (h, w), of the grid
of the layer they were computed at, never normalised: their numbers mean something.
"""
