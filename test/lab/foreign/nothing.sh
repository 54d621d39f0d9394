#!/bin/sh
# Runs the command as it is: no container at all.
shift
while [ "${1#--}" != "$1" ]; do shift 2; done
exec "$@"
