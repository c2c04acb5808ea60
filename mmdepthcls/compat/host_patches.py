"""Whether the host is mended where it works, but not safely. Pure."""
import os

# '0' leaves the host as it is; what it needs to be imported at all is mended always.
VARIABLE = 'MMDEPTHCLS_HOST_PATCHES'


def are_wanted() -> bool:
    """False if the environment says ``MMDEPTHCLS_HOST_PATCHES=0``."""
    return os.environ.get(VARIABLE, '1') != '0'
