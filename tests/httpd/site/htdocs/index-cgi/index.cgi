#!/bin/sh
# The index of a directory, found by mod_dir.
printf 'Content-Type: text/plain\r\nSet-Cookie: %s\r\n\r\naction\n' "$HTTP_X_LINE"
