#!/bin/sh
# Layers over all that an attack may write to, so that outside of the sandbox it can succeed and harm nothing.
set -eu
layers=$1
shift
mkdir -p "$layers"
mount -t tmpfs none "$layers"
packages=$("$1" -c 'import sys; print(sys.prefix); print(sys.base_prefix)')
for folder in /usr /etc $packages; do
    name=$(echo "$folder" | tr / -)
    mkdir -p "$layers/$name-upper" "$layers/$name-work"
    mount -t overlay overlay -o "lowerdir=$folder,upperdir=$layers/$name-upper,workdir=$layers/$name-work" "$folder"
done
exec "$@"
