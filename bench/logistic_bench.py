"""The other side of logistic_bench.cc: scikit-learn's lbfgs on the same states, one answer line a question line.

argv: FILE LAYERS ROWS COLUMNS; FILE holds float32 states [layers, rows, columns] and then int32 labels [rows].
"fit TOL HOW" answers seconds; "version" the versions; "weights PATH" writes the last float64 weights, intercept behind each row.
HOW: one = one thread; blas = threads inside each fit; pool = the fits spread over processes of one thread.
"""
import os
import sys
import time
import warnings

import joblib
import numpy
import threadpoolctl
import sklearn
from sklearn.linear_model import LogisticRegression

path, layers, rows, columns = sys.argv[1], *map(int, sys.argv[2:5])
with open(path, "rb") as file:
    states = numpy.fromfile(file, numpy.float32, layers * rows * columns).reshape(layers, rows, columns)
    labels = numpy.fromfile(file, numpy.int32, rows)
states = states.astype(numpy.float64)
warnings.simplefilter("ignore")  # coarse tolerances may stop early; the objective tells
fits = []


def fit(x, tol):
    return LogisticRegression(C=1.0, solver="lbfgs", tol=tol, max_iter=10000).fit(x, labels)


def fit_all(tol, how):
    if how == "pool":
        return joblib.Parallel(n_jobs=os.cpu_count())(joblib.delayed(fit)(x, tol) for x in states)
    with threadpoolctl.threadpool_limits(1 if how == "one" else os.cpu_count()):
        return [fit(x, tol) for x in states]


for line in sys.stdin:
    word, _, rest = line.strip().partition(" ")
    if word == "fit":
        tol, how = rest.split()
        begin = time.perf_counter()
        fits = fit_all(float(tol), how)
        print(time.perf_counter() - begin, flush=True)
    elif word == "weights":
        numpy.concatenate([numpy.append(fit.coef_[0], fit.intercept_) for fit in fits]).astype(numpy.float64).tofile(rest)
        print("written", flush=True)
    elif word == "version":
        print(f"scikit-learn {sklearn.__version__}, numpy {numpy.__version__}", flush=True)
