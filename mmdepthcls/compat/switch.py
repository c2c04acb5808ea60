"""Whether the host is mended. Pure."""
import os

VARIABLE = 'MMDEPTHCLS_HOST_PATCHES'


def host_patches_on():
    """bool: unless ``MMDEPTHCLS_HOST_PATCHES=0``, what MMEngine does when it saves, resumes and stops is mended."""
    return os.environ.get(VARIABLE, '1') != '0'
