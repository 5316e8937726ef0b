"""The storage: whose it is, which names come near it, and which links are never followed."""

from tests.mutants.guard import Guard

LINKS = "backends/test_links.py"
TREE = "backends/test_tree.py"

GUARDS = [
    Guard(
        "marker of the root",
        "volumes/backends/directory.py",
        "            marker.verify(marker.read(root), self.installation, self.root)\n        except",
        "            pass\n        except",
        "backends/test_contract.py::TestContract::test_nothing_is_done_in_a_storage_that_is_not_ours",
    ),
    Guard(
        "a root is looked at again",
        "volumes/backends/shared.py",
        "if opened is None or opened.until < time.monotonic():",
        "if opened is None:",
        "backends/test_shared.py::test_a_root_is_looked_at_again_however_long_somebody_is_at_work",
    ),
    Guard(
        "marker of another installation",
        "volumes/backends/marker.py",
        "    if found != installation:",
        "    if False:",
        "backends/test_directory.py::TestMarker::test_the_disk_of_another_installation_says_so",
    ),
    Guard(
        "names that become paths",
        "volumes/backends/names.py",
        "    if not is_ours(name):",
        "    if False:",
        f"{LINKS}::TestNames::test_what_is_no_identifier_reaches_no_path",
    ),
    Guard(
        "O_NOFOLLOW for directories",
        "volumes/backends/fds.py",
        "DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC",
        "DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC",
        "backends/test_links.py::TestLinks::test_data_that_is_a_link_is_missing",
    ),
    Guard(
        "O_NOFOLLOW for looking",
        "volumes/backends/fds.py",
        "ANYTHING = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC",
        "ANYTHING = os.O_PATH | os.O_CLOEXEC",
        f"{LINKS}::TestLinks::test_data_that_is_a_link_is_missing",
    ),
    Guard(
        "O_NOFOLLOW for the marker",
        "volumes/backends/marker.py",
        "os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK",
        "os.O_RDONLY | os.O_NONBLOCK",
        "backends/test_directory.py::TestMarker::test_a_link_to_a_marker_or_a_fifo_is_none",
    ),
    Guard(
        "up is where it came from",
        "volumes/backends/tree/cursor.py",
        "    if _identity(fd) == wanted:",
        "    if True:",
        f"{TREE}::TestCursor::test_a_directory_moved_away_does_not_lead_out_of_the_tree",
    ),
    Guard(
        "operators' words are kept from tenants",
        "volumes/backends/oserrors.py",
        'f"Could not {doing}: {cause.tenant}{_at(inside)}.",',
        'f"Could not {doing}: {cause.operator}{_at(path)}.",',
        "backends/test_messages.py::test_a_tenants_text_names_no_command_capability_or_host_path",
    ),
    Guard(
        "mounts are not entered",
        "volumes/backends/linux.py",
        "_RESOLVE_NO_XDEV = 0x01",
        "_RESOLVE_NO_XDEV = 0x00",
        "backends/test_mounts.py::test_a_snapshot_of_it_is_an_error_that_names_the_path_inside_the_volume",
    ),
    Guard(
        "mounts are not entered on an old kernel",
        "volumes/backends/linux.py",
        "    if mount_id(fd) == mount_id(directory):",
        "    if True:",
        "backends/test_mounts.py::test_a_snapshot_of_it_is_an_error_that_names_the_path_inside_the_volume",
    ),
    Guard(
        "mounted files are not measured",
        "volumes/backends/tree/walk.py",
        "            if differs and _is_mount(fd, entry.name):",
        "            if False:",
        "backends/test_mounts.py::test_usage_skips_a_mounted_file",
    ),
    Guard(
        "a sum without what cannot be seen is none",
        "volumes/backends/tree/walk.py",
        "_PASSED_OVER = MISSING | {errno.EXDEV}",
        "_PASSED_OVER = MISSING | {errno.EXDEV, errno.EACCES}",
        f"{TREE}::TestMeasure::test_what_the_server_may_not_see_is_an_error_with_its_path",
    ),
    Guard(
        "leases are not waited for by the kernel",
        "volumes/backends/tree/leases.py",
        "os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC",
        "os.O_RDONLY | os.O_CLOEXEC",
        "backends/test_copying.py::test_a_lease_that_is_kept_is_an_error_with_the_path",
    ),
    Guard(
        "leases share the time of one tree",
        "volumes/backends/tree/leases.py",
        "            self._left -= PAUSE\n",
        "            pass\n",
        "backends/test_copying.py::test_leases_that_are_given_up_one_after_the_other_share_the_time_of_one_tree",
    ),
    Guard(
        "a shortcut that fails is no error",
        "volumes/backends/tree/content.py",
        "        return os.copy_file_range(source, target, count, start, start)\n    except OSError:",
        "        return os.copy_file_range(source, target, count, start, start)\n    except EOFError:",
        "backends/test_copying.py::test_content_is_read_and_written_where_no_shortcut_works",
    ),
]
