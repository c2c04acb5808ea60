"""Which camera took an image: calibrations, camera files, EXIF, what a config says."""
