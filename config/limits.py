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

VERIFY_BATCH_ROWS = 1000
"""Rows, or entries of the storage, that `verify` looks at together."""
