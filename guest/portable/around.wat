;; Runs a program between the calls of `lifetime`, for a composition in which
;; `wasi:cli/run` is this component's instead of the program's.
(component
  (import "wsp:portable/lifetime@0.1.0" (instance $lifetime
    (export "begin" (func))
    (export "end" (func))))
  (import "wasi:cli/run@0.2.0" (instance $program
    (export "run" (func (result (result))))))

  (core func $begin (canon lower (func $lifetime "begin")))
  (core func $end (canon lower (func $lifetime "end")))
  (core func $run (canon lower (func $program "run")))
  (core module $around
    (import "around" "begin" (func $begin))
    (import "around" "end" (func $end))
    (import "around" "run" (func $run (result i32)))
    (func (export "run") (result i32)
      (local $status i32)
      (call $begin)
      (local.set $status (call $run))
      (call $end)
      (local.get $status)))
  (core instance $instance (instantiate $around
    (with "around" (instance
      (export "begin" (func $begin))
      (export "end" (func $end))
      (export "run" (func $run))))))

  (func $around_run (result (result)) (canon lift (core func $instance "run")))
  (instance $exported (export "run" (func $around_run)))
  (export "wasi:cli/run@0.2.0" (instance $exported)))
