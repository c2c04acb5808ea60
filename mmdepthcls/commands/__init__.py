"""The commands: a room each. ``mmdepthcls NAME`` and ``tools/NAME.py`` run them."""

# In the order in which a person meets them: name -> room, and what it does.
COMMANDS = {
    'demo': ('demo', 'the whole way on a bare machine: generated data, training, table, pictures'),
    'make-config': ('make_config', 'turn a recipe of MMSegmentation into a depth config'),
    'check-data': ('check_data', "look at every sample of a config's data and name what is wrong"),
    'prepare-kitti': ('prepare', 'check, fetch and project KITTI'),
    'prepare-synthia': ('prepare', 'check and mend SYNTHIA, write its split'),
    'make-minidrive': ('minidrive', 'generate street scenes with exact depth'),
    'train': ('train', 'train a model'),
    'test': ('test', 'test a model: table, report, pictures, submission'),
    'evaluate-predictions': ('evaluate_predictions', 'score depth that any program wrote'),
    'fit-temperature': ('fit_temperature', "fit a checkpoint's temperature on its validation split"),
    'analyze-bins': ('analyze_bins', 'what schemes of bins cost on a data set'),
    'tune-crf': ('crf', 'find settings of the fully connected CRF'),
    'compare-crfs': ('crf', 'test several CRFs on one checkpoint'),
    'study': ('study', 'train variants of a config and write what follows'),
    'sweep-models': ('make_config', 'try every model that MMSegmentation ships'),
    'benchmark': ('benchmark', 'time data, evaluation and losses'),
    'benchmark-training': ('benchmark', "time a model's training steps and predictions on random images"),
    'benchmark-kills': ('benchmark', 'kill trainings at any moment and count what is lost'),
    'benchmark-safety': ('benchmark', 'time what it costs that trainings resume exactly and stop safely'),
    'benchmark-imports': ('benchmark', 'time what a command needs before it begins'),
    'benchmark-crf': ('benchmark', "time the CRF beside its authors' code"),
}
