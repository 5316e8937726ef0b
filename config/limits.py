"""Bounds that no operator sets."""

MAX_QUOTA = 2**53 - 1
"""MB. The largest whole number that every JSON client reads exactly."""

MIB = 2**20

# What callers can make a worker hold: each number is that of one worker.
MAX_CONNECTIONS = 1024
"""Open connections. Near this number the guard closes those that wait for nothing."""
MAX_WAITING_REQUESTS = 512
"""Threads: requests that are worked on, wait for a slot, or wait for what others do."""
MAX_UNFINISHED_BODIES = MAX_WAITING_REQUESTS // 2
MAX_UNFINISHED_BODIES_PER_ADDRESS = 64
MAX_UNREAD_BYTES = 32 * MIB
"""Bytes of large responses that wait for their readers. A page of a list has at most 4 MiB."""
MAX_UNREAD_BYTES_PER_ADDRESS = MAX_UNREAD_BYTES // 2
MAX_HEADER_BYTES = 80 * 1024
"""Request line and headers together, and what the server buffers of a response. URLs end at 64 KiB."""
MAX_DRAIN_BYTES = 16 * MIB
"""Bytes of a body that is too large which are read and dropped, so that the client receives the 413."""
SEND_BUFFER_BYTES = 256 * 1024
"""What the kernel keeps of a response for a reader. It doubles the number for its own needs."""
UNCOUNTED_BYTES = 96 * 1024
"""A response up to this size goes to the server in one piece and is not counted as unread."""
CHUNK_BYTES = 32 * 1024
"""Larger responses are sent in pieces of this size. The server buffers four of them."""

HEADER_TIMEOUT = 15.0  # seconds for the headers, and for the first byte of a connection
PROMPT_BODY = 0.25  # seconds after which a body that is not there counts as unfinished
BODY_TIMEOUT = 30.0  # seconds for the whole body, from the end of the headers
KEEP_ALIVE_TIMEOUT = 75.0  # seconds between two requests: longer than the 60 s of common proxies
READER_TIMEOUT = 30.0  # seconds in which a reader takes nothing
LAST_REQUEST_TIMEOUT = 1.0  # seconds that a worker which ends waits for requests of its clients

# What requests may ask for.
MAX_CONCURRENT_REQUESTS = 2
"""Requests that each worker works on. More than the one that Python runs: some wait for the database."""
MAX_JSON_DEPTH = 32
"""Levels of a body."""
MAX_LIST_ROWS = 1000
"""Rows of one page of the API, and of one that names no `limit`."""
MAX_LIST_BYTES = 4 * MIB
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
MAX_COUNTED_ROWS = 30_000
"""Lists are counted and paged up to this many rows."""
MAX_CHOICES = 100
"""Choices that a form offers; with more to choose from, people type a name."""
MAX_APPLICATION_CHOICES = 100
MAX_SNAPSHOT_CHOICES = 50
"""Snapshots of one environment, the newest."""
MAX_LABEL_CHOICES = 100
MAX_LABEL_SETS = 500
"""Different sets of labels that are read in search of the most common labels."""
MAX_SEEN_CHANGES = 10_000
"""The newest changes of a company: its activity offers a choice of their people and actions."""
MAX_CARD_VOLUMES = 5_000
"""Volumes that an environment's card counts for each status, and sums up, where there are too many."""
MAX_WATCHED_ENVIRONMENTS = 100
"""With more environments, the overview shows what needs attention page by page."""
SAMPLE_ROWS = 10_000
"""Rows that are looked at one by one for a part of a name, if they are not few."""

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

# Work in the background.
RETENTION_BATCH_ROWS = 500
"""Rows that clean-up removes in one transaction. It pauses in between, so that writers get their turn."""
RETENTION_PAUSE = 0.02  # seconds, or as long as the batch took, if that was longer
VERIFY_BATCH_ROWS = 1000
"""Rows, or entries of the storage, that `verify` looks at together."""
MIN_LEFTOVER_AGE = 3600.0
"""Seconds. The hourly check removes what a killed step left, if it is older: one that lost its lease may
still be at work."""
