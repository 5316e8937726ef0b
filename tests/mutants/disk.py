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
]
