"""Which levels a batch has, and what their mean learns of them: the loops of `IndexedTable`."""

import numpy as np

from tabmixnn.training.stacked.loops.compiling import compiled

_ZERO = np.float32(0)


@compiled(
    "void(i8[::1], f4[:,:,:], f4[:,:,:], i8[::1], i8[::1], i8[::1], i8[::1], f4[::1], i8[::1])"
)
def touched_levels(codes, weight, share, ends, places, rows, own, touch, starts):
    """Find the levels that the rows of R replicas have.

    Parameters
    ----------
    codes : ndarray, shape (R n,)
        Each row's level among all G.
    weight, share : ndarray, shape (R, n, 1)
        See `Batch`; their product adds up to `touch`.
    ends : ndarray, shape (R,)
        Levels of each replica and those before it.
    places : ndarray, shape (G,)
        All -1; left so.
    rows : ndarray, shape (G or R n,)
        The k levels found, ascending; filled up to k.
    own : ndarray, shape (R n,)
        Each row's level among the k; filled.
    touch : ndarray, like rows
        How often each of the k counts; filled up to k.
    starts : ndarray, shape (R + 1,)
        The first level found of each replica, and k; filled.
    """
    n = weight.shape[1]
    for code in codes:
        places[code] = 0
    k, r, starts[0] = 0, 0, 0
    for code in range(places.shape[0]):
        while code == ends[r]:
            r += 1
            starts[r] = k
        if places[code] == 0:
            places[code], rows[k], touch[k] = k, code, _ZERO
            k += 1
    starts[r + 1 :] = k
    for i in range(codes.shape[0]):
        own[i] = places[codes[i]]
        touch[own[i]] += weight[i // n, i % n, 0] * share[i // n, i % n, 0]
    for g in range(k):
        places[rows[g]] = -1


@compiled("void(f4[:,::1], f4[:,::1], i8[::1], i8[::1], f4[:,:], f4[:,::1])")
def follow_means(values, seen, rows, starts, one_level, mean):
    """Let the mean over all levels of a replica learn where some of them are now.

    Parameters
    ----------
    values, seen : ndarray, shape (G, w)
        Where levels are, and where they were when the mean was told last.
    rows, starts
        Which have moved: see `add_effects`.
    one_level : ndarray, shape (R, 1)
    mean : ndarray, shape (R, w)
        Changed in place.
    """
    for r in range(mean.shape[0]):
        for g in range(starts[r], starts[r + 1]):
            row = rows[g]
            for j in range(mean.shape[1]):
                mean[r, j] += one_level[r, 0] * (values[row, j] - seen[row, j])
                seen[row, j] = values[row, j]
