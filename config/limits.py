"""Bounds that no operator sets, each with its unit and reason.

`docs/operating.md` has them as tables, which `python -m tests.support.limits` writes.
"""

from datetime import timedelta

_MIB = 2**20

# What callers can make a worker hold. Each number is that of one worker.
MAX_CONNECTIONS = 1024
"""Open connections. Near this number the guard closes those that wait for nothing."""
MAX_WAITING_REQUESTS = 512
"""Threads: requests that are worked on, wait for a slot, or wait for what others do."""
MAX_UNFINISHED_BODIES = MAX_WAITING_REQUESTS // 2
"""Requests whose bodies are not complete. They leave half of the threads to others."""
MAX_UNFINISHED_BODIES_PER_ADDRESS = 64
"""The same, from one address."""
MAX_UNREAD_BYTES = 32 * _MIB
"""Bytes of large responses that wait for their readers. A page of a list has at most 4 MiB."""
MAX_UNREAD_BYTES_PER_ADDRESS = MAX_UNREAD_BYTES // 2
"""The same, for one address."""
MAX_HEADER_BYTES = 80 * 1024
"""Request line and headers together, and what the server buffers of a response. URLs end at 64 KiB."""
MAX_DRAIN_BYTES = 16 * _MIB
"""Bytes of a body that is too large which are read and dropped, so that the client receives the 413."""
SEND_BUFFER_BYTES = 256 * 1024
"""What the kernel keeps of a response for a reader. It doubles the number for its own needs."""
UNCOUNTED_BYTES = 96 * 1024
"""A response up to this size goes to the server in one piece and is not counted as unread."""
CHUNK_BYTES = 32 * 1024
"""Larger responses are sent in pieces of this size. The server buffers four of them."""

HEADER_TIMEOUT = 15.0
"""Seconds for the headers, and for the first byte of a connection."""
PROMPT_BODY = 0.25
"""Seconds after which a body that is not there counts as unfinished."""
BODY_TIMEOUT = 30.0
"""Seconds for the whole body, from the end of the headers."""
KEEP_ALIVE_TIMEOUT = 75.0
"""Seconds between two requests: longer than the 60 s of common proxies."""
READER_TIMEOUT = 30.0
"""Seconds in which a reader takes nothing."""
LAST_REQUEST_TIMEOUT = 1.0
"""Seconds that a worker which ends waits for requests of its clients."""
MAX_LOG_FIELD_BYTES = 1000
"""Bytes of one field of a log line."""
MAX_LOG_TRACEBACK_LENGTH = 8000
"""Characters of a traceback in the log: its first frames, and its end with the message."""
MAX_LOG_PATH_LENGTH = 500
"""Characters of a request's path in the log, percent-encoded as in a URL."""
MAX_LOG_METHOD_LENGTH = 20
"""Characters of a request's method in the log, which may be anything."""
MAX_LOG_HOST_LENGTH = 100
"""Characters of a foreign host in the log."""

# What requests may ask for.
MAX_QUOTA = 2**53 - 1
"""MB. The largest whole number that every JSON client reads exactly."""
MAX_CONCURRENT_REQUESTS = 2
"""Requests that each worker works on. More than the one that Python runs: some wait for the database."""
MAX_JSON_DEPTH = 32
"""Levels of a body."""
MAX_LIST_ROWS = 1000
"""Rows of one page of the API, and of one that names no `limit`."""
MAX_LIST_BYTES = 4 * _MIB
"""Bytes of the encoded rows of one page of the API, however many it may have."""
MAX_API_VALUE_LENGTH = 1024
"""Characters of one value in a query of the API."""
MAX_REPEATED_PARAMETERS = 32
"""How often `label` may be given: as often as a volume has labels."""
MAX_QUERY_PARAMETERS = 100
"""Parameters in the address of a page: twice as many as there are rows on it to choose from."""
MAX_QUERY_VALUE_LENGTH = 4096
"""Characters: where a log-in leads to, or an operators' list goes back to, is an address itself."""
MAX_SEARCH_LENGTH = 200
"""Characters. No name is longer than 150, but people paste."""
MAX_SEARCH_WORDS = 10
"""Words: each becomes conditions of its own in the query of an operators' list."""
MAX_RATE_WINDOWS = 32_768
"""Windows of rate limits that a server counts in, 24 bytes each. The oldest make room for new ones."""

# What people may leave behind.
MAX_NAME_LENGTH = 100
"""Characters of the name of a company or a token."""
MAX_PASSWORD_LENGTH = 1000
"""Characters: hashing a password takes longer the longer it is."""
MAX_KNOWN_PEOPLE = 5
"""People that one browser's cookie names, so that it stays well below 4 KiB."""
MAX_PENDING_INVITATIONS = 500
"""Invitations of one company: what nobody answers must not fill the table."""

# Lists and choices on pages.
PAGE_SIZE = 50
"""Rows of one page of a list."""
MAX_COUNTED_ROWS = 30_000
"""Lists are counted and paged up to this many rows."""
MAX_CHOICES = 100
"""Choices that a form offers; with more to choose from, people type a name."""
MAX_APPLICATION_CHOICES = 100
"""Applications of one environment, the first by name."""
MAX_SNAPSHOT_CHOICES = 50
"""Snapshots of one environment, the newest."""
MAX_LABEL_CHOICES = 100
"""Labels of one environment, the most common."""
MAX_LABEL_SETS = 500
"""Different sets of labels that are read in search of the most common labels."""
MAX_SEEN_CHANGES = 10_000
"""The newest changes of a company: its activity offers a choice of their people and actions."""
MAX_CARD_VOLUMES = 5_000
"""Volumes that an environment's card counts for each status, and sums up, where there are too many."""
MAX_WATCHED_ENVIRONMENTS = 100
"""With more environments, the overview shows what needs attention page by page."""
SAMPLE_ROWS = 10_000
"""Rows that a search for part of a name reads first, to estimate how many match."""

# Lists of operators.
MAX_PAGE = 10_000
"""The last page of a list. Filters reach what is beyond it."""
MAX_SEARCHED_ROWS = 5_000
"""A search for a part of a name scans at most this many of the newest rows, and what they belong to."""
MAX_SEARCHED_VOLUMES = 100_000
"""The same for volumes, where no index has parts of names."""
MAX_SEARCH_RESULTS = 1_000
"""Rows that such a search shows."""
MAX_SCANNED_ROWS = 20_000
"""The newest rows that are filtered and sorted by what no index has."""
MAX_ACTION_ROWS = 100
"""Rows that one action is done to at once."""
MAX_SUMMED_VOLUMES = 30_000
"""The newest volumes that the dashboard counts and sums up, beside those that are not settled."""
MAX_FOLLOWED_VOLUMES = 1_000
"""Volumes that the growth of the dashboard is computed from: those measured last."""

# Threads for steps and creates. A share is what one environment gets, and smaller than its pool.
QUICK_THREADS = 6
"""Threads of a worker for steps that open no tenant files. Each may hold a database connection."""
QUICK_SHARE = 4
"""The share of one environment."""
BULK_THREADS = 4
"""Threads of a worker for steps that open tenant files: these may take hours."""
BULK_SHARE = 2
"""The share of one environment."""
LOOP_QUICK_THREADS = 96
"""Threads of the reconcile loop for the same. They hold no connection, and most wait for the disk."""
LOOP_QUICK_SHARE = 64
"""The share of one environment."""
LOOP_BULK_THREADS = 32
"""Threads of the reconcile loop for steps that open tenant files."""
LOOP_BULK_SHARE = 8
"""The share of one environment."""
ROUNDS_THREADS = 4
"""Threads each of usage samples and hourly checks, one for an environment. Each may hold a connection."""
COMMIT_THREADS = 6
"""Threads of a worker that write creates, one batch of one environment each. Each holds a connection."""
MAX_CREATE_BATCH = 64
"""Creates of one environment that are written together. The rest waits for the next batch."""

# Steps of the reconciler.
LEASE = timedelta(seconds=20)
"""After a crash, another process takes a step over when this time is up. A running step renews it."""
INLINE_WAIT = 5.0
"""Seconds that a response waits for its step. Then the row is shown as it is, and the step goes on."""
INLINE_HEAD_START = timedelta(seconds=2)
"""A request has this time to begin its own step before the reconcile loop does."""
BATCH_TIMEOUT = 0.25
"""Seconds that new volumes wait for others of their batch. Most steps take less."""
MAX_BACKOFF = 20.0
"""Seconds between two attempts at a failed step. Rows settle within 60 s of the last fault."""
POLL_INTERVAL = 1.0
"""Seconds between two looks for due rows while there are none."""
STORAGE_CHECK_TIMEOUT = 5.0
"""Seconds after which a storage without an answer counts as unavailable."""
STORAGE_LOOK_INTERVAL = timedelta(minutes=1)
"""Time between two checks of the capacity and the capabilities of the storage, which requests read."""

# Work in the background.
CHECK_INTERVAL = timedelta(hours=1)
"""How often the data of every settled volume is looked for."""
SCAN_INTERVAL = timedelta(days=1)
"""How often the whole storage is compared with the database."""
MIN_ORPHAN_AGE = timedelta(days=1)
"""Data without a row that is unchanged for this long is orphaned; newer data may be just being made."""
MAX_SCAN_EXAMPLES = 20
"""Orphans, and entries that could not be read, that the scan records by name. Others are counted."""
RETENTION_INTERVAL = timedelta(minutes=1)
"""How often what PURGE_AFTER and HISTORY_KEEP name is removed. A look costs a few small statements."""
MAX_CLEANUP_ATTEMPTS = 5
"""Attempts at a step of clean-up that others get in the way of, by changing the same rows."""
CLEANUP_RETRY_INTERVAL = 0.5
"""Seconds between two checks of volumes that another process works on."""
RETENTION_BATCH_ROWS = 100
"""Rows that clean-up removes in one transaction. It pauses in between, so that writers get their turn."""
RETENTION_PAUSE = 0.02
"""Seconds between two batches, or as long as the batch took, if that was longer."""
VERIFY_BATCH_ROWS = 1000
"""Rows, or entries of the storage, that `verify` reads together."""
MIN_LEFTOVER_AGE = timedelta(hours=1)
"""The hourly check removes what a killed step left, if it is older: a step without a lease may run on."""
