"""The reconciler makes the storage match the rows. Nothing else changes the storage.

It is level-triggered: it compares the requested state with the present one and ignores what happened in
between. A step claims one row under a lease and commits. It calls the backend outside any transaction.
It records the outcome only if the lease is still its own.

No tenant delays another. This list has each module that makes a thread, pool, queue, lock or condition,
with its size, its purpose, and the share of one environment (or address, or token). A share is smaller
than its pool.

    threads and pools                         size; share; reason

    config/concurrency.py                     2 requests a worker; first come, first served; a request
                                              that waits for anything gives its slot back; threads of
                                              those that wait for steps: MAX_WAITING_REQUESTS
    config/server/connections.py              1 thread a worker; closes silent and late connections
    config/server/worker.py                   1 event a worker; its end
    config/server/shutdown.py                 1 event a worker; it is about to end
    volumes/services/group_commit.py          6 threads a worker; one batch of at most 64 creates, then
                                              the environment goes to the end of the queue
    volumes/reconciler/executors.py           quick steps: 6 threads a worker, 96 in the loop; 4 and 64
                                              bulk steps: 4 and 32; 2 and 8; copies and removals take
                                              hours; waiting environments take turns in both
                                              usage samples, and checks of settled volumes: 4 each
                                              in the loop; 1
    volumes/reconciler/periodic.py            6 threads, one for each periodic job, over all tenants
    volumes/reconciler/marking.py             8 threads, once, before a server or loop serves anybody
    volumes/reconciler/availability.py        2 threads a loop; check the storage, which may never answer
    volumes/reconciler/heartbeat.py           1 thread a process; renews the leases of running steps
    volumes/management/commands/serve.py      1 thread; the reconcile loop of the server
    config/db/postgresql/base.py              20 connections a process; one for each thread that asks
                                              the database, so that none waits for another

    queues, locks and events                  none is held while the storage is read or written

    config/http/rate_limiting.py              1 lock; the table of request counts
    config/server/body.py                     1 lock for each body; its end and its deadline may meet
    config/server/quota.py                    1 lock for each quota; what each address takes
    volumes/monitoring/health.py              1 lock; one request at a time writes to the database,
                                              no other waits for it
    volumes/reconciler/step_runner.py         1 queue a loop or batch; outcomes, for one thread to record;
                                              2 events a batch; all steps are over, its timeout is over
    volumes/reconciler/rounds.py              1 queue; finished work, for one thread to go on;
                                              1 event; for rounds that nobody stops
    volumes/backends/shared.py                1 lock a directory; counts the users of a descriptor
    volumes/backends/memory.py                1 lock; the whole storage, which is in memory
    volumes/management/commands/reconcile.py  1 event; tells the loop to stop

Rules: (a) Queues take authorised work only. (b) A row is leased only while its step runs, or for the
quarter of a second in which a batch of new volumes begins; what has not begun by then is released. (c) A
step that opens files of tenants is bulk. (d) No input or output under a lock of a whole process.
"""
