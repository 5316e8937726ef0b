"""Existence is not identity: what counts as a volume's data, and what is put in its place."""

from tests.mutants.guard import Guard

CONTRACT = "backends/test_contract.py"
IDENTITY = "backends/test_identity.py"
ACCEPT = "management/test_accept_data.py"
ROWS = "reconciler/test_data_identity.py"
RMDIR = "        os.rmdir(name, dir_fd=directory)\n"
RMTREE = '        __import__("shutil").rmtree(name, dir_fd=directory)\n'

GUARDS = [
    Guard(
        "identity: a name proves nothing",
        "volumes/backends/layout.py",
        "    if marks.is_marked(volume, name, fd):",
        "    if True:",
        f"{CONTRACT}::TestIdentity::test_an_empty_directory_does_not_pass_for_vanished_data",
    ),
    Guard(
        "identity: an inode number is used again",
        "volumes/backends/identity.py",
        "return cls(*inode_and_birth(fd), digest)",
        'return cls(os.fstat(fd).st_ino, 0, "0")',
        f"{IDENTITY}::TestMark::test_a_replacement_with_the_same_inode_number_is_not_the_data",
    ),
    Guard(
        "identity: the mark comes before the name",
        "volumes/backends/directory.py",
        "                marks.write(piece.fd, DATA, data)\n",
        "",
        f"{CONTRACT}::TestIdentity::test_new_items_are_marked",
    ),
    Guard(
        "identity: the mark is on the disk before the name",
        "volumes/backends/directory.py",
        "            os.fsync(piece.fd)\n",
        "",
        f"{IDENTITY}::TestMark::test_the_mark_is_synced_before_the_volume_is_renamed",
    ),
    Guard(
        "identity: a directory in the way is not a finished volume",
        "volumes/backends/directory.py",
        "        if layout.is_own(root, handle):",
        "        if layout.state_at(root, handle) is not DataState.MISSING:",
        f"{CONTRACT}::TestMakingInPlaceOfAnother::test_an_empty_directory_is_replaced",
    ),
    Guard(
        "identity: a directory in the way is not a finished clone",
        "volumes/backends/directory.py",
        "        if layout.is_own(root, handle):",
        "        if layout.state_at(root, handle) is not DataState.MISSING:",
        f"{IDENTITY}::TestReplacing::test_a_clone_replaces_an_empty_directory",
    ),
    Guard(
        "identity: a directory in the way is not a finished snapshot",
        "volumes/backends/directory.py",
        "                if layout.is_own(root, handle, snapshot):",
        "                if layout.state_at(root, handle, snapshot) is not DataState.MISSING:",
        f"{CONTRACT}::TestIdentity::test_an_unmarked_empty_snapshot_is_replaced",
    ),
    Guard(
        "identity: only an empty directory is replaced",
        "volumes/backends/place.py",
        RMDIR,
        RMTREE,
        f"{IDENTITY}::TestReplacing::test_a_directory_with_content_stays",
    ),
    Guard(
        "identity: what is left of a volume is not made anew",
        "volumes/backends/place.py",
        RMDIR,
        RMTREE,
        "backends/test_crashes.py::TestCrashes::test_vanished_data_with_snapshots_is_not_created_again",
    ),
    Guard(
        "identity: what was put in place is what was made",
        "volumes/backends/place.py",
        "    if not is_inode(piece.inode, directory, name):",
        "    if False:",
        f"{IDENTITY}::TestReplacing::test_the_directory_in_place_is_the_one_that_was_created",
    ),
    Guard(
        "identity: what was adopted is what was looked at",
        "volumes/backends/adoption.py",
        "    if not is_same(candidate.fd, volume, DATA):",
        "    if False:",
        "backends/test_adoption.py::TestSwapped::test_a_directory_that_was_swapped_in_is_not_adopted_and_goes_back",
    ),
    Guard(
        "identity: an empty directory is neither measured nor copied",
        "volumes/backends/layout.py",
        "        if state_of(volume, path[-1], fd) is DataState.EMPTY:",
        "        if False:",
        f"{CONTRACT}::TestIdentity::test_an_empty_directory_does_not_pass_for_vanished_data",
    ),
    Guard(
        "identity: an empty directory is not the data that came back",
        "volumes/reconciler/presence.py",
        "        return volume.was_empty or volume.is_accepted",
        "        return True",
        f"{ROWS}::TestVanishedAndEmpty::test_an_empty_directory_in_place_of_data_is_an_error_with_the_last_usage",
    ),
    Guard(
        "identity: data below 1 MB is not empty",
        "volumes/backends/base.py",
        "                is_empty = not self.has_content(handle)",
        "                is_empty = self.usage(handle) <= 2**20",
        f"{ROWS}::TestVanishedAndEmpty::test_data_of_less_than_1_mb_is_not_empty",
    ),
    Guard(
        "identity: data restored by hand is marked",
        "volumes/reconciler/presence.py",
        "    if state is not DataState.OWN:",
        "    if False:",
        f"{ROWS}::TestVanishedAndEmpty::test_data_restored_by_hand_is_found_and_marked",
    ),
    Guard(
        "identity: missing data is not accepted when older data is",
        "volumes/reconciler/marking.py",
        "        if backend.state(*name) in (DataState.UNMARKED, DataState.EMPTY):",
        "        if True:",
        f"{ROWS}::TestOlderData::test_data_that_is_missing_during_the_upgrade_is_not_accepted_later",
    ),
    Guard(
        "identity: accepting outlives a step that saw nothing to accept",
        "volumes/reconciler/outcomes.py",
        "        if self.row.is_accepted:",
        "        if True:",
        f"{ROWS}::TestVanishedAndEmpty::test_accepting_data_during_a_step_that_finds_it_empty_is_kept",
    ),
    Guard(
        "identity: what vanished before it was accepted",
        "volumes/reconciler/outcomes.py",
        "        if self.row.is_accepted:",
        "        if False:",
        f"{ACCEPT}::test_data_that_vanishes_before_it_is_marked_is_not_accepted_later",
    ),
    Guard(
        "identity: accepting is written into the history",
        "volumes/services/acceptance.py",
        '            history.record_volume(volume, actor, "accept_data", {}, version=False)',
        "            pass",
        f"{ACCEPT}::test_accepting_is_recorded_without_a_version",
    ),
    Guard(
        "identity: data that is there needs no accepting",
        "volumes/reconciler/presence.py",
        "    if state is DataState.OWN:",
        "    if False:",
        f"{ACCEPT}::test_existing_data_needs_no_accepting",
    ),
]
