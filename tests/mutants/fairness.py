"""What keeps one tenant from holding up the others."""

from tests.mutants.guard import Guard

FAIRNESS = "reconciler/test_fairness.py"
EXECUTORS = "reconciler/test_executors.py"
COMMITS = "services/test_group_commit.py"
BY_TOKEN = "services/test_create_by_token.py"

GUARDS = [
    Guard(
        "share of an environment in an executor",
        "volumes/reconciler/executors.py",
        "return not is_full and self._running[environment_id] < self.share",
        "return not is_full",
        f"{EXECUTORS}::test_one_environment_gets_no_more_than_its_share",
    ),
    Guard(
        "turns of environments in an executor",
        "volumes/reconciler/executors.py",
        "            jobs = self._waiting.pop(environment_id)\n",
        "            jobs = self._waiting[environment_id]\n",
        f"{EXECUTORS}::test_environments_are_served_round_robin_whatever_their_queues",
    ),
    Guard(
        "end of waiting for a thread",
        "volumes/reconciler/executors.py",
        "        _drop_expired(jobs)  # while",
        "        # while",
        f"{EXECUTORS}::test_a_task_that_has_not_begun_by_its_deadline_is_dropped",
    ),
    Guard(
        "bulk work apart from quick work",
        "volumes/reconciler/executors.py",
        "return self.bulk if is_bulk else self.quick",
        "return self.quick",
        f"{FAIRNESS}::test_bulk_work_of_an_environment_does_not_hide_its_own_quick_work",
    ),
    Guard(
        "bulk rows apart from quick rows",
        "volumes/models/volume.py",
        "        return self.filter(QUICK_VOLUMES)",
        "        return self.all()",
        f"{FAIRNESS}::test_database_and_executors_agree_on_bulk_work",
    ),
    Guard(
        "share of an environment in the loop",
        "volumes/reconciler/fair_queue.py",
        "            if counts[environment] < share(environment):",
        "            if True:",
        f"{FAIRNESS}::test_an_environment_whose_share_is_used_up_hides_no_other",
    ),
    Guard(
        "share of an environment in one pass",
        "volumes/reconciler/fair_queue.py",
        "min(slots - len(rows), share(environment), len(",
        "min(slots - len(rows), len(",
        f"{FAIRNESS}::test_a_backlog_serves_environments_round_robin",
    ),
    Guard(
        "release of what a batch did not begin",
        "volumes/reconciler/step_runner.py",
        "        if rows:\n",
        "        if False:\n",
        f"{FAIRNESS}::test_rows_of_a_batch_that_did_not_begin_are_released",
    ),
    Guard(
        "no lease for what waits for a thread",
        "volumes/services/new_volume.py",
        "initial_lease() if is_leased else",
        "initial_lease() if True else",
        "reconciler/test_steps.py::test_a_row_that_waits_for_a_thread_is_not_leased",
    ),
    Guard(
        "rights before the queue of creates",
        "volumes/services/create_requests.py",
        "    if not caller.may(Role.EDITOR, role=environment.role):\n        return None\n",
        "",
        f"{COMMITS}::test_refused_requests_enter_no_queue",
    ),
    Guard(
        "the first request of each name",
        "volumes/services/group_commit.py",
        "            if len(batch) < limits.MAX_CREATE_BATCH and request.spec.name not in batch:\n",
        "            if len(batch) < limits.MAX_CREATE_BATCH:\n",
        f"{COMMITS}::test_a_batch_takes_the_first_request_of_each_name",
    ),
    Guard(
        "one volume of each environment is measured at a time",
        "volumes/reconciler/rounds.py",
        "        self._queue.append(remaining)\n",
        "        self._queue.appendleft(remaining)\n",
        f"{FAIRNESS}::test_environments_are_measured_round_robin",
    ),
    Guard(
        "one volume of each environment is looked at at a time",
        "volumes/reconciler/periodic.py",
        "        rounds.run()\n",
        "        [check_row(volume) for volume in Volume.objects.settled()]\n",
        f"{FAIRNESS}::test_a_directory_that_hangs_delays_no_check_of_other_environments",
    ),
    Guard(
        "the next round while something lasts",
        "volumes/reconciler/rounds.py",
        "        return self._is_due()\n",
        "        return False\n",
        f"{FAIRNESS}::test_the_next_round_does_not_wait_for_a_measurement_that_hangs",
    ),
    Guard(
        "no second turn in the middle of a round",
        "volumes/reconciler/rounds.py",
        " if pk not in begun",
        "",
        f"{FAIRNESS}::test_the_next_round_does_not_wait_for_a_measurement_that_hangs",
    ),
    Guard(
        "a create shares no look-up that began before it was there",
        "volumes/services/group_commit.py",
        "        arrived, self._arrived = self._arrived, []\n",
        "        arrived = self._arrived\n",
        f"{BY_TOKEN}::test_a_create_that_arrives_during_a_look_up_is_not_part_of_it",
    ),
    Guard(
        "a token that made nothing waits for nobody",
        "volumes/services/group_commit.py",
        "if queue is None or not queue.expects(create):",
        "if queue is None:",
        f"{BY_TOKEN}::test_another_token_does_not_wait_for_expected_creates",
    ),
]
