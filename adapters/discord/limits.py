"""What Discord accepts, each number under the link of the page that says so."""

from __future__ import annotations

from typing import Final

# https://discord.com/developers/docs/components/reference
COMPONENTS: Final = 40
"""Components of one message, nested ones counted."""
TEXT: Final = 4000
"""Characters of all text displays of one message together. We count UTF-16 units, the strictest reading."""
SECTION_TEXTS: Final = 3
ROW_BUTTONS: Final = 5
BUTTON_LABEL: Final = 80
BUTTON_URL: Final = 512
CUSTOM_ID: Final = 100
SELECT_OPTIONS: Final = 25
OPTION_TEXT: Final = 100
PLACEHOLDER: Final = 150
MEDIA_URL: Final = 2048
MEDIA_ALT: Final = 1024
GALLERY_ITEMS: Final = 10

# https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object-modal
MODAL_TITLE: Final = 45
MODAL_FIELDS: Final = 5
LABEL: Final = 45
LABEL_HINT: Final = 100
INPUT_VALUE: Final = 4000
RADIO_OPTIONS: Final = (2, 10)
"""Fewest and most: https://discord.com/developers/docs/components/reference#radio-group."""
INPUT_PLACEHOLDER: Final = 100

# https://discord.com/developers/docs/resources/message#embed-object-embed-limits
EMBED_TITLE: Final = 256
EMBED_DESCRIPTION: Final = 4096
EMBED_FOOTER: Final = 2048
EMBED_TOTAL: Final = 6000

# https://discord.com/developers/docs/resources/message#create-message
NONCE: Final = 25
FILES: Final = 10

# https://discord.com/developers/docs/resources/channel#start-thread-from-message
THREAD_NAME: Final = 100
AUTO_ARCHIVE_MINUTES: Final = 4320
"""Three days; one of 60, 1440, 4320 and 10080."""
# https://discord.com/developers/docs/resources/channel#forum-tag-object
APPLIED_TAGS: Final = 5
TAG_NAME: Final = 20

# https://discord.com/developers/docs/interactions/application-commands
COMMAND_DESCRIPTION: Final = 100
COMMAND_OPTIONS: Final = 25
COMMAND_CHOICES: Final = 25
CHOICE_NAME: Final = 100
COMMAND_TOTAL: Final = 8000
"""Characters of names, descriptions and values of one command, the longest localisation counted."""

# https://discord.com/developers/docs/topics/rate-limits
PER_SECOND: Final = 50
"""Requests of any kind that one bot has in a second; answers to interactions do not count."""
GLOBAL_SENDS: Final = (50, 1.0)
"""Sends and seconds that all processes of a bot share. The core gives out 49 of them and keeps one for late answers."""
CHANNEL_SENDS: Final = (5, 5.0)
"""Sends and seconds: what the headers of a channel usually say, until they have said something else."""
INVALID_WINDOW: Final = 600.0
"""Seconds over which answers 401, 403 and 429 are counted; 10,000 of them and the address is banned."""
INVALID_STOP: Final = 2000
"""We stop calling at a fifth of that: other processes may share the address."""
