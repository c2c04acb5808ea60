"""Names of the CRF's label compatibilities. Pure, and quick to import."""

COMPATIBILITIES = ('potts', 'linear', 'log')
