"""Runs a component on wasmtime for Python, with sockets: wasmtime_host.py COMPONENT [ARGUMENTS].

The package wasmtime in its versions 45 to 47 can grant sockets.
"""

import sys

import wasmtime
from wasmtime import _ffi
from wasmtime.component import Component, Linker

engine = wasmtime.Engine()
store = wasmtime.Store(engine)
config = wasmtime.WasiConfig()
config.argv = sys.argv[1:]
config.inherit_stdout()
config.inherit_stderr()
_ffi.wasi_config_inherit_network(config.ptr())
store.set_wasi(config)
linker = Linker(engine)
linker.add_wasip2()
component = Component.from_file(engine, sys.argv[1])
instance = linker.instantiate(store, component)
names = ("wasi:cli/run@0.2.%d" % patch for patch in range(100))
run = next(filter(None, (instance.get_export_index(store, name) for name in names)))
run = instance.get_func(store, instance.get_export_index(store, "run", run))
try:
    sys.exit(run(store).tag != "ok")
except wasmtime.ExitTrap as ended:
    sys.exit(ended.code)
