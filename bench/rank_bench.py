"""The other side of rank_bench.cc: numpy and scipy on the same battles, one answer line a question line.

argv: FILE ITEMS; FILE holds float64 rows a, b, wins of a, wins of b, group. Ways with "one" of them use one thread, others all.
"fit bradley_terry TOL WAY", "fit thurstone TOL WAY", "bootstrap DRAWS SEED WAY" answer seconds; "result PATH" writes the last result:
strengths, or means and variances and the loss, or per item the point, the lower and the upper bound; "version" the versions.
"""
import contextlib
import sys
import time

import numpy
import scipy.linalg
import scipy.optimize
import scipy.sparse
import scipy.sparse.linalg
import threadpoolctl
from scipy.special import expit, log_ndtr, ndtri

path, items = sys.argv[1], int(sys.argv[2])
columns = numpy.fromfile(path).reshape(-1, 5).T.copy()
a, b, group = (columns[k].astype(numpy.intp) for k in (0, 1, 4))
wins, losses = columns[2], columns[3]
counts = wins + losses
groups = int(group.max()) + 1


def scatter(values):
    return numpy.bincount(a, values, items) - numpy.bincount(b, values, items)


def bradley_terry(start, won, total, tol, way):
    def value(s):
        d = s[a] - s[b]
        return total @ numpy.logaddexp(0, d) - won @ d, scatter(total * expit(d) - won)

    if way.startswith("lbfgs"):
        fit = scipy.optimize.minimize(value, start, jac=True, method="L-BFGS-B", options=dict(maxiter=100000, maxfun=1000000, gtol=tol, ftol=0))
        return fit.x - fit.x.mean()
    s = start
    for _ in range(50):
        p = expit(s[a] - s[b])
        gradient = scatter(total * p - won)
        if abs(gradient).max() <= tol:
            break
        weight = total * p * (1 - p)
        diagonal = numpy.bincount(a, weight, items) + numpy.bincount(b, weight, items)
        if way.startswith("dense"):
            hessian = -numpy.bincount(a * items + b, weight, items * items).reshape(items, items)
            hessian += hessian.T + 1 / items
            hessian[numpy.diag_indices(items)] += diagonal
            step = scipy.linalg.cho_solve(scipy.linalg.cho_factor(hessian, check_finite=False), gradient, check_finite=False)
        else:
            laplacian = scipy.sparse.linalg.LinearOperator((items, items), lambda x: scatter(weight * (x[a] - x[b])))
            step, _ = scipy.sparse.linalg.cg(laplacian, gradient, rtol=1e-4, M=scipy.sparse.diags_array(1 / diagonal))
        s = s - step
        s -= s.mean()
    return s


def thurstone(tol):
    weight = 1 / counts.sum()
    share = (numpy.bincount(a, wins, items) + numpy.bincount(b, losses, items) + 1) / (numpy.bincount(a, counts, items) + numpy.bincount(b, counts, items) + 2)
    start = ndtri(share)
    start = numpy.concatenate([(start - start.mean()) / start.std(), numpy.full(items, -1.0)])

    def value(x):
        centred = x[:items] - x[:items].mean()
        deviation = numpy.sqrt(centred @ centred / items)
        means, variances = centred / deviation, numpy.exp(x[items:])
        v = variances[a] + variances[b] + 1e-5
        root = numpy.sqrt(v)
        z = (means[a] - means[b]) / root
        below, above, density = log_ndtr(z), log_ndtr(-z), -z * z / 2 - 0.9189385332046727
        by_z = weight * (losses * numpy.exp(density - above) - wins * numpy.exp(density - below))
        by_mean = scatter(by_z / root)
        by_v = -by_z * z / (2 * v)
        by_mean -= means * (means @ by_mean) / items
        by_log = variances * (numpy.bincount(a, by_v, items) + numpy.bincount(b, by_v, items))
        return -weight * (wins @ below + losses @ above), numpy.concatenate([by_mean / deviation, by_log])

    fit = scipy.optimize.minimize(value, start, jac=True, method="L-BFGS-B", options=dict(maxiter=100000, maxfun=1000000, gtol=tol, ftol=0))
    means = fit.x[:items] - fit.x[:items].mean()
    return numpy.concatenate([means / means.std(), numpy.exp(fit.x[items:]), [fit.fun]])


def batch_newton(start, won, total, i, j):
    """All draws at once: won and total are draws x pairs."""
    s = numpy.tile(start, (len(won), 1))
    place = numpy.concatenate([i * items + j, j * items + i])
    for _ in range(50):
        p = expit(s[:, i] - s[:, j])
        flow, weight = total * p - won, total * p * (1 - p)
        square = numpy.zeros((len(won), items * items))
        square[:, place] = numpy.concatenate([-weight, -weight], 1)
        square = square.reshape(-1, items, items)
        net = numpy.zeros_like(square).reshape(len(won), -1)
        net[:, place] = numpy.concatenate([flow, -flow], 1)
        gradient = net.reshape(square.shape).sum(2)
        if abs(gradient).max() <= 1e-7:
            break
        square[:, range(items), range(items)] = -square.sum(2)
        step = numpy.linalg.solve(square + 1 / items, gradient[:, :, None])[:, :, 0]
        s = s - step
    return s - s.mean(1, keepdims=True)


def bootstrap(draws, seed, way):
    rng = numpy.random.default_rng(seed)
    point = bradley_terry(numpy.zeros(items), wins, counts, 1e-7, "cg")
    times = rng.multinomial(groups, numpy.full(groups, 1 / groups), draws).astype(float)
    if way.startswith("batch"):
        low, high = numpy.minimum(a, b), numpy.maximum(a, b)
        pairs, pair = numpy.unique(low * items + high, return_inverse=True)
        apart = numpy.divmod(pairs, items)[0] != numpy.divmod(pairs, items)[1]
        table = groups, len(pairs)
        won = scipy.sparse.coo_array((numpy.where(a <= b, wins, losses), (group, pair)), table)
        total = scipy.sparse.coo_array((counts, (group, pair)), table)
        won, total = (times @ x.toarray() if "dense" in way else times @ x.tocsr() for x in (won, total))
        i, j = numpy.divmod(pairs[apart], items)
        won, total = won[:, apart], total[:, apart]
        fits = numpy.concatenate([batch_newton(point, won[k : k + 100], total[k : k + 100], i, j) for k in range(0, draws, 100)])
    else:
        fits = numpy.array([bradley_terry(point, t[group] * wins, t[group] * counts, 1e-6, way) for t in times])
    return numpy.column_stack([point, *numpy.quantile(fits, [0.025, 0.975], axis=0)]).ravel()


result = None
for line in sys.stdin:
    word, *rest = line.split()
    if word in ("fit", "bootstrap"):
        way = rest[-1]
        with threadpoolctl.threadpool_limits(1) if "one" in way else contextlib.nullcontext():
            begin = time.perf_counter()
            if word == "bootstrap":
                result = bootstrap(int(rest[0]), int(rest[1]), way)
            elif rest[0] == "thurstone":
                result = thurstone(float(rest[1]))
            else:
                result = bradley_terry(numpy.zeros(items), wins, counts, float(rest[1]), way)
            print(time.perf_counter() - begin, flush=True)
    elif word == "result":
        result.astype(numpy.float64).tofile(rest[0])
        print("written", flush=True)
    elif word == "version":
        print(f"numpy {numpy.__version__}, scipy {scipy.__version__}", flush=True)
