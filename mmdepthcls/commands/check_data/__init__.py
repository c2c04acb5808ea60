"""The data doctor: looks at every sample of a config's datasets and names what is wrong with the data.

One sample at a time, in many processes: ``image_file``, ``depth_map`` (with ``ground_plane``), ``scan``,
``alignment``, put together by ``sample_check``. Then the samples of one kind beside each other (``group_check``,
``depth_unit``), the splits beside each other (``leakage``), and what lies beside them on disk (``stray_files``).
``listing`` gets the samples of a config, ``report``, ``sheet`` and ``bin_chart`` show what was found, ``doctor`` is the
whole. All but ``listing`` and ``doctor`` are pure.
"""
