"""llama.cpp's own HTTP server out of xllamacpp: `python serve_llama.py MODEL MMPROJ PORT`.

Run by the interpreter of an environment that has xllamacpp; imports nothing of ours.
"""

import sys
import threading

import xllamacpp

params = xllamacpp.CommonParams()
params.model.path, params.mmproj.path = sys.argv[1:3]
params.hostnames, params.port = ["127.0.0.1"], int(sys.argv[3])
params.n_ctx, params.n_parallel = 4096, 2
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
threading.Event().wait()
