"""ImageNet's weights out of a package, under the names of timm."""
