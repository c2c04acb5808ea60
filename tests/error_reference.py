"""The errors of depth with NumPy alone, for tests to compare with."""
import numpy as np


def fast_errors(pred, gt):
    """Every error of predictions (P, ) of depths (P, ), from its formula."""
    e = np.log(pred) - np.log(gt)
    ratio = np.maximum(pred / gt, gt / pred)
    errors = {f'd{k}': np.mean(ratio < 1.25**k) for k in (1, 2, 3)}
    return errors | dict(
        abs_rel=np.mean(np.abs(pred - gt) / gt), sq_rel=np.mean((pred - gt)**2 / gt),
        rmse=np.sqrt(np.mean((pred - gt)**2)), rmse_log=np.sqrt(np.mean(e**2)), silog=100 * np.std(e),
        log10=np.mean(np.abs(np.log10(pred) - np.log10(gt))), mae=np.mean(np.abs(pred - gt)),
        irmse=1000 * np.sqrt(np.mean((1 / pred - 1 / gt)**2)), imae=1000 * np.mean(np.abs(1 / pred - 1 / gt)),
        sq_rel_kitti=np.mean(((pred - gt) / gt)**2), silog_kitti=np.std(e), silog_paper=np.var(e))
