#!/usr/bin/env python
"""The command line of Holdfast: `manage.py help` lists what it can do."""

import gc
import os
import sys

from config import startup
from config.encoding import refuse_other_encodings

# What is imported stays: to look for garbage among it again and again takes a tenth of every start,
# and to look once more at the end as much of every short command.
gc.set_threshold(50_000)

if __name__ == "__main__":
    refuse_other_encodings(sys.argv)
    startup.prepare(*sys.argv[1:2])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line
    from django.db import InterfaceError, OperationalError

    try:
        execute_from_command_line(sys.argv)
    except (InterfaceError, OperationalError) as error:
        # For an operator, and whoever reads cron's mails: a traceback would say the same in pages.
        sys.exit(f"CommandError: The database does not answer: {str(error).splitlines()[0]}")
    gc.freeze()
