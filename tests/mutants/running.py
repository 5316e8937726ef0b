"""What keeps a server going while disks hang, processes freeze and workers die."""

from tests.mutants.guard import Guard

GUARDS = [
    Guard(
        "arguments and settings in UTF-8",
        "manage.py",
        "    refuse_other_encodings(sys.argv)\n",
        "",
        "config/test_encoding.py::test_an_argument_of_any_command_is_refused_in_one_line",
    ),
    Guard(
        "settings in UTF-8 for other servers",
        "config/wsgi.py",
        "refuse_other_encodings([])",
        "print(refuse_other_encodings)",
        "config/test_encoding.py::test_wsgi_application_refuses_other_encodings",
    ),
    Guard(
        "no connection kept while a disk hangs",
        "config/concurrency.py",
        "        here.close()\n",
        "        pass\n",
        "faults/test_failing_disks.py"
        "::test_many_steps_that_hang_delay_neither_reads_nor_other_changes",
        database="postgresql",
    ),
    Guard(
        "those written with one whose step hangs",
        "volumes/reconciler/step_runner.py",
        "        is_done.wait(timeout)\n",
        "        is_done.wait()\n",
        "services/test_group_commit.py::test_a_step_that_hangs_delays_no_request_of_its_batch",
    ),
    Guard(
        "locks of the frozen",
        "config/env.py",
        '"-c idle_in_transaction_session_timeout=20s"',
        '""',
        "faults/test_frozen.py"
        "::test_a_frozen_process_that_holds_locks_loses_them_with_its_transaction",
        database="postgresql",
    ),
    Guard(
        "a worker's second death",
        "config/server/supervisor.py",
        "        if len(self._deaths) == MAX_DEATHS and now - self._deaths[0] <= WINDOW_SECONDS:",
        "        if True:",
        "races/test_serve.py::test_server_survives_workers_that_die_repeatedly",
    ),
    Guard(
        "requests on connections that are older than the signal",
        "config/server/shutdown.py",
        "        _wait_for_requests(port)  # in the main thread, which only waits",
        "        pass",
        "races/test_serve.py"
        "::test_a_request_on_a_connection_that_is_older_than_the_sigterm_is_answered",
    ),
    Guard(
        "workers that end only once others serve",
        "config/server/supervisor.py",
        "            self._wait_for_end_of(listening)",
        "            pass",
        "races/test_load.py::test_a_worker_is_replaced_only_once_the_new_one_serves",
    ),
    Guard(
        "memory that is given back",
        "volumes/management/commands/serve.py",
        "    os.environ.update({**ALLOCATORS, **os.environ})",
        "",
        "races/test_connections.py::test_the_memory_of_long_headers_is_released",
    ),
]
